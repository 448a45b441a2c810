//! The function behind API Gateway's HTTP API: everything but the search.
//!
//! - [`context`]: what the environment says, and the clients;
//! - [`handler`]: serves the routes of `graphnode-http`;
//! - [`error`]: what keeps the function from answering at all.

pub mod context;
pub mod error;
pub mod handler;
