//! What starts tasks, going wrong.

use graphnode_core::ports::launcher::{LaunchOutcome, LaunchRequest, LaunchedTask};
use graphnode_core::ports::{PortResult, TaskLauncher};

use super::Faulty;

impl<L: TaskLauncher> TaskLauncher for Faulty<L> {
    async fn launch(&self, request: &LaunchRequest) -> PortResult<LaunchOutcome> {
        let effect = || self.inner.launch(request);
        self.faults.call(self.named("launch"), effect, |_, outcome| outcome).await
    }

    async fn stop(&self, task: &LaunchedTask, reason: &str) -> PortResult<()> {
        self.faults.call(self.named("stop"), || self.inner.stop(task, reason), |_, ()| ()).await
    }
}
