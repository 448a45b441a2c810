//! The indexer: wakes when `results/{task_id}/features.json` appears and brings its vectors into Chroma.
//!
//! - [`context`]: configuration and clients, which live from one invocation to the next;
//! - [`handler`]: decodes an event, has its builds indexed, says what failed;
//! - [`error`]: what an invocation can fail with.
//!
//! What indexing is, and why it may be repeated, stands in `graphnode_indexing`. Neither the pipeline nor a model is
//! linked.

pub mod context;
pub mod error;
pub mod handler;
