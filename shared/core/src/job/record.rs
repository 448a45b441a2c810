//! The job record: its changes here, what can be read of it in `view`.

mod view;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::state::{JobState, Lease, Place, Refusal, Release};
use crate::ids::{CorrelationId, LeaseOwner, TaskId};
use crate::messages::progress::Progress;
use crate::messages::{FailureReason, GenerationRequest, MessageBody};
use crate::ports::launcher::LaunchedTask;

/// The version of the record's JSON that this program writes. It reads this one and older ones.
pub const SCHEMA: u32 = 1;

/// What a record begins with.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// The job.
    pub task_id: TaskId,
    /// What is asked for, and by whom.
    pub request: GenerationRequest,
    /// When it was asked for: the message's time, or now.
    pub requested_at: Timestamp,
    /// The request over HTTP that asked for it; `None` where a message did.
    pub correlation_id: Option<CorrelationId>,
}

/// What an owner tells of a running job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HowFar {
    /// The furthest it came.
    pub progress: Option<Progress>,
    /// When it will be done, as far as that can be told; `None` leaves what was told before.
    pub expected_end: Option<Timestamp>,
}

/// The record of one job. Every change is a method that yields the next record or a [`Refusal`].
///
/// Invariants:
/// - `task_id`, the person, the graph and `generation` never change;
/// - `revision` grows with every change, so that no two versions are equal bytes;
/// - once completed, failed or cancelled, only `indexed` and `result_sent` change it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobRecord {
    schema: u32,
    revision: u64,
    task_id: TaskId,
    generation: u64,
    request: GenerationRequest,
    requested_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    correlation_id: Option<CorrelationId>,
    created_at: Timestamp,
    updated_at: Timestamp,
    state: JobState,
    #[serde(default)]
    attempt: u32,
    #[serde(default)]
    waits: u32,
    #[serde(default)]
    interruptions: u32,
    #[serde(default)]
    progress: Option<Progress>,
    #[serde(default)]
    expected_end: Option<Timestamp>,
    #[serde(default)]
    last_place: Option<Place>,
    #[serde(default)]
    launched_task: Option<String>,
    #[serde(default)]
    last_owner: Option<LeaseOwner>,
    #[serde(default)]
    deaths: u32,
    #[serde(default)]
    last_failure: Option<FailureReason>,
    #[serde(default)]
    least_memory_mib: u32,
    #[serde(default)]
    handed_over: bool,
    #[serde(default)]
    pending_result: Option<MessageBody>,
}

impl JobRecord {
    /// A queued job. `generation` comes from the [graph pointer](super::pointer).
    #[must_use]
    pub fn new(job: NewJob, generation: u64, now: Timestamp) -> Self {
        Self {
            schema: SCHEMA,
            revision: 1,
            task_id: job.task_id,
            generation,
            request: job.request,
            requested_at: job.requested_at,
            correlation_id: job.correlation_id,
            created_at: now,
            updated_at: now,
            state: JobState::Queued,
            attempt: 0,
            waits: 0,
            interruptions: 0,
            progress: None,
            expected_end: None,
            last_place: None,
            launched_task: None,
            last_owner: None,
            deaths: 0,
            last_failure: None,
            least_memory_mib: 0,
            handed_over: false,
            pending_result: None,
        }
    }

    /// Takes the job for `ttl`, and counts an attempt.
    ///
    /// An owner that holds the lease already renews it and counts nothing: a started task claims with the owner it was
    /// given by [`dispatch`](Self::dispatch), and a write whose answer was lost is repeated.
    ///
    /// # Errors
    /// [`Refusal::HeldUntil`], [`Refusal::AlreadyFinished`], [`Refusal::Cancelled`].
    pub fn claim(
        &self,
        owner: &LeaseOwner,
        place: Place,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Self, Refusal> {
        let (mut next, since) = match self.unfinished()? {
            Some((since, lease)) if lease.owner == *owner => (self.changed(now), since),
            Some((_, lease)) if lease.expires_at > now => return Err(Refusal::HeldUntil(lease.expires_at)),
            Some((_, lease)) => (Self { attempt: self.attempt + 1, ..self.lapsed(&lease.owner, now) }, now),
            None => (Self { attempt: self.attempt + 1, ..self.changed(now) }, now),
        };
        next.state = JobState::Running { place, since, lease: lease(owner, now, ttl) };
        next.last_owner = Some(owner.clone());
        next.last_place = Some(place);
        Ok(next)
    }

    /// Hands the job from `owner` to a task that is about to be started, within the same attempt. The task has `ttl`
    /// to start and claim as [`task_owner`](Self::task_owner); start it with [`client_token`](Self::client_token).
    ///
    /// # Errors
    /// [`Refusal::NotOwner`], [`Refusal::AlreadyFinished`], [`Refusal::Cancelled`].
    pub fn dispatch(&self, owner: &LeaseOwner, now: Timestamp, ttl: Duration) -> Result<Self, Refusal> {
        let heir = self.task_owner();
        if self.lease().is_some_and(|lease| lease.owner == heir) {
            return Ok(self.clone()); // The write was done before, only its answer was lost.
        }
        let since = self.held_by(owner)?;
        let mut next = Self { handed_over: true, ..self.changed(now) };
        next.state = JobState::Running { place: Place::Fargate, since, lease: lease(&heir, now, ttl) };
        next.last_owner = Some(heir);
        next.last_place = Some(Place::Fargate);
        Ok(next)
    }

    /// Notes which task was started, so that it can be stopped.
    ///
    /// # Errors
    /// As [`dispatch`](Self::dispatch).
    pub fn launched(&self, task: &LaunchedTask, now: Timestamp) -> Result<Self, Refusal> {
        self.held_by(&self.task_owner())?;
        if self.launched_task.as_ref() == Some(&task.0) {
            return Ok(self.clone());
        }
        Ok(Self { launched_task: Some(task.0.clone()), ..self.changed(now) })
    }

    /// Keeps the job for another `ttl`, and notes how far it is. This is how an owner hears that the job was
    /// cancelled or taken over.
    ///
    /// # Errors
    /// As [`dispatch`](Self::dispatch).
    pub fn renew(
        &self,
        owner: &LeaseOwner,
        how_far: HowFar,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Self, Refusal> {
        self.held_by(owner)?;
        let mut next = self.changed(now);
        if let JobState::Running { lease: held, .. } = &mut next.state {
            *held = lease(owner, now, ttl);
        }
        next.progress = next.progress.max(how_far.progress);
        next.expected_end = how_far.expected_end.or(next.expected_end);
        Ok(next)
    }

    /// Gives the job back to the queue.
    ///
    /// # Errors
    /// As [`dispatch`](Self::dispatch).
    pub fn release(&self, owner: &LeaseOwner, why: Release, now: Timestamp) -> Result<Self, Refusal> {
        if self.state == JobState::Queued && self.last_owner.as_ref() == Some(owner) {
            return Ok(self.clone());
        }
        self.held_by(owner)?;
        let mut next = Self { state: JobState::Queued, launched_task: None, ..self.changed(now) };
        match why {
            Release::Waiting => next.waits += 1,
            Release::Interrupted => next.interruptions += 1,
            Release::Lost(reason) => next.last_failure = Some(reason),
            Release::OutOfMemory(least_mib) => {
                next.least_memory_mib = least_mib.max(self.least_memory_mib);
                next.last_failure = Some(FailureReason::new("it needs more memory than it had"));
            }
        }
        Ok(next)
    }

    /// Gives a job back to the queue whose lease has run out: its owner died without a word, or never began.
    ///
    /// # Errors
    /// [`Refusal::HeldUntil`], [`Refusal::AlreadyFinished`], [`Refusal::Cancelled`]. One that is queued stays as it is.
    pub fn reclaim(&self, now: Timestamp) -> Result<Self, Refusal> {
        match self.unfinished()? {
            None => Ok(self.clone()),
            Some((_, lease)) if lease.expires_at > now => Err(Refusal::HeldUntil(lease.expires_at)),
            Some((_, lease)) => Ok(Self { state: JobState::Queued, ..self.lapsed(&lease.owner, now) }),
        }
    }

    /// The results are written; `result` is to be sent.
    ///
    /// # Errors
    /// As [`dispatch`](Self::dispatch); an owner that completed the job before gets the record as it is.
    pub fn complete(&self, owner: &LeaseOwner, result: MessageBody, now: Timestamp) -> Result<Self, Refusal> {
        self.finish(owner, JobState::Completed { at: now }, result, now)
    }

    /// There will be no results; `result` is to be sent.
    ///
    /// # Errors
    /// As [`complete`](Self::complete).
    pub fn fail(
        &self,
        owner: &LeaseOwner,
        reason: FailureReason,
        result: MessageBody,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        self.finish(owner, JobState::Failed { at: now, reason }, result, now)
    }

    /// Fails a job nobody works on: its message came to the dead-letter queue.
    ///
    /// # Errors
    /// [`Refusal::HeldUntil`], [`Refusal::AlreadyFinished`], [`Refusal::Cancelled`].
    pub fn abandon(
        &self,
        reason: FailureReason,
        result: MessageBody,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        if let Some((_, lease)) = self.unfinished()?
            && lease.expires_at > now
        {
            return Err(Refusal::HeldUntil(lease.expires_at));
        }
        let state = JobState::Failed { at: now, reason };
        Ok(Self { state, pending_result: Some(result), ..self.changed(now) })
    }

    /// The person withdraws the job, whoever works on it; `result` is to be sent, if any.
    ///
    /// # Errors
    /// [`Refusal::AlreadyFinished`]. Cancelling twice is none.
    pub fn cancel(&self, result: Option<MessageBody>, now: Timestamp) -> Result<Self, Refusal> {
        match self.unfinished() {
            Err(Refusal::Cancelled) => Ok(self.clone()),
            Err(refusal) => Err(refusal),
            Ok(_) => {
                let state = JobState::Cancelled { at: now };
                Ok(Self { state, pending_result: result, ..self.changed(now) })
            }
        }
    }

    /// The vectors are in the index. Twice is once.
    ///
    /// # Errors
    /// [`Refusal::NotCompleted`], when `features.json` was seen before the record was completed: come back later.
    /// [`Refusal::AlreadyFinished`] for a failed job, [`Refusal::Cancelled`] for a cancelled one.
    pub fn indexed(&self, vectors: u64, now: Timestamp) -> Result<Self, Refusal> {
        match self.state {
            JobState::Completed { at: completed_at } => {
                let state = JobState::Indexed { completed_at, at: now, vectors };
                Ok(Self { state, ..self.changed(now) })
            }
            JobState::Indexed { .. } => Ok(self.clone()),
            JobState::Queued | JobState::Running { .. } => Err(Refusal::NotCompleted),
            JobState::Failed { .. } => Err(Refusal::AlreadyFinished),
            JobState::Cancelled { .. } => Err(Refusal::Cancelled),
        }
    }

    /// The pending result was sent. Twice is once.
    #[must_use]
    pub fn result_sent(&self, now: Timestamp) -> Self {
        match self.pending_result {
            None => self.clone(),
            Some(_) => Self { pending_result: None, ..self.changed(now) },
        }
    }

    fn finish(
        &self,
        owner: &LeaseOwner,
        state: JobState,
        result: MessageBody,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        match self.held_by(owner) {
            Ok(_) => Ok(Self { state, pending_result: Some(result), ..self.changed(now) }),
            // The same end by the same owner: the write was done before, only its answer was lost.
            Err(Refusal::AlreadyFinished)
                if self.last_owner.as_ref() == Some(owner) && self.state.name() == state.name() =>
            {
                Ok(self.clone())
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// After the lease of `owner` has run out. Of a task that nobody knows to have been started it is a wait: the launcher
    /// could not be asked for as long.
    fn lapsed(&self, owner: &LeaseOwner, now: Timestamp) -> Self {
        let mut next = Self { launched_task: None, ..self.changed(now) };
        if *owner == self.task_owner() && self.launched_task.is_none() {
            next.waits += 1;
        } else {
            next.deaths += 1;
            next.last_failure = Some(FailureReason::new("it ended without a word"));
        }
        next
    }

    /// The lease of a running job, `None` of a queued one.
    fn unfinished(&self) -> Result<Option<(Timestamp, &Lease)>, Refusal> {
        match &self.state {
            JobState::Queued => Ok(None),
            JobState::Running { since, lease, .. } => Ok(Some((*since, lease))),
            JobState::Completed { .. } | JobState::Indexed { .. } | JobState::Failed { .. } => {
                Err(Refusal::AlreadyFinished)
            }
            JobState::Cancelled { .. } => Err(Refusal::Cancelled),
        }
    }

    /// Since when the job runs. A lease that expired is still its owner's until somebody takes it.
    fn held_by(&self, owner: &LeaseOwner) -> Result<Timestamp, Refusal> {
        match self.unfinished()? {
            Some((since, lease)) if lease.owner == *owner => Ok(since),
            _ => Err(Refusal::NotOwner),
        }
    }

    fn changed(&self, now: Timestamp) -> Self {
        Self { schema: SCHEMA, revision: self.revision + 1, updated_at: now, ..self.clone() }
    }
}

fn lease(owner: &LeaseOwner, now: Timestamp, ttl: Duration) -> Lease {
    let expires_at = now.checked_add(ttl).unwrap_or(Timestamp::MAX);
    Lease { owner: owner.clone(), expires_at }
}
