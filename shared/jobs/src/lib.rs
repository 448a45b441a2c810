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
//! 5. Vectors are saved while they are made (`keeping`, `recall`, `checkpoint`). A job that must stop saves the last of them
//!    and is handed to a task or back to the queue (`handover`, `defer`); whoever goes on embeds the rest only, also
//!    after a kill, and so does the person's next job.
//!
//! What nobody tells by itself comes in three more ways: a message that failed for good ([`Service::dead_letter`]), a task
//! that has stopped ([`Service::task_stopped`]), and a look at all jobs in tasks every few minutes ([`Service::sweep`]).
//! Messages nobody understood are kept, for a person who looks at them with [`kept_messages`].
//!
//! # The same bytes everywhere
//! `graph.json`, `summary.json`, `graph.html`, `words.bin` and `features.json` are functions of the request and its
//! input. Their `generated_at` is the time of the request, so a retry, a task and a function agree; timings, which
//! never agree, stand in `report.json` alone.
//!
//! # What goes back to the queue, and how it is counted
//! | what happened | the message | counted as |
//! |---|---|---|
//! | somebody else holds the job | later, fresh | nothing |
//! | no capacity for a task | the same, with growing delays | [`waits`](graphnode_core::job::JobRecord::waits) |
//! | stopped on purpose | at once, fresh | [`interruptions`](graphnode_core::job::JobRecord::interruptions) |
//! | something outside is not there | the same, with growing delays | the same, if the job was begun |
//! | another error that may pass | later, the same message | its receives, and lost attempts |
//! | not understood | at once, the same message | its receives |
//!
//! Only the last two count towards the dead-letter queue: see `defer`.

mod checkpoint;
mod companion;
mod config;
mod dead_letters;
mod defer;
mod drain;
mod failure;
mod generation;
mod handover;
mod inputs;
mod keeping;
pub mod kept_messages;
mod merge;
mod parts;
mod publish;
mod recall;
mod requests;
pub mod routing;
mod run;
mod service;
mod started_task;
mod stopped_tasks;
mod trace;

pub use config::{Names, Outside};
pub use dead_letters::Answer;
pub use drain::DrainSettings;
pub use failure::Trouble;
pub use graphnode_core::encoder::{LazyEncoder, ModelFailure};
pub use service::{Service, Settings, Shift, StopSignal, Verdict};

#[cfg(test)]
mod tests;
