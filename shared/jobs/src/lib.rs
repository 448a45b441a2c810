//! The way of a job over ports: what the worker, the Fargate task and one machine have in common.
//!
//! A [`Service`] holds the ports of one process. What comes in is a message ([`Service::handle`]) or, in a started
//! task, the name of a job ([`Service::run_task`]):
//!
//! 1. `requests` reads the message. What nobody can understand stays in the queue until it is a dead letter.
//! 2. `generation` registers and claims the job, `inputs` finds what it is made from (HEAD and LIST only),
//!    [`routing`] decides from the bytes whether it runs here or in a task of its own.
//! 3. `run` downloads, calls the pipeline on a thread that may block and keeps it company: progress, the lease's
//!    renewals, the deadline, the stop signal (`companion`).
//! 4. `publish` writes the results, `features.json` last, ends the job in its record and sends what is pending.
//! 5. A job that must stop saves the vectors it has (`keeping`, `checkpoint`) and is handed to a task or back to
//!    the queue (`handover`, `defer`); whoever goes on embeds the rest only.
//!
//! # The same bytes everywhere
//! `graph.json`, `summary.json`, `graph.html`, `words.bin` and `features.json` are functions of the request and its
//! input. Their `generated_at` is the time of the request, so a retry, a task and a function agree; timings, which
//! never agree, stand in `report.json` alone.
//!
//! # What goes back to the queue, and how it is counted
//! | what happened | the message | counted as |
//! |---|---|---|
//! | somebody else holds the job | later, fresh before it would be a dead letter | nothing |
//! | no capacity for a task | the same, with growing delays | [`waits`](graphnode_core::job::JobRecord::waits) |
//! | stopped on purpose | at once, fresh | [`interruptions`](graphnode_core::job::JobRecord::interruptions) |
//! | an error that may pass | later, the same message | its receives, and lost attempts |
//! | not understood | at once, the same message | its receives |
//!
//! Only the last two count towards the dead-letter queue: see `defer`.

mod checkpoint;
mod companion;
mod config;
mod defer;
mod drain;
mod failure;
mod generation;
mod handover;
mod inputs;
mod keeping;
mod publish;
mod requests;
pub mod routing;
mod run;
mod service;
mod started_task;
mod trace;

pub use config::{Names, Outside};
pub use drain::DrainSettings;
pub use failure::Trouble;
pub use graphnode_core::encoder::{LazyEncoder, ModelFailure};
pub use service::{Service, Settings, Shift, StopSignal, Verdict};

#[cfg(test)]
mod tests;
