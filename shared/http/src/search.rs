//! `POST /search` and `GET /search`: conversations from a person's words.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use axum::routing::get;
use graphnode_core::conversation::SourceType;
use graphnode_core::ids::{GraphId, TaskId, UserId};
use graphnode_core::ports::{Objects, RetryClass, VectorIndex};
use graphnode_searching::{Hit, InvalidRequest, LeftOut, SearchError, SearchRequest, Searcher, Words};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::PREFIX;
use crate::answer::json;
use crate::extract::{JsonBody, Query};
use crate::identity::Caller;
use crate::problem::documented::{Conflicting, Missing, Nobody, OfBody, Usual};
use crate::problem::{Code, Problem};

/// Most bytes of a body: a query is short.
const MOST_BODY_BYTES: usize = 64 * 1024;
/// Indexing follows a build within seconds.
const SOON: Duration = Duration::from_secs(3);

/// What to look for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct SearchBody {
    /// In your own words.
    #[schema(min_length = 1, max_length = 1000)]
    query: String,
    /// Most results; 10 unless said otherwise.
    #[schema(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// One of your graphs; all of them unless said otherwise.
    #[schema(value_type = Option<String>)]
    graph_id: Option<GraphId>,
    /// One cluster.
    cluster_id: Option<String>,
    /// Only results with this score or more.
    #[schema(minimum = 0, maximum = 1)]
    min_score: Option<f64>,
}

/// The same behind `?`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct SearchParameters {
    q: String,
    limit: Option<usize>,
    graph_id: Option<GraphId>,
    cluster_id: Option<String>,
    min_score: Option<f64>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Found {
    /// The best first.
    results: Vec<ResultView>,
    /// Graphs that could not be searched while others could.
    left_out: Vec<LeftOutView>,
}

/// A conversation or note.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResultView {
    /// Its id among the graph's nodes.
    node_id: usize,
    /// The id it has in the export.
    orig_id: String,
    /// Its title.
    title: String,
    /// How well it fits, 0 to 1.
    score: f64,
    /// The graph it is in.
    #[schema(value_type = String)]
    graph_id: GraphId,
    /// The job that built that graph.
    #[schema(value_type = String)]
    task_id: TaskId,
    /// Its cluster.
    cluster_id: String,
    /// Name of that cluster.
    cluster_name: String,
    /// Its first phrases, best first.
    keywords: Vec<String>,
    /// When it began.
    #[schema(value_type = Option<String>, format = DateTime)]
    create_time: Option<Timestamp>,
    /// Number of shown messages or sections.
    num_messages: usize,
    /// `chat`, `markdown`, `notion` or `file`.
    #[schema(value_type = String)]
    source_type: SourceType,
}

/// A graph that could not be searched.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeftOutView {
    /// The graph.
    #[schema(value_type = String)]
    graph_id: GraphId,
    /// Why.
    reason: String,
}

/// The routes over `searcher`; put the [boundary](crate::boundary::around) around them.
pub fn router<O, V>(searcher: Searcher<O, V>) -> Router
where
    O: Objects + 'static,
    V: VectorIndex + 'static,
{
    Router::new()
        .route(&format!("{PREFIX}/search"), get(by_parameters::<O, V>).post(by_body::<O, V>))
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .with_state(Arc::new(searcher))
}

type Shared<O, V> = State<Arc<Searcher<O, V>>>;

/// Finds the conversations and notes that are nearest to the words, and share most of them.
#[utoipa::path(post, path = "/v1/graph-ai/search", tag = "search", request_body = SearchBody,
    responses((status = 200, description = "What was found", body = Found), Usual, Nobody, Missing, Conflicting, OfBody))]
pub(crate) async fn by_body<O: Objects + 'static, V: VectorIndex + 'static>(
    State(searcher): Shared<O, V>,
    Caller(caller): Caller,
    JsonBody { value, .. }: JsonBody<SearchBody>,
) -> Result<Response, Problem> {
    find(&searcher, &caller, value, "query").await
}

/// The same with parameters.
#[utoipa::path(get, path = "/v1/graph-ai/search", tag = "search",
    params(("q" = String, Query, min_length = 1, max_length = 1000, description = "What to look for, in your own words"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 100, description = "Most results; 10 unless said otherwise"),
        ("graphId" = Option<String>, Query, description = "One of your graphs; all of them unless said otherwise"),
        ("clusterId" = Option<String>, Query, description = "One cluster"),
        ("minScore" = Option<f64>, Query, minimum = 0, maximum = 1, description = "Only results with this score or more")),
    responses((status = 200, description = "What was found", body = Found), Usual, Nobody, Missing, Conflicting))]
pub(crate) async fn by_parameters<O: Objects + 'static, V: VectorIndex + 'static>(
    State(searcher): Shared<O, V>,
    Caller(caller): Caller,
    Query(parameters): Query<SearchParameters>,
) -> Result<Response, Problem> {
    let SearchParameters { q, limit, graph_id, cluster_id, min_score } = parameters;
    let body = SearchBody { query: q, limit, graph_id, cluster_id, min_score };
    find(&searcher, &caller, body, "q").await
}

async fn find<O: Objects + 'static, V: VectorIndex + 'static>(
    searcher: &Searcher<O, V>,
    caller: &UserId,
    asked: SearchBody,
    words_field: &str,
) -> Result<Response, Problem> {
    let answer = searcher.search(caller, &asked.request(words_field)?).await?;
    tracing::info!(user_id = %caller, hits = answer.hits.len(), left_out = answer.left_out.len(), "searched");
    Ok(json(&Found {
        results: answer.hits.into_iter().map(Into::into).collect(),
        left_out: answer.left_out.into_iter().map(Into::into).collect(),
    }))
}

impl SearchBody {
    fn request(self, words_field: &str) -> Result<SearchRequest, Problem> {
        let wrong = |field: &str| {
            let field = field.to_owned();
            move |error: InvalidRequest| Problem::field(field, error.to_string())
        };
        let words: Words = self.query.parse().map_err(wrong(words_field))?;
        let mut request = SearchRequest::new(words)
            .with_limit(self.limit.unwrap_or(SearchRequest::LIMIT))
            .map_err(wrong("limit"))?
            .with_min_score(self.min_score.unwrap_or(0.0))
            .map_err(wrong("minScore"))?;
        if let Some(graph_id) = self.graph_id {
            request = request.in_graph(graph_id);
        }
        if let Some(cluster_id) = self.cluster_id {
            request = request.in_cluster(cluster_id);
        }
        Ok(request)
    }
}

impl From<Hit> for ResultView {
    fn from(hit: Hit) -> Self {
        Self {
            node_id: hit.node_id,
            orig_id: hit.orig_id,
            title: hit.title,
            score: hit.score,
            graph_id: hit.graph_id,
            task_id: hit.task_id,
            cluster_id: hit.cluster_id,
            cluster_name: hit.cluster_name,
            keywords: hit.keywords,
            create_time: hit.create_time,
            num_messages: hit.num_messages,
            source_type: hit.source_type,
        }
    }
}

impl From<LeftOut> for LeftOutView {
    fn from(left_out: LeftOut) -> Self {
        let reason = said(&left_out.reason).unwrap_or("its files cannot be read: build it again");
        Self { graph_id: left_out.graph_id, reason: reason.to_owned() }
    }
}

/// What a client may know of an error that concerns one graph.
fn said(error: &SearchError) -> Option<&'static str> {
    match error {
        SearchError::NotIndexedYet(_) => Some("it is being indexed: search again in a moment"),
        SearchError::OtherModel { .. } => Some("it was built with another model: build it again"),
        _ => None,
    }
}

impl From<SearchError> for Problem {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::NoSuchGraph(_) => Self::not_found(),
            SearchError::NotIndexedYet(_) => {
                Self::new(Code::Conflict, "The graph is being indexed; search again in a moment.")
                    .retry_after(SOON)
            }
            error @ SearchError::OtherModel { .. } => {
                Self::new(Code::Conflict, "The graph was built with another model; build it again.")
                    .with_source(error)
            }
            SearchError::Port(error) => error.into(),
            SearchError::Store(error) => error.into(),
            error if error.retry_class() == RetryClass::Transient => {
                Self::new(Code::UpstreamError, "Try again in a moment.").retry_after(SOON).with_source(error)
            }
            error => Self::ours(error),
        }
    }
}
