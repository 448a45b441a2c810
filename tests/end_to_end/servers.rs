//! The cloud that the other tests stand on: a message, an object and a task find their way.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cloud::{Function, Mapping, Program, Queue, Settings, Space, within};

const PATIENCE: Duration = Duration::from_secs(20);

/// The function of the servers' own checks, see `tests/servers/checks/function.py`.
/// The checks' function in the place of one of ours; it answers to the result queue, whose place that one may not know.
fn function(space: &Space, name: &'static str) -> Function {
    let variables = vec![("GRAPHNODE_RESULT_QUEUE_URL", space.queue_url(Queue::Results).to_owned())];
    Function { timeout: 2, variables, ..Function::new(name, Program::for_checks(&[])) }
}

/// A space in which a message that fails becomes a dead letter soon.
fn space() -> Option<Space> {
    Space::with(Settings { visibility_timeout: 2, max_receive_count: 2 })
}

fn decoded(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_request_reaches_its_function_and_the_result_its_sender() {
    let Some(space) = space() else { return };
    space.deploy(&function(&space, "worker"), &[Mapping::of(Queue::Requests)]);
    for kind in ["GRAPH_GENERATION_PROGRESS", "GRAPH_GENERATION_RESULT"] {
        space.request(&json!({"do": "forward", "taskId": "태스크-1", "taskType": kind}));
    }
    space.request(&json!({"do": "forward", "taskId": "task-2", "taskType": "ADD_NODE_RESULT"}));
    space.wait_for_result("태스크-1", PATIENCE);
    space.wait_for_result("task-2", PATIENCE);
    space.wait_until_empty(Queue::Requests, PATIENCE);
    let said = space.said_of("태스크-1");
    assert_eq!((said.progress.len(), said.results.len()), (1, 1));
    assert_eq!(said.results[0]["receiveCount"], 1);
}

#[test]
fn only_the_failed_message_of_a_batch_becomes_a_dead_letter() {
    let Some(space) = space() else { return };
    space.send(Queue::Requests, r#"{"do": "fail"}"#);
    space.request(&json!({"do": "forward", "taskId": "good", "taskType": "GRAPH_GENERATION_RESULT"}));
    space.deploy(&function(&space, "worker"), &[Mapping { batch_size: 10, ..Mapping::of(Queue::Requests) }]);
    let dead = space.take(Queue::DeadLetters, PATIENCE);
    assert_eq!(dead[0].body, r#"{"do": "fail"}"#);
    assert!(dead[0].receives > 2, "it was received twice before");
    assert_eq!(space.said_of("good").results[0]["receiveCount"], 1);
}

#[test]
fn a_function_that_fails_says_how() {
    let Some(space) = space() else { return };
    space.deploy(&function(&space, "worker"), &[]);
    let answered = space.invoke("worker", &json!({"a": "대화"}));
    assert_eq!((answered.payload, answered.failed), (json!({"a": "대화"}), false));
    let record = json!({"messageId": "1", "body": r#"{"do": "exit"}"#, "attributes": {}});
    let died = space.invoke("worker", &json!({"Records": [record]}));
    assert!(died.failed);
    assert_eq!(died.payload["errorType"], "Runtime.ExitError");
}

#[test]
fn an_object_becomes_an_event_and_the_event_an_invocation() {
    let Some(space) = space() else { return };
    let key = "results/태스크 1+1/features.json";
    space.deploy(&function(&space, "indexer"), &[Mapping::of(Queue::Features)]);
    space.put("results/태스크 1+1/graph.json", b"{}");
    space.put(key, br#"{"vectors": []}"#);
    assert_eq!(space.object(key).unwrap(), br#"{"vectors": []}"#);
    assert_eq!(space.object("results/none"), None);
    assert_eq!(space.keys("results/"), [key, "results/태스크 1+1/graph.json"]);
    // S3 announces itself when the notification is made; then comes the object, and the other one never.
    let mut seen = Vec::new();
    within(PATIENCE, "the object's event", || {
        seen.extend(space.take(Queue::Results, PATIENCE).iter().map(|message| decoded(&message.body)));
        (seen.len() == 2).then_some(())
    });
    let events: Vec<Value> = seen.iter().map(|one| decoded(one["seen"].as_str().unwrap())).collect();
    assert!(events.iter().any(|event| event["Event"] == "s3:TestEvent"));
    let created = events.iter().find(|event| event["Records"].is_array()).unwrap();
    let object = &created["Records"][0]["s3"]["object"];
    assert_eq!(object["key"], "results/%ED%83%9C%EC%8A%A4%ED%81%AC+1%2B1/features.json");
    assert_eq!(space.depth(Queue::FeaturesDeadLetters), 0);
}

#[test]
fn a_task_is_a_process_and_its_end_an_event() {
    let Some(space) = space() else { return };
    space.define_task(&Program::for_checks(&["task", "9", "0"]), &[("SIZE", "large".to_owned())]);
    let started = space.run_task(&json!([{"name": "JOB", "value": "작업-1"}]));
    let said = space.take(Queue::Results, PATIENCE);
    assert_eq!(decoded(&said[0].body), json!({"job": "작업-1", "size": "large"}));
    let event = decoded(&space.take(Queue::TaskEvents, PATIENCE)[0].body);
    assert_eq!(event["detail"]["taskArn"], started["tasks"][0]["taskArn"]);
    assert_eq!(event["detail"]["containers"][0]["exitCode"], 9);
    assert_eq!(space.tasks()[0]["lastStatus"], "STOPPED");
}

#[test]
fn capacity_can_be_missing_and_can_be_taken_away() {
    let Some(space) = space() else { return };
    space.define_task(&Program::for_checks(&["task", "0", "60"]), &[]);
    space.refuse_tasks(1, "RESOURCE:MEMORY");
    let refused = space.run_task(&json!([]));
    assert_eq!(refused["failures"][0]["reason"], "RESOURCE:MEMORY");
    let task = started(&space);
    space.interrupt(&task);
    assert_eq!(stopped(&space)["stopCode"], "SpotInterruption");
    let goodbye = space.take(Queue::Results, PATIENCE);
    assert_eq!(decoded(&goodbye[0].body)["stopped"], true, "it was asked before it was killed");
    let task = started(&space);
    space.exhaust(&task);
    let detail = stopped(&space);
    assert_eq!((&detail["taskArn"], &detail["containers"][0]["exitCode"]), (&json!(task), &json!(137)));
}

/// Starts the task and waits until it has said so; gives its ARN.
fn started(space: &Space) -> String {
    let answer = space.run_task(&json!([]));
    space.take(Queue::Results, PATIENCE);
    answer["tasks"][0]["taskArn"].as_str().unwrap().to_owned()
}

/// What the next event says of a stopped task.
fn stopped(space: &Space) -> Value {
    decoded(&space.take(Queue::TaskEvents, PATIENCE)[0].body)["detail"].clone()
}

#[test]
fn vectors_are_found_by_filter_and_by_nearness() {
    let Some(space) = Space::new() else { return };
    assert!(space.vectors(&json!({"userId": "u1"})).is_empty(), "no collection yet");
    let collections = "/api/v2/tenants/default_tenant/databases/default_database/collections";
    let chroma = &space.cloud().chroma;
    let cosine = json!({"name": space.collection_name(), "configuration": {"hnsw": {"space": "cosine"}}});
    let made = chroma.json("POST", collections, &cosine);
    let records = json!({
        "ids": ["u1_b", "u1_a", "u2_a"],
        "embeddings": [[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]],
        "metadatas": [{"userId": "u1"}, {"userId": "u1"}, {"userId": "u2"}],
    });
    chroma.json("POST", &format!("{collections}/{}/upsert", made["id"].as_str().unwrap()), &records);
    let mine = space.vectors(&json!({"userId": "u1"}));
    assert_eq!(mine.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["u1_a", "u1_b"]);
    let nearest = space.nearest(&[0.1, 0.9], &json!({"userId": "u1"}), 1);
    assert_eq!((nearest[0].id.as_str(), &nearest[0].metadata["userId"]), ("u1_b", &json!("u1")));
}
