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
use graphnode_core::metrics::{Event, Subject};
use graphnode_core::ports::{Objects, RetryClass, VectorIndex};
use graphnode_indexing::event::{InvalidEvent, Invocation, Message, Notice};
use graphnode_indexing::{IndexError, Outcome};
use serde_json::{Value, json};
use tracing::{Instrument, error, error_span, field, info, warn};

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
        Ok(Notice::Created { bucket, .. })
            if !bucket.parse().is_ok_and(|name| context.indexer.reads(&name)) =>
        {
            error!(stage = "index", bucket, "event of a bucket that is not configured");
            Err(Failed)
        }
        Ok(Notice::Created { key, .. }) => match parse_result(key) {
            Some((task_id, ResultFile::Features)) => {
                // Of the highest level, so that a log that is set to say little still says of whom.
                let span = error_span!("job", task_id = %task_id, correlation_id = field::Empty);
                index(context, &task_id).instrument(span).await
            }
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
            log(&outcome, duration);
            measure(context, &outcome, duration);
            Ok(())
        }
        Err(error) => {
            log_failure(&error, duration);
            Err(Failed)
        }
    }
}

/// Measures what was written; a build that is left out writes nothing.
fn measure<O, V, C: Clock>(context: &Context<O, V, C>, outcome: &Outcome, took: Duration) {
    if let Outcome::Indexed(done) = outcome {
        let subject =
            Subject { task_id: Some(done.task_id.as_str()), correlation_id: Some(&done.correlation_id) };
        let event = Event::Indexed { upserts: done.vectors, removals: done.removed, took };
        context.meter.record(context.clock.now(), subject, &event);
    }
}

fn log(outcome: &Outcome, duration: Duration) {
    let duration_ms = milliseconds(duration);
    match outcome {
        Outcome::Indexed(done) => info!(
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
            info!(stage = "index", duration_ms, reason = skipped.reason(), "build skipped");
        }
    }
}

fn log_failure(error: &IndexError, duration: Duration) {
    let duration_ms = milliseconds(duration);
    let reason = with_sources(error);
    match error.retry_class() {
        RetryClass::Transient => {
            warn!(stage = "index", duration_ms, reason, "indexing failed for now");
        }
        RetryClass::Permanent => {
            error!(stage = "index", duration_ms, reason, "indexing failed for good")
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
