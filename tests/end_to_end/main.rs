//! The program as a person runs it, from export to page.

mod build;
mod graph;
mod program;
