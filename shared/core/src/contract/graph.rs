//! `graph.json`: nodes, edges, clusters.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::conversation::SourceType;
use crate::options::{BuildOptions, Language};
use crate::time::SourceTime;

/// The whole graph of one build.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Graph {
    /// One node a conversation or note, by `id`.
    pub nodes: Vec<Node>,
    /// Undirected similarity edges, each once, `source < target`.
    pub edges: Vec<Edge>,
    /// Second level of the cluster hierarchy.
    pub subclusters: Vec<Subcluster>,
    /// What describes the whole.
    pub metadata: GraphMetadata,
}

/// A phrase and how much it says of its node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Keyword {
    /// One to three words, in the casing the person knows.
    pub term: String,
    /// 0 to 1, the best phrase of a node first.
    pub score: f64,
}

/// One conversation or note.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Node {
    /// Position in `nodes`.
    pub id: usize,
    /// The source's id, byte for byte.
    pub orig_id: String,
    /// The source's title, or the best phrase where it has none.
    pub title: String,
    /// `cluster_N`.
    pub cluster_id: String,
    /// Name of that cluster.
    pub cluster_name: String,
    /// How clearly the node belongs there, 0 to 1.
    pub cluster_confidence: f64,
    /// Best phrases, best first.
    pub keywords: Vec<Keyword>,
    /// The terms of the first of them.
    pub top_keywords: Vec<String>,
    /// When it began (else was last added to), ISO 8601 in UTC.
    pub timestamp: Option<Timestamp>,
    /// When it began, as the source states it.
    pub create_time: Option<SourceTime>,
    /// When it was last added to, as the source states it.
    pub update_time: Option<SourceTime>,
    /// Number of shown messages or sections.
    pub num_messages: usize,
    /// The same number.
    pub num_sections: usize,
    /// Kind of source.
    pub source_type: SourceType,
    /// Place on the map, -1 to 1.
    pub x: f64,
    /// Place on the map, -1 to 1.
    pub y: f64,
    /// What a consumer that drops all other fields still needs.
    pub metadata: NodeMetadata,
}

/// The part of a node that every consumer keeps.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NodeMetadata {
    /// As in the node.
    pub x: f64,
    /// As in the node.
    pub y: f64,
    /// As in the node.
    pub title: String,
    /// The node's phrases, best first.
    pub keywords: Vec<String>,
}

/// How sure an edge is; `high` ones are drawn hard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EdgeConfidence {
    /// Among the strongest edges of this graph.
    High,
    /// All others.
    Medium,
}

/// Two similar nodes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Edge {
    /// Smaller node id.
    pub source: usize,
    /// Larger node id.
    pub target: usize,
    /// Similarity, 0 to 1.
    pub weight: f64,
    /// Always `semantic`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether both nodes are in one cluster.
    pub is_intra_cluster: bool,
    /// How sure it is.
    pub confidence: EdgeConfidence,
    /// Keywords that both nodes share.
    pub evidence: Vec<String>,
}

/// A group within a cluster.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Subcluster {
    /// `subcluster_N_M`, the M-th of `cluster_N`.
    pub id: String,
    /// The cluster it is part of.
    pub cluster_id: String,
    /// Its nodes.
    pub node_ids: Vec<usize>,
    /// The node nearest its centroid.
    pub representative_node_id: usize,
    /// Number of nodes.
    pub size: usize,
    /// Mean similarity of its nodes to its centroid, 0 to 1.
    pub density: f64,
    /// Its most telling phrases.
    pub top_keywords: Vec<String>,
}

/// What describes the whole graph.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GraphMetadata {
    /// When it was built.
    pub generated_at: Timestamp,
    /// Number of nodes.
    pub total_nodes: usize,
    /// Number of edges.
    pub total_edges: usize,
    /// Number of clusters.
    pub total_clusters: usize,
    /// The clusters by their id.
    pub clusters: BTreeMap<String, Cluster>,
    /// Language of names and descriptions.
    pub language: Language,
    /// Counts of edges.
    pub edge_statistics: EdgeStatistics,
    /// Figures that tell how good the graph is, without labels.
    pub quality: Quality,
    /// How it was made.
    pub pipeline: PipelineMetadata,
}

/// One cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// A name no other cluster of the graph has.
    pub name: String,
    /// What is inside; at most 2,000 characters.
    pub description: String,
    /// Number of nodes.
    pub size: usize,
    /// Its most telling phrases; at most 10 of at most 100 characters.
    pub key_themes: Vec<String>,
}

/// Counts of edges.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EdgeStatistics {
    /// All edges.
    pub total: usize,
    /// Edges of confidence `high`.
    pub high_confidence: usize,
    /// All others.
    pub medium_confidence: usize,
    /// Edges within a cluster.
    pub intra_cluster: usize,
    /// Edges between clusters.
    pub inter_cluster: usize,
    /// Mean weight, 0 to 1.
    pub average_weight: f64,
}

/// Figures that tell how good a graph is, without labels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Mean silhouette against cluster centroids, -1 to 1 (simplified silhouette).
    pub silhouette: f64,
    /// Modularity of the clusters on the edges, -0.5 to 1 (Newman and Girvan 2004).
    pub modularity: f64,
    /// Share of nodes in the largest cluster.
    pub largest_cluster_share: f64,
    /// Share of nodes without an edge.
    pub isolated_share: f64,
    /// Mean number of edges a node.
    pub edges_per_node: f64,
}

/// How a graph was made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PipelineMetadata {
    /// Version of GraphNode.
    pub version: String,
    /// The model's name and precision.
    pub model: String,
    /// Length of its vectors.
    pub embedding_dimension: usize,
    /// The options of the build.
    pub options: serde_json::Value,
    /// Milliseconds by stage.
    pub timings_ms: BTreeMap<String, u64>,
    /// Counts by what was counted.
    pub counts: BTreeMap<String, u64>,
    /// What could not be done as well as asked, in words; empty when all was.
    pub degraded: Vec<String>,
}

impl PipelineMetadata {
    /// The options as they stand in the file.
    #[must_use]
    pub fn options_json(options: &BuildOptions) -> serde_json::Value {
        serde_json::json!({
            "minClusters": options.clusters.min(),
            "maxClusters": options.clusters.max(),
            "language": options.language,
            "includeSummary": options.include_summary,
            "summaryLanguage": options.summary_language,
            "detailLevel": options.detail_level,
        })
    }
}
