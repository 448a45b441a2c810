//! The messages of the request and result queues: `{taskId, taskType, timestamp, payload}`.
//!
//! - [`incoming`]: what others ask of us, read leniently and then held in types;
//! - [`asking`]: requests that we write ourselves;
//! - [`kept`]: messages nobody could understand, as they are kept;
//! - [`outgoing`]: what we answer, written exactly, with constructors that make a forbidden message impossible;
//! - [`progress`]: stages, percents that never go backwards, at most one message a second.

pub mod asking;
pub mod fields;
pub mod incoming;
pub mod kept;
pub mod outgoing;
pub mod progress;

pub use incoming::{AddNode, EnvelopeError, GenerationRequest, Incoming, Request, SummaryRequest};
pub use kept::KeptMessage;
pub use outgoing::{FailureReason, GraphResult, MessageBody, SummaryPart};
pub use progress::{ProgressMeter, ProgressStage};

#[cfg(test)]
mod tests;
