//! `DELETE /`: everything of a person goes.

use axum::extract::State;
use axum::response::Response;
use graphnode_core::ids::UserId;
use graphnode_core::job::JobRecord;
use graphnode_core::job::store::load_job;
use graphnode_core::keys::{self, ObjectKey};
use graphnode_core::ports::vectors::Removal;
use graphnode_core::ports::{Objects, VectorIndex};
use serde::Serialize;
use utoipa::ToSchema;

use super::removal::Removed;
use super::{Api, Ports, Shared, tasks};
use crate::answer::json;
use crate::identity::Caller;
use crate::problem::Problem;
use crate::problem::documented::{Nobody, Usual};

/// Jobs that one call removes: each is some requests to the store, and a call has seconds.
const MOST_JOBS: usize = 50;

/// What was removed, and what is left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Erased {
    /// What this call removed.
    #[serde(flatten)]
    removed: Removed,
    /// Jobs that were cancelled and are being stopped: call again in some minutes.
    stopping: u64,
    /// Jobs that are left for the next call: call again at once.
    remaining: u64,
    /// Whether nothing is left.
    complete: bool,
}

/// Erases everything of yours: uploads, results, records, vectors. Jobs that run are cancelled.
///
/// It can be repeated, and must be until `complete` is true: a call removes some jobs at a time.
#[utoipa::path(delete, path = "/v1/graph-ai", tag = "service",
    responses((status = 200, description = "What was removed, and what is left", body = Erased), Usual, Nobody))]
pub(super) async fn erase<P: Ports>(
    State(api): Shared<P>,
    Caller(caller): Caller,
) -> Result<Response, Problem> {
    let erased = api.erase(&caller).await?;
    tracing::info!(user_id = %caller, erased = ?erased, "person erased");
    Ok(json(&erased))
}

impl<P: Ports> Api<P> {
    async fn erase(&self, caller: &UserId) -> Result<Erased, Problem> {
        let mut erased = Erased::default();
        let (markers, more) = tasks::markers(self, caller, None, MOST_JOBS).await?;
        for marker in &markers {
            self.erase_job(caller, marker, &mut erased).await?;
        }
        erased.removed.vectors += self.vectors.remove(caller, &Removal::Everything).await?;
        erased.removed.uploads += self.clear(self.buckets.own(), &keys::uploads(caller)).await?;
        erased.removed.results += self.clear(self.buckets.own(), &keys::all_checkpoints(caller)).await?;
        let records = [keys::graph_pointers(caller), keys::idempotent_requests(caller)];
        erased.removed.records += self.clear_all(&records).await?;
        erased.remaining = u64::from(more);
        erased.complete = erased.remaining == 0 && erased.stopping == 0;
        Ok(erased)
    }

    async fn erase_job(
        &self,
        caller: &UserId,
        marker: &ObjectKey,
        erased: &mut Erased,
    ) -> Result<(), Problem> {
        let Some(record) = self.marked(caller, marker).await? else {
            // Its job is gone, or was never this person's.
            self.buckets.own().delete(std::slice::from_ref(marker)).await?;
            erased.removed.records += 1;
            return Ok(());
        };
        let record = self.cancel(&record).await?.unwrap_or(record);
        erased.removed = erased.removed.plus(self.purge(&record).await?);
        erased.stopping += u64::from(self.is_needed(&record));
        Ok(())
    }

    async fn marked(&self, caller: &UserId, marker: &ObjectKey) -> Result<Option<JobRecord>, Problem> {
        let Some(task_id) = keys::parse_task_marker(marker) else { return Ok(None) };
        let found = load_job(self.buckets.own(), &task_id).await?;
        Ok(found.map(|found| found.value).filter(|record| {
            // A job that was registered twice with different times has two markers; one of them goes here.
            record.user_id() == caller
                && keys::task_marker(caller, record.requested_at(), &task_id) == *marker
        }))
    }
}
