//! The HTTP API over ports: the same routers behind API Gateway and on one machine.
//!
//! - [`boundary`]: where every request comes in and every answer goes out;
//! - [`identity`]: who calls; nothing in a request chooses a person;
//! - [`problem`]: what goes wrong, as `application/problem+json`;
//! - [`extract`]: bodies, queries and paths with the wrong field named;
//! - [`answer`]: answers that are JSON;
//! - [`api`]: enqueue, uploads, tasks, results, erasing;
//! - `search` (a feature): conversations from a person's words;
//! - `lambda` (a feature): what lies between API Gateway and a router.
//!
//! Handlers decode, call and encode; state is read and changed through `graphnode_core::job::store` only, and every key
//! is built from the [`Caller`](identity::Caller). docs/API.md shows every route with `curl`.

pub mod answer;
pub mod api;
pub mod boundary;
pub mod extract;
pub mod identity;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod problem;
#[cfg(feature = "search")]
pub mod search;

/// What every path begins with.
pub const PREFIX: &str = "/v1/graph-ai";
