//! A small whole system: a bucket, two queues, a launcher, an index, and what happened to them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use graphnode_adapters::embedded::{ExactVectors, LocalQueue};
use graphnode_core::clock::Clock;
use graphnode_core::config::variables;
use graphnode_core::encoder::{EncodeError, Encoder, ModelIdentity};
use graphnode_core::ids::{LeaseOwner, TaskId};
use graphnode_core::job::Place;
use graphnode_core::keys::{JSON, ObjectKey, all_handed_over};
use graphnode_core::matrix::Matrix;
use graphnode_core::metrics::Meter;
use graphnode_core::ports::launcher::{LaunchOutcome, LaunchRequest, LaunchedTask, TaskLauncher};
use graphnode_core::ports::objects::{Condition, Objects};
use graphnode_core::ports::{Buckets, PortResult, Queue};
use graphnode_core::watch::{Cancelled, Watch};
use graphnode_indexing::Indexer;
use graphnode_jobs::routing::FunctionLimits;
use graphnode_jobs::{LazyEncoder, Service, Settings, Shift, StopSignal};
use graphnode_testkit::encoder::HashingEncoder;
use graphnode_testkit::faults::{Faults, Faulty};
use graphnode_testkit::memory::MemoryObjects;
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::broken::{Broken, Defect};
use crate::scenario::{Scenario, inputs};

/// Receives before a message is a dead letter.
const MOST_RECEIVES: u32 = 3;

/// The runtime's own clock, which stands still while anybody works and is moved by hand: the queues and the services
/// have one time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VirtualClock(Instant);

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        let start: Timestamp = "2026-06-01T09:00:00Z".parse().unwrap();
        start.checked_add(self.elapsed()).unwrap()
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A task that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct StartedTask {
    pub(crate) task_id: TaskId,
    pub(crate) owner: LeaseOwner,
}

/// Starts one task a token, unless it is broken.
#[derive(Debug, Clone, Default)]
pub(crate) struct TokenLauncher {
    defect: Defect,
    state: Arc<Mutex<Launches>>,
}

#[derive(Debug, Default)]
struct Launches {
    by_token: BTreeMap<String, usize>,
    count: usize,
    waiting: VecDeque<StartedTask>,
}

impl TokenLauncher {
    /// The next task that was started and does not run yet.
    pub(crate) fn next(&self) -> Option<StartedTask> {
        self.state.lock().unwrap().waiting.pop_front()
    }

    /// Tasks that were started and do not run yet.
    pub(crate) fn waiting(&self) -> usize {
        self.state.lock().unwrap().waiting.len()
    }

    /// Tasks that were started.
    pub(crate) fn count(&self) -> usize {
        self.state.lock().unwrap().count
    }
}

impl TaskLauncher for TokenLauncher {
    async fn launch(&self, request: &LaunchRequest) -> PortResult<LaunchOutcome> {
        let mut state = self.state.lock().unwrap();
        let number = state.count + 1;
        let token = request.client_token.as_str().to_owned();
        let known = state.by_token.get(&token).copied().filter(|_| self.defect != Defect::NoTokens);
        if known.is_none() {
            state.count = number;
            state.by_token.insert(token, number);
            state.waiting.push_back(StartedTask {
                task_id: request.environment[variables::TASK_ID].parse().unwrap(),
                owner: request.environment[variables::LEASE_OWNER].parse().unwrap(),
            });
        }
        Ok(LaunchOutcome::Started(LaunchedTask(format!("task/{}", known.unwrap_or(number)))))
    }

    async fn stop(&self, _: &LaunchedTask, _: &str) -> PortResult<()> {
        Ok(())
    }
}

/// Whether the runtime has nothing to do but wait for blocking work. Clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Idle(Arc<AtomicBool>);

impl Idle {
    pub(crate) fn set(&self, idle: bool) {
        self.0.store(idle, Ordering::Release);
    }

    /// Blocks until it is so: what runs beside blocking work then comes before its end in every run. For a process that
    /// crashed meanwhile nobody waits, so this ends anyway.
    fn wait(&self) {
        const MOST: Duration = Duration::from_millis(100);
        let begun = std::time::Instant::now();
        while !self.0.load(Ordering::Acquire) && begun.elapsed() < MOST {
            std::thread::sleep(Duration::from_micros(20));
        }
    }
}

/// An encoder without a model whose call of that number, once, finds that the process is to end.
#[derive(Clone)]
struct InterruptedEncoder {
    inner: Arc<HashingEncoder>,
    calls: Arc<AtomicUsize>,
    interrupted_in: Option<usize>,
    idle: Idle,
}

impl Encoder for InterruptedEncoder {
    fn model(&self) -> &ModelIdentity {
        self.inner.model()
    }

    fn encode(&self, texts: &[&str], watch: &dyn Watch) -> Result<Matrix, EncodeError> {
        self.idle.wait();
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        if self.interrupted_in == Some(call) {
            return Err(Cancelled.into());
        }
        self.inner.encode(texts, watch)
    }

    fn vocabulary_fit(&self, text: &str) -> f32 {
        self.inner.vocabulary_fit(text)
    }
}

pub(crate) type Requests = Faulty<LocalQueue>;
pub(crate) type WorkerService = Service<Faulty<Broken>, Requests, Faulty<TokenLauncher>, VirtualClock>;
pub(crate) type BuildIndexer = Indexer<Faulty<Broken>, Faulty<ExactVectors>, VirtualClock>;

/// The system.
pub(crate) struct World {
    pub(crate) scenario: Scenario,
    pub(crate) bucket: MemoryObjects,
    pub(crate) requests: LocalQueue,
    pub(crate) dead_letters: LocalQueue,
    pub(crate) results: LocalQueue,
    pub(crate) launcher: TokenLauncher,
    pub(crate) vectors: ExactVectors,
    pub(crate) faults: Faults,
    pub(crate) clock: VirtualClock,
    defect: Defect,
    encoder: InterruptedEncoder,
    scratch: TempDir,
    processes: usize,
}

impl World {
    /// A world with the inputs and requests of `scenario`. Within a runtime whose time stands still.
    pub(crate) async fn new(scenario: Scenario, defect: Defect, faults: Faults, idle: Idle) -> Self {
        let (requests, dead_letters) = LocalQueue::with_dead_letters(MOST_RECEIVES);
        let world = Self {
            scenario,
            bucket: MemoryObjects::default(),
            requests,
            dead_letters,
            results: LocalQueue::default(),
            launcher: TokenLauncher { defect, ..TokenLauncher::default() },
            vectors: ExactVectors::default(),
            faults,
            clock: VirtualClock(Instant::now()),
            defect,
            encoder: InterruptedEncoder {
                inner: Arc::default(),
                calls: Arc::default(),
                interrupted_in: scenario.interrupted_in(),
                idle,
            },
            scratch: tempfile::tempdir().unwrap(),
            processes: 0,
        };
        for (key, bytes) in inputs() {
            let key: ObjectKey = key.parse().unwrap();
            world.bucket.put(&key, bytes, JSON, &Condition::Always).await.unwrap();
        }
        for asked in scenario.asked() {
            world.requests.send(&asked.body(), Duration::ZERO).await.unwrap();
        }
        world
    }

    /// Whether a job is marked as given to a task.
    pub(crate) fn has_jobs_in_tasks(&self) -> bool {
        self.bucket.all().keys().any(|key| all_handed_over().holds(key))
    }

    /// A new process of that kind.
    pub(crate) fn process(&mut self, kind: &str) -> Faults {
        self.processes += 1;
        self.faults.process(&format!("{kind}-{}", self.processes))
    }

    /// A function for `faults`' process.
    pub(crate) fn function(&self, faults: &Faults) -> WorkerService {
        let most = Some(self.scenario.most_inline_bytes());
        let limits = FunctionLimits { memory_mib: 10_240, disk_bytes: 1 << 34, max_inline_bytes: most };
        let launcher = Faulty::new(self.launcher.clone(), faults.clone(), "launcher");
        self.service(faults, Place::Lambda, Some(limits), Some(launcher))
    }

    /// A started task for `faults`' process.
    pub(crate) fn task(&self, faults: &Faults) -> WorkerService {
        self.service(faults, Place::Fargate, None, None)
    }

    fn service(
        &self,
        faults: &Faults,
        place: Place,
        function: Option<FunctionLimits>,
        launcher: Option<Faulty<TokenLauncher>>,
    ) -> WorkerService {
        let encoder = self.encoder.clone();
        let load = move || {
            encoder.idle.wait();
            Ok(encoder.clone())
        };
        Service {
            buckets: Buckets::only(self.objects(faults)),
            requests: Faulty::new(self.requests.clone(), faults.clone(), "requests"),
            results: Faulty::new(self.results.clone(), faults.clone(), "results"),
            launcher,
            encoder: Arc::new(LazyEncoder::new(load)),
            clock: Arc::new(self.clock),
            meter: Meter::silent(),
            settings: Settings { function, scratch: self.scratch.path().to_owned(), ..Settings::of(place) },
        }
    }

    fn objects(&self, faults: &Faults) -> Faulty<Broken> {
        let broken = Broken { inner: self.bucket.clone(), defect: self.defect };
        Faulty::new(broken, faults.clone(), "objects")
    }

    /// An indexer for `faults`' process.
    pub(crate) fn indexer(&self, faults: &Faults) -> BuildIndexer {
        let vectors = Faulty::new(self.vectors.clone(), faults.clone(), "vectors");
        Indexer::new(Buckets::only(Arc::new(self.objects(faults))), vectors, self.clock)
    }

    /// Fifteen minutes of a function from now, or as long as a task takes.
    pub(crate) fn shift(&self, place: Place) -> Shift {
        const FUNCTION: Duration = Duration::from_secs(900);
        let ends_at = (place == Place::Lambda).then(|| self.clock.elapsed() + FUNCTION);
        Shift { runner: format!("runner-{}", self.processes), ends_at, stop: StopSignal::default() }
    }
}
