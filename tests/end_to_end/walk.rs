//! The whole way: a message on the request queue, and in the end vectors in Chroma that are this person's alone.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cloud::{Function, Mapping, Program, Queue, Settings, Space, within};
use crate::graph::array;
use crate::server::exported;

const PATIENCE: Duration = Duration::from_secs(120);
const CONVERSATIONS: usize = 300;

/// Worker and indexer, each behind its queue.
fn space() -> Option<Space> {
    let space = Space::with(Settings { visibility_timeout: 60, max_receive_count: 3 })?;
    let worker = Function {
        timeout: 60,
        memory: 1769,
        ..Function::new("worker", Program::of_package("graphnode-worker"))
    };
    space.deploy(&worker, &[Mapping::of(Queue::Requests)]);
    let indexer = Function::new("indexer", Program::of_package("graphnode-indexer"));
    space.deploy(&indexer, &[Mapping::of(Queue::Features)]);
    Some(space)
}

/// Conversations `c0` to `c299`: the same ids for every person, as exports of a bad tool could have.
fn export() -> Vec<u8> {
    exported(CONVERSATIONS)
}

fn ask(space: &Space, task: &str, user: &str, key: &str) {
    space.request(&json!({
        "taskId": task, "taskType": "GRAPH_GENERATION_REQUEST", "timestamp": "2026-06-01T08:00:00.000Z",
        "payload": {"userId": user, "s3Key": key, "bucket": space.bucket(), "includeSummary": true},
    }));
}

fn result(space: &Space, task: &str, file: &str) -> Value {
    serde_json::from_slice(&space.object(&format!("results/{task}/{file}")).unwrap()).unwrap()
}

/// Waits for the one COMPLETED and the vectors; yields the graph.
fn finish(space: &Space, task: &str) -> Value {
    let said = space.wait_for_result(task, PATIENCE);
    let payload = &said.results[0]["payload"];
    assert_eq!(payload["status"], "COMPLETED", "{payload}");
    assert!(!said.progress.is_empty());
    within(PATIENCE, &format!("{task} indexed"), || {
        let record: Value =
            serde_json::from_slice(&space.object(&format!("jobs/{task}.json")).unwrap()).unwrap();
        (record["state"]["status"] == "indexed").then_some(())
    });
    space.wait_until_empty(Queue::Requests, PATIENCE);
    assert_eq!(space.said_of(task).results.len(), 1);
    assert_eq!((space.depth(Queue::DeadLetters), space.depth(Queue::Features)), (0, 0));
    result(space, task, "graph.json")
}

/// Every node of `graph` is a record with both programs' names for whose it is, and there is no other.
fn check_vectors(space: &Space, user: &str, graph: &Value) {
    let records = space.vectors(&json!({"userId": user}));
    let nodes = array(&graph["nodes"]);
    assert_eq!((records.len(), nodes.len()), (CONVERSATIONS, CONVERSATIONS));
    for node in nodes {
        let id = format!("{user}_{}", node["orig_id"].as_str().unwrap());
        let record = records.iter().find(|record| record.id == id).unwrap_or_else(|| panic!("no {id}"));
        for (name, value) in [
            ("userId", &json!(user)),
            ("user_id", &json!(user)),
            ("graphId", &json!("default")),
            ("orig_id", &node["orig_id"]),
            ("conversation_id", &node["orig_id"]),
            ("node_id", &node["id"]),
            ("clusterId", &node["cluster_id"]),
            ("cluster_id", &node["cluster_id"]),
            ("cluster_name", &node["cluster_name"]),
            ("num_messages", &node["num_messages"]),
            ("source_type", &node["source_type"]),
        ] {
            assert_eq!(&record.metadata[name], value, "{id}: {name}");
        }
    }
}

#[test]
fn a_message_becomes_a_graph_a_summary_and_vectors_of_its_person_alone() {
    let Some(space) = space() else { return };
    space.put("uploads/export.json", &export());
    space.put("graph-generation/task-b/input.json", &export());
    ask(&space, "task-a", "anna", "uploads/export.json");
    ask(&space, "task-b", "ben", "graph-generation/task-b/");
    let graphs = [("anna", finish(&space, "task-a")), ("ben", finish(&space, "task-b"))];
    for (user, graph) in &graphs {
        check_vectors(&space, user, graph);
    }
    assert_eq!(graphs[0].1["nodes"], graphs[1].1["nodes"], "an object and a bundle differ");

    for task in ["task-a", "task-b"] {
        space.check_jobs_measured(task, "completed", "lambda", 1);
        let about =
            |name: &'static str| move |line: &Value| line["task_id"] == task && line.get(name).is_some();
        let measured = space.log_of("indexer").into_iter().find(about("Upserts")).unwrap();
        assert_eq!(
            (&measured["Upserts"], &measured["correlation_id"]),
            (&json!(CONVERSATIONS), &json!(task))
        );
        let tokens = space.log_of("worker").into_iter().find(about("Tokens")).unwrap();
        assert!(tokens["Tokens"].as_u64() > Some(10 * CONVERSATIONS as u64), "{tokens}");
        assert_eq!(tokens["Conversations"], CONVERSATIONS);
    }

    let summary = result(&space, "task-a", "summary.json");
    assert_eq!(summary["overview"]["total_conversations"], CONVERSATIONS);
    let features = result(&space, "task-a", "features.json");
    assert_eq!(features["metadata"]["userId"], "anna");

    // What is nearest to the first conversation's vector: itself, and hits of the person who asks alone.
    let vector: Vec<f32> = serde_json::from_value(features["embeddings"][0].clone()).unwrap();
    for user in ["anna", "ben"] {
        let hits = space.nearest(&vector, &json!({"userId": user}), 10);
        let owners: BTreeSet<&str> =
            hits.iter().map(|hit| hit.metadata["userId"].as_str().unwrap()).collect();
        assert_eq!((hits.len(), owners), (10, BTreeSet::from([user])));
        assert_eq!(hits[0].metadata["orig_id"], features["conversations"][0]["orig_id"]);
    }
    assert!(space.nearest(&vector, &json!({"userId": "nobody"}), 10).is_empty());
    assert_eq!(space.vectors(&json!({"generation": {"$gt": 0}})).len(), 2 * CONVERSATIONS);
}
