//! Decodes an event, has its builds indexed, says what failed.
//!
//! Through a queue every failed message is reported, whatever the reason: what may pass is delivered again, and what
//! cannot pass reaches the dead-letter queue, where a person sees it. Dropping it would lose a person's vectors without
//! a trace. Nothing a notification sends by mistake is a failure: it is logged with the reason and ignored.

use std::time::Duration;

use graphnode_core::clock::Clock;
use graphnode_core::error::with_sources;
use graphnode_core::ids::TaskId;
use graphnode_core::keys::{ResultFile, parse_result};
use graphnode_core::ports::{Objects, RetryClass, VectorIndex};
use graphnode_indexing::event::{InvalidEvent, Invocation, Message, Notice};
use graphnode_indexing::{IndexError, Outcome};
use serde_json::{Value, json};
use tracing::{error, info, warn};

use crate::context::Context;
use crate::error::HandlerError;

/// A record failed. The log has said why.
struct Failed;

/// Handles one event, and answers as SQS wants it: with the messages that failed.
///
/// # Errors
/// [`HandlerError`] for an event that did not come through a queue, once all its records were tried.
pub async fn handle<O: Objects + 'static, V: VectorIndex, C: Clock>(
    context: &Context<O, V, C>,
    event: &Value,
) -> Result<Value, HandlerError> {
    match Invocation::read(event)? {
        Invocation::Messages(messages) => {
            let mut failures = Vec::new();
            for message in &messages {
                if handle_message(context, message).await.is_err() {
                    failures.push(json!({"itemIdentifier": message.id}));
                }
            }
            Ok(json!({ "batchItemFailures": failures }))
        }
        Invocation::Event(notices) => {
            let failed = handle_notices(context, &notices).await;
            if failed > 0 {
                return Err(HandlerError::Records { failed, records: notices.len() });
            }
            Ok(Value::Null)
        }
    }
}

async fn handle_message<O: Objects + 'static, V: VectorIndex, C: Clock>(
    context: &Context<O, V, C>,
    message: &Message,
) -> Result<(), Failed> {
    match &message.notices {
        Ok(notices) if handle_notices(context, notices).await == 0 => Ok(()),
        Ok(_) => Err(Failed),
        Err(reason) => {
            error!(stage = "index", message_id = message.id, %reason, "message cannot be read");
            Err(Failed)
        }
    }
}

/// Tries all; yields how many failed.
async fn handle_notices<O: Objects + 'static, V: VectorIndex, C: Clock>(
    context: &Context<O, V, C>,
    notices: &[Result<Notice, InvalidEvent>],
) -> usize {
    let mut failed = 0;
    for notice in notices {
        failed += usize::from(handle_notice(context, notice).await.is_err());
    }
    failed
}

async fn handle_notice<O: Objects + 'static, V: VectorIndex, C: Clock>(
    context: &Context<O, V, C>,
    notice: &Result<Notice, InvalidEvent>,
) -> Result<(), Failed> {
    match notice {
        Ok(Notice::Created { bucket, .. }) if bucket != context.bucket.as_str() => {
            error!(stage = "index", bucket, "event of a bucket that is not configured");
            Err(Failed)
        }
        Ok(Notice::Created { key, .. }) => match parse_result(key) {
            Some((task_id, ResultFile::Features)) => index(context, &task_id).await,
            // The key may hold a name a person chose, so it is not logged.
            _ => {
                info!(stage = "index", reason = "the key names no features.json of a task", "event ignored");
                Ok(())
            }
        },
        Ok(Notice::Other(reason)) => {
            info!(stage = "index", reason, "event ignored");
            Ok(())
        }
        Err(reason) => {
            error!(stage = "index", %reason, "record cannot be read");
            Err(Failed)
        }
    }
}

async fn index<O: Objects + 'static, V: VectorIndex, C: Clock>(
    context: &Context<O, V, C>,
    task_id: &TaskId,
) -> Result<(), Failed> {
    let begun = context.clock.elapsed();
    let outcome = context.indexer.index(task_id).await;
    let duration = context.clock.elapsed().saturating_sub(begun);
    match outcome {
        Ok(outcome) => {
            log(task_id, &outcome, duration);
            Ok(())
        }
        Err(error) => {
            log_failure(task_id, &error, duration);
            Err(Failed)
        }
    }
}

fn log(task_id: &TaskId, outcome: &Outcome, duration: Duration) {
    let (task_id, duration_ms) = (task_id.as_str(), milliseconds(duration));
    match outcome {
        Outcome::Indexed(done) => info!(
            task_id,
            user_id = done.build.user_id.as_str(),
            graph_id = done.build.graph_id.as_str(),
            stage = "index",
            duration_ms,
            bytes = done.bytes,
            indexed_task_id = done.task_id.as_str(),
            generation = done.build.generation,
            vectors = done.vectors,
            removed = done.removed,
            recorded = done.recorded,
            "build indexed"
        ),
        Outcome::Skipped(skipped) => {
            info!(task_id, stage = "index", duration_ms, reason = skipped.reason(), "build skipped");
        }
    }
}

fn log_failure(task_id: &TaskId, error: &IndexError, duration: Duration) {
    let (task_id, duration_ms) = (task_id.as_str(), milliseconds(duration));
    let reason = with_sources(error);
    match error.retry_class() {
        RetryClass::Transient => {
            warn!(task_id, stage = "index", duration_ms, reason, "indexing failed for now");
        }
        RetryClass::Permanent => {
            error!(task_id, stage = "index", duration_ms, reason, "indexing failed for good")
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
