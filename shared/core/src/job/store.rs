//! Reads and changes job records and graph pointers with conditional writes.
//!
//! Every change is read, decided and written back only if nobody wrote meanwhile; otherwise it starts anew from what
//! is there now. There is no waiting between: losing means that somebody else made progress, and the decision
//! mostly ends at the second look.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::pointer::{self, Advance, Current, GraphPointer};
use super::record::{self, JobRecord, NewJob};
use crate::ids::{GraphId, TaskId, UserId};
use crate::keys::{self, ObjectKey};
use crate::ports::objects::{Condition, ETag, Objects, read_whole};
use crate::ports::{PortError, PortErrorKind, RetryClass};

/// Most bytes of a record or pointer.
const MOST_BYTES: u64 = 1024 * 1024;
/// How often a change starts anew before it gives up.
const MOST_TRIES: usize = 20;

/// A value as it was read, with the tag a conditional write needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// The content it was read from.
    pub etag: ETag,
}

/// Why a record or pointer could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The bucket said no.
    #[error(transparent)]
    Port(#[from] PortError),
    /// What lies there is no record, or one of a newer program.
    #[error("{key} cannot be read: {problem}")]
    Damaged {
        /// Where.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// There is no such job.
    #[error("there is no job {0}")]
    NoSuchJob(TaskId),
    /// The job's id is taken by another person's job.
    #[error("job {0} belongs to another person")]
    ForeignJob(TaskId),
}

impl StoreError {
    /// Whether trying again can help.
    #[must_use]
    pub fn retry_class(&self) -> RetryClass {
        match self {
            Self::Port(error) => error.retry_class(),
            Self::Damaged { .. } | Self::NoSuchJob(_) | Self::ForeignJob(_) => RetryClass::Permanent,
        }
    }
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError<R> {
    /// The decision said no to what is there now.
    #[error("refused: {0}")]
    Refused(R),
    /// It could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The record of a job; `None` where there is none.
///
/// # Errors
/// [`StoreError`].
pub async fn load_job(
    objects: &impl Objects,
    task_id: &TaskId,
) -> Result<Option<Versioned<JobRecord>>, StoreError> {
    load(objects, &keys::job(task_id), record::SCHEMA).await
}

/// The record of the job, made with its generation where there is none yet. Whoever registers a job, once or twice
/// or at the same time: there is one record.
///
/// # Errors
/// [`StoreError`], [`StoreError::ForeignJob`] among them.
pub async fn register_job(
    objects: &impl Objects,
    job: &NewJob,
    now: Timestamp,
) -> Result<Versioned<JobRecord>, StoreError> {
    let user_id = &job.request.user_id;
    for _ in 0..MOST_TRIES {
        if let Some(existing) = load_job(objects, &job.task_id).await? {
            return match existing.value.user_id() == user_id {
                true => Ok(existing),
                false => Err(StoreError::ForeignJob(job.task_id.clone())),
            };
        }
        let generation =
            issue_generation(objects, user_id, &job.request.graph_id, job.requested_at, now).await?;
        // First, so that there is no job of a person that a list of the person's jobs does not name.
        let marker = keys::task_marker(user_id, job.requested_at, &job.task_id);
        objects.put(&marker, Vec::new(), keys::JSON, &Condition::Always).await?;
        let value = JobRecord::new(job.clone(), generation, now);
        if let Some(etag) = store(objects, &keys::job(&job.task_id), &value, Condition::Absent).await? {
            return Ok(Versioned { value, etag });
        }
    }
    Err(contended(&keys::job(&job.task_id)))
}

/// Changes the record of a job: `decide` yields the next record, or the one it was given to leave it. It is called
/// again whenever somebody else wrote meanwhile.
///
/// # Errors
/// [`UpdateError::Refused`] with what `decide` says; [`UpdateError::Store`].
pub async fn update_job<R>(
    objects: &impl Objects,
    task_id: &TaskId,
    mut decide: impl FnMut(&JobRecord) -> Result<JobRecord, R> + Send,
) -> Result<Versioned<JobRecord>, UpdateError<R>> {
    let key = keys::job(task_id);
    for _ in 0..MOST_TRIES {
        let current =
            load_job(objects, task_id).await?.ok_or_else(|| StoreError::NoSuchJob(task_id.clone()))?;
        let next = decide(&current.value).map_err(UpdateError::Refused)?;
        if next == current.value {
            return Ok(current);
        }
        if let Some(etag) = store(objects, &key, &next, Condition::Matches(current.etag)).await? {
            return Ok(Versioned { value: next, etag });
        }
    }
    Err(contended(&key).into())
}

/// The pointer of a graph; `None` where the person has no such graph.
///
/// # Errors
/// [`StoreError`].
pub async fn load_pointer(
    objects: &impl Objects,
    user_id: &UserId,
    graph_id: &GraphId,
) -> Result<Option<Versioned<GraphPointer>>, StoreError> {
    load(objects, &keys::graph_pointer(user_id, graph_id), pointer::SCHEMA).await
}

/// Makes a build the one that counts, unless a newer one does.
///
/// # Errors
/// [`StoreError`].
pub async fn advance_pointer(
    objects: &impl Objects,
    user_id: &UserId,
    graph_id: &GraphId,
    build: &Current,
) -> Result<Advance, StoreError> {
    change_pointer(objects, user_id, graph_id, |pointer| pointer.advance(build.clone())).await
}

/// Lets a build count no longer; yields it if it did until now.
///
/// # Errors
/// [`StoreError`].
pub async fn withdraw_build(
    objects: &impl Objects,
    user_id: &UserId,
    graph_id: &GraphId,
    task_id: &TaskId,
) -> Result<Option<Current>, StoreError> {
    change_pointer(objects, user_id, graph_id, |pointer| pointer.withdraw(task_id)).await
}

async fn issue_generation(
    objects: &impl Objects,
    user_id: &UserId,
    graph_id: &GraphId,
    requested_at: Timestamp,
    now: Timestamp,
) -> Result<u64, StoreError> {
    change_pointer(objects, user_id, graph_id, |pointer| pointer.issue(requested_at, now)).await
}

async fn change_pointer<T>(
    objects: &impl Objects,
    user_id: &UserId,
    graph_id: &GraphId,
    change: impl Fn(&GraphPointer) -> (GraphPointer, T) + Send,
) -> Result<T, StoreError> {
    let key = keys::graph_pointer(user_id, graph_id);
    for _ in 0..MOST_TRIES {
        let (current, condition) = match load_pointer(objects, user_id, graph_id).await? {
            Some(current) => (current.value, Condition::Matches(current.etag)),
            None => (GraphPointer::new(user_id.clone(), graph_id.clone()), Condition::Absent),
        };
        let (next, outcome) = change(&current);
        if next == current || store(objects, &key, &next, condition).await?.is_some() {
            return Ok(outcome);
        }
    }
    Err(contended(&key))
}

async fn load<T: DeserializeOwned>(
    objects: &impl Objects,
    key: &ObjectKey,
    newest_schema: u32,
) -> Result<Option<Versioned<T>>, StoreError> {
    #[derive(serde::Deserialize)]
    struct Header {
        schema: u32,
    }
    let piece = match read_whole(objects, key, MOST_BYTES).await {
        Ok(piece) => piece,
        Err(error) if error.kind() == PortErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let damaged = |problem: String| StoreError::Damaged { key: key.for_log().to_owned(), problem };
    let unreadable = |error: serde_json::Error| damaged(error.to_string());
    let header: Header = serde_json::from_slice(&piece.bytes).map_err(unreadable)?;
    if header.schema > newest_schema {
        return Err(damaged(format!("schema {} is newer than {newest_schema}", header.schema)));
    }
    let value = serde_json::from_slice(&piece.bytes).map_err(unreadable)?;
    Ok(Some(Versioned { value, etag: piece.etag }))
}

/// The new tag, or `None` when somebody else was first.
async fn store(
    objects: &impl Objects,
    key: &ObjectKey,
    value: &impl Serialize,
    condition: Condition,
) -> Result<Option<ETag>, StoreError> {
    let damaged = |error: serde_json::Error| StoreError::Damaged {
        key: key.for_log().to_owned(),
        problem: error.to_string(),
    };
    let bytes = serde_json::to_vec(value).map_err(damaged)?;
    match objects.put(key, bytes, keys::JSON, &condition).await {
        Ok(etag) => Ok(Some(etag)),
        Err(error) if error.kind() == PortErrorKind::Conflict => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn contended(key: &ObjectKey) -> StoreError {
    let attempted = format!("change {} {MOST_TRIES} times", key.for_log());
    StoreError::Port(PortError::new(PortErrorKind::Conflict, attempted))
}
