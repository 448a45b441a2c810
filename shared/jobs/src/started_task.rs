//! A process that was started for one job.

use graphnode_core::clock::Clock;
use graphnode_core::ids::{LeaseOwner, TaskId};
use graphnode_core::ports::{Objects, Queue, TaskLauncher};

use crate::defer::Origin;
use crate::failure::Trouble;
use crate::service::{Service, Shift};

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
    /// [`Trouble`] when not even that could be done that puts the job back: its lease ends by itself then.
    pub async fn run_task(&self, task_id: &TaskId, owner: &LeaseOwner, shift: &Shift) -> Result<(), Trouble> {
        // There is no message whose fate a verdict could decide.
        Box::pin(self.take(Origin::Task, task_id, owner, shift)).await.map(drop)
    }
}
