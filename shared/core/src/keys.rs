//! Every key of the bucket is built here, from validated ids; nothing a request says becomes a key of ours.
//!
//! | key | what |
//! |---|---|
//! | `jobs/{task_id}.json` | the [job record](crate::job) |
//! | `users/{user_id}/graphs/{graph_id}.json` | the [graph pointer](crate::job::pointer) |
//! | `users/{user_id}/tasks/{newest first}-{task_id}` | says that the person has this job, see [`task_marker`] |
//! | `idempotency/{user_id}/{hash}.json` | what a request with an idempotency key asked for |
//! | `results/{task_id}/…` | the results of a build, see [`ResultFile`] |
//! | `checkpoints/{user_id}/{model}/{newest first}-{hash}.bin` | vectors of the person's texts, see [`vector_part`] |
//! | `handed-over/{task_id}` | says that the job was given to a task, see [`handed_over`] |
//! | `dead-letters/{message_id}.json` | messages nobody could understand, with the reason |
//!
//! Inputs lie elsewhere, where the sender put them: [`ObjectKey`] and [`InputLocation`] are validated and never
//! point into the folders above. What came through the HTTP API lies under `uploads/{user_id}/{upload_id}/`.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::{GraphId, TaskId, UploadId, UserId};

pub use vectors::{all_checkpoints, parse_vector_part, vector_part, vector_parts};

mod vectors;

/// Folders of the bucket that hold what GraphNode writes.
const OWN_FOLDERS: [&str; 7] =
    ["jobs/", "users/", "results/", "checkpoints/", "dead-letters/", "idempotency/", "handed-over/"];
/// Milliseconds no job will ever be asked for at: counted down from, so that newer jobs come first in a list of keys.
const END_OF_TIME_MS: i64 = 9_999_999_999_999;

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Empty, or longer than S3 allows.
    #[error("must have 1 to 1024 bytes")]
    Length,
    /// A control character or a backslash.
    #[error("may hold neither control characters nor backslashes")]
    Character,
    /// An empty segment, `.` or `..`.
    #[error("may not begin with '/' nor hold empty segments, '.' or '..'")]
    Segment,
    /// A folder where an object was expected.
    #[error("must name an object, not a prefix that ends in '/'")]
    NotAnObject,
    /// A key where a prefix was expected.
    #[error("must be a prefix that ends in '/'")]
    NotAPrefix,
    /// Inside one of the folders above.
    #[error("may not lie in a folder that GraphNode writes to")]
    Reserved,
}

/// The key of an object.
///
/// Invariants:
/// - 1 to 1024 bytes, no control characters, no backslash;
/// - segments between `/` are neither empty nor `.` nor `..`; so it neither begins nor ends with `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The key for logs and errors: a person chose the names of uploaded files, so those are left out.
    #[must_use]
    pub fn for_log(&self) -> &str {
        let reserved = OWN_FOLDERS.iter().any(|folder| self.0.starts_with(folder));
        match self.0.rfind('/') {
            _ if reserved => &self.0,
            Some(end) => &self.0[..=end],
            None => "an object",
        }
    }
}

impl FromStr for ObjectKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        if text.len() > 1 && text.ends_with('/') {
            return Err(InvalidKey::NotAnObject);
        }
        check(text)?;
        Ok(Self(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for ObjectKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What the keys of a folder start with.
///
/// Invariant: an [`ObjectKey`] and a `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ObjectPrefix(String);

impl ObjectPrefix {
    /// The prefix as text, with its `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `key` lies under this prefix.
    #[must_use]
    pub fn holds(&self, key: &ObjectKey) -> bool {
        key.0.starts_with(&self.0)
    }

    /// The part of `key` behind this prefix; `None` where it does not lie under it.
    #[must_use]
    pub fn name_within<'a>(&self, key: &'a ObjectKey) -> Option<&'a str> {
        key.0.strip_prefix(&self.0)
    }

    /// The key of `name` under this prefix.
    ///
    /// # Errors
    /// [`InvalidKey`] when that is no key.
    pub fn join(&self, name: &str) -> Result<ObjectKey, InvalidKey> {
        format!("{}{name}", self.0).parse()
    }
}

impl FromStr for ObjectPrefix {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let folder = text.strip_suffix('/').ok_or(InvalidKey::NotAPrefix)?;
        check(folder)?;
        if text.len() > 1024 { Err(InvalidKey::Length) } else { Ok(Self(text.to_owned())) }
    }
}

impl fmt::Display for ObjectPrefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Where an input lies: what a request calls `s3Key`.
///
/// Invariant: outside the folders GraphNode writes to, so that no request reads another person's results.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum InputLocation {
    /// One object.
    Object(ObjectKey),
    /// A bundle: the objects under a prefix.
    Bundle(ObjectPrefix),
}

impl InputLocation {
    /// The location as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Object(key) => key.as_str(),
            Self::Bundle(prefix) => prefix.as_str(),
        }
    }
}

impl FromStr for InputLocation {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        if OWN_FOLDERS.iter().any(|folder| text.starts_with(folder)) {
            Err(InvalidKey::Reserved)
        } else if text.ends_with('/') {
            text.parse().map(Self::Bundle)
        } else {
            text.parse().map(Self::Object)
        }
    }
}

impl Serialize for InputLocation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for InputLocation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

fn check(key: &str) -> Result<(), InvalidKey> {
    if key.is_empty() || key.len() > 1024 {
        Err(InvalidKey::Length)
    } else if key.chars().any(|c| c.is_control() || c == '\\') {
        Err(InvalidKey::Character)
    } else if key.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        Err(InvalidKey::Segment)
    } else {
        Ok(())
    }
}

/// The files of a build, written in this order: [`Features`](Self::Features) appears last and starts the indexing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResultFile {
    /// `graph.json`.
    Graph,
    /// `summary.json`.
    Summary,
    /// `graph.html`.
    Page,
    /// `report.json`.
    Report,
    /// `words.bin`.
    Words,
    /// `features.json`.
    Features,
}

impl ResultFile {
    /// All of them, in the order they are written.
    pub const ALL: [Self; 6] =
        [Self::Graph, Self::Summary, Self::Page, Self::Report, Self::Words, Self::Features];

    /// The file's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Graph => "graph.json",
            Self::Summary => "summary.json",
            Self::Page => "graph.html",
            Self::Report => "report.json",
            Self::Words => "words.bin",
            Self::Features => "features.json",
        }
    }

    /// Its media type.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Page => "text/html; charset=utf-8",
            Self::Words => "application/octet-stream",
            _ => JSON,
        }
    }
}

/// Media type of everything that is JSON.
pub const JSON: &str = "application/json";

/// The job record.
#[must_use]
pub fn job(task_id: &TaskId) -> ObjectKey {
    ObjectKey(format!("jobs/{task_id}.json"))
}

/// The graph pointer.
#[must_use]
pub fn graph_pointer(user_id: &UserId, graph_id: &GraphId) -> ObjectKey {
    ObjectKey(format!("users/{user_id}/graphs/{graph_id}.json"))
}

/// All graph pointers of a person.
#[must_use]
pub fn graph_pointers(user_id: &UserId) -> ObjectPrefix {
    ObjectPrefix(format!("users/{user_id}/graphs/"))
}

/// Says that the person has this job, empty itself; the newest of them is the first in a list. It is written before the
/// job record, so that whoever erases a person's data finds every job.
#[must_use]
pub fn task_marker(user_id: &UserId, requested_at: Timestamp, task_id: &TaskId) -> ObjectKey {
    ObjectKey(format!("users/{user_id}/tasks/{:013}-{task_id}", countdown(requested_at)))
}

/// All task markers of a person, the newest job first.
#[must_use]
pub fn task_markers(user_id: &UserId) -> ObjectPrefix {
    ObjectPrefix(format!("users/{user_id}/tasks/"))
}

/// The job a task marker is of; `None` for any other key.
#[must_use]
pub fn parse_task_marker(key: &ObjectKey) -> Option<TaskId> {
    key.file_name().split_once('-')?.1.parse().ok()
}

/// Everything kept of a person but jobs, results, checkpoints, uploads and idempotency keys.
#[must_use]
pub fn person(user_id: &UserId) -> ObjectPrefix {
    ObjectPrefix(format!("users/{user_id}/"))
}

/// What a request with this idempotency key asked for. The key is the client's text, so it is hashed.
#[must_use]
pub fn idempotent_request(user_id: &UserId, idempotency_key: &str) -> ObjectKey {
    let hash = crate::hash::hex_sha256([idempotency_key.as_bytes()]);
    ObjectKey(format!("idempotency/{user_id}/{hash}.json"))
}

/// All requests of a person that had an idempotency key.
#[must_use]
pub fn idempotent_requests(user_id: &UserId) -> ObjectPrefix {
    ObjectPrefix(format!("idempotency/{user_id}/"))
}

/// What the person announced of an upload.
#[must_use]
pub fn upload_ticket(user_id: &UserId, upload_id: &UploadId) -> ObjectKey {
    ObjectKey(format!("uploads/{user_id}/{upload_id}/ticket.json"))
}

/// What the person uploaded.
#[must_use]
pub fn upload(user_id: &UserId, upload_id: &UploadId) -> ObjectKey {
    ObjectKey(format!("uploads/{user_id}/{upload_id}/export"))
}

/// Whose upload `key` is; `None` for any other key.
#[must_use]
pub fn parse_upload(key: &ObjectKey) -> Option<(UserId, UploadId)> {
    let (user, rest) = key.as_str().strip_prefix("uploads/")?.split_once('/')?;
    Some((user.parse().ok()?, rest.strip_suffix("/export")?.parse().ok()?))
}

/// Everything a person uploaded.
#[must_use]
pub fn uploads(user_id: &UserId) -> ObjectPrefix {
    ObjectPrefix(format!("uploads/{user_id}/"))
}

/// A file of a build.
#[must_use]
pub fn result(task_id: &TaskId, file: ResultFile) -> ObjectKey {
    ObjectKey(format!("results/{task_id}/{}", file.name()))
}

/// All files of a build.
#[must_use]
pub fn results(task_id: &TaskId) -> ObjectPrefix {
    ObjectPrefix(format!("results/{task_id}/"))
}

/// Which file of which build `key` names; `None` for any other key.
#[must_use]
pub fn parse_result(key: &str) -> Option<(TaskId, ResultFile)> {
    let (task, name) = key.strip_prefix("results/")?.split_once('/')?;
    let file = ResultFile::ALL.into_iter().find(|file| file.name() == name)?;
    Some((task.parse().ok()?, file))
}

/// Grows smaller as time goes on.
fn countdown(at: Timestamp) -> i64 {
    END_OF_TIME_MS.saturating_sub(at.as_millisecond()).max(0)
}

/// Says that the job was given to a task, empty itself: there may be no message of it any more, so whoever looks for jobs
/// whose task has died looks here. It is written before the record says so, and removed when the job is over.
#[must_use]
pub fn handed_over(task_id: &TaskId) -> ObjectKey {
    ObjectKey(format!("handed-over/{task_id}"))
}

/// All jobs that were given to tasks and are not known to be over.
#[must_use]
pub fn all_handed_over() -> ObjectPrefix {
    ObjectPrefix("handed-over/".to_owned())
}

/// The job that `key` says was given to a task; `None` for any other key.
#[must_use]
pub fn parse_handed_over(key: &ObjectKey) -> Option<TaskId> {
    key.as_str().strip_prefix("handed-over/")?.parse().ok()
}

/// All messages nobody could understand.
#[must_use]
pub fn dead_letters() -> ObjectPrefix {
    ObjectPrefix("dead-letters/".to_owned())
}

/// A message nobody could understand. Its id comes from the queue; what is no id there is hashed.
#[must_use]
pub fn dead_letter(message_id: &str) -> ObjectKey {
    let name = match message_id.parse::<TaskId>() {
        Ok(id) => id.to_string(),
        Err(_) => crate::hash::hex_sha256([message_id.as_bytes()]),
    };
    ObjectKey(format!("dead-letters/{name}.json"))
}

/// The id that [`dead_letter`] makes `key` of: the message's own, or its hash. `None` for any other key.
#[must_use]
pub fn parse_dead_letter(key: &ObjectKey) -> Option<&str> {
    let id = key.as_str().strip_prefix("dead-letters/")?.strip_suffix(".json")?;
    (dead_letter(id) == *key).then_some(id)
}

#[cfg(test)]
mod tests;
