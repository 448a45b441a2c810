//! Where a job is in its life, and what keeps it from the next step.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::LeaseOwner;
use crate::messages::FailureReason;

/// Where a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In a function.
    Lambda,
    /// In a task of its own, or of the scaled service.
    Fargate,
    /// In the process of one machine.
    Local,
}

impl Place {
    /// The place as serialised.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lambda => "lambda",
            Self::Fargate => "fargate",
            Self::Local => "local",
        }
    }
}

/// Who works on a job, and until when nobody else may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Who holds it: unique among all that ever claim the job.
    pub owner: LeaseOwner,
    /// When others may take over.
    pub expires_at: Timestamp,
}

/// Where a job is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum JobState {
    /// Waits for somebody to claim it.
    Queued,
    /// Somebody works on it, or has been asked to.
    Running {
        /// Where.
        place: Place,
        /// Since when.
        since: Timestamp,
        /// Who, and until when.
        lease: Lease,
    },
    /// The results are written.
    Completed {
        /// When.
        at: Timestamp,
    },
    /// The results are written, and the vectors are in the index.
    Indexed {
        /// When the results were.
        completed_at: Timestamp,
        /// When the vectors were.
        at: Timestamp,
        /// How many vectors.
        vectors: u64,
    },
    /// Over without results.
    Failed {
        /// When.
        at: Timestamp,
        /// Why, for the person.
        reason: FailureReason,
    },
    /// Withdrawn by the person.
    Cancelled {
        /// When.
        at: Timestamp,
    },
}

impl JobState {
    /// Whether nothing more becomes of it but being indexed.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !matches!(self, Self::Queued | Self::Running { .. })
    }

    /// The status as serialised.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running { .. } => "running",
            Self::Completed { .. } => "completed",
            Self::Indexed { .. } => "indexed",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
        }
    }
}

/// Why a step is not possible now. None of these is an error: they say what the caller should do instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody else works on the job: come back then.
    #[error("somebody else works on the job until {0}")]
    HeldUntil(Timestamp),
    /// The job is over, with results or without: send what is pending and be done.
    #[error("the job is over")]
    AlreadyFinished,
    /// The job was withdrawn: stop.
    #[error("the job was cancelled")]
    Cancelled,
    /// The lease is somebody else's by now, or was given back: stop, and write nothing more.
    #[error("the lease is no longer held")]
    NotOwner,
    /// The job has no results yet.
    #[error("the job is not completed")]
    NotCompleted,
}

/// Why a job goes back to the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Release {
    /// There was no capacity for it. Nobody's fault, counted in [`JobRecord::waits`](super::JobRecord::waits).
    Waiting,
    /// It was asked to stop (shutdown, Spot), or what it needs outside was not there. Nobody's fault either.
    Interrupted,
    /// It failed in a way that may not happen again, or died. Counts as a [lost attempt](super::JobRecord::lost_attempts).
    Lost(FailureReason),
    /// Its memory was not enough: the same, and the next task has at least this many MiB.
    OutOfMemory(u32),
}
