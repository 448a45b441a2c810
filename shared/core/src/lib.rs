//! What every part of GraphNode agrees on.
//!
//! - [`conversation`]: what an import yields, one conversation or note at a time.
//! - [`contract`]: the result files other programs read, field by field.
//! - [`options`]: what a person may choose about a build, validated.
//! - [`encoder`], [`clock`], [`watch`]: the ports the pipeline calls; their callers implement them.
//! - [`matrix`]: rows of vectors in one block of memory.
//! - [`ports`]: what a service needs of the world: objects, queue, task launcher, vector index.
//! - [`keys`], [`ids`]: every key of the bucket, built from validated ids.
//! - [`job`]: the job record and the graph pointer, kept in objects with conditional writes.
//! - [`messages`]: the messages of the request and result queues.
//! - [`metrics`]: what is counted and timed, and how CloudWatch is told.
//! - [`config`]: variables of the environment, secrets.
//! - [`error`]: an error and its sources in one line.
//!
//! Nothing here does I/O but into what a caller gives, and nothing here knows another GraphNode crate.

pub mod clock;
pub mod config;
pub mod contract;
pub mod conversation;
pub mod encoder;
pub mod error;
pub mod hash;
pub mod ids;
pub mod job;
pub mod keys;
pub mod matrix;
pub mod messages;
pub mod metrics;
pub mod options;
pub mod ports;
pub mod time;
pub mod watch;
