//! Tasks that stop, with a word or without.

use std::time::Duration;

use graphnode_core::ids::LeaseOwner;
use graphnode_core::keys;
use graphnode_core::ports::launcher::{LaunchRequest, StopCause, StoppedTask};
use graphnode_core::ports::queue::{Delivery, ReceiptHandle};

use super::delivery::change;
use super::world::{JobState, TASK, TestEncoder, TestService, World, usual};
use crate::dead_letters::Answer;
use crate::service::Verdict;

/// A job that was handed to a task.
async fn handed_over() -> World {
    let world = World::with_export(12).await;
    world.ask(&usual()).await;
    assert_eq!(world.process(&world.small_function()).await, Verdict::Done);
    assert!(is_marked(&world).await && world.requests.is_empty());
    world
}

async fn is_marked(world: &World) -> bool {
    world.bytes(keys::handed_over(&TASK.parse().unwrap()).as_str()).await.is_some()
}

fn notice() -> Delivery {
    let receipt = ReceiptHandle("r".to_owned());
    Delivery { message_id: "m".to_owned(), receipt, body: String::new(), receive_count: 1, sent_at: None }
}

async fn stopped(world: &World, attempt: u32, memory_mib: u32, cause: StopCause) {
    let owner = LeaseOwner::of_task(attempt);
    let stopped = StoppedTask { task_id: TASK.parse().unwrap(), owner, memory_mib, cause };
    assert_eq!(world.small_function().task_stopped(&stopped, &notice()).await, Answer::Done);
}

/// What the next task is asked for, once the job's message has come back.
async fn next_launch(world: &World, service: &TestService) -> LaunchRequest {
    tokio::time::advance(Duration::from_secs(901)).await;
    let before = world.launcher.asked().len();
    assert_eq!(world.process(service).await, Verdict::Done);
    assert_eq!(world.launcher.asked().len(), before + 1);
    world.launcher.asked().pop().unwrap()
}

/// The task that was started last does the job.
async fn run(world: &World) {
    world.run_as_started().await;
    assert_eq!(world.result().await["payload"]["status"], "COMPLETED");
    assert!(!is_marked(world).await, "nobody needs to look for it");
}

#[tokio::test(start_paused = true)]
async fn out_of_memory_is_once_more_with_twice_the_memory() {
    let world = handed_over().await;
    stopped(&world, 1, 2048, StopCause::OutOfMemory).await;
    let again = next_launch(&world, &world.small_function()).await;
    assert_eq!(again.size.memory_mib(), 4096);
    assert_ne!(again.client_token, world.launcher.asked()[0].client_token);
    assert_eq!(world.record(TASK).await.lost_attempts(), 1);
    run(&world).await;
}

#[tokio::test(start_paused = true)]
async fn more_memory_than_there_is_fails_the_job() {
    let world = handed_over().await;
    stopped(&world, 1, 30_720, StopCause::OutOfMemory).await;
    let result = world.result().await;
    assert!(result["payload"]["error"].as_str().unwrap().contains("memory"), "{result}");
    assert!(!is_marked(&world).await);
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_away_or_never_began_is_nobodys_fault() {
    for cause in [StopCause::TakenAway, StopCause::NeverStarted] {
        let world = handed_over().await;
        for attempt in 1..=7 {
            stopped(&world, attempt, 2048, cause).await;
            next_launch(&world, &world.small_function()).await;
        }
        let record = world.record(TASK).await;
        assert_eq!((record.attempt(), record.lost_attempts()), (8, 0), "{cause:?}");
        run(&world).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_ends_with_an_error_five_times_fails_its_job() {
    let world = handed_over().await;
    for attempt in 1..=4 {
        stopped(&world, attempt, 2048, StopCause::Ended(Some(1))).await;
        next_launch(&world, &world.small_function()).await;
    }
    stopped(&world, 5, 2048, StopCause::Ended(Some(1))).await;
    tokio::time::advance(Duration::from_secs(901)).await;
    assert_eq!(world.process(&world.small_function()).await, Verdict::Done);
    let result = world.result().await;
    assert!(result["payload"]["error"].as_str().unwrap().contains("code 1"), "{result}");
    assert!(!is_marked(&world).await);
}

#[tokio::test(start_paused = true)]
async fn a_notice_that_comes_late_or_twice_changes_nothing() {
    let world = handed_over().await;
    stopped(&world, 1, 2048, StopCause::TakenAway).await;
    stopped(&world, 1, 2048, StopCause::TakenAway).await;
    assert_eq!(world.requests.len(), 1);
    next_launch(&world, &world.small_function()).await;
    stopped(&world, 1, 2048, StopCause::OutOfMemory).await;
    assert!(world.requests.is_empty());
    run(&world).await;
    stopped(&world, 2, 2048, StopCause::Ended(Some(0))).await;
    assert!(world.heard().await.1.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_task_that_died_before_its_result_was_sent_is_spoken_for() {
    let world = handed_over().await;
    let (owner, task_id) = (LeaseOwner::of_task(1), TASK.parse().unwrap());
    run(&world).await;
    // As it was a moment before.
    let mut record = world.json("jobs/task-1.json").await;
    record["pending_result"] = "{}".into();
    world.put("jobs/task-1.json", record.to_string().into_bytes()).await;
    world.put("handed-over/task-1", Vec::new()).await;
    let stopped = StoppedTask { task_id, owner, memory_mib: 2048, cause: StopCause::Ended(None) };
    assert_eq!(world.small_function().task_stopped(&stopped, &notice()).await, Answer::Done);
    assert_eq!(world.heard().await.1.len(), 1);
    assert!(!is_marked(&world).await);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_says_nothing_is_found_by_its_lease() {
    let world = handed_over().await;
    let service = world.small_function();
    assert_eq!(service.sweep(&notice()).await, Answer::Done);
    assert!(world.requests.is_empty(), "it may still begin");
    world.clock.advance(Duration::from_secs(601));
    assert_eq!(service.sweep(&notice()).await, Answer::Done);
    assert_eq!(service.sweep(&notice()).await, Answer::Done);
    assert_eq!(world.requests.len(), 1);
    let record = world.record(TASK).await;
    assert_eq!((record.state(), record.deaths()), (&JobState::Queued, 1));
    next_launch(&world, &service).await;
    run(&world).await;
    assert_eq!(service.sweep(&notice()).await, Answer::Done);
    assert!(world.heard().await.1.is_empty() && world.requests.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_sweep_forgets_what_is_over_and_what_was_erased() {
    let world = handed_over().await;
    let now = graphnode_core::clock::Clock::now(&*world.clock);
    change(&world, |record| record.cancel(None, now)).await;
    world.put("handed-over/erased", Vec::new()).await;
    assert_eq!(world.small_function().sweep(&notice()).await, Answer::Done);
    assert!(!is_marked(&world).await);
    assert_eq!(world.bytes("handed-over/erased").await, None);
    assert_eq!(world.measured.metric("Jobs").len(), 1);
    assert_eq!(world.small_function().sweep(&notice()).await, Answer::Done);
    assert_eq!(world.measured.metric("Jobs").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_mark_that_came_after_the_end_is_removed() {
    let world = World::with_export(12).await;
    world.ask(&usual()).await;
    let service = world.function(TestEncoder::default());
    assert_eq!(world.process(&service).await, Verdict::Done);
    // A worker that had lost its lease was about to hand the job over.
    world.put("handed-over/task-1", Vec::new()).await;
    assert_eq!(service.sweep(&notice()).await, Answer::Done);
    assert!(!is_marked(&world).await);
}

#[tokio::test(start_paused = true)]
async fn one_record_that_cannot_be_read_keeps_no_other() {
    let world = handed_over().await;
    world.put("handed-over/a-damaged", Vec::new()).await;
    world.put("jobs/a-damaged.json", b"{".to_vec()).await;
    world.clock.advance(Duration::from_secs(601));
    assert!(matches!(world.small_function().sweep(&notice()).await, Answer::Later(_)));
    assert_eq!(world.requests.len(), 1);
}
