//! Puts the build that counts into the index, and nothing older.
//!
//! # What happens
//! 1. The job must be completed: its record appears so a moment after `features.json`, so there is a short wait.
//!    A failed or cancelled job is not indexed. Without a record (a file that was put there by hand) the file speaks
//!    for itself.
//! 2. The file is [surveyed](crate::features): what cannot all be written is not begun.
//! 3. The graph pointer must admit the build. A newer one counts: then this one writes nothing.
//! 4. All records are written.
//! 5. The pointer is asked again: see below.
//! 6. Only now the graph's vectors of older generations are removed: a search never finds the graph half empty.
//! 7. The record says `indexed`.
//!
//! Every step can be repeated, so a run that died anywhere is mended by the next delivery of its event.
//!
//! # Two builds of one graph at the same time
//! The pointer is advanced before the first record is written. So if the newer build's pointer is not to be seen in step
//! 5, the newer one has not begun to write, and will write over whatever the older one left. If it is to be seen, the
//! older run may have written over the newer one's records, and indexes the newer build once more, in its own
//! place: whoever ends last leaves the state of the build that counts. The same is done for a superseded build that
//! never was indexed, since an earlier run of it may have died half-way.
//!
//! # One conversation in two graphs
//! A record's id is made of the person and the conversation. A conversation that is in two graphs of one person has
//! one record, which belongs to the graph that was indexed last; a query of the other graph does not find it, one of
//! all graphs does. Removing by generation or graph touches only the records that belong to that graph, so indexing one
//! graph never takes a record away from another that has it now.

use std::sync::Arc;
use std::time::Duration;

use graphnode_core::clock::Clock;
use graphnode_core::ids::{BucketName, GraphId, TaskId, UserId};
use graphnode_core::job::pointer::Current;
use graphnode_core::job::store::{advance_pointer, load_job, load_pointer, update_job};
use graphnode_core::job::{Advance, JobRecord, JobState, Refusal, StoreError, UpdateError};
use graphnode_core::keys::{self, ResultFile};
use graphnode_core::ports::objects::{ObjectMeta, Objects};
use graphnode_core::ports::vectors::{GraphBuild, Removal, VectorIndex, VectorQuery};
use graphnode_core::ports::{Buckets, PortErrorKind};
use jiff::Timestamp;
use tracing::{Instrument, Span, error_span, field};

use crate::error::{IndexError, InvalidFeatures};
use crate::features::Metadata;
use crate::features::rows::Rows;
use crate::features::survey::{Survey, survey};

/// How long a job may take from writing `features.json` to being completed before its event is given back.
const PATIENCE: Duration = Duration::from_secs(5);
/// The first wait for that; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// How often a newer build may come while one is indexed.
const MOST_BUILDS: usize = 5;
/// Hits that tell of a generation: in a settled graph every record is of the same.
const ASKED_FOR_GENERATION: usize = 10;

/// What became of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The build that counts is in the index, and no older one.
    Indexed(Indexed),
    /// There was nothing to do.
    Skipped(Skipped),
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    /// The build that was written: the one asked for, or the newer one that counts in its place.
    pub task_id: TaskId,
    /// What lines of log about that build's job are found by.
    pub correlation_id: String,
    /// Whose, which graph, which generation.
    pub build: GraphBuild,
    /// Vectors written.
    pub vectors: u64,
    /// Vectors of older generations removed.
    pub removed: u64,
    /// Size of `features.json`.
    pub bytes: u64,
    /// Whether the record says so now; there may be none.
    pub recorded: bool,
}

/// Why there was nothing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skipped {
    /// The file is no longer there.
    Gone,
    /// The job failed or was cancelled.
    Withdrawn,
    /// A newer build counts, and this one was indexed before.
    Superseded,
    /// There is no pointer, and the index holds a newer generation.
    OlderThanIndex,
    /// The job was removed while it was indexed; what was written is removed again.
    Purged,
}

impl Skipped {
    /// The reason for a log.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Gone => "features.json is no longer there",
            Self::Withdrawn => "the job failed or was cancelled",
            Self::Superseded => "a newer build counts",
            Self::OlderThanIndex => "the index holds a newer generation",
            Self::Purged => "the job was removed meanwhile",
        }
    }
}

/// Puts builds into an index.
#[derive(Debug)]
pub struct Indexer<O, V, C> {
    buckets: Buckets<Arc<O>>,
    vectors: V,
    clock: C,
    patience: Duration,
}

/// How far one build came.
enum Attempt {
    Done(Outcome),
    /// A newer one counts.
    Superseded(TaskId),
}

/// What the job record says.
enum Standing {
    /// There is none.
    Unknown,
    /// Completed then; indexed before or not.
    Completed { record: Box<JobRecord>, at: Timestamp, indexed: bool },
    /// Not to be indexed.
    Withdrawn,
}

/// What the pointer says.
enum Verdict {
    Counts,
    Superseded(TaskId),
    OlderThanIndex,
}

impl<O: Objects + 'static, V: VectorIndex, C: Clock> Indexer<O, V, C> {
    /// An indexer of the builds in `buckets`: a build lies where its job's input lay, records and pointers in the own one.
    pub fn new(buckets: Buckets<Arc<O>>, vectors: V, clock: C) -> Self {
        Self { buckets, vectors, clock, patience: PATIENCE }
    }

    /// Whether builds may lie in this bucket.
    #[must_use]
    pub fn reads(&self, bucket: &BucketName) -> bool {
        self.buckets.get(Some(bucket)).is_some()
    }

    /// With another patience for jobs that are about to be completed.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Brings the index to the state of the build of `task_id`, or of the newer one that counts in its place.
    ///
    /// Fills in the field `correlation_id` of the span it is called in, if that has one, as soon as the record is read.
    ///
    /// # Errors
    /// [`IndexError`]; whatever was done until then may be done again.
    pub async fn index(&self, task_id: &TaskId) -> Result<Outcome, IndexError> {
        let mut task_id = task_id.clone();
        let mut span = Span::current();
        for _ in 0..MOST_BUILDS {
            // On the heap: with an SDK's futures inside, one on the stack is too deep for the compiler to lay out.
            match Box::pin(self.attempt(&task_id).instrument(span)).await? {
                Attempt::Done(outcome) => return Ok(outcome),
                Attempt::Superseded(newer) => task_id = newer,
            }
            span = error_span!("newer_build", task_id = %task_id, correlation_id = field::Empty);
        }
        Err(IndexError::Overtaken)
    }

    async fn attempt(&self, task_id: &TaskId) -> Result<Attempt, IndexError> {
        let skip = |reason| Ok(Attempt::Done(Outcome::Skipped(reason)));
        let standing = self.standing(task_id).await?;
        if matches!(standing, Standing::Withdrawn) {
            return skip(Skipped::Withdrawn);
        }
        let results = self.results_of(task_id, &standing)?;
        let object = match results.head(&keys::result(task_id, ResultFile::Features)).await {
            Ok(object) => object,
            Err(error) if error.kind() == PortErrorKind::NotFound => return skip(Skipped::Gone),
            Err(error) => return Err(error.into()),
        };
        let survey = survey(results, &object).await.map_err(|error| error.of(task_id))?;
        check_identity(task_id, &survey.metadata, &standing)?;
        match self.verdict(task_id, &survey, &standing).await? {
            Verdict::OlderThanIndex => return skip(Skipped::OlderThanIndex),
            Verdict::Superseded(_) if standing.is_indexed() => return skip(Skipped::Superseded),
            Verdict::Superseded(newer) => return Ok(Attempt::Superseded(newer)),
            Verdict::Counts => {}
        }
        let vectors = self.write(task_id, results, &object, &survey.metadata).await?;
        if let Some(newer) = self.newer_than(task_id, &survey.metadata).await? {
            return Ok(Attempt::Superseded(newer));
        }
        self.settle(task_id, &survey.metadata, &standing, vectors, object.size).await.map(Attempt::Done)
    }

    /// The bucket of a build; the own one where there is no record to tell.
    fn results_of(&self, task_id: &TaskId, standing: &Standing) -> Result<&Arc<O>, IndexError> {
        let named = match standing {
            Standing::Completed { record, .. } => record.request().bucket.as_ref(),
            Standing::Unknown | Standing::Withdrawn => None,
        };
        self.buckets.get(named).ok_or_else(|| IndexError::ForeignBucket(task_id.clone()))
    }

    /// What the job record says, once it is completed.
    async fn standing(&self, task_id: &TaskId) -> Result<Standing, IndexError> {
        let (mut wait, mut waited) = (FIRST_WAIT, Duration::ZERO);
        loop {
            let record = load_job(self.buckets.own().as_ref(), task_id).await;
            let found = record.as_ref().ok().and_then(Option::as_ref);
            let correlation_id = found.map_or(task_id.as_str(), |record| record.value.correlation_id());
            Span::current().record("correlation_id", correlation_id);
            let Some(record) = record? else { return Ok(Standing::Unknown) };
            let record = Box::new(record.value);
            match *record.state() {
                JobState::Completed { at } => return Ok(Standing::Completed { record, at, indexed: false }),
                JobState::Indexed { completed_at: at, .. } => {
                    return Ok(Standing::Completed { record, at, indexed: true });
                }
                JobState::Failed { .. } | JobState::Cancelled { .. } => return Ok(Standing::Withdrawn),
                JobState::Queued | JobState::Running { .. } if waited >= self.patience => {
                    return Err(IndexError::NotCompleted(task_id.clone()));
                }
                JobState::Queued | JobState::Running { .. } => {}
            }
            tokio::time::sleep(wait).await;
            waited += wait;
            wait *= 2;
        }
    }

    /// Whether the build counts. That of a completed job becomes the one that counts here, before its first record is
    /// written, should whoever completed it not have come so far.
    async fn verdict(
        &self,
        task_id: &TaskId,
        survey: &Survey,
        standing: &Standing,
    ) -> Result<Verdict, IndexError> {
        let metadata = &survey.metadata;
        let (user_id, graph_id, generation) = (&metadata.user_id, &metadata.graph_id, metadata.generation);
        if let Standing::Completed { at, .. } = standing {
            let build = Current { task_id: task_id.clone(), generation, completed_at: *at };
            return Ok(
                match advance_pointer(self.buckets.own().as_ref(), user_id, graph_id, &build).await? {
                    Advance::Advanced | Advance::AlreadyCurrent => Verdict::Counts,
                    Advance::Superseded(newer) => Verdict::Superseded(newer.task_id),
                },
            );
        }
        if let Some(newer) = self.newer_than(task_id, metadata).await? {
            return Ok(Verdict::Superseded(newer));
        }
        let found = self.generation_in_index(user_id, graph_id, survey.first_row.as_deref()).await?;
        Ok(if found > Some(generation) { Verdict::OlderThanIndex } else { Verdict::Counts })
    }

    async fn newer_than(&self, task_id: &TaskId, metadata: &Metadata) -> Result<Option<TaskId>, IndexError> {
        let pointer =
            load_pointer(self.buckets.own().as_ref(), &metadata.user_id, &metadata.graph_id).await?;
        let Some(pointer) = pointer.map(|pointer| pointer.value) else { return Ok(None) };
        if pointer.admits(task_id, metadata.generation) {
            return Ok(None);
        }
        Ok(pointer.current().map(|current| current.task_id.clone()))
    }

    /// The newest generation the index is found to hold of a graph.
    async fn generation_in_index(
        &self,
        user_id: &UserId,
        graph_id: &GraphId,
        row: Option<&[f32]>,
    ) -> Result<Option<u64>, IndexError> {
        let Some(embedding) = row else { return Ok(None) };
        let query = VectorQuery::nearest(embedding, ASKED_FOR_GENERATION).in_graph(graph_id);
        let hits = self.vectors.query(user_id, query).await?;
        Ok(hits.iter().map(|hit| hit.generation).max())
    }

    /// Writes every record; yields how many.
    async fn write(
        &self,
        task_id: &TaskId,
        results: &Arc<O>,
        object: &ObjectMeta,
        metadata: &Metadata,
    ) -> Result<u64, IndexError> {
        let build = metadata.build();
        let mut rows = Rows::of(results, object, metadata);
        let mut written = 0;
        while let Some(batch) = rows.next().await.map_err(|error| error.of(task_id))? {
            self.vectors.upsert(&build, &batch).await?;
            written += batch.len() as u64;
        }
        Ok(written)
    }

    /// Removes what is older and says in the record that the build is indexed.
    async fn settle(
        &self,
        task_id: &TaskId,
        metadata: &Metadata,
        standing: &Standing,
        vectors: u64,
        bytes: u64,
    ) -> Result<Outcome, IndexError> {
        let build = metadata.build();
        let removed = self.remove_below(&build, build.generation).await?;
        let recorded = match standing {
            Standing::Completed { .. } => self.record(task_id, vectors).await?,
            Standing::Unknown | Standing::Withdrawn => Some(false),
        };
        match recorded {
            Some(recorded) => {
                let (task_id, correlation_id) =
                    (task_id.clone(), standing.correlation_id(task_id).to_owned());
                let indexed = Indexed { task_id, correlation_id, build, vectors, removed, bytes, recorded };
                Ok(Outcome::Indexed(indexed))
            }
            None => {
                self.remove_below(&build, build.generation.saturating_add(1)).await?;
                Ok(Outcome::Skipped(Skipped::Purged))
            }
        }
    }

    async fn remove_below(&self, build: &GraphBuild, generation: u64) -> Result<u64, IndexError> {
        let removal = Removal::OlderThan { graph_id: build.graph_id.clone(), generation };
        Ok(self.vectors.remove(&build.user_id, &removal).await?)
    }

    /// Marks the job; `None` when its record is gone.
    async fn record(&self, task_id: &TaskId, vectors: u64) -> Result<Option<bool>, IndexError> {
        let now = self.clock.now();
        match update_job(self.buckets.own().as_ref(), task_id, |job| job.indexed(vectors, now)).await {
            Ok(_) => Ok(Some(true)),
            Err(UpdateError::Store(StoreError::NoSuchJob(_))) => Ok(None),
            Err(UpdateError::Store(error)) => Err(error.into()),
            // It was completed before; only a record that was made anew can say so.
            Err(UpdateError::Refused(Refusal::NotCompleted)) => {
                Err(IndexError::NotCompleted(task_id.clone()))
            }
            Err(UpdateError::Refused(_)) => Ok(Some(false)),
        }
    }
}

impl Standing {
    fn is_indexed(&self) -> bool {
        matches!(self, Self::Completed { indexed: true, .. })
    }

    /// What lines of log about the job are found by.
    fn correlation_id<'a>(&'a self, task_id: &'a TaskId) -> &'a str {
        match self {
            Self::Completed { record, .. } => record.correlation_id(),
            Self::Unknown | Self::Withdrawn => task_id.as_str(),
        }
    }
}

/// The key names the task, the record the person: the file decides about neither.
fn check_identity(task_id: &TaskId, metadata: &Metadata, standing: &Standing) -> Result<(), IndexError> {
    let refuse = |problem| Err(IndexError::Features { task_id: task_id.clone(), problem });
    if metadata.task_id != *task_id {
        return refuse(InvalidFeatures::OtherTask(metadata.task_id.clone()));
    }
    match standing {
        Standing::Completed { record, .. }
            if *record.user_id() != metadata.user_id
                || *record.graph_id() != metadata.graph_id
                || record.generation() != metadata.generation =>
        {
            refuse(InvalidFeatures::NotOfTheJob)
        }
        _ => Ok(()),
    }
}
