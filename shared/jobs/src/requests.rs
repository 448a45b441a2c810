//! Messages of the request queue: what each is answered with, and when it is none of ours.

use graphnode_core::clock::Clock;
use graphnode_core::contract::Graph;
use graphnode_core::ids::{TaskId, UserId};
use graphnode_core::job::store::load_job;
use graphnode_core::job::{JobState, NewJob};
use graphnode_core::keys::{self, JSON, ObjectKey, ResultFile};
use graphnode_core::messages::outgoing::{add_node_result, failed_result, summary_result};
use graphnode_core::messages::{AddNode, FailureReason, Incoming, MessageBody, Request, SummaryRequest};
use graphnode_core::metrics::{Event, Subject};
use graphnode_core::ports::objects::{Condition, read_whole};
use graphnode_core::ports::queue::Delivery;
use graphnode_core::ports::{Objects, PortErrorKind, Queue, TaskLauncher};
use graphnode_pipeline::summary::summarise;
use jiff::Timestamp;
use tracing::Instrument;

use crate::defer::{after_error, after_outage};
use crate::failure::Trouble;
use crate::run::foreign_bucket;
use crate::service::{Service, Shift, Verdict};
use crate::trace::{correlate, job_span};

/// Most bytes of a graph that is summarised: more than 100,000 nodes have.
const MOST_GRAPH_BYTES: u64 = 256 << 20;

impl<O, Q, L, C> Service<O, Q, L, C>
where
    O: Objects,
    Q: Queue,
    L: TaskLauncher,
    C: Clock + Send + 'static,
{
    /// Does what a message asks for and says what is to become of it. Never fails: what goes wrong is logged here,
    /// once, and decides the verdict.
    pub async fn handle(&self, delivery: &Delivery, shift: &Shift) -> Verdict {
        match delivery.body.parse::<Incoming>() {
            Ok(incoming) => {
                let span = job_span(&incoming.task_id);
                self.understood(delivery, &incoming, shift).instrument(span).await
            }
            Err(error) => {
                let task_id = error.task_id.as_ref();
                let subject = task_id.map(Subject::from).unwrap_or_default();
                self.meter.record(self.clock.now(), subject, &Event::Heartbeat);
                let (message_id, task_id) = (&delivery.message_id, task_id.map(TaskId::as_str));
                // There is no record that could tell more.
                let correlation_id = task_id;
                tracing::error!(message_id, task_id, correlation_id, reason = %error, "message not understood");
                self.bury(delivery).await
            }
        }
    }

    async fn understood(&self, delivery: &Delivery, incoming: &Incoming, shift: &Shift) -> Verdict {
        let begun = self.clock.elapsed();
        self.meter.record(self.clock.now(), (&incoming.task_id).into(), &Event::Heartbeat);
        let verdict = match self.answer(delivery, incoming, shift).await {
            Ok(verdict) => verdict,
            Err(trouble) => self.troubled(delivery, &incoming.task_id, &trouble).await,
        };
        let duration_ms = self.clock.elapsed().saturating_sub(begun).as_millis() as u64;
        tracing::info!(verdict = ?verdict, duration_ms, "message processed");
        verdict
    }

    async fn troubled(&self, delivery: &Delivery, task_id: &TaskId, trouble: &Trouble) -> Verdict {
        tracing::error!(error = trouble.chain(), "message failed");
        match trouble {
            Trouble::Unavailable { retry_after, .. } => {
                self.meter.record(self.clock.now(), task_id.into(), &Event::Outage);
                let wait =
                    retry_after.unwrap_or_else(|| after_outage(2 * delivery.receive_count, task_id.as_str()));
                // Where not even the queue takes a copy, the message itself waits as long.
                match self.wait_out(delivery, wait).await {
                    Ok(verdict) => verdict,
                    Err(_) => self.hide(delivery, wait).await,
                }
            }
            Trouble::Transient { .. } => {
                self.hide(delivery, after_error(delivery.receive_count, task_id.as_str())).await
            }
            // What could be answered was; here even the answer could not be written.
            Trouble::Permanent { .. } | Trouble::Contradiction { .. } => self.bury(delivery).await,
        }
    }

    async fn answer(
        &self,
        delivery: &Delivery,
        incoming: &Incoming,
        shift: &Shift,
    ) -> Result<Verdict, Trouble> {
        let task_id = &incoming.task_id;
        if !matches!(incoming.request, Request::Generation(_)) {
            // It has no record that could tell of a request over HTTP.
            correlate(task_id.as_str());
        }
        // The sender's time, where it said one: a repeated answer is the same to the byte.
        let at = incoming.timestamp.unwrap_or_else(|| self.clock.now());
        match &incoming.request {
            Request::Generation(request) => {
                let job = NewJob {
                    task_id: task_id.clone(),
                    request: request.clone(),
                    requested_at: at,
                    correlation_id: None,
                };
                // The future of a whole job is large and deep: on the heap it burdens no caller's.
                Box::pin(self.generation(delivery, &job, shift)).await
            }
            Request::Summary(request) => {
                let summary = answered(self.summary(request, at).await)?;
                self.send(&summary_result(task_id, &request.user_id, at, summary.as_ref())).await
            }
            Request::AddNode(request) => {
                let reason = self.refuse_addition(request);
                self.send(&add_node_result(task_id, &request.user_id, at, Err(&reason))).await
            }
            Request::Microscope { task_type, user_id } => {
                let reason = FailureReason::new("this kind of request is not supported by this service");
                self.send(&failed_result(task_type, task_id, user_id.as_ref(), at, &reason)).await
            }
            Request::Unknown { .. } => {
                // The name of the type is the sender's text: it stays in the message.
                let message_id = &delivery.message_id;
                tracing::error!(message_id, reason = "unknown taskType", "message not understood");
                Ok(self.bury(delivery).await)
            }
        }
    }

    async fn send(&self, body: &MessageBody) -> Result<Verdict, Trouble> {
        self.results.send(body.as_str(), std::time::Duration::ZERO).await?;
        Ok(Verdict::Done)
    }

    /// Why nothing is added to a graph yet.
    fn refuse_addition(&self, request: &AddNode) -> FailureReason {
        match self.buckets.get(request.bucket.as_ref()) {
            Some(_) => FailureReason::new(
                "adding to an existing graph is not supported yet: send a GRAPH_GENERATION_REQUEST with everything",
            ),
            None => FailureReason::new(&foreign_bucket().to_string()),
        }
    }

    /// Summarises a graph of the person and yields where the summary lies: beside the graph, in place of an older one.
    async fn summary(&self, request: &SummaryRequest, at: Timestamp) -> Result<ObjectKey, Trouble> {
        let bucket = self.buckets.get(request.bucket.as_ref()).ok_or_else(foreign_bucket)?;
        let task_id = self.build_of(&request.user_id, &request.graph_key).await?;
        let piece = read_whole(bucket, &request.graph_key, MOST_GRAPH_BYTES).await.map_err(|error| {
            match error.kind() {
                PortErrorKind::NotFound => no_graph(),
                _ => error.into(),
            }
        })?;
        let (language, detail_level) = (request.language, request.detail_level);
        let written = tokio::task::spawn_blocking(move || {
            let graph: Graph = serde_json::from_slice(&piece.bytes).map_err(|_| damaged_graph())?;
            // What only the texts tell is not kept with a graph.
            let summary = summarise(&graph, language, detail_level, at, None);
            serde_json::to_vec(&summary).map_err(|error| Trouble::transient("summary-unwritable", error))
        });
        let bytes = written.await.map_err(|error| Trouble::transient("crashed", error))??;
        let key = keys::result(&task_id, ResultFile::Summary);
        bucket.put(&key, bytes, JSON, &Condition::Always).await?;
        Ok(key)
    }

    /// The job that made the graph, if it is the person's: another's graph is answered as one that is not there.
    async fn build_of(&self, user_id: &UserId, graph_key: &ObjectKey) -> Result<TaskId, Trouble> {
        let Some((task_id, ResultFile::Graph)) = keys::parse_result(graph_key.as_str()) else {
            return Err(no_graph());
        };
        let record = load_job(self.buckets.own(), &task_id).await?.ok_or_else(no_graph)?.value;
        let done = matches!(record.state(), JobState::Completed { .. } | JobState::Indexed { .. });
        if record.user_id() == user_id && done { Ok(task_id) } else { Err(no_graph()) }
    }
}

/// An answer for the person, where there is one.
fn answered<T>(result: Result<T, Trouble>) -> Result<Result<T, FailureReason>, Trouble> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Trouble::Permanent { reason, .. }) => Ok(Err(reason)),
        Err(other) => Err(other),
    }
}

fn no_graph() -> Trouble {
    Trouble::permanent("no-graph", "there is no such graph")
}

fn damaged_graph() -> Trouble {
    Trouble::permanent("damaged-graph", "the graph cannot be read: build it again")
}
