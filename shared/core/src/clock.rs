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

/// What an invocation of a function has left at `now` of the deadline Lambda told it, in milliseconds since 1970.
///
/// A deadline that was over long before is none: the emulator of cargo-lambda always tells one in 1970. Then it has as long as
/// a function ever has.
#[must_use]
pub fn time_left(deadline_ms: u64, now: Timestamp) -> Duration {
    const LONGEST: Duration = Duration::from_secs(15 * 60);
    let deadline = Duration::from_millis(deadline_ms);
    let now = Duration::from_millis(u64::try_from(now.as_millisecond()).unwrap_or(0));
    if deadline + LONGEST < now { LONGEST } else { deadline.saturating_sub(now) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_of_another_age_is_none() {
        let now: Timestamp = "2026-06-01T09:00:00Z".parse().unwrap();
        let at = |seconds: i64| u64::try_from(now.as_millisecond() + seconds * 1000).unwrap();
        let seconds = Duration::from_secs;
        assert_eq!(time_left(at(30), now), seconds(30));
        assert_eq!(time_left(at(-30), now), seconds(0));
        assert_eq!(time_left(600_000, now), seconds(900));
    }
}
