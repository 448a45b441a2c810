//! What was not done when the last server on this folder ended: the queues were in that process, the records are here.

use graphnode_adapters::embedded::FolderObjects;
use graphnode_core::clock::Clock;
use graphnode_core::ids::{TaskId, UserId};
use graphnode_core::job::store::{load_job, update_job};
use graphnode_core::job::{JobRecord, JobState, Release, StoreError, UpdateError};
use graphnode_core::keys::{self, ResultFile};
use graphnode_core::messages::asking::generation_request;
use graphnode_core::messages::{FailureReason, GraphResult, SummaryPart, outgoing};
use graphnode_core::ports::objects::list_all;
use graphnode_core::ports::{PortResult, Queue};
use std::time::Duration;

use super::background::Jobs;

/// Queues anew every job that is not over, the oldest first, and the indexing of every build that is not in the index.
/// Only for the process that has the data folder alone: then nobody holds a lease any more.
pub(super) async fn take_up(jobs: &Jobs) -> Result<(), StoreError> {
    for task_id in oldest_first(jobs.buckets.own()).await? {
        match load_job(jobs.buckets.own(), &task_id).await {
            Ok(Some(record)) => take_up_job(jobs, &record.value).await?,
            // A marker whose record was never written, or is gone.
            Ok(None) => {}
            // One record that cannot be read must not keep the others, nor the server, from going on.
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::error!(task_id = %task_id, error = %error, "job not taken up");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn take_up_job(jobs: &Jobs, record: &JobRecord) -> Result<(), StoreError> {
    match record.state() {
        JobState::Queued => ask(jobs, record).await?,
        JobState::Running { lease, .. } => {
            // Its owner was killed. That it may have been the job's fault is counted as such.
            let now = jobs.clock.now();
            let owner = lease.owner.clone();
            let released = update_job(jobs.buckets.own(), record.task_id(), |record| {
                record.release(&owner, Release::Lost(FailureReason::new("it was killed")), now)
            });
            match released.await {
                Ok(_) | Err(UpdateError::Refused(_)) => ask(jobs, record).await?,
                Err(UpdateError::Store(error)) => return Err(error),
            }
        }
        JobState::Completed { .. } => tell(jobs, record).await?,
        JobState::Indexed { .. } | JobState::Failed { .. } | JobState::Cancelled { .. } => {}
    }
    Ok(())
}

/// The message the job came by, again.
async fn ask(jobs: &Jobs, record: &JobRecord) -> PortResult<()> {
    let message = generation_request(record.task_id(), record.requested_at(), record.request());
    tracing::info!(task_id = %record.task_id(), "job taken up");
    jobs.requests.send(message.as_str(), Duration::ZERO).await
}

/// That the job is completed, again: the indexer waits for it.
async fn tell(jobs: &Jobs, record: &JobRecord) -> PortResult<()> {
    let key = |file| keys::result(record.task_id(), file);
    let result = GraphResult::Completed {
        graph: key(ResultFile::Graph),
        features: Some(key(ResultFile::Features)),
        summary: SummaryPart::NotRequested,
    };
    let message = outgoing::graph_result(record.task_id(), record.user_id(), jobs.clock.now(), &result);
    tracing::info!(task_id = %record.task_id(), "indexing taken up");
    jobs.results.send(message.as_str(), Duration::ZERO).await
}

/// All jobs of the person of this machine, in the order they were asked for.
async fn oldest_first(objects: &FolderObjects) -> PortResult<Vec<TaskId>> {
    let markers = list_all(objects, &keys::task_markers(&UserId::local()), usize::MAX).await?;
    // A list has the newest first.
    Ok(markers.iter().rev().filter_map(|marker| keys::parse_task_marker(&marker.key)).collect())
}
