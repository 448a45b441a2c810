//! The API of one test: a folder as bucket, a queue and an index in memory, and whoever the header says is calling.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use graphnode_adapters::embedded::{ExactVectors, FolderObjects, LocalQueue};
use graphnode_core::clock::Clock;
use graphnode_core::ids::{LeaseOwner, TaskId, UserId};
use graphnode_core::job::pointer::Current;
use graphnode_core::job::store::{advance_pointer, load_job, update_job};
use graphnode_core::job::{JobRecord, Place};
use graphnode_core::keys::{self, ObjectPrefix, ResultFile};
use graphnode_core::messages::outgoing::{GraphResult, SummaryPart, graph_result};
use graphnode_core::ports::launcher::{LaunchOutcome, LaunchRequest, LaunchedTask, TaskLauncher};
use graphnode_core::ports::objects::{Condition, list_all};
use graphnode_core::ports::vectors::{GraphBuild, RecordMetadata, VectorRecord};
use graphnode_core::ports::{Buckets, Objects, PortResult, Queue, VectorIndex};
use graphnode_http::api::{self, Api, Limits, Ports};
use graphnode_http::boundary;
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

pub(crate) const ANN: &str = "ann";
pub(crate) const BOB: &str = "auth0|bob";
const LEASE: Duration = Duration::from_secs(60);

/// A clock that moves when it is told to.
#[derive(Debug, Default, Clone)]
pub(crate) struct TestClock(Arc<Mutex<Duration>>);

impl TestClock {
    pub(crate) fn advance(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        "2026-06-01T09:00:00Z".parse::<Timestamp>().unwrap().checked_add(self.elapsed()).unwrap()
    }

    fn elapsed(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

/// Notes which tasks it was asked to stop.
#[derive(Debug, Default, Clone)]
pub(crate) struct Launcher(pub(crate) Arc<Mutex<Vec<String>>>);

impl TaskLauncher for Launcher {
    async fn launch(&self, _: &LaunchRequest) -> PortResult<LaunchOutcome> {
        unreachable!("the API starts no tasks")
    }

    async fn stop(&self, task: &LaunchedTask, _: &str) -> PortResult<()> {
        self.0.lock().unwrap().push(task.0.clone());
        Ok(())
    }
}

#[derive(Debug)]
pub(crate) enum TestPorts {}

impl Ports for TestPorts {
    type Objects = FolderObjects;
    type Queue = LocalQueue;
    type Launcher = Launcher;
    type Vectors = ExactVectors;
    type Clock = TestClock;
}

pub(crate) struct Scene {
    pub(crate) api: Arc<Api<TestPorts>>,
    pub(crate) objects: FolderObjects,
    pub(crate) clock: TestClock,
    pub(crate) stopped: Launcher,
    router: Router,
    _folder: TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {self:?}")).to_str().unwrap()
    }

    /// The field of the first error.
    pub(crate) fn wrong_field(&self) -> String {
        self.json()["errors"][0]["field"].as_str().unwrap_or_else(|| panic!("{self:?}")).to_owned()
    }
}

/// The header stands for the authorizer: what no person is, is nobody.
fn identify(parts: &Parts) -> Option<UserId> {
    parts.headers.get("x-test-user")?.to_str().ok()?.parse().ok()
}

pub(crate) fn request(method: &str, path: &str, caller: &str, body: Option<&Value>) -> Request<Body> {
    let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
    if !caller.is_empty() {
        request = request.header("x-test-user", caller);
    }
    match body {
        None => request.body(Body::empty()).unwrap(),
        Some(body) => {
            request.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
        }
    }
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with(Limits::default())
    }

    pub(crate) fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let objects = FolderObjects::open(folder.path()).unwrap();
        let (clock, stopped) = (TestClock::default(), Launcher::default());
        let api = Arc::new(Api::<TestPorts> {
            buckets: Buckets::new("own-bucket".parse().unwrap(), objects.clone(), []),
            requests: LocalQueue::default(),
            launcher: Some(stopped.clone()),
            vectors: ExactVectors::default(),
            clock: clock.clone(),
            limits,
            model: Some("test-model".to_owned()),
        });
        let router = boundary::around(api::router(Arc::clone(&api)), identify);
        Self { api, objects, clock, stopped, router, _folder: folder }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str, caller: &str) -> Answer {
        self.send(request("GET", &format!("/v1/graph-ai{path}"), caller, None)).await
    }

    pub(crate) async fn delete(&self, path: &str, caller: &str) -> Answer {
        self.send(request("DELETE", &format!("/v1/graph-ai{path}"), caller, None)).await
    }

    pub(crate) async fn post(&self, path: &str, caller: &str, body: &Value) -> Answer {
        self.send(request("POST", &format!("/v1/graph-ai{path}"), caller, Some(body))).await
    }

    /// Queues a job of the person; yields its id.
    pub(crate) async fn enqueue(&self, caller: &str) -> TaskId {
        // A list of jobs is ordered by milliseconds.
        self.clock.advance(1);
        let answer = self.post("", caller, &json!({"conversations": conversations()})).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
        answer.json()["taskId"].as_str().unwrap().parse().unwrap()
    }

    /// The bodies of all messages that are waiting.
    pub(crate) async fn messages(&self) -> Vec<String> {
        let deliveries = self.api.requests.receive(10, Duration::ZERO, Duration::from_secs(1)).await.unwrap();
        for delivery in &deliveries {
            self.api.requests.delete(&delivery.receipt).await.unwrap();
        }
        deliveries.into_iter().map(|delivery| delivery.body).collect()
    }

    pub(crate) async fn record(&self, task_id: &TaskId) -> Option<JobRecord> {
        load_job(&self.objects, task_id).await.unwrap().map(|found| found.value)
    }

    /// Lets a function begin the job.
    pub(crate) async fn begin(&self, task_id: &TaskId) {
        let now = self.clock.now();
        update_job(&self.objects, task_id, |record| record.claim(&worker(), Place::Lambda, now, LEASE))
            .await
            .unwrap();
    }

    /// Does what worker and indexer do: results, a vector, the record, the pointer.
    pub(crate) async fn complete(&self, task_id: &TaskId) {
        self.begin(task_id).await;
        let record = self.record(task_id).await.unwrap();
        for file in ResultFile::ALL {
            let bytes = json!({"of": file.name(), "task": task_id}).to_string().into_bytes();
            let key = keys::result(task_id, file);
            self.objects.put(&key, bytes, file.content_type(), &Condition::Always).await.unwrap();
        }
        let build = GraphBuild {
            user_id: record.user_id().clone(),
            graph_id: record.graph_id().clone(),
            generation: record.generation(),
        };
        let metadata = RecordMetadata { orig_id: "c-1".to_owned(), ..RecordMetadata::default() };
        let vector = VectorRecord { embedding: vec![1.0, 0.0], metadata };
        self.api.vectors.upsert(&build, &[vector]).await.unwrap();
        let result = GraphResult::Completed {
            graph: keys::result(task_id, ResultFile::Graph),
            features: None,
            summary: SummaryPart::NotRequested,
        };
        let now = self.clock.now();
        let message = graph_result(task_id, record.user_id(), now, &result);
        update_job(&self.objects, task_id, |record| record.complete(&worker(), message.clone(), now))
            .await
            .unwrap();
        let current =
            Current { task_id: task_id.clone(), generation: record.generation(), completed_at: now };
        advance_pointer(&self.objects, record.user_id(), record.graph_id(), &current).await.unwrap();
    }

    /// Every key of the bucket that holds `text`.
    pub(crate) async fn keys_with(&self, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        for folder in ["jobs/", "users/", "results/", "uploads/", "idempotency/", "checkpoints/"] {
            let prefix: ObjectPrefix = folder.parse().unwrap();
            let objects = list_all(&self.objects, &prefix, 1000).await.unwrap();
            found.extend(objects.into_iter().map(|object| object.key.to_string()));
        }
        found.retain(|key| key.contains(text));
        found
    }
}

fn worker() -> LeaseOwner {
    "worker".parse().unwrap()
}

pub(crate) fn conversations() -> Value {
    json!([{"id": "c-1", "title": "Bread", "mapping": {"a": {"id": "a", "message": null}}}])
}
