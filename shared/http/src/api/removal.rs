//! Ending jobs and removing what they left.
//!
//! # In what order things go
//! Results first, then vectors, then the record, then its marker: whoever dies between leaves the record, and the next
//! call goes on. A job that is not over cannot be removed, as whoever works on it would go on writing: it is cancelled, and
//! its worker hears that when it renews its lease. The record of a cancelled job stays a while ([`SETTLING`]), since
//! without it a message that is still on its way would start the job anew.

use std::time::Duration;

use futures_util::future::try_join_all;
use graphnode_core::clock::Clock;
use graphnode_core::job::store::{update_job, withdraw_build};
use graphnode_core::job::{JobRecord, JobState, Refusal, UpdateError};
use graphnode_core::keys::{self, InputLocation, ObjectKey, ObjectPrefix};
use graphnode_core::ports::objects::delete_all;
use graphnode_core::ports::vectors::Removal;
use graphnode_core::ports::{Objects, TaskLauncher, VectorIndex};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Api, Ports};
use crate::problem::Problem;

/// How long the record of a cancelled job stays at the least: longer than a lease, and than a message is invisible.
const SETTLING: Duration = Duration::from_secs(15 * 60);

/// How much of what was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Removed {
    /// Files of results, checkpoints among them.
    pub(super) results: u64,
    /// Vectors.
    pub(super) vectors: u64,
    /// Uploaded files.
    pub(super) uploads: u64,
    /// Records: of jobs, graphs, requests.
    pub(super) records: u64,
}

impl Removed {
    /// Both together.
    #[must_use]
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            results: self.results + other.results,
            vectors: self.vectors + other.vectors,
            uploads: self.uploads + other.uploads,
            records: self.records + other.records,
        }
    }
}

impl<P: Ports> Api<P> {
    /// Withdraws a job that is not over, and stops its task. `None` where it was over already.
    pub(super) async fn cancel(&self, record: &JobRecord) -> Result<Option<JobRecord>, Problem> {
        if record.state().is_over() {
            return Ok(None);
        }
        let now = self.clock.now();
        let cancelled =
            update_job(self.buckets.own(), record.task_id(), |record| record.cancel(None, now)).await;
        let cancelled = match cancelled {
            Ok(cancelled) => cancelled.value,
            Err(UpdateError::Refused(Refusal::AlreadyFinished)) => return Ok(None),
            Err(UpdateError::Refused(refusal)) => return Err(Problem::ours(refusal)),
            Err(UpdateError::Store(error)) => return Err(error.into()),
        };
        if let (Some(launcher), Some(task)) = (&self.launcher, cancelled.launched_task()) {
            // It stops by itself when it next renews its lease; this only saves its seconds.
            if let Err(error) = launcher.stop(&task, "the person withdrew the job").await {
                tracing::warn!(task_id = %record.task_id(), error = %error, "task not stopped");
            }
        }
        Ok(Some(cancelled))
    }

    /// Removes everything of a job that is over; the record too, unless it is needed a while longer.
    pub(super) async fn purge(&self, record: &JobRecord) -> Result<Removed, Problem> {
        let (own, task_id) = (self.buckets.own(), record.task_id());
        let mut removed = Removed::default();
        if let Ok(bucket) = self.bucket_of(record) {
            removed.results += self.clear(bucket, &keys::results(task_id)).await?;
        }
        // Vectors are kept by text and not by job: nobody knows which of them are of this job alone, so all go. They cost
        // the person's next job time, nothing else.
        removed.results += self.clear(own, &keys::all_checkpoints(record.user_id())).await?;
        removed.uploads += self.clear_input(record).await?;
        let withdrawn = withdraw_build(own, record.user_id(), record.graph_id(), task_id).await?;
        if let Some(build) = withdrawn {
            let older =
                Removal::OlderThan { graph_id: record.graph_id().clone(), generation: build.generation + 1 };
            removed.vectors += self.vectors.remove(record.user_id(), &older).await?;
        }
        if !self.is_needed(record) {
            let marker = keys::task_marker(record.user_id(), record.requested_at(), task_id);
            own.delete(&[keys::job(task_id)]).await?;
            own.delete(&[marker]).await?;
            removed.records += 1;
        }
        Ok(removed)
    }

    /// Whether a record must stay, so that nobody starts or goes on with its job.
    pub(super) fn is_needed(&self, record: &JobRecord) -> bool {
        let JobState::Cancelled { at } = record.state() else { return !record.state().is_over() };
        at.checked_add(SETTLING).is_ok_and(|until| self.clock.now() < until)
    }

    /// Removes the input of a job where it is the job's own: an upload, or the bundle of its name.
    async fn clear_input(&self, record: &JobRecord) -> Result<u64, Problem> {
        let bucket = self.bucket_of(record);
        let (Ok(bucket), input) = (bucket, &record.request().input) else { return Ok(0) };
        match input {
            InputLocation::Bundle(prefix)
                if prefix.as_str() == format!("graph-generation/{}/", record.task_id()) =>
            {
                self.clear(bucket, prefix).await
            }
            InputLocation::Object(key) => match upload_of(record, key) {
                Some(upload) => self.clear(bucket, &upload).await,
                None => Ok(0),
            },
            InputLocation::Bundle(_) => Ok(0),
        }
    }

    /// Removes what lies under `prefix`; yields how much.
    pub(super) async fn clear(&self, bucket: &P::Objects, prefix: &ObjectPrefix) -> Result<u64, Problem> {
        Ok(delete_all(bucket, prefix).await? as u64)
    }

    /// Removes what lies under all of `prefixes` of the own bucket; yields how much.
    pub(super) async fn clear_all(&self, prefixes: &[ObjectPrefix]) -> Result<u64, Problem> {
        let cleared = prefixes.iter().map(|prefix| self.clear(self.buckets.own(), prefix));
        Ok(try_join_all(cleared).await?.into_iter().sum())
    }
}

/// The folder of the upload a job was made from, if it is one of its person.
fn upload_of(record: &JobRecord, key: &ObjectKey) -> Option<ObjectPrefix> {
    let uploads = keys::uploads(record.user_id());
    let upload_id = uploads.name_within(key)?.split('/').next()?;
    format!("{}{upload_id}/", uploads.as_str()).parse().ok()
}
