//! What an invocation can fail with.

use graphnode_indexing::event::InvalidEvent;
use lambda_runtime::Diagnostic;

/// Why an invocation failed. An event that came through a queue never does: its failures are reported by message.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The event cannot be read at all.
    #[error("the event cannot be read: {0}")]
    Event(#[from] InvalidEvent),
    /// Some records of the event failed; all of them were tried, and may be tried again.
    #[error("{failed} of {records} records failed; the log says why")]
    Records {
        /// How many failed.
        failed: usize,
        /// How many there were.
        records: usize,
    },
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        let error_type = match error {
            HandlerError::Event(_) => "InvalidEvent",
            HandlerError::Records { .. } => "RecordsFailed",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}
