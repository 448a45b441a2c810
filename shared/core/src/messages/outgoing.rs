//! What we answer. Every constructor yields a message the consumer accepts; there is no way to build another.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use super::progress::Progress;
use crate::ids::{TaskId, UserId};
use crate::keys::ObjectKey;

/// The body of a message that is ready to be sent.
///
/// It is kept as text, so that a message sent again is the same to the byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageBody(String);

impl MessageBody {
    pub(super) fn of(text: String) -> Self {
        Self(text)
    }

    /// The body, for a [`Queue`](crate::ports::Queue).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a job failed, for the person: never empty, one line, at most [`FailureReason::LONGEST`] characters.
///
/// Duty of the caller: it says nothing of a chat's content and nothing of the inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct FailureReason(String);

impl FailureReason {
    /// Most characters.
    pub const LONGEST: usize = 500;

    /// `text` in one line, cut where it is too long.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let line: Vec<&str> = text
            .split(|c: char| c.is_control() || c.is_whitespace())
            .filter(|word| !word.is_empty())
            .collect();
        let line: String = line.join(" ").chars().take(Self::LONGEST).collect();
        Self(if line.is_empty() { "the job failed".to_owned() } else { line })
    }

    /// The reason as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FailureReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for FailureReason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::new(&text))
    }
}

/// What became of the summary of a graph that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SummaryPart {
    /// None was asked for.
    NotRequested,
    /// It lies there.
    Written(ObjectKey),
    /// It failed; the graph is complete all the same.
    Failed(FailureReason),
}

/// How a graph generation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GraphResult {
    /// The graph is there.
    Completed {
        /// `graph.json`.
        graph: ObjectKey,
        /// `features.json`.
        features: Option<ObjectKey>,
        /// `summary.json`.
        summary: SummaryPart,
    },
    /// It is not, for good.
    Failed(FailureReason),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, P: Serialize> {
    task_id: &'a str,
    task_type: &'a str,
    timestamp: String,
    payload: P,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProgressPayload<'a> {
    user_id: &'a str,
    current_stage: String,
    progress_percent: u8,
    eta_seconds: Option<u64>,
}

#[derive(Serialize, Default)]
struct ResultPayload<'a> {
    #[serde(rename = "userId")]
    user_id: &'a str,
    status: &'static str,
    #[serde(rename = "resultS3Key", skip_serializing_if = "Option::is_none")]
    result: Option<&'a ObjectKey>,
    #[serde(rename = "featuresS3Key", skip_serializing_if = "Option::is_none")]
    features: Option<&'a ObjectKey>,
    #[serde(rename = "summaryIncluded", skip_serializing_if = "Option::is_none")]
    summary_included: Option<bool>,
    #[serde(rename = "summaryS3Key", skip_serializing_if = "Option::is_none")]
    summary: Option<&'a ObjectKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a FailureReason>,
}

const COMPLETED: &str = "COMPLETED";
const FAILED: &str = "FAILED";

/// `GRAPH_GENERATION_PROGRESS`. `eta_seconds` is what is left of the whole job, where it can be told.
#[must_use]
pub fn progress(
    task_id: &TaskId,
    user_id: &UserId,
    at: Timestamp,
    progress: Progress,
    eta_seconds: Option<u64>,
) -> MessageBody {
    let payload = ProgressPayload {
        user_id: user_id.as_str(),
        current_stage: progress.current_stage(),
        progress_percent: progress.percent(),
        eta_seconds,
    };
    body(task_id, "GRAPH_GENERATION_PROGRESS", at, payload)
}

/// `GRAPH_GENERATION_RESULT`.
#[must_use]
pub fn graph_result(task_id: &TaskId, user_id: &UserId, at: Timestamp, result: &GraphResult) -> MessageBody {
    let mut payload = ResultPayload { user_id: user_id.as_str(), ..ResultPayload::default() };
    match result {
        GraphResult::Failed(reason) => {
            payload.status = FAILED;
            payload.error = Some(reason);
        }
        GraphResult::Completed { graph, features, summary } => {
            payload.status = COMPLETED;
            payload.result = Some(graph);
            payload.features = features.as_ref();
            match summary {
                SummaryPart::NotRequested => {}
                SummaryPart::Written(key) => {
                    payload.summary_included = Some(true);
                    payload.summary = Some(key);
                }
                SummaryPart::Failed(reason) => payload.error = Some(reason),
            }
        }
    }
    body(task_id, "GRAPH_GENERATION_RESULT", at, payload)
}

/// `GRAPH_SUMMARY_RESULT`: the summary's key, or why there is none.
#[must_use]
pub fn summary_result(
    task_id: &TaskId,
    user_id: &UserId,
    at: Timestamp,
    result: Result<&ObjectKey, &FailureReason>,
) -> MessageBody {
    let mut payload = plain(user_id, result.err());
    payload.summary = result.ok();
    body(task_id, "GRAPH_SUMMARY_RESULT", at, payload)
}

/// `ADD_NODE_RESULT`: the key of what was added, or why nothing was.
#[must_use]
pub fn add_node_result(
    task_id: &TaskId,
    user_id: &UserId,
    at: Timestamp,
    result: Result<&ObjectKey, &FailureReason>,
) -> MessageBody {
    let mut payload = plain(user_id, result.err());
    payload.result = result.ok();
    body(task_id, "ADD_NODE_RESULT", at, payload)
}

/// The FAILED result of a request of any type, for those that are not supported or could not be read:
/// `X_REQUEST` is answered with `X_RESULT`.
#[must_use]
pub fn failed_result(
    task_type: &str,
    task_id: &TaskId,
    user_id: Option<&UserId>,
    at: Timestamp,
    reason: &FailureReason,
) -> MessageBody {
    let answer = format!("{}_RESULT", task_type.strip_suffix("_REQUEST").unwrap_or(task_type));
    let payload = ResultPayload {
        user_id: user_id.map_or("", UserId::as_str),
        status: FAILED,
        error: Some(reason),
        ..ResultPayload::default()
    };
    body(task_id, &answer, at, payload)
}

fn plain<'a>(user_id: &'a UserId, reason: Option<&'a FailureReason>) -> ResultPayload<'a> {
    let status = if reason.is_none() { COMPLETED } else { FAILED };
    ResultPayload { user_id: user_id.as_str(), status, error: reason, ..ResultPayload::default() }
}

fn body(task_id: &TaskId, task_type: &str, at: Timestamp, payload: impl Serialize) -> MessageBody {
    // Milliseconds are what the consumer's own messages have.
    let timestamp = format!("{at:.3}");
    let envelope = Envelope { task_id: task_id.as_str(), task_type, timestamp, payload };
    // Strings, numbers and options only: serialising them cannot fail, and an empty body would be refused loudly.
    MessageBody(serde_json::to_string(&envelope).unwrap_or_default())
}
