//! The function behind the request queue: runs small jobs, hands oversized ones to Fargate. It is behind two more: dead
//! letters, whose senders it tells that they failed, and notices of tasks that have stopped.
//!
//! An invocation brings one message, or several. Each is given to [`graphnode_jobs::Service`] by the queue it came from, and
//! those that must come back are named in the answer (`batchItemFailures`); SQS deletes the others.
//!
//! - [`context`]: what lives between invocations, read from the environment once;
//! - [`handler`]: decode, call, encode;
//! - [`error`]: why an event is no event of a queue.

pub mod context;
pub mod error;
pub mod handler;
