//! The API over the embedded adapters, as a client sees it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod bodies;
mod boundary;
mod persons;
mod removal;
mod scene;
mod walk;
