//! Addresses by which a client sends and fetches an object of the bucket itself.
//!
//! An address carries its signature, which is made here without asking S3 anything. It ends with its own time or with
//! the credentials that signed it, whichever is first. A browser gets through only where the bucket's CORS rules let it
//! `PUT` and `GET`, and sees the tags it must name in the end only where they expose `ETag`.

use std::time::Duration;

use aws_sdk_s3::presigning::{PresignedRequest as Signed, PresigningConfig};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use graphnode_core::keys::ObjectKey;
use graphnode_core::ports::objects::{ETag, Objects};
use graphnode_core::ports::transfer::{Announced, DirectTransfer, Invitation, MultipartId, PresignedRequest};
use graphnode_core::ports::{PortError, PortErrorKind, PortResult};

use super::{S3Objects, incomplete};
use crate::aws::{ServiceFailure, port_error};

/// Most parts of an invitation: one request each must fit an answer. S3 would take ten times as many.
const MOST_PARTS: u64 = 1_000;
/// Most bytes of a part, as S3 has it.
const MOST_PART_BYTES: u64 = 5 << 30;

/// How an upload of a client is cut.
///
/// Whatever these say, an upload has at most 1,000 parts of at most 5 GiB, so 5,000 GiB: a little less than the 5 TiB
/// of an object of S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferSizes {
    /// Most bytes of an object that is sent in one piece. S3 takes 5 GiB.
    pub whole: u64,
    /// Least bytes of a part but the last. S3 takes no less than 5 MiB.
    pub part: u64,
}

impl TransferSizes {
    /// What is sent in one piece: 100 MiB. A connection that breaks off costs no more than that.
    pub const WHOLE: u64 = 100 << 20;
    /// The least part: 16 MiB.
    pub const PART: u64 = 16 << 20;

    /// Bytes of each part but the last; `None` where no such parts hold as much.
    fn part_of(self, bytes: u64) -> Option<u64> {
        let part = bytes.div_ceil(MOST_PARTS).max(self.part);
        (part <= MOST_PART_BYTES).then_some(part)
    }
}

impl Default for TransferSizes {
    fn default() -> Self {
        Self { whole: Self::WHOLE, part: Self::PART }
    }
}

impl DirectTransfer for S3Objects {
    async fn invite(
        &self,
        key: &ObjectKey,
        announced: Announced<'_>,
        valid: Duration,
    ) -> PortResult<Invitation> {
        // Before an upload is begun that nobody could send.
        let terms = terms(key, valid)?;
        if announced.bytes <= self.sizes.whole {
            return self.sign_whole(key, announced, terms).await.map(Invitation::Whole);
        }
        let too_large = || invalid(attempted(key), "larger than an upload can be");
        let part_bytes = self.sizes.part_of(announced.bytes).ok_or_else(too_large)?;
        let id = self.begin(key, announced.content_type).await?;
        let requests = self.sign_parts(key, &id, announced.bytes, part_bytes, &terms).await?;
        Ok(Invitation::Parts { id, part_bytes, requests })
    }

    async fn complete(&self, key: &ObjectKey, id: &MultipartId, parts: &[ETag]) -> PortResult<()> {
        let part = |(number, etag): (i32, &ETag)| {
            CompletedPart::builder().part_number(number).e_tag(etag.as_str()).build()
        };
        let parts = (1..).zip(parts).map(part).collect();
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = self.client.complete_multipart_upload().bucket(self.bucket.as_str()).key(key.as_str());
        let Err(error) = request.upload_id(&id.0).multipart_upload(parts).send().await else { return Ok(()) };
        match ServiceFailure::of(&error).code.as_deref() {
            // Completed before, if the object is there: the answer to that may have been lost.
            Some("NoSuchUpload") => self.head(key).await.map(drop),
            _ => Err(port_error(format!("complete {}", key.for_log()), &error)),
        }
    }

    async fn share(&self, key: &ObjectKey, valid: Duration) -> PortResult<Option<PresignedRequest>> {
        let request = self.client.get_object().bucket(self.bucket.as_str()).key(key.as_str());
        let signed = request.presigned(terms(key, valid)?).await;
        let signed = signed.map_err(|error| port_error(attempted(key), &error))?;
        Ok(Some(as_the_port_has_it("GET", &signed)))
    }
}

impl S3Objects {
    /// The same bucket with other sizes for what clients send by themselves.
    #[must_use]
    pub fn with_transfer_sizes(self, sizes: TransferSizes) -> Self {
        Self { sizes, ..self }
    }

    async fn sign_whole(
        &self,
        key: &ObjectKey,
        announced: Announced<'_>,
        terms: PresigningConfig,
    ) -> PortResult<PresignedRequest> {
        let request = self.client.put_object().bucket(self.bucket.as_str()).key(key.as_str());
        let request =
            request.content_type(announced.content_type).content_length(length(key, announced.bytes)?);
        let signed = request.presigned(terms).await.map_err(|error| port_error(attempted(key), &error))?;
        Ok(as_the_port_has_it("PUT", &signed))
    }

    /// Begins an upload in parts. One that is never completed costs money unseen until the bucket's rule removes it.
    async fn begin(&self, key: &ObjectKey, content_type: &str) -> PortResult<MultipartId> {
        let request = self.client.create_multipart_upload().bucket(self.bucket.as_str()).key(key.as_str());
        let created = request.content_type(content_type).send().await;
        let created = created.map_err(|error| port_error(attempted(key), &error))?;
        created.upload_id.map(MultipartId).ok_or_else(|| incomplete(attempted(key)))
    }

    async fn sign_parts(
        &self,
        key: &ObjectKey,
        id: &MultipartId,
        bytes: u64,
        part_bytes: u64,
        terms: &PresigningConfig,
    ) -> PortResult<Vec<PresignedRequest>> {
        let mut requests = Vec::new();
        let mut left = bytes;
        for number in 1.. {
            let part = part_bytes.min(left);
            let request = self.client.upload_part().bucket(self.bucket.as_str()).key(key.as_str());
            let request = request.upload_id(&id.0).part_number(number).content_length(length(key, part)?);
            let signed = request.presigned(terms.clone()).await;
            let signed = signed.map_err(|error| port_error(attempted(key), &error))?;
            requests.push(as_the_port_has_it("PUT", &signed));
            left -= part;
            if left == 0 {
                break;
            }
        }
        Ok(requests)
    }
}

/// Until when an address is good: a week at most, as S3 has it.
fn terms(key: &ObjectKey, valid: Duration) -> PortResult<PresigningConfig> {
    PresigningConfig::expires_in(valid).map_err(|error| invalid(attempted(key), error))
}

fn length(key: &ObjectKey, bytes: u64) -> PortResult<i64> {
    i64::try_from(bytes).map_err(|error| invalid(attempted(key), error))
}

fn attempted(key: &ObjectKey) -> String {
    format!("sign an address of {}", key.for_log())
}

fn invalid(attempted: String, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PortError {
    PortError::new(PortErrorKind::Invalid, attempted).with_source(source)
}

/// With the headers that were signed. S3 refuses any of its own (`x-amz-…`) that is sent and was not.
fn as_the_port_has_it(method: &'static str, signed: &Signed) -> PresignedRequest {
    let names = signed_headers(signed.uri());
    let headers = signed.headers().filter(|(name, _)| names.contains(name) && *name != "host");
    PresignedRequest {
        method,
        url: signed.uri().to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    }
}

fn signed_headers(url: &str) -> Vec<&str> {
    let mut parameters = url.split(['?', '&']);
    let names = parameters.find_map(|parameter| parameter.strip_prefix("X-Amz-SignedHeaders="));
    names.unwrap_or_default().split("%3B").collect()
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
    use graphnode_core::ports::PortErrorKind::Invalid;

    use super::*;

    const MIB: u64 = 1 << 20;
    const QUARTER: Duration = Duration::from_secs(900);
    const SECRET: &str = "wJalrXUtnFEMIEXAMPLEKEY";

    /// A bucket of real S3, which is never asked anything.
    fn bucket() -> S3Objects {
        let credentials = Credentials::new("AKIDEXAMPLE", SECRET, None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-northeast-2"))
            .credentials_provider(SharedCredentialsProvider::new(credentials));
        S3Objects::new(&config.build(), "graphnode-payloads".parse().unwrap())
    }

    fn key() -> ObjectKey {
        "uploads/auth0|7/up-1/export".parse().unwrap()
    }

    fn announced(bytes: u64) -> Announced<'static> {
        Announced { bytes, content_type: "application/zip" }
    }

    fn header<'a>(request: &'a PresignedRequest, name: &str) -> Option<&'a str> {
        request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    #[tokio::test]
    async fn what_was_announced_is_signed_and_the_secret_is_not_told() {
        let invited = bucket().invite(&key(), announced(100 * MIB), QUARTER).await.unwrap();
        let Invitation::Whole(request) = &invited else { panic!("{invited:?}") };
        let place =
            "https://graphnode-payloads.s3.ap-northeast-2.amazonaws.com/uploads/auth0%7C7/up-1/export?";
        assert!(request.url.starts_with(place), "{}", request.url);
        assert_eq!(signed_headers(&request.url), ["content-length", "content-type", "host"]);
        assert!(request.url.contains("X-Amz-Expires=900&"), "{}", request.url);
        assert_eq!((request.method, request.headers.len()), ("PUT", 2));
        assert_eq!(header(request, "content-length"), Some("104857600"));
        assert_eq!(header(request, "content-type"), Some("application/zip"));
        assert!(request.url.contains("X-Amz-Signature=") && !request.url.contains(SECRET));
        assert!(!format!("{invited:?}").contains("Signature"));
    }

    #[tokio::test]
    async fn every_part_has_its_own_length_and_number() {
        let (id, terms) = (MultipartId("upload/1".to_owned()), terms(&key(), QUARTER).unwrap());
        let parts = bucket().sign_parts(&key(), &id, 101 * MIB, 16 * MIB, &terms).await.unwrap();
        assert_eq!(parts.len(), 7);
        for (number, request) in (1..).zip(&parts) {
            let bytes = if number == 7 { 5 * MIB } else { 16 * MIB };
            assert_eq!(header(request, "content-length"), Some(bytes.to_string().as_str()));
            assert_eq!(signed_headers(&request.url), ["content-length", "host"]);
            assert!(request.url.contains(&format!("partNumber={number}&uploadId=upload%2F1")));
            assert!(!request.url.contains(SECRET));
        }
        let even = bucket().sign_parts(&key(), &id, 32 * MIB, 16 * MIB, &terms).await.unwrap();
        assert_eq!(even.len(), 2, "no empty part behind an even one");
    }

    #[tokio::test]
    async fn an_object_is_fetched_without_a_header_to_send() {
        let request = bucket().share(&key(), QUARTER).await.unwrap().unwrap();
        assert_eq!((request.method, signed_headers(&request.url)), ("GET", vec!["host"]));
        assert_eq!(request.headers, []);
        assert!(request.url.contains("X-Amz-Expires=900&") && !request.url.contains(SECRET));
    }

    #[tokio::test]
    async fn what_cannot_be_sent_is_refused_before_an_upload_is_begun() {
        let kind = async |bytes, content_type, valid| {
            let announced = Announced { bytes, content_type };
            bucket().invite(&key(), announced, valid).await.unwrap_err().kind()
        };
        assert_eq!(kind(1 + 5_000 * 1024 * MIB, "application/zip", QUARTER).await, Invalid);
        assert_eq!(kind(u64::MAX, "application/zip", QUARTER).await, Invalid);
        for bytes in [1, 200 * MIB] {
            let more_than_a_week = Duration::from_secs(7 * 86_400 + 1);
            assert_eq!(kind(bytes, "application/zip", more_than_a_week).await, Invalid);
        }
        assert_eq!(kind(1, "application/zip\r\nx-amz-acl: public-read", QUARTER).await, Invalid);
    }

    #[test]
    fn parts_are_at_most_a_thousand() {
        let sizes = TransferSizes::default();
        assert_eq!(sizes.part_of(100 * MIB + 1), Some(16 * MIB));
        assert_eq!(sizes.part_of(16_000 * MIB), Some(16 * MIB));
        assert_eq!(sizes.part_of(16_000 * MIB + 1), Some(16 * MIB + 1));
        for bytes in [16_000 * MIB + 1, 1_000_000_000_007, 5_000 * 1024 * MIB] {
            assert!(bytes.div_ceil(sizes.part_of(bytes).unwrap()) <= MOST_PARTS, "{bytes}");
        }
        assert_eq!(sizes.part_of(5_000 * 1024 * MIB + 1), None);
    }
}
