//! The program as a person runs it, from export to page.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod build;
mod graph;
mod program;
