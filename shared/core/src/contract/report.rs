//! `report.json`: what was imported, what was not and why, how long it took.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::encoder::ModelIdentity;

/// The account of one build.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// When it was built.
    pub generated_at: Timestamp,
    /// Version of GraphNode.
    pub version: String,
    /// What was read.
    pub sources: Vec<SourceReport>,
    /// How many of what.
    pub counts: ReportCounts,
    /// Items that are not in the graph, with the reason; the first thousand.
    pub skipped: Vec<SkippedItem>,
    /// What the reader of the graph should know, in words.
    pub warnings: Vec<String>,
    /// The model that made the vectors.
    pub model: ModelIdentity,
    /// The options of the build, as in `graph.json`.
    pub options: serde_json::Value,
    /// Milliseconds by stage.
    pub timings_ms: BTreeMap<String, u64>,
}

/// One file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceReport {
    /// Its name, without folders.
    pub name: String,
    /// What it turned out to be: `chatgpt`, `claude`, `messages`, `notes`, or `nothing` where no item could be read.
    pub format: String,
    /// Bytes read from it, unpacked.
    pub bytes: u64,
    /// Conversations or notes read from it.
    pub conversations: u64,
}

/// How many of what a build saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ReportCounts {
    /// Conversations and notes read.
    pub read: u64,
    /// Nodes in the graph.
    pub nodes: u64,
    /// Items that are not in the graph.
    pub skipped: u64,
    /// Items kept after a small repair, such as half a surrogate pair.
    pub repaired: u64,
    /// Shown messages and note sections in the graph.
    pub messages: u64,
    /// Characters of cleaned text in the graph.
    pub characters: u64,
    /// Chunks that were embedded.
    pub chunks: u64,
}

/// An item that is not in the graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SkippedItem {
    /// Name of the file; `null` where it was left out after reading.
    pub source: Option<String>,
    /// Position in that file's list, from 0.
    pub index: Option<u64>,
    /// The item's id, where it has one.
    pub id: Option<String>,
    /// A stable code for programs, such as `not-an-object`.
    pub code: String,
    /// The reason in words.
    pub reason: String,
}
