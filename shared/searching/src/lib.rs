//! From a person's words to conversations, over ports.
//!
//! - [`request`]: what is asked for, validated;
//! - [`answer`]: what is found;
//! - [`search`]: the way from one to the other;
//! - `builds`: the files of the build that counts, loaded once and kept in `cache`;
//! - `nodes`: what a hit says of a conversation, in little memory;
//! - `ranking`: asks the index for what the ranking needs, and no more;
//! - [`error`]: what can go wrong, and whether trying again can help.
//!
//! Everything works on ports, so that a function and the program of one machine do the same. Nothing here knows HTTP, a
//! model or an adapter.

pub mod answer;
mod builds;
mod cache;
pub mod error;
mod nodes;
mod ranking;
pub mod request;
pub mod search;

pub use answer::{Answer, Hit, LeftOut};
pub use error::SearchError;
pub use request::{InvalidRequest, SearchRequest, Words};
pub use search::Searcher;
