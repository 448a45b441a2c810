//! The ports to the outside: what a service needs of the world, in the fewest methods an adapter must have.
//!
//! - [`objects`]: a bucket of results, job records and inputs, with conditional writes;
//! - [`queue`]: messages delivered at least once;
//! - [`launcher`]: starts a task for a job that is too large for a function;
//! - [`vectors`]: the vector index, always asked on behalf of one person;
//! - [`transfer`]: lets a client send and fetch an object without passing its bytes through a service;
//! - [`buckets`]: the buckets that requests may name;
//! - [`error`]: the one error all of them have, and whether trying again can help.
//!
//! The ports of the pipeline ([`clock`](crate::clock), [`encoder`](crate::encoder), [`watch`](crate::watch)) are
//! synchronous and stand beside this module.
//!
//! # How to call, how to implement
//! Methods are written `fn … -> impl Future<Output = …> + Send`, which an adapter implements as a plain `async fn`.
//! Callers are generic (`objects: &impl Objects`): every binary wires exactly one adapter a port, so nothing needs
//! `dyn`, no future is boxed, and this crate stays free of a runtime and of macros. Conveniences are free functions
//! on top of a port, so that each exists once and not in every adapter.

pub mod buckets;
pub mod error;
pub mod launcher;
pub mod objects;
pub mod queue;
pub mod transfer;
pub mod vectors;

pub use buckets::Buckets;
pub use error::{PortError, PortErrorKind, PortResult, RetryClass};
pub use launcher::{NoLauncher, TaskLauncher};
pub use objects::Objects;
pub use queue::Queue;
pub use transfer::DirectTransfer;
pub use vectors::VectorIndex;
