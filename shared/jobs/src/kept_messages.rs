//! Messages that were kept because nobody understood them: looked at and sent again by a person.
//!
//! A message goes back to the request queue before its object is removed: whoever dies between leaves an object that is
//! sent once more, and the job's record lets one of the two run. One whose sender was told that it failed is not sent: for
//! them it is over, and a result after a FAILED would contradict it.

use std::panic::resume_unwind;
use std::time::Duration;

use graphnode_core::ids::TaskId;
use graphnode_core::keys;
use graphnode_core::messages::kept::SCHEMA;
use graphnode_core::messages::{FailureReason, KeptMessage};
use graphnode_core::ports::objects::{PageToken, read_whole};
use graphnode_core::ports::queue::MOST_BODY_BYTES;
use graphnode_core::ports::{Objects, PortError, PortErrorKind, PortResult, Queue};
use jiff::Timestamp;
use tokio::task::JoinSet;

/// Most bytes of a kept message: its body with everything escaped, and what is known of it.
const MOST_KEPT_BYTES: u64 = 8 * MOST_BODY_BYTES as u64;
/// Objects read at a time.
const AT_A_TIME: usize = 16;

/// What is known of a kept message, without its body: that is somebody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The id it is asked for with: the queue's, or a hash of that where it is no id.
    pub id: String,
    /// The job it was about, where that could be read.
    pub task_id: Option<TaskId>,
    /// Why it was kept.
    pub reason: FailureReason,
    /// Whether its sender was told that it failed.
    pub answered: bool,
    /// When it was sent, where the queue told.
    pub sent_at: Option<Timestamp>,
    /// When it was kept.
    pub kept_at: Timestamp,
    /// Size of its body.
    pub bytes: usize,
}

impl Known {
    /// What is known of `message`, which is asked for with `id`.
    #[must_use]
    pub fn of(id: &str, message: &KeptMessage) -> Self {
        Self {
            id: id.to_owned(),
            task_id: message.task_id.clone(),
            reason: message.reason.clone(),
            answered: message.answered,
            sent_at: message.sent_at,
            kept_at: message.kept_at,
            bytes: message.body.len(),
        }
    }
}

/// Several kept messages.
#[derive(Debug, Default)]
pub struct Kept {
    /// Those that could be read, the newest first.
    pub known: Vec<Known>,
    /// The others, by their ids.
    pub unreadable: Vec<(String, KeptError)>,
}

/// Why a kept message cannot be shown or sent again. Nothing of a message is in it.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// None has that id.
    #[error("there is no kept message of that id")]
    NoSuchId,
    /// The object is something else.
    #[error("its object is no kept message (line {line}, column {column})")]
    Damaged {
        /// Where it stops being one.
        line: usize,
        /// The place in that line.
        column: usize,
    },
    /// A later version of this program has written it.
    #[error("it was kept by a later version of GraphNode: use that one's")]
    Later,
    /// Its sender was told that it failed.
    #[error("its sender was told that it failed: let them send it again, with a new taskId")]
    Answered,
    /// The bucket did not give it.
    #[error("it cannot be read")]
    Read(#[source] PortError),
    /// The request queue did not take it.
    #[error("the request queue does not take it")]
    Send(#[source] PortError),
    /// It was sent, and its object is still there.
    #[error("it was sent, but what was kept cannot be removed: remove it, or it is sent twice")]
    Remove(#[source] PortError),
}

impl KeptError {
    /// Whether others would meet the same: the bucket or the queue is missing, refuses or is away.
    #[must_use]
    pub fn concerns_all(&self) -> bool {
        match self {
            Self::Read(error) | Self::Send(error) | Self::Remove(error) => {
                error.kind() != PortErrorKind::Invalid
            }
            _ => false,
        }
    }
}

/// All kept messages.
///
/// # Errors
/// What [`Objects::list`] gives: there is no such bucket, or it cannot be asked.
pub async fn list<O: Objects + Clone + 'static>(objects: &O) -> PortResult<Kept> {
    let (mut ids, mut from) = (Vec::new(), None::<PageToken>);
    loop {
        let page = objects.list(&keys::dead_letters(), from.as_ref()).await?;
        ids.extend(
            page.objects.iter().filter_map(|object| keys::parse_dead_letter(&object.key)).map(str::to_owned),
        );
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(look_up(objects, ids).await),
        }
    }
}

/// The messages of `ids`, each once.
///
/// # Errors
/// As [`list`].
pub async fn pick<O: Objects + Clone + 'static>(objects: &O, ids: &[String]) -> PortResult<Kept> {
    // A bucket that is not there would look like ids that are not there.
    objects.list(&keys::dead_letters(), None).await?;
    let mut ids = ids.to_vec();
    ids.sort();
    ids.dedup();
    Ok(look_up(objects, ids).await)
}

/// One message, its body included.
///
/// # Errors
/// [`KeptError`]; [`KeptError::Read`] where there is no such bucket.
pub async fn find(objects: &impl Objects, id: &str) -> Result<KeptMessage, KeptError> {
    match read(objects, id).await {
        Err(KeptError::NoSuchId) => {
            objects.list(&keys::dead_letters(), None).await.map_err(KeptError::Read)?;
            Err(KeptError::NoSuchId)
        }
        other => other,
    }
}

/// Sends a message to `requests` and removes what was kept of it.
///
/// # Errors
/// [`KeptError`]; the message is still kept then.
pub async fn redrive(objects: &impl Objects, requests: &impl Queue, id: &str) -> Result<(), KeptError> {
    let message = read(objects, id).await?;
    if message.answered {
        return Err(KeptError::Answered);
    }
    requests.send(&message.body, Duration::ZERO).await.map_err(KeptError::Send)?;
    objects.delete(&[keys::dead_letter(id)]).await.map_err(KeptError::Remove)
}

async fn look_up<O: Objects + Clone + 'static>(objects: &O, ids: Vec<String>) -> Kept {
    let (mut kept, mut waiting, mut reading) = (Kept::default(), ids.into_iter(), JoinSet::new());
    loop {
        while reading.len() < AT_A_TIME
            && let Some(id) = waiting.next()
        {
            let objects = objects.clone();
            reading.spawn(async move {
                let known = read(&objects, &id).await.map(|message| Known::of(&id, &message));
                (id, known)
            });
        }
        match reading.join_next().await {
            Some(Ok((_, Ok(known)))) => kept.known.push(known),
            Some(Ok((id, Err(error)))) => kept.unreadable.push((id, error)),
            // Nobody cancels them, so it has panicked, and so does this.
            Some(Err(error)) => resume_unwind(error.into_panic()),
            None => break,
        }
    }
    kept.known.sort_by(|a, b| b.kept_at.cmp(&a.kept_at).then_with(|| a.id.cmp(&b.id)));
    kept.unreadable.sort_by(|a, b| a.0.cmp(&b.0));
    kept
}

async fn read(objects: &impl Objects, id: &str) -> Result<KeptMessage, KeptError> {
    let piece = read_whole(objects, &keys::dead_letter(id), MOST_KEPT_BYTES).await;
    let piece = piece.map_err(|error| match error.kind() {
        PortErrorKind::NotFound => KeptError::NoSuchId,
        _ => KeptError::Read(error),
    })?;
    let message: KeptMessage = serde_json::from_slice(&piece.bytes)
        // Not the parser's own words: it quotes what it met.
        .map_err(|error| KeptError::Damaged { line: error.line(), column: error.column() })?;
    if message.schema > SCHEMA { Err(KeptError::Later) } else { Ok(message) }
}
