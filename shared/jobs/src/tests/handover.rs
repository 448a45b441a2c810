//! A job that moves from a function to a task, before it began or in the middle.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use graphnode_core::job::Place;
use serde_json::Value;

use super::world::{JobState, TASK, TestEncoder, World, usual};
use crate::service::Verdict;

/// The files that must not differ by where they were made.
const SAME: [&str; 5] = ["graph.json", "summary.json", "graph.html", "words.bin", "features.json"];

async fn files(world: &World) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for file in SAME {
        all.push(world.bytes(&format!("results/{TASK}/{file}")).await.unwrap());
    }
    all
}

/// Stage and percent of a progress message.
fn place(message: &Value) -> (u64, u64) {
    let stage = message["payload"]["currentStage"].as_str().unwrap();
    let number = stage.trim_start_matches('[').split('단').next().unwrap();
    (number.parse().unwrap(), message["payload"]["progressPercent"].as_u64().unwrap())
}

#[tokio::test]
async fn a_task_makes_the_same_bytes_as_a_function() {
    let here = World::with_export(40).await;
    here.ask(&usual()).await;
    here.process(&here.function(TestEncoder::default())).await;

    let there = World::with_export(40).await;
    there.ask(&usual()).await;
    assert_eq!(there.process(&there.small_function()).await, Verdict::Done);
    let record = there.record(TASK).await;
    assert!(matches!(record.state(), JobState::Running { place: Place::Fargate, .. }));
    assert_eq!(record.launched_task().unwrap().0, "task/1");
    assert!(there.requests.is_empty());
    // The task starts later, and takes another time.
    there.clock.advance(Duration::from_secs(77));
    there.run_as_started().await;
    assert_eq!(there.result().await["payload"]["status"], "COMPLETED");
    assert!(files(&here).await == files(&there).await, "the bytes differ");
}

#[tokio::test]
async fn near_the_deadline_a_task_goes_on_and_makes_the_same_bytes() {
    let undisturbed = World::with_export(200).await;
    undisturbed.ask(&usual()).await;
    let encoder = TestEncoder::default();
    let all = Arc::clone(&encoder.texts);
    undisturbed.process(&undisturbed.function(encoder)).await;
    let all = all.load(Ordering::Relaxed);

    let world = World::with_export(200).await;
    world.ask(&usual()).await;
    let clock = Arc::clone(&world.clock);
    let what = move || clock.advance(Duration::from_secs(901));
    let encoder = TestEncoder::interrupted(3, what);
    let before = Arc::clone(&encoder.texts);
    assert_eq!(world.process(&world.function(encoder)).await, Verdict::Done);
    let (told_before, results) = world.heard().await;
    assert!(results.is_empty());
    assert!(world.keeps_vectors().await);

    let rest = world.run_as_started().await;
    assert_eq!(before.load(Ordering::Relaxed), 256);
    assert_eq!(rest + 256, all);
    let (told_after, results) = world.heard().await;
    assert_eq!(results[0]["payload"]["status"], "COMPLETED");
    assert_eq!(results.len(), 1);
    let places: Vec<_> = told_before.iter().chain(&told_after).map(place).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(files(&undisturbed).await == files(&world).await, "the bytes differ");
}

#[tokio::test]
async fn an_unclear_launch_is_asked_again_with_the_same_token() {
    let world = World::with_export(12).await;
    world.ask(&usual()).await;
    let service = world.small_function();
    world.launcher.then_unavailable();
    let delivery = world.receive().await.unwrap();
    assert_eq!(service.handle(&delivery, &world.shift()).await, Verdict::Done);
    assert_eq!(service.handle(&delivery, &world.shift()).await, Verdict::Done);
    let asked = world.launcher.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0], asked[1]);
    assert_eq!(world.record(TASK).await.attempt(), 1);
    // A third delivery finds the job with its task.
    assert_eq!(service.handle(&delivery, &world.shift()).await, Verdict::Done);
    assert_eq!(world.launcher.asked().len(), 2);
}

#[tokio::test]
async fn a_task_whose_job_is_over_ends_quietly() {
    let world = World::with_export(12).await;
    world.ask(&usual()).await;
    world.process(&world.small_function()).await;
    world.run_as_started().await;
    world.result().await;
    assert_eq!(world.run_as_started().await, 0);
    assert!(world.heard().await.1.is_empty());
}
