//! Results: as an answer where they fit into one, else by an address that is good for a few minutes.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use graphnode_core::ids::{GraphId, TaskId, UserId};
use graphnode_core::job::JobRecord;
use graphnode_core::job::store::load_pointer;
use graphnode_core::keys::{self, ResultFile};
use graphnode_core::ports::objects::read_whole;
use graphnode_core::ports::{DirectTransfer, Objects, PortErrorKind};
use serde::Deserialize;
use std::time::Duration;

use super::view::{has, is_completed};
use super::{Api, Ports, Shared, VALID_TO_FETCH};
use crate::answer::entity_tag;
use crate::extract::{Id, Query};
use crate::identity::Caller;
use crate::problem::documented::{Conflicting, Missing, Nobody, Usual};
use crate::problem::{Code, Problem};

/// Results change only when a summary is written again: a client may keep them, and asks whether they are still right.
const KEEP_AND_ASK: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Which graph.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct GraphQuery {
    graph_id: Option<GraphId>,
}

macro_rules! results_of_tasks {
    ($($(#[$documentation:meta])* $name:ident: $path:literal, $file:ident, $type:literal;)*) => {$(
        $(#[$documentation])*
        #[utoipa::path(get, path = $path, tag = "results",
            params(("taskId" = String, Path, description = "The job"),
                ("If-None-Match" = Option<String>, Header, description = "`ETag` of what you have")),
            responses((status = 200, description = "The result", content_type = $type), (status = 303, description = "Too large for an answer: fetch it from `Location`"), (status = 304, description = "You have it"), Usual, Nobody, Missing, Conflicting))]
        pub(super) async fn $name<P: Ports>(
            State(api): Shared<P>,
            Caller(caller): Caller,
            Id(task_id): Id<TaskId>,
            headers: HeaderMap,
        ) -> Result<Response, Problem> {
            of_task(&api, &caller, &task_id, ResultFile::$file, &headers).await
        }
    )*};
}

results_of_tasks! {
    /// The graph: nodes, edges, clusters.
    graph_of_task: "/v1/graph-ai/tasks/{taskId}/graph", Graph, "application/json";
    /// What the history is about.
    summary_of_task: "/v1/graph-ai/tasks/{taskId}/summary", Summary, "application/json";
    /// Vectors and keywords.
    features_of_task: "/v1/graph-ai/tasks/{taskId}/features", Features, "application/json";
    /// The map as a page that needs nothing else.
    view_of_task: "/v1/graph-ai/tasks/{taskId}/view", Page, "text/html";
    /// What was read, what was skipped and why, how long it took.
    report_of_task: "/v1/graph-ai/tasks/{taskId}/report", Report, "application/json";
}

/// The graph that counts: the newest completed build.
#[utoipa::path(get, path = "/v1/graph-ai/graph", tag = "results",
    params(("graphId" = Option<String>, Query, min_length = 1, max_length = 64, description = "`default` unless said otherwise"),
        ("If-None-Match" = Option<String>, Header, description = "`ETag` of what you have")),
    responses((status = 200, description = "The graph", content_type = "application/json"), (status = 303, description = "Too large for an answer: fetch it from `Location`"), (status = 304, description = "You have it"), Usual, Nobody, Missing))]
pub(super) async fn newest_graph<P: Ports>(
    State(api): Shared<P>,
    Caller(caller): Caller,
    Query(query): Query<GraphQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    newest(&api, &caller, query, ResultFile::Graph, &headers).await
}

/// The summary of the graph that counts.
#[utoipa::path(get, path = "/v1/graph-ai/summary", tag = "results",
    params(("graphId" = Option<String>, Query, min_length = 1, max_length = 64, description = "`default` unless said otherwise"),
        ("If-None-Match" = Option<String>, Header, description = "`ETag` of what you have")),
    responses((status = 200, description = "The summary", content_type = "application/json"), (status = 303, description = "Too large for an answer: fetch it from `Location`"), (status = 304, description = "You have it"), Usual, Nobody, Missing))]
pub(super) async fn newest_summary<P: Ports>(
    State(api): Shared<P>,
    Caller(caller): Caller,
    Query(query): Query<GraphQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    newest(&api, &caller, query, ResultFile::Summary, &headers).await
}

async fn newest<P: Ports>(
    api: &Api<P>,
    caller: &UserId,
    query: GraphQuery,
    file: ResultFile,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let record = newest_build(api, caller, &query.graph_id.unwrap_or_default()).await?;
    send(api, &record, file, headers).await
}

/// The job whose build of the person's graph counts.
pub(super) async fn newest_build<P: Ports>(
    api: &Api<P>,
    caller: &UserId,
    graph_id: &GraphId,
) -> Result<JobRecord, Problem> {
    let pointer = load_pointer(api.buckets.own(), caller, graph_id).await?;
    let current =
        pointer.as_ref().and_then(|pointer| pointer.value.current()).ok_or_else(Problem::not_found)?;
    Ok(api.job_of(caller, &current.task_id).await?.value)
}

async fn of_task<P: Ports>(
    api: &Api<P>,
    caller: &UserId,
    task_id: &TaskId,
    file: ResultFile,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let record = api.job_of(caller, task_id).await?.value;
    if is_completed(&record) {
        return send(api, &record, file, headers).await;
    }
    let problem =
        Problem::new(Code::Conflict, format!("The job is {}; it has no results.", record.state().name()));
    Err(if record.state().is_over() { problem } else { problem.retry_after(Duration::from_secs(5)) })
}

async fn send<P: Ports>(
    api: &Api<P>,
    record: &JobRecord,
    file: ResultFile,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    if !has(record, file) {
        return Err(Problem::not_found());
    }
    let objects = api.bucket_of(record)?;
    let key = keys::result(record.task_id(), file);
    let meta = objects.head(&key).await.map_err(gone)?;
    let tag = entity_tag(&meta.etag)?;
    if is_known(headers, &tag) {
        let headers = [(header::ETAG, tag), (header::CACHE_CONTROL, KEEP_AND_ASK)];
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    if meta.size > api.limits.inline_bytes
        && let Some(elsewhere) = objects.share(&key, VALID_TO_FETCH).await?
    {
        let location = HeaderValue::from_str(&elsewhere.url).map_err(Problem::ours)?;
        return Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response());
    }
    let piece = read_whole(objects, &key, meta.size).await.map_err(gone)?;
    let content_type = HeaderValue::from_static(file.content_type());
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::ETAG, entity_tag(&piece.etag)?),
        (header::CACHE_CONTROL, KEEP_AND_ASK),
    ];
    Ok((headers, Body::from(piece.bytes)).into_response())
}

/// Whether the client has this content: `If-None-Match` is a list of tags, weak ones included, or `*`.
fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == *tag)
}

fn gone(error: graphnode_core::ports::PortError) -> Problem {
    match error.kind() {
        PortErrorKind::NotFound => Problem::not_found(),
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_a_list() {
        let known = |value: &'static str| {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(value))]);
            is_known(&headers, &HeaderValue::from_static("\"a1\""))
        };
        assert!(known("\"a1\"") && known("\"b\", W/\"a1\"") && known("*"));
        assert!(!known("\"b\"") && !known("a1") && !known(""));
    }
}
