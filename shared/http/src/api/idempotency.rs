//! `Idempotency-Key`: the same request sent twice is one job and one answer.
//!
//! The id of the task is made from the key, so whoever repeats a request that died half-way goes on with the same
//! task: every step of it (input, record, message) leaves the same state when it is done twice. What the key was first
//! used for is kept, so that another body with the same key is noticed.

use axum::http::HeaderMap;
use graphnode_core::hash::hex_sha256;
use graphnode_core::ids::{TaskId, UserId};
use graphnode_core::keys;
use graphnode_core::ports::objects::{Condition, read_whole};
use graphnode_core::ports::{Objects, PortErrorKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::problem::{Code, Problem};

/// The header.
const NAME: &str = "Idempotency-Key";
/// Most characters of a key.
const LONGEST: usize = 255;
/// Most bytes of what is kept for a key.
const MOST_BYTES: u64 = 4096;

/// What a key was first used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FirstUse {
    /// SHA-256 of the body.
    body_sha256: String,
    /// The task it is for.
    pub(super) task_id: TaskId,
    /// When.
    pub(super) at: Timestamp,
}

/// The key of a request, if it has one.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(NAME) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text.is_empty() || text.len() > LONGEST {
        let message = format!("must have 1 to {LONGEST} printable ASCII characters");
        return Err(Problem::field(NAME, message));
    }
    Ok(Some(text.to_owned()))
}

/// What `key` was first used for: this request, or an equal one before.
///
/// # Errors
/// 409 when that had another body.
pub(super) async fn claim(
    objects: &impl Objects,
    user_id: &UserId,
    key: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<FirstUse, Problem> {
    let task_id = TaskId::of([user_id.as_str().as_bytes(), b"\0", key.as_bytes()]);
    let first_use = FirstUse { body_sha256: hex_sha256([body]), task_id, at: now };
    let object = keys::idempotent_request(user_id, key);
    let bytes = serde_json::to_vec(&first_use).map_err(Problem::ours)?;
    match objects.put(&object, bytes, keys::JSON, &Condition::Absent).await {
        Ok(_) => return Ok(first_use),
        Err(error) if error.kind() == PortErrorKind::Conflict => {}
        Err(error) => return Err(error.into()),
    }
    let known = read_whole(objects, &object, MOST_BYTES).await?;
    let known: FirstUse = serde_json::from_slice(&known.bytes).map_err(Problem::ours)?;
    if known.body_sha256 == first_use.body_sha256 {
        Ok(known)
    } else {
        let detail = "This Idempotency-Key was used for a request with another body; take a new key.";
        Err(Problem::new(Code::Conflict, detail))
    }
}
