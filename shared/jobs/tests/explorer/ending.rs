//! What a world has come to, and what is wrong with that.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use graphnode_core::encoder::Encoder;
use graphnode_core::ids::TaskId;
use graphnode_core::job::JobRecord;
use graphnode_core::job::store::{load_job, load_pointer};
use graphnode_core::keys::{ObjectKey, ResultFile, parse_result};
use graphnode_core::ports::Queue;
use graphnode_core::ports::vectors::{VectorIndex, VectorQuery};
use graphnode_testkit::encoder::HashingEncoder;
use serde_json::Value;

use crate::scenario::{Scenario, USER};
use crate::world::World;

/// Stands where a file names its generation: a request that was counted twice before it had a record has a later one,
/// and the order of builds is the same.
const GENERATION: &str = "<generation>";

/// What is left when a world is quiet.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    scenario: Scenario,
    quiet: bool,
    jobs: BTreeMap<String, JobRecord>,
    missing: Vec<String>,
    files: BTreeMap<String, Vec<u8>>,
    messages: BTreeMap<String, Vec<String>>,
    counts: Option<String>,
    vectors: Vec<String>,
    launches: usize,
}

impl Ending {
    pub(crate) async fn of(world: &World, quiet: bool) -> Self {
        let (mut jobs, mut missing) = (BTreeMap::new(), Vec::new());
        for asked in world.scenario.asked() {
            let task_id: TaskId = asked.task.parse().unwrap();
            match load_job(&world.bucket, &task_id).await {
                Ok(Some(record)) => drop(jobs.insert(asked.task.to_owned(), record.value)),
                _ => missing.push(asked.task.to_owned()),
            }
        }
        let pointer =
            load_pointer(&world.bucket, &USER.parse().unwrap(), &"default".parse().unwrap()).await.unwrap();
        let current = pointer.as_ref().and_then(|pointer| pointer.value.current());
        let all = world.bucket.all();
        Self {
            scenario: world.scenario,
            quiet,
            files: all
                .into_iter()
                .map(|(key, bytes)| (key.to_string(), comparable(&key, bytes, &jobs)))
                .collect(),
            messages: messages(world).await,
            counts: current.map(|current| current.task_id.to_string()),
            vectors: vectors(world, &jobs).await,
            launches: world.launcher.count(),
            jobs,
            missing,
        }
    }

    /// Results that were sent more than once, byte for byte the same.
    pub(crate) fn repeated(&self) -> usize {
        self.messages.values().map(|sent| sent.len() - 1).sum()
    }

    /// Parts of vectors that are kept for the person's next job: how many depends on where work was cut off.
    pub(crate) fn vector_parts(&self) -> usize {
        self.files.keys().filter(|key| is_vector_part(key)).count()
    }

    /// Jobs that failed where they do not in a run in which nothing goes wrong.
    pub(crate) fn failed(&self) -> usize {
        let failed = |(task, job): (&String, &JobRecord)| {
            job.state().name() == "failed" && !self.scenario.ends(task).contains(&"failed")
        };
        self.jobs.iter().filter(|one| failed(*one)).count()
    }

    /// What is wrong with it, compared with the end of a run in which nothing went wrong. Where jobs `may_fail`, one that did
    /// must have said so once, and then the rest cannot be compared.
    pub(crate) fn wrongs(&self, undisturbed: &Self, may_fail: bool) -> Vec<String> {
        let mut wrongs = self.contradictions();
        let has_failed = may_fail && self.jobs.values().any(|job| job.state().name() == "failed");
        let mut unless = |holds: bool, wrong: String| {
            if !holds {
                wrongs.push(wrong);
            }
        };
        unless(self.quiet, "it never became quiet".to_owned());
        unless(self.missing.is_empty(), format!("no record of {:?}", self.missing));
        for (task, job) in &self.jobs {
            let state = job.state().name();
            unless(job.pending_result().is_none(), format!("{task} still owes its result"));
            if has_failed {
                unless(job.state().is_over(), format!("{task} is {state}"));
                unless(self.payloads(task).len() == 1, format!("{task} was told nothing"));
                continue;
            }
            unless(self.scenario.ends(task).contains(&state), format!("{task} is {state}"));
            let told = self.payloads(task);
            unless(told == undisturbed.payloads(task), format!("{task} was told {told:?}"));
        }
        if has_failed {
            return wrongs;
        }
        unless(self.counts.as_deref() == self.scenario.counts(), format!("{:?} counts", self.counts));
        unless(self.vectors == undisturbed.vectors, "the index holds other vectors".to_owned());
        let keys = |ending: &Self| -> BTreeSet<String> {
            ending.files.keys().filter(|key| !is_vector_part(key)).cloned().collect()
        };
        let (here, there) = (keys(self), keys(undisturbed));
        unless(
            here == there,
            format!("other keys: {:?}", here.symmetric_difference(&there).collect::<Vec<_>>()),
        );
        for (key, bytes) in &self.files {
            let same = !key.starts_with("results/") || undisturbed.files.get(key) == Some(bytes);
            unless(same, format!("{key} holds other bytes"));
        }
        wrongs
    }

    /// What must not be, wherever a run has come to.
    fn contradictions(&self) -> Vec<String> {
        let mut wrongs = Vec::new();
        let mut sent: BTreeMap<&str, usize> = BTreeMap::new();
        self.messages.values().for_each(|same| *sent.entry(task_of(&same[0])).or_default() += 1);
        for (task, count) in sent.into_iter().filter(|(_, count)| *count > 1) {
            wrongs.push(format!("{task} has {count} different results"));
        }
        let attempts: u32 = self.jobs.values().map(JobRecord::attempt).sum();
        if self.launches > attempts as usize {
            wrongs.push(format!("{} tasks for {attempts} attempts", self.launches));
        }
        wrongs
    }

    fn payloads(&self, task: &str) -> Vec<Value> {
        let bodies = self.messages.keys().filter(|body| task_of(body) == task);
        bodies.map(|body| serde_json::from_str::<Value>(body).unwrap()["payload"].clone()).collect()
    }
}

/// The task of a message: our own, so its id has no quotes in it.
fn task_of(body: &str) -> &str {
    let (_, rest) = body.split_once(r#""taskId":""#).unwrap();
    rest.split_once('"').unwrap().0
}

fn is_vector_part(key: &str) -> bool {
    key.starts_with("checkpoints/")
}

/// A result file without what may differ: the number of the generation, and the report's timings.
fn comparable(key: &ObjectKey, bytes: Vec<u8>, jobs: &BTreeMap<String, JobRecord>) -> Vec<u8> {
    let Some((task_id, file)) = parse_result(key.as_str()) else { return bytes };
    let Some(job) = jobs.get(task_id.as_str()) else { return bytes };
    let bytes = match file {
        ResultFile::Report => without_timings(&bytes),
        _ => bytes,
    };
    match String::from_utf8(bytes) {
        Ok(text) => text.replace(&job.generation().to_string(), GENERATION).into_bytes(),
        Err(not_text) => not_text.into_bytes(),
    }
}

fn without_timings(report: &[u8]) -> Vec<u8> {
    let mut report: Value = serde_json::from_slice(report).unwrap();
    report["timings_ms"] = Value::Null;
    serde_json::to_vec(&report).unwrap()
}

/// All results that were sent, equal ones together.
async fn messages(world: &World) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    loop {
        let received = world.results.receive(10, Duration::ZERO, Duration::from_secs(3600)).await.unwrap();
        if received.is_empty() {
            return all;
        }
        for message in received.into_iter().filter(|message| message.body.contains("GRAPH_GENERATION_RESULT"))
        {
            all.entry(message.body.clone()).or_default().push(message.body);
        }
    }
}

/// What the index holds of the person, as text: best first, with each one's score and all that stands beside it.
async fn vectors(world: &World, jobs: &BTreeMap<String, JobRecord>) -> Vec<String> {
    let mut direction = vec![0.0; HashingEncoder::default().model().dimension];
    direction.iter_mut().enumerate().for_each(|(place, value)| *value = 1.0 / (1.0 + place as f32));
    let query = VectorQuery::nearest(&direction, VectorQuery::MOST);
    let Ok(found) = world.vectors.query(&USER.parse().unwrap(), query).await else { return Vec::new() };
    let generations: BTreeMap<u64, &String> =
        jobs.iter().map(|(task, job)| (job.generation(), task)).collect();
    let line = |hit: graphnode_core::ports::vectors::VectorMatch| {
        format!("{:?} {:?} {:?}", generations.get(&hit.generation), hit.score, hit.metadata)
    };
    found.into_iter().map(line).collect()
}
