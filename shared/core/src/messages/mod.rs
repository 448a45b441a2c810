//! The messages of the request and result queues: `{taskId, taskType, timestamp, payload}`.
//!
//! - [`incoming`]: what others ask of us, read leniently and then held in types;
//! - [`asking`]: requests that we write ourselves;
//! - [`outgoing`]: what we answer, written exactly, with constructors that make a forbidden message impossible;
//! - [`progress`]: stages, percents that never go backwards, at most one message a second.

pub mod asking;
pub mod fields;
pub mod incoming;
pub mod outgoing;
pub mod progress;

pub use incoming::{AddNode, EnvelopeError, GenerationRequest, Incoming, Request, SummaryRequest};
pub use outgoing::{FailureReason, GraphResult, MessageBody, SummaryPart};
pub use progress::{ProgressMeter, ProgressStage};

#[cfg(test)]
mod tests;
