//! The indexer: an object appears in S3, its vectors are in Chroma, and nothing that should not be.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cloud::{Function, Mapping, Program, Queue, Settings, Space, within};

const PATIENCE: Duration = Duration::from_secs(30);
const DIMENSION: usize = 8;

/// A build as the worker leaves it behind.
pub(crate) struct Build {
    task: &'static str,
    user: &'static str,
    graph: &'static str,
    generation: u64,
    ids: Vec<String>,
}

pub(crate) fn build(task: &'static str, user: &'static str, generation: u64, ids: &[&str]) -> Build {
    let ids = ids.iter().map(ToString::to_string).collect();
    Build { task, user, graph: "default", generation, ids }
}

impl Build {
    fn features_key(&self) -> String {
        format!("results/{}/features.json", self.task)
    }

    fn features(&self) -> Value {
        let conversation = |(number, id): (usize, &String)| {
            json!({
                "id": number, "orig_id": id, "create_time": 1_709_405_640.5, "update_time": 1_709_405_700,
                "keywords": [{"term": "천연 발효종", "score": 0.9}, {"term": "rye flour", "score": 0.5}],
                "timestamp": "2024-03-02T18:54:00.5Z", "num_sections": 4, "num_messages": 4,
                "source_type": "chat", "cluster_id": "cluster_1", "content_hash": "00",
            })
        };
        json!({
            "conversations": self.ids.iter().enumerate().map(conversation).collect::<Vec<_>>(),
            "embeddings": (0..self.ids.len()).map(row).collect::<Vec<_>>(),
            "metadata": {
                "userId": self.user, "graphId": self.graph, "taskId": self.task, "generation": self.generation,
                "total_conversations": self.ids.len(), "embedding_model": "test-model",
                "embedding_precision": "f32", "embedding_dimension": DIMENSION,
                "generated_at": "2026-06-01T08:00:00Z", "cluster_names": {"cluster_1": "빵 굽기"},
            },
        })
    }

    /// The record of the completed job.
    fn record(&self) -> Value {
        let time = "2026-06-01T08:00:00Z";
        json!({
            "schema": 1, "revision": 3, "task_id": self.task, "generation": self.generation,
            "request": {
                "user_id": self.user, "graph_id": self.graph, "input": "graph-generation/x/", "extra_inputs": [],
                "bucket": null, "chat_id": null, "input_type": "auto",
                "options": {
                    "include_summary": true, "summary_language": "ko", "language": "ko",
                    "min_clusters": 3, "max_clusters": 8,
                },
            },
            "requested_at": time, "created_at": time, "updated_at": time,
            "state": {"status": "completed", "at": time}, "attempt": 1,
        })
    }
}

/// A vector of unit length, another one for every number.
fn row(number: usize) -> Vec<f32> {
    let mut row = vec![0.0; DIMENSION];
    let angle = number as f32 * 0.37;
    row[number % (DIMENSION - 1)] = angle.cos();
    row[DIMENSION - 1] = angle.sin();
    row
}

/// A space with the indexer behind its queue.
fn space() -> Option<Space> {
    let space = Space::with(Settings { visibility_timeout: 20, max_receive_count: 2 })?;
    deploy(&space, 20);
    Some(space)
}

pub(crate) fn function() -> Function {
    Function::new("indexer", Program::of_package("graphnode-indexer"))
}

fn deploy(space: &Space, timeout: u32) {
    space.deploy(&Function { timeout, ..function() }, &[Mapping::of(Queue::Features)]);
}

/// Completes the job and writes its features, as the worker does last.
pub(crate) fn complete(space: &Space, build: &Build) {
    space.put(&format!("jobs/{}.json", build.task), build.record().to_string().as_bytes());
    space.put(&build.features_key(), build.features().to_string().as_bytes());
}

/// The state of a job, from its record.
pub(crate) fn state(space: &Space, task: &str) -> Value {
    let record = space.object(&format!("jobs/{task}.json")).unwrap();
    serde_json::from_slice::<Value>(&record).unwrap()["state"].clone()
}

fn wait_until_indexed(space: &Space, build: &Build) {
    within(PATIENCE, &format!("{} indexed", build.task), || {
        (state(space, build.task)["status"] == "indexed").then_some(())
    });
    assert_eq!(state(space, build.task)["vectors"], build.ids.len());
}

/// The records of a person.
pub(crate) fn ids(space: &Space, user: &str) -> Vec<String> {
    space.vectors(&json!({"userId": user})).into_iter().map(|record| record.id).collect()
}

#[test]
fn a_new_features_file_becomes_vectors_of_its_person() {
    let Some(space) = space() else { return };
    let build = build("task-1", "user-1", 7, &["3f1c-9a", "대화-2"]);
    complete(&space, &build);
    wait_until_indexed(&space, &build);
    let records = space.vectors(&json!({"userId": "user-1"}));
    assert_eq!(records[0].id, "user-1_3f1c-9a");
    let expected = json!({
        "userId": "user-1", "graphId": "default", "clusterId": "cluster_1", "user_id": "user-1",
        "orig_id": "3f1c-9a", "conversation_id": "3f1c-9a", "node_id": 0, "cluster_id": "cluster_1",
        "cluster_name": "빵 굽기", "keywords": "천연 발효종,rye flour", "create_time": 1_709_405_640.5,
        "num_messages": 4, "source_type": "chat", "model": "test-model", "generation": 7,
    });
    assert_eq!(Value::Object(records[0].metadata.clone()), expected);
    let nearest = space.nearest(&row(1), &json!({"userId": "user-1"}), 1);
    assert_eq!(nearest[0].metadata["orig_id"], "대화-2");
    assert!(space.nearest(&row(1), &json!({"userId": "user-2"}), 1).is_empty());
    let pointer = space.object("users/user-1/graphs/default.json").unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&pointer).unwrap()["task_id"], "task-1");
    assert_eq!(space.depth(Queue::FeaturesDeadLetters), 0);
}

#[test]
fn the_newest_build_stays_whatever_comes_again_or_late() {
    let Some(space) = space() else { return };
    let first = build("task-1", "user-1", 10, &["a", "b", "c"]);
    complete(&space, &first);
    wait_until_indexed(&space, &first);
    let fewer = build("task-2", "user-1", 20, &["b"]);
    complete(&space, &fewer);
    wait_until_indexed(&space, &fewer);
    let settled = space.vectors(&json!({"userId": "user-1"}));
    assert_eq!(settled.len(), 1, "what only the older build had is gone");
    // The same object once more, and a build that was asked for before the one that counts.
    space.put(&fewer.features_key(), fewer.features().to_string().as_bytes());
    complete(&space, &build("task-0", "user-1", 15, &["a", "b", "z"]));
    space.wait_until_empty(Queue::Features, PATIENCE);
    let after = space.vectors(&json!({"userId": "user-1"}));
    assert_eq!((after[0].id.as_str(), after.len()), ("user-1_b", 1));
    assert_eq!(after[0].metadata, settled[0].metadata);
    assert_eq!(state(&space, "task-0")["status"], "completed", "it never was in the index");
    assert_eq!(space.depth(Queue::FeaturesDeadLetters), 0);
}

#[test]
fn two_persons_with_the_same_ids_do_not_touch_each_others_vectors() {
    let Some(space) = space() else { return };
    let builds = [build("task-1", "user-1", 10, &["a", "b"]), build("task-2", "user-2", 10, &["a", "b"])];
    builds.iter().for_each(|build| complete(&space, build));
    builds.iter().for_each(|build| wait_until_indexed(&space, build));
    let fewer = build("task-3", "user-1", 20, &["b"]);
    complete(&space, &fewer);
    wait_until_indexed(&space, &fewer);
    assert_eq!((ids(&space, "user-1"), ids(&space, "user-2").len()), (vec!["user-1_b".to_owned()], 2));
}

#[test]
fn any_number_of_nodes_keeps_within_the_quotas() {
    let Some(space) = space() else { return };
    let ids = (0..1500).map(|number| format!("conversation-{number}")).collect();
    let build = Build { ids, ..build("task-1", "user-1", 10, &[]) };
    complete(&space, &build);
    wait_until_indexed(&space, &build);
    assert_eq!(space.vectors(&json!({"userId": "user-1"})).len(), 1500);
}

#[test]
fn a_file_that_cannot_be_indexed_becomes_a_dead_letter_and_stops_no_other() {
    let Some(space) = Space::with(Settings { visibility_timeout: 2, max_receive_count: 2 }) else { return };
    deploy(&space, 2);
    let (bad, good) = (build("task-1", "user-1", 10, &["a"]), build("task-2", "user-2", 10, &["a"]));
    let mut features = bad.features();
    features["embeddings"][0][0] = json!(7.5);
    space.put(&format!("jobs/{}.json", bad.task), bad.record().to_string().as_bytes());
    space.put(&bad.features_key(), features.to_string().as_bytes());
    complete(&space, &good);
    wait_until_indexed(&space, &good);
    let dead = space.take(Queue::FeaturesDeadLetters, PATIENCE);
    assert!(dead[0].body.contains("task-1"), "{}", dead[0].body);
    assert!(ids(&space, "user-1").is_empty());
    assert_eq!(state(&space, "task-1")["status"], "completed");
}
