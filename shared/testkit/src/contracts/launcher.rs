//! What starts tasks must do.

use std::collections::BTreeMap;

use graphnode_core::ids::TaskId;
use graphnode_core::ports::PortErrorKind::Conflict;
use graphnode_core::ports::launcher::{
    ClientToken, LaunchOutcome, LaunchRequest, LaunchedTask, TaskLauncher, TaskSize,
};

use super::{fails_with, succeeds, unique};

/// Holds a launcher to the duties of [`TaskLauncher`]. Servers that model no tokens cannot be held to the one about
/// them: `honours_tokens` says whether this one does.
pub async fn launcher_contract(launcher: &impl TaskLauncher, honours_tokens: bool) {
    let task_id: TaskId = unique("task").parse().expect("an id");
    let request = request(&task_id, 1);
    let first = started(launcher, &request).await;
    let second = started(launcher, &self::request(&task_id, 2)).await;
    assert_ne!(first, second, "another attempt is another task");
    if honours_tokens {
        assert_eq!(started(launcher, &request).await, first, "the same token starts one task");
        let mut other = request.clone();
        other.size = TaskSize::LARGEST;
        fails_with(Conflict, launcher.launch(&other).await);
    }
    succeeds(launcher.stop(&first, "the contract is over").await);
    succeeds(launcher.stop(&first, "twice").await);
    succeeds(launcher.stop(&second, "the contract is over").await);
}

/// A request that differs by attempt only.
#[must_use]
pub fn request(task_id: &TaskId, attempt: u32) -> LaunchRequest {
    LaunchRequest {
        client_token: ClientToken::of_attempt(task_id, attempt),
        size: TaskSize::DEFAULT,
        disk_gib: Some(40),
        environment: BTreeMap::from([("GRAPHNODE_TASK_ID".to_owned(), task_id.to_string())]),
        capacity: Vec::new(),
    }
}

async fn started(launcher: &impl TaskLauncher, request: &LaunchRequest) -> LaunchedTask {
    match succeeds(launcher.launch(request).await) {
        LaunchOutcome::Started(task) => task,
        other => panic!("{other:?}"),
    }
}
