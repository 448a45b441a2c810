//! A job goes to a task of its own.
//!
//! First a mark that it was handed over, by which it is found again should its task die without a word (`sweep`); then the
//! record: it names the task as the next owner, so that a worker which dies before it has started the task leaves a
//! lease that ends. The token of the launch is that of the attempt: whoever launches again in the same attempt starts
//! nothing new. Where there is no capacity, the lease is given back and the message waits.

use std::collections::BTreeMap;

use graphnode_core::clock::Clock;
use graphnode_core::config::variables;
use graphnode_core::ids::LeaseOwner;
use graphnode_core::job::store::update_job;
use graphnode_core::job::{JobRecord, Refusal, Release, UpdateError};
use graphnode_core::keys::{self, JSON};
use graphnode_core::metrics::Event;
use graphnode_core::ports::launcher::{LaunchOutcome, LaunchRequest, LaunchedTask, TaskLauncher};
use graphnode_core::ports::objects::Condition;
use graphnode_core::ports::{Objects, PortErrorKind, Queue};

use crate::defer::{Origin, after_outage, backoff};
use crate::failure::Trouble;
use crate::routing::{Load, TaskShape, task_shape};
use crate::service::{Service, Verdict};

impl<O, Q, L, C> Service<O, Q, L, C>
where
    O: Objects,
    Q: Queue,
    L: TaskLauncher,
    C: Clock + Send + 'static,
{
    /// Hands a job from `owner` to a task.
    pub(crate) async fn hand_over(
        &self,
        origin: Origin<'_>,
        record: &JobRecord,
        owner: &LeaseOwner,
        load: Load,
    ) -> Result<Verdict, Trouble> {
        if let Err(Trouble::Permanent { reason, .. }) = shape(record, load) {
            self.fail(record, owner, &reason).await?;
            return Ok(Verdict::Done);
        }
        let mark = keys::handed_over(record.task_id());
        self.buckets.own().put(&mark, Vec::new(), JSON, &Condition::Always).await?;
        let (now, start) = (self.clock.now(), self.settings.start);
        let dispatch =
            update_job(self.buckets.own(), record.task_id(), |record| record.dispatch(owner, now, start));
        match dispatch.await {
            Ok(dispatched) => self.launch(origin, &dispatched.value, load).await,
            Err(UpdateError::Refused(Refusal::NotOwner)) => self.retry(origin, record, start).await,
            Err(UpdateError::Refused(_)) => {
                self.settle_finished(record.task_id()).await?;
                Ok(Verdict::Done)
            }
            Err(UpdateError::Store(error)) => Err(error.into()),
        }
    }

    /// Starts the task of a dispatched job, or finds it started.
    pub(crate) async fn launch(
        &self,
        origin: Origin<'_>,
        record: &JobRecord,
        load: Load,
    ) -> Result<Verdict, Trouble> {
        let Some(launcher) = &self.launcher else {
            return Err(Trouble::transient("no-launcher", "this process starts no tasks"));
        };
        let wait = backoff(record.waits(), record.task_id().as_str());
        match launcher.launch(&request(record, load)?).await {
            Ok(LaunchOutcome::Started(task)) => {
                tracing::info!(bytes = load.bytes, "task started");
                self.note_launch(record, &task).await?;
                Ok(Verdict::Done)
            }
            Ok(LaunchOutcome::NoCapacity { reason } | LaunchOutcome::Throttled { reason }) => {
                tracing::warn!(reason, "no capacity for a task");
                let verdict = self.defer(origin, record, wait).await?;
                self.release(record, &record.task_owner(), Release::Waiting).await?;
                Ok(verdict)
            }
            // A mistake in the deployment, not of the job: it waits until its person has mended it.
            Ok(LaunchOutcome::Rejected { reason }) => {
                tracing::error!(reason, "task rejected");
                self.measure(record, Event::Outage);
                let verdict = self
                    .defer(origin, record, after_outage(record.waits(), record.task_id().as_str()))
                    .await?;
                self.release(record, &record.task_owner(), Release::Waiting).await?;
                Ok(verdict)
            }
            // The token was used with another size: this attempt has its task.
            Err(error) if error.kind() == PortErrorKind::Conflict => Ok(Verdict::Done),
            // It may have been started. The job stays with the task; the next delivery asks with the same token.
            Err(error) => {
                tracing::warn!(error = %error, "launch unclear");
                self.measure(record, Event::Outage);
                let wait = error.retry_after().unwrap_or_else(|| after_outage(0, record.task_id().as_str()));
                self.defer(origin, record, wait).await
            }
        }
    }

    async fn note_launch(&self, record: &JobRecord, task: &LaunchedTask) -> Result<(), Trouble> {
        let now = self.clock.now();
        let noted = update_job(self.buckets.own(), record.task_id(), |record| record.launched(task, now));
        match noted.await {
            // A quick task may have ended the job already.
            Ok(_) | Err(UpdateError::Refused(_)) => Ok(()),
            Err(UpdateError::Store(error)) => Err(error.into()),
        }
    }
}

fn shape(record: &JobRecord, load: Load) -> Result<TaskShape, Trouble> {
    task_shape(load, record.least_memory_mib())
        .ok_or_else(|| Trouble::permanent("too-large", "the input is too large"))
}

fn request(record: &JobRecord, load: Load) -> Result<LaunchRequest, Trouble> {
    let shape = shape(record, load)?;
    Ok(LaunchRequest {
        client_token: record.client_token(),
        size: shape.size,
        disk_gib: shape.disk_gib,
        environment: BTreeMap::from([
            (variables::TASK_ID.to_owned(), record.task_id().to_string()),
            (variables::LEASE_OWNER.to_owned(), record.task_owner().to_string()),
        ]),
        capacity: Vec::new(),
    })
}
