//! What every part of GraphNode agrees on.
//!
//! - [`conversation`]: what an import yields, one conversation or note at a time.
//! - [`contract`]: the result files other programs read, field by field.
//! - [`options`]: what a person may choose about a build, validated.
//! - [`encoder`], [`clock`], [`watch`]: the ports the pipeline calls; their callers implement them.
//! - [`matrix`]: rows of vectors in one block of memory.
//!
//! Nothing here does I/O, and nothing here knows another GraphNode crate.

pub mod clock;
pub mod contract;
pub mod conversation;
pub mod encoder;
pub mod ids;
pub mod matrix;
pub mod options;
pub mod time;
pub mod watch;
