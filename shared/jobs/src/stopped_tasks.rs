//! Jobs whose task has stopped: told by the launcher ([`Service::task_stopped`]), or found by a lease that has run out
//! ([`Service::sweep`]), as a notice can be lost, and a task can end without one.
//!
//! A job that was given to a task has no message any more. So the message goes first and the lease after it, as
//! everywhere: whoever dies between leaves a lease that runs out, and a message that waits for that.

use graphnode_core::clock::Clock;
use graphnode_core::ids::TaskId;
use graphnode_core::job::store::{load_job, update_job};
use graphnode_core::job::{Release, UpdateError};
use graphnode_core::keys;
use graphnode_core::messages::FailureReason;
use graphnode_core::ports::launcher::{StopCause, StoppedTask};
use graphnode_core::ports::objects::PageToken;
use graphnode_core::ports::queue::Delivery;
use graphnode_core::ports::{Objects, Queue, TaskLauncher};
use tracing::Instrument;

use crate::dead_letters::{Answer, delay};
use crate::defer::{Origin, after_error, backoff};
use crate::failure::Trouble;
use crate::service::Service;
use crate::trace::{correlate, job_span};

/// Memory in MiB that a job is given at most: four virtual CPUs can have as much.
const MOST_MEMORY_MIB: u32 = 30 * 1024;

impl<O, Q, L, C> Service<O, Q, L, C>
where
    O: Objects,
    Q: Queue,
    L: TaskLauncher,
    C: Clock + Send + 'static,
{
    /// Puts the job of a stopped task back, if the task has left it undone. Never fails: what goes wrong is logged here, and
    /// the notice comes back.
    pub async fn task_stopped(&self, stopped: &StoppedTask, notice: &Delivery) -> Answer {
        let work = async {
            tracing::info!(cause = ?stopped.cause, memory_mib = stopped.memory_mib, "task stopped");
            match self.after_stop(stopped).await {
                Ok(()) => Answer::Done,
                Err(trouble) => {
                    tracing::error!(error = trouble.chain(), "stopped task not dealt with");
                    Answer::Later(delay(&trouble, notice))
                }
            }
        };
        work.instrument(job_span(&stopped.task_id)).await
    }

    async fn after_stop(&self, stopped: &StoppedTask) -> Result<(), Trouble> {
        let Some(record) = load_job(self.buckets.own(), &stopped.task_id).await? else { return Ok(()) };
        let record = record.value;
        correlate(record.correlation_id());
        if record.state().is_over() {
            return self.settle_finished(record.task_id()).await;
        }
        if record.lease().is_none_or(|lease| lease.owner != stopped.owner) {
            // It gave the job back before it ended, or somebody has taken it over.
            return Ok(());
        }
        let id = record.task_id().as_str();
        let (why, wait) = match stopped.cause {
            StopCause::OutOfMemory if stopped.memory_mib >= MOST_MEMORY_MIB => {
                let reason =
                    FailureReason::new("the job needs more memory than a task can have: send less at a time");
                return self.fail(&record, &stopped.owner, &reason).await;
            }
            StopCause::OutOfMemory => {
                let more = stopped.memory_mib.saturating_mul(2).min(MOST_MEMORY_MIB);
                (Release::OutOfMemory(more), backoff(0, id))
            }
            StopCause::TakenAway => (Release::Interrupted, backoff(record.interruptions(), id)),
            StopCause::NeverStarted => (Release::Waiting, backoff(record.waits(), id)),
            StopCause::Ended(code) => {
                let code = code.map(|code| format!(" with code {code}")).unwrap_or_default();
                let reason = FailureReason::new(&format!("its process ended{code}"));
                (Release::Lost(reason), after_error(record.lost_attempts(), id))
            }
        };
        self.defer(Origin::Task, &record, wait).await?;
        self.release(&record, &stopped.owner, why).await
    }

    /// Looks at every job that was given to a task and is not known to be over, and puts back those whose lease has run out.
    /// Never fails, as [`task_stopped`](Self::task_stopped).
    pub async fn sweep(&self, notice: &Delivery) -> Answer {
        match self.sweep_all().await {
            Ok(()) => Answer::Done,
            Err(trouble) => {
                tracing::error!(error = trouble.chain(), "sweep not finished");
                Answer::Later(delay(&trouble, notice))
            }
        }
    }

    /// What keeps one job from being looked at keeps no other.
    async fn sweep_all(&self) -> Result<(), Trouble> {
        let (mut from, mut trouble): (Option<PageToken>, Option<Trouble>) = (None, None);
        loop {
            let page = self.buckets.own().list(&keys::all_handed_over(), from.as_ref()).await?;
            for task_id in page.objects.iter().filter_map(|mark| keys::parse_handed_over(&mark.key)) {
                let looked = self.look_after(&task_id).instrument(job_span(&task_id)).await;
                trouble = looked.err().or(trouble);
            }
            match page.next {
                Some(next) => from = Some(next),
                None => return trouble.map_or(Ok(()), Err),
            }
        }
    }

    async fn look_after(&self, task_id: &TaskId) -> Result<(), Trouble> {
        let Some(record) = load_job(self.buckets.own(), task_id).await? else {
            // Its person was erased.
            return self.unmark(task_id).await;
        };
        let record = record.value;
        correlate(record.correlation_id());
        if record.state().is_over() {
            self.settle_finished(task_id).await?;
            // Also where the record was never handed over: a worker that had lost its lease may have left a mark too late.
            return self.unmark(task_id).await;
        }
        let now = self.clock.now();
        if record.lease().is_none_or(|lease| lease.expires_at > now) {
            return Ok(());
        }
        tracing::warn!(attempt = record.attempt(), "lease has run out");
        let wait = after_error(record.lost_attempts(), task_id.as_str());
        self.defer(Origin::Task, &record, wait).await?;
        match update_job(self.buckets.own(), task_id, |record| record.reclaim(now)).await {
            Ok(_) | Err(UpdateError::Refused(_)) => Ok(()),
            Err(UpdateError::Store(error)) => Err(error.into()),
        }
    }

    /// A job that is over needs nobody to look for it.
    pub(crate) async fn unmark(&self, task_id: &TaskId) -> Result<(), Trouble> {
        Ok(self.buckets.own().delete(&[keys::handed_over(task_id)]).await?)
    }
}
