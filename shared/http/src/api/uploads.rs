//! Uploads: an export that is too large for a request goes past the API, to an address that is good for it alone.
//!
//! A ticket beside the upload keeps what was announced. Both lie under the person's own prefix, so an upload id of
//! another person names nothing.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use graphnode_core::clock::Clock;
use graphnode_core::ids::{UploadId, UserId};
use graphnode_core::keys::{self, JSON, ObjectKey};
use graphnode_core::ports::objects::{Condition, ETag, read_whole};
use graphnode_core::ports::transfer::{Announced, Invitation, MultipartId, PresignedRequest};
use graphnode_core::ports::{DirectTransfer, Objects, PortErrorKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

use super::{Api, Ports, Shared, VALID_TO_SEND};
use crate::PREFIX;
use crate::answer::{json, json_with};
use crate::extract::{Id, JsonBody};
use crate::identity::Caller;
use crate::problem::documented::{Conflicting, Missing, Nobody, OfBody, Usual};
use crate::problem::{Code, Problem};

/// Most bytes of a ticket.
const MOST_TICKET_BYTES: u64 = 16 * 1024;
/// Most parts of an upload, as S3 has it.
const MOST_PARTS: usize = 10_000;

/// What will be uploaded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct UploadRequest {
    /// Its exact size.
    #[schema(minimum = 1)]
    bytes: u64,
    /// `application/zip` for the export as downloaded, `application/json` for its conversations.
    content_type: ContentType,
}

/// What an export may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
enum ContentType {
    #[serde(rename = "application/zip")]
    Zip,
    #[serde(rename = "application/json")]
    Json,
}

impl ContentType {
    fn as_str(self) -> &'static str {
        match self {
            Self::Zip => "application/zip",
            Self::Json => JSON,
        }
    }
}

/// How to upload it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Upload {
    /// Names the upload.
    #[schema(value_type = String)]
    upload_id: UploadId,
    /// Until when the addresses are good.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Requests to send, in this order of the bytes: one, or one a part.
    requests: Vec<UploadStep>,
    /// Size of each part but the last; absent for an upload in one piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    part_bytes: Option<u64>,
}

/// One request that sends bytes. Whoever knows its address may send them.
#[derive(Serialize, ToSchema)]
pub struct UploadStep {
    /// `PUT`.
    method: &'static str,
    /// Where to: an address, or a path of this server.
    url: String,
    /// Headers to send as they are.
    headers: BTreeMap<String, String>,
}

/// The tags that the parts were answered with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CompleteRequest {
    /// The `ETag` of every part, in the parts' order.
    #[schema(min_items = 1, max_items = 10000)]
    etags: Vec<String>,
}

/// An upload that is complete.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Completed {
    /// Names the upload.
    #[schema(value_type = String)]
    upload_id: UploadId,
    /// Its size.
    bytes: u64,
}

/// What was announced, kept until it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Exact size.
    pub bytes: u64,
    content_type: ContentType,
    multipart: Option<MultipartId>,
    announced_at: Timestamp,
}

impl Ticket {
    /// Its media type.
    #[must_use]
    pub fn content_type(&self) -> &'static str {
        self.content_type.as_str()
    }

    /// Whether it may still be sent at `now`: as long as a signed address is good.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.announced_at.checked_add(VALID_TO_SEND).is_ok_and(|end| now < end)
    }
}

impl From<PresignedRequest> for UploadStep {
    fn from(request: PresignedRequest) -> Self {
        let url = absolute(request.url);
        Self { method: request.method, url, headers: request.headers.into_iter().collect() }
    }
}

/// A path of this API as its client needs it. Storage that has no address of its own is reached through the server of
/// the API, and names a path relative to it.
fn absolute(url: String) -> String {
    if url.contains("://") { url } else { format!("{PREFIX}/{url}") }
}

/// Announces an upload and says how to send it.
#[utoipa::path(post, path = "/v1/graph-ai/uploads", tag = "uploads", request_body = UploadRequest,
    responses((status = 201, description = "Send it", body = Upload), Usual, Nobody, OfBody))]
pub(super) async fn announce<P: Ports>(
    State(api): Shared<P>,
    Caller(caller): Caller,
    JsonBody { value: request, .. }: JsonBody<UploadRequest>,
) -> Result<Response, Problem> {
    let most = api.limits.upload_bytes;
    if request.bytes == 0 {
        return Err(Problem::field("bytes", "must be at least 1"));
    }
    if request.bytes > most {
        let detail = format!("bytes: at most {most} are taken");
        return Err(Problem::new(Code::PayloadTooLarge, detail));
    }
    let upload_id: UploadId = uuid::Uuid::now_v7().to_string().parse().map_err(Problem::ours)?;
    let key = keys::upload(&caller, &upload_id);
    let announced = Announced { bytes: request.bytes, content_type: request.content_type.as_str() };
    let now = api.clock.now();
    let invitation = api.buckets.own().invite(&key, announced, VALID_TO_SEND).await?;
    let (multipart, part_bytes, requests) = match invitation {
        Invitation::Whole(request) => (None, None, vec![request.into()]),
        Invitation::Parts { id, part_bytes, requests } => {
            (Some(id), Some(part_bytes), requests.into_iter().map(Into::into).collect())
        }
    };
    let ticket =
        Ticket { bytes: request.bytes, content_type: request.content_type, multipart, announced_at: now };
    let bytes = serde_json::to_vec(&ticket).map_err(Problem::ours)?;
    let ticket_key = keys::upload_ticket(&caller, &upload_id);
    api.buckets.own().put(&ticket_key, bytes, JSON, &Condition::Absent).await?;
    let expires_at = now.checked_add(VALID_TO_SEND).map_err(Problem::ours)?;
    Ok(json_with(StatusCode::CREATED, &Upload { upload_id, expires_at, requests, part_bytes }))
}

/// Completes an upload that was sent in parts. One that was sent in one piece is complete by itself.
#[utoipa::path(post, path = "/v1/graph-ai/uploads/{uploadId}/complete", tag = "uploads", request_body = CompleteRequest,
    params(("uploadId" = String, Path, description = "The upload")),
    responses((status = 200, description = "Complete", body = Completed), Usual, Nobody, Missing, Conflicting, OfBody))]
pub(super) async fn complete<P: Ports>(
    State(api): Shared<P>,
    Caller(caller): Caller,
    Id(upload_id): Id<UploadId>,
    JsonBody { value: request, .. }: JsonBody<CompleteRequest>,
) -> Result<Response, Problem> {
    if request.etags.is_empty() || request.etags.len() > MOST_PARTS {
        return Err(Problem::field("etags", format!("must hold 1 to {MOST_PARTS} tags")));
    }
    let ticket = ticket(&api, &caller, &upload_id).await?;
    if let Some(id) = &ticket.multipart {
        let etags: Vec<ETag> = request.etags.into_iter().map(ETag::new).collect();
        let key = keys::upload(&caller, &upload_id);
        let completion = api.buckets.own().complete(&key, id, &etags).await;
        completion.map_err(|error| match error.kind() {
            PortErrorKind::Invalid => {
                Problem::field("etags", "are not those of the parts that were sent").with_source(error)
            }
            PortErrorKind::NotFound => incomplete(),
            _ => error.into(),
        })?;
    }
    completed(&api, &caller, &upload_id).await?;
    Ok(json(&Completed { upload_id, bytes: ticket.bytes }))
}

/// The ticket of an upload of this person.
///
/// # Errors
/// 404 where there is none.
pub async fn ticket<P: Ports>(
    api: &Api<P>,
    caller: &UserId,
    upload_id: &UploadId,
) -> Result<Ticket, Problem> {
    let key = keys::upload_ticket(caller, upload_id);
    match read_whole(api.buckets.own(), &key, MOST_TICKET_BYTES).await {
        Ok(piece) => serde_json::from_slice(&piece.bytes).map_err(Problem::ours),
        Err(error) if error.kind() == PortErrorKind::NotFound => Err(Problem::not_found()),
        Err(error) => Err(error.into()),
    }
}

/// The key of an upload of this person that is as it was announced.
pub(super) async fn completed<P: Ports>(
    api: &Api<P>,
    caller: &UserId,
    upload_id: &UploadId,
) -> Result<ObjectKey, Problem> {
    let ticket = ticket(api, caller, upload_id).await?;
    let key = keys::upload(caller, upload_id);
    match api.buckets.own().head(&key).await {
        Ok(object) if object.size == ticket.bytes => Ok(key),
        Ok(_) => Err(incomplete()),
        Err(error) if error.kind() == PortErrorKind::NotFound => Err(incomplete()),
        Err(error) => Err(error.into()),
    }
}

fn incomplete() -> Problem {
    Problem::new(Code::Conflict, "The upload is not complete: send what was announced, all of its bytes.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stays_and_a_path_is_one_of_this_api() {
        assert_eq!(absolute("https://bucket/key?X=1".to_owned()), "https://bucket/key?X=1");
        assert_eq!(absolute("uploads/u-1/content".to_owned()), "/v1/graph-ai/uploads/u-1/content");
    }

    #[test]
    fn a_ticket_is_good_for_an_hour() {
        let announced_at: Timestamp = "2026-06-01T08:00:00Z".parse().unwrap();
        let ticket = Ticket { bytes: 1, content_type: ContentType::Zip, multipart: None, announced_at };
        assert!(ticket.is_open("2026-06-01T08:59:59Z".parse().unwrap()));
        assert!(!ticket.is_open("2026-06-01T09:00:00Z".parse().unwrap()));
    }
}
