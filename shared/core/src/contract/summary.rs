//! `summary.json`: what the history is about. Every id and name in it exists in `graph.json`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::options::DetailLevel;

/// The whole summary.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Summary {
    /// The history at a glance.
    pub overview: Overview,
    /// Each cluster, the largest first.
    pub clusters: Vec<ClusterSummary>,
    /// What recurs, grows, stops or links.
    pub patterns: Vec<Pattern>,
    /// Pairs of clusters that touch.
    pub connections: Vec<Connection>,
    /// What the person might do next.
    pub recommendations: Vec<Recommendation>,
    /// When it was made.
    pub generated_at: Timestamp,
    /// How much it says.
    pub detail_level: DetailLevel,
}

/// The history at a glance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Overview {
    /// All nodes.
    pub total_source_nodes: usize,
    /// Nodes from chats.
    pub total_conversations: usize,
    /// Nodes from Markdown notes.
    pub total_notes: usize,
    /// Nodes from Notion pages.
    pub total_notions: usize,
    /// Nodes from files.
    pub total_files: usize,
    /// Files by extension.
    pub file_counts_by_extension: BTreeMap<String, usize>,
    /// `YYYY-MM-DD ~ YYYY-MM-DD`, or `N/A` where nothing has a time.
    pub time_span: String,
    /// Three to five interests, the largest first (fewer where there are fewer clusters).
    pub primary_interests: Vec<String>,
    /// How the person talks with the assistant, from counts.
    pub conversation_style: String,
    /// The month with most nodes, or `N/A`.
    pub most_active_period: String,
    /// A few sentences.
    pub summary_text: String,
}

/// Whether a cluster is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recency {
    /// Talked about in the last quarter of the history.
    Active,
    /// Not talked about for long.
    Dormant,
    /// Begun lately.
    New,
    /// Nothing in it has a time.
    Unknown,
}

/// One cluster, summarised.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClusterSummary {
    /// `cluster_N`.
    pub cluster_id: String,
    /// Its name in the graph.
    pub name: String,
    /// Number of nodes.
    pub size: usize,
    /// Mean similarity of its nodes to its centroid, 0 to 1.
    pub density: f64,
    /// Share of all edges between clusters that touch it, 0 to 1.
    pub centrality: f64,
    /// Whether it is alive.
    pub recency: Recency,
    /// Its most telling phrases.
    pub top_keywords: Vec<String>,
    /// Its themes, as in the graph.
    pub key_themes: Vec<String>,
    /// Kinds of question asked, most frequent first.
    pub common_question_types: Vec<String>,
    /// What stands out, in words.
    pub insight_text: String,
    /// Ids of telling nodes, as text.
    pub notable_conversations: Vec<String>,
}

/// What kind of pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PatternType {
    /// The same was asked again and again.
    Repetition,
    /// Interest grew.
    Progression,
    /// Interest stopped.
    Gap,
    /// A node links two clusters.
    Bridge,
}

/// High, medium or low.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// First.
    High,
    /// Second.
    Medium,
    /// Last.
    Low,
}

/// Something that recurs, grows, stops or links.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pattern {
    /// What kind.
    pub pattern_type: PatternType,
    /// In words.
    pub description: String,
    /// Ids of the nodes that show it, as text.
    pub evidence: Vec<String>,
    /// How much it matters.
    pub significance: Level,
}

/// Two clusters that touch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Connection {
    /// Name of the one.
    pub source_cluster: String,
    /// Name of the other.
    pub target_cluster: String,
    /// 0 to 1, the strongest pair 1.
    pub connection_strength: f64,
    /// Keywords on both sides.
    pub bridge_keywords: Vec<String>,
    /// In words.
    pub description: String,
}

/// What kind of recommendation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecommendationType {
    /// Bring repeated conversations together.
    Consolidate,
    /// Go deeper.
    Explore,
    /// Look again at what went quiet.
    Review,
    /// Join two interests.
    Connect,
}

/// What the person might do next.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recommendation {
    /// What kind.
    #[serde(rename = "type")]
    pub kind: RecommendationType,
    /// In a few words.
    pub title: String,
    /// In a sentence or two.
    pub description: String,
    /// Ids of the nodes meant, as text.
    pub related_nodes: Vec<String>,
    /// How soon.
    pub priority: Level,
}
