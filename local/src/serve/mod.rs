//! `graphnode serve`: the whole system in one process.
//!
//! | module | what |
//! |---|---|
//! | `machine` | the ports of one machine and the folder in which everything lies |
//! | `cloud` | the ports of the cloud in their place, with `--cloud` |
//! | `background` | the worker and the indexer, beside the HTTP server |
//! | `indexing` | from the RESULT of a job to its vectors in the index |
//! | `resume` | what was not done when the last server ended |
//! | `guard` | who may ask: this machine, and no foreign page in its browser |
//! | `content` | takes the bytes of uploads, as S3 does where there is one |
//! | `viewer` | the page at the root: uploads, progress, maps |
//! | `about` | what the server answers, for those who write programs |
//! | `listen`, `signals` | where requests come in, and what ends it |
//!
//! There is no login: whoever can reach the address is the person `local`. So it is the loopback address, always.

mod about;
mod background;
mod cloud;
mod content;
mod guard;
mod indexing;
mod listen;
mod machine;
mod resume;
mod signals;
mod viewer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use graphnode_adapters::embedded::LocalQueue;
use graphnode_core::clock::SystemClock;
use graphnode_core::encoder::Encoder;
use graphnode_core::job::Place;
use graphnode_core::metrics::Meter;
use graphnode_core::ports::Buckets;
use graphnode_embedding::SentenceEncoder;
use graphnode_http::api::{self, Api, Limits, Ports};
use graphnode_http::boundary::{Rules, around_by};
use graphnode_http::{identity, search};
use graphnode_indexing::Indexer;
use graphnode_jobs::{LazyEncoder, Settings};
use graphnode_searching::Searcher;
use serde_json::json;
use tokio::sync::watch;
use tracing::level_filters::LevelFilter;

use crate::cli::Serve;
use crate::failure::Failure;
use crate::output;
use background::{Background, Jobs};
use listen::Listeners;
use machine::{DataFolder, Machine};

/// Longest a request may take: an upload of half a gigabyte from a slow disk.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// How long the running job has to save what it has when the process is to end. What is not saved is made anew.
const SAVING: Duration = Duration::from_secs(20);
/// How long answers have that are being sent then.
const LAST_ANSWERS: Duration = Duration::from_secs(3);
/// Receives before a message of the request queue is given up until the next start: more than a job's attempts, so that
/// it is the job that fails, with a reason.
const MOST_RECEIVES: u32 = 20;

/// Serves until a signal comes.
pub(crate) fn run(arguments: &Serve, json: bool) -> Result<(), Failure> {
    start_logging(arguments.verbose);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Failure::Runtime)?;
    let outcome = runtime.block_on(async {
        match arguments.cloud {
            true => serve_the_cloud(arguments, json).await,
            false => serve_this_machine(arguments, json).await,
        }
    });
    // What still runs was told to stop and did not in time.
    runtime.shutdown_background();
    outcome
}

async fn serve_this_machine(arguments: &Serve, json: bool) -> Result<(), Failure> {
    // At the start, and not with the first job: a person who is told then can mend it.
    let model = SentenceEncoder::load(&arguments.model.folder)?.model().name.clone();
    rayon::ThreadPoolBuilder::new().num_threads(arguments.threads.unwrap_or(0)).build_global()?;
    let signal = signals::next().map_err(Failure::Runtime)?;
    let listeners = listen::bind(arguments.port).await?;
    let folder = DataFolder::take(&arguments.data)?;
    let jobs = Arc::new(jobs(arguments, &folder));
    resume::take_up(&jobs).await?;

    let api = Arc::new(api_of(&jobs, &folder, model));
    let router = routes(&api, Arc::clone(&jobs.encoder))
        .merge(content::router(Arc::clone(&api), folder.scratch.clone()));
    let path = folder.path.display().to_string();
    let router = guarded(router, &listeners, about::Place::Folder(&path));
    let indexer = Indexer::new(
        Buckets::only(Arc::new(folder.objects.clone())),
        folder.vectors.clone(),
        SystemClock::default(),
    );
    let background = Background::start(&jobs, indexer);
    announce(&listeners, &format!("its data in {path}"), json);
    serve_until(signal, listeners, router, background.stop()).await
}

async fn serve_the_cloud(arguments: &Serve, json: bool) -> Result<(), Failure> {
    let signal = signals::next().map_err(Failure::Runtime)?;
    let listeners = listen::bind(arguments.port).await?;
    let (api, bucket) = cloud::open().await?;
    let router = routes(&Arc::new(api), encoder(&arguments.model.folder));
    let router = guarded(router, &listeners, about::Place::Bucket(&bucket));
    announce(&listeners, &format!("its data in the bucket {bucket}"), json);
    serve_until(signal, listeners, router, async {}).await
}

/// Everything that is served over one set of ports, here and in the cloud.
fn routes<P: Ports>(api: &Arc<Api<P>>, encoder: Arc<LazyEncoder>) -> Router
where
    P::Objects: Clone,
    P::Vectors: Clone,
{
    let searcher = Searcher::new(api.buckets.clone(), api.vectors.clone(), encoder);
    api::router(Arc::clone(api)).merge(search::router(searcher))
}

/// The model of a folder, loaded when it is first needed.
fn encoder(folder: &Path) -> Arc<LazyEncoder> {
    Arc::new(SentenceEncoder::lazy(folder.to_owned()))
}

/// The routes with the pages for people, and around them what every request passes.
fn guarded(router: Router, listeners: &Listeners, place: about::Place<'_>) -> Router {
    let takes_uploads = matches!(place, about::Place::Folder(_));
    let router =
        router.merge(viewer::router(takes_uploads)).merge(about::router(&listeners.address(), place));
    around_by(router, Rules { identify: identity::local, admit: guard::admit, longest: LONGEST })
}

fn jobs(arguments: &Serve, folder: &DataFolder) -> Jobs {
    // Those that are given up lie there for nobody: the log has said why, and the job's record is taken up at the next start.
    let (requests, _given_up) = LocalQueue::with_dead_letters(MOST_RECEIVES);
    Jobs {
        buckets: Buckets::only(folder.objects.clone()),
        requests,
        results: LocalQueue::default(),
        launcher: None,
        encoder: encoder(&arguments.model.folder),
        clock: Arc::new(SystemClock::default()),
        meter: Meter::silent(),
        settings: Settings {
            scratch: folder.scratch.clone(),
            // Noting it costs a small file here, and who watches asks every second.
            note: Duration::from_secs(1),
            ..Settings::of(Place::Local)
        },
    }
}

fn api_of(jobs: &Jobs, folder: &DataFolder, model: String) -> Api<Machine> {
    Api {
        buckets: jobs.buckets.clone(),
        requests: jobs.requests.clone(),
        launcher: None,
        vectors: folder.vectors.clone(),
        clock: *jobs.clock,
        limits: Limits::default(),
        model: Some(model),
    }
}

/// Serves until `signal`; then lets `finish` and the last answers end, for a while. A second signal ends it at once.
async fn serve_until(
    signal: impl Future<Output = ()>,
    listeners: Listeners,
    router: Router,
    finish: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let (stop, stopped) = watch::channel(false);
    let server = tokio::spawn(listeners.serve(router, stopped));
    signal.await;
    let again = signals::next().map_err(Failure::Runtime)?;
    // It fails where the server has ended, which is as well.
    let _ = stop.send(true);
    let last_answers = tokio::time::timeout(LAST_ANSWERS, server);
    let finished = tokio::time::timeout(SAVING, finish);
    tokio::select! {
        (_, finished) = async { tokio::join!(last_answers, finished) } => {
            if finished.is_err() {
                tracing::warn!("the running job did not stop in time; it goes on at the next start");
            }
        }
        () = again => {}
    }
    Ok(())
}

fn announce(listeners: &Listeners, place: &str, json: bool) {
    let address = listeners.address();
    let machine = json!({"address": address, "port": listeners.port});
    output::show(json, &machine, || {
        format!(
            "GraphNode serves {address} with {place}. Open it, or ask: curl {address}{}/health",
            graphnode_http::PREFIX
        )
    });
}

/// Logs go to the terminal: what went wrong, and with `verbose` every request and job. None holds a word of a chat.
fn start_logging(verbose: bool) {
    let level = if verbose { LevelFilter::INFO } else { LevelFilter::WARN };
    let subscriber = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(level);
    // A second one in the same process, as tests may start, changes nothing.
    let _ = subscriber.with_target(false).try_init();
}
