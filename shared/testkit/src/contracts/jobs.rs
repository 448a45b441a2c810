//! What job records and graph pointers must be on any bucket: whoever races, one wins.

use std::time::Duration;

use graphnode_core::ids::{GraphId, LeaseOwner, TaskId, UserId};
use graphnode_core::job::pointer::Current;
use graphnode_core::job::store::{advance_pointer, load_job, load_pointer, register_job, update_job};
use graphnode_core::job::{Advance, NewJob, Place, Refusal, StoreError, UpdateError};
use graphnode_core::messages::{GenerationRequest, Incoming, Request};
use graphnode_core::ports::Objects;
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use super::{succeeds, unique};

/// Claimants of one job.
const RACERS: usize = 12;
const TTL: Duration = Duration::from_secs(60);

/// Holds the job store on a bucket to what [`graphnode_core::job`] promises.
pub async fn jobs_contract<O: Objects + Clone + 'static>(objects: &O) {
    let user_id: UserId = unique("user").parse().expect("an id");
    let now: Timestamp = "2026-03-01T09:30:00Z".parse().expect("a time");
    one_record_whoever_registers(objects, &user_id, now).await;
    one_claimant_wins(objects, &user_id, now).await;
    the_newest_build_counts(objects, &user_id, now).await;
    another_persons_job_is_refused(objects, &user_id, now).await;
}

/// A job of `user_id`, as a message asks for it.
///
/// # Panics
/// When the suite itself is wrong.
#[must_use]
pub fn new_job(user_id: &UserId, requested_at: Timestamp) -> NewJob {
    let body = format!(
        r#"{{"taskId":"{}","taskType":"GRAPH_GENERATION_REQUEST","timestamp":"{requested_at}",
            "payload":{{"userId":"{user_id}","s3Key":"graph-generation/x/"}}}}"#,
        unique("task")
    );
    let incoming: Incoming = body.parse().expect("a message");
    NewJob {
        task_id: incoming.task_id,
        request: generation(incoming.request),
        requested_at,
        correlation_id: None,
    }
}

fn generation(request: Request) -> GenerationRequest {
    match request {
        Request::Generation(request) => request,
        other => panic!("{other:?}"),
    }
}

async fn one_record_whoever_registers<O: Objects + Clone + 'static>(
    objects: &O,
    user_id: &UserId,
    now: Timestamp,
) {
    let job = new_job(user_id, now);
    assert!(succeeds(load_job(objects, &job.task_id).await).is_none());
    let mut racers = JoinSet::new();
    for _ in 0..RACERS {
        let (objects, job) = (objects.clone(), job.clone());
        racers.spawn(async move { succeeds(register_job(&objects, &job, now).await) });
    }
    let records = racers.join_all().await;
    assert!(records.iter().all(|record| *record == records[0]), "all see one record");
}

/// Of many that claim at the same time exactly one gets the job; the others hear until when they should wait.
async fn one_claimant_wins<O: Objects + Clone + 'static>(objects: &O, user_id: &UserId, now: Timestamp) {
    let job = new_job(user_id, now);
    succeeds(register_job(objects, &job, now).await);
    let mut now = now;
    for attempt in 1..=3 {
        let mut racers = JoinSet::new();
        for racer in 0..RACERS {
            let (objects, task_id) = (objects.clone(), job.task_id.clone());
            racers.spawn(async move { claim(&objects, &task_id, &format!("{attempt}-{racer}"), now).await });
        }
        let outcomes = racers.join_all().await;
        let winners: Vec<u32> =
            outcomes.iter().filter_map(|outcome| outcome.as_ref().ok().copied()).collect();
        assert_eq!(winners, [attempt]);
        let until = now + TTL;
        let waits = outcomes.iter().filter(|outcome| **outcome == Err(Refusal::HeldUntil(until))).count();
        assert_eq!(waits, RACERS - 1);
        now = until + SignedDuration::from_secs(1); // The lease has expired: the next round takes over.
    }
}

async fn claim(
    objects: &impl Objects,
    task_id: &TaskId,
    owner: &str,
    now: Timestamp,
) -> Result<u32, Refusal> {
    let owner: LeaseOwner = owner.parse().expect("an owner");
    match update_job(objects, task_id, |record| record.claim(&owner, Place::Lambda, now, TTL)).await {
        Ok(record) => Ok(record.value.attempt()),
        Err(UpdateError::Refused(refusal)) => Err(refusal),
        Err(UpdateError::Store(error)) => panic!("{error}: {:?}", std::error::Error::source(&error)),
    }
}

/// Whatever the order in which builds end, the newest request's counts in the end.
async fn the_newest_build_counts<O: Objects + Clone + 'static>(
    objects: &O,
    user_id: &UserId,
    now: Timestamp,
) {
    let mut builds = Vec::new();
    for _ in 0..RACERS {
        // All within one millisecond.
        let record = succeeds(register_job(objects, &new_job(user_id, now), now).await).value;
        builds.push(Current {
            task_id: record.task_id().clone(),
            generation: record.generation(),
            completed_at: now,
        });
    }
    assert!(builds.is_sorted_by(|a, b| a.generation < b.generation));
    let newest = builds[RACERS - 1].clone();
    let mut racers = JoinSet::new();
    for build in builds {
        let (objects, user_id) = (objects.clone(), user_id.clone());
        racers.spawn(async move {
            succeeds(advance_pointer(&objects, &user_id, &GraphId::default(), &build).await)
        });
    }
    let advances = racers.join_all().await;
    assert!(advances.contains(&Advance::Advanced));
    let pointer = succeeds(load_pointer(objects, user_id, &GraphId::default()).await).expect("a pointer");
    assert_eq!(pointer.value.current(), Some(&newest));
    let again = succeeds(advance_pointer(objects, user_id, &GraphId::default(), &newest).await);
    assert_eq!(again, Advance::AlreadyCurrent);

    // A request the queue held back: older than what is known, so that it cannot replace it.
    let late = new_job(user_id, now - SignedDuration::from_secs(30));
    let record = succeeds(register_job(objects, &late, now).await).value;
    assert!(record.generation() < newest.generation);
    let build = Current { task_id: late.task_id, generation: record.generation(), completed_at: now };
    let outcome = succeeds(advance_pointer(objects, user_id, &GraphId::default(), &build).await);
    assert_eq!(outcome, Advance::Superseded(newest));
}

async fn another_persons_job_is_refused(objects: &impl Objects, user_id: &UserId, now: Timestamp) {
    let job = new_job(user_id, now);
    succeeds(register_job(objects, &job, now).await);
    let mut stolen = job.clone();
    stolen.request.user_id = unique("thief").parse().expect("an id");
    assert!(matches!(register_job(objects, &stolen, now).await, Err(StoreError::ForeignJob(_))));
}
