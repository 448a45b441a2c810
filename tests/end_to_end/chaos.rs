//! Many jobs at once while their processes are killed at random, Chroma too, and AWS stops answering for a while and is restarted.
//!
//! It needs the servers for itself, so it is no part of the suite: `tests/run.sh` runs it alone. How many jobs and for how
//! long stands in `GRAPHNODE_CHAOS_JOBS` (40) and `GRAPHNODE_CHAOS_SECONDS` (20), what is killed when follows from
//! `GRAPHNODE_CHAOS_SEED` (1).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::cloud::{Function, Mapping, Program, Queue, Settings, Space, within};
use crate::worker::exported;

const PATIENCE: Duration = Duration::from_secs(600);
/// Exports that differ; every job has one of them, each for a person of its own.
const KINDS: usize = 5;
const WORKERS: u32 = 4;
/// Time between two kills, at the mean.
const PAUSE: Duration = Duration::from_millis(1_200);
const SCHEDULED: &str = r#"{"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}"#;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap())
}

/// Numbers that look random, the same for the same seed (Marsaglia's xorshift64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        for (left, shift) in [(true, 13), (false, 7), (true, 17)] {
            self.0 ^= if left { self.0 << shift } else { self.0 >> shift };
        }
        self.0 % most
    }
}

/// Everything that is deployed, quick to take over what has died.
fn space() -> Option<Space> {
    let space = Space::with(Settings { visibility_timeout: 20, max_receive_count: 8 })?;
    let variables = [("GRAPHNODE_LEASE_SECONDS", "6".to_owned())];
    space.define_task(&Program::of_package("graphnode-task"), &variables);
    let worker = Function {
        timeout: 20,
        memory: 1769,
        concurrency: WORKERS,
        variables: variables.to_vec(),
        ..Function::new("worker", Program::of_package("graphnode-worker"))
    };
    let sources = [
        Mapping { concurrency: WORKERS, ..Mapping::of(Queue::Requests) },
        Mapping::of(Queue::DeadLetters),
        Mapping::of(Queue::TaskEvents),
    ];
    space.deploy(&worker, &sources);
    let indexer =
        Function { timeout: 20, ..Function::new("indexer", Program::of_package("graphnode-indexer")) };
    space.deploy(&indexer, &[Mapping::of(Queue::Features)]);
    for kind in 0..KINDS {
        space.put(&format!("uploads/export-{kind}.json"), &exported(40 + 20 * kind));
    }
    Some(space)
}

fn task(job: usize) -> String {
    format!("task-{job:04}")
}

fn user(job: usize) -> String {
    format!("person-{job:04}")
}

fn ask(space: &Space, job: usize) {
    space.request(&json!({
        "taskId": task(job), "taskType": "GRAPH_GENERATION_REQUEST", "timestamp": "2026-06-01T08:00:00.000Z",
        "payload": {
            "userId": user(job), "s3Key": format!("uploads/export-{}.json", job % KINDS), "bucket": space.bucket(),
        },
    }));
}

fn record(space: &Space, job: usize) -> Option<Value> {
    Some(serde_json::from_slice(&space.object(&format!("jobs/{}.json", task(job)))?).unwrap())
}

/// Waits until all jobs are indexed, nothing waits, and no job is marked as given to a task.
fn wait_for_all(space: &Space, jobs: usize) {
    let mut open: BTreeSet<usize> = (0..jobs).collect();
    let mut swept = Instant::now();
    within(PATIENCE, "the end of all jobs", || {
        if swept.elapsed() > Duration::from_secs(10) {
            swept = Instant::now();
            space.send(Queue::TaskEvents, SCHEDULED);
        }
        open.retain(|job| record(space, *job).is_none_or(|record| record["state"]["status"] != "indexed"));
        std::thread::sleep(Duration::from_millis(500));
        open.is_empty().then_some(())
    });
    for queue in [Queue::Requests, Queue::DeadLetters, Queue::Features, Queue::FeaturesDeadLetters] {
        space.wait_until_empty(queue, PATIENCE);
    }
    within(PATIENCE, "no mark of a job in a task", || space.keys("handed-over/").is_empty().then_some(()));
}

/// What is in the index of one job, without whose it is.
type Vectors = BTreeMap<String, (Value, Map<String, Value>)>;

fn vectors(space: &Space, job: usize) -> Vectors {
    let whose = user(job);
    let all = space.embeddings(&json!({"userId": whose}));
    let anonymous = |(id, (embedding, mut metadata)): (String, (Value, Map<String, Value>))| {
        assert_eq!((&metadata["userId"], &metadata["user_id"]), (&json!(whose), &json!(whose)));
        metadata.remove("userId");
        metadata.remove("user_id");
        // Who is killed between taking a number and writing it down leaves it unused; only their order means something.
        metadata.remove("generation");
        (id.strip_prefix(&format!("{whose}_")).unwrap().to_owned(), (embedding, metadata))
    };
    all.into_iter().map(anonymous).collect()
}

/// Processes of the space by their program, as the machine lists them.
fn processes(space: &Space) -> Vec<u32> {
    let ours = format!("GRAPHNODE_ENVIRONMENT={}", space.name());
    let is_ours = |process: &u32| {
        fs::read(format!("/proc/{process}/environ"))
            .is_ok_and(|all| all.split(|byte| *byte == 0).any(|one| one == ours.as_bytes()))
    };
    let names = fs::read_dir("/proc").unwrap().flatten();
    let all = names.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    all.filter(is_ours).collect()
}

/// Asks for all jobs, one after the other, while it kills processes, Chroma once, stops AWS for a moment and restarts it; yields
/// how many were killed.
fn rage(space: &Space, jobs: usize, dice: &mut Dice, lasting: Duration) -> u32 {
    let (begun, mut killed) = (Instant::now(), 0);
    let mut asked = 0..jobs;
    let mut more: Vec<(Duration, Box<dyn Fn()>)> = vec![
        (lasting.mul_f64(0.75), Box::new(|| space.restart_aws(2))),
        (lasting.mul_f64(0.5), Box::new(|| space.pause_aws(3))),
        (lasting.mul_f64(0.25), Box::new(|| space.crash_chroma())),
    ];
    while begun.elapsed() < lasting {
        std::thread::sleep(PAUSE.mul_f64(0.5 + dice.below(1_000) as f64 / 1_000.0));
        if more.last().is_some_and(|(at, _)| begun.elapsed() > *at) {
            more.pop().unwrap().1();
        }
        let due = (begun.elapsed().as_secs_f64() / lasting.as_secs_f64() * jobs as f64).ceil() as usize;
        while asked.start < due.min(jobs) {
            asked.next().into_iter().for_each(|job| ask(space, job));
        }
        let mut all = processes(space);
        all.sort_unstable();
        if !all.is_empty() {
            let victim = all[dice.below(all.len() as u64) as usize];
            let done = Command::new("kill").args(["-KILL", &victim.to_string()]).status().unwrap();
            killed += u32::from(done.success());
        }
        space.send(Queue::TaskEvents, SCHEDULED);
    }
    asked.for_each(|job| ask(space, job));
    assert!(more.is_empty(), "{lasting:?} are too short for everything that should happen");
    killed
}

/// The results of each job, as they were sent.
fn results(space: &Space) -> BTreeMap<String, Vec<Value>> {
    let mut by_task = BTreeMap::<String, Vec<Value>>::new();
    for result in space.results() {
        by_task.entry(result["taskId"].as_str().unwrap().to_owned()).or_default().push(result);
    }
    by_task
}

#[test]
#[ignore = "needs the servers for itself: see tests/run.sh"]
fn whatever_is_killed_every_job_ends_once() {
    let jobs = number("GRAPHNODE_CHAOS_JOBS", 40) as usize;
    let lasting = Duration::from_secs(number("GRAPHNODE_CHAOS_SECONDS", 20));
    let mut dice = Dice(number("GRAPHNODE_CHAOS_SEED", 1).max(1));
    let Some(quiet) = space() else { return };
    (0..KINDS).for_each(|job| ask(&quiet, job));
    wait_for_all(&quiet, KINDS);
    let expected: Vec<Vectors> = (0..KINDS).map(|job| vectors(&quiet, job)).collect();
    drop(quiet);

    let space = space().unwrap();
    let killed = rage(&space, jobs, &mut dice, lasting);
    wait_for_all(&space, jobs);

    let results = results(&space);
    let (mut sent, mut attempts) = (0, 0);
    for job in 0..jobs {
        let of_job = &results[&task(job)];
        sent += of_job.len();
        assert_eq!(of_job[0]["payload"]["status"], "COMPLETED", "{}", of_job[0]);
        assert!(of_job.iter().all(|result| result == &of_job[0]), "{of_job:#?}");
        let record = record(&space, job).unwrap();
        attempts += record["attempt"].as_u64().unwrap() - record["waits"].as_u64().unwrap();
        assert!(vectors(&space, job) == expected[job % KINDS], "the vectors of {} differ", task(job));
    }
    assert_eq!(results.len(), jobs);
    let account = format!(
        "chaos: {jobs} jobs, {killed} processes killed in {lasting:?}: {} results, 0 lost, 0 contradictory, {} sent twice; \
         {attempts} attempts, amplification {:.2}\n",
        results.len(),
        sent - jobs,
        attempts as f64 / jobs as f64
    );
    std::io::stderr().write_all(account.as_bytes()).unwrap();
}
