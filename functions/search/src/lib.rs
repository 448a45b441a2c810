//! The search behind API Gateway's HTTP API.
//!
//! - [`context`]: what the environment says, the clients and the model;
//! - [`handler`]: serves the routes of `graphnode-http`.
//!
//! What keeps it from answering at all is said by `graphnode_http::lambda`; everything else is a problem of one request.

pub mod context;
pub mod handler;
