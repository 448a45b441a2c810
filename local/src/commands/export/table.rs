//! What is told of nodes and edges, before it is known in which form.

use graphnode_core::contract::{Edge, EdgeConfidence, Graph, Node};

/// A value of a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Words.
    Text(String),
    /// A count, or an id of the graph's own.
    Whole(u64),
    /// A place or a weight.
    Real(f64),
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// Its name.
    pub(super) name: &'static str,
    /// What GraphML calls its type.
    pub(super) kind: &'static str,
}

/// Rows with the same columns.
#[derive(Debug)]
pub(super) struct Table {
    /// The columns; the first of nodes and the first two of edges are ids of nodes.
    pub(super) columns: Vec<Column>,
    /// A value for each column.
    pub(super) rows: Vec<Vec<Value>>,
}

impl Table {
    /// Nodes: what they are, where they belong and where they lie on the map.
    pub(super) fn of_nodes(graph: &Graph) -> Self {
        let columns = columns(&[
            ("id", "int"),
            ("orig_id", "string"),
            ("title", "string"),
            ("topic", "string"),
            ("date", "string"),
            ("messages", "int"),
            ("source", "string"),
            ("keywords", "string"),
            ("x", "double"),
            ("y", "double"),
        ]);
        Self { columns, rows: graph.nodes.iter().map(node).collect() }
    }

    /// Edges between the ids of nodes.
    pub(super) fn of_edges(graph: &Graph) -> Self {
        let columns = columns(&[
            ("source", "int"),
            ("target", "int"),
            ("weight", "double"),
            ("confidence", "string"),
            ("shared", "string"),
        ]);
        Self { columns, rows: graph.edges.iter().map(edge).collect() }
    }
}

fn columns(named: &[(&'static str, &'static str)]) -> Vec<Column> {
    named.iter().map(|&(name, kind)| Column { name, kind }).collect()
}

fn node(node: &Node) -> Vec<Value> {
    let keywords: Vec<&str> = node.keywords.iter().map(|keyword| keyword.term.as_str()).collect();
    let date = node.timestamp.map(|time| time.strftime("%F").to_string()).unwrap_or_default();
    vec![
        Value::Whole(node.id as u64),
        Value::Text(node.orig_id.clone()),
        Value::Text(node.title.clone()),
        Value::Text(node.cluster_name.clone()),
        Value::Text(date),
        Value::Whole(node.num_messages as u64),
        Value::Text(node.source_type.name().to_owned()),
        Value::Text(joined(&keywords)),
        Value::Real(node.x),
        Value::Real(node.y),
    ]
}

fn edge(edge: &Edge) -> Vec<Value> {
    let confidence = match edge.confidence {
        EdgeConfidence::High => "high",
        EdgeConfidence::Medium => "medium",
    };
    let shared: Vec<&str> = edge.evidence.iter().map(String::as_str).collect();
    vec![
        Value::Whole(edge.source as u64),
        Value::Whole(edge.target as u64),
        Value::Real(edge.weight),
        Value::Text(confidence.to_owned()),
        Value::Text(joined(&shared)),
    ]
}

fn joined(terms: &[&str]) -> String {
    terms.join("; ")
}
