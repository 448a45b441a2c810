//! Decode, call, encode.

use std::time::Duration;

use graphnode_adapters::ecs::Notice;
use graphnode_core::clock::{Clock, time_left};
use graphnode_core::ports::queue::{Delivery, Queue, ReceiptHandle, sent_at};
use graphnode_core::ports::{Objects, TaskLauncher};
use graphnode_jobs::{Answer, Service, Shift, StopSignal, Verdict};
use lambda_runtime::LambdaEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::context::Worker;
use crate::error::EventError;

/// What an invocation keeps for its answer. Whatever does not answer until then is left: a function that runs into its
/// limit is killed, and its whole environment with it.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// What SQS is told: these messages are not done.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    /// The messages that stay in the queue.
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// One message that stays in the queue.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    /// Its `messageId`.
    pub item_identifier: String,
}

/// A record of an event, as far as it is needed. Read one by one: one that is odd must not cost the others.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    receipt_handle: String,
    body: String,
    #[serde(default, rename = "eventSourceARN")]
    event_source_arn: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Debug, Default, Deserialize)]
struct Attributes {
    #[serde(rename = "ApproximateReceiveCount")]
    receive_count: Option<String>,
    #[serde(rename = "SentTimestamp")]
    sent: Option<String>,
}

/// Processes one invocation of Lambda.
///
/// # Errors
/// [`EventError`] for an event that is none of a queue.
pub async fn invoke<O, Q, L, C>(
    worker: &Worker<O, Q, L, C>,
    event: LambdaEvent<Value>,
) -> Result<BatchResponse, EventError>
where
    O: Objects,
    Q: Queue,
    L: TaskLauncher,
    C: Clock + Send + 'static,
{
    let remaining = time_left(event.context.deadline, worker.service.clock.now());
    handle(worker, &event.payload, &event.context.request_id, remaining).await
}

/// Processes the messages of `event` one after the other, as long as `remaining` allows.
///
/// # Errors
/// [`EventError`] for an event that is none of a queue.
pub async fn handle<O, Q, L, C>(
    worker: &Worker<O, Q, L, C>,
    event: &Value,
    request_id: &str,
    remaining: Duration,
) -> Result<BatchResponse, EventError>
where
    O: Objects,
    Q: Queue,
    L: TaskLauncher,
    C: Clock + Send + 'static,
{
    let records = event.get("Records").and_then(Value::as_array).ok_or(EventError::NoRecords)?;
    let begun = worker.service.clock.elapsed();
    let elapsed = || worker.service.clock.elapsed().saturating_sub(begun);
    let ends_at = begun + remaining.saturating_sub(reserve(remaining));
    let shift = Shift { runner: request_id.to_owned(), ends_at: Some(ends_at), stop: StopSignal::default() };
    let mut response = BatchResponse::default();
    for record in records {
        let message_id = record.get("messageId").and_then(Value::as_str).ok_or(EventError::NoMessageId)?;
        let left = remaining.saturating_sub(LAST_MOMENT).saturating_sub(elapsed());
        // Those for which no time is left come back when their visibility ends.
        let done = begun + elapsed() < ends_at
            && tokio::time::timeout(left, Box::pin(process(worker, record, &shift))).await.unwrap_or_else(
                |_| {
                    tracing::error!(message_id, "out of time: something outside does not answer");
                    false
                },
            );
        if !done {
            let item_identifier = message_id.to_owned();
            response.batch_item_failures.push(BatchItemFailure { item_identifier });
        }
    }
    Ok(response)
}

/// Whether a record is done with.
async fn process<O, Q, L, C>(worker: &Worker<O, Q, L, C>, record: &Value, shift: &Shift) -> bool
where
    O: Objects,
    Q: Queue,
    L: TaskLauncher,
    C: Clock + Send + 'static,
{
    let Some((source, delivery)) = decode(record) else {
        tracing::error!(reason = "not a record of SQS", "message not understood");
        return false;
    };
    let service = &worker.service;
    if worker.dead_letters.is_called(&source) {
        return leave(&worker.dead_letters.queue, &delivery, service.dead_letter(&delivery).await).await;
    }
    if worker.task_events.is_called(&source) {
        return leave(&worker.task_events.queue, &delivery, notice(service, &delivery).await).await;
    }
    service.handle(&delivery, shift).await == Verdict::Done
}

async fn notice<O, Q, L, C>(service: &Service<O, Q, L, C>, delivery: &Delivery) -> Answer
where
    O: Objects,
    Q: Queue,
    L: TaskLauncher,
    C: Clock + Send + 'static,
{
    match Notice::read(&delivery.body) {
        Ok(Notice::Stopped(stopped)) => service.task_stopped(&stopped, delivery).await,
        Ok(Notice::Scheduled) => service.sweep(delivery).await,
        Ok(Notice::Other) => Answer::Done,
        Err(error) => {
            // Nobody will understand it later; the job it may be about is found by its lease.
            tracing::error!(message_id = delivery.message_id, error = %error, "notice not understood");
            Answer::Done
        }
    }
}

/// Whether a message is done with; one that is not comes back when its answer says.
async fn leave<Q: Queue>(queue: &Q, delivery: &Delivery, answer: Answer) -> bool {
    let Answer::Later(after) = answer else { return true };
    if let Err(error) = queue.change_visibility(&delivery.receipt, after).await {
        // Then it comes back when its first visibility ends.
        tracing::warn!(message_id = delivery.message_id, error = %error, "visibility not changed");
    }
    false
}

/// What is left for saving vectors and starting a task when a job must stop: a fifth, within reason.
fn reserve(remaining: Duration) -> Duration {
    (remaining / 5).clamp(Duration::from_secs(3), Duration::from_secs(20))
}

/// The ARN of the queue a record came from, and what it brings.
fn decode(record: &Value) -> Option<(String, Delivery)> {
    let record = Record::deserialize(record).ok()?;
    let delivery = Delivery {
        message_id: record.message_id,
        receipt: ReceiptHandle(record.receipt_handle),
        body: record.body,
        receive_count: record.attributes.receive_count.and_then(|count| count.parse().ok()).unwrap_or(1),
        sent_at: record.attributes.sent.as_deref().and_then(sent_at),
    };
    Some((record.event_source_arn, delivery))
}

#[cfg(test)]
mod tests;
