//! One claimed job, from its inputs to its results.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use graphnode_core::clock::Clock;
use graphnode_core::contract::{Report, SkippedItem};
use graphnode_core::encoder::Encoder;
use graphnode_core::ids::LeaseOwner;
use graphnode_core::job::store::update_job;
use graphnode_core::job::{HowFar, JobRecord};
use graphnode_core::metrics::Event;
use graphnode_core::ports::{Objects, Queue, TaskLauncher};
use graphnode_core::watch::{Stage, Watch};
use graphnode_pipeline::import::Limits;
use graphnode_pipeline::job::{Job, JobError, Means, process_job};
use jiff::Timestamp;
use tempfile::TempDir;

use crate::checkpoint::Keeper;
use crate::companion::{Companion, Reporter, StopReason};
use crate::failure::Trouble;
use crate::inputs::{self, Downloaded, Inputs};
use crate::keeping::KeepingEncoder;
use crate::publish::{ResultFiles, write_results};
use crate::recall::Recall;
use crate::service::{Service, Shift};

/// How a run ended, where nothing went wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The results are published and the job is over.
    Published,
    /// It had to stop; what it had made is saved where it is of use.
    Stopped(StopReason),
}

impl<O, Q, L, C> Service<O, Q, L, C>
where
    O: Objects,
    Q: Queue,
    L: TaskLauncher,
    C: Clock + Send + 'static,
{
    /// Runs the job that `owner` has claimed.
    pub(crate) async fn run(
        &self,
        record: &JobRecord,
        owner: &LeaseOwner,
        inputs: Inputs,
        shift: &Shift,
    ) -> Result<Outcome, Trouble> {
        let reporter = Reporter::default();
        let _dropped = StopWhenDropped(&reporter);
        let companion = Companion { service: self, record, owner, shift, reporter: &reporter };
        tokio::select! {
            biased;
            outcome = Box::pin(self.work(record, owner, inputs, &reporter)) => outcome,
            never = Box::pin(companion.run()) => match never {},
        }
    }

    async fn work(
        &self,
        record: &JobRecord,
        owner: &LeaseOwner,
        inputs: Inputs,
        reporter: &Reporter,
    ) -> Result<Outcome, Trouble> {
        reporter.progress(Stage::Import, 0, 1);
        // The companion looks now, so that the person hears that the job began: of a small one the import may be over before
        // anything here waits.
        tokio::task::yield_now().await;
        let bucket = self.bucket_of(record)?;
        let folder = tempfile::Builder::new()
            .prefix("graphnode-")
            .tempdir_in(&self.settings.scratch)
            .map_err(|error| Trouble::transient("scratch-full", error))?;
        let fetched = inputs::fetch(bucket, &inputs, folder.path(), reporter).await;
        if let Some(reason) = reporter.stopped() {
            return Ok(Outcome::Stopped(reason));
        }
        let encoder = self.load_encoder().await?;
        let (own, clock, model) = (self.buckets.own(), &*self.clock, encoder.model());
        let mut keeper = Keeper::open(own, clock, record, &self.settings, reporter, model).await;
        let input_bytes = inputs.load().bytes;
        let making = Making {
            downloaded: fetched?,
            skipped: inputs.skipped,
            job: job_of(record),
            clock: JobClock { at: requested_at(record), inner: Arc::clone(&self.clock) },
            encoder: Arc::clone(&encoder),
            recall: Arc::clone(&keeper.recall),
            reporter: reporter.clone(),
            folder,
        };
        let making = tokio::task::spawn_blocking(move || making.run());
        let made = tokio::select! {
            biased;
            made = making => made,
            never = keeper.run() => match never {},
        };
        let made = made.map_err(|error| Trouble::transient("crashed", error)).flatten();
        let (embedded, recalled) = keeper.recall.counts();
        tracing::info!(embedded, recalled, "texts encoded");
        // Also where the job failed: what was embedded is right all the same, and the next attempt needs it.
        if reporter.stopped().is_none_or(StopReason::keeps_work) {
            keeper.save().await;
        }
        let tokens = reporter.tokens_read();
        if !matches!(made, Ok(Made::Results(..))) && tokens > 0 {
            self.measure(record, Event::ModelUsed { tokens });
        }
        match made? {
            Made::Results(files, account) => {
                let conversations = account.conversations;
                self.measure(record, Event::ResultsMade { conversations, input_bytes, tokens });
                for (step, took) in account.stages {
                    self.measure(record, Event::StageDone { step, took });
                }
                keeper.tidy().await;
                self.publish(record, owner, bucket, &files, reporter).await
            }
            Made::Stopped => {
                let reason = reporter.stopped().unwrap_or(StopReason::Interrupted);
                if reason.keeps_work() {
                    self.note_progress(record, owner, reporter).await;
                }
                Ok(Outcome::Stopped(reason))
            }
        }
    }

    /// The bucket of inputs and results.
    pub(crate) fn bucket_of(&self, record: &JobRecord) -> Result<&O, Trouble> {
        self.buckets.get(record.request().bucket.as_ref()).ok_or_else(foreign_bucket)
    }

    /// Notes how far the job is, so that whoever goes on tells the person nothing that lies behind it.
    async fn note_progress(&self, record: &JobRecord, owner: &LeaseOwner, reporter: &Reporter) {
        let (now, lease) = (self.clock.now(), self.settings.lease);
        let how_far = HowFar { progress: reporter.furthest(), expected_end: None };
        let noted = update_job(self.buckets.own(), record.task_id(), |record| {
            record.renew(owner, how_far, now, lease)
        });
        if let Err(error) = noted.await {
            // The hand-over that follows meets the same and decides.
            tracing::warn!(error = %error, "progress not noted");
        }
    }

    async fn load_encoder(&self) -> Result<Arc<dyn Encoder>, Trouble> {
        let encoder = Arc::clone(&self.encoder);
        let loaded = tokio::task::spawn_blocking(move || encoder.get()).await;
        let loaded = loaded.map_err(|error| Trouble::transient("crashed", error))?;
        // A deployment without its model is mended by a person; no job should fail for it.
        loaded.map_err(|source| Trouble::transient("no-model", source))
    }
}

/// The answer to a bucket that is not configured.
pub(crate) fn foreign_bucket() -> Trouble {
    Trouble::permanent("foreign-bucket", "the bucket of the request is not one this service reads from")
}

fn job_of(record: &JobRecord) -> Job {
    Job {
        user_id: record.user_id().clone(),
        graph_id: record.graph_id().clone(),
        task_id: record.task_id().clone(),
        generation: record.generation(),
        options: record.request().build_options(),
        limits: Limits::default(),
    }
}

/// What the results call the time they were made at: the same in every attempt and wherever it runs.
fn requested_at(record: &JobRecord) -> Timestamp {
    record.requested_at().min(record.created_at())
}

/// Stands still for `generated_at` and runs for timings.
struct JobClock<C> {
    at: Timestamp,
    inner: Arc<C>,
}

impl<C: Clock + Send> Clock for JobClock<C> {
    fn now(&self) -> Timestamp {
        self.at
    }

    fn elapsed(&self) -> Duration {
        self.inner.elapsed()
    }
}

/// Tells the thread that makes results to stop once nobody waits for them any more.
struct StopWhenDropped<'a>(&'a Reporter);

impl Drop for StopWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.stop(StopReason::Interrupted);
    }
}

/// The blocking part of a job, with all it needs.
struct Making<C> {
    downloaded: Vec<Downloaded>,
    skipped: Vec<SkippedItem>,
    job: Job,
    clock: JobClock<C>,
    encoder: Arc<dyn Encoder>,
    recall: Arc<Recall>,
    reporter: Reporter,
    folder: TempDir,
}

enum Made {
    Results(ResultFiles, Account),
    Stopped,
}

/// What is measured of results.
struct Account {
    conversations: u64,
    stages: Vec<(Stage, Duration)>,
}

impl Account {
    fn of(report: &Report) -> Self {
        let took = |stage: Stage| Some((stage, Duration::from_millis(*report.timings_ms.get(stage.name())?)));
        Self { conversations: report.counts.read, stages: Stage::ALL.into_iter().filter_map(took).collect() }
    }
}

impl<C: Clock + Send> Making<C> {
    fn run(self) -> Result<Made, Trouble> {
        let unreadable = |error| Trouble::transient("scratch-unreadable", error);
        let sources = inputs::sources(self.downloaded).map_err(unreadable)?;
        let keeping = KeepingEncoder::new(&*self.encoder, &self.recall);
        let means = Means { encoder: &keeping, clock: &self.clock, watch: &self.reporter };
        let mut results = match process_job(sources, &self.job, means) {
            Ok(results) => results,
            Err(JobError::Cancelled(_)) => return Ok(Made::Stopped),
            Err(error) => return Err(error.into()),
        };
        // Timings differ from run to run; in the report they are at home.
        results.graph.metadata.pipeline.timings_ms.clear();
        results.report.counts.skipped += self.skipped.len() as u64;
        results.report.skipped.extend(self.skipped);
        let account = Account::of(&results.report);
        let paths: PathBuf = self.folder.path().to_owned();
        let files =
            write_results(results, &paths).map_err(|error| Trouble::transient("scratch-full", error))?;
        Ok(Made::Results(ResultFiles { files, _folder: self.folder }, account))
    }
}
