//! `PUT uploads/{uploadId}/content`: takes the bytes of an upload, as S3 does where there is one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::put;
use graphnode_core::clock::Clock;
use graphnode_core::ids::UploadId;
use graphnode_core::keys;
use graphnode_core::ports::Objects;
use graphnode_http::PREFIX;
use graphnode_http::answer::entity_tag;
use graphnode_http::api::Api;
use graphnode_http::api::uploads::ticket;
use graphnode_http::extract::Id;
use graphnode_http::identity::Caller;
use graphnode_http::problem::{Code, Problem};
use http_body_util::BodyExt as _;
use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use super::machine::Machine;

#[derive(Debug, Clone)]
struct Content {
    api: Arc<Api<Machine>>,
    /// Where uploads are until they are whole: beside the objects, so that all of it is on one disk.
    scratch: PathBuf,
}

/// The route. Its limit is what was announced, and not that of JSON.
pub(super) fn router(api: Arc<Api<Machine>>, scratch: PathBuf) -> Router {
    Router::new()
        .route(&format!("{PREFIX}/uploads/{{upload_id}}/content"), put(receive))
        .with_state(Content { api, scratch })
}

async fn receive(
    State(Content { api, scratch }): State<Content>,
    Caller(caller): Caller,
    Id(upload_id): Id<UploadId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let ticket = ticket(&api, &caller, &upload_id).await?;
    if !ticket.is_open(api.clock.now()) {
        return Err(Problem::new(Code::Forbidden, "The time to send it is over; announce the upload again."));
    }
    check_length(&headers, ticket.bytes)?;
    let file = write(body, ticket.bytes, &scratch).await?;
    let key = keys::upload(&caller, &upload_id);
    let etag = api.buckets.own().put_file(&key, file.path(), ticket.content_type()).await?;
    Ok([(header::ETAG, entity_tag(&etag)?)].into_response())
}

/// Refuses another length before a byte of it is read, where the client tells.
fn check_length(headers: &HeaderMap, announced: u64) -> Result<(), Problem> {
    let told = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    match told {
        Some(bytes) if bytes > announced => Err(too_long(announced)),
        Some(bytes) if bytes < announced => Err(too_short(bytes, announced)),
        _ => Ok(()),
    }
}

/// Writes exactly `announced` bytes into a file that goes when it is dropped.
async fn write(mut body: Body, announced: u64, scratch: &Path) -> Result<NamedTempFile, Problem> {
    let whole = NamedTempFile::new_in(scratch).map_err(Problem::ours)?;
    let mut file = File::from_std(whole.reopen().map_err(Problem::ours)?);
    let mut written = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| too_short(written, announced).with_source(error))?;
        let Ok(data) = frame.into_data() else { continue };
        written += data.len() as u64;
        if written > announced {
            return Err(too_long(announced));
        }
        file.write_all(&data).await.map_err(Problem::ours)?;
    }
    if written < announced {
        return Err(too_short(written, announced));
    }
    file.flush().await.map_err(Problem::ours)?;
    Ok(whole)
}

fn too_long(announced: u64) -> Problem {
    Problem::new(
        Code::PayloadTooLarge,
        format!("The upload was announced with {announced} bytes; more came."),
    )
}

fn too_short(sent: u64, announced: u64) -> Problem {
    Problem::field("body", format!("has {sent} bytes of the {announced} that were announced"))
}
