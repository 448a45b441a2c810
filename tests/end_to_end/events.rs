//! Every sample in `events/`, given to the function it is for, has the answer its README promises.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};

use crate::cloud::{Function, Program, Queue, Space};
use crate::graph::array;
use crate::program::root;
use crate::{indexer, worker};

/// The bucket of all samples; a test puts its own in its place.
const SAMPLE_BUCKET: &str = "graphnode-payloads-123456789012";
/// Queues of the samples that say what a message is, by their ARN's end; likewise.
const SAMPLE_QUEUES: [(&str, Queue); 2] =
    [(":graphnode-requests-dead", Queue::DeadLetters), (":graphnode-task-events", Queue::TaskEvents)];
/// A task id with characters that S3 escapes.
const ESCAPED: &str = "kim@example.com:2026-06-01|7";
/// A key that is escaped, and no task of ours.
const NO_TASK: &str = "results/내 대화 1+1=2/features.json";

/// What the result queue hears of a sample.
enum Heard {
    Nothing,
    /// Task and type of the one message.
    Completed(&'static str, &'static str),
    /// The same, and words of its reason.
    Failed(&'static str, &'static str, &'static str),
}
use Heard::{Completed, Failed, Nothing};

/// Sample, places of the records that are reported as failed, and what is heard. In this order: the summary is of the
/// first one's graph, and the dead letter asks for what was done by then. What is told of tasks concerns jobs nobody knows.
const OF_THE_WORKER: [(&str, &[usize], Heard); 16] = [
    ("sqs-generation-object.json", &[], Completed("task-0001", "GRAPH_GENERATION_RESULT")),
    ("sqs-generation-bundle.json", &[], Completed("task-0002", "GRAPH_GENERATION_RESULT")),
    ("sqs-generation-foreign-bucket.json", &[], Failed("task-0003", "GRAPH_GENERATION_RESULT", "bucket")),
    ("sqs-summary.json", &[], Completed("task-0004", "GRAPH_SUMMARY_RESULT")),
    ("sqs-add-node.json", &[], Failed("task-0005", "ADD_NODE_RESULT", "not supported yet")),
    ("sqs-microscope.json", &[], Failed("task-0006", "MICROSCOPE_INGEST_FROM_NODE_RESULT", "not supported")),
    ("sqs-unknown-type.json", &[0], Nothing),
    ("sqs-malformed.json", &[0], Nothing),
    ("sqs-incomplete.json", &[0], Nothing),
    ("sqs-batch-one-malformed.json", &[1], Completed("task-0010", "GRAPH_GENERATION_RESULT")),
    ("sqs-dead-letter.json", &[], Nothing),
    ("sqs-task-out-of-memory.json", &[], Nothing),
    ("sqs-task-spot-interruption.json", &[], Nothing),
    ("sqs-task-failed-to-start.json", &[], Nothing),
    ("sqs-task-finished.json", &[], Nothing),
    ("sqs-schedule.json", &[], Nothing),
];

/// Sample, and the tasks whose vectors are in Chroma afterwards.
const OF_THE_INDEXER: [(&str, &[&str]); 8] = [
    ("s3-created.json", &["task-0001"]),
    ("s3-created-escaped-id.json", &[ESCAPED]),
    ("s3-created-escaped-key.json", &[]),
    ("s3-created-several.json", &["task-0001", "task-0002"]),
    ("s3-test-event.json", &[]),
    ("eventbridge-s3-created.json", &[ESCAPED]),
    ("sqs-s3-created.json", &["task-0001"]),
    ("sqs-s3-test-event.json", &[]),
];

/// Sample, and the status of the answer.
const OF_THE_API: [(&str, u16); 3] =
    [("http-health.json", 200), ("http-enqueue.json", 202), ("http-nobody.json", 401)];
const OF_THE_SEARCH: [(&str, u16); 1] = [("http-search.json", 200)];

fn events() -> std::path::PathBuf {
    root().join("events")
}

/// A sample as it would come in `space`.
fn sample(space: &Space, file: &str) -> Value {
    let text = fs::read_to_string(events().join(file)).unwrap().replace(SAMPLE_BUCKET, space.bucket());
    let called = |text: String, (name, queue): (&str, Queue)| {
        let own = space.queue_url(queue).rsplit('/').next().unwrap();
        text.replace(name, &format!(":{own}"))
    };
    serde_json::from_str(&SAMPLE_QUEUES.into_iter().fold(text, called)).unwrap()
}

/// The answer that names these records of `event`.
fn failures(event: &Value, places: &[usize]) -> Value {
    let named = places.iter().map(|place| json!({"itemIdentifier": event["Records"][place]["messageId"]}));
    json!({"batchItemFailures": named.collect::<Vec<_>>()})
}

#[test]
fn every_sample_is_of_the_function_that_its_readme_says() {
    let folder =
        fs::read_dir(events()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = folder.filter(|name| name.ends_with(".json")).collect();
    let readme = fs::read_to_string(events().join("README.md")).unwrap();
    let explained = |heading: &str| -> BTreeSet<&str> {
        let section = readme.split("\n## ").find_map(|section| section.strip_prefix(heading)).unwrap();
        section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect()
    };
    let of_worker: Vec<&str> = OF_THE_WORKER.iter().map(|(file, ..)| *file).collect();
    let of_indexer: Vec<&str> = OF_THE_INDEXER.iter().map(|(file, _)| *file).collect();
    let of_api: Vec<&str> = OF_THE_API.iter().map(|(file, _)| *file).collect();
    let of_search: Vec<&str> = OF_THE_SEARCH.iter().map(|(file, _)| *file).collect();
    let tables = [("worker", of_worker), ("indexer", of_indexer), ("API", of_api), ("search", of_search)];
    for (function, table) in &tables {
        let once: BTreeSet<&str> = table.iter().copied().collect();
        assert_eq!(once.len(), table.len(), "a sample is in the table of the {function} twice");
        assert_eq!(explained(&format!("For the {function}\n")), once, "{function}");
    }
    let in_tables: BTreeSet<String> =
        tables.iter().flat_map(|(_, table)| table).map(ToString::to_string).collect();
    assert_eq!(files, in_tables, "events/ and the tables of this test differ");
}

#[test]
fn every_sample_event_of_the_http_api_has_its_answer() {
    let Some(space) = Space::new() else { return };
    for (function, samples) in [("api", &OF_THE_API[..]), ("search", &OF_THE_SEARCH[..])] {
        let program = Program::of_package(&format!("graphnode-{function}"));
        space.deploy(&Function { memory: 1769, ..Function::new(function, program) }, &[]);
        for (file, status) in samples {
            let answered = space.invoke(function, &sample(&space, file));
            assert!(!answered.failed, "{file}: {}", answered.payload);
            assert_eq!(answered.payload["statusCode"], *status, "{file}: {}", answered.payload);
        }
    }
    assert_eq!(space.depth(Queue::Requests), 1);
}

#[test]
fn every_sample_event_of_the_worker_has_its_answer() {
    let Some(space) = Space::new() else { return };
    space.deploy(&worker::function(&[]), &[]);
    space.put("uploads/auth0-5f7c8ec7/내 대화 (1+1).json", &worker::exported(12));
    let note =
        json!({"id": "note-1", "title": "Night trains", "content": "None runs from Madrid to Lisbon now."});
    let notes = json!({"source_nodes": [note]}).to_string();
    space.put("uploads/auth0-5f7c8ec7/notes.json", notes.as_bytes());
    for task in ["task-0002", "task-0010"] {
        space.put(&format!("graph-generation/{task}/input.json"), &worker::exported(12));
    }
    for (file, failed, _) in &OF_THE_WORKER {
        let event = sample(&space, file);
        let answered = space.invoke("worker", &event);
        assert!(!answered.failed, "{file}: {}", answered.payload);
        assert_eq!(answered.payload, failures(&event, failed), "{file}");
    }
    heard_what_was_promised(&space);
    bundle_was_read_whole(&space);
}

/// One result for each sample that has one, and none else.
fn heard_what_was_promised(space: &Space) {
    let results = space.results();
    let field = |message: &Value, name: &str| message[name].as_str().unwrap().to_owned();
    let by_task: BTreeMap<String, &Value> =
        results.iter().map(|message| (field(message, "taskId"), message)).collect();
    let mut promised = 0;
    for (file, _, heard) in &OF_THE_WORKER {
        let (task, kind, status, reason) = match heard {
            Nothing => continue,
            Completed(task, kind) => (*task, *kind, "COMPLETED", ""),
            Failed(task, kind, reason) => (*task, *kind, "FAILED", *reason),
        };
        promised += 1;
        let message = by_task.get(task).unwrap_or_else(|| panic!("{file}: nothing of {task}"));
        assert_eq!(
            (&message["taskType"], &message["payload"]["status"]),
            (&json!(kind), &json!(status)),
            "{file}"
        );
        let said = message["payload"]["error"].as_str().unwrap_or_default();
        assert!(said.contains(reason) && said.is_empty() == reason.is_empty(), "{file}: {said}");
    }
    assert_eq!(results.len(), promised, "{results:#?}");
}

/// The bundle has no summary, and has what its further key names.
fn bundle_was_read_whole(space: &Space) {
    assert!(space.object("results/task-0001/summary.json").is_some());
    assert!(space.object("results/task-0002/summary.json").is_none());
    let graph: Value =
        serde_json::from_slice(&space.object("results/task-0002/graph.json").unwrap()).unwrap();
    let nodes = array(&graph["nodes"]);
    assert_eq!(nodes.len(), 13);
    assert!(nodes.iter().any(|node| node["orig_id"] == "note-1"));
}

#[test]
fn every_sample_event_of_the_indexer_has_its_answer() {
    for (file, indexed) in &OF_THE_INDEXER {
        let Some(space) = Space::new() else { return };
        space.deploy(&indexer::function(), &[]);
        let builds = [("task-0001", "anna"), ("task-0002", "ben"), (ESCAPED, "kim")];
        for (task, user) in builds {
            indexer::complete(&space, &indexer::build(task, user, 10, &["a", "b"]));
        }
        space.put(NO_TASK, b"{}");
        let event = sample(&space, file);
        let answered = space.invoke("indexer", &event);
        assert!(!answered.failed, "{file}: {}", answered.payload);
        let by_queue = file.starts_with("sqs-");
        let expected = if by_queue { failures(&event, &[]) } else { Value::Null };
        assert_eq!(answered.payload, expected, "{file}");
        for (task, user) in builds {
            let vectors = if indexed.contains(&task) { 2 } else { 0 };
            assert_eq!(indexer::ids(&space, user).len(), vectors, "{file}: {task}");
            let status = if indexed.contains(&task) { "indexed" } else { "completed" };
            assert_eq!(indexer::state(&space, task)["status"], status, "{file}: {task}");
        }
    }
}
