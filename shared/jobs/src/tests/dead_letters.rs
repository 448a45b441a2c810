//! Messages that failed for good.

use std::time::Duration;

use graphnode_core::keys;
use graphnode_core::messages::KeptMessage;
use graphnode_core::ports::Queue;
use graphnode_core::ports::queue::{Delivery, ReceiptHandle};
use serde_json::{Value, json};

use super::delivery::{claim_by_another, register};
use super::world::{JobState, TASK, TestEncoder, TestService, World, usual};
use crate::dead_letters::Answer;

pub(super) fn letter(body: &Value) -> Delivery {
    Delivery {
        message_id: "m-1".to_owned(),
        receipt: ReceiptHandle("r".to_owned()),
        body: body.as_str().map_or_else(|| body.to_string(), str::to_owned),
        receive_count: 1,
        sent_at: None,
    }
}

fn service(world: &World) -> TestService {
    world.function(TestEncoder::default())
}

async fn kept(world: &World) -> Option<KeptMessage> {
    let bytes = world.bytes(keys::dead_letter("m-1").as_str()).await?;
    Some(serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn a_job_that_failed_for_good_ends_with_one_failed_that_says_why() {
    let world = World::with_export(12).await;
    world.ask(&usual()).await;
    let broken = TestService {
        encoder: std::sync::Arc::new(crate::LazyEncoder::new::<TestEncoder>(|| Err("no model".into()))),
        ..service(&world)
    };
    world.process(&broken).await;
    assert_eq!(service(&world).dead_letter(&letter(&usual())).await, Answer::Done);
    let result = world.result().await;
    assert_eq!(result["payload"]["status"], "FAILED");
    let error = result["payload"]["error"].as_str().unwrap();
    assert!(error.contains("no-model"), "{error}");
    assert!(matches!(world.record(TASK).await.state(), JobState::Failed { .. }));
    // The letter may come again, and so may a copy of the request.
    assert_eq!(service(&world).dead_letter(&letter(&usual())).await, Answer::Done);
    world.ask(&usual()).await;
    world.process(&service(&world)).await;
    assert!(world.heard().await.1.is_empty());
    assert_eq!(world.measured.metric("DeadLetters"), [1.0, 1.0]);
}

#[tokio::test]
async fn a_job_without_a_record_is_answered_too() {
    let world = World::new();
    assert_eq!(service(&world).dead_letter(&letter(&usual())).await, Answer::Done);
    assert_eq!(world.result().await["payload"]["status"], "FAILED");
    assert_eq!(kept(&world).await, None);
}

#[tokio::test]
async fn a_job_that_is_done_stays_done_and_one_that_runs_is_waited_for() {
    let world = World::with_export(12).await;
    world.ask(&usual()).await;
    world.process(&service(&world)).await;
    world.result().await;
    assert_eq!(service(&world).dead_letter(&letter(&usual())).await, Answer::Done);
    assert!(world.heard().await.1.is_empty());

    let world = World::with_export(12).await;
    claim_by_another(&world).await;
    let answer = service(&world).dead_letter(&letter(&usual())).await;
    assert_eq!(answer, Answer::Later(Duration::from_secs(91)));
    world.clock.advance(Duration::from_secs(91));
    assert_eq!(service(&world).dead_letter(&letter(&usual())).await, Answer::Done);
    assert_eq!(world.result().await["payload"]["status"], "FAILED");
}

#[tokio::test]
async fn other_requests_have_their_own_answer() {
    for (kind, payload) in [
        ("GRAPH_SUMMARY", json!({"userId": "u", "graphS3Key": "results/t/graph.json"})),
        ("ADD_NODE", json!({"userId": "u", "s3Key": "uploads/batch.json"})),
        ("MICROSCOPE_INGEST", json!({"userId": "u"})),
    ] {
        let world = World::new();
        let body = json!({"taskId": "t-2", "taskType": format!("{kind}_REQUEST"), "payload": payload});
        assert_eq!(service(&world).dead_letter(&letter(&body)).await, Answer::Done);
        let result = world.result().await;
        assert_eq!(result["taskType"], format!("{kind}_RESULT"));
        assert_eq!(
            (&result["payload"]["status"], &result["payload"]["userId"]),
            (&json!("FAILED"), &json!("u"))
        );
        assert_eq!(kept(&world).await, None);
    }
}

#[tokio::test]
async fn what_nobody_understands_is_kept_with_its_reason() {
    for (body, reason) in [
        (json!("no JSON {"), "no JSON object"),
        (json!({"taskId": "t-2", "taskType": "BAKE_BREAD", "payload": {}}), "unknown taskType"),
        (json!({"taskType": "GRAPH_GENERATION_REQUEST", "payload": {"userId": "u"}}), "s3Key"),
    ] {
        let world = World::new();
        assert_eq!(service(&world).dead_letter(&letter(&body)).await, Answer::Done);
        let kept = kept(&world).await.unwrap();
        assert!(kept.reason.as_str().contains(reason), "{}", kept.reason);
        assert_eq!((kept.body, kept.answered), (letter(&body).body, false));
        assert!(world.heard().await.1.is_empty());
    }
}

#[tokio::test]
async fn a_request_that_is_wrong_is_answered_unless_its_name_is_taken() {
    let wrong = json!({"taskId": TASK, "taskType": "GRAPH_GENERATION_REQUEST", "payload": {"userId": "u"}});
    let world = World::new();
    assert_eq!(service(&world).dead_letter(&letter(&wrong)).await, Answer::Done);
    let result = world.result().await;
    assert_eq!((&result["taskId"], &result["payload"]["status"]), (&json!(TASK), &json!("FAILED")));
    assert!(kept(&world).await.unwrap().answered);

    let world = World::new();
    register(&world, &usual()).await;
    assert_eq!(service(&world).dead_letter(&letter(&wrong)).await, Answer::Done);
    assert!(world.heard().await.1.is_empty());
    assert!(!kept(&world).await.unwrap().answered);
}

#[tokio::test]
async fn a_job_of_another_persons_name_is_kept_and_harms_nobody() {
    let world = World::with_export(12).await;
    register(&world, &usual()).await;
    let mut foreign = usual();
    foreign["payload"]["userId"] = json!("somebody-else");
    assert_eq!(service(&world).dead_letter(&letter(&foreign)).await, Answer::Done);
    assert_eq!(kept(&world).await.unwrap().reason.as_str(), "foreign-task-id");
    assert!(world.heard().await.1.is_empty());
    assert_eq!(world.record(TASK).await.state(), &JobState::Queued);
    assert_eq!(world.results.receive(1, Duration::ZERO, Duration::ZERO).await.unwrap(), []);
}
