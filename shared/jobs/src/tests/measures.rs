//! What is measured of a job, wherever it runs and however it ends.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use graphnode_core::clock::Clock;
use graphnode_core::config::variables;
use graphnode_core::job::store::{register_job, update_job};
use graphnode_core::job::{JobRecord, NewJob};
use graphnode_core::messages::{Incoming, Request};
use serde_json::{Value, json};

use super::world::{TASK, TestEncoder, TestService, World, exported, usual};

/// A world whose job was asked for over HTTP, with an export of so many conversations.
async fn asked_over_http(conversations: usize) -> World {
    let world = World::with_export(conversations).await;
    let incoming: Incoming = usual().to_string().parse().unwrap();
    let Request::Generation(request) = incoming.request else { panic!("another request") };
    let job = NewJob {
        task_id: incoming.task_id,
        request,
        requested_at: world.clock.now(),
        correlation_id: Some("request-7".parse().unwrap()),
    };
    register_job(&world.objects, &job, world.clock.now()).await.unwrap();
    world.ask(&usual()).await;
    world
}

/// The lines that hold `metric`.
fn lines(world: &World, metric: &str) -> Vec<Value> {
    world.measured.json().into_iter().filter(|line| line.get(metric).is_some()).collect()
}

/// Outcome, runner and attempts of the jobs that ended.
fn ended(world: &World) -> Vec<(String, String, u64)> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    let one = |line: &Value| {
        assert_eq!(line["Jobs"], 1);
        (text(line, "Outcome"), text(line, "Runner"), line["Attempts"].as_u64().unwrap())
    };
    lines(world, "Jobs").iter().map(one).collect()
}

fn was(outcome: &str, runner: &str, attempts: u64) -> (String, String, u64) {
    (outcome.to_owned(), runner.to_owned(), attempts)
}

/// Runs the task that was started last.
async fn run_task(world: &World, service: TestService) {
    let request = world.launcher.asked().pop().unwrap();
    let owner = request.environment[variables::LEASE_OWNER].parse().unwrap();
    service.run_task(&TASK.parse().unwrap(), &owner, &world.shift()).await.unwrap();
}

async fn change(world: &World, next: impl Fn(&JobRecord) -> JobRecord + Send + Sync) {
    let task_id = TASK.parse().unwrap();
    let changed = update_job(&world.objects, &task_id, |record| Ok::<_, Infallible>(next(record)));
    changed.await.unwrap();
}

#[tokio::test]
async fn a_job_is_measured_once_with_its_ids() {
    let world = asked_over_http(40).await;
    world.clock.advance(Duration::from_secs(90));
    world.process(&world.function(TestEncoder::default())).await;
    assert_eq!(ended(&world), [was("completed", "lambda", 1)]);
    assert_eq!(world.measured.metric("Conversations"), [40.0]);
    assert_eq!(world.measured.metric("InputBytes"), [exported(40).len() as f64]);
    assert!(world.measured.metric("Tokens")[0] > 40.0);
    assert_eq!(world.measured.metric("QueueAgeSeconds"), [90.0]);
    assert_eq!(world.measured.metric("Heartbeat"), [1.0]);
    let steps: Vec<Value> = lines(&world, "StageSeconds").iter().map(|line| line["Step"].clone()).collect();
    let words =
        ["import", "embed", "keywords", "neighbours", "clusters", "names", "edges", "layout", "summary"];
    assert_eq!(steps, words.map(|word| json!(word)));
    let runs = lines(&world, "JobSeconds");
    assert_eq!((runs.len(), &runs[0]["Runner"]), (1, &json!("lambda")));
    for line in world.measured.json() {
        assert_eq!((&line["Environment"], &line["task_id"]), (&json!("stack-1"), &json!(TASK)));
        // A message begins before its job's record is read.
        let known = line.get("Heartbeat").is_none();
        assert_eq!(line["correlation_id"], known.then_some("request-7").map_or(Value::Null, Value::from));
    }
    // What comes again is no other job.
    world.ask(&usual()).await;
    world.process(&world.function(TestEncoder::default())).await;
    assert_eq!(ended(&world).len(), 1);
}

#[tokio::test]
async fn a_hand_over_is_no_further_attempt_and_a_checkpoint_costs_no_tokens() {
    let undisturbed = World::with_export(200).await;
    undisturbed.ask(&usual()).await;
    undisturbed.process(&undisturbed.function(TestEncoder::default())).await;

    let world = World::with_export(200).await;
    world.ask(&usual()).await;
    let clock = Arc::clone(&world.clock);
    let encoder = TestEncoder::interrupted(3, move || clock.advance(Duration::from_secs(901)));
    world.process(&world.function(encoder)).await;
    assert!(ended(&world).is_empty());
    run_task(&world, world.task(TestEncoder::default())).await;
    assert_eq!(ended(&world), [was("completed", "fargate", 1)]);
    let tokens = world.measured.metric("Tokens");
    assert!(tokens.len() == 2 && tokens.iter().all(|tokens| *tokens > 0.0), "{tokens:?}");
    assert_eq!(tokens.iter().sum::<f64>(), undisturbed.measured.metric("Tokens")[0]);
    let runs: Vec<(Value, f64)> = lines(&world, "JobSeconds")
        .iter()
        .map(|line| (line["Runner"].clone(), line["JobSeconds"].as_f64().unwrap()))
        .collect();
    assert_eq!(runs, [(json!("lambda"), 901.0), (json!("fargate"), 0.0)]);
}

#[tokio::test]
async fn a_wait_for_capacity_is_no_attempt_and_no_run() {
    let world = World::with_export(12).await;
    world.ask(&usual()).await;
    world.launcher.then_no_capacity();
    world.process(&world.small_function()).await;
    assert!(lines(&world, "JobSeconds").is_empty() && lines(&world, "QueueAgeSeconds").is_empty());
    // It comes back by itself; here it is asked for anew.
    world.ask(&usual()).await;
    world.process(&world.small_function()).await;
    world.clock.advance(Duration::from_secs(30));
    run_task(&world, world.task(TestEncoder::default())).await;
    assert_eq!(world.record(TASK).await.attempt(), 2);
    assert_eq!(ended(&world), [was("completed", "fargate", 1)]);
    assert_eq!(
        world.measured.metric("QueueAgeSeconds"),
        [30.0],
        "from the job's creation, without a message"
    );
}

#[tokio::test]
async fn lost_attempts_count() {
    let world = asked_over_http(12).await;
    let now = world.clock.now();
    let place = graphnode_core::job::Place::Lambda;
    change(&world, |record| {
        record.claim(&"lost".parse().unwrap(), place, now, Duration::from_secs(90)).unwrap()
    })
    .await;
    world.clock.advance(Duration::from_secs(91));
    world.process(&world.task(TestEncoder::default())).await;
    assert_eq!(ended(&world), [was("completed", "fargate", 2)]);
}

#[tokio::test]
async fn jobs_that_fail_and_jobs_that_are_withdrawn_are_told_apart() {
    let world = World::new();
    world.put("uploads/export.json", b"[]".to_vec()).await;
    world.ask(&usual()).await;
    world.process(&world.function(TestEncoder::default())).await;
    assert_eq!(ended(&world), [was("failed", "lambda", 1)]);

    let world = asked_over_http(12).await;
    let now = world.clock.now();
    change(&world, |record| record.cancel(None, now).unwrap()).await;
    world.process(&world.function(TestEncoder::default())).await;
    assert_eq!(ended(&world), [was("cancelled", "lambda", 0)]);
    assert!(lines(&world, "JobSeconds").is_empty());

    let world = asked_over_http(40).await;
    let (objects, clock) = (world.objects.clone(), Arc::clone(&world.clock));
    let encoder = TestEncoder::interrupted(1, move || {
        let now = clock.now();
        let cancelling = async {
            let task_id = TASK.parse().unwrap();
            update_job(&objects, &task_id, |record| record.cancel(None, now)).await.unwrap();
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(cancelling);
        // The lease is due, so the next look at the record tells.
        clock.advance(Duration::from_secs(40));
    });
    world.process(&world.function(encoder)).await;
    assert_eq!(ended(&world), [was("cancelled", "lambda", 1)]);
}

#[tokio::test]
async fn a_long_job_gives_a_sign_of_life_each_minute() {
    let world = asked_over_http(40).await;
    let (clock, measured) = (Arc::clone(&world.clock), world.measured.clone());
    let encoder = TestEncoder::interrupted(1, move || {
        for (steps, beats) in [([59, 2], 2), ([50, 10], 3)] {
            for seconds in steps {
                clock.advance(Duration::from_secs(seconds));
                // Some ticks of the companion.
                std::thread::sleep(Duration::from_millis(20));
            }
            while measured.metric("Heartbeat").len() < beats {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        clock.advance(Duration::from_secs(900));
    });
    world.process(&world.function(encoder)).await;
    let beats = lines(&world, "Heartbeat");
    let seconds = |line: &Value| line["_aws"]["Timestamp"].as_u64().unwrap() / 1000;
    let since = |line: &Value| seconds(line) - seconds(&beats[0]);
    assert_eq!(beats[..3].iter().map(since).collect::<Vec<_>>(), [0, 61, 121]);
    assert_eq!(beats[1]["correlation_id"], "request-7");
}

#[tokio::test]
async fn a_message_that_nobody_understands_is_a_sign_of_life_as_well() {
    let world = World::new();
    world.ask(&json!({"taskId": "t-9", "taskType": 7})).await;
    world.process(&world.function(TestEncoder::default())).await;
    let lines = world.measured.json();
    assert_eq!((lines.len(), &lines[0]["Heartbeat"], &lines[0]["task_id"]), (1, &json!(1), &json!("t-9")));
}
