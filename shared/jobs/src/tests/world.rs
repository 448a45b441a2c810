//! What the tests share: one machine's bucket and queues, a launcher that notes what it is asked.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use graphnode_adapters::embedded::{FolderObjects, LocalQueue};
use graphnode_core::clock::Clock;
use graphnode_core::config::variables;
use graphnode_core::encoder::{EncodeError, Encoder, ModelIdentity};
use graphnode_core::job::store::{load_job, load_pointer};
use graphnode_core::job::{GraphPointer, JobRecord, Place};
use graphnode_core::keys::{JSON, ObjectKey};
use graphnode_core::matrix::Matrix;
use graphnode_core::metrics::Meter;
use graphnode_core::ports::launcher::{LaunchOutcome, LaunchRequest, LaunchedTask, TaskLauncher};
use graphnode_core::ports::objects::{Condition, Objects, read_whole};
use graphnode_core::ports::queue::{Delivery, Queue};
use graphnode_core::ports::{PortError, PortErrorKind, PortResult};
use graphnode_core::watch::{Cancelled, Watch};
use graphnode_testkit::encoder::HashingEncoder;
use graphnode_testkit::export::{ConversationBuilder, export};
use graphnode_testkit::lines::Lines;
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::LazyEncoder;
use crate::routing::FunctionLimits;
use crate::service::{Service, Settings, Shift, StopSignal, Verdict};
use graphnode_core::ports::Buckets;

/// A clock that moves when it is told to.
#[derive(Debug, Default)]
pub(super) struct TestClock(Mutex<Duration>);

impl TestClock {
    pub(super) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let start: Timestamp = "2026-06-01T09:00:00Z".parse().unwrap();
        start.checked_add(self.elapsed()).unwrap()
    }

    fn elapsed(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

/// Answers in turn, `Started` when it has no other; notes what it was asked.
#[derive(Debug, Default, Clone)]
pub(super) struct StubLauncher {
    pub(super) answers: Arc<Mutex<VecDeque<PortResult<LaunchOutcome>>>>,
    pub(super) asked: Arc<Mutex<Vec<LaunchRequest>>>,
}

impl StubLauncher {
    pub(super) fn then_no_capacity(&self) {
        let reason = "RESOURCE:FARGATE".to_owned();
        self.answers.lock().unwrap().push_back(Ok(LaunchOutcome::NoCapacity { reason }));
    }

    pub(super) fn then_unavailable(&self) {
        let error = PortError::new(PortErrorKind::Unavailable, "run a task");
        self.answers.lock().unwrap().push_back(Err(error));
    }

    pub(super) fn asked(&self) -> Vec<LaunchRequest> {
        self.asked.lock().unwrap().clone()
    }
}

impl TaskLauncher for StubLauncher {
    async fn launch(&self, request: &LaunchRequest) -> PortResult<LaunchOutcome> {
        self.asked.lock().unwrap().push(request.clone());
        let answer = self.answers.lock().unwrap().pop_front();
        answer.unwrap_or_else(|| Ok(LaunchOutcome::Started(LaunchedTask("task/1".to_owned()))))
    }

    async fn stop(&self, _: &LaunchedTask, _: &str) -> PortResult<()> {
        Ok(())
    }
}

/// The encoder of the tests: counts texts and, once, does something in the middle of its work and waits to be stopped.
#[derive(Default)]
pub(super) struct TestEncoder {
    inner: HashingEncoder,
    calls: AtomicUsize,
    pub(super) texts: Arc<AtomicUsize>,
    interruption: Option<(usize, Interruption)>,
}

/// What happens in the middle.
type Interruption = Box<dyn Fn() + Send + Sync>;

impl TestEncoder {
    /// One in whose call `call` (from 1) `what` happens; it then waits to be stopped.
    pub(super) fn interrupted(call: usize, what: impl Fn() + Send + Sync + 'static) -> Self {
        Self { interruption: Some((call, Box::new(what))), ..Self::default() }
    }

    /// One of another model.
    pub(super) fn of_dimension(dimension: usize) -> Self {
        Self { inner: HashingEncoder::new(dimension), ..Self::default() }
    }
}

impl Encoder for TestEncoder {
    fn model(&self) -> &ModelIdentity {
        self.inner.model()
    }

    fn encode(&self, texts: &[&str], watch: &dyn Watch) -> Result<Matrix, EncodeError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some((_, interruption)) = self.interruption.as_ref().filter(|(wanted, _)| *wanted == call) {
            interruption();
            while !watch.cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
            return Err(Cancelled.into());
        }
        self.texts.fetch_add(texts.len(), Ordering::Relaxed);
        self.inner.encode(texts, watch)
    }

    fn vocabulary_fit(&self, text: &str) -> f32 {
        self.inner.vocabulary_fit(text)
    }
}

pub(super) type TestService = Service<FolderObjects, LocalQueue, StubLauncher, TestClock>;

/// One machine.
pub(super) struct World {
    pub(super) objects: FolderObjects,
    pub(super) requests: LocalQueue,
    pub(super) dead_letters: LocalQueue,
    pub(super) results: LocalQueue,
    pub(super) launcher: StubLauncher,
    pub(super) clock: Arc<TestClock>,
    pub(super) measured: Lines,
    folder: TempDir,
}

pub(super) const TASK: &str = "task-1";
pub(super) const USER: &str = "auth0|7";

impl World {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (requests, dead_letters) = LocalQueue::with_dead_letters(3);
        Self {
            objects: FolderObjects::open(folder.path()).unwrap(),
            requests,
            dead_letters,
            results: LocalQueue::default(),
            launcher: StubLauncher::default(),
            clock: Arc::default(),
            measured: Lines::default(),
            folder,
        }
    }

    /// A world that holds an export of `conversations` under `uploads/export.json`.
    pub(super) async fn with_export(conversations: usize) -> Self {
        let world = Self::new();
        world.put("uploads/export.json", exported(conversations)).await;
        world
    }

    /// A function that has room for everything.
    pub(super) fn function(&self, encoder: TestEncoder) -> TestService {
        let limits = FunctionLimits { memory_mib: 10_240, disk_bytes: 1 << 34, max_inline_bytes: None };
        self.service(Place::Lambda, Some(limits), encoder)
    }

    /// A function that has room for nothing.
    pub(super) fn small_function(&self) -> TestService {
        let limits = FunctionLimits { memory_mib: 128, disk_bytes: 1 << 20, max_inline_bytes: Some(1) };
        self.service(Place::Lambda, Some(limits), TestEncoder::default())
    }

    /// A started task.
    pub(super) fn task(&self, encoder: TestEncoder) -> TestService {
        TestService { launcher: None, ..self.service(Place::Fargate, None, encoder) }
    }

    fn service(&self, place: Place, function: Option<FunctionLimits>, encoder: TestEncoder) -> TestService {
        let other = FolderObjects::open(&self.folder.path().join("other")).unwrap();
        let encoder = Mutex::new(Some(encoder));
        let load = move || encoder.lock().unwrap().take().ok_or_else(|| "no model".into());
        let name = |name: &str| name.parse().unwrap();
        TestService {
            buckets: Buckets::new(name("own-bucket"), self.objects.clone(), [(name("other-bucket"), other)]),
            requests: self.requests.clone(),
            results: self.results.clone(),
            launcher: Some(self.launcher.clone()),
            encoder: Arc::new(LazyEncoder::new(load)),
            clock: Arc::clone(&self.clock),
            meter: Meter::emf("stack-1".parse().unwrap(), self.measured.clone()),
            settings: Settings {
                function,
                tick: Duration::from_millis(2),
                scratch: self.folder.path().to_owned(),
                ..Settings::of(place)
            },
        }
    }

    pub(super) async fn put(&self, key: &str, bytes: Vec<u8>) {
        self.objects.put(&key.parse().unwrap(), bytes, JSON, &Condition::Always).await.unwrap();
    }

    pub(super) async fn bytes(&self, key: &str) -> Option<Vec<u8>> {
        let key: ObjectKey = key.parse().unwrap();
        match read_whole(&self.objects, &key, 1 << 30).await {
            Ok(piece) => Some(piece.bytes),
            Err(error) if error.kind() == PortErrorKind::NotFound => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Whether vectors of [`USER`] are kept.
    pub(super) async fn keeps_vectors(&self) -> bool {
        let prefix = format!("checkpoints/{USER}/").parse().unwrap();
        !self.objects.list(&prefix, None).await.unwrap().objects.is_empty()
    }

    pub(super) async fn json(&self, key: &str) -> Value {
        serde_json::from_slice(&self.bytes(key).await.unwrap()).unwrap()
    }

    pub(super) async fn record(&self, task: &str) -> JobRecord {
        load_job(&self.objects, &task.parse().unwrap()).await.unwrap().unwrap().value
    }

    pub(super) async fn pointer(&self) -> GraphPointer {
        let (user, graph) = (USER.parse().unwrap(), "default".parse().unwrap());
        load_pointer(&self.objects, &user, &graph).await.unwrap().unwrap().value
    }

    /// Sends a request, as the backend does.
    pub(super) async fn ask(&self, body: &Value) {
        self.requests.send(&body.to_string(), Duration::ZERO).await.unwrap();
    }

    /// The next visible message of the request queue.
    pub(super) async fn receive(&self) -> Option<Delivery> {
        let received = self.requests.receive(1, Duration::ZERO, Duration::from_secs(3600)).await.unwrap();
        received.into_iter().next()
    }

    /// Receives a message, gives it to `service`, deletes it when it is done.
    pub(super) async fn process(&self, service: &TestService) -> Verdict {
        let delivery = self.receive().await.unwrap();
        let verdict = service.handle(&delivery, &self.shift()).await;
        if verdict == Verdict::Done {
            self.requests.delete(&delivery.receipt).await.unwrap();
        }
        verdict
    }

    /// Does the job of [`TASK`] as the task that was started for it last; yields how many texts it embedded.
    pub(super) async fn run_as_started(&self) -> usize {
        let request = self.launcher.asked().pop().unwrap();
        assert_eq!(request.environment[variables::TASK_ID], TASK);
        let owner = request.environment[variables::LEASE_OWNER].parse().unwrap();
        let encoder = TestEncoder::default();
        let texts = Arc::clone(&encoder.texts);
        self.task(encoder).run_task(&TASK.parse().unwrap(), &owner, &self.shift()).await.unwrap();
        texts.load(Ordering::Relaxed)
    }

    /// Fifteen minutes from now.
    pub(super) fn shift(&self) -> Shift {
        let ends_at = Some(self.clock.elapsed() + Duration::from_secs(900));
        Shift { runner: "request-1".to_owned(), ends_at, stop: StopSignal::default() }
    }

    /// What was sent to the result queue since the last time: progress, results.
    pub(super) async fn heard(&self) -> (Vec<Value>, Vec<Value>) {
        let mut all = Vec::new();
        loop {
            let received = self.results.receive(10, Duration::ZERO, Duration::from_secs(60)).await.unwrap();
            if received.is_empty() {
                break;
            }
            for message in received {
                self.results.delete(&message.receipt).await.unwrap();
                all.push(serde_json::from_str::<Value>(&message.body).unwrap());
            }
        }
        all.into_iter().partition(|message| message["taskType"] == "GRAPH_GENERATION_PROGRESS")
    }

    /// The one result that was sent since the last time.
    pub(super) async fn result(&self) -> Value {
        let (_, results) = self.heard().await;
        assert_eq!(results.len(), 1, "{results:?}");
        results.into_iter().next().unwrap()
    }
}

/// A generation request of [`USER`] for `uploads/export.json`.
pub(super) fn request(task: &str, timestamp: &str) -> Value {
    json!({
        "taskId": task, "taskType": "GRAPH_GENERATION_REQUEST", "timestamp": timestamp,
        "payload": {"userId": USER, "s3Key": "uploads/export.json", "bucket": "own-bucket"},
    })
}

/// The usual one.
pub(super) fn usual() -> Value {
    request(TASK, "2026-06-01T08:00:00.000Z")
}

/// An export of `count` conversations about three subjects.
pub(super) fn exported(count: usize) -> Vec<u8> {
    let subjects = [
        ("Baking bread", "flour yeast oven dough kneading crust sourdough starter"),
        ("Rust programs", "borrow checker lifetimes traits cargo compiler ownership generics"),
        ("Garden plants", "tomato watering soil compost seedlings pruning sunlight mulch"),
    ];
    export((0..count).map(|number| {
        let (title, words) = subjects[number % 3];
        ConversationBuilder::new(&format!("c-{number}"), &format!("{title} {number}"), 1.7e9 + number as f64)
            .person(&format!("Question {number} about {words}: what should come first?"))
            .assistant(&format!("First of all, {words}; then number {number} of everything else."))
    }))
}

pub(super) use graphnode_core::job::JobState;
