//! A person's jobs: the list, one of them, and its end.

use axum::extract::State;
use axum::response::Response;
use futures_util::future::try_join_all;
use graphnode_core::ids::{TaskId, UserId};
use graphnode_core::job::JobRecord;
use graphnode_core::job::store::load_job;
use graphnode_core::keys::{self, ObjectKey, ResultFile};
use graphnode_core::ports::Objects;
use graphnode_core::ports::objects::{PageToken, read_whole};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

use super::removal::Removed;
use super::view::{ReportView, TaskView, is_completed};
use super::{Api, Ports, Shared};
use crate::answer::json;
use crate::extract::{Id, Query};
use crate::identity::Caller;
use crate::problem::documented::{Missing, Nobody, Usual};
use crate::problem::{Code, Problem};

/// Most jobs of a page.
const MOST: usize = 100;
/// Jobs of a page where nothing else is asked for.
const USUAL: usize = 20;
/// Longest cursor: a time and a task's id.
const MOST_CURSOR_BYTES: usize = 200;
/// Most bytes of a report that is shown with its job.
const MOST_REPORT_BYTES: u64 = 4 << 20;
/// Skipped items shown with a job; all of them stand in the report.
const SKIPPED_SHOWN: usize = 20;

/// Which jobs to list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Jobs, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskList {
    /// The jobs.
    tasks: Vec<TaskView>,
    /// Send it as `cursor` for the next page; `null` after the last.
    next_cursor: Option<String>,
}

/// What became of a job that was to go.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskRemoved {
    /// The job.
    #[schema(value_type = String)]
    task_id: TaskId,
    /// `cancelled`: it was not over, and stops now; `deleted`: everything of it is gone.
    status: &'static str,
    /// What was removed.
    removed: Removed,
}

/// Lists your jobs, the newest first.
#[utoipa::path(get, path = "/v1/graph-ai/tasks", tag = "tasks",
    params(("limit" = Option<usize>, Query, minimum = 1, maximum = 100, description = "Most jobs; 20 unless said otherwise"),
        ("cursor" = Option<String>, Query, max_length = 200, description = "`nextCursor` of the page before")),
    responses((status = 200, description = "The jobs", body = TaskList), Usual, Nobody))]
pub(super) async fn list<P: Ports>(
    State(api): Shared<P>,
    Caller(caller): Caller,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::field("limit", format!("must be 1 to {MOST}")));
    }
    if query.cursor.as_ref().is_some_and(|cursor| cursor.len() > MOST_CURSOR_BYTES) {
        return Err(Problem::field("cursor", "must be the nextCursor of a page"));
    }
    let (markers, more) = markers(&api, &caller, query.cursor.as_deref(), limit).await?;
    let next_cursor = markers.last().filter(|_| more).map(|marker| marker.file_name().to_owned());
    let records = records_of(&api, &caller, &markers).await?;
    let tasks = records.iter().map(|record| TaskView::of(record, &api.clock)).collect();
    Ok(json(&TaskList { tasks, next_cursor }))
}

/// Tells how far a job is, and what became of it.
#[utoipa::path(get, path = "/v1/graph-ai/tasks/{taskId}", tag = "tasks",
    params(("taskId" = String, Path, description = "The job")),
    responses((status = 200, description = "The job", body = TaskView), Usual, Nobody, Missing))]
pub(super) async fn show<P: Ports>(
    State(api): Shared<P>,
    Caller(caller): Caller,
    Id(task_id): Id<TaskId>,
) -> Result<Response, Problem> {
    let record = api.job_of(&caller, &task_id).await?.value;
    let report = report(&api, &record).await?;
    Ok(json(&TaskView { report, ..TaskView::of(&record, &api.clock) }))
}

/// Cancels a job that is not over; deletes everything of one that is: results, vectors, record.
#[utoipa::path(delete, path = "/v1/graph-ai/tasks/{taskId}", tag = "tasks",
    params(("taskId" = String, Path, description = "The job")),
    responses((status = 200, description = "Cancelled or deleted", body = TaskRemoved), Usual, Nobody, Missing))]
pub(super) async fn remove<P: Ports>(
    State(api): Shared<P>,
    Caller(caller): Caller,
    Id(task_id): Id<TaskId>,
) -> Result<Response, Problem> {
    let record = api.job_of(&caller, &task_id).await?.value;
    let cancelled = api.cancel(&record).await?;
    let removed = match &cancelled {
        Some(_) => Removed::default(),
        None => api.purge(&record).await?,
    };
    let status = if cancelled.is_some() { "cancelled" } else { "deleted" };
    tracing::info!(task_id = %task_id, user_id = %caller, status, "job removed");
    Ok(json(&TaskRemoved { task_id, status, removed }))
}

/// Whether the person has this job.
pub(super) async fn exists<P: Ports>(
    api: &Api<P>,
    caller: &UserId,
    task_id: &TaskId,
) -> Result<bool, Problem> {
    let found = load_job(api.buckets.own(), task_id).await?;
    Ok(found.is_some_and(|found| found.value.user_id() == caller))
}

/// Refuses one more job of a person who has as many as are allowed.
pub(super) async fn check_in_flight<P: Ports>(api: &Api<P>, caller: &UserId) -> Result<(), Problem> {
    let most = api.limits.tasks_in_flight;
    // Older ones than these are over, or they would be in flight for hours.
    let (markers, _) = markers(api, caller, None, 2 * most).await?;
    let records = records_of(api, caller, &markers).await?;
    let in_flight = records.iter().filter(|record| !record.state().is_over()).count();
    if in_flight < most {
        return Ok(());
    }
    let detail = format!("{in_flight} of your jobs are not over yet, and at most {most} may be.");
    Err(Problem::new(Code::RateLimited, detail).retry_after(Duration::from_secs(30)))
}

/// Up to `limit` markers behind `cursor`, the newest job first, and whether there are more.
pub(super) async fn markers<P: Ports>(
    api: &Api<P>,
    caller: &UserId,
    cursor: Option<&str>,
    limit: usize,
) -> Result<(Vec<ObjectKey>, bool), Problem> {
    let prefix = keys::task_markers(caller);
    let behind = |key: &ObjectKey| cursor.is_none_or(|cursor| key.file_name() > cursor);
    let (mut found, mut from): (Vec<ObjectKey>, Option<PageToken>) = (Vec::new(), None);
    loop {
        let page = api.buckets.own().list(&prefix, from.as_ref()).await?;
        found.extend(page.objects.into_iter().map(|object| object.key).filter(behind));
        if found.len() > limit || page.next.is_none() {
            let more = found.len() > limit;
            found.truncate(limit);
            return Ok((found, more));
        }
        from = page.next;
    }
}

/// The records behind `markers` that are this person's, in their order.
async fn records_of<P: Ports>(
    api: &Api<P>,
    caller: &UserId,
    markers: &[ObjectKey],
) -> Result<Vec<JobRecord>, Problem> {
    let ids: Vec<TaskId> = markers.iter().filter_map(keys::parse_task_marker).collect();
    let found = try_join_all(ids.iter().map(|id| load_job(api.buckets.own(), id))).await?;
    let mut records: Vec<JobRecord> = Vec::with_capacity(found.len());
    for record in found.into_iter().flatten().map(|found| found.value) {
        // A job that was registered twice with different times has two markers.
        let known = records.iter().any(|other| other.task_id() == record.task_id());
        if record.user_id() == caller && !known {
            records.push(record);
        }
    }
    Ok(records)
}

/// The account of a completed job; `None` where there is none, or where it is too long to be shown here.
async fn report<P: Ports>(api: &Api<P>, record: &JobRecord) -> Result<Option<ReportView>, Problem> {
    if !is_completed(record) {
        return Ok(None);
    }
    let key = keys::result(record.task_id(), ResultFile::Report);
    let Ok(piece) = read_whole(api.bucket_of(record)?, &key, MOST_REPORT_BYTES).await else {
        // It stands beside the job and is no part of it: GET …/report says what is wrong with it.
        return Ok(None);
    };
    let report: Option<ReportView> = serde_json::from_slice(&piece.bytes).ok();
    Ok(report.map(|mut report| {
        report.skipped.truncate(SKIPPED_SHOWN);
        report
    }))
}
