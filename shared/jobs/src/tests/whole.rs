//! From a message to results, as the consumer sees it.

use serde_json::json;

use super::world::{JobState, TASK, TestEncoder, USER, World, request, usual};
use crate::service::Verdict;

#[tokio::test]
async fn a_message_becomes_results_progress_and_one_result() {
    let world = World::with_export(30).await;
    world.ask(&usual()).await;
    assert_eq!(world.process(&world.function(TestEncoder::default())).await, Verdict::Done);

    for file in ["graph.json", "summary.json", "graph.html", "report.json", "words.bin", "features.json"] {
        assert!(world.bytes(&format!("results/{TASK}/{file}")).await.is_some(), "{file}");
    }
    let graph = world.json("results/task-1/graph.json").await;
    assert_eq!(graph["metadata"]["total_nodes"], 30);
    assert_eq!(graph["metadata"]["generated_at"], "2026-06-01T08:00:00Z");
    let features = world.json("results/task-1/features.json").await;
    assert_eq!(features["metadata"]["userId"], USER);

    let result = world.result().await;
    assert_eq!(result["taskId"], TASK);
    assert_eq!(
        result["payload"],
        json!({
            "userId": USER, "status": "COMPLETED", "resultS3Key": "results/task-1/graph.json",
            "featuresS3Key": "results/task-1/features.json", "summaryIncluded": true,
            "summaryS3Key": "results/task-1/summary.json",
        })
    );
    let record = world.record(TASK).await;
    assert!(matches!(record.state(), JobState::Completed { .. }));
    assert_eq!((record.pending_result(), record.attempt()), (None, 1));
    assert_eq!(world.pointer().await.current().unwrap().task_id.as_str(), TASK);
    assert!(world.requests.is_empty());
}

#[tokio::test]
async fn progress_never_goes_backwards_and_comes_at_most_once_a_second() {
    let world = World::with_export(30).await;
    world.ask(&usual()).await;
    // The clock stands still, so one message is due, and no second.
    world.process(&world.function(TestEncoder::default())).await;
    let (progress, _) = world.heard().await;
    assert_eq!(progress.len(), 1, "{progress:?}");
    let payload = &progress[0]["payload"];
    assert_eq!(payload["currentStage"], "[1단계] 대화 가져오기 시작");
    assert_eq!((&payload["userId"], &payload["progressPercent"]), (&json!(USER), &json!(0)));
}

#[tokio::test]
async fn a_bundle_is_read_and_what_cannot_be_is_reported() {
    let world = World::with_export(12).await;
    let conversations = world.bytes("uploads/export.json").await.unwrap();
    world.put("graph-generation/t/input.json", conversations).await;
    let notes = json!({"source_nodes": [{
        "id": "note-1", "title": "Bread", "sections": [{"id": "s", "content": "flour yeast oven dough kneading"}],
        "source_type": "markdown", "create_time": 1.7e9, "update_time": 1.7e9,
    }]});
    world.put("graph-generation/t/notes.json", notes.to_string().into_bytes()).await;
    world.put("graph-generation/t/files/1_letter.pdf", b"%PDF".to_vec()).await;
    world.put("graph-generation/t-other/input.json", b"[]".to_vec()).await;
    let mut body = usual();
    body["payload"]["s3Key"] = json!("graph-generation/t/");
    body["payload"]["includeSummary"] = json!(false);
    world.ask(&body).await;
    world.process(&world.function(TestEncoder::default())).await;

    let result = world.result().await;
    assert_eq!(result["payload"]["status"], "COMPLETED", "{result}");
    assert_eq!(result["payload"].get("summaryIncluded"), None);
    assert_eq!(world.bytes("results/task-1/summary.json").await, None);
    let graph = world.json("results/task-1/graph.json").await;
    assert_eq!(graph["metadata"]["total_nodes"], 13);
    let report = world.json("results/task-1/report.json").await;
    assert_eq!(report["skipped"][0]["source"], "files/1_letter.pdf");
    assert_eq!(report["skipped"][0]["code"], "unsupported-file");
}

#[tokio::test]
async fn extra_keys_are_read_too_and_missing_ones_fail_the_job() {
    let world = World::with_export(12).await;
    let notes = json!([{"id": "m", "role": "user", "content": "one more about sunlight and mulch", "conversationId": "x"}]);
    world.put("uploads/more.json", notes.to_string().into_bytes()).await;
    let mut body = usual();
    body["payload"]["extraS3Keys"] = json!(["uploads/more.json", "uploads/export.json"]);
    world.ask(&body).await;
    let service = world.function(TestEncoder::default());
    world.process(&service).await;
    assert_eq!(world.result().await["payload"]["status"], "COMPLETED");
    assert_eq!(world.json("results/task-1/graph.json").await["metadata"]["total_nodes"], 13);

    let mut body = request("task-2", "2026-06-01T08:01:00Z");
    body["payload"]["extraS3Keys"] = json!(["uploads/nowhere.json"]);
    world.ask(&body).await;
    assert_eq!(world.process(&service).await, Verdict::Done);
    let payload = world.result().await["payload"].clone();
    assert_eq!(payload["status"], "FAILED");
    assert!(payload["error"].as_str().unwrap().contains("not found"), "{payload}");
}

#[tokio::test]
async fn an_input_that_is_no_export_fails_once_and_for_good() {
    let world = World::new();
    world.put("uploads/export.json", b"<!DOCTYPE html><p>chat</p>".to_vec()).await;
    world.ask(&usual()).await;
    world.ask(&usual()).await;
    let service = world.function(TestEncoder::default());
    assert_eq!(world.process(&service).await, Verdict::Done);
    assert_eq!(world.result().await["payload"]["status"], "FAILED");
    assert_eq!(world.process(&service).await, Verdict::Done);
    assert!(world.heard().await.1.is_empty());
    assert!(matches!(world.record(TASK).await.state(), JobState::Failed { .. }));
}
