//! What can go wrong outside, said by meaning and not by vendor.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Result of a port's method.
pub type PortResult<T> = Result<T, PortError>;

/// What went wrong, as far as a caller can act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PortErrorKind {
    /// What was asked for is not there.
    NotFound,
    /// The condition of a write did not hold, or another write was under way: read again, then decide.
    Conflict,
    /// Too many calls, or a quota that refills: later.
    RateLimited,
    /// The other side understood and refuses: the same call will be refused again.
    Invalid,
    /// No answer, a broken one, or a failure of the other side: later.
    Unavailable,
    /// Credentials or permissions are missing.
    Denied,
}

/// Whether trying again can help. The decision to acknowledge or to retry a message reads this and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetryClass {
    /// The same step may succeed later: the message goes back to its queue.
    Transient,
    /// It will fail the same way: the job fails and the message is done.
    Permanent,
}

impl PortErrorKind {
    /// Whether trying again can help.
    ///
    /// `Denied` counts as transient: a permission is mended by a person while the message waits, and failing a job
    /// of a user for it would lose the job. The receive count of the queue bounds how often it is tried.
    #[must_use]
    pub fn retry_class(self) -> RetryClass {
        match self {
            Self::Conflict | Self::RateLimited | Self::Unavailable | Self::Denied => RetryClass::Transient,
            Self::NotFound | Self::Invalid => RetryClass::Permanent,
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::Conflict => "changed by somebody else",
            Self::RateLimited => "rate limited",
            Self::Invalid => "refused as invalid",
            Self::Unavailable => "unavailable",
            Self::Denied => "denied",
        }
    }
}

/// Why a port's method failed.
///
/// Its text says what was attempted and what went wrong: never a token, a body, or a name a person gave a file.
/// The adapter's own error is the [`source`](Error::source).
#[derive(Debug)]
pub struct PortError {
    kind: PortErrorKind,
    attempted: String,
    retry_after: Option<Duration>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl PortError {
    /// An error while `attempted` was done, such as `put jobs/t1.json`.
    pub fn new(kind: PortErrorKind, attempted: impl Into<String>) -> Self {
        Self { kind, attempted: attempted.into(), retry_after: None, source: None }
    }

    /// Adds what the adapter was told.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds how long the other side asked to wait.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> PortErrorKind {
        self.kind
    }

    /// Whether trying again can help.
    #[must_use]
    pub fn retry_class(&self) -> RetryClass {
        self.kind.retry_class()
    }

    /// How long the other side asked to wait, where it did.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.attempted, self.kind.describe())
    }
}

impl Error for PortError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_attempted_and_keeps_its_source() {
        let error = PortError::new(PortErrorKind::Unavailable, "put jobs/t1.json")
            .with_source("connection reset")
            .with_retry_after(Some(Duration::from_secs(2)));
        assert_eq!(error.to_string(), "put jobs/t1.json: unavailable");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("connection reset"));
        assert_eq!(
            (error.retry_class(), error.retry_after()),
            (RetryClass::Transient, Some(Duration::from_secs(2)))
        );
    }
}
