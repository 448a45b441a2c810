//! Every sample event of the indexer, and what should happen; on the embedded adapters.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use graphnode_adapters::embedded::{ExactVectors, FolderObjects};
use graphnode_core::clock::FixedClock;
use graphnode_core::ids::{TaskId, UserId};
use graphnode_core::job::Place;
use graphnode_core::job::store::{register_job, update_job};
use graphnode_core::keys::{self, ResultFile};
use graphnode_core::messages::outgoing::graph_result;
use graphnode_core::messages::{FailureReason, GraphResult};
use graphnode_core::metrics::Meter;
use graphnode_core::ports::objects::{Condition, read_whole};
use graphnode_core::ports::{Buckets, Objects, VectorIndex};
use graphnode_indexer::context::Context;
use graphnode_indexer::error::HandlerError;
use graphnode_indexer::handler::handle;
use graphnode_logging::JsonLines;
use graphnode_testkit::contracts::jobs::new_job;
use graphnode_testkit::lines::Lines;
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tracing_subscriber::layer::SubscriberExt;

/// The bucket that the samples name.
const BUCKET: &str = "graphnode-payloads-123456789012";
const USER: &str = "user-1";
const LEASE: Duration = Duration::from_secs(90);

struct Scene {
    _place: TempDir,
    objects: Arc<FolderObjects>,
    vectors: ExactVectors,
    context: Context<FolderObjects, ExactVectors, FixedClock>,
    measured: Lines,
}

impl Scene {
    fn of(bucket: &str) -> Self {
        let place = tempfile::tempdir().unwrap();
        let objects = Arc::new(FolderObjects::open(place.path()).unwrap());
        let vectors = ExactVectors::default();
        let clock = FixedClock(Timestamp::UNIX_EPOCH);
        let measured = Lines::default();
        let meter = Meter::emf("stack-1".parse().unwrap(), measured.clone());
        let context = Context::of(
            Buckets::new(bucket.parse().unwrap(), Arc::clone(&objects), []),
            vectors.clone(),
            clock,
            meter,
        );
        Self { _place: place, objects, vectors, context, measured }
    }

    fn new() -> Self {
        Self::of(BUCKET)
    }

    /// With a further bucket, called `other-bucket`, whose builds are read too; yields its objects.
    fn with_another() -> (Self, Arc<FolderObjects>, TempDir) {
        let mut scene = Self::new();
        let place = tempfile::tempdir().unwrap();
        let other = Arc::new(FolderObjects::open(place.path()).unwrap());
        let named = [("other-bucket".parse().unwrap(), Arc::clone(&other))];
        let buckets = Buckets::new(BUCKET.parse().unwrap(), Arc::clone(&scene.objects), named);
        let (vectors, clock) = (scene.vectors.clone(), FixedClock(Timestamp::UNIX_EPOCH));
        scene.context = Context::of(buckets, vectors, clock, Meter::silent());
        (scene, other, place)
    }

    /// Puts a `features.json` of one conversation, which has the name of its task.
    async fn put(&self, task: &str) {
        self.put_build(task, 1).await;
    }

    async fn put_build(&self, task: &str, generation: u64) {
        let conversation =
            json!({"id": 0, "orig_id": task, "source_type": "chat", "cluster_id": "cluster_1"});
        let metadata = json!({
            "userId": USER, "graphId": task.replace(['@', ':', '|'], "-"), "taskId": task, "generation": generation,
            "total_conversations": 1, "embedding_model": "m", "embedding_dimension": 2,
        });
        let file = json!({"conversations": [conversation], "embeddings": [[0.6, 0.8]], "metadata": metadata});
        self.put_bytes(task, file.to_string().as_bytes()).await;
    }

    /// A job that is done, asked for over HTTP by the request `request-7`; yields its generation.
    async fn complete_job(&self, task: &str) -> u64 {
        self.complete_job_in(task, None).await
    }

    async fn complete_job_in(&self, task: &str, bucket: Option<&str>) -> u64 {
        let (user, now) = (USER.parse().unwrap(), Timestamp::UNIX_EPOCH);
        let (task_id, owner) = (task.parse().unwrap(), "worker".parse().unwrap());
        let mut job = new_job(&user, now);
        job.task_id = task.parse().unwrap();
        job.request.graph_id = task.parse().unwrap();
        job.request.bucket = bucket.map(|name| name.parse().unwrap());
        job.correlation_id = Some("request-7".parse().unwrap());
        let record = register_job(self.objects.as_ref(), &job, now).await.unwrap();
        let said = GraphResult::Failed(FailureReason::new("any message will do"));
        let said = graph_result(&task_id, &user, now, &said);
        let done = update_job(self.objects.as_ref(), &task_id, |record| {
            record.claim(&owner, Place::Lambda, now, LEASE)?.complete(&owner, said.clone(), now)
        });
        done.await.unwrap();
        record.value.generation()
    }

    async fn put_bytes(&self, task: &str, bytes: &[u8]) {
        let key = keys::result(&task.parse::<TaskId>().unwrap(), ResultFile::Features);
        self.objects.put(&key, bytes.to_vec(), keys::JSON, &Condition::Always).await.unwrap();
    }

    async fn vectors(&self) -> u64 {
        self.vectors.count(&USER.parse::<UserId>().unwrap(), None).await.unwrap()
    }

    async fn handle(&self, event: &Value) -> Result<Value, HandlerError> {
        handle(&self.context, event).await
    }
}

fn sample(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Results go to the bucket the input lies in; the record, which is ours, says which that is.
#[tokio::test]
async fn a_build_in_another_bucket_is_indexed_from_there() {
    let (scene, other, _place) = Scene::with_another();
    let generation = scene.complete_job_in("task-0001", Some("other-bucket")).await;
    scene.put_build("task-0001", generation).await;
    let key = keys::result(&"task-0001".parse().unwrap(), ResultFile::Features);
    let file = read_whole(scene.objects.as_ref(), &key, 1 << 20).await.unwrap().bytes;
    scene.objects.delete(std::slice::from_ref(&key)).await.unwrap();
    other.put(&key, file, keys::JSON, &Condition::Always).await.unwrap();
    let mut event = sample("s3-created.json");
    event["Records"][0]["s3"]["bucket"]["name"] = "other-bucket".into();
    assert_eq!(scene.handle(&event).await.unwrap(), Value::Null);
    assert_eq!(scene.vectors().await, 1);
    event["Records"][0]["s3"]["bucket"]["name"] = "third-bucket".into();
    assert!(scene.handle(&event).await.is_err());
}

#[tokio::test]
async fn every_sample_of_a_new_object_is_indexed() {
    let tasks = ["task-0001", "task-0002", "kim@example.com:2026-06-01|7"];
    let samples = [
        ("s3-created", 1),
        ("s3-created-several", 2),
        ("s3-created-escaped-id", 1),
        ("eventbridge-s3-created", 1),
    ];
    for (name, vectors) in samples {
        let scene = Scene::new();
        for task in tasks {
            scene.put(task).await;
        }
        assert_eq!(scene.handle(&sample(&format!("{name}.json"))).await.unwrap(), Value::Null, "{name}");
        assert_eq!(scene.vectors().await, vectors, "{name}");
    }
    let scene = Scene::new();
    scene.put("task-0001").await;
    let answer = scene.handle(&sample("sqs-s3-created.json")).await.unwrap();
    assert_eq!((answer, scene.vectors().await), (json!({"batchItemFailures": []}), 1));
}

#[tokio::test]
async fn what_is_none_of_ours_is_ignored() {
    let scene = Scene::new();
    for name in ["s3-test-event", "s3-created-escaped-key"] {
        assert_eq!(scene.handle(&sample(&format!("{name}.json"))).await.unwrap(), Value::Null, "{name}");
    }
    let answer = scene.handle(&sample("sqs-s3-test-event.json")).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
    // The object is gone by now.
    assert_eq!(scene.handle(&sample("s3-created.json")).await.unwrap(), Value::Null);
    assert_eq!(scene.vectors().await, 0);
}

#[tokio::test]
async fn every_sample_of_the_worker_is_refused_and_not_swallowed() {
    let scene = Scene::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
    let mut refused = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if name.starts_with("sqs-") && !name.starts_with("sqs-s3-") {
            let answer = scene.handle(&sample(&name)).await.unwrap();
            assert!(!answer["batchItemFailures"].as_array().unwrap().is_empty(), "{name}");
            refused += 1;
        }
    }
    assert!(refused > 10, "the samples are there");
}

#[tokio::test]
async fn one_message_that_fails_is_named_and_the_others_are_done() {
    let scene = Scene::new();
    scene.put("task-0001").await;
    let good = sample("sqs-s3-created.json")["Records"][0].clone();
    let with = |id: &str, body: String| {
        let mut message = good.clone();
        (message["messageId"], message["body"]) = (json!(id), json!(body));
        message
    };
    scene.put_bytes("broken", b"{").await;
    let body = good["body"].as_str().unwrap();
    let messages = [
        with("no-json", "<xml>".to_owned()),
        with("broken-file", body.replace("task-0001", "broken")),
        with("other-bucket", body.replace(BUCKET, "another-bucket")),
        with("later-version", body.replace("\"2.1\"", "\"3.0\"")),
        with("good", body.to_owned()),
        with("minor-version", body.replace("\"2.1\"", "\"2.6\"")),
    ];
    let answer = scene.handle(&json!({"Records": messages})).await.unwrap();
    let failed: Vec<&str> = answer["batchItemFailures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failure| failure["itemIdentifier"].as_str().unwrap())
        .collect();
    assert_eq!(failed, ["no-json", "broken-file", "other-bucket", "later-version"]);
    assert_eq!(scene.vectors().await, 1);
}

#[tokio::test]
async fn one_record_of_a_notification_that_fails_loses_no_other() {
    let scene = Scene::new();
    scene.put_bytes("task-0001", b"[]").await;
    scene.put("task-0002").await;
    let error = scene.handle(&sample("s3-created-several.json")).await.unwrap_err();
    assert!(matches!(error, HandlerError::Records { failed: 1, records: 2 }), "{error}");
    assert_eq!(scene.vectors().await, 1);
    assert!(matches!(scene.handle(&json!({"hello": 1})).await, Err(HandlerError::Event(_))));
}

#[tokio::test]
async fn an_event_of_another_bucket_is_never_taken_for_ours() {
    let scene = Scene::of("our-bucket");
    scene.put("task-0001").await;
    assert!(scene.handle(&sample("s3-created.json")).await.is_err());
    assert_eq!(scene.vectors().await, 0);
}

#[tokio::test]
async fn a_build_is_measured_and_every_line_about_it_holds_the_ids_of_its_job() {
    let (scene, logged) = (Scene::new(), Lines::default());
    let layer = JsonLines::new(logged.clone());
    // With a single subscriber, a line that another test's thread comes to first is taken to interest nobody anywhere.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    let _logging = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let generation = scene.complete_job("task-0001").await;
    scene.put_bytes("task-0001", b"{").await;
    scene.handle(&sample("s3-created.json")).await.unwrap_err();
    assert!(scene.measured.json().is_empty(), "nothing was written");
    scene.put_build("task-0001", generation).await;
    scene.handle(&sample("s3-created.json")).await.unwrap();
    assert_eq!(scene.measured.metric("Upserts"), [1.0]);
    assert_eq!(scene.measured.metric("Removals"), [0.0]);
    assert_eq!(scene.measured.metric("IndexSeconds"), [0.0]);
    let (measured, ours) = (scene.measured.json(), logged.json());
    let said: Vec<&str> = ours.iter().filter_map(|line| line["message"].as_str()).collect();
    assert_eq!((measured.len(), said), (1, vec!["indexing failed for good", "build indexed"]));
    for line in measured.iter().chain(&ours) {
        let ids = (&line["task_id"], &line["correlation_id"]);
        assert_eq!(ids, (&json!("task-0001"), &json!("request-7")), "{line}");
    }
}
