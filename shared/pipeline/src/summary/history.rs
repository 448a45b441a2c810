//! The graph, indexed once for all that is asked of it.
//!
//! Nodes are spoken of by their position in the graph; ids appear only where something is written out.

use std::collections::BTreeMap;

use graphnode_core::contract::{Edge, EdgeConfidence, Graph, Node, Recency, Subcluster};
use graphnode_core::conversation::SourceType;
use jiff::Timestamp;

use super::phrases::{Days, Noun};
use super::{calendar, text};

/// A graph as the summary reads it.
pub(super) struct History<'g> {
    pub(super) nodes: &'g [Node],
    /// When each node began; what one node is counted under.
    pub(super) times: Vec<Option<Timestamp>>,
    /// Nodes with a time, the oldest first.
    pub(super) oldest_first: Vec<usize>,
    /// The largest first.
    pub(super) clusters: Vec<ClusterMembers<'g>>,
    /// Place in `clusters` of each node's cluster.
    pub(super) cluster_of: Vec<usize>,
    pub(super) links: Vec<Link<'g>>,
    /// Places in `links` by node.
    pub(super) links_of: Vec<Vec<usize>>,
    /// What to call a node.
    pub(super) noun: Noun,
}

/// One cluster that has nodes.
pub(super) struct ClusterMembers<'g> {
    pub(super) id: &'g str,
    pub(super) name: &'g str,
    /// As in the graph's metadata.
    pub(super) key_themes: &'g [String],
    /// By position.
    pub(super) nodes: Vec<usize>,
    /// The oldest and the newest time of a node.
    pub(super) span: Option<(Timestamp, Timestamp)>,
    /// The largest first.
    pub(super) subclusters: Vec<Part<'g>>,
}

/// One subcluster, with those of its nodes that the graph has in the same cluster.
pub(super) struct Part<'g> {
    pub(super) top_keywords: &'g [String],
    /// By position.
    pub(super) nodes: Vec<usize>,
}

/// An edge whose ends exist.
pub(super) struct Link<'g> {
    pub(super) source: usize,
    pub(super) target: usize,
    pub(super) weight: f64,
    /// Drawn hard: among the strongest of the graph.
    pub(super) strong: bool,
    pub(super) evidence: &'g [String],
}

impl Link<'_> {
    /// The end that is not `node`.
    pub(super) fn other(&self, node: usize) -> usize {
        if self.source == node { self.target } else { self.source }
    }
}

impl<'g> History<'g> {
    /// Indexes a graph. Edges with an end that is no node, to a node itself or without a weight are left out.
    pub(super) fn read(graph: &'g Graph) -> Self {
        let nodes = graph.nodes.as_slice();
        let times: Vec<Option<Timestamp>> = nodes.iter().map(time_of).collect();
        let mut oldest_first: Vec<usize> = (0..nodes.len()).filter(|node| times[*node].is_some()).collect();
        oldest_first.sort_by_key(|node| (times[*node], nodes[*node].id));
        let position: BTreeMap<usize, usize> =
            nodes.iter().enumerate().rev().map(|(position, node)| (node.id, position)).collect();
        let (clusters, cluster_of) = clusters_of(graph, &times, &position);
        let links: Vec<Link> = graph.edges.iter().filter_map(|edge| link_of(edge, &position)).collect();
        let mut links_of = vec![Vec::new(); nodes.len()];
        for (place, link) in links.iter().enumerate() {
            links_of[link.source].push(place);
            links_of[link.target].push(place);
        }
        let noun = noun_of(nodes);
        Self { nodes, times, oldest_first, clusters, cluster_of, links, links_of, noun }
    }

    /// The first and the last time of the whole history.
    pub(super) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let first = self.times[*self.oldest_first.first()?]?;
        let last = self.times[*self.oldest_first.last()?]?;
        Some((first, last))
    }

    /// All times, the oldest first.
    pub(super) fn instants(&self) -> Vec<Timestamp> {
        self.oldest_first.iter().filter_map(|node| self.times[*node]).collect()
    }

    /// The node's title as a sentence may hold it; its id where it has none.
    pub(super) fn title(&self, node: usize) -> String {
        let title = text::inert(&self.nodes[node].title);
        if title.is_empty() { format!("#{}", self.nodes[node].id) } else { title }
    }

    /// The cluster's name as a sentence may hold it; its id where it has none.
    pub(super) fn name(&self, cluster: usize) -> String {
        let name = text::inert(self.clusters[cluster].name);
        if name.is_empty() { text::inert(self.clusters[cluster].id) } else { name }
    }

    /// The ids of the nodes, as text.
    pub(super) fn ids(&self, nodes: impl IntoIterator<Item = usize>) -> Vec<String> {
        nodes.into_iter().map(|node| self.nodes[node].id.to_string()).collect()
    }

    /// The day of the node.
    pub(super) fn day(&self, node: usize) -> Option<String> {
        self.times[node].map(calendar::day)
    }

    /// Whether the link stays within one cluster. Not read from the edge, which may state it otherwise.
    pub(super) fn is_within(&self, link: &Link) -> bool {
        self.cluster_of[link.source] == self.cluster_of[link.target]
    }

    /// The nodes with a time among `nodes`, the newest first.
    pub(super) fn newest_first(&self, nodes: &[usize]) -> Vec<usize> {
        let mut newest: Vec<usize> =
            nodes.iter().copied().filter(|node| self.times[*node].is_some()).collect();
        newest.sort_by_key(|node| (std::cmp::Reverse(self.times[*node]), self.nodes[*node].id));
        newest
    }

    /// The nodes, the longest first.
    pub(super) fn longest_first(&self, nodes: &[usize]) -> Vec<usize> {
        let mut longest = nodes.to_vec();
        longest.sort_by_key(|node| (std::cmp::Reverse(self.nodes[*node].num_messages), self.nodes[*node].id));
        longest
    }

    /// The cluster's nodes, the most central first: by the weight of their links within the cluster, then by
    /// how clearly they belong there.
    pub(super) fn central_first(&self, cluster: usize) -> Vec<usize> {
        let strength = |node: usize| -> f64 {
            let links = self.links_of[node].iter().map(|place| &self.links[*place]);
            links.filter(|link| self.is_within(link)).map(|link| link.weight).sum()
        };
        let mut ranked: Vec<(f64, f64, usize)> = self.clusters[cluster]
            .nodes
            .iter()
            .map(|node| (strength(*node), self.nodes[*node].cluster_confidence, *node))
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
        ranked.into_iter().map(|(.., node)| node).collect()
    }

    /// New: begun in the last fifth of the history. Active: touched in its last quarter. A history of one
    /// moment has no fifths: all in it is active.
    pub(super) fn recency(&self, cluster: usize) -> Recency {
        let (Some((first, last)), Some((begun, touched))) = (self.span(), self.clusters[cluster].span) else {
            return Recency::Unknown;
        };
        let length = last.as_second() - first.as_second();
        let since = |instant: Timestamp| instant.as_second() - first.as_second();
        if length > 0 && since(begun) * 5 >= length * 4 {
            Recency::New
        } else if since(touched) * 4 >= length * 3 {
            Recency::Active
        } else {
            Recency::Dormant
        }
    }
}

/// The days from one instant to another.
pub(super) fn days((from, to): (Timestamp, Timestamp)) -> Days {
    Days { from: calendar::day(from), to: calendar::day(to) }
}

/// The oldest and the newest of the times.
pub(super) fn span_of(times: impl Iterator<Item = Timestamp>) -> Option<(Timestamp, Timestamp)> {
    times.fold(None, |span, time| match span {
        None => Some((time, time)),
        Some((first, last)) => Some((first.min(time), last.max(time))),
    })
}

/// When the node began; for a source that only says when it was last added to, that.
fn time_of(node: &Node) -> Option<Timestamp> {
    let source = || node.create_time.as_ref().or(node.update_time.as_ref()).map(|time| time.instant());
    node.timestamp.or_else(source)
}

fn link_of<'g>(edge: &'g Edge, position: &BTreeMap<usize, usize>) -> Option<Link<'g>> {
    let (source, target) = (*position.get(&edge.source)?, *position.get(&edge.target)?);
    (source != target && edge.weight.is_finite() && edge.weight > 0.0).then_some(Link {
        source,
        target,
        weight: edge.weight.min(1.0),
        strong: edge.confidence == EdgeConfidence::High,
        evidence: &edge.evidence,
    })
}

fn clusters_of<'g>(
    graph: &'g Graph,
    times: &[Option<Timestamp>],
    position: &BTreeMap<usize, usize>,
) -> (Vec<ClusterMembers<'g>>, Vec<usize>) {
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (position, node) in graph.nodes.iter().enumerate() {
        members.entry(&node.cluster_id).or_default().push(position);
    }
    let mut subclusters: BTreeMap<&str, Vec<Part>> = BTreeMap::new();
    let mut by_id: Vec<&Subcluster> = graph.subclusters.iter().collect();
    by_id.sort_by_key(|subcluster| (number_of(&subcluster.id), &subcluster.id));
    for subcluster in by_id {
        let ids = subcluster.node_ids.iter().filter_map(|id| position.get(id).copied());
        let nodes: Vec<usize> =
            ids.filter(|node| graph.nodes[*node].cluster_id == subcluster.cluster_id).collect();
        let part = Part { top_keywords: &subcluster.top_keywords, nodes };
        subclusters.entry(&subcluster.cluster_id).or_default().push(part);
    }
    let mut clusters: Vec<ClusterMembers> = members
        .into_iter()
        .map(|(id, nodes)| {
            let described = graph.metadata.clusters.get(id);
            let mut parts = subclusters.remove(id).unwrap_or_default();
            parts.sort_by_key(|part| std::cmp::Reverse(part.nodes.len()));
            ClusterMembers {
                id,
                name: described.map_or(graph.nodes[nodes[0]].cluster_name.as_str(), |cluster| &cluster.name),
                key_themes: described.map_or(&[], |cluster| &cluster.key_themes),
                span: span_of(nodes.iter().filter_map(|node| times[*node])),
                nodes,
                subclusters: parts,
            }
        })
        .collect();
    clusters
        .sort_by_key(|cluster| (std::cmp::Reverse(cluster.nodes.len()), number_of(cluster.id), cluster.id));
    let mut cluster_of = vec![0; graph.nodes.len()];
    for (place, cluster) in clusters.iter().enumerate() {
        for node in &cluster.nodes {
            cluster_of[*node] = place;
        }
    }
    (clusters, cluster_of)
}

/// The number an id ends with, so that `cluster_2` comes before `cluster_10`.
fn number_of(id: &str) -> u64 {
    id.rsplit('_').next().and_then(|number| number.parse().ok()).unwrap_or(u64::MAX)
}

fn noun_of(nodes: &[Node]) -> Noun {
    let mut kinds = nodes.iter().map(|node| node.source_type);
    let Some(first) = kinds.next() else { return Noun::Conversation };
    if kinds.any(|kind| kind != first) {
        return Noun::Entry;
    }
    match first {
        SourceType::Chat => Noun::Conversation,
        SourceType::Markdown => Noun::Note,
        SourceType::Notion => Noun::Page,
        SourceType::File => Noun::File,
    }
}
