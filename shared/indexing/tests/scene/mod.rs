//! A bucket in a folder, an index in memory, and jobs in any state.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use graphnode_adapters::embedded::{ExactVectors, FolderObjects};
use graphnode_core::clock::FixedClock;
use graphnode_core::ids::{GraphId, LeaseOwner, TaskId, UserId};
use graphnode_core::job::store::{load_job, register_job, update_job};
use graphnode_core::job::{JobRecord, JobState, NewJob, Place, Refusal};
use graphnode_core::keys;
use graphnode_core::messages::outgoing::graph_result;
use graphnode_core::messages::{GenerationRequest, GraphResult, Incoming, MessageBody, Request, SummaryPart};
use graphnode_core::ports::objects::Condition;
use graphnode_core::ports::vectors::{
    GraphBuild, RecordMetadata, Removal, VectorIndex, VectorMatch, VectorQuery, VectorRecord,
};
use graphnode_core::ports::{Buckets, Objects, PortResult};
use graphnode_indexing::{IndexError, Indexer, Outcome};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

type SceneIndexer = Indexer<FolderObjects, ExactVectors, FixedClock>;

const LEASE: Duration = Duration::from_secs(60);

pub(crate) struct Scene {
    _place: TempDir,
    objects: Arc<FolderObjects>,
    vectors: ExactVectors,
    indexer: SceneIndexer,
}

/// What a file must know of its job.
pub(crate) struct Job {
    pub(crate) task: String,
    pub(crate) user: String,
    pub(crate) graph: String,
    pub(crate) generation: u64,
}

pub(crate) fn job(task: &str, user: &str, generation: u64) -> Job {
    Job { task: task.to_owned(), user: user.to_owned(), graph: "default".to_owned(), generation }
}

fn now() -> Timestamp {
    "2026-06-01T08:00:00Z".parse().unwrap()
}

/// The vector of the conversation at that place.
pub(crate) fn row(number: usize) -> Vec<f32> {
    let angle = number as f32 * 0.37;
    vec![angle.cos() * 0.6, angle.sin() * 0.6, 0.8, 0.0]
}

/// A `features.json` of conversations with these ids.
pub(crate) fn build(job: &Job, ids: &[&str]) -> Value {
    let conversation = |(number, id): (usize, &&str)| {
        json!({
            "id": number, "orig_id": id, "create_time": 1_709_405_640.5, "timestamp": "2024-03-02T18:54:00.5Z",
            "keywords": [{"term": "sourdough", "score": 0.9}, {"term": "rye flour", "score": 0.5}],
            "num_sections": 4, "num_messages": 4, "source_type": "chat", "cluster_id": "cluster_1",
            "content_hash": "00",
        })
    };
    json!({
        "conversations": ids.iter().enumerate().map(conversation).collect::<Vec<_>>(),
        "embeddings": (0..ids.len()).map(row).collect::<Vec<_>>(),
        "metadata": {
            "userId": job.user, "graphId": job.graph, "taskId": job.task, "generation": job.generation,
            "total_conversations": ids.len(), "embedding_model": "test-model", "embedding_dimension": 4,
            "embedding_precision": "f32", "generated_at": "2026-06-01T08:00:00Z",
            "cluster_names": {"cluster_1": "Bread"},
        },
    })
}

impl Scene {
    pub(crate) fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let objects = Arc::new(FolderObjects::open(place.path()).unwrap());
        let vectors = ExactVectors::default();
        let indexer = Indexer::new(Buckets::only(Arc::clone(&objects)), vectors.clone(), FixedClock(now()))
            .with_patience(Duration::from_millis(100));
        Self { _place: place, objects, vectors, indexer }
    }

    /// A job that somebody works on, asked for so many seconds after some time.
    pub(crate) async fn running(&self, task: &str, user: &str, seconds: i64) -> Job {
        self.job(task, user, "default", seconds).await
    }

    async fn job(&self, task: &str, user: &str, graph: &str, seconds: i64) -> Job {
        let new = NewJob {
            task_id: task.parse().unwrap(),
            request: request(user, graph),
            requested_at: Timestamp::from_second(1_780_000_000 + seconds).unwrap(),
            correlation_id: None,
        };
        let record = register_job(self.objects.as_ref(), &new, now()).await.unwrap().value;
        update_job(self.objects.as_ref(), &new.task_id, |job| {
            job.claim(&owner(), Place::Lambda, now(), LEASE)
        })
        .await
        .unwrap();
        let text = str::to_owned;
        Job { task: text(task), user: text(user), graph: text(graph), generation: record.generation() }
    }

    /// A job that is done.
    pub(crate) async fn completed(&self, task: &str, user: &str, graph: &str, seconds: i64) -> Job {
        let job = self.job(task, user, graph, seconds).await;
        let result = result(task, user);
        self.change(task, move |job| job.complete(&owner(), result.clone(), now())).await;
        job
    }

    pub(crate) async fn cancel(&self, task: &str) {
        self.change(task, |job| job.cancel(None, now())).await;
    }

    async fn change(&self, task: &str, change: impl FnMut(&JobRecord) -> Result<JobRecord, Refusal> + Send) {
        let task: TaskId = task.parse().unwrap();
        update_job(self.objects.as_ref(), &task, change).await.unwrap();
    }

    pub(crate) async fn state(&self, task: &str) -> JobState {
        let record = load_job(self.objects.as_ref(), &task.parse().unwrap()).await.unwrap();
        record.unwrap().value.state().clone()
    }

    /// Puts the file where its job's results lie.
    pub(crate) async fn put(&self, file: &Value) {
        let task = file["metadata"]["taskId"].as_str().unwrap();
        self.put_as(task, file.to_string().as_bytes()).await;
    }

    pub(crate) async fn put_as(&self, task: &str, bytes: &[u8]) {
        let key = keys::result(&task.parse().unwrap(), keys::ResultFile::Features);
        self.objects.put(&key, bytes.to_vec(), keys::JSON, &Condition::Always).await.unwrap();
    }

    pub(crate) async fn index(&self, task: &str) -> Result<Outcome, IndexError> {
        self.indexer.index(&task.parse().unwrap()).await
    }

    /// Indexes `task` while another indexer does all of `newer`.
    pub(crate) async fn index_while(&self, task: &str, newer: &str) -> Result<Outcome, IndexError> {
        let other =
            Indexer::new(Buckets::only(Arc::clone(&self.objects)), self.vectors.clone(), FixedClock(now()));
        let newer = Mutex::new(Some((other, newer.parse().unwrap())));
        let vectors = Overtaken { vectors: self.vectors.clone(), newer };
        let indexer = Indexer::new(Buckets::only(Arc::clone(&self.objects)), vectors, FixedClock(now()));
        indexer.index(&task.parse().unwrap()).await
    }

    /// Writes records past the indexer.
    pub(crate) async fn write(&self, user: &str, generation: u64, ids: &[&str]) {
        let graph_id = "default".parse().unwrap();
        let build = GraphBuild { user_id: user.parse().unwrap(), graph_id, generation };
        let record = |(number, id): (usize, &&str)| VectorRecord {
            embedding: row(number + 5),
            metadata: RecordMetadata { orig_id: (*id).to_owned(), ..RecordMetadata::default() },
        };
        let records: Vec<VectorRecord> = ids.iter().enumerate().map(record).collect();
        self.vectors.upsert(&build, &records).await.unwrap();
    }

    /// Everything of a person, nearest first.
    pub(crate) async fn found(&self, user: &str, embedding: &[f32]) -> Vec<VectorMatch> {
        let query = VectorQuery::nearest(embedding, VectorQuery::MOST);
        self.vectors.query(&user.parse().unwrap(), query).await.unwrap()
    }

    pub(crate) async fn all(&self, user: &str) -> Vec<VectorMatch> {
        self.found(user, &row(0)).await
    }

    pub(crate) async fn count(&self, user: &str) -> u64 {
        self.vectors.count(&user.parse().unwrap(), None).await.unwrap()
    }

    /// The ids of a person's conversations, sorted.
    pub(crate) async fn ids(&self, user: &str) -> Vec<String> {
        let mut ids: Vec<String> = self.all(user).await.into_iter().map(|hit| hit.metadata.orig_id).collect();
        ids.sort();
        ids
    }
}

/// An index during whose first write somebody else indexes a newer build from beginning to end.
pub(crate) struct Overtaken {
    vectors: ExactVectors,
    newer: Mutex<Option<(SceneIndexer, TaskId)>>,
}

impl Overtaken {
    async fn overtake(&self) {
        let newer = self.newer.lock().unwrap().take();
        if let Some((indexer, task)) = newer {
            indexer.index(&task).await.unwrap();
        }
    }
}

impl VectorIndex for Overtaken {
    async fn upsert(&self, build: &GraphBuild, records: &[VectorRecord]) -> PortResult<()> {
        self.overtake().await;
        self.vectors.upsert(build, records).await
    }

    async fn query(&self, user_id: &UserId, query: VectorQuery<'_>) -> PortResult<Vec<VectorMatch>> {
        self.vectors.query(user_id, query).await
    }

    async fn remove(&self, user_id: &UserId, removal: &Removal) -> PortResult<u64> {
        self.vectors.remove(user_id, removal).await
    }

    async fn count(&self, user_id: &UserId, graph_id: Option<&GraphId>) -> PortResult<u64> {
        self.vectors.count(user_id, graph_id).await
    }
}

fn owner() -> LeaseOwner {
    "somebody".parse().unwrap()
}

fn request(user: &str, graph: &str) -> GenerationRequest {
    let payload = json!({"userId": user, "graphId": graph, "s3Key": "graph-generation/x/"});
    let body = json!({
        "taskId": "x", "taskType": "GRAPH_GENERATION_REQUEST", "timestamp": now().to_string(), "payload": payload,
    });
    let incoming: Incoming = body.to_string().parse().unwrap();
    match incoming.request {
        Request::Generation(request) => request,
        other => panic!("{other:?}"),
    }
}

fn result(task: &str, user: &str) -> MessageBody {
    let task: TaskId = task.parse().unwrap();
    let result = GraphResult::Completed {
        graph: keys::result(&task, keys::ResultFile::Graph),
        features: Some(keys::result(&task, keys::ResultFile::Features)),
        summary: SummaryPart::NotRequested,
    };
    graph_result(&task, &user.parse().unwrap(), now(), &result)
}
