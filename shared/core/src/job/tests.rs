//! The life of a job, step by step and at random.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::pointer::{Advance, Current, GraphPointer};
use super::{HowFar, JobRecord, JobState, NewJob, Place, Refusal, Release};
use crate::ids::{GraphId, LeaseOwner};
use crate::messages::outgoing::{GraphResult, graph_result};
use crate::messages::progress::Progress;
use crate::messages::{FailureReason, Incoming, MessageBody, Request};
use crate::ports::launcher::LaunchedTask;
use crate::watch::Stage;

const TTL: Duration = Duration::from_secs(60);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_772_000_000 + second).unwrap()
}

fn owner(name: &str) -> LeaseOwner {
    name.parse().unwrap()
}

fn queued() -> JobRecord {
    let body =
        r#"{"taskId":"t-1","taskType":"GRAPH_GENERATION_REQUEST","payload":{"userId":"u","s3Key":"a.json"}}"#;
    let incoming: Incoming = body.parse().unwrap();
    let Request::Generation(request) = incoming.request else { panic!() };
    let job = NewJob { task_id: incoming.task_id, request, requested_at: at(0), correlation_id: None };
    JobRecord::new(job, 7, at(0))
}

fn result(record: &JobRecord) -> MessageBody {
    let failed = GraphResult::Failed(FailureReason::new("no"));
    graph_result(record.task_id(), record.user_id(), at(0), &failed)
}

fn told(progress: Progress) -> HowFar {
    HowFar { progress: Some(progress), expected_end: None }
}

fn claimed(name: &str) -> JobRecord {
    queued().claim(&owner(name), Place::Lambda, at(1), TTL).unwrap()
}

#[test]
fn a_second_delivery_waits_for_a_running_job_and_takes_over_a_dead_one() {
    let running = claimed("a");
    assert_eq!((running.attempt(), running.lost_attempts()), (1, 0));
    assert_eq!(running.claim(&owner("b"), Place::Lambda, at(60), TTL), Err(Refusal::HeldUntil(at(61))));
    let taken = running.claim(&owner("b"), Place::Lambda, at(61), TTL).unwrap();
    assert_eq!((taken.attempt(), taken.lost_attempts()), (2, 1));
    assert_eq!(taken.complete(&owner("a"), result(&taken), at(62)), Err(Refusal::NotOwner));
    assert_eq!(taken.renew(&owner("a"), HowFar::default(), at(62), TTL), Err(Refusal::NotOwner));
}

#[test]
fn a_write_whose_answer_was_lost_is_repeated_without_harm() {
    let running = claimed("a");
    let again = running.claim(&owner("a"), Place::Lambda, at(2), TTL).unwrap();
    assert_eq!(again.attempt(), 1);
    let sent = running.dispatch(&owner("a"), at(3), TTL).unwrap();
    assert_eq!(sent.dispatch(&owner("a"), at(4), TTL), Ok(sent.clone()));
    let done = running.complete(&owner("a"), result(&running), at(5)).unwrap();
    assert_eq!(done.complete(&owner("a"), result(&running), at(6)), Ok(done.clone()));
    assert_eq!(done.complete(&owner("b"), result(&running), at(6)), Err(Refusal::AlreadyFinished));
    assert_eq!(
        done.fail(&owner("a"), FailureReason::new("x"), result(&running), at(6)),
        Err(Refusal::AlreadyFinished)
    );
    let back = running.release(&owner("a"), Release::Interrupted, at(7)).unwrap();
    assert_eq!(back.release(&owner("a"), Release::Interrupted, at(8)), Ok(back.clone()));
}

#[test]
fn a_job_is_handed_to_a_task_within_its_attempt() {
    let dispatched = claimed("a").dispatch(&owner("a"), at(2), Duration::from_secs(600)).unwrap();
    assert_eq!(dispatched.attempt(), 1);
    assert_eq!(
        dispatched.renew(&owner("a"), HowFar::default(), at(3), TTL),
        Err(Refusal::NotOwner),
        "the function lets go"
    );
    assert_eq!(dispatched.claim(&owner("b"), Place::Lambda, at(3), TTL), Err(Refusal::HeldUntil(at(602))));
    let task = LaunchedTask("arn:1".to_owned());
    let launched = dispatched.launched(&task, at(3)).unwrap();
    let heir = launched.task_owner();
    let running = launched.claim(&heir, Place::Fargate, at(90), TTL).unwrap();
    assert_eq!((running.attempt(), running.launched_task()), (1, Some(task)));
    // A task that starts after the job was taken over learns it at once.
    let taken = running.claim(&owner("b"), Place::Lambda, at(900), TTL).unwrap();
    assert_eq!(taken.claim(&heir, Place::Fargate, at(901), TTL), Err(Refusal::HeldUntil(at(960))));
    assert_ne!(taken.client_token(), running.client_token());
    assert_eq!(taken.launched_task(), None);
}

fn lost() -> Release {
    Release::Lost(FailureReason::new("the disk was full"))
}

#[test]
fn a_lease_that_ran_out_is_a_death_unless_nobody_knows_of_a_task() {
    let running = claimed("a");
    assert!(matches!(running.reclaim(at(2)), Err(Refusal::HeldUntil(_))));
    let back = running.reclaim(at(999)).unwrap();
    assert_eq!((back.state(), back.deaths(), back.lost_attempts()), (&JobState::Queued, 1, 1));
    assert_eq!(back.reclaim(at(1000)), Ok(back.clone()));
    let taken = running.claim(&owner("b"), Place::Lambda, at(999), TTL).unwrap();
    assert_eq!((taken.deaths(), taken.lost_attempts()), (1, 1));

    let unknown = running.dispatch(&owner("a"), at(2), TTL).unwrap();
    let waited = unknown.reclaim(at(999)).unwrap();
    assert_eq!((waited.deaths(), waited.lost_attempts(), waited.waits()), (0, 0, 1));
    let started = unknown.launched(&LaunchedTask("arn:1".to_owned()), at(3)).unwrap();
    assert!(started.is_handed_over());
    assert_eq!(started.reclaim(at(999)).unwrap().lost_attempts(), 1);
}

#[test]
fn memory_that_was_not_enough_is_remembered() {
    let more = claimed("a").release(&owner("a"), Release::OutOfMemory(4096), at(2)).unwrap();
    assert_eq!((more.least_memory_mib(), more.lost_attempts()), (4096, 1));
    assert!(more.last_failure().is_some());
    let less = more.claim(&owner("b"), Place::Lambda, at(3), TTL).unwrap();
    let less = less.release(&owner("b"), Release::OutOfMemory(2048), at(4)).unwrap();
    assert_eq!(less.least_memory_mib(), 4096);
}

#[test]
fn want_of_capacity_and_interruptions_are_no_poison() {
    let mut record = queued();
    for (round, why) in
        [Release::Waiting, Release::Interrupted, Release::Waiting, lost()].into_iter().enumerate()
    {
        let name = owner(&format!("o-{round}"));
        record = record.claim(&name, Place::Lambda, at(1), TTL).unwrap().release(&name, why, at(2)).unwrap();
    }
    assert_eq!(
        (record.attempt(), record.waits(), record.interruptions(), record.lost_attempts()),
        (4, 2, 1, 1)
    );
    assert_eq!(record.attempts_begun(), 2, "in the waits no work was begun");
}

#[test]
fn the_end_carries_its_message_until_it_is_sent() {
    let running = claimed("a");
    let done = running.complete(&owner("a"), result(&running), at(5)).unwrap();
    assert_eq!(done.claim(&owner("b"), Place::Lambda, at(999), TTL), Err(Refusal::AlreadyFinished));
    assert!(done.pending_result().is_some());
    let indexed = done.indexed(12, at(6)).unwrap();
    assert!(indexed.pending_result().is_some(), "indexing does not swallow it");
    assert_eq!(indexed.indexed(12, at(7)), Ok(indexed.clone()));
    let sent = indexed.result_sent(at(8));
    assert!(sent.pending_result().is_none());
    assert_eq!(sent.result_sent(at(9)), sent);
    assert_eq!(running.indexed(12, at(6)), Err(Refusal::NotCompleted));
}

#[test]
fn a_cancelled_job_stops_its_owner() {
    let running = claimed("a");
    let cancelled = running.cancel(None, at(2)).unwrap();
    assert_eq!(cancelled.renew(&owner("a"), HowFar::default(), at(3), TTL), Err(Refusal::Cancelled));
    assert_eq!(cancelled.complete(&owner("a"), result(&running), at(3)), Err(Refusal::Cancelled));
    assert_eq!(cancelled.claim(&owner("b"), Place::Lambda, at(999), TTL), Err(Refusal::Cancelled));
    assert_eq!(cancelled.cancel(None, at(4)), Ok(cancelled.clone()));
    let done = running.complete(&owner("a"), result(&running), at(5)).unwrap();
    assert_eq!(done.cancel(None, at(6)), Err(Refusal::AlreadyFinished));
}

#[test]
fn only_a_job_nobody_works_on_is_abandoned() {
    let running = claimed("a");
    let reason = || FailureReason::new("gave up");
    assert_eq!(running.abandon(reason(), result(&running), at(60)), Err(Refusal::HeldUntil(at(61))));
    let failed = running.abandon(reason(), result(&running), at(61)).unwrap();
    assert_eq!(failed.state().name(), "failed");
    assert_eq!(failed.abandon(reason(), result(&running), at(62)), Err(Refusal::AlreadyFinished));
    assert_eq!(queued().abandon(reason(), result(&running), at(0)).unwrap().state().name(), "failed");
}

#[test]
fn progress_never_goes_backwards_in_the_record() {
    let further =
        claimed("a").renew(&owner("a"), told(Progress::new(Stage::Embed, 5, 10)), at(2), TTL).unwrap();
    let later = further.renew(&owner("a"), told(Progress::new(Stage::Import, 1, 10)), at(3), TTL).unwrap();
    assert_eq!(later.progress(), Some(Progress::new(Stage::Embed, 5, 10)));
}

#[test]
fn a_record_is_the_same_after_json() {
    let running =
        claimed("a").renew(&owner("a"), told(Progress::new(Stage::Embed, 1, 2)), at(2), TTL).unwrap();
    let done = running.complete(&owner("a"), result(&running), at(3)).unwrap();
    for record in [queued(), running, done.clone(), done.indexed(3, at(4)).unwrap()] {
        let json = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<JobRecord>(&json).unwrap(), record, "{json}");
    }
    let json: serde_json::Value = serde_json::to_value(done).unwrap();
    assert_eq!((&json["schema"], &json["state"]["status"]), (&1.into(), &"completed".into()));
}

#[test]
fn a_job_is_found_by_its_correlation_id_and_without_one_by_its_own() {
    let record = queued();
    assert_eq!(record.correlation_id(), record.task_id().as_str());
    let mut json = serde_json::to_value(&record).unwrap();
    assert!(json.get("correlation_id").is_none(), "records of older programs have none");
    json["correlation_id"] = "request-1".into();
    assert_eq!(serde_json::from_value::<JobRecord>(json.clone()).unwrap().correlation_id(), "request-1");
    json["correlation_id"] = "two\nlines".into();
    assert!(serde_json::from_value::<JobRecord>(json).is_err());
}

/// A step somebody tries.
#[derive(Debug, Clone)]
enum Step {
    Claim(u8),
    Dispatch(u8),
    ClaimAsTask,
    Renew(u8),
    Release(u8, u8),
    Complete(u8),
    Fail(u8),
    Reclaim,
    Abandon,
    Cancel,
    Indexed,
    Sent,
    Pass(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u8..3).prop_map(Step::Claim),
        2 => (0_u8..3).prop_map(Step::Dispatch),
        2 => Just(Step::ClaimAsTask),
        2 => (0_u8..3).prop_map(Step::Renew),
        2 => (0_u8..3, 0_u8..4).prop_map(|(owner, why)| Step::Release(owner, why)),
        1 => Just(Step::Reclaim),
        1 => (0_u8..3).prop_map(Step::Complete),
        1 => (0_u8..3).prop_map(Step::Fail),
        1 => Just(Step::Abandon),
        1 => Just(Step::Cancel),
        1 => Just(Step::Indexed),
        1 => Just(Step::Sent),
        4 => (0_u8..90).prop_map(Step::Pass),
    ]
}

fn take(record: &JobRecord, step: &Step, now: Timestamp) -> Result<JobRecord, Refusal> {
    let by = |number: &u8| owner(&format!("owner-{number}"));
    let reason = || FailureReason::new("no");
    match step {
        Step::Claim(number) => record.claim(&by(number), Place::Lambda, now, TTL),
        Step::Dispatch(number) => record.dispatch(&by(number), now, TTL),
        Step::ClaimAsTask => record.claim(&record.task_owner(), Place::Fargate, now, TTL),
        Step::Renew(number) => record.renew(&by(number), HowFar::default(), now, TTL),
        Step::Release(number, why) => {
            let all = [Release::Waiting, Release::Interrupted, lost(), Release::OutOfMemory(4096)];
            record.release(&by(number), all[usize::from(*why)].clone(), now)
        }
        Step::Reclaim => record.reclaim(now),
        Step::Complete(number) => record.complete(&by(number), result(record), now),
        Step::Fail(number) => record.fail(&by(number), reason(), result(record), now),
        Step::Abandon => record.abandon(reason(), result(record), now),
        Step::Cancel => record.cancel(None, now),
        Step::Indexed => record.indexed(3, now),
        Step::Sent => Ok(record.result_sent(now)),
        Step::Pass(_) => Ok(record.clone()),
    }
}

/// How far a state is: it never gets less, but from running back to queued.
fn rank(state: &JobState) -> u8 {
    match state {
        JobState::Queued | JobState::Running { .. } => 0,
        JobState::Completed { .. } | JobState::Failed { .. } | JobState::Cancelled { .. } => 1,
        JobState::Indexed { .. } => 2,
    }
}

proptest! {
    #[test]
    fn whatever_is_tried_a_job_ends_once_and_a_live_lease_is_respected(steps in prop::collection::vec(step(), 1..60)) {
        let (mut record, mut now) = (queued(), at(0));
        let mut ends = 0;
        for step in &steps {
            if let Step::Pass(seconds) = step {
                now += SignedDuration::from_secs(i64::from(*seconds));
            }
            let Ok(next) = take(&record, step, now) else { continue };
            prop_assert!(rank(next.state()) >= rank(record.state()), "{step:?}: {record:?}");
            prop_assert_eq!((next.task_id(), next.generation()), (record.task_id(), record.generation()));
            prop_assert!(next.attempt() >= record.attempt());
            if rank(record.state()) == 0 && rank(next.state()) == 1 {
                ends += 1;
            }
            if rank(record.state()) == 1 {
                let kept = next.state().name() == record.state().name();
                prop_assert!(kept || next.state().name() == "indexed" && record.state().name() == "completed");
            }
            // A lease that is alive changes hands only by its owner's own doing.
            if let (Some(old), Some(new)) = (record.lease(), next.lease())
                && old.expires_at > now && old.owner != new.owner
            {
                prop_assert!(matches!(step, Step::Dispatch(_)), "{step:?}");
                prop_assert_eq!(&new.owner, &record.task_owner());
            }
            let counted = next.waits() + next.interruptions() + next.lost_attempts();
            prop_assert_eq!(counted + u32::from(next.lease().is_some()), next.attempt());
            prop_assert!(next == record || serde_json::to_string(&next).unwrap() != serde_json::to_string(&record).unwrap());
            record = next;
        }
        prop_assert!(ends <= 1);
    }

    #[test]
    fn the_newest_request_counts_in_whatever_order_builds_end(
        times in prop::collection::vec(0_i64..5, 1..12),
        order in any::<prop::sample::Index>(),
    ) {
        // Requests in the order they were made; several in one millisecond.
        let mut times = times;
        times.sort_unstable();
        let mut pointer = GraphPointer::new("u".parse().unwrap(), GraphId::default());
        let mut builds = Vec::new();
        for (number, time) in times.iter().enumerate() {
            let (next, generation) = pointer.issue(at(0) + SignedDuration::from_millis(*time), at(9));
            pointer = next;
            builds.push(Current { task_id: format!("t-{number}").parse().unwrap(), generation, completed_at: at(9) });
        }
        prop_assert!(builds.is_sorted_by(|a, b| a.generation < b.generation));
        let newest = builds[builds.len() - 1].clone();
        let turn = order.index(builds.len());
        builds.rotate_left(turn);
        builds.reverse();
        for build in &builds {
            let admitted = pointer.admits(&build.task_id, build.generation);
            let (next, outcome) = pointer.advance(build.clone());
            prop_assert_eq!(admitted, !matches!(outcome, Advance::Superseded(_)));
            prop_assert_eq!(next.advance(build.clone()).0, next.clone(), "twice is once");
            pointer = next;
        }
        prop_assert_eq!(pointer.current(), Some(&newest));
    }
}

#[test]
fn a_request_that_comes_late_cannot_replace_a_newer_one() {
    let pointer = GraphPointer::new("u".parse().unwrap(), GraphId::default());
    let (pointer, newer) = pointer.issue(at(10), at(11));
    let (pointer, older) = pointer.issue(at(5), at(12));
    assert!(older < newer);
    assert_eq!(newer, at(10).as_millisecond() as u64);
    // A clock that runs ahead does not block the graph.
    let (pointer, ahead) = pointer.issue(at(99_999), at(13));
    let (_, next) = pointer.issue(at(14), at(14));
    assert!(newer < ahead && ahead < next);
}

#[test]
fn a_pointer_is_flat_json() {
    let (pointer, generation) =
        GraphPointer::new("u".parse().unwrap(), GraphId::default()).issue(at(0), at(0));
    let current = Current { task_id: "t-1".parse().unwrap(), generation, completed_at: at(1) };
    let (advanced, _) = pointer.advance(current);
    for pointer in [pointer, advanced.clone()] {
        let json = serde_json::to_string(&pointer).unwrap();
        assert_eq!(serde_json::from_str::<GraphPointer>(&json).unwrap(), pointer, "{json}");
    }
    let json = serde_json::to_value(&advanced).unwrap();
    assert_eq!((&json["task_id"], &json["generation"]), (&"t-1".into(), &generation.into()));
    assert_eq!((&json["user_id"], &json["graph_id"]), (&"u".into(), &"default".into()));
}

#[test]
fn a_build_that_is_deleted_counts_no_more_and_another_one_does() {
    let (user, graph): (crate::ids::UserId, GraphId) = ("u".parse().unwrap(), GraphId::default());
    let build =
        |task: &str, generation| Current { task_id: task.parse().unwrap(), generation, completed_at: at(0) };
    let (pointer, _) = GraphPointer::new(user, graph).advance(build("t-1", 1));
    let (same, withdrawn) = pointer.withdraw(&"t-2".parse().unwrap());
    assert_eq!((same.current(), withdrawn), (pointer.current(), None));
    let (empty, withdrawn) = pointer.withdraw(&"t-1".parse().unwrap());
    assert_eq!((empty.current(), withdrawn), (None, Some(build("t-1", 1))));
    assert_eq!(empty.advance(build("t-2", 2)).1, Advance::Advanced);
}
