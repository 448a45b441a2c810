//! From files on disk to a job that is over: results, record, pointer, the one message.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use graphnode_core::clock::Clock;
use graphnode_core::ids::{LeaseOwner, TaskId};
use graphnode_core::job::pointer::Current;
use graphnode_core::job::store::{advance_pointer, update_job};
use graphnode_core::job::{Advance, JobRecord, JobState, Refusal, UpdateError};
use graphnode_core::keys::{self, ResultFile};
use graphnode_core::messages::outgoing;
use graphnode_core::messages::{FailureReason, GraphResult, MessageBody, SummaryPart};
use graphnode_core::ports::{Objects, Queue, TaskLauncher};
use graphnode_core::watch::{Stage, Watch};
use graphnode_pipeline::job::Results;
use serde_json::to_writer;
use tempfile::TempDir;

use crate::companion::{Reporter, StopReason};
use crate::failure::Trouble;
use crate::run::Outcome;
use crate::service::Service;

/// Results on disk, in the order they are published; gone when it is dropped.
pub(crate) struct ResultFiles {
    pub(crate) files: Vec<(ResultFile, PathBuf)>,
    pub(crate) _folder: TempDir,
}

/// Writes `results` into `folder`; blocks.
pub(crate) fn write_results(results: Results, folder: &Path) -> io::Result<Vec<(ResultFile, PathBuf)>> {
    let mut files = Vec::new();
    for file in ResultFile::ALL {
        if file == ResultFile::Summary && results.summary.is_none() {
            continue;
        }
        let path = folder.join(file.name());
        let mut writer = BufWriter::new(File::create(&path)?);
        match file {
            ResultFile::Graph => to_writer(&mut writer, &results.graph)?,
            ResultFile::Summary => to_writer(&mut writer, &results.summary)?,
            ResultFile::Page => writer.write_all(results.page.as_bytes())?,
            ResultFile::Report => to_writer(&mut writer, &results.report)?,
            ResultFile::Words => results.words.write_to(&mut writer)?,
            ResultFile::Features => to_writer(&mut writer, &results.features)?,
        }
        writer.flush()?;
        files.push((file, path));
    }
    Ok(files)
}

impl<O, Q, L, C> Service<O, Q, L, C>
where
    O: Objects,
    Q: Queue,
    L: TaskLauncher,
    C: Clock + Send + 'static,
{
    /// Publishes the results and ends the job, unless it was withdrawn or taken over meanwhile.
    pub(crate) async fn publish(
        &self,
        record: &JobRecord,
        owner: &LeaseOwner,
        bucket: &O,
        results: &ResultFiles,
        reporter: &Reporter,
    ) -> Result<Outcome, Trouble> {
        let total = results.files.len() as u64;
        for (done, (file, path)) in results.files.iter().enumerate() {
            reporter.progress(Stage::Write, done as u64, total);
            if let Some(reason) = reporter.stopped().filter(|reason| !reason.keeps_work()) {
                return Ok(Outcome::Stopped(reason));
            }
            let key = keys::result(record.task_id(), *file);
            bucket.put_file(&key, path, file.content_type()).await?;
        }
        reporter.progress(Stage::Write, total, total);
        let has_summary = results.files.iter().any(|(file, _)| *file == ResultFile::Summary);
        let (now, body) = (self.clock.now(), self.completed(record, has_summary));
        let completion = update_job(self.buckets.own(), record.task_id(), |record| {
            record.complete(owner, body.clone(), now)
        });
        match completion.await {
            Ok(completed) => {
                self.measure_end(&completed.value);
                self.settle(&completed.value).await?;
                Ok(Outcome::Published)
            }
            Err(UpdateError::Refused(Refusal::Cancelled)) => Ok(Outcome::Stopped(StopReason::Cancelled)),
            Err(UpdateError::Refused(_)) => Ok(Outcome::Stopped(StopReason::LeaseLost)),
            Err(UpdateError::Store(error)) => Err(error.into()),
        }
    }

    fn completed(&self, record: &JobRecord, has_summary: bool) -> MessageBody {
        let key = |file| keys::result(record.task_id(), file);
        let result = GraphResult::Completed {
            graph: key(ResultFile::Graph),
            features: Some(key(ResultFile::Features)),
            summary: match has_summary {
                true => SummaryPart::Written(key(ResultFile::Summary)),
                false => SummaryPart::NotRequested,
            },
        };
        outgoing::graph_result(record.task_id(), record.user_id(), self.clock.now(), &result)
    }

    /// Ends the job without results. A job that ended otherwise meanwhile stays what it is.
    pub(crate) async fn fail(
        &self,
        record: &JobRecord,
        owner: &LeaseOwner,
        reason: &FailureReason,
    ) -> Result<(), Trouble> {
        let now = self.clock.now();
        let result = GraphResult::Failed(reason.clone());
        let body = outgoing::graph_result(record.task_id(), record.user_id(), now, &result);
        let failure = update_job(self.buckets.own(), record.task_id(), |record| {
            record.fail(owner, reason.clone(), body.clone(), now)
        });
        match failure.await {
            Ok(failed) => {
                self.measure_end(&failed.value);
                self.settle(&failed.value).await
            }
            Err(UpdateError::Refused(Refusal::NotOwner)) => Ok(()),
            Err(UpdateError::Refused(_)) => self.settle_finished(record.task_id()).await,
            Err(UpdateError::Store(error)) => Err(error.into()),
        }
    }

    /// Does what a finished job still owes: the pointer first, then the message, then the note that it was sent, then the
    /// mark by which it would be looked for.
    ///
    /// The message stays pending until all is done, so whoever comes after a crash does it again; doing it twice
    /// changes nothing but that the same message may be sent twice.
    pub(crate) async fn settle(&self, record: &JobRecord) -> Result<(), Trouble> {
        if let Some(body) = record.pending_result() {
            self.send_pending(record, body).await?;
        }
        if record.is_handed_over() {
            self.unmark(record.task_id()).await?;
        }
        Ok(())
    }

    async fn send_pending(&self, record: &JobRecord, body: &MessageBody) -> Result<(), Trouble> {
        let completed_at = match record.state() {
            JobState::Completed { at } => Some(*at),
            JobState::Indexed { completed_at, .. } => Some(*completed_at),
            _ => None,
        };
        if let Some(completed_at) = completed_at {
            let task_id = record.task_id().clone();
            let build = Current { task_id, generation: record.generation(), completed_at };
            let own = self.buckets.own();
            let advance = advance_pointer(own, record.user_id(), record.graph_id(), &build).await?;
            if let Advance::Superseded(_) = advance {
                tracing::info!("newer build counts");
            }
        }
        self.results.send(body.as_str(), Duration::ZERO).await?;
        let now = self.clock.now();
        let sent = update_job(self.buckets.own(), record.task_id(), |record| {
            Ok::<_, std::convert::Infallible>(record.result_sent(now))
        });
        match sent.await {
            Ok(_) => Ok(()),
            Err(UpdateError::Refused(never)) => match never {},
            Err(UpdateError::Store(error)) => Err(error.into()),
        }
    }

    /// [`Self::settle`] for a job that somebody else ended, as it is now.
    pub(crate) async fn settle_finished(&self, task_id: &TaskId) -> Result<(), Trouble> {
        let record = self.record(task_id).await?;
        // Whoever completes a job, or fails it, measures that. Who cancels one does not work on jobs, so this is measured
        // here, where whoever has the job hears of it.
        if matches!(record.state(), JobState::Cancelled { .. }) {
            self.measure_end(&record);
        }
        self.settle(&record).await
    }
}
