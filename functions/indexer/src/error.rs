//! What an invocation can fail with.

use graphnode_indexing::event::InvalidEvent;
use lambda_runtime::Diagnostic;

/// Why an invocation failed. Of an event that came through a queue the failures are reported by message instead.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// No region, or no certificates: no event can be handled.
    #[error("the clients cannot be made: {0}")]
    Clients(String),
    /// The event cannot be read at all.
    #[error("the event cannot be read: {0}")]
    Event(#[from] InvalidEvent),
    /// The invocation's time is over: the bucket or the index does not answer, or the build is too large.
    #[error("out of time: something outside does not answer")]
    OutOfTime,
    /// Some records of the event failed; all of them were tried, and may be tried again.
    #[error("{failed} of {records} records failed; the log says why")]
    Records {
        /// How many failed.
        failed: usize,
        /// How many there were.
        records: usize,
    },
}

impl HandlerError {
    /// The clients could not be made, for the reason `error` says.
    pub fn clients(error: impl std::fmt::Display) -> Self {
        // With its sources; none of them holds a secret.
        Self::Clients(format!("{error:#}"))
    }
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        let error_type = match error {
            HandlerError::Clients(_) => "ClientsFailed",
            HandlerError::Event(_) => "InvalidEvent",
            HandlerError::OutOfTime => "OutOfTime",
            HandlerError::Records { .. } => "RecordsFailed",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}
