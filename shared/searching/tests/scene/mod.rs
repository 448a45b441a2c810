//! Persons whose histories are built and indexed for real, on one machine, with an encoder without a model.

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use graphnode_adapters::embedded::{ExactVectors, FolderObjects};
use graphnode_core::clock::FixedClock;
use graphnode_core::encoder::LazyEncoder;
use graphnode_core::ids::{LeaseOwner, TaskId};
use graphnode_core::job::pointer::Current;
use graphnode_core::job::store::{advance_pointer, register_job, update_job};
use graphnode_core::job::{JobRecord, NewJob, Place};
use graphnode_core::keys::{self, ResultFile};
use graphnode_core::matrix::dot;
use graphnode_core::messages::outgoing::graph_result;
use graphnode_core::messages::{GenerationRequest, GraphResult, Incoming, MessageBody, Request, SummaryPart};
use graphnode_core::options::BuildOptions;
use graphnode_core::ports::objects::{Condition, Objects};
use graphnode_core::ports::{Buckets, VectorIndex};
use graphnode_core::watch::Unwatched;
use graphnode_indexing::{Indexer, Outcome};
use graphnode_pipeline::import::{Limits, Source, SourceRole};
use graphnode_pipeline::job::{Job, Means, Results, process_job};
use graphnode_pipeline::search::Query;
use graphnode_searching::search::CACHE_BYTES;
use graphnode_searching::{Answer, SearchError, SearchRequest, Searcher};
use graphnode_testkit::encoder::HashingEncoder;
use graphnode_testkit::export::{ConversationBuilder, export};
use jiff::Timestamp;
use serde_json::json;
use tempfile::TempDir;

/// Length of the vectors of all builds.
const DIMENSION: usize = 64;

pub(crate) struct Scene {
    _place: TempDir,
    pub(crate) objects: FolderObjects,
    pub(crate) other_bucket: FolderObjects,
    pub(crate) vectors: ExactVectors,
    pub(crate) searcher: Searcher<FolderObjects, ExactVectors>,
}

/// A build that is asked for: its job, whose it is, which graph, and when, in seconds.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) task: &'a str,
    pub(crate) user: &'a str,
    pub(crate) graph: &'a str,
    pub(crate) seconds: i64,
    pub(crate) bucket: Option<&'a str>,
}

pub(crate) fn build<'a>(task: &'a str, user: &'a str, seconds: i64) -> Asked<'a> {
    Asked { task, user, graph: "default", seconds, bucket: None }
}

/// The id of a conversation, and what is said in it.
pub(crate) type Said = (String, String);

pub(crate) fn said(all: &[(&str, &str)]) -> Vec<Said> {
    all.iter().map(|&(id, text)| (id.to_owned(), text.to_owned())).collect()
}

pub(crate) fn request(words: &str) -> SearchRequest {
    SearchRequest::new(words.parse().unwrap())
}

pub(crate) fn ids(answer: &Answer) -> Vec<&str> {
    answer.hits.iter().map(|hit| hit.orig_id.as_str()).collect()
}

fn now() -> Timestamp {
    "2026-06-01T08:00:00Z".parse().unwrap()
}

fn owner() -> LeaseOwner {
    "somebody".parse().unwrap()
}

impl Scene {
    pub(crate) fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let open = |name: &str| FolderObjects::open(&place.path().join(name)).unwrap();
        let (objects, other_bucket, vectors) = (open("own"), open("other"), ExactVectors::default());
        let buckets = buckets(&objects, &other_bucket);
        let searcher = Searcher::new(buckets, vectors.clone(), encoder(DIMENSION));
        Self { _place: place, objects, other_bucket, vectors, searcher }
    }

    /// A searcher of the same person's builds with another model or cache.
    pub(crate) fn searcher(&self, dimension: usize, cache: usize) -> Searcher<FolderObjects, ExactVectors> {
        let buckets = buckets(&self.objects, &self.other_bucket);
        Searcher::with_cache(buckets, self.vectors.clone(), encoder(dimension), cache)
    }

    /// One that has loaded nothing yet.
    pub(crate) fn fresh(&self) -> Searcher<FolderObjects, ExactVectors> {
        self.searcher(DIMENSION, CACHE_BYTES)
    }

    /// One that asks `vectors`.
    pub(crate) fn searcher_over<V: VectorIndex + 'static>(&self, vectors: V) -> Searcher<FolderObjects, V> {
        Searcher::new(buckets(&self.objects, &self.other_bucket), vectors, encoder(DIMENSION))
    }

    /// One whose model is not there when it is first asked for.
    pub(crate) fn without_a_model_at_first(&self) -> Searcher<FolderObjects, ExactVectors> {
        let there = AtomicBool::new(false);
        let load = move || match there.swap(true, Ordering::Relaxed) {
            true => Ok(HashingEncoder::new(DIMENSION)),
            false => Err("no model".into()),
        };
        let buckets = buckets(&self.objects, &self.other_bucket);
        Searcher::new(buckets, self.vectors.clone(), Arc::new(LazyEncoder::new(load)))
    }

    /// Does a job from its request to the pointer that says that it counts; the vectors are not in the index yet.
    pub(crate) async fn complete(&self, asked: Asked<'_>, conversations: &[Said]) -> Results {
        let new = NewJob {
            task_id: asked.task.parse().unwrap(),
            request: generation_request(asked),
            requested_at: Timestamp::from_second(1_780_000_000 + asked.seconds).unwrap(),
            correlation_id: None,
        };
        let record = register_job(&self.objects, &new, now()).await.unwrap().value;
        let task = record.task_id().clone();
        let claim = |job: &JobRecord| job.claim(&owner(), Place::Local, now(), Duration::from_secs(60));
        update_job(&self.objects, &task, claim).await.unwrap();
        let job = Job {
            user_id: record.user_id().clone(),
            graph_id: record.graph_id().clone(),
            task_id: task.clone(),
            generation: record.generation(),
            options: BuildOptions::default(),
            limits: Limits::default(),
        };
        let results = made(&job, conversations);
        let bucket = if asked.bucket.is_some() { &self.other_bucket } else { &self.objects };
        self.put(bucket, &task, &results).await;
        let message = completed(&task, asked.user);
        update_job(&self.objects, &task, |job| job.complete(&owner(), message.clone(), now())).await.unwrap();
        let current = Current { task_id: task, generation: record.generation(), completed_at: now() };
        advance_pointer(&self.objects, &job.user_id, &job.graph_id, &current).await.unwrap();
        results
    }

    /// The same, and puts the vectors into the index.
    pub(crate) async fn index(&self, asked: Asked<'_>, conversations: &[Said]) -> Results {
        let results = self.complete(asked, conversations).await;
        self.index_completed(asked).await;
        results
    }

    pub(crate) async fn index_completed(&self, asked: Asked<'_>) {
        let bucket = if asked.bucket.is_some() { &self.other_bucket } else { &self.objects };
        let indexer =
            Indexer::new(Buckets::only(Arc::new(bucket.clone())), self.vectors.clone(), FixedClock(now()));
        let outcome = indexer.index(&asked.task.parse().unwrap()).await.unwrap();
        assert!(matches!(outcome, Outcome::Indexed(_)), "{outcome:?}");
    }

    async fn put(&self, bucket: &FolderObjects, task: &TaskId, results: &Results) {
        let mut words = Vec::new();
        results.words.write_to(&mut words).unwrap();
        let files = [
            (ResultFile::Graph, serde_json::to_vec(&results.graph).unwrap()),
            (ResultFile::Words, words),
            (ResultFile::Features, serde_json::to_vec(&results.features).unwrap()),
        ];
        for (file, bytes) in files {
            let key = keys::result(task, file);
            bucket.put(&key, bytes, file.content_type(), &Condition::Always).await.unwrap();
        }
    }

    /// Writes something else in the place of a result.
    pub(crate) async fn overwrite(&self, task: &str, file: ResultFile, bytes: &[u8]) {
        let key = keys::result(&task.parse().unwrap(), file);
        self.objects.put(&key, bytes.to_vec(), file.content_type(), &Condition::Always).await.unwrap();
    }

    /// Removes all results of a job.
    pub(crate) async fn lose(&self, task: &str) {
        let keys = ResultFile::ALL.map(|file| keys::result(&task.parse().unwrap(), file));
        self.objects.delete(&keys).await.unwrap();
    }

    pub(crate) async fn search(&self, user: &str, request: &SearchRequest) -> Result<Answer, SearchError> {
        self.searcher.search(&user.parse().unwrap(), request).await
    }

    /// The ids of what is found, the best first.
    pub(crate) async fn found(&self, user: &str, request: &SearchRequest) -> Vec<String> {
        ids(&self.search(user, request).await.unwrap()).into_iter().map(str::to_owned).collect()
    }
}

/// What one machine says that compares with everything: node and score.
pub(crate) fn exactly(results: &Results, words: &str, limit: usize) -> Vec<(usize, f32)> {
    let query = Query::new(words, &HashingEncoder::new(DIMENSION)).unwrap();
    let cosines: Vec<f32> =
        results.features.embeddings.iter_rows().map(|row| dot(row, &query.vector)).collect();
    query.rank(&cosines, &results.words, limit)
}

fn made(job: &Job, conversations: &[Said]) -> Results {
    let built = conversations.iter().enumerate().map(|(number, (id, text))| {
        let created = 1_700_000_000.0 + 86_400.0 * number as f64;
        ConversationBuilder::new(id, id, created).untitled().person(text).assistant("All right.")
    });
    let source = Source {
        name: "conversations.json".to_owned(),
        role: SourceRole::Conversations,
        reader: Box::new(Cursor::new(export(built))),
    };
    let means =
        Means { encoder: &HashingEncoder::new(DIMENSION), clock: &FixedClock(now()), watch: &Unwatched };
    process_job(vec![source], job, means).unwrap()
}

fn buckets(own: &FolderObjects, other: &FolderObjects) -> Buckets<FolderObjects> {
    let name = |name: &str| name.parse().unwrap();
    Buckets::new(name("own-bucket"), own.clone(), [(name("other-bucket"), other.clone())])
}

fn encoder(dimension: usize) -> Arc<LazyEncoder> {
    Arc::new(LazyEncoder::new(move || Ok(HashingEncoder::new(dimension))))
}

fn generation_request(asked: Asked<'_>) -> GenerationRequest {
    let payload = json!({
        "userId": asked.user, "graphId": asked.graph, "s3Key": "graph-generation/x/", "bucket": asked.bucket,
    });
    let body = json!({
        "taskId": "x", "taskType": "GRAPH_GENERATION_REQUEST", "timestamp": now().to_string(), "payload": payload,
    });
    let incoming: Incoming = body.to_string().parse().unwrap();
    match incoming.request {
        Request::Generation(request) => request,
        other => panic!("{other:?}"),
    }
}

fn completed(task: &TaskId, user: &str) -> MessageBody {
    let result = GraphResult::Completed {
        graph: keys::result(task, ResultFile::Graph),
        features: Some(keys::result(task, ResultFile::Features)),
        summary: SummaryPart::NotRequested,
    };
    graph_result(task, &user.parse().unwrap(), now(), &result)
}
