//! The life of a job, kept in objects: no database, no lock service.
//!
//! - [`record`]: `jobs/{task_id}.json`, a state machine whose every step is a method;
//! - [`state`]: its states, and what keeps it from the next step;
//! - [`mod@pointer`]: `users/{user_id}/graphs/{graph_id}.json`, which says what build of a graph counts;
//! - [`store`]: reads and changes both with conditional writes.
//!
//! ```text
//!            claim                    complete            indexed
//!  queued ──────────► running ──────────────► completed ─────────► indexed
//!    ▲  ▲               │ │ ▲
//!    │  └── release ────┘ │ └─ claim by another, once the lease has expired
//!    │                    ├──► failed      (fail, or abandon from the dead-letter queue)
//!    └── register         └──► cancelled   (cancel, from queued as well)
//! ```
//!
//! # Why a lease
//! A queue delivers at least once. The second delivery of a job that is running must wait, the second delivery of
//! one that died must take over, and nobody can tell the two apart but by time. So a claim writes an owner and a time;
//! the owner [renews](record::JobRecord::renew) it while it works, and only the owner may end the job. Whoever lost
//! the lease learns it at the next renewal or at the end, and stops. The clocks of all claimants must agree within a
//! few seconds, and a lease should be renewed at a third of its length.
//!
//! # Why a result is written before it is sent
//! The message that ends a job must be sent exactly once as far as that is possible, and never lost. The step that
//! ends a job stores the message in the same write ([`pending_result`](record::JobRecord::pending_result)); it is
//! sent and then cleared. Whoever dies between leaves a finished record with a pending message, and the next delivery
//! of the request sends it. Sending the same message twice is possible, another one is not: a finished job stays
//! what it is.

pub mod pointer;
pub mod record;
pub mod state;
pub mod store;

pub use pointer::{Advance, GraphPointer};
pub use record::{HowFar, JobRecord, NewJob};
pub use state::{JobState, Lease, Place, Refusal, Release};
pub use store::{StoreError, UpdateError, Versioned};

#[cfg(test)]
mod tests;
