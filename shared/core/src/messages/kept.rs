//! Messages nobody could understand, as they are kept in the bucket for a person to look at.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::FailureReason;
use crate::ids::TaskId;

/// The version of the JSON that this program writes.
pub const SCHEMA: u32 = 1;

/// The object under [`keys::dead_letter`](crate::keys::dead_letter).
///
/// Nothing of it but ids and the reason belongs in a log: the body is somebody's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptMessage {
    /// [`SCHEMA`].
    pub schema: u32,
    /// As the queue named it.
    pub message_id: String,
    /// The job it was about, where that could be read.
    pub task_id: Option<TaskId>,
    /// Why nobody could do anything with it.
    pub reason: FailureReason,
    /// Whether its sender was told that it failed. Then the job is over for them, and the message is not for sending again.
    #[serde(default)]
    pub answered: bool,
    /// When it was sent, where the queue told.
    pub sent_at: Option<Timestamp>,
    /// When it was put here.
    pub kept_at: Timestamp,
    /// The message.
    pub body: String,
}
