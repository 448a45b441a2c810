//! From the RESULT of a job to its vectors in the index: what S3's event starts in the cloud.
//!
//! Results come through a queue in the process. It keeps a message until the build is indexed; what it held when the
//! process ended is found in the records (`resume`).

use std::convert::Infallible;
use std::time::Duration;

use graphnode_adapters::embedded::LocalQueue;
use graphnode_core::error::with_sources;
use graphnode_core::ids::TaskId;
use graphnode_core::ports::queue::{Delivery, Queue};
use graphnode_indexing::Outcome;
use serde::Deserialize;

use super::background::LocalIndexer;

/// How long one call waits for a message.
const WAIT: Duration = Duration::from_secs(20);
/// How long a build that was received may take before it is tried again.
const VISIBILITY: Duration = Duration::from_secs(30 * 60);
/// The wait after an error that may pass, such as a full disk.
const AFTER_ERROR: Duration = Duration::from_secs(30);

/// Indexes every completed job that `results` tells of. Progress has no reader here: who asks is told from the record.
pub(super) async fn run(results: &LocalQueue, indexer: &LocalIndexer) -> Infallible {
    loop {
        let received = results.receive(1, WAIT, VISIBILITY).await.unwrap_or_else(|error| {
            tracing::error!(error = %error, "results not read");
            Vec::new()
        });
        for delivery in received {
            let done = match completed(&delivery.body) {
                Some(task_id) => index(indexer, &task_id).await,
                None => true,
            };
            settle(results, &delivery, done).await;
        }
    }
}

/// Whether the build is in the index, or has no business there.
async fn index(indexer: &LocalIndexer, task_id: &TaskId) -> bool {
    match indexer.index(task_id).await {
        Ok(Outcome::Indexed(done)) => {
            tracing::info!(task_id = %task_id, vectors = done.vectors, removed = done.removed, "build indexed");
            true
        }
        Ok(Outcome::Skipped(skipped)) => {
            tracing::info!(task_id = %task_id, reason = skipped.reason(), "build skipped");
            true
        }
        Err(error) => {
            tracing::error!(task_id = %task_id, error = with_sources(&error), "build not indexed");
            false
        }
    }
}

async fn settle(results: &LocalQueue, delivery: &Delivery, done: bool) {
    let settled = match done {
        true => results.delete(&delivery.receipt).await,
        false => results.change_visibility(&delivery.receipt, AFTER_ERROR).await,
    };
    if let Err(error) = settled {
        tracing::warn!(error = %error, "result not settled");
    }
}

/// The job that a message says is completed; `None` for every other message.
fn completed(body: &str) -> Option<TaskId> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Message {
        task_id: TaskId,
        task_type: String,
        payload: Payload,
    }
    #[derive(Deserialize)]
    struct Payload {
        status: String,
    }
    let message: Message = serde_json::from_str(body).ok()?;
    let completed = message.task_type == "GRAPH_GENERATION_RESULT" && message.payload.status == "COMPLETED";
    completed.then_some(message.task_id)
}

#[cfg(test)]
mod tests {
    use graphnode_core::ids::UserId;
    use graphnode_core::keys::{self, ResultFile};
    use graphnode_core::messages::progress::Progress;
    use graphnode_core::messages::{FailureReason, GraphResult, SummaryPart, outgoing};
    use graphnode_core::watch::Stage;
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_job_is_indexed_when_it_is_completed_and_at_no_other_message() {
        let (task_id, user_id): (TaskId, _) = ("t-1".parse().unwrap(), UserId::local());
        let result = |result| outgoing::graph_result(&task_id, &user_id, Timestamp::UNIX_EPOCH, &result);
        let done = GraphResult::Completed {
            graph: keys::result(&task_id, ResultFile::Graph),
            features: None,
            summary: SummaryPart::NotRequested,
        };
        assert_eq!(completed(result(done).as_str()), Some(task_id.clone()));
        let progress = Progress::new(Stage::Embed, 1, 2);
        let key = keys::result(&task_id, ResultFile::Summary);
        for other in [
            result(GraphResult::Failed(FailureReason::new("no"))),
            outgoing::progress(&task_id, &user_id, Timestamp::UNIX_EPOCH, progress, None),
            outgoing::summary_result(&task_id, &user_id, Timestamp::UNIX_EPOCH, Ok(&key)),
        ] {
            assert_eq!(completed(other.as_str()), None, "{other:?}");
        }
    }
}
