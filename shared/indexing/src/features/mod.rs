//! Reads `features.json` as a stream, in memory that does not grow with it.
//!
//! The file says whose it is only at its end, behind all vectors, and it may hold more of them than a function has
//! memory for. So it is read twice, each time front to back:
//!
//! 1. `survey` checks every row and keeps none: afterwards it is known whose vectors they are and that
//!    all of them can be written, before the first is;
//! 2. `rows` yields the records in batches. Conversations and vectors stand one behind the other in the
//!    file, so two readers run side by side, one in each list.
//!
//! In memory are two blocks a reader, two batches, the names of the clusters and sixteen bytes a conversation.
//!
//! - `blocks`: the object as a `Read`, the next block under way while one is parsed;
//! - `parse`: the grammar, handing over each element as it comes;
//! - `entry`: what an element holds.

mod blocks;
mod entry;
mod parse;
pub(crate) mod rows;
pub(crate) mod survey;

pub use entry::Metadata;
