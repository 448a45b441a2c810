//! What nobody tells by itself: messages that failed for good, tasks that stop, tasks that say nothing.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cloud::{Mapping, Program, Queue, Settings, Space, within};
use crate::worker::{PATIENCE, TASK, export_key, function, request, space};

/// What the template's schedule puts into the queue.
const SCHEDULED: &str = r#"{"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}"#;

/// The worker behind its three queues, which hands every job to a task.
fn deploy(space: &Space, variables: &[(&'static str, &str)]) {
    space.define_task(&Program::of_package("graphnode-task"), &[]);
    let all = [variables, &[("GRAPHNODE_MAX_INLINE_BYTES", "1")]].concat();
    let sources = [Queue::Requests, Queue::DeadLetters, Queue::TaskEvents].map(Mapping::of);
    space.deploy(&function(&all), &sources);
}

fn record(space: &Space) -> Value {
    serde_json::from_slice(&space.object(&format!("jobs/{TASK}.json")).unwrap()).unwrap()
}

/// Waits until the one task of the job embeds; yields its ARN.
fn embedding(space: &Space) -> String {
    within(PATIENCE, "progress of embedding", || {
        let said = space.said_so_far(TASK);
        said.progress.iter().any(|one| one["payload"]["currentStage"] == "[2단계] 임베딩 중").then_some(())
    });
    space.tasks()[0]["taskArn"].as_str().unwrap().to_owned()
}

fn check_end(space: &Space, status: &str) -> Value {
    let said = space.wait_for_result(TASK, PATIENCE);
    let payload = said.results[0]["payload"].clone();
    assert_eq!(payload["status"], status, "{payload}");
    space.wait_until_empty(Queue::Requests, PATIENCE);
    within(PATIENCE, "no mark of a job in a task", || space.keys("handed-over/").is_empty().then_some(()));
    assert_eq!(space.said_of(TASK).results.len(), 1);
    assert_eq!(space.depth(Queue::DeadLetters), 0);
    payload
}

#[test]
fn what_failed_for_good_is_answered_or_kept() {
    let Some(space) = Space::with(Settings { visibility_timeout: 60, max_receive_count: 3 }) else { return };
    let sources = [Queue::Requests, Queue::DeadLetters].map(Mapping::of);
    // It has no model, so every attempt fails in a way that might pass.
    space.deploy(&function(&[("GRAPHNODE_MODEL", "/nowhere")]), &sources);
    space.put(&export_key(), &crate::worker::exported(12));
    space.send(Queue::DeadLetters, &request(&space).to_string());
    let payload = check_end(&space, "FAILED");
    assert!(payload["error"].as_str().unwrap().contains("too often"), "{payload}");
    assert_eq!(record(&space)["state"]["status"], "failed");

    space.send(Queue::Requests, "no JSON {");
    let kept = within(PATIENCE, "a kept message", || space.keys("dead-letters/").into_iter().next());
    let kept: Value = serde_json::from_slice(&space.object(&kept).unwrap()).unwrap();
    assert_eq!(
        (&kept["body"], &kept["reason"]),
        (&json!("no JSON {"), &json!("the message is no JSON object"))
    );
    space.wait_until_empty(Queue::DeadLetters, PATIENCE);
    assert_eq!(space.results().len(), 1);
}

#[test]
fn a_task_that_ran_out_of_memory_goes_on_with_twice_as_much() {
    let Some(space) = space(3_000) else { return };
    deploy(&space, &[]);
    space.request(&request(&space));
    space.exhaust(&embedding(&space));
    check_end(&space, "COMPLETED");
    let tasks = space.tasks();
    let memory = |arn: &Value| tasks.iter().find(|task| &task["taskArn"] == arn).unwrap()["memory"].clone();
    let mut sizes: Vec<Value> = tasks.iter().map(|task| memory(&task["taskArn"])).collect();
    sizes.sort_by_key(ToString::to_string);
    sizes.dedup();
    assert_eq!(sizes, ["2048", "4096"]);
    space.check_jobs_measured(TASK, "completed", "fargate", 2);
}

#[test]
fn a_task_that_never_began_is_found_by_its_lease() {
    let Some(space) = space(12) else { return };
    deploy(&space, &[]);
    // The record says that a task has the job, and until when; there is no such task, and no message.
    let mut job: Value = {
        space.request(&request(&space));
        check_end(&space, "COMPLETED");
        record(&space)
    };
    job["task_id"] = json!("task-lost");
    job["state"] = json!({
        "status": "running", "place": "fargate", "since": "2026-06-01T08:00:00Z",
        "lease": {"owner": "task-1", "expires_at": "2026-06-01T08:10:00Z"},
    });
    job["launched_task"] = json!("arn:aws:ecs:ap-northeast-2:123456789012:task/lost");
    space.put("jobs/task-lost.json", job.to_string().as_bytes());
    space.put("handed-over/task-lost", b"");
    space.send(Queue::TaskEvents, SCHEDULED);
    let said = space.wait_for_result("task-lost", PATIENCE + Duration::from_secs(60));
    assert_eq!(said.results[0]["payload"]["status"], "COMPLETED");
    let record: Value = serde_json::from_slice(&space.object("jobs/task-lost.json").unwrap()).unwrap();
    assert_eq!((&record["deaths"], &record["attempt"]), (&json!(1), &json!(2)));
}
