//! The worker and the task as processes, over real queues, objects and started tasks.

use std::collections::BTreeSet;
use std::time::Duration;

use graphnode_testkit::export::{ConversationBuilder, export};
use serde_json::{Value, json};

use crate::cloud::{CANARY, Function, Mapping, Program, Queue, Settings, Space, within};

pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
pub(crate) const TASK: &str = "task-0001";
/// The files that must not differ by where they were made.
const SAME: [&str; 5] = ["graph.json", "summary.json", "graph.html", "words.bin", "features.json"];

/// A space with an export of `conversations`.
pub(crate) fn space(conversations: usize) -> Option<Space> {
    let space = Space::with(Settings { visibility_timeout: 60, max_receive_count: 3 })?;
    space.put(&export_key(), &exported(conversations));
    Some(space)
}

/// What a person called their file.
pub(crate) fn export_key() -> String {
    format!("uploads/내 {CANARY} (1+1).json")
}

/// The worker with these variables.
pub(crate) fn function(variables: &[(&'static str, &str)]) -> Function {
    let variables = variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Function {
        timeout: 60,
        memory: 1769,
        variables,
        ..Function::new("worker", Program::of_package("graphnode-worker"))
    }
}

/// An export of so many conversations on three subjects.
pub(crate) fn exported(count: usize) -> Vec<u8> {
    let subjects = [
        ("Baking bread", "flour, yeast and a hot oven", "Knead the dough, let it rise, then bake the crust."),
        (
            "Rust programs",
            "the borrow checker and lifetimes",
            "Let the owner live longer than what it lends.",
        ),
        ("Garden plants", "tomatoes and their soil", "Water them in the morning and prune the seedlings."),
    ];
    export((0..count).map(|number| {
        let (title, about, answer) = subjects[number % 3];
        ConversationBuilder::new(&format!("c-{number}"), &format!("{title} {number}"), 1.7e9 + number as f64)
            .person(&format!("What should I know about {about}? This is question {number}."))
            .assistant(&format!("{answer} That is answer {number}. Tell the {CANARY}."))
    }))
}

pub(crate) fn request(space: &Space) -> Value {
    json!({
        "taskId": TASK, "taskType": "GRAPH_GENERATION_REQUEST", "timestamp": "2026-06-01T08:00:00.000Z",
        "payload": {
            "userId": "auth0|7", "s3Key": export_key(), "bucket": space.bucket(),
            "includeSummary": true, "language": "en",
        },
    })
}

/// Runs the job of [`request`] to its end; checks what every job must keep.
fn run(space: &Space) {
    space.request(&request(space));
    let said = space.wait_for_result(TASK, PATIENCE);
    let payload = &said.results[0]["payload"];
    assert_eq!(payload["status"], "COMPLETED", "{payload}");
    assert_eq!(payload["resultS3Key"], "results/task-0001/graph.json");
    assert_eq!(payload["summaryIncluded"], true);
    assert!(!said.progress.is_empty());
    space.wait_until_empty(Queue::Requests, PATIENCE);
    assert_eq!(space.depth(Queue::DeadLetters), 0);
    assert_eq!(space.said_of(TASK).results.len(), 1);
}

fn files(space: &Space) -> Vec<Vec<u8>> {
    SAME.iter().map(|file| space.object(&format!("results/{TASK}/{file}")).unwrap()).collect()
}

#[test]
fn a_job_has_the_same_bytes_in_the_function_and_in_a_task() {
    let Some(here) = space(60) else { return };
    here.deploy(&function(&[]), &[Mapping::of(Queue::Requests)]);
    run(&here);
    assert!(here.tasks().is_empty());
    here.check_jobs_measured(TASK, "completed", "lambda", 1);

    let there = space(60).unwrap();
    there.define_task(&Program::of_package("graphnode-task"), &[]);
    there.deploy(&function(&[("GRAPHNODE_MAX_INLINE_BYTES", "1")]), &[Mapping::of(Queue::Requests)]);
    run(&there);
    let tasks = there.tasks();
    assert_eq!(tasks.len(), 1);
    within(PATIENCE, "the end of the task", || (there.tasks()[0]["lastStatus"] == "STOPPED").then_some(()));
    assert_eq!(there.tasks()[0]["containers"][0]["exitCode"], 0);
    // The hand-over from the function is no further attempt.
    there.check_jobs_measured(TASK, "completed", "fargate", 1);
    assert!(files(&here) == files(&there), "the bytes differ");
}

#[test]
fn a_job_waits_until_there_is_capacity() {
    let Some(space) = space(12) else { return };
    space.define_task(&Program::of_package("graphnode-task"), &[]);
    space.refuse_tasks(2, "RESOURCE:MEMORY");
    space.deploy(&function(&[("GRAPHNODE_MAX_INLINE_BYTES", "1")]), &[Mapping::of(Queue::Requests)]);
    run(&space);
    let record: Value = serde_json::from_slice(&space.object("jobs/task-0001.json").unwrap()).unwrap();
    assert_eq!((&record["waits"], &record["attempt"]), (&json!(2), &json!(3)));
    space.check_jobs_measured(TASK, "completed", "fargate", 1);
}

#[test]
fn a_job_whose_task_is_taken_away_goes_on_in_another() {
    let Some(space) = space(3_000) else { return };
    space.define_task(&Program::of_package("graphnode-task"), &[]);
    space.deploy(&function(&[("GRAPHNODE_MAX_INLINE_BYTES", "1")]), &[Mapping::of(Queue::Requests)]);
    space.request(&request(&space));
    within(PATIENCE, "progress of embedding", || {
        let said = space.said_so_far(TASK);
        said.progress.iter().any(|one| one["payload"]["currentStage"] == "[2단계] 임베딩 중").then_some(())
    });
    space.interrupt(space.tasks()[0]["taskArn"].as_str().unwrap());
    let said = space.wait_for_result(TASK, PATIENCE);
    assert_eq!(said.results[0]["payload"]["status"], "COMPLETED");
    let record: Value = serde_json::from_slice(&space.object("jobs/task-0001.json").unwrap()).unwrap();
    assert_eq!((&record["interruptions"], &record["attempt"]), (&json!(1), &json!(2)));
    space.check_jobs_measured(TASK, "completed", "fargate", 2);
    // One that ends between two looks is listed as running and as stopped.
    let tasks: BTreeSet<String> = space.tasks().iter().map(|task| task["taskArn"].to_string()).collect();
    assert_eq!(tasks.len(), 2);
    space.wait_until_empty(Queue::Requests, PATIENCE);
    // The person's next job needs them.
    assert!(!space.keys("checkpoints/").is_empty());
}
