//! A process that was started for one job.

use graphnode_core::clock::Clock;
use graphnode_core::ids::{LeaseOwner, TaskId};
use graphnode_core::job::JobRecord;
use graphnode_core::metrics::{Event, Subject};
use graphnode_core::ports::{Objects, Queue, TaskLauncher};

use tracing::Instrument;

use crate::defer::Origin;
use crate::failure::Trouble;
use crate::service::{Service, Shift};
use crate::trace::{correlate, job_span};

impl<O, Q, L, C> Service<O, Q, L, C>
where
    O: Objects,
    Q: Queue,
    L: TaskLauncher,
    C: Clock + Send + 'static,
{
    /// Does the one job this process was started for, as the `owner` its record names.
    ///
    /// # Errors
    /// [`Trouble`] when not even that could be done that puts the job back: its lease ends by itself then. The log has said
    /// it already.
    pub async fn run_task(&self, task_id: &TaskId, owner: &LeaseOwner, shift: &Shift) -> Result<(), Trouble> {
        let work = async {
            let record = self.record(task_id).await;
            correlate(record.as_ref().map_or(task_id.as_str(), JobRecord::correlation_id));
            let subject = record.as_ref().map_or_else(|_| task_id.into(), Subject::from);
            self.meter.record(self.clock.now(), subject, &Event::Heartbeat);
            // There is no message whose fate a verdict could decide.
            let done = Box::pin(self.take(Origin::Task, task_id, owner, shift)).await;
            done.map(drop).inspect_err(|trouble| tracing::error!(error = trouble.chain(), "task failed"))
        };
        work.instrument(job_span(task_id)).await
    }
}
