//! What is found.

use graphnode_core::conversation::SourceType;
use graphnode_core::ids::{GraphId, TaskId};
use jiff::Timestamp;

use crate::error::SearchError;

/// What was found, and where nothing could be looked for.
#[derive(Debug)]
pub struct Answer {
    /// The best first; equal ones by graph, then by node.
    pub hits: Vec<Hit>,
    /// Graphs that could not be searched while others could, by id. Whoever shows the hits should say so.
    pub left_out: Vec<LeftOut>,
}

/// A graph that could not be searched.
#[derive(Debug)]
pub struct LeftOut {
    /// The graph.
    pub graph_id: GraphId,
    /// Why; an error that [concerns one graph](SearchError::concerns_one_graph).
    pub reason: SearchError,
}

/// A conversation or note that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Its place in the graph's `nodes`.
    pub node_id: usize,
    /// The source's id, byte for byte.
    pub orig_id: String,
    /// Its title.
    pub title: String,
    /// How well it fits, 0 to 1, with four decimals.
    pub score: f64,
    /// The graph it is in.
    pub graph_id: GraphId,
    /// The build of that graph it was found in: its results lie under `results/{task_id}/`.
    pub task_id: TaskId,
    /// Its cluster.
    pub cluster_id: String,
    /// Name of that cluster.
    pub cluster_name: String,
    /// Its first phrases, best first.
    pub keywords: Vec<String>,
    /// When it began, where the source says so.
    pub create_time: Option<Timestamp>,
    /// Number of shown messages or sections.
    pub num_messages: usize,
    /// Kind of source.
    pub source_type: SourceType,
}
