//! The message of a job, written anew from its record: a started task has none to put back.

use graphnode_core::job::JobRecord;
use serde_json::{Map, Value, json};

/// A `GRAPH_GENERATION_REQUEST` that reads as what the job was asked with.
pub(crate) fn request_body(record: &JobRecord) -> String {
    let request = record.request();
    let options = &request.options;
    let mut payload = json!({
        "userId": request.user_id,
        "graphId": request.graph_id,
        "s3Key": request.input,
        "inputType": request.input_type,
        "includeSummary": options.include_summary,
        "summaryLanguage": options.summary_language,
        "language": options.language,
        "minClusters": options.min_clusters,
        "maxClusters": options.max_clusters,
    });
    if let Value::Object(fields) = &mut payload {
        add_optional(fields, record);
    }
    json!({
        "taskId": record.task_id(),
        "taskType": "GRAPH_GENERATION_REQUEST",
        "timestamp": record.requested_at(),
        "payload": payload,
    })
    .to_string()
}

fn add_optional(fields: &mut Map<String, Value>, record: &JobRecord) {
    let request = record.request();
    if let Some(bucket) = &request.bucket {
        fields.insert("bucket".to_owned(), json!(bucket));
    }
    if let Some(chat_id) = &request.chat_id {
        fields.insert("chatId".to_owned(), json!(chat_id));
    }
    if !request.extra_inputs.is_empty() {
        fields.insert("extraS3Keys".to_owned(), json!(request.extra_inputs));
    }
}

#[cfg(test)]
mod tests {
    use graphnode_core::job::NewJob;
    use graphnode_core::messages::{Incoming, Request};
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn reads_as_what_was_asked() {
        let body = json!({
            "taskId": "t-1", "taskType": "GRAPH_GENERATION_REQUEST", "timestamp": "2026-06-01T08:00:00.123Z",
            "payload": {
                "userId": "auth0|7", "s3Key": "uploads/내 대화 (1+1).json", "bucket": "inputs-eu", "chatId": "c",
                "extraS3Keys": ["graph-generation/t-1/", "a.json"], "language": "ko", "includeSummary": false,
                "minClusters": 4, "maxClusters": 9, "graphId": "work",
            },
        });
        let incoming: Incoming = body.to_string().parse().unwrap();
        let Request::Generation(request) = incoming.request.clone() else { panic!("another type") };
        let requested_at = incoming.timestamp.unwrap();
        let job = NewJob { task_id: incoming.task_id.clone(), request, requested_at };
        let again = request_body(&JobRecord::new(job, 1, Timestamp::UNIX_EPOCH));
        assert_eq!(again.parse(), Ok(incoming));
    }
}
