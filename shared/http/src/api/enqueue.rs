//! `POST /`: a graph is to be built.
//!
//! Input, then record, then message: whoever dies between leaves what the next request with the same idempotency key
//! goes on with, and nothing that anybody sees as done.

use std::fmt;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use graphnode_core::clock::Clock;
use graphnode_core::ids::{CorrelationId, GraphId, TaskId, UploadId, UserId};
use graphnode_core::job::store::register_job;
use graphnode_core::job::{JobState, NewJob};
use graphnode_core::keys::{self, InputLocation, ObjectKey};
use graphnode_core::messages::GenerationRequest;
use graphnode_core::messages::asking::generation_request;
use graphnode_core::messages::incoming::RequestedOptions;
use graphnode_core::options::{ClusterRange, DetailLevel, Language};
use graphnode_core::ports::objects::Condition;
use graphnode_core::ports::{Objects, Queue};
use jiff::Timestamp;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::view::TaskLinks;
use super::{Api, Ports, Shared, idempotency, uploads};
use crate::answer::json_with;
use crate::extract::JsonBody;
use crate::identity::Caller;
use crate::problem::documented::{Conflicting, Missing, Nobody, OfBody, Usual};
use crate::problem::{Code, FieldProblem, Problem};

/// What to build a graph from, and how. Either `conversations` or `uploadId`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct EnqueueRequest {
    /// The conversations of an export as they are: a list of ChatGPT's or Claude's, or of `{id, role, content}`.
    #[schema(value_type = Option<Vec<Object>>)]
    conversations: Option<Box<RawValue>>,
    /// An upload that is complete.
    #[schema(value_type = Option<String>)]
    upload_id: Option<UploadId>,
    /// Which of your graphs it becomes, 1 to 64 characters; `default` unless said otherwise. Its older build is replaced.
    #[schema(value_type = Option<String>)]
    graph_id: Option<GraphId>,
    /// Fewest clusters; 3 unless said otherwise.
    #[schema(minimum = 1, maximum = 200)]
    min_clusters: Option<usize>,
    /// Most clusters; 8 unless said otherwise.
    #[schema(minimum = 1, maximum = 200)]
    max_clusters: Option<usize>,
    /// Language of names and descriptions; `en` unless said otherwise.
    #[schema(value_type = Option<LanguageCode>)]
    language: Option<Language>,
    /// Whether to write a summary; it is written unless said otherwise.
    include_summary: Option<bool>,
    /// Language of the summary; that of the names unless said otherwise.
    #[schema(value_type = Option<LanguageCode>)]
    summary_language: Option<Language>,
    /// How much the summary says; `standard` unless said otherwise.
    #[schema(value_type = Option<DetailLevelName>)]
    detail_level: Option<DetailLevel>,
}

/// `en`, `ko` or `zh`.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "names the values of core's type for the document")]
pub(super) enum LanguageCode {
    /// English.
    En,
    /// Korean.
    Ko,
    /// Chinese (simplified).
    Zh,
}

/// `brief`, `standard` or `detailed`.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "names the values of core's type for the document")]
pub(super) enum DetailLevelName {
    /// The essentials.
    Brief,
    /// What most readers want.
    Standard,
    /// All that was found.
    Detailed,
}

/// The job is on its way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Enqueued {
    /// The job.
    #[schema(value_type = String)]
    task_id: TaskId,
    /// `queued`.
    status: &'static str,
    /// What to do next.
    message: &'static str,
    /// Where to look.
    links: TaskLinks,
}

impl EnqueueRequest {
    fn options(&self) -> Result<RequestedOptions, Problem> {
        let default = ClusterRange::default();
        let min = self
            .min_clusters
            .unwrap_or_else(|| default.min().min(self.max_clusters.unwrap_or(default.min())));
        let max = self.max_clusters.unwrap_or_else(|| default.max().max(min));
        let field = if self.min_clusters.is_some() { "minClusters" } else { "maxClusters" };
        let clusters =
            ClusterRange::new(min, max).map_err(|error| Problem::field(field, error.to_string()))?;
        let language = self.language.unwrap_or_default();
        Ok(RequestedOptions {
            include_summary: self.include_summary.unwrap_or(true),
            summary_language: self.summary_language.unwrap_or(language),
            language,
            min_clusters: clusters.min(),
            max_clusters: clusters.max(),
            detail_level: self.detail_level.unwrap_or_default(),
        })
    }
}

/// Builds a graph: queues the job and answers at once.
///
/// With `Idempotency-Key` the same request sent again is the same job.
#[utoipa::path(post, path = "/v1/graph-ai", tag = "tasks", request_body = EnqueueRequest,
    params(("Idempotency-Key" = Option<String>, Header, max_length = 255, description = "Makes repeating safe")),
    responses((status = 202, description = "Queued", body = Enqueued), Usual, Nobody, Missing, Conflicting, OfBody))]
pub(super) async fn enqueue<P: Ports>(
    State(api): Shared<P>,
    Caller(caller): Caller,
    correlation: Option<Extension<CorrelationId>>,
    headers: HeaderMap,
    body: JsonBody<EnqueueRequest>,
) -> Result<Response, Problem> {
    let options = body.value.options()?;
    let key = idempotency::key(&headers)?;
    let source = source(&api, &caller, &body.value).await?;
    let now = api.clock.now();
    let (task_id, at, known) = match &key {
        None => (new_task_id()?, now, false),
        Some(key) => {
            let first = idempotency::claim(api.buckets.own(), &caller, key, &body.bytes, now).await?;
            let known = super::tasks::exists(&api, &caller, &first.task_id).await?;
            (first.task_id, first.at, known)
        }
    };
    if !known {
        super::tasks::check_in_flight(&api, &caller).await?;
    }
    let request = GenerationRequest {
        user_id: caller.clone(),
        graph_id: body.value.graph_id.clone().unwrap_or_default(),
        input: source.location(&caller, &task_id)?,
        extra_inputs: Vec::new(),
        bucket: None,
        chat_id: None,
        input_type: "auto".to_owned(),
        options,
    };
    source.keep(&api, &caller, &task_id).await?;
    let correlation_id = correlation.map(|Extension(id)| id);
    send(&api, task_id.clone(), request, at, correlation_id.clone()).await?;
    let correlation_id = correlation_id.as_ref().map(CorrelationId::as_str);
    tracing::info!(task_id = %task_id, correlation_id, user_id = %caller, "job queued");
    let message = "Queued. Ask links.self how far it is.";
    let links = TaskLinks::of_unfinished(&task_id);
    Ok(json_with(StatusCode::ACCEPTED, &Enqueued { task_id, status: "queued", message, links }))
}

/// The record, then the message. A job that somebody has begun needs no second message.
async fn send<P: Ports>(
    api: &Api<P>,
    task_id: TaskId,
    request: GenerationRequest,
    requested_at: Timestamp,
    correlation_id: Option<CorrelationId>,
) -> Result<(), Problem> {
    let message = generation_request(&task_id, requested_at, &request);
    let job = NewJob { task_id, request, requested_at, correlation_id };
    let record = register_job(api.buckets.own(), &job, api.clock.now()).await?;
    if *record.value.state() == JobState::Queued {
        api.requests.send(message.as_str(), std::time::Duration::ZERO).await?;
    }
    Ok(())
}

/// An id nobody has, which grows with time.
pub(super) fn new_task_id() -> Result<TaskId, Problem> {
    uuid::Uuid::now_v7().to_string().parse().map_err(Problem::ours)
}

/// Where the conversations are.
enum Source<'a> {
    /// In the request itself.
    Inline(&'a RawValue),
    /// Uploaded before.
    Uploaded(ObjectKey),
}

async fn source<'a, P: Ports>(
    api: &Api<P>,
    caller: &UserId,
    request: &'a EnqueueRequest,
) -> Result<Source<'a>, Problem> {
    match (&request.conversations, &request.upload_id) {
        (Some(conversations), None) => {
            count(conversations, api)?;
            Ok(Source::Inline(conversations))
        }
        (None, Some(upload_id)) => Ok(Source::Uploaded(uploads::completed(api, caller, upload_id).await?)),
        (None, None) => Err(Problem::field("conversations", "send conversations, or an uploadId")),
        (Some(_), Some(_)) => Err(Problem::field("uploadId", "send conversations or an uploadId, not both")),
    }
}

impl Source<'_> {
    /// Where the worker finds it.
    fn location(&self, caller: &UserId, task_id: &TaskId) -> Result<InputLocation, Problem> {
        match self {
            Self::Inline(_) => Ok(InputLocation::Object(inline_key(caller, task_id)?)),
            Self::Uploaded(key) => Ok(InputLocation::Object(key.clone())),
        }
    }

    async fn keep<P: Ports>(&self, api: &Api<P>, caller: &UserId, task_id: &TaskId) -> Result<(), Problem> {
        if let Self::Inline(conversations) = self {
            let bytes = conversations.get().as_bytes().to_vec();
            let key = inline_key(caller, task_id)?;
            api.buckets.own().put(&key, bytes, keys::JSON, &Condition::Always).await?;
        }
        Ok(())
    }
}

/// Inline conversations lie like an upload of the task's name.
fn inline_key(caller: &UserId, task_id: &TaskId) -> Result<ObjectKey, Problem> {
    Ok(keys::upload(caller, &task_id.as_str().parse().map_err(Problem::ours)?))
}

/// Refuses what is no list of objects, an empty one, and more than is taken in a body.
fn count<P: Ports>(conversations: &RawValue, api: &Api<P>) -> Result<(), Problem> {
    const FIELD: &str = "conversations";
    let items: Vec<Item> = serde_json::from_str(conversations.get())
        .map_err(|_| Problem::field(FIELD, "must be a list of conversations, each an object"))?;
    let messages: u64 = items.iter().map(|item| item.messages.0.max(item.chat_messages.0)).sum();
    let limits = &api.limits;
    let too_many = |field: &str, number: u64, most: u64| {
        let message = format!("has {number}, more than {most}; announce an upload instead");
        let detail = format!("{field}: {message}");
        let error = FieldProblem { field: FIELD.to_owned(), message };
        Err(Problem::new(Code::PayloadTooLarge, detail).with_errors(vec![error]))
    };
    if items.is_empty() {
        Err(Problem::field(FIELD, "must hold at least one conversation"))
    } else if items.len() > limits.conversations {
        too_many("conversations", items.len() as u64, limits.conversations as u64)
    } else if messages > limits.messages {
        too_many("messages", messages, limits.messages)
    } else {
        Ok(())
    }
}

/// A conversation, as far as it is counted.
#[derive(Deserialize)]
struct Item {
    #[serde(default, rename = "mapping")]
    messages: Entries,
    #[serde(default)]
    chat_messages: Entries,
}

/// How many entries a list or an object has; anything else has none, and the import will say what it thinks of it.
#[derive(Default)]
struct Entries(u64);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Counting)
    }
}

struct Counting;

impl<'de> Visitor<'de> for Counting {
    type Value = Entries;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Entries, A::Error> {
        let mut number = 0;
        while entries.next_element::<IgnoredAny>()?.is_some() {
            number += 1;
        }
        Ok(Entries(number))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Entries, A::Error> {
        let mut number = 0;
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            number += 1;
        }
        Ok(Entries(number))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Entries, E> {
        Ok(Entries(0))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Entries, E> {
        Ok(Entries(0))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Entries, E> {
        Ok(Entries(0))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Entries, E> {
        Ok(Entries(0))
    }

    fn visit_str<E>(self, _: &str) -> Result<Entries, E> {
        Ok(Entries(0))
    }

    fn visit_unit<E>(self) -> Result<Entries, E> {
        Ok(Entries(0))
    }
}
