//! Requests, written by us: those that come over HTTP, and those of a task, which has no message to put back.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::outgoing::MessageBody;
use super::{GenerationRequest, SummaryRequest};
use crate::ids::TaskId;

/// `GRAPH_GENERATION_REQUEST`, which reads as `request`. With a job's own time it is the message the job came by.
#[must_use]
pub fn generation_request(
    task_id: &TaskId,
    requested_at: Timestamp,
    request: &GenerationRequest,
) -> MessageBody {
    let options = &request.options;
    let payload = fields([
        ("userId", json!(request.user_id)),
        ("graphId", json!(request.graph_id)),
        ("s3Key", json!(request.input)),
        ("inputType", json!(request.input_type)),
        ("includeSummary", json!(options.include_summary)),
        ("summaryLanguage", json!(options.summary_language)),
        ("language", json!(options.language)),
        ("minClusters", json!(options.min_clusters)),
        ("maxClusters", json!(options.max_clusters)),
        ("detailLevel", json!(options.detail_level)),
        ("bucket", json!(request.bucket)),
        ("chatId", json!(request.chat_id)),
        ("extraS3Keys", json!(request.extra_inputs)),
    ]);
    envelope(task_id, "GRAPH_GENERATION_REQUEST", requested_at, payload)
}

/// `GRAPH_SUMMARY_REQUEST`, which reads as `request`.
#[must_use]
pub fn summary_request(task_id: &TaskId, requested_at: Timestamp, request: &SummaryRequest) -> MessageBody {
    let payload = fields([
        ("userId", json!(request.user_id)),
        ("graphS3Key", json!(request.graph_key)),
        ("bucket", json!(request.bucket)),
        ("vectorDbS3Key", json!(request.vectors_key)),
        ("language", json!(request.language)),
        ("detailLevel", json!(request.detail_level)),
    ]);
    envelope(task_id, "GRAPH_SUMMARY_REQUEST", requested_at, payload)
}

/// What is not there is left out.
fn fields<const N: usize>(all: [(&str, Value); N]) -> Map<String, Value> {
    let absent = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    all.into_iter()
        .filter(|(_, value)| !absent(value))
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn envelope(task_id: &TaskId, task_type: &str, at: Timestamp, payload: Map<String, Value>) -> MessageBody {
    let envelope = json!({"taskId": task_id, "taskType": task_type, "timestamp": at, "payload": payload});
    MessageBody::of(envelope.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::{Incoming, Request};
    use super::*;

    fn incoming(task_type: &str, payload: Value) -> Incoming {
        let timestamp = "2026-06-01T08:00:00.123Z";
        json!({"taskId": "t-1", "taskType": task_type, "timestamp": timestamp, "payload": payload})
            .to_string()
            .parse()
            .unwrap()
    }

    #[test]
    fn reads_as_what_was_asked() {
        let generation = incoming(
            "GRAPH_GENERATION_REQUEST",
            json!({
                "userId": "auth0|7", "s3Key": "uploads/내 대화 (1+1).json", "bucket": "inputs-eu", "chatId": "c",
                "extraS3Keys": ["graph-generation/t-1/", "a.json"], "language": "ko", "includeSummary": false,
                "minClusters": 4, "maxClusters": 9, "graphId": "work", "detailLevel": "brief",
            }),
        );
        let summary = incoming(
            "GRAPH_SUMMARY_REQUEST",
            json!({
                "userId": "u", "graphS3Key": "results/t/graph.json", "bucket": "own-bucket", "language": "zh",
                "detailLevel": "detailed",
            }),
        );
        for asked in [generation, summary] {
            let (task_id, at) = (&asked.task_id, asked.timestamp.unwrap());
            let body = match &asked.request {
                Request::Generation(request) => generation_request(task_id, at, request),
                Request::Summary(request) => summary_request(task_id, at, request),
                other => panic!("{other:?}"),
            };
            assert_eq!(body.as_str().parse(), Ok(asked));
        }
    }
}
