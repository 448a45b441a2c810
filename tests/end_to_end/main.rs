//! The program as a person runs it, from export to page; and the functions in the cloud, from message to vectors.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod admin;
mod api;
mod build;
mod chaos;
mod cloud;
mod events;
mod graph;
mod indexer;
mod program;
mod recovery;
mod serve;
mod server;
mod servers;
mod walk;
mod worker;
