//! Phrases of nodes, counted whatever their casing and shown in the casing the graph has.

use std::collections::BTreeMap;

use graphnode_core::contract::Node;

use super::history::History;

/// How much each phrase says of each cluster.
pub(super) struct ClusterKeywords {
    /// By cluster, the most telling first.
    ranked: Vec<Vec<String>>,
}

impl ClusterKeywords {
    /// Ranks each cluster's phrases by the sum of their scores there, times the share of that sum in the
    /// whole graph: a phrase that is everywhere tells nothing of one cluster.
    pub(super) fn rank(history: &History) -> Self {
        let mut everywhere: BTreeMap<String, f64> = BTreeMap::new();
        let mut by_cluster: Vec<BTreeMap<String, (f64, &str)>> =
            vec![BTreeMap::new(); history.clusters.len()];
        for (position, node) in history.nodes.iter().enumerate() {
            for (term, score) in scored_terms(node) {
                let folded = term.to_lowercase();
                *everywhere.entry(folded.clone()).or_default() += score;
                by_cluster[history.cluster_of[position]].entry(folded).or_insert((0.0, term)).0 += score;
            }
        }
        let rank = |terms: BTreeMap<String, (f64, &str)>| {
            let mut ranked: Vec<(f64, &str)> = terms
                .into_iter()
                .map(|(folded, (here, shown))| {
                    let all = everywhere.get(&folded).copied().unwrap_or(here).max(f64::MIN_POSITIVE);
                    (here * (here / all), shown)
                })
                .collect();
            // Stable: equal phrases stay in alphabetical order.
            ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
            ranked.into_iter().map(|(_, shown)| shown.to_owned()).collect()
        };
        Self { ranked: by_cluster.into_iter().map(rank).collect() }
    }

    /// The `room` most telling phrases of a cluster.
    pub(super) fn top(&self, cluster: usize, room: usize) -> Vec<String> {
        self.ranked[cluster].iter().take(room).cloned().collect()
    }
}

/// The node's phrases with their scores. A graph written by other programs may hold them in one place only.
fn scored_terms(node: &Node) -> Vec<(&str, f64)> {
    let scored =
        |terms: &'_ [String]| -> Vec<f64> { (1..=terms.len()).map(|rank| 1.0 / rank as f64).collect() };
    let kept = if node.top_keywords.is_empty() { &node.metadata.keywords } else { &node.top_keywords };
    let mut terms: Vec<(&str, f64)> = if node.keywords.is_empty() {
        kept.iter().map(String::as_str).zip(scored(kept)).collect()
    } else {
        node.keywords.iter().map(|keyword| (keyword.term.as_str(), keyword.score)).collect()
    };
    terms.retain(|(term, score)| !term.trim().is_empty() && score.is_finite() && *score > 0.0);
    terms
}

/// The node's phrases in lower case, sorted, each once: for comparing.
pub(super) fn folded_terms(node: &Node) -> Vec<String> {
    let mut terms: Vec<String> =
        scored_terms(node).into_iter().map(|(term, _)| term.to_lowercase()).collect();
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// The `room` phrases that occur in most of the lists (weighted), in the casing they were first seen in.
pub(super) fn most_frequent<'a>(weighted: impl Iterator<Item = (&'a str, f64)>, room: usize) -> Vec<String> {
    let mut counts: BTreeMap<String, (f64, &str)> = BTreeMap::new();
    for (term, weight) in weighted.filter(|(term, _)| !term.trim().is_empty()) {
        counts.entry(term.to_lowercase()).or_insert((0.0, term)).0 += weight;
    }
    let mut ranked: Vec<(f64, &str)> = counts.into_values().collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked.into_iter().take(room).map(|(_, shown)| shown.to_owned()).collect()
}
