//! One test's part of the cloud.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Cloud;
use super::aws::{Message, Queue};
use crate::graph::array;
use crate::program::root;

/// Lines of a function's log that a failing test shows.
const LINES_SHOWN: usize = 40;

/// What differs between spaces.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// Seconds; not less than the timeout of the function behind the queue.
    pub(crate) visibility_timeout: u32,
    /// Receives before a message becomes a dead letter.
    pub(crate) max_receive_count: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { visibility_timeout: 30, max_receive_count: 3 }
    }
}

/// What was said of one task on the result queue.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    /// The messages before the result, in order of arrival.
    pub(crate) progress: Vec<Value>,
    /// The results; more than one is a mistake of the program under test.
    pub(crate) results: Vec<Value>,
}

/// Bucket, queues, cluster and collection of one test. What runs in it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Space {
    cloud: &'static Cloud,
    names: Value,
    heard: Mutex<Vec<Value>>,
}

impl Space {
    /// A space with the usual settings; `None`, loudly, where the servers are not installed.
    pub(crate) fn new() -> Option<Self> {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let cloud = Cloud::start()?;
        let body = json!({
            "name": format!("test-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)),
            "visibility_timeout": settings.visibility_timeout,
            "max_receive_count": settings.max_receive_count,
        });
        let names = cloud.control.json("POST", "/spaces", &body);
        Some(Self { cloud, names, heard: Mutex::default() })
    }

    pub(crate) fn cloud(&self) -> &'static Cloud {
        self.cloud
    }

    fn text(&self, field: &str) -> &str {
        self.names[field].as_str().unwrap()
    }

    pub(crate) fn name(&self) -> &str {
        self.text("name")
    }

    pub(crate) fn bucket(&self) -> &str {
        self.text("bucket")
    }

    pub(crate) fn collection_name(&self) -> &str {
        self.text("collection")
    }

    pub(crate) fn queue_url(&self, queue: Queue) -> &str {
        self.text(queue.field())
    }

    /// What a test tells functions and tasks beside the template: where the model is that a layer or an image would hold,
    /// then `more`, which overrule it.
    pub(crate) fn told(&self, more: &[(&'static str, String)]) -> BTreeMap<&'static str, String> {
        let model = std::env::var("GRAPHNODE_MODEL")
            .unwrap_or_else(|_| root().join("models/all-MiniLM-L6-v2").to_string_lossy().into_owned());
        std::iter::once(("GRAPHNODE_MODEL", model)).chain(more.iter().cloned()).collect()
    }

    /// The variables that the template gives a function.
    pub(crate) fn environment(&self, function: &str) -> Vec<(String, String)> {
        let given = self.make("environment", &json!({"name": function}));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        given.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect()
    }

    /// Asks the control API for something in this space.
    pub(crate) fn make(&self, what: &str, body: &Value) -> Value {
        self.cloud.control.json("POST", &format!("/spaces/{}/{what}", self.name()), body)
    }

    /// Writes an object of the bucket.
    pub(crate) fn put(&self, key: &str, body: &[u8]) {
        self.cloud.put_object(self.bucket(), key, body);
    }

    /// An object of the bucket.
    pub(crate) fn object(&self, key: &str) -> Option<Vec<u8>> {
        self.cloud.object(self.bucket(), key)
    }

    /// Removes an object of the bucket.
    pub(crate) fn remove(&self, key: &str) {
        self.cloud.remove_object(self.bucket(), key);
    }

    /// The bucket's keys with this prefix, sorted.
    pub(crate) fn keys(&self, prefix: &str) -> Vec<String> {
        self.cloud.keys(self.bucket(), prefix)
    }

    /// Sends a request as the backend does.
    pub(crate) fn request(&self, envelope: &Value) {
        self.send(Queue::Requests, &envelope.to_string());
    }

    /// Sends any text to any queue.
    pub(crate) fn send(&self, queue: Queue, body: &str) {
        self.cloud.sqs("SendMessage", &json!({"QueueUrl": self.queue_url(queue), "MessageBody": body}));
    }

    /// Takes the next messages off a queue; panics if none comes in time.
    pub(crate) fn take(&self, queue: Queue, patience: Duration) -> Vec<Message> {
        within(patience, &format!("a message in {queue:?}"), || {
            let messages = self.cloud.take(self.queue_url(queue));
            (!messages.is_empty()).then_some(messages)
        })
    }

    /// Messages in a queue, held by a receiver or not.
    pub(crate) fn depth(&self, queue: Queue) -> u32 {
        let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        let asked = json!({"QueueUrl": self.queue_url(queue), "AttributeNames": names});
        let attributes = &self.cloud.sqs("GetQueueAttributes", &asked)["Attributes"];
        names.iter().map(|name| attributes[name].as_str().unwrap().parse::<u32>().unwrap()).sum()
    }

    /// Waits until nothing is left in a queue.
    pub(crate) fn wait_until_empty(&self, queue: Queue, patience: Duration) {
        within(patience, &format!("an empty {queue:?}"), || (self.depth(queue) == 0).then_some(()));
    }

    /// Waits for the result of a task and gives all that was said of it so far; other tasks' messages are kept.
    pub(crate) fn wait_for_result(&self, task: &str, patience: Duration) -> Said {
        within(patience, &format!("a result of {task}"), || {
            let said = self.said_so_far(task);
            (!said.results.is_empty()).then_some(said)
        })
    }

    /// Listens once and gives what was said of a task until then, also while more is being said.
    pub(crate) fn said_so_far(&self, task: &str) -> Said {
        self.listen();
        self.said(task)
    }

    /// Listens until nothing is said any more, and gives all that was said of a task.
    pub(crate) fn said_of(&self, task: &str) -> Said {
        while self.listen() > 0 {}
        self.said(task)
    }

    /// Listens until nothing is said any more, and gives the results of all tasks.
    pub(crate) fn results(&self) -> Vec<Value> {
        while self.listen() > 0 {}
        self.heard.lock().unwrap().iter().filter(|message| is_result(message)).cloned().collect()
    }

    fn listen(&self) -> usize {
        let messages = self.cloud.take(self.queue_url(Queue::Results));
        let mut heard = self.heard.lock().unwrap();
        heard.extend(messages.iter().map(|message| {
            serde_json::from_str::<Value>(&message.body)
                .unwrap_or_else(|_| panic!("no JSON: {}", message.body))
        }));
        messages.len()
    }

    fn said(&self, task: &str) -> Said {
        let heard = self.heard.lock().unwrap();
        let of_task = heard.iter().filter(|message| message["taskId"] == task).cloned();
        let (results, progress) = of_task.partition(is_result);
        Said { progress, results }
    }

    /// Lines of JSON that a function of this space has logged.
    pub(crate) fn log_of(&self, function: &str) -> Vec<Value> {
        let log = self.cloud.logs.join(format!("{}-{function}.log", self.name()));
        lines_of(&fs::read_to_string(log).unwrap())
    }

    /// Lines of JSON that functions and tasks of this space have logged.
    pub(crate) fn logged(&self) -> Vec<Value> {
        let texts = self.log_files().into_iter().filter_map(|file| fs::read_to_string(file).ok());
        texts.flat_map(|text| lines_of(&text)).collect()
    }

    /// Checks that one job was measured once, and how.
    #[track_caller]
    pub(crate) fn check_jobs_measured(&self, task: &str, outcome: &str, runner: &str, attempts: u32) {
        let logged = self.logged();
        let jobs: Vec<&Value> =
            logged.iter().filter(|line| line["task_id"] == task && line.get("Jobs").is_some()).collect();
        assert_eq!(jobs.len(), 1, "{jobs:?}");
        let expected = json!([1, outcome, runner, attempts, self.name()]);
        let measured = ["Jobs", "Outcome", "Runner", "Attempts", "Environment"].map(|name| &jobs[0][name]);
        assert_eq!(json!(measured), expected);
        assert!(jobs[0]["_aws"]["Timestamp"].is_u64(), "{}", jobs[0]);
    }

    fn log_files(&self) -> Vec<PathBuf> {
        let ours = format!("{}-", self.name());
        let files = fs::read_dir(&self.cloud.logs).into_iter().flatten().flatten();
        files
            .filter(|file| file.file_name().to_string_lossy().starts_with(&ours))
            .map(|file| file.path())
            .collect()
    }

    /// Prints the end of what functions and tasks of this space have logged.
    #[expect(clippy::print_stdout, reason = "the test runner shows it beside the failure")]
    fn show_logs(&self) {
        for file in self.log_files() {
            let log = fs::read_to_string(&file).unwrap_or_default();
            // What was measured says little of what went wrong.
            let lines: Vec<&str> = log.lines().filter(|line| !line.contains("\"_aws\":")).collect();
            let shown = lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n");
            if !shown.is_empty() {
                println!("--- {}\n{shown}", file.display());
            }
        }
    }

    /// What ECS says of all tasks of this space, stopped ones included.
    pub(crate) fn tasks(&self) -> Vec<Value> {
        let cluster = self.text("cluster");
        let listed = ["RUNNING", "STOPPED"].map(|status| {
            let answer = self.cloud.ecs("ListTasks", &json!({"cluster": cluster, "desiredStatus": status}));
            array(&answer["taskArns"]).to_vec()
        });
        let arns = listed.concat();
        if arns.is_empty() {
            return arns;
        }
        let answer = self.cloud.ecs("DescribeTasks", &json!({"cluster": cluster, "tasks": arns}));
        array(&answer["tasks"]).to_vec()
    }

    /// Starts the task as the worker would, for tests that need one without a worker.
    pub(crate) fn run_task(&self, variables: &Value) -> Value {
        let network =
            json!({"subnets": [self.text("subnet")], "securityGroups": [self.text("security_group")]});
        let overrides = json!([{"name": self.text("container"), "environment": variables}]);
        let asked = json!({
            "cluster": self.text("cluster"),
            "taskDefinition": self.text("task_definition"),
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": network},
            "overrides": {"containerOverrides": overrides},
        });
        self.cloud.ecs("RunTask", &asked)
    }

    /// Lets RunTask fail `times` times with an entry of `failures`, such as `RESOURCE:MEMORY`.
    pub(crate) fn refuse_tasks(&self, times: u32, failure: &str) {
        let body = json!({"cluster": self.text("cluster"), "times": times, "failure": failure});
        self.cloud.aws.json("POST", "/stand-in/refusals", &body);
    }

    /// Kills Chroma and waits until it runs again. Not for tests that run beside others.
    pub(crate) fn crash_chroma(&self) {
        self.cloud.control.json("POST", "/faults/chroma", &json!({}));
    }

    /// Lets S3, SQS and ECS answer nobody for `seconds`. Not for tests that run beside others.
    pub(crate) fn pause_aws(&self, seconds: u32) {
        self.cloud.control.json("POST", "/faults/aws", &json!({"seconds": seconds}));
    }

    /// Restarts S3, SQS and ECS: what is under way is cut off, done or not, and for `seconds` nobody is there. Not for tests that
    /// run beside others.
    pub(crate) fn restart_aws(&self, seconds: u32) {
        self.cloud.aws.json("POST", "/stand-in/restarts", &json!({"seconds": seconds}));
    }

    /// Takes a task's Spot capacity away.
    pub(crate) fn interrupt(&self, task_arn: &str) {
        self.cloud.aws.json("POST", "/stand-in/interruptions", &json!({"task": task_arn}));
    }

    /// Lets a task's memory run out.
    pub(crate) fn exhaust(&self, task_arn: &str) {
        self.cloud.aws.json("POST", "/stand-in/exhaustions", &json!({"task": task_arn}));
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.show_logs();
        }
        // If the servers are gone, that is not what the test is about to report.
        let _ = self.cloud.control.try_send("DELETE", &format!("/spaces/{}", self.name()), &[], b"");
    }
}

/// Those lines of a log that are JSON; what a panic says is none.
fn lines_of(log: &str) -> Vec<Value> {
    log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// A result, not progress.
fn is_result(message: &Value) -> bool {
    message["taskType"].as_str().is_some_and(|kind| kind.ends_with("_RESULT"))
}

/// What `look` finds, as soon as it finds something; panics when time runs out.
pub(crate) fn within<T>(patience: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < patience, "{what} did not come within {patience:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
