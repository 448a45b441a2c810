//! `POST /summary`: the graph that counts is summarised again.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use graphnode_core::clock::Clock;
use graphnode_core::ids::{GraphId, TaskId};
use graphnode_core::keys::{self, ResultFile};
use graphnode_core::messages::SummaryRequest;
use graphnode_core::messages::asking::summary_request;
use graphnode_core::options::{DetailLevel, Language};
use graphnode_core::ports::Queue;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

use super::enqueue::{DetailLevelName, LanguageCode, new_task_id};
use super::{Ports, Shared, results};
use crate::PREFIX;
use crate::answer::json_with;
use crate::extract::JsonBody;
use crate::identity::Caller;
use crate::problem::Problem;
use crate::problem::documented::{Missing, Nobody, OfBody, Usual};

/// How to summarise which graph.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct SummariseRequest {
    /// Which of your graphs; `default` unless said otherwise.
    #[schema(value_type = Option<String>)]
    graph_id: Option<GraphId>,
    /// Language of the summary; `en` unless said otherwise.
    #[schema(value_type = Option<LanguageCode>)]
    language: Option<Language>,
    /// How much it says; `standard` unless said otherwise.
    #[schema(value_type = Option<DetailLevelName>)]
    detail_level: Option<DetailLevel>,
}

/// The summary is on its way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SummaryQueued {
    /// Names the request in the messages about it.
    #[schema(value_type = String)]
    task_id: TaskId,
    /// `queued`.
    status: &'static str,
    /// What to do next.
    message: &'static str,
    /// Where the summary will be.
    links: SummaryLinks,
}

/// Where the summary will be.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SummaryLinks {
    /// The summary; its `ETag` changes when it is written again.
    summary: String,
}

/// Summarises the graph again, in another language or at another length. Answers at once.
#[utoipa::path(post, path = "/v1/graph-ai/summary", tag = "results", request_body = SummariseRequest,
    responses((status = 202, description = "Queued", body = SummaryQueued), Usual, Nobody, Missing, OfBody))]
pub(super) async fn summarise<P: Ports>(
    State(api): Shared<P>,
    Caller(caller): Caller,
    JsonBody { value: request, .. }: JsonBody<SummariseRequest>,
) -> Result<Response, Problem> {
    let build = results::newest_build(&api, &caller, &request.graph_id.unwrap_or_default()).await?;
    let task_id = new_task_id()?;
    let wanted = SummaryRequest {
        user_id: caller,
        graph_key: keys::result(build.task_id(), ResultFile::Graph),
        bucket: build.request().bucket.clone(),
        vectors_key: None,
        language: request.language.unwrap_or_default(),
        detail_level: request.detail_level.unwrap_or_default(),
    };
    let message = summary_request(&task_id, api.clock.now(), &wanted);
    api.requests.send(message.as_str(), Duration::ZERO).await?;
    tracing::info!(task_id = %task_id, user_id = %wanted.user_id, "summary queued");
    let links = SummaryLinks { summary: format!("{PREFIX}/tasks/{}/summary", build.task_id()) };
    let message = "Queued. The ETag of links.summary changes when it is written.";
    Ok(json_with(StatusCode::ACCEPTED, &SummaryQueued { task_id, status: "queued", message, links }))
}
