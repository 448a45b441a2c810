//! The routes of an app: enqueue, uploads, tasks, results, summaries, erasing.
//!
//! | module | routes |
//! |---|---|
//! | `enqueue` | `POST /`, `POST /generate` |
//! | `uploads` | `POST /uploads`, `POST /uploads/{id}/complete` |
//! | `tasks` | `GET /tasks`, `GET /tasks/{id}`, `DELETE /tasks/{id}` |
//! | `results` | `GET /tasks/{id}/{graph,summary,features,view,report}`, `GET /graph`, `GET /summary` |
//! | `summarise` | `POST /summary` |
//! | `erase` | `DELETE /` |
//! | `health` | `GET /health`, `GET /openapi.json` |
//!
//! A person's job is found through `Api::job_of` alone, and a person's graph through keys that hold the person.

mod enqueue;
mod erase;
mod health;
mod idempotency;
mod limits;
pub mod openapi;
mod removal;
mod results;
mod summarise;
mod tasks;
pub mod uploads;
mod view;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use graphnode_core::clock::Clock;
use graphnode_core::ids::{TaskId, UserId};
use graphnode_core::job::store::load_job;
use graphnode_core::job::{JobRecord, Versioned};
use graphnode_core::ports::{Buckets, DirectTransfer, Objects, Queue, TaskLauncher, VectorIndex};

use crate::PREFIX;
use crate::problem::Problem;
pub use limits::Limits;

/// The adapters of one program; it is never made, only named.
pub trait Ports: Send + Sync + 'static {
    /// Where records, inputs and results are kept, and where clients send to and fetch from by themselves.
    type Objects: Objects + DirectTransfer + 'static;
    /// Where requests go.
    type Queue: Queue + 'static;
    /// Stops tasks.
    type Launcher: TaskLauncher + 'static;
    /// Where vectors are removed.
    type Vectors: VectorIndex + 'static;
    /// Tells the time.
    type Clock: Clock + Send + Sync + 'static;
}

/// What the handlers work with.
#[derive(Debug)]
pub struct Api<P: Ports> {
    /// The bucket of records and uploads, and those that inputs may lie in.
    pub buckets: Buckets<P::Objects>,
    /// The request queue.
    pub requests: P::Queue,
    /// Stops the task of a cancelled job; `None` where there are no tasks.
    pub launcher: Option<P::Launcher>,
    /// The vector index.
    pub vectors: P::Vectors,
    /// The clock.
    pub clock: P::Clock,
    /// What a request may ask for.
    pub limits: Limits,
    /// Name of the model that makes the vectors, for `GET /health`.
    pub model: Option<String>,
}

/// What handlers are given.
type Shared<P> = axum::extract::State<Arc<Api<P>>>;

/// The routes over `api`; put the [boundary](crate::boundary::around) around them.
pub fn router<P: Ports>(api: Arc<Api<P>>) -> Router {
    let largest = api.limits.body_bytes;
    let routes = Router::new()
        .route("/generate", post(enqueue::enqueue::<P>))
        .route("/uploads", post(uploads::announce::<P>))
        .route("/uploads/{upload_id}/complete", post(uploads::complete::<P>))
        .route("/tasks", get(tasks::list::<P>))
        .route("/tasks/{task_id}", get(tasks::show::<P>).delete(tasks::remove::<P>))
        .route("/tasks/{task_id}/graph", get(results::graph_of_task::<P>))
        .route("/tasks/{task_id}/summary", get(results::summary_of_task::<P>))
        .route("/tasks/{task_id}/features", get(results::features_of_task::<P>))
        .route("/tasks/{task_id}/view", get(results::view_of_task::<P>))
        .route("/tasks/{task_id}/report", get(results::report_of_task::<P>))
        .route("/graph", get(results::newest_graph::<P>))
        .route("/summary", get(results::newest_summary::<P>).post(summarise::summarise::<P>))
        .route("/health", get(health::health::<P>))
        .route("/openapi.json", get(openapi::document));
    let root = post(enqueue::enqueue::<P>).delete(erase::erase::<P>);
    Router::new()
        .route(PREFIX, root.clone())
        .route(&format!("{PREFIX}/"), root)
        .nest(PREFIX, routes)
        .layer(DefaultBodyLimit::max(largest))
        .with_state(api)
}

impl<P: Ports> Api<P> {
    /// The person's job. Another person's is as one that does not exist.
    async fn job_of(&self, caller: &UserId, task_id: &TaskId) -> Result<Versioned<JobRecord>, Problem> {
        match load_job(self.buckets.own(), task_id).await? {
            Some(found) if found.value.user_id() == caller => Ok(found),
            _ => Err(Problem::not_found()),
        }
    }

    /// Where the results of a job lie.
    fn bucket_of(&self, record: &JobRecord) -> Result<&P::Objects, Problem> {
        // A bucket that is no longer configured: its jobs are as gone as their results.
        self.buckets.get(record.request().bucket.as_ref()).ok_or_else(Problem::not_found)
    }
}

/// How long an address is good that a client fetches with.
const VALID_TO_FETCH: Duration = Duration::from_secs(5 * 60);
/// The same for what it sends: half a gigabyte over a slow line takes a while.
const VALID_TO_SEND: Duration = Duration::from_secs(60 * 60);
