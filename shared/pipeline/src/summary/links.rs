//! What joins clusters: pairs of clusters, and single nodes that reach across.

use std::collections::BTreeMap;

use super::history::{History, Link};
use super::keywords::most_frequent;

/// Fewest links into another cluster that make a node a bridge: one may be chance.
const LEAST_BRIDGE_LINKS: usize = 2;
/// Least share of a bridge's link weight that goes there.
const LEAST_BRIDGE_SHARE: f64 = 0.25;
/// Most keywords shown of what joins two clusters.
const KEYWORDS: usize = 5;

/// All that edges between clusters tell.
pub(super) struct Findings {
    /// Pairs of clusters, the most closely linked first.
    pub(super) pairs: Vec<Pair>,
    /// One node for each pair of clusters at most, the strongest first.
    pub(super) bridges: Vec<Bridge>,
    /// By cluster: mean weight of the edges within it; 0 without any.
    pub(super) densities: Vec<f64>,
    /// By cluster: share of the weight of all edges between clusters that touches it; 0 without any.
    pub(super) centralities: Vec<f64>,
}

/// Two clusters that edges join.
pub(super) struct Pair {
    /// The larger one.
    pub(super) one: usize,
    pub(super) other: usize,
    /// Link weight between them over the geometric mean of their sizes, so that large clusters are not close
    /// to all others by size alone; the closest pair is 1. Sizes rather than all link weight of the two: a
    /// cluster with hardly any link would seem close to wherever those few lead.
    pub(super) strength: f64,
    /// Number of links.
    pub(super) links: usize,
    /// Phrases on both sides, the most frequent first.
    pub(super) keywords: Vec<String>,
    /// Ends of the strongest links: the node in `one`, the node in `other`.
    pub(super) closest: Vec<(usize, usize)>,
}

/// A node with links into another cluster.
pub(super) struct Bridge {
    pub(super) node: usize,
    /// The cluster it reaches.
    pub(super) reaches: usize,
    /// Nodes there, the most similar first.
    pub(super) neighbours: Vec<usize>,
    /// Phrases it shares with them.
    pub(super) keywords: Vec<String>,
    weight: f64,
}

impl Findings {
    /// Finds all of them.
    pub(super) fn find(history: &History) -> Self {
        let count = history.clusters.len();
        let (mut within, mut within_links) = (vec![0.0; count], vec![0usize; count]);
        let mut outside = vec![0.0; count];
        let mut between: BTreeMap<(usize, usize), Vec<&Link>> = BTreeMap::new();
        let mut all_between = 0.0;
        for link in &history.links {
            let (one, other) = (history.cluster_of[link.source], history.cluster_of[link.target]);
            if one == other {
                within[one] += link.weight;
                within_links[one] += 1;
            } else {
                outside[one] += link.weight;
                outside[other] += link.weight;
                all_between += link.weight;
                between.entry((one.min(other), one.max(other))).or_default().push(link);
            }
        }
        let ratio = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        Self {
            pairs: pairs(history, between),
            bridges: bridges(history),
            densities: (0..count).map(|it| ratio(within[it], within_links[it] as f64)).collect(),
            centralities: outside.iter().map(|weight| ratio(*weight, all_between)).collect(),
        }
    }

    /// The pair of the cluster with its closest neighbour.
    pub(super) fn nearest(&self, cluster: usize) -> Option<(&Pair, usize)> {
        let pair = self.pairs.iter().find(|pair| pair.one == cluster || pair.other == cluster)?;
        Some((pair, if pair.one == cluster { pair.other } else { pair.one }))
    }
}

fn pairs(history: &History, mut between: BTreeMap<(usize, usize), Vec<&Link>>) -> Vec<Pair> {
    // A single edge is weak evidence for a pair of clusters; it counts only where there is nothing better.
    if between.values().any(|links| links.len() > 1) {
        between.retain(|_, links| links.len() > 1);
    }
    let size = |cluster: usize| history.clusters[cluster].nodes.len() as f64;
    let mut pairs: Vec<Pair> = between
        .into_iter()
        .map(|((one, other), mut links)| {
            links.sort_by(|a, b| {
                b.weight.total_cmp(&a.weight).then((a.source, a.target).cmp(&(b.source, b.target)))
            });
            let weight: f64 = links.iter().map(|link| link.weight).sum();
            let ends = |link: &&Link| {
                if history.cluster_of[link.source] == one {
                    (link.source, link.target)
                } else {
                    (link.target, link.source)
                }
            };
            Pair {
                one,
                other,
                strength: weight / (size(one) * size(other)).sqrt(),
                links: links.len(),
                keywords: shared_keywords(links.iter().copied(), KEYWORDS),
                closest: links.iter().take(2).map(ends).collect(),
            }
        })
        .collect();
    pairs.sort_by(|a, b| {
        b.strength
            .total_cmp(&a.strength)
            .then(b.links.cmp(&a.links))
            .then((a.one, a.other).cmp(&(b.one, b.other)))
    });
    let strongest = pairs.first().map_or(1.0, |pair| pair.strength);
    for pair in &mut pairs {
        pair.strength /= strongest;
    }
    pairs
}

fn bridges(history: &History) -> Vec<Bridge> {
    let mut best: BTreeMap<(usize, usize), Bridge> = BTreeMap::new();
    for node in 0..history.nodes.len() {
        let own = history.cluster_of[node];
        let mut reached: BTreeMap<usize, Vec<&Link>> = BTreeMap::new();
        let mut all = 0.0;
        for link in history.links_of[node].iter().map(|place| &history.links[*place]) {
            all += link.weight;
            let there = history.cluster_of[link.other(node)];
            if there != own {
                reached.entry(there).or_default().push(link);
            }
        }
        for (reaches, mut links) in reached {
            let weight: f64 = links.iter().map(|link| link.weight).sum();
            let key = (own.min(reaches), own.max(reaches));
            let is_better = best.get(&key).is_none_or(|bridge| weight > bridge.weight);
            if links.len() < LEAST_BRIDGE_LINKS || weight < LEAST_BRIDGE_SHARE * all || !is_better {
                continue;
            }
            links.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.other(node).cmp(&b.other(node))));
            let neighbours = links.iter().map(|link| link.other(node)).collect();
            let keywords = shared_keywords(links.iter().copied(), 3);
            best.insert(key, Bridge { node, reaches, neighbours, keywords, weight });
        }
    }
    let mut bridges: Vec<Bridge> = best.into_values().collect();
    bridges.sort_by(|a, b| b.weight.total_cmp(&a.weight).then((a.node, a.reaches).cmp(&(b.node, b.reaches))));
    bridges
}

/// The keywords that most of the links state as shared.
fn shared_keywords<'a>(links: impl Iterator<Item = &'a Link<'a>>, room: usize) -> Vec<String> {
    let terms = links.flat_map(|link| link.evidence.iter().map(move |term| (term.as_str(), link.weight)));
    most_frequent(terms, room)
}
