//! A graph generation: claim, decide, run, and what follows from how it ended.

use std::time::Duration;

use graphnode_core::clock::Clock;
use graphnode_core::error::with_sources;
use graphnode_core::hash::hex_sha256;
use graphnode_core::ids::{LeaseOwner, TaskId};
use graphnode_core::job::store::{load_job, register_job, update_job};
use graphnode_core::job::{JobRecord, NewJob, Refusal, Release, StoreError, UpdateError};
use graphnode_core::messages::FailureReason;
use graphnode_core::metrics::Event;
use graphnode_core::ports::queue::Delivery;
use graphnode_core::ports::{Objects, Queue, TaskLauncher};
use jiff::Timestamp;

use crate::companion::StopReason;
use crate::defer::{Origin, after_error, after_outage};
use crate::failure::Trouble;
use crate::inputs;
use crate::routing::{FunctionLimits, Load, Route, route};
use crate::run::Outcome;
use crate::service::{Service, Shift, Verdict};
use crate::trace::correlate;

/// Attempts that may be lost before a job is given up: a job that kills its process never says why.
const MOST_LOST_ATTEMPTS: u32 = 5;
/// Attempts that may be interrupted, or end as something outside was not there: a day of outage, whatever the job had to do
/// with it.
const MOST_INTERRUPTIONS: u32 = 100;
/// A fresh copy of a message comes no sooner, so that the record is written by then.
pub(crate) const SHORTLY: Duration = Duration::from_secs(1);

/// What came of an attempt.
enum Attempt {
    /// It ran, or began to.
    Ran(Outcome, Load),
    /// It is too large for here.
    TooLarge(Load),
}

impl<O, Q, L, C> Service<O, Q, L, C>
where
    O: Objects,
    Q: Queue,
    L: TaskLauncher,
    C: Clock + Send + 'static,
{
    /// Processes one delivery of a generation request.
    pub(crate) async fn generation(
        &self,
        delivery: &Delivery,
        job: &NewJob,
        shift: &Shift,
    ) -> Result<Verdict, Trouble> {
        let registered = register_job(self.buckets.own(), job, self.clock.now()).await;
        correlate(registered.as_ref().map_or(job.task_id.as_str(), |record| record.value.correlation_id()));
        registered?;
        let delivered = [delivery.message_id.as_str(), &delivery.receive_count.to_string()].join("/");
        let owner = lease_owner(&shift.runner, &delivered);
        self.take(Origin::Message(delivery), &job.task_id, &owner, shift).await
    }

    /// Claims a job and does what can be done for it.
    pub(crate) async fn take(
        &self,
        origin: Origin<'_>,
        task_id: &TaskId,
        owner: &LeaseOwner,
        shift: &Shift,
    ) -> Result<Verdict, Trouble> {
        let (now, settings) = (self.clock.now(), &self.settings);
        let claim = update_job(self.buckets.own(), task_id, |record| {
            record.claim(owner, settings.place, now, settings.lease)
        });
        match claim.await {
            Ok(claimed) => {
                let begun = self.clock.elapsed();
                let attempt = self.attempt(origin, &claimed.value, owner, shift).await;
                // What was only looked at, to be handed over, was no run.
                if !matches!(attempt, Ok(Attempt::TooLarge(_))) {
                    let took = self.clock.elapsed().saturating_sub(begun);
                    self.measure(&claimed.value, Event::RunOver { runner: settings.place, took });
                }
                self.conclude(origin, &claimed.value, owner, attempt).await
            }
            Err(UpdateError::Refused(Refusal::HeldUntil(until))) => self.held(origin, task_id, until).await,
            Err(UpdateError::Refused(_)) => {
                self.settle_finished(task_id).await?;
                Ok(Verdict::Done)
            }
            Err(UpdateError::Store(error)) => Err(error.into()),
        }
    }

    pub(crate) async fn record(&self, task_id: &TaskId) -> Result<JobRecord, Trouble> {
        let record = load_job(self.buckets.own(), task_id).await?;
        Ok(record.ok_or_else(|| StoreError::NoSuchJob(task_id.clone()))?.value)
    }

    /// Somebody else holds the job. If it is a task that may never have been started, it is started with the same
    /// token, which starts none that runs; otherwise the message waits until the lease ends.
    async fn held(&self, origin: Origin<'_>, task_id: &TaskId, until: Timestamp) -> Result<Verdict, Trouble> {
        let record = self.record(task_id).await?;
        let for_task = record.lease().is_some_and(|lease| lease.owner == record.task_owner());
        if for_task && record.launched_task().is_none() && self.launcher.is_some() {
            let load = inputs::find(self.bucket_of(&record)?, record.request()).await?.load();
            return self.launch(origin, &record, load).await;
        }
        let left = Duration::try_from(until.duration_since(self.clock.now())).unwrap_or_default();
        match origin {
            // A task that finds its job in other hands has nothing to put back: whoever holds it has a message.
            Origin::Task => Ok(Verdict::Done),
            Origin::Message(_) => self.defer(origin, &record, left + SHORTLY).await,
        }
    }

    async fn attempt(
        &self,
        origin: Origin<'_>,
        record: &JobRecord,
        owner: &LeaseOwner,
        shift: &Shift,
    ) -> Result<Attempt, Trouble> {
        if record.lost_attempts() >= MOST_LOST_ATTEMPTS || record.interruptions() >= MOST_INTERRUPTIONS {
            return Err(Trouble::Permanent { code: "given-up", reason: given_up(record) });
        }
        let inputs = inputs::find(self.bucket_of(record)?, record.request()).await?;
        let load = inputs.load();
        if let Some(limits) = &self.settings.function
            && (needs_a_task(record, limits) || route(load, limits, self.remaining(shift)) == Route::Task)
        {
            return Ok(Attempt::TooLarge(load));
        }
        let waited = self.clock.now().duration_since(origin.sent_at().unwrap_or(record.created_at()));
        self.measure(record, Event::WorkBegun { waited: Duration::try_from(waited).unwrap_or_default() });
        Ok(Attempt::Ran(self.run(record, owner, inputs, shift).await?, load))
    }

    async fn conclude(
        &self,
        origin: Origin<'_>,
        record: &JobRecord,
        owner: &LeaseOwner,
        attempt: Result<Attempt, Trouble>,
    ) -> Result<Verdict, Trouble> {
        match attempt {
            Ok(Attempt::Ran(Outcome::Published, _)) => Ok(Verdict::Done),
            Ok(Attempt::TooLarge(load)) => self.hand_over(origin, record, owner, load).await,
            Ok(Attempt::Ran(Outcome::Stopped(reason), load)) => {
                self.stopped(origin, record, owner, reason, load).await
            }
            Err(Trouble::Permanent { code, reason }) => {
                tracing::warn!(code, "job failed");
                self.fail(record, owner, &reason).await?;
                Ok(Verdict::Done)
            }
            Err(Trouble::Unavailable { retry_after, source }) => {
                tracing::warn!(error = with_sources(&source), "attempt interrupted");
                self.measure(record, Event::Outage);
                let usual = || after_outage(record.interruptions(), record.task_id().as_str());
                let verdict = self.defer(origin, record, retry_after.unwrap_or_else(usual)).await?;
                self.release(record, owner, Release::Interrupted).await?;
                Ok(verdict)
            }
            Err(trouble) => {
                tracing::error!(error = trouble.chain(), "attempt failed");
                self.lose(origin, record, owner, trouble.reason()).await
            }
        }
    }

    async fn stopped(
        &self,
        origin: Origin<'_>,
        record: &JobRecord,
        owner: &LeaseOwner,
        reason: StopReason,
        load: Load,
    ) -> Result<Verdict, Trouble> {
        tracing::info!(reason = ?reason, "job stopped");
        match reason {
            StopReason::Cancelled => {
                self.settle_finished(record.task_id()).await?;
                Ok(Verdict::Done)
            }
            // Whoever took it over came by another delivery of the message; this one is no longer ours to delete.
            StopReason::LeaseLost => match origin {
                Origin::Message(delivery) => Ok(self.hide(delivery, self.settings.lease).await),
                Origin::Task => Ok(Verdict::Done),
            },
            StopReason::Deadline if self.launcher.is_some() => {
                self.hand_over(origin, record, owner, load).await
            }
            // Nobody has more time than a task: that it was not enough is a failed attempt.
            StopReason::Deadline => {
                self.lose(origin, record, owner, FailureReason::new("its time was not enough")).await
            }
            StopReason::Interrupted => {
                let verdict = self.defer(origin, record, SHORTLY).await?;
                self.release(record, owner, Release::Interrupted).await?;
                Ok(verdict)
            }
        }
    }

    /// Puts the job back, as an attempt that was lost.
    pub(crate) async fn lose(
        &self,
        origin: Origin<'_>,
        record: &JobRecord,
        owner: &LeaseOwner,
        reason: FailureReason,
    ) -> Result<Verdict, Trouble> {
        let wait = after_error(record.lost_attempts(), record.task_id().as_str());
        let verdict = self.retry(origin, record, wait).await?;
        self.release(record, owner, Release::Lost(reason)).await?;
        Ok(verdict)
    }

    /// Gives the lease back. The message went first: a crash between leaves a lease that ends by itself.
    pub(crate) async fn release(
        &self,
        record: &JobRecord,
        owner: &LeaseOwner,
        why: Release,
    ) -> Result<(), Trouble> {
        let now = self.clock.now();
        let released = update_job(self.buckets.own(), record.task_id(), |record| {
            record.release(owner, why.clone(), now)
        });
        match released.await {
            // Whoever holds it now, or ended it, goes by the record as it is.
            Ok(_) | Err(UpdateError::Refused(_)) => Ok(()),
            Err(UpdateError::Store(error)) => Err(error.into()),
        }
    }
}

/// Whether a job is too much for a function, by what became of it there: it died without a word, or ran out of memory.
fn needs_a_task(record: &JobRecord, limits: &FunctionLimits) -> bool {
    record.deaths() > 0 || record.least_memory_mib() > limits.memory_mib
}

/// Why no further attempt is made.
pub(crate) fn given_up(record: &JobRecord) -> FailureReason {
    let last = record.last_failure().map(|reason| format!("; the last time {reason}")).unwrap_or_default();
    FailureReason::new(&format!("the job failed too often{last}"))
}

/// An owner unlike any other: of one delivery to one runner.
fn lease_owner(runner: &str, delivered: &str) -> LeaseOwner {
    let hash = hex_sha256([runner.as_bytes(), b"\0", delivered.as_bytes()]);
    // 64 hexadecimal digits are an owner's name.
    hash.parse().unwrap_or_else(|_| LeaseOwner::of_task(0))
}
