//! What a process that runs jobs is made of.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use graphnode_core::clock::Clock;
use graphnode_core::encoder::LazyEncoder;
use graphnode_core::job::{JobRecord, Place};
use graphnode_core::metrics::{Event, Meter, Outcome};
use graphnode_core::ports::Buckets;

use crate::routing::{FunctionLimits, RECALLED_MIB, recalled_mib};

/// What may differ between processes.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where this process runs.
    pub place: Place,
    /// What it has for a job, if it is a function; everything else runs every job it is given.
    pub function: Option<FunctionLimits>,
    /// How long a claim holds without renewal; renewed at a third of it.
    pub lease: Duration,
    /// How long a started task has until it claims: the image is fetched meanwhile.
    pub start: Duration,
    /// How often progress, lease, deadline and stop signal are looked at.
    pub tick: Duration,
    /// How often at most the record is told how far the job is: whoever asks over HTTP reads it there.
    pub note: Duration,
    /// How often the vectors made since are saved: what a kill loses at most.
    pub save: Duration,
    /// Most bytes of saved vectors that a job has at hand; in a function not more than an eighth of its memory.
    pub most_recalled: usize,
    /// Most bytes of vectors that are kept of a person and a model.
    pub most_kept: u64,
    /// Folder for inputs and results of the running job.
    pub scratch: PathBuf,
}

impl Settings {
    /// Usual settings of a process in `place`.
    #[must_use]
    pub fn of(place: Place) -> Self {
        Self {
            place,
            function: None,
            lease: Duration::from_secs(90),
            start: Duration::from_secs(600),
            tick: Duration::from_millis(200),
            note: Duration::from_secs(3),
            save: Duration::from_secs(15),
            most_recalled: RECALLED_MIB << 20,
            most_kept: 256 << 20,
            scratch: std::env::temp_dir(),
        }
    }

    /// Bytes of saved vectors that a job here has at hand.
    pub(crate) fn recall_bytes(&self) -> usize {
        let share = |limits: &FunctionLimits| (recalled_mib(limits) as usize) << 20;
        self.function.as_ref().map_or(self.most_recalled, |limits| self.most_recalled.min(share(limits)))
    }
}

/// Asks running jobs to stop and keep what they have. Clones are one signal.
#[derive(Debug, Clone, Default)]
pub struct StopSignal(Arc<AtomicBool>);

impl StopSignal {
    /// Gives the signal.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// The flag behind it, for a handler of a Unix signal: setting it gives the signal.
    #[must_use]
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }

    /// Whether it was given.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How long one invocation, or one task, may work.
#[derive(Debug, Clone)]
pub struct Shift {
    /// Names this process or invocation, unlike any other: part of lease owners.
    pub runner: String,
    /// When work must stop and be saved, in the clock's [`elapsed`](Clock::elapsed) time.
    pub ends_at: Option<Duration>,
    /// Stops it earlier.
    pub stop: StopSignal,
}

/// What is to become of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Delete it.
    Done,
    /// Leave it: it comes back by itself, when was decided already.
    Again,
    /// Leave it: it comes back until the queue gives it to its dead-letter queue.
    Dead,
}

/// The ports of one process, and what it does with them.
#[derive(Debug)]
pub struct Service<O, Q, L, C> {
    /// Where everything is kept.
    pub buckets: Buckets<O>,
    /// Where requests come from, and go back to.
    pub requests: Q,
    /// Where progress and results go.
    pub results: Q,
    /// Starts tasks; `None` in a process that is one.
    pub launcher: Option<L>,
    /// Makes vectors.
    pub encoder: Arc<LazyEncoder>,
    /// Tells the time.
    pub clock: Arc<C>,
    /// Measures.
    pub meter: Meter,
    /// What may differ.
    pub settings: Settings,
}

impl<O, Q, L, C: Clock> Service<O, Q, L, C> {
    /// What is left of `shift`.
    pub(crate) fn remaining(&self, shift: &Shift) -> Duration {
        shift.ends_at.map_or(Duration::MAX, |end| end.saturating_sub(self.clock.elapsed()))
    }

    /// Measures what happened to a job.
    pub(crate) fn measure(&self, record: &JobRecord, event: Event) {
        self.meter.record(self.clock.now(), record.into(), &event);
    }

    /// Measures that a job is over, as its record says; nothing of one that is not.
    pub(crate) fn measure_end(&self, record: &JobRecord) {
        if let Some(outcome) = Outcome::of(record.state()) {
            let (runner, attempts) = (self.settings.place, record.attempts_begun());
            self.measure(record, Event::JobEnded { outcome, runner, attempts });
        }
    }
}
