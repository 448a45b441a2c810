//! Kept messages: looked at, and sent again.

use graphnode_core::keys;
use graphnode_core::messages::FailureReason;
use graphnode_core::messages::kept::{KeptMessage, SCHEMA};
use graphnode_core::ports::queue::MOST_BODY_BYTES;
use serde_json::{Value, json};

use super::dead_letters::letter;
use super::world::{TASK, TestEncoder, World, usual};
use crate::kept_messages::{Kept, KeptError, find, list, pick, redrive};

/// Keeps a message of `id` that says `body`, at second `second` of a minute.
async fn keep(world: &World, id: &str, second: u32, body: &str) {
    put(world, id, &json!(message(id, second, body))).await;
}

fn message(id: &str, second: u32, body: &str) -> KeptMessage {
    KeptMessage {
        schema: SCHEMA,
        message_id: id.to_owned(),
        task_id: None,
        reason: FailureReason::new("unknown taskType"),
        answered: false,
        sent_at: None,
        kept_at: format!("2026-06-01T09:00:{second:02}Z").parse().unwrap(),
        body: body.to_owned(),
    }
}

async fn put(world: &World, id: &str, content: &Value) {
    world.put(keys::dead_letter(id).as_str(), content.to_string().into_bytes()).await;
}

fn ids(kept: &Kept) -> Vec<&str> {
    kept.known.iter().map(|known| known.id.as_str()).collect()
}

#[tokio::test]
async fn the_newest_come_first_and_what_cannot_be_read_is_named() {
    let world = World::new();
    assert!(list(&world.objects).await.unwrap().known.is_empty());
    // More than are read at a time, and ids that are none.
    for second in 0..40 {
        keep(&world, &format!("m/{second}"), second, "{}").await;
    }
    keep(&world, "m-first", 59, "그래프").await;
    put(&world, "m-broken", &json!({"schema": SCHEMA, "body": "a word of a chat"})).await;
    put(&world, "m-later", &json!(KeptMessage { schema: SCHEMA + 1, ..message("m-later", 1, "") })).await;
    let kept = list(&world.objects).await.unwrap();
    assert_eq!(kept.known.len(), 41);
    assert_eq!((kept.known[0].id.as_str(), kept.known[0].bytes), ("m-first", 9));
    assert!(kept.known.is_sorted_by(|a, b| a.kept_at > b.kept_at));
    assert_eq!(find(&world.objects, &kept.known[1].id).await.unwrap().message_id, "m/39");
    let unreadable: Vec<String> =
        kept.unreadable.iter().map(|(id, error)| format!("{id}: {error}")).collect();
    assert_eq!(unreadable.len(), 2, "{unreadable:?}");
    assert!(unreadable[0].starts_with("m-broken: its object is no kept message (line 1"), "{unreadable:?}");
    assert!(unreadable[1].starts_with("m-later: it was kept by a later version"), "{unreadable:?}");
    assert!(!unreadable.concat().contains("word of a chat"));
}

#[tokio::test]
async fn a_message_is_found_whole_and_an_id_that_is_not_there_is_told() {
    let world = World::new();
    // As large as it can be, and every byte of it escaped.
    let body = "\"".repeat(MOST_BODY_BYTES);
    keep(&world, "m-1", 1, &body).await;
    assert_eq!(find(&world.objects, "m-1").await.unwrap().body, body);
    assert!(matches!(find(&world.objects, "m-2").await, Err(KeptError::NoSuchId)));
    let asked = ["m-2", "m-1", "m-1"].map(str::to_owned);
    let kept = pick(&world.objects, &asked).await.unwrap();
    assert_eq!(ids(&kept), ["m-1"]);
    assert!(matches!(kept.unreadable.as_slice(), [(id, KeptError::NoSuchId)] if id == "m-2"));
}

#[tokio::test]
async fn a_message_is_sent_as_it_was_and_kept_no_longer() {
    let world = World::new();
    keep(&world, "m-1", 1, "no JSON {").await;
    redrive(&world.objects, &world.requests, "m-1").await.unwrap();
    assert_eq!(world.receive().await.unwrap().body, "no JSON {");
    assert!(list(&world.objects).await.unwrap().known.is_empty());
    assert!(matches!(redrive(&world.objects, &world.requests, "m-1").await, Err(KeptError::NoSuchId)));
    assert!(world.receive().await.is_none());
}

#[tokio::test]
async fn what_the_queue_does_not_take_stays() {
    let world = World::new();
    keep(&world, "m-1", 1, "").await;
    let error = redrive(&world.objects, &world.requests, "m-1").await.unwrap_err();
    assert!(matches!(error, KeptError::Send(_)) && !error.concerns_all(), "{error}");
    assert_eq!(ids(&list(&world.objects).await.unwrap()), ["m-1"]);
}

#[tokio::test]
async fn a_job_that_failed_for_its_sender_is_not_begun_again() {
    let world = World::new();
    let wrong = json!({"taskId": TASK, "taskType": "GRAPH_GENERATION_REQUEST", "payload": {"userId": "u"}});
    world.function(TestEncoder::default()).dead_letter(&letter(&wrong)).await;
    assert_eq!(world.result().await["payload"]["status"], "FAILED");
    let kept = list(&world.objects).await.unwrap();
    assert!(kept.known[0].answered);
    let error = redrive(&world.objects, &world.requests, "m-1").await.unwrap_err();
    assert!(matches!(error, KeptError::Answered) && !error.concerns_all());
    assert!(world.receive().await.is_none());
    assert_eq!(ids(&list(&world.objects).await.unwrap()), ["m-1"]);
    // Such a record of before has no word about it.
    let mut old = world.json("dead-letters/m-1.json").await;
    old.as_object_mut().unwrap().remove("answered");
    put(&world, "m-1", &old).await;
    assert!(!list(&world.objects).await.unwrap().known[0].answered);
}

#[tokio::test]
async fn a_message_that_comes_twice_is_one_job() {
    let world = World::with_export(12).await;
    keep(&world, "m-1", 1, &usual().to_string()).await;
    let kept = world.json("dead-letters/m-1.json").await;
    redrive(&world.objects, &world.requests, "m-1").await.unwrap();
    // Its process died before it could remove the object.
    put(&world, "m-1", &kept).await;
    redrive(&world.objects, &world.requests, "m-1").await.unwrap();
    for _ in 0..2 {
        world.process(&world.function(TestEncoder::default())).await;
    }
    assert_eq!(world.heard().await.1.len(), 1);
    assert_eq!(world.record(TASK).await.attempt(), 1);
}

#[tokio::test]
async fn an_object_that_is_too_large_costs_no_other() {
    let world = World::new();
    keep(&world, "m-1", 1, "{}").await;
    world.put("dead-letters/m-2.json", vec![b' '; 8 * MOST_BODY_BYTES + 1]).await;
    world.put("dead-letters/read me.txt", b"nothing of ours".to_vec()).await;
    let kept = list(&world.objects).await.unwrap();
    assert_eq!(ids(&kept), ["m-1"]);
    assert!(matches!(kept.unreadable.as_slice(), [(id, KeptError::Read(_))] if id == "m-2"));
}
