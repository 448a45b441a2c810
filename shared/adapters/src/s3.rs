//! A bucket of S3.

use std::ops::Range;
use std::path::Path;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, Object, ObjectIdentifier};
use graphnode_core::ids::BucketName;
use graphnode_core::keys::{ObjectKey, ObjectPrefix};
use graphnode_core::ports::objects::{Condition, ETag, Listing, ObjectMeta, Objects, PageToken, Piece};
use graphnode_core::ports::{PortError, PortErrorKind, PortResult};

use crate::aws::{ServiceFailure, port_error};

mod multipart;
mod transfer;

pub use transfer::TransferSizes;

/// Most keys of one `DeleteObjects`.
const MOST_DELETED: usize = 1000;
/// How often the body of an answer is asked for: the SDK repeats requests, not bodies that break off.
const BODY_TRIES: usize = 3;

/// One bucket. Clones, and buckets made from one configuration, share their connections.
#[derive(Debug, Clone)]
pub struct S3Objects {
    client: Client,
    bucket: BucketName,
    sizes: TransferSizes,
}

impl S3Objects {
    /// The bucket `bucket`. With an endpoint of one's own, keys go behind the bucket's name in the path.
    #[must_use]
    pub fn new(config: &SdkConfig, bucket: BucketName) -> Self {
        let own_endpoint = config.endpoint_url().is_some();
        let builder = aws_sdk_s3::config::Builder::from(config).force_path_style(own_endpoint);
        Self { client: Client::from_conf(builder.build()), bucket, sizes: TransferSizes::default() }
    }

    /// Another bucket through the same client.
    #[must_use]
    pub fn in_bucket(&self, bucket: BucketName) -> Self {
        Self { client: self.client.clone(), bucket, sizes: self.sizes }
    }

    /// The bucket's name.
    #[must_use]
    pub fn bucket(&self) -> &BucketName {
        &self.bucket
    }

    /// A range that holds nothing: only size and tag are asked for.
    async fn read_nothing(&self, key: &ObjectKey, of: Option<&ETag>) -> PortResult<Piece> {
        let meta = self.head(key).await?;
        if of.is_some_and(|of| *of != meta.etag) {
            return Err(PortError::new(PortErrorKind::Conflict, format!("read {}", key.for_log())));
        }
        Ok(Piece { bytes: Vec::new(), size: meta.size, etag: meta.etag })
    }
}

impl Objects for S3Objects {
    async fn head(&self, key: &ObjectKey) -> PortResult<ObjectMeta> {
        let attempted = || format!("head {}", key.for_log());
        let request = self.client.head_object().bucket(self.bucket.as_str()).key(key.as_str());
        let head = request.send().await.map_err(|error| port_error(attempted(), &error))?;
        let size = head.content_length().and_then(|size| u64::try_from(size).ok());
        match (size, head.e_tag()) {
            (Some(size), Some(etag)) => Ok(ObjectMeta { key: key.clone(), size, etag: ETag::new(etag) }),
            _ => Err(incomplete(attempted())),
        }
    }

    async fn read(&self, key: &ObjectKey, range: Range<u64>, of: Option<&ETag>) -> PortResult<Piece> {
        let attempted = || format!("read {}", key.for_log());
        if range.is_empty() {
            return self.read_nothing(key, of).await;
        }
        for left in (0..BODY_TRIES).rev() {
            let request = self
                .client
                .get_object()
                .bucket(self.bucket.as_str())
                .key(key.as_str())
                .range(format!("bytes={}-{}", range.start, range.end - 1))
                .set_if_match(of.map(|of| of.as_str().to_owned()));
            let output = match request.send().await {
                Ok(output) => output,
                // Behind the end, or an empty object.
                Err(SdkError::ServiceError(error)) if error.raw().status().as_u16() == 416 => {
                    return self.read_nothing(key, of).await;
                }
                Err(error) => return Err(port_error(attempted(), &error)),
            };
            let (size, etag) = whole(&output).ok_or_else(|| incomplete(attempted()))?;
            match output.body.collect().await {
                Ok(bytes) => return Ok(Piece { bytes: bytes.to_vec(), size, etag }),
                Err(error) if left == 0 => {
                    return Err(PortError::new(PortErrorKind::Unavailable, attempted()).with_source(error));
                }
                Err(_) => {}
            }
        }
        Err(incomplete(attempted()))
    }

    async fn list(&self, prefix: &ObjectPrefix, from: Option<&PageToken>) -> PortResult<Listing> {
        let page = self
            .client
            .list_objects_v2()
            .bucket(self.bucket.as_str())
            .prefix(prefix.as_str())
            .set_continuation_token(from.map(|token| token.0.clone()))
            .send()
            .await
            .map_err(|error| port_error(format!("list {prefix}"), &error))?;
        let mut listing = Listing {
            next: page.next_continuation_token().map(|token| PageToken(token.to_owned())),
            ..Listing::default()
        };
        for object in page.contents() {
            match listed(object) {
                Some(meta) => listing.objects.push(meta),
                None => listing.unusable += 1,
            }
        }
        Ok(listing)
    }

    async fn put(
        &self,
        key: &ObjectKey,
        bytes: Vec<u8>,
        content_type: &str,
        condition: &Condition,
    ) -> PortResult<ETag> {
        let attempted = || format!("put {}", key.for_log());
        let (absent, matches) = match condition {
            Condition::Always => (None, None),
            Condition::Absent => (Some("*".to_owned()), None),
            Condition::Matches(etag) => (None, Some(etag.as_str().to_owned())),
        };
        let request = self
            .client
            .put_object()
            .bucket(self.bucket.as_str())
            .key(key.as_str())
            .content_type(content_type)
            .set_if_none_match(absent)
            .set_if_match(matches)
            .body(ByteStream::from(bytes));
        match request.send().await {
            Ok(output) => output.e_tag().map(ETag::new).ok_or_else(|| incomplete(attempted())),
            Err(error) => {
                let failure = ServiceFailure::of(&error);
                // A tag that should match and no object at all: S3 says 404, the port says conflict.
                let gone = matches!(condition, Condition::Matches(_))
                    && failure.code.as_deref() == Some("NoSuchKey");
                let kind = if gone { PortErrorKind::Conflict } else { failure.kind() };
                Err(PortError::new(kind, attempted()).with_source(failure))
            }
        }
    }

    async fn put_file(&self, key: &ObjectKey, path: &Path, content_type: &str) -> PortResult<ETag> {
        multipart::upload(&self.client, &self.bucket, key, path, content_type).await
    }

    async fn delete(&self, keys: &[ObjectKey]) -> PortResult<()> {
        for some in keys.chunks(MOST_DELETED) {
            let attempted = || format!("delete {} objects", some.len());
            let invalid = |error| PortError::new(PortErrorKind::Invalid, attempted()).with_source(error);
            let names: Result<Vec<_>, _> =
                some.iter().map(|key| ObjectIdentifier::builder().key(key.as_str()).build()).collect();
            let names = names.map_err(invalid)?;
            let delete = Delete::builder().set_objects(Some(names)).quiet(true).build().map_err(invalid)?;
            let request = self.client.delete_objects().bucket(self.bucket.as_str()).delete(delete);
            let output = request.send().await.map_err(|error| port_error(attempted(), &error))?;
            if let Some(error) = output.errors().first() {
                let denied = error.code() == Some("AccessDenied");
                let kind = if denied { PortErrorKind::Denied } else { PortErrorKind::Unavailable };
                return Err(PortError::new(kind, attempted())
                    .with_source(error.code().unwrap_or_default().to_owned()));
            }
        }
        Ok(())
    }
}

/// Size and tag of the object that a range was read from.
fn whole(output: &GetObjectOutput) -> Option<(u64, ETag)> {
    let size = match output.content_range() {
        Some(range) => range.rsplit('/').next()?.parse().ok()?,
        None => u64::try_from(output.content_length()?).ok()?,
    };
    Some((size, ETag::new(output.e_tag()?)))
}

fn listed(object: &Object) -> Option<ObjectMeta> {
    Some(ObjectMeta {
        key: object.key()?.parse().ok()?,
        size: u64::try_from(object.size()?).ok()?,
        etag: ETag::new(object.e_tag()?),
    })
}

fn incomplete(attempted: String) -> PortError {
    PortError::new(PortErrorKind::Unavailable, attempted).with_source("the answer lacks size or tag")
}
