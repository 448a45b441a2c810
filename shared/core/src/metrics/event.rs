//! What happens, and what is measured of it.

use std::time::Duration;

use serde_json::Number;

use super::metric::{Dimension, Metric};
use crate::job::{JobState, Place};
use crate::watch::Stage;

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With results.
    Completed,
    /// Without.
    Failed,
    /// Withdrawn by the person.
    Cancelled,
}

impl Outcome {
    /// How a job in `state` ended; `None` of one that has not.
    #[must_use]
    pub fn of(state: &JobState) -> Option<Self> {
        match state {
            JobState::Completed { .. } | JobState::Indexed { .. } => Some(Self::Completed),
            JobState::Failed { .. } => Some(Self::Failed),
            JobState::Cancelled { .. } => Some(Self::Cancelled),
            JobState::Queued | JobState::Running { .. } => None,
        }
    }

    /// The outcome as CloudWatch has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Something that happened, with all that is measured of it: one line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// A process begins with a message, or still works on one.
    Heartbeat,
    /// Work on a job begins.
    WorkBegun {
        /// How long it waited for that.
        waited: Duration,
    },
    /// A stage is done.
    StageDone {
        /// Which.
        step: Stage,
        /// What it took.
        took: Duration,
    },
    /// The results of a job are made.
    ResultsMade {
        /// Conversations and notes read.
        conversations: u64,
        /// Bytes of input.
        input_bytes: u64,
        /// Tokens the model has read.
        tokens: u64,
    },
    /// The model has read tokens for results that are not made: the job was stopped, or failed.
    ModelUsed {
        /// Tokens the model has read.
        tokens: u64,
    },
    /// A run of a claimed job is over, whatever became of the job.
    RunOver {
        /// Where.
        runner: Place,
        /// Since the claim.
        took: Duration,
    },
    /// A job is over.
    JobEnded {
        /// How.
        outcome: Outcome,
        /// Where that was found.
        runner: Place,
        /// How often work on it was begun.
        attempts: u32,
    },
    /// A message has failed for good.
    DeadLetter,
    /// A try is put off: something outside is not there.
    Outage,
    /// A build is in the index.
    Indexed {
        /// Vectors written.
        upserts: u64,
        /// Vectors removed.
        removals: u64,
        /// What it took.
        took: Duration,
    },
}

impl Event {
    /// What is measured of it.
    pub(super) fn readings(&self) -> Vec<(Metric, Number)> {
        match *self {
            Self::Outage => vec![(Metric::Outages, Number::from(1))],
            Self::DeadLetter => vec![(Metric::DeadLetters, Number::from(1))],
            Self::Heartbeat => vec![(Metric::Heartbeat, Number::from(1))],
            Self::WorkBegun { waited } => seconds(Metric::QueueAgeSeconds, waited),
            Self::StageDone { took, .. } => seconds(Metric::StageSeconds, took),
            Self::ResultsMade { conversations, input_bytes, tokens } => vec![
                (Metric::Conversations, conversations.into()),
                (Metric::InputBytes, input_bytes.into()),
                (Metric::Tokens, tokens.into()),
            ],
            Self::ModelUsed { tokens } => vec![(Metric::Tokens, tokens.into())],
            Self::RunOver { took, .. } => seconds(Metric::JobSeconds, took),
            Self::JobEnded { attempts, .. } => {
                vec![(Metric::Jobs, Number::from(1)), (Metric::Attempts, attempts.into())]
            }
            Self::Indexed { upserts, removals, took } => {
                let mut readings =
                    vec![(Metric::Upserts, upserts.into()), (Metric::Removals, removals.into())];
                readings.extend(seconds(Metric::IndexSeconds, took));
                readings
            }
        }
    }

    /// What it is told apart by, beside the environment.
    pub(super) fn dimensions(&self) -> Vec<(Dimension, &'static str)> {
        match self {
            Self::StageDone { step, .. } => vec![(Dimension::Step, step.name())],
            Self::RunOver { runner, .. } => vec![(Dimension::Runner, runner.name())],
            Self::JobEnded { outcome, runner, .. } => {
                vec![(Dimension::Outcome, outcome.name()), (Dimension::Runner, runner.name())]
            }
            Self::Heartbeat
            | Self::DeadLetter
            | Self::Outage
            | Self::WorkBegun { .. }
            | Self::ResultsMade { .. }
            | Self::ModelUsed { .. }
            | Self::Indexed { .. } => Vec::new(),
        }
    }
}

/// Seconds to the millisecond. What is no finite number is no [`Number`] either, so it cannot be written.
fn seconds(metric: Metric, duration: Duration) -> Vec<(Metric, Number)> {
    let seconds = duration.as_millis() as f64 / 1000.0;
    Number::from_f64(seconds).map(|seconds| (metric, seconds)).into_iter().collect()
}
