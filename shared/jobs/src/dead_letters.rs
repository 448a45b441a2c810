//! Messages that failed for good: their senders are told, once.
//!
//! | message | what becomes of it |
//! |---|---|
//! | a generation | its job ends as failed, with the last reason, unless it has ended or somebody still works on it |
//! | another request that is understood | its FAILED result |
//! | a request that is wrong, of a job nobody knows | its FAILED result, and it is kept |
//! | anything else | it is kept, under `dead-letters/` |
//!
//! A message that another one of the same job has overtaken finds the job over, and says nothing more.

use std::time::Duration;

use graphnode_core::clock::Clock;
use graphnode_core::ids::TaskId;
use graphnode_core::job::store::{load_job, register_job, update_job};
use graphnode_core::job::{JobRecord, NewJob, Refusal, UpdateError};
use graphnode_core::keys::{self, JSON};
use graphnode_core::messages::kept::{KeptMessage, SCHEMA};
use graphnode_core::messages::outgoing::{add_node_result, failed_result, graph_result, summary_result};
use graphnode_core::messages::{EnvelopeError, FailureReason, GraphResult, Incoming, MessageBody, Request};
use graphnode_core::metrics::{Event, Subject};
use graphnode_core::ports::objects::Condition;
use graphnode_core::ports::queue::Delivery;
use graphnode_core::ports::{Objects, PortErrorKind, Queue, TaskLauncher};
use jiff::Timestamp;
use tracing::Instrument;

use crate::defer::{after_error, after_outage};
use crate::failure::Trouble;
use crate::generation::{SHORTLY, given_up};
use crate::service::Service;
use crate::trace::{correlate, job_span};

/// What is to become of a dead letter, or of a notice about tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Delete it.
    Done,
    /// Leave it, and let it come back after this time.
    Later(Duration),
}

impl<O, Q, L, C> Service<O, Q, L, C>
where
    O: Objects,
    Q: Queue,
    L: TaskLauncher,
    C: Clock + Send + 'static,
{
    /// Answers for a message of the dead-letter queue. Never fails: what goes wrong is logged here, and the letter comes back.
    pub async fn dead_letter(&self, letter: &Delivery) -> Answer {
        let incoming = letter.body.parse::<Incoming>();
        let task_id = match &incoming {
            Ok(incoming) => Some(incoming.task_id.clone()),
            Err(error) => error.task_id.clone(),
        };
        let work = async {
            let answered = match &incoming {
                Ok(incoming) => self.give_up(letter, incoming).await,
                Err(error) => self.refuse(letter, error).await,
            };
            answered.unwrap_or_else(|trouble| {
                tracing::error!(error = trouble.chain(), "dead letter not answered");
                Answer::Later(delay(&trouble, letter))
            })
        };
        let answer = match &task_id {
            Some(task_id) => work.instrument(job_span(task_id)).await,
            None => work.await,
        };
        if answer == Answer::Done {
            let subject = task_id.as_ref().map(Subject::from).unwrap_or_default();
            self.meter.record(self.clock.now(), subject, &Event::DeadLetter);
        }
        answer
    }

    async fn give_up(&self, letter: &Delivery, incoming: &Incoming) -> Result<Answer, Trouble> {
        let (task_id, at) = (&incoming.task_id, incoming.timestamp.unwrap_or_else(|| self.clock.now()));
        let reason = FailureReason::new("it failed every time it was tried");
        let body = match &incoming.request {
            Request::Generation(request) => {
                let job = NewJob {
                    task_id: task_id.clone(),
                    request: request.clone(),
                    requested_at: at,
                    correlation_id: None,
                };
                return self.give_up_job(letter, &job).await;
            }
            Request::Summary(request) => summary_result(task_id, &request.user_id, at, Err(&reason)),
            Request::AddNode(request) => add_node_result(task_id, &request.user_id, at, Err(&reason)),
            Request::Microscope { task_type, user_id } => {
                failed_result(task_type, task_id, user_id.as_ref(), at, &reason)
            }
            Request::Unknown { .. } => {
                return self
                    .keep(letter, Some(task_id), &FailureReason::new("unknown taskType"), false)
                    .await;
            }
        };
        correlate(task_id.as_str());
        self.results.send(body.as_str(), Duration::ZERO).await?;
        tracing::warn!(message_id = letter.message_id, "request given up");
        Ok(Answer::Done)
    }

    async fn give_up_job(&self, letter: &Delivery, job: &NewJob) -> Result<Answer, Trouble> {
        let now = self.clock.now();
        // It may have no record, if that is what failed.
        if let Err(error) = register_job(self.buckets.own(), job, now).await {
            return self.keep_contradiction(letter, &job.task_id, error.into()).await;
        }
        let abandoned = update_job(self.buckets.own(), &job.task_id, |record| {
            let reason = given_up(record);
            record.abandon(reason.clone(), failed(record, reason, now), now)
        });
        match abandoned.await {
            Ok(record) => {
                correlate(record.value.correlation_id());
                tracing::warn!(code = "given-up", message_id = letter.message_id, "job failed");
                self.measure_end(&record.value);
                self.settle(&record.value).await?;
                Ok(Answer::Done)
            }
            Err(UpdateError::Refused(Refusal::HeldUntil(until))) => {
                let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
                Ok(Answer::Later(left + SHORTLY))
            }
            Err(UpdateError::Refused(_)) => {
                self.settle_finished(&job.task_id).await?;
                Ok(Answer::Done)
            }
            Err(UpdateError::Store(error)) => {
                self.keep_contradiction(letter, &job.task_id, error.into()).await
            }
        }
    }

    /// A request that is wrong is answered where it names its job, and no job of that name is known: else the answer might
    /// be taken for another's.
    async fn refuse(&self, letter: &Delivery, error: &EnvelopeError) -> Result<Answer, Trouble> {
        let reason = FailureReason::new(&error.to_string());
        let request = error.task_type.as_deref().filter(|name| name.ends_with("_REQUEST"));
        let mut answered = false;
        if let (Some(task_id), Some(task_type)) = (&error.task_id, request)
            && load_job(self.buckets.own(), task_id).await?.is_none()
        {
            let at = letter.sent_at.unwrap_or_else(|| self.clock.now());
            let body = failed_result(task_type, task_id, error.user_id.as_ref(), at, &reason);
            self.results.send(body.as_str(), Duration::ZERO).await?;
            answered = true;
        }
        self.keep(letter, error.task_id.as_ref(), &reason, answered).await
    }

    async fn keep_contradiction(
        &self,
        letter: &Delivery,
        task_id: &TaskId,
        trouble: Trouble,
    ) -> Result<Answer, Trouble> {
        match trouble {
            Trouble::Contradiction { code, .. } => {
                self.keep(letter, Some(task_id), &FailureReason::new(code), false).await
            }
            other => Err(other),
        }
    }

    /// Keeps a message where a person finds it (`kept_messages`).
    async fn keep(
        &self,
        letter: &Delivery,
        task_id: Option<&TaskId>,
        reason: &FailureReason,
        answered: bool,
    ) -> Result<Answer, Trouble> {
        let kept = KeptMessage {
            schema: SCHEMA,
            message_id: letter.message_id.clone(),
            task_id: task_id.cloned(),
            reason: reason.clone(),
            answered,
            sent_at: letter.sent_at,
            kept_at: self.clock.now(),
            body: letter.body.clone(),
        };
        let bytes = serde_json::to_vec(&kept).map_err(|error| Trouble::transient("unwritable", error))?;
        let key = keys::dead_letter(&letter.message_id);
        match self.buckets.own().put(&key, bytes, JSON, &Condition::Absent).await {
            Err(error) if error.kind() != PortErrorKind::Conflict => return Err(error.into()),
            _ => {}
        }
        tracing::error!(message_id = letter.message_id, reason = %reason, "message kept");
        Ok(Answer::Done)
    }
}

/// The FAILED result of a job.
fn failed(record: &JobRecord, reason: FailureReason, at: Timestamp) -> MessageBody {
    graph_result(record.task_id(), record.user_id(), at, &GraphResult::Failed(reason))
}

/// When a letter comes back that could not be dealt with.
pub(crate) fn delay(trouble: &Trouble, letter: &Delivery) -> Duration {
    match trouble {
        Trouble::Unavailable { retry_after: Some(wait), .. } => *wait,
        Trouble::Unavailable { .. } => after_outage(letter.receive_count, &letter.message_id),
        _ => after_error(letter.receive_count, &letter.message_id),
    }
}
