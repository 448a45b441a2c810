//! The calls of AWS that tests make, over plain HTTP: the stand-in does not look at signatures.

use serde_json::{Value, json};

use super::Cloud;
use super::http::{Response, encoded};

/// A queue of a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queue {
    /// What the backend sends.
    Requests,
    /// Requests that were received too often.
    DeadLetters,
    /// Progress and results, for the backend.
    Results,
    /// S3's events of new `features.json`.
    Features,
    /// Events of `features.json` that were received too often.
    FeaturesDeadLetters,
    /// EventBridge's events of stopped tasks.
    TaskEvents,
}

impl Queue {
    /// The queue's name in the control API's answer.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::Requests => "request_queue",
            Self::DeadLetters => "dead_letter_queue",
            Self::Results => "result_queue",
            Self::Features => "features_queue",
            Self::FeaturesDeadLetters => "features_dead_letter_queue",
            Self::TaskEvents => "task_event_queue",
        }
    }
}

/// A message that was taken off a queue.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) body: String,
    /// How often it was received, this time included.
    pub(crate) receives: u32,
}

impl Cloud {
    fn authorization(&self, service: &str) -> String {
        let scope = format!("test/20260101/{}/{service}/aws4_request", self.region);
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")
    }

    fn call(&self, service: &str, version: &str, operation: &str, body: &Value) -> Value {
        let authorization = self.authorization(service);
        let headers = [
            ("Authorization", authorization.as_str()),
            ("X-Amz-Target", operation),
            ("Content-Type", &format!("application/x-amz-json-{version}")),
        ];
        let response = self.aws.send("POST", "/", &headers, body.to_string().as_bytes());
        assert!(response.succeeded(), "{operation}: {}", response.text());
        if response.body.is_empty() { Value::Null } else { response.json() }
    }

    pub(crate) fn sqs(&self, operation: &str, body: &Value) -> Value {
        self.call("sqs", "1.0", &format!("AmazonSQS.{operation}"), body)
    }

    pub(crate) fn ecs(&self, operation: &str, body: &Value) -> Value {
        self.call("ecs", "1.1", &format!("AmazonEC2ContainerServiceV20141113.{operation}"), body)
    }

    /// Receives and deletes up to ten messages, waiting at most a second for the first.
    pub(crate) fn take(&self, queue_url: &str) -> Vec<Message> {
        let asked = json!({
            "QueueUrl": queue_url,
            "MaxNumberOfMessages": 10,
            "WaitTimeSeconds": 1,
            "MessageSystemAttributeNames": ["ApproximateReceiveCount"],
        });
        let answer = self.sqs("ReceiveMessage", &asked);
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        messages.iter().map(|message| self.taken(queue_url, message)).collect()
    }

    fn taken(&self, queue_url: &str, message: &Value) -> Message {
        self.sqs("DeleteMessage", &json!({"QueueUrl": queue_url, "ReceiptHandle": message["ReceiptHandle"]}));
        let receives = message["Attributes"]["ApproximateReceiveCount"].as_str().unwrap();
        Message { body: message["Body"].as_str().unwrap().to_owned(), receives: receives.parse().unwrap() }
    }

    fn s3(&self, method: &str, path: &str, body: &[u8]) -> Response {
        let authorization = self.authorization("s3");
        let headers = [("Authorization", authorization.as_str()), ("Content-Type", "application/json")];
        self.aws.send(method, path, &headers, body)
    }

    pub(crate) fn put_object(&self, bucket: &str, key: &str, body: &[u8]) {
        let response = self.s3("PUT", &format!("/{bucket}/{}", encoded(key)), body);
        assert!(response.succeeded(), "{key}: {}", response.text());
    }

    pub(crate) fn object(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        let response = self.s3("GET", &format!("/{bucket}/{}", encoded(key)), b"");
        assert!(response.succeeded() || response.status == 404, "{key}: {}", response.text());
        response.succeeded().then_some(response.body)
    }

    pub(crate) fn remove_object(&self, bucket: &str, key: &str) {
        let response = self.s3("DELETE", &format!("/{bucket}/{}", encoded(key)), b"");
        assert!(response.succeeded(), "{key}: {}", response.text());
    }

    /// The keys with this prefix, sorted; at most a thousand.
    pub(crate) fn keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let prefix = encoded(prefix).replace('/', "%2F");
        let listing = self.s3("GET", &format!("/{bucket}?list-type=2&prefix={prefix}"), b"").text();
        assert!(listing.contains("<IsTruncated>false</IsTruncated>"), "{listing}");
        let keys = listing.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
        keys.map(without_entities).collect()
    }
}

fn without_entities(text: &str) -> String {
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    plain.replace("&#x27;", "'").replace("&apos;", "'").replace("&amp;", "&")
}
