//! From `features.json` to the vector index.
//!
//! - [`event`]: what S3, SQS and EventBridge say of a new object;
//! - [`features`]: reads `features.json` as a stream, in memory that does not grow with it;
//! - [`index`]: puts the build that counts into the index, and nothing older;
//! - [`error`]: what can go wrong, and whether trying again can help.
//!
//! Everything works on ports, so that a function and the program of one machine do the same. Nothing here knows a
//! model, the pipeline or an adapter.

pub mod error;
pub mod event;
pub mod features;
pub mod index;

pub use error::IndexError;
pub use index::{Indexed, Indexer, Outcome, Skipped};
