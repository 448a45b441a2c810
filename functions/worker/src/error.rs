//! What keeps an invocation from being processed at all. Everything else concerns one message.

/// The event is none of a queue. The invocation fails; where it came from a queue, all of it comes back.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// There is no list of records.
    #[error("the event has no Records")]
    NoRecords,
    /// A record cannot even be named in the answer.
    #[error("a record has no messageId")]
    NoMessageId,
}

impl From<EventError> for lambda_runtime::Diagnostic {
    fn from(error: EventError) -> Self {
        Self { error_type: "EventError".to_owned(), error_message: error.to_string() }
    }
}
