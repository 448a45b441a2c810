//! Time comes from outside, so that the same input gives the same bytes.

use std::time::Duration;

use jiff::Timestamp;

/// What the pipeline asks the time from.
pub trait Clock: Sync {
    /// The current instant, for `generated_at` and for what counts as recent.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment, never falling; for durations.
    fn elapsed(&self) -> Duration;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: std::time::Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { start: std::time::Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A clock that stands still: every run with it gives the same bytes.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}
