//! Uploads of files, in parts where one request would be too large.

use std::path::Path;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{ByteStream, Length};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use graphnode_core::ids::BucketName;
use graphnode_core::keys::ObjectKey;
use graphnode_core::ports::objects::ETag;
use graphnode_core::ports::{PortError, PortErrorKind, PortResult};

use super::incomplete;
use crate::aws::port_error;

/// Bytes of a part, and of a file that needs none.
const PART_BYTES: u64 = 16 * 1024 * 1024;
/// Most parts of an upload, as S3 has it.
const MOST_PARTS: u64 = 10_000;

struct Upload<'a> {
    client: &'a Client,
    bucket: &'a BucketName,
    key: &'a ObjectKey,
    path: &'a Path,
}

/// Writes the file at `path` to `key`, from the disk, whole or not at all.
pub(super) async fn upload(
    client: &Client,
    bucket: &BucketName,
    key: &ObjectKey,
    path: &Path,
    content_type: &str,
) -> PortResult<ETag> {
    let upload = Upload { client, bucket, key, path };
    let size = tokio::fs::metadata(path).await.map_err(|error| upload.unreadable(error))?.len();
    if size <= PART_BYTES {
        upload.at_once(content_type).await
    } else {
        upload.in_parts(size, content_type).await
    }
}

impl Upload<'_> {
    fn attempted(&self) -> String {
        format!("put {}", self.key.for_log())
    }

    fn unreadable(&self, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PortError {
        PortError::new(PortErrorKind::Invalid, self.attempted()).with_source(error)
    }

    async fn at_once(&self, content_type: &str) -> PortResult<ETag> {
        let body = ByteStream::from_path(self.path).await.map_err(|error| self.unreadable(error))?;
        let request = self.client.put_object().bucket(self.bucket.as_str()).key(self.key.as_str());
        let sent = request.content_type(content_type).body(body).send().await;
        let output = sent.map_err(|error| port_error(self.attempted(), &error))?;
        output.e_tag().map(ETag::new).ok_or_else(|| incomplete(self.attempted()))
    }

    async fn in_parts(&self, size: u64, content_type: &str) -> PortResult<ETag> {
        let request =
            self.client.create_multipart_upload().bucket(self.bucket.as_str()).key(self.key.as_str());
        let created = request.content_type(content_type).send().await;
        let created = created.map_err(|error| port_error(self.attempted(), &error))?;
        let id = created.upload_id().ok_or_else(|| incomplete(self.attempted()))?;
        let outcome = match self.parts(id, size).await {
            Ok(parts) => self.complete(id, parts).await,
            Err(error) => Err(error),
        };
        if outcome.is_err() {
            // Parts of an unfinished upload cost money unseen. Where even this fails, the bucket's rule removes them.
            let abort =
                self.client.abort_multipart_upload().bucket(self.bucket.as_str()).key(self.key.as_str());
            let _ = abort.upload_id(id).send().await;
        }
        outcome
    }

    async fn parts(&self, id: &str, size: u64) -> PortResult<Vec<CompletedPart>> {
        let part_bytes = PART_BYTES.max(size.div_ceil(MOST_PARTS));
        let mut parts = Vec::new();
        for (number, start) in (1_i32..).zip((0..size).step_by(part_bytes as usize)) {
            let length = Length::Exact(part_bytes.min(size - start));
            let body = ByteStream::read_from().path(self.path).offset(start).length(length).build().await;
            let body = body.map_err(|error| self.unreadable(error))?;
            let request = self.client.upload_part().bucket(self.bucket.as_str()).key(self.key.as_str());
            let sent = request.upload_id(id).part_number(number).body(body).send().await;
            let output = sent.map_err(|error| port_error(self.attempted(), &error))?;
            let part = CompletedPart::builder().part_number(number).set_e_tag(output.e_tag);
            parts.push(part.set_checksum_crc32(output.checksum_crc32).build());
        }
        Ok(parts)
    }

    async fn complete(&self, id: &str, parts: Vec<CompletedPart>) -> PortResult<ETag> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request =
            self.client.complete_multipart_upload().bucket(self.bucket.as_str()).key(self.key.as_str());
        let sent = request.upload_id(id).multipart_upload(parts).send().await;
        let output = sent.map_err(|error| port_error(self.attempted(), &error))?;
        output.e_tag().map(ETag::new).ok_or_else(|| incomplete(self.attempted()))
    }
}
