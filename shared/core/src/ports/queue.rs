//! The port to a queue that delivers at least once.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

use super::error::{PortError, PortErrorKind, PortResult};

/// Longest delay of a message that is sent, as SQS has it.
pub const LONGEST_DELAY: Duration = Duration::from_secs(15 * 60);
/// Longest time a message can stay invisible after it was received, as SQS has it.
pub const LONGEST_VISIBILITY: Duration = Duration::from_secs(12 * 60 * 60);
/// Most bytes of a message, as SQS has it.
pub const MOST_BODY_BYTES: usize = 1024 * 1024;
/// Most messages of one [`Queue::receive`], as SQS has it.
pub const MOST_RECEIVED: usize = 10;

/// What a received message is deleted or made visible with: names one delivery, not the message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReceiptHandle(pub String);

/// One delivery of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Names the message, the same in every delivery.
    pub message_id: String,
    /// Names this delivery.
    pub receipt: ReceiptHandle,
    /// The message.
    pub body: String,
    /// How often it was received, this time included: 1 for the first.
    pub receive_count: u32,
    /// When it was sent, where the queue tells.
    pub sent_at: Option<Timestamp>,
}

/// When a message was sent, from SQS's attribute `SentTimestamp`: milliseconds since 1970. `None` for what is no time.
#[must_use]
pub fn sent_at(attribute: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(attribute.parse().ok()?).ok()
}

/// A queue.
///
/// Duties of an implementation:
/// - a message is delivered until it is deleted, and to one receiver at a time while it is invisible;
/// - after its most receives it goes to the dead-letter queue, where one is configured;
/// - the order of messages means nothing.
pub trait Queue: Send + Sync {
    /// Adds a message that becomes visible after `delay`.
    ///
    /// # Errors
    /// [`Invalid`](super::PortErrorKind::Invalid) above [`MOST_BODY_BYTES`] or [`LONGEST_DELAY`], or for characters
    /// that XML forbids; what any call may meet.
    fn send(&self, body: &str, delay: Duration) -> impl Future<Output = PortResult<()>> + Send;

    /// Up to `most` messages, at most [`MOST_RECEIVED`], each invisible to others for `visibility`; waits up to `wait`
    /// (whole seconds, at most 20) for the first. None is no error.
    ///
    /// # Errors
    /// What any call may meet.
    fn receive(
        &self,
        most: usize,
        wait: Duration,
        visibility: Duration,
    ) -> impl Future<Output = PortResult<Vec<Delivery>>> + Send;

    /// Removes a received message for good; removing it twice is no error.
    ///
    /// # Errors
    /// What any call may meet.
    fn delete(&self, receipt: &ReceiptHandle) -> impl Future<Output = PortResult<()>> + Send;

    /// Makes a received message visible after `visibility` from now; zero is at once.
    ///
    /// # Errors
    /// [`Invalid`](super::PortErrorKind::Invalid) above [`LONGEST_VISIBILITY`];
    /// [`NotFound`](super::PortErrorKind::NotFound) when the delivery is over: deleted, or moved away;
    /// what any call may meet. A delivery that ran out of time may give `NotFound` or succeed, as it does in SQS.
    fn change_visibility(
        &self,
        receipt: &ReceiptHandle,
        visibility: Duration,
    ) -> impl Future<Output = PortResult<()>> + Send;
}

/// Whether a queue takes `body` with `delay`: what an implementation of [`Queue::send`] asks first.
///
/// # Errors
/// [`PortErrorKind::Invalid`] when it does not.
pub fn check_message(body: &str, delay: Duration) -> PortResult<()> {
    let forbidden =
        |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    let problem = if body.is_empty() {
        "the message is empty"
    } else if body.len() > MOST_BODY_BYTES {
        "the message is too large"
    } else if body.chars().any(forbidden) {
        "the message holds characters that XML forbids"
    } else if delay > LONGEST_DELAY {
        "the delay is too long"
    } else {
        return Ok(());
    };
    Err(PortError::new(PortErrorKind::Invalid, "send a message").with_source(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_a_message_was_sent_is_read_or_unknown() {
        assert_eq!(sent_at("1780304400123"), "2026-06-01T09:00:00.123Z".parse().ok());
        for text in ["", "soon", "1.5", "99999999999999999"] {
            assert_eq!(sent_at(text), None, "{text}");
        }
    }
}
