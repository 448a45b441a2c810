//! Messages that are no generation, and those that are none at all.

use std::time::Duration;

use graphnode_core::ports::Queue;
use serde_json::{Value, json};

use super::world::{TASK, TestEncoder, USER, World, usual};
use crate::DrainSettings;
use crate::service::Verdict;

fn envelope(task_type: &str, payload: Value) -> Value {
    json!({"taskId": "t-9", "taskType": task_type, "timestamp": "2026-06-01T08:00:00Z", "payload": payload})
}

#[tokio::test]
async fn what_nobody_understands_becomes_a_dead_letter_and_no_answer() {
    let incomplete = envelope("GRAPH_GENERATION_REQUEST", json!({"userId": USER})).to_string();
    let foreign_key =
        envelope("GRAPH_GENERATION_REQUEST", json!({"userId": USER, "s3Key": "results/t/graph.json"}))
            .to_string();
    let no_task = json!({"taskType": "GRAPH_GENERATION_REQUEST", "payload": {"userId": USER, "s3Key": "a"}})
        .to_string();
    let unknown = envelope("SOMETHING_ELSE", json!({})).to_string();
    for body in ["no json", "[]", "{}", "null", "{\"taskId\":", &incomplete, &foreign_key, &no_task, &unknown]
    {
        let world = World::new();
        world.requests.send(body, Duration::ZERO).await.unwrap();
        let service = world.function(TestEncoder::default());
        for _ in 0..3 {
            assert_eq!(world.process(&service).await, Verdict::Dead, "{body}");
        }
        assert!(world.receive().await.is_none(), "{body}");
        assert_eq!((world.requests.len(), world.dead_letters.len()), (0, 1), "{body}");
        assert!(world.heard().await.1.is_empty(), "{body}");
    }
}

#[tokio::test]
async fn a_task_id_of_another_person_is_not_answered() {
    let world = World::with_export(12).await;
    let service = world.function(TestEncoder::default());
    world.ask(&usual()).await;
    world.process(&service).await;
    world.result().await;
    let mut body = usual();
    body["payload"]["userId"] = json!("auth0|8");
    world.ask(&body).await;
    assert_eq!(world.process(&service).await, Verdict::Dead);
    assert!(world.heard().await.1.is_empty());
}

#[tokio::test]
async fn what_is_not_supported_is_answered_once() {
    let cases = [
        ("MICROSCOPE_INGEST_REQUEST", "MICROSCOPE_INGEST_RESULT", json!({"userId": USER}), "not supported"),
        (
            "ADD_NODE_REQUEST",
            "ADD_NODE_RESULT",
            json!({"userId": USER, "s3Key": "add-node/t-9/batch.json"}),
            "not supported yet",
        ),
        (
            "ADD_NODE_REQUEST",
            "ADD_NODE_RESULT",
            json!({"userId": USER, "s3Key": "add-node/t-9/", "bucket": "foreign-bucket"}),
            "bucket",
        ),
        (
            "GRAPH_GENERATION_REQUEST",
            "GRAPH_GENERATION_RESULT",
            json!({"userId": USER, "s3Key": "uploads/export.json", "bucket": "foreign-bucket"}),
            "bucket",
        ),
    ];
    for (asked, answered, payload, reason) in cases {
        let world = World::with_export(3).await;
        world.ask(&envelope(asked, payload)).await;
        assert_eq!(world.process(&world.function(TestEncoder::default())).await, Verdict::Done, "{asked}");
        let result = world.result().await;
        assert_eq!((&result["taskType"], &result["taskId"]), (&json!(answered), &json!("t-9")));
        assert_eq!(
            (&result["payload"]["status"], &result["payload"]["userId"]),
            (&json!("FAILED"), &json!(USER))
        );
        assert!(result["payload"]["error"].as_str().unwrap().contains(reason), "{result}");
    }
}

#[tokio::test]
async fn a_graph_is_summarised_for_its_person_alone() {
    let world = World::with_export(12).await;
    let service = world.function(TestEncoder::default());
    let mut body = usual();
    body["payload"]["includeSummary"] = json!(false);
    world.ask(&body).await;
    world.process(&service).await;
    world.result().await;
    let ask = |user: &str, key: &str, bucket: &str| {
        let payload = json!({"userId": user, "graphS3Key": key, "bucket": bucket, "language": "ko"});
        envelope("GRAPH_SUMMARY_REQUEST", payload)
    };
    world.ask(&ask(USER, "results/task-1/graph.json", "own-bucket")).await;
    assert_eq!(world.process(&service).await, Verdict::Done);
    let result = world.result().await;
    assert_eq!(result["taskType"], "GRAPH_SUMMARY_RESULT");
    assert_eq!(
        result["payload"],
        json!({"userId": USER, "status": "COMPLETED", "summaryS3Key": "results/task-1/summary.json"})
    );
    let summary = world.json(&format!("results/{TASK}/summary.json")).await;
    assert_eq!(summary["overview"]["total_source_nodes"], 12);

    for (user, key, bucket) in [
        ("auth0|8", "results/task-1/graph.json", "own-bucket"),
        (USER, "results/task-1/features.json", "own-bucket"),
        (USER, "results/task-2/graph.json", "own-bucket"),
        (USER, "uploads/export.json", "own-bucket"),
        (USER, "results/task-1/graph.json", "other-bucket"),
        (USER, "results/task-1/graph.json", "foreign-bucket"),
    ] {
        world.ask(&ask(user, key, bucket)).await;
        assert_eq!(world.process(&service).await, Verdict::Done);
        let result = world.result().await;
        assert_eq!(result["payload"]["status"], "FAILED", "{user} {key} {bucket}");
        assert_eq!(result["payload"].get("summaryS3Key"), None);
    }
}

#[tokio::test]
async fn a_queue_is_drained_until_it_is_empty_for_a_while() {
    let world = World::with_export(12).await;
    for task in ["a", "b"] {
        world.ask(&super::world::request(task, "2026-06-01T08:00:00Z")).await;
    }
    let settings =
        DrainSettings { idle: Duration::ZERO, wait: Duration::ZERO, visibility: Duration::from_secs(60) };
    let service = world.task(TestEncoder::default());
    assert_eq!(service.drain(&settings, &world.shift()).await.unwrap(), 2);
    assert!(world.requests.is_empty());
    assert_eq!(world.heard().await.1.len(), 2);
}
