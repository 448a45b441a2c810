//! At least once, late, twice at a time: what a queue does to a job.

use std::time::Duration;

use graphnode_core::clock::Clock;
use graphnode_core::ids::LeaseOwner;
use graphnode_core::job::store::{register_job, update_job};
use graphnode_core::job::{JobRecord, NewJob, Place, Refusal};
use graphnode_core::messages::{Incoming, Request};
use graphnode_core::ports::Queue;
use serde_json::Value;

use super::world::{JobState, StubLauncher, TASK, TestEncoder, World, request, usual};
use crate::service::{Shift, StopSignal, Verdict};

pub(super) async fn change(world: &World, decide: impl Fn(&JobRecord) -> Result<JobRecord, Refusal> + Send) {
    update_job(&world.objects, &TASK.parse().unwrap(), decide).await.unwrap();
}

pub(super) async fn register(world: &World, body: &Value) {
    let incoming: Incoming = body.to_string().parse().unwrap();
    let Request::Generation(request) = incoming.request else { panic!("another type") };
    let requested_at = incoming.timestamp.unwrap();
    let job = NewJob { task_id: incoming.task_id, request, requested_at, correlation_id: None };
    register_job(&world.objects, &job, world.clock.now()).await.unwrap();
}

pub(super) async fn claim_by_another(world: &World) {
    register(world, &usual()).await;
    let now = world.clock.now();
    let owner: LeaseOwner = "another".parse().unwrap();
    change(world, |record| record.claim(&owner, Place::Lambda, now, Duration::from_secs(90))).await;
}

#[tokio::test]
async fn a_second_delivery_changes_nothing() {
    let world = World::with_export(12).await;
    world.ask(&usual()).await;
    let service = world.function(TestEncoder::default());
    let delivery = world.receive().await.unwrap();
    assert_eq!(service.handle(&delivery, &world.shift()).await, Verdict::Done);
    world.result().await;
    let record = world.bytes("jobs/task-1.json").await;
    assert_eq!(service.handle(&delivery, &world.shift()).await, Verdict::Done);
    assert!(world.heard().await.1.is_empty());
    assert_eq!(world.bytes("jobs/task-1.json").await, record);
}

#[tokio::test]
async fn a_result_that_was_not_sent_is_sent_by_the_next_delivery() {
    let world = World::with_export(12).await;
    world.ask(&usual()).await;
    let service = world.function(TestEncoder::default());
    world.process(&service).await;
    let first = world.result().await;
    // As if the worker had died between the end of the job and the message.
    let mut record = world.json("jobs/task-1.json").await;
    record["pending_result"] = Value::String(first.to_string());
    world.put("jobs/task-1.json", record.to_string().into_bytes()).await;
    world.ask(&usual()).await;
    assert_eq!(world.process(&service).await, Verdict::Done);
    assert_eq!(world.result().await, first);
    assert_eq!(world.record(TASK).await.pending_result(), None);
}

#[tokio::test]
async fn a_late_result_of_an_older_task_does_not_replace_a_newer_one() {
    let world = World::with_export(12).await;
    let service = world.function(TestEncoder::default());
    world.ask(&request("newer", "2026-06-01T08:05:00Z")).await;
    world.process(&service).await;
    world.ask(&request("older", "2026-06-01T08:00:00Z")).await;
    world.process(&service).await;
    assert_eq!(world.pointer().await.current().unwrap().task_id.as_str(), "newer");
    assert!(world.record("older").await.generation() < world.record("newer").await.generation());
    let (_, results) = world.heard().await;
    assert!(results.iter().all(|result| result["payload"]["status"] == "COMPLETED"), "{results:?}");
}

#[tokio::test]
async fn a_running_job_is_left_alone_and_a_dead_one_taken_over() {
    let world = World::with_export(12).await;
    claim_by_another(&world).await;
    world.ask(&usual()).await;
    let service = world.task(TestEncoder::default());
    let delivery = world.receive().await.unwrap();
    assert_eq!(service.handle(&delivery, &world.shift()).await, Verdict::Done);
    // A copy waits for the end of the lease.
    assert_eq!(world.requests.len(), 2);
    assert!(world.heard().await.1.is_empty());
    world.clock.advance(Duration::from_secs(91));
    assert_eq!(service.handle(&delivery, &world.shift()).await, Verdict::Done);
    assert_eq!(world.result().await["payload"]["status"], "COMPLETED");
    assert_eq!(world.record(TASK).await.attempt(), 2);
}

#[tokio::test]
async fn a_job_that_killed_its_function_gets_a_task() {
    let world = World::with_export(12).await;
    claim_by_another(&world).await;
    world.ask(&usual()).await;
    world.clock.advance(Duration::from_secs(91));
    assert_eq!(world.process(&world.function(TestEncoder::default())).await, Verdict::Done);
    assert_eq!(world.launcher.asked().len(), 1);
    let record = world.record(TASK).await;
    assert_eq!((record.deaths(), record.lease().unwrap().owner.clone()), (1, LeaseOwner::of_task(2)));
}

#[tokio::test]
async fn a_job_cancelled_before_it_ran_does_not_run() {
    let world = World::with_export(12).await;
    register(&world, &usual()).await;
    let now = world.clock.now();
    change(&world, |record| record.cancel(None, now)).await;
    world.ask(&usual()).await;
    assert_eq!(world.process(&world.function(TestEncoder::default())).await, Verdict::Done);
    assert_eq!(world.bytes("results/task-1/graph.json").await, None);
    assert!(world.heard().await.1.is_empty());
}

#[tokio::test]
async fn a_job_cancelled_while_it_runs_stops_and_writes_nothing() {
    let world = World::with_export(12).await;
    world.ask(&usual()).await;
    let (clock, root) = (world.clock.clone(), world.objects.clone());
    let handle = tokio::runtime::Handle::current();
    let what = move || {
        let now = clock.now();
        let task = TASK.parse().unwrap();
        let cancelled = update_job(&root, &task, |record| record.cancel(None, now));
        handle.block_on(cancelled).unwrap();
        clock.advance(Duration::from_secs(31));
    };
    let encoder = TestEncoder::interrupted(1, what);
    let service = world.function(encoder);
    assert_eq!(world.process(&service).await, Verdict::Done);
    assert!(matches!(world.record(TASK).await.state(), JobState::Cancelled { .. }));
    assert_eq!(world.bytes("results/task-1/graph.json").await, None);
    assert!(world.heard().await.1.is_empty());
}

#[tokio::test]
async fn a_lease_taken_over_stops_the_first_who_then_writes_nothing() {
    let world = World::with_export(12).await;
    world.ask(&usual()).await;
    let (clock, root) = (world.clock.clone(), world.objects.clone());
    let handle = tokio::runtime::Handle::current();
    let what = move || {
        // Taken before the clock moves: no renewal comes between.
        let now = clock.now() + Duration::from_secs(91);
        let (task, owner) = (TASK.parse().unwrap(), "another".parse().unwrap());
        let lease = Duration::from_secs(90);
        let taken = update_job(&root, &task, |record| record.claim(&owner, Place::Lambda, now, lease));
        handle.block_on(taken).unwrap();
        clock.advance(Duration::from_secs(91));
    };
    let encoder = TestEncoder::interrupted(1, what);
    let service = world.function(encoder);
    assert_eq!(world.process(&service).await, Verdict::Again);
    assert_eq!(world.record(TASK).await.lease().unwrap().owner.as_str(), "another");
    assert!(world.heard().await.1.is_empty());
}

#[tokio::test]
async fn an_error_that_may_pass_is_counted_and_tried_again() {
    let world = World::with_export(12).await;
    world.ask(&usual()).await;
    let service = world.function(TestEncoder::default());
    // The model is taken away by whoever loads it first.
    service.encoder.get().unwrap();
    let broken = world.function(TestEncoder::default());
    let broken = super::world::TestService {
        encoder: std::sync::Arc::new(crate::LazyEncoder::new::<TestEncoder>(|| Err("no model".into()))),
        ..broken
    };
    let delivery = world.receive().await.unwrap();
    assert_eq!(broken.handle(&delivery, &world.shift()).await, Verdict::Again);
    let record = world.record(TASK).await;
    assert_eq!((record.state(), record.lost_attempts()), (&JobState::Queued, 1));
    assert_eq!(service.handle(&delivery, &world.shift()).await, Verdict::Done);
    assert_eq!(world.result().await["payload"]["status"], "COMPLETED");
}

#[tokio::test]
async fn a_job_that_is_lost_again_and_again_is_given_up() {
    let world = World::with_export(12).await;
    register(&world, &usual()).await;
    for attempt in 0..5 {
        let now = world.clock.now();
        let owner: LeaseOwner = format!("dies-{attempt}").parse().unwrap();
        change(&world, |record| record.claim(&owner, Place::Lambda, now, Duration::from_secs(90))).await;
        world.clock.advance(Duration::from_secs(91));
    }
    world.ask(&usual()).await;
    assert_eq!(world.process(&world.function(TestEncoder::default())).await, Verdict::Done);
    assert_eq!(world.result().await["payload"]["status"], "FAILED");
}

#[tokio::test]
async fn waiting_for_capacity_never_makes_a_dead_letter() {
    let world = World::with_export(12).await;
    world.ask(&usual()).await;
    let service = world.small_function();
    let launcher: &StubLauncher = &world.launcher;
    let mut delivery = world.receive().await.unwrap();
    world.requests.delete(&delivery.receipt).await.unwrap();
    for waits in 1..=4_u32 {
        launcher.then_no_capacity();
        // However often it was received, a fresh copy takes its place, which the queue has not counted.
        delivery.receive_count = waits;
        assert_eq!(service.handle(&delivery, &world.shift()).await, Verdict::Done);
        let record = world.record(TASK).await;
        assert_eq!((record.state(), record.waits(), record.lost_attempts()), (&JobState::Queued, waits, 0));
        assert_eq!(world.requests.len(), waits as usize);
    }
    assert_eq!(world.dead_letters.len(), 0);
    assert!(world.heard().await.1.is_empty());
    let tokens: Vec<_> = launcher.asked().into_iter().map(|request| request.client_token).collect();
    assert_ne!(tokens[0], tokens[1]);
}

#[tokio::test]
async fn a_stop_signal_puts_the_job_back_with_what_was_made() {
    let world = World::with_export(200).await;
    register(&world, &usual()).await;
    let stop = StopSignal::default();
    let setter = stop.clone();
    let encoder = TestEncoder::interrupted(3, move || setter.set());
    let task = world.task(encoder);
    let owner = LeaseOwner::of_task(1);
    task.run_task(&TASK.parse().unwrap(), &owner, &Shift { stop, ..world.shift() }).await.unwrap();
    let record = world.record(TASK).await;
    assert_eq!((record.state(), record.interruptions(), record.lost_attempts()), (&JobState::Queued, 1, 0));
    assert_eq!(world.requests.len(), 1);
    assert!(world.keeps_vectors().await);
}
