//! The result files other programs read: `graph.json`, `features.json`, `summary.json`, and `report.json`.
//!
//! Field names and types are fixed; `docs/schemas/` holds them as JSON Schemas, and the tests validate every
//! build against those. Numbers are rounded where they are made, so that equal graphs are equal bytes.

mod features;
mod graph;
mod report;
mod summary;

pub use features::{Features, FeaturesConversation, FeaturesMetadata};
pub use graph::{
    Cluster, Edge, EdgeConfidence, EdgeStatistics, Graph, GraphMetadata, Keyword, Node, NodeMetadata,
    PipelineMetadata, Quality, Subcluster,
};
pub use report::{Report, ReportCounts, SkippedItem, SourceReport};
pub use summary::{
    ClusterSummary, Connection, Level, Overview, Pattern, PatternType, Recency, Recommendation,
    RecommendationType, Summary,
};

/// Rounds to four decimals: what similarities, scores and places on the map are written with.
#[must_use]
pub fn rounded(value: f64) -> f64 {
    // `+ 0.0` turns the negative zero that rounding can leave into zero.
    (value * 1e4).round() / 1e4 + 0.0
}
