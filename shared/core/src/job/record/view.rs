//! What can be read of a job record.

use jiff::Timestamp;

use super::JobRecord;
use crate::ids::{CorrelationId, GraphId, LeaseOwner, TaskId, UserId};
use crate::job::state::{JobState, Lease, Place};
use crate::messages::progress::Progress;
use crate::messages::{FailureReason, GenerationRequest, MessageBody};
use crate::ports::launcher::{ClientToken, LaunchedTask};

impl JobRecord {
    /// Version of the JSON it was read from, or is written in.
    #[must_use]
    pub fn schema(&self) -> u32 {
        self.schema
    }

    /// The job.
    #[must_use]
    pub fn task_id(&self) -> &TaskId {
        &self.task_id
    }

    /// The person.
    #[must_use]
    pub fn user_id(&self) -> &UserId {
        &self.request.user_id
    }

    /// The person's graph.
    #[must_use]
    pub fn graph_id(&self) -> &GraphId {
        &self.request.graph_id
    }

    /// Grows with every job of the graph; see [`pointer`](crate::job::pointer).
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// What is asked for.
    #[must_use]
    pub fn request(&self) -> &GenerationRequest {
        &self.request
    }

    /// When it was asked for.
    #[must_use]
    pub fn requested_at(&self) -> Timestamp {
        self.requested_at
    }

    /// What lines of log about this job are found by: the id of the request over HTTP that asked for it, else the job's own.
    #[must_use]
    pub fn correlation_id(&self) -> &str {
        self.correlation_id.as_ref().map_or(self.task_id.as_str(), CorrelationId::as_str)
    }

    /// When the record was made.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When it last changed.
    #[must_use]
    pub fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// Where the job is in its life.
    #[must_use]
    pub fn state(&self) -> &JobState {
        &self.state
    }

    /// The lease of a running job.
    #[must_use]
    pub fn lease(&self) -> Option<&Lease> {
        match &self.state {
            JobState::Running { lease, .. } => Some(lease),
            _ => None,
        }
    }

    /// How often it was claimed; the first attempt is 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// How often there was no capacity for it.
    #[must_use]
    pub fn waits(&self) -> u32 {
        self.waits
    }

    /// How often it was stopped on purpose and kept what it had.
    #[must_use]
    pub fn interruptions(&self) -> u32 {
        self.interruptions
    }

    /// Attempts that ended without a word or with an error, the running one not counted: what tells poison.
    #[must_use]
    pub fn lost_attempts(&self) -> u32 {
        let running = u32::from(self.lease().is_some());
        self.attempt.saturating_sub(self.waits + self.interruptions + running)
    }

    /// Attempts that ended without a word: the process was killed, or its memory was not enough.
    #[must_use]
    pub fn deaths(&self) -> u32 {
        self.deaths
    }

    /// Why the last attempt that is known to have failed did.
    #[must_use]
    pub fn last_failure(&self) -> Option<&FailureReason> {
        self.last_failure.as_ref()
    }

    /// Memory in MiB that a task for it has at least, since less was not enough.
    #[must_use]
    pub fn least_memory_mib(&self) -> u32 {
        self.least_memory_mib
    }

    /// Whether it was ever given to a task, so that there may be no message of it but the task.
    #[must_use]
    pub fn is_handed_over(&self) -> bool {
        self.handed_over
    }

    /// Attempts in which work was begun: all but those that ended because there was no capacity for a task. Lost and
    /// interrupted ones count; a hand-over from a function to a task is within one attempt.
    #[must_use]
    pub fn attempts_begun(&self) -> u32 {
        self.attempt.saturating_sub(self.waits)
    }

    /// The furthest it ever was.
    #[must_use]
    pub fn progress(&self) -> Option<Progress> {
        self.progress
    }

    /// When a running job is expected to be done, where its pace tells.
    #[must_use]
    pub fn expected_end(&self) -> Option<Timestamp> {
        self.expected_end.filter(|_| self.lease().is_some())
    }

    /// Where it runs, or ran last; `None` before the first attempt.
    #[must_use]
    pub fn last_place(&self) -> Option<Place> {
        self.last_place
    }

    /// The task that was started for the current attempt.
    #[must_use]
    pub fn launched_task(&self) -> Option<LaunchedTask> {
        self.launched_task.clone().map(LaunchedTask)
    }

    /// The message that ends the job and has not been sent yet.
    #[must_use]
    pub fn pending_result(&self) -> Option<&MessageBody> {
        self.pending_result.as_ref()
    }

    /// Whom a task started in this attempt claims as.
    #[must_use]
    pub fn task_owner(&self) -> LeaseOwner {
        LeaseOwner::of_task(self.attempt)
    }

    /// What makes starting a task in this attempt idempotent.
    #[must_use]
    pub fn client_token(&self) -> ClientToken {
        ClientToken::of_attempt(&self.task_id, self.attempt)
    }
}
