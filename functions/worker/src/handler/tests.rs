//! The sample events and what the function says to them.

use std::path::Path;
use std::sync::Arc;

use graphnode_adapters::embedded::{FolderObjects, LocalQueue};
use graphnode_core::clock::SystemClock;
use graphnode_core::job::Place;
use graphnode_core::keys::JSON;
use graphnode_core::metrics::Meter;
use graphnode_core::ports::Buckets;
use graphnode_core::ports::NoLauncher;
use graphnode_core::ports::objects::Condition;
use graphnode_jobs::{LazyEncoder, Settings};
use graphnode_testkit::encoder::HashingEncoder;
use graphnode_testkit::export::{ConversationBuilder, export};
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::context::Feed;

struct Machine {
    worker: Worker<FolderObjects, LocalQueue, NoLauncher, SystemClock>,
    results: LocalQueue,
    _folder: TempDir,
}

fn machine() -> Machine {
    let folder = tempfile::tempdir().unwrap();
    let objects = FolderObjects::open(folder.path()).unwrap();
    let results = LocalQueue::default();
    let service = Service {
        buckets: Buckets::new("own-bucket".parse().unwrap(), objects, []),
        requests: LocalQueue::default(),
        results: results.clone(),
        launcher: None,
        encoder: Arc::new(LazyEncoder::new(|| Ok(HashingEncoder::default()))),
        clock: Arc::new(SystemClock::default()),
        meter: Meter::silent(),
        settings: Settings { scratch: folder.path().to_owned(), ..Settings::of(Place::Lambda) },
    };
    // As the samples call them.
    let feed = |name: &str| Feed::of_url(&format!("https://sqs/123456789012/{name}"), LocalQueue::default());
    let (dead_letters, task_events) = (feed("graphnode-requests-dead"), feed("graphnode-task-events"));
    Machine { worker: Worker { service, dead_letters, task_events }, results, _folder: folder }
}

impl Machine {
    async fn handle(&self, event: &Value) -> Result<Vec<String>, EventError> {
        let response = handle(&self.worker, event, "request-1", Duration::from_secs(60)).await?;
        Ok(response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect())
    }
}

fn record(id: &str, body: &Value) -> Value {
    json!({
        "messageId": id, "receiptHandle": "r", "body": body.to_string(), "eventSource": "aws:sqs",
        "attributes": {"ApproximateReceiveCount": "1"},
    })
}

#[tokio::test]
async fn the_good_of_a_batch_is_done_and_the_bad_named() {
    let machine = machine();
    let conversation = ConversationBuilder::new("c", "Bread", 1.7e9).person("flour and yeast and an oven");
    let key = "uploads/export.json".parse().unwrap();
    let bucket = machine.worker.service.buckets.own();
    bucket.put(&key, export([conversation]), JSON, &Condition::Always).await.unwrap();
    let good = json!({
        "taskId": "t-1", "taskType": "GRAPH_GENERATION_REQUEST",
        "payload": {"userId": "u", "s3Key": "uploads/export.json"},
    });
    let event = json!({"Records": [
        record("good", &good),
        record("bad", &json!("no envelope")),
        {"messageId": "odd", "body": 7},
        record("good-again", &good),
    ]});
    assert_eq!(machine.handle(&event).await.unwrap(), ["bad", "odd"]);
    let sent = machine.results.receive(10, Duration::ZERO, Duration::from_secs(9)).await.unwrap();
    let results = sent.iter().filter(|message| message.body.contains("GRAPH_GENERATION_RESULT"));
    assert_eq!(results.count(), 1);
}

#[tokio::test]
async fn what_is_no_event_of_a_queue_fails_the_invocation() {
    let machine = machine();
    assert!(matches!(machine.handle(&json!({})).await, Err(EventError::NoRecords)));
    let nameless = json!({"Records": [{"body": "x"}]});
    assert!(matches!(machine.handle(&nameless).await, Err(EventError::NoMessageId)));
    assert!(machine.handle(&json!({"Records": []})).await.unwrap().is_empty());
}

/// The samples of `events/`, where the checkout has them: what `events/README.md` says should happen.
#[tokio::test]
async fn sample_events_are_answered_as_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
    for (file, failures) in [
        ("sqs-generation-foreign-bucket.json", 0),
        ("sqs-add-node.json", 0),
        ("sqs-microscope.json", 0),
        ("sqs-unknown-type.json", 1),
        ("sqs-malformed.json", 1),
        ("sqs-incomplete.json", 1),
        ("sqs-batch-one-malformed.json", 1),
        ("sqs-task-out-of-memory.json", 0),
        ("sqs-schedule.json", 0),
    ] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let event: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(machine().handle(&event).await.unwrap().len(), failures, "{file}");
    }
}

#[test]
fn a_fifth_of_the_time_is_left_for_a_hand_over() {
    let seconds = Duration::from_secs;
    assert_eq!(reserve(seconds(30)), seconds(6));
    assert_eq!(reserve(seconds(900)), seconds(20));
    assert_eq!(reserve(seconds(1)), seconds(3));
}

#[test]
fn a_record_tells_when_it_was_sent_and_how_often_received() {
    let mut record = record("m-1", &json!("x"));
    record["attributes"] = json!({"ApproximateReceiveCount": "2", "SentTimestamp": "1780304400123"});
    let (_, delivery) = decode(&record).unwrap();
    assert_eq!(delivery.receive_count, 2);
    assert_eq!(delivery.sent_at, "2026-06-01T09:00:00.123Z".parse().ok());
    record["attributes"] = json!({});
    let (_, delivery) = decode(&record).unwrap();
    assert_eq!((delivery.receive_count, delivery.sent_at), (1, None));
}
