//! The port that lets a client send and fetch objects by itself: what is larger than an answer or a request may be
//! goes past the service, by an address that is good for one object and a short time (the claim-check pattern).

use std::fmt;
use std::future::Future;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::PortResult;
use super::objects::ETag;
use crate::keys::ObjectKey;

/// A request that a client may make by itself. Whoever has it may make it, so it is kept like a secret: its `Debug`
/// does not show the address.
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedRequest {
    /// `GET` or `PUT`.
    pub method: &'static str,
    /// Where to, with its signature.
    pub url: String,
    /// Headers that must be sent as they are: name and value.
    pub headers: Vec<(String, String)>,
}

impl fmt::Debug for PresignedRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PresignedRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// Names an upload in several parts until it is completed; opaque.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MultipartId(pub String);

/// How a client may send an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invitation {
    /// In one piece.
    Whole(PresignedRequest),
    /// In parts: part `i` is sent by `requests[i]`, and all but the last have `part_bytes` bytes. The object is there
    /// once the parts are [completed](DirectTransfer::complete).
    Parts {
        /// The upload.
        id: MultipartId,
        /// Size of a part.
        part_bytes: u64,
        /// One request a part.
        requests: Vec<PresignedRequest>,
    },
}

/// What a client expects to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announced<'a> {
    /// Exactly so many bytes, 1 or more.
    pub bytes: u64,
    /// Of this media type.
    pub content_type: &'a str,
}

/// Lets clients send and fetch objects by themselves.
///
/// Duties of an implementation:
/// - an address is good for the one object, for what was announced and until its time is over;
/// - nothing is written before the client has sent it whole.
pub trait DirectTransfer: Send + Sync {
    /// How a client may send the object of `key` within `valid`, in one piece or in parts as its size demands.
    ///
    /// # Errors
    /// [`Invalid`](super::PortErrorKind::Invalid) above what the store takes; what any call may meet.
    fn invite(
        &self,
        key: &ObjectKey,
        announced: Announced<'_>,
        valid: Duration,
    ) -> impl Future<Output = PortResult<Invitation>> + Send;

    /// Makes the object of `key` from the parts that were sent, which `parts` names by their tags in order. Completing
    /// twice is no error as long as the object is there.
    ///
    /// # Errors
    /// [`NotFound`](super::PortErrorKind::NotFound) for an upload that is not under way;
    /// [`Invalid`](super::PortErrorKind::Invalid) for parts that were not sent so; what any call may meet.
    fn complete(
        &self,
        key: &ObjectKey,
        id: &MultipartId,
        parts: &[ETag],
    ) -> impl Future<Output = PortResult<()>> + Send;

    /// How a client may fetch the object of `key` within `valid`; `None` where the service must send it itself.
    ///
    /// # Errors
    /// What any call may meet.
    fn share(
        &self,
        key: &ObjectKey,
        valid: Duration,
    ) -> impl Future<Output = PortResult<Option<PresignedRequest>>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_does_not_reach_a_log() {
        let request = PresignedRequest {
            method: "PUT",
            url: "https://bucket.example.org/key?signature=abc".to_owned(),
            headers: Vec::new(),
        };
        assert!(!format!("{:?}", Invitation::Whole(request)).contains("example"));
    }
}
