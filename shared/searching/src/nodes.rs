//! What a hit says of a conversation, in little memory.

use std::collections::HashMap;

use graphnode_core::conversation::SourceType;
use graphnode_core::time::SourceTime;
use jiff::Timestamp;
use serde::Deserialize;

use crate::error::InvalidBuild;

/// The conversations of a build, by number.
///
/// Invariant: `by_orig_id` holds the number of every node once, in the order of their `orig_id`s.
#[derive(Debug)]
pub(crate) struct Nodes {
    nodes: Vec<Node>,
    clusters: Vec<Cluster>,
    by_orig_id: Vec<u32>,
}

/// A conversation.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) orig_id: Box<str>,
    pub(crate) title: Box<str>,
    pub(crate) keywords: Box<[Box<str>]>,
    pub(crate) create_time: Option<Timestamp>,
    pub(crate) num_messages: usize,
    pub(crate) source_type: SourceType,
    cluster: u32,
}

/// A cluster.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) id: Box<str>,
    pub(crate) name: Box<str>,
}

/// A node as `graph.json` has it, as far as hits need it.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    id: usize,
    orig_id: Box<str>,
    title: Box<str>,
    cluster_id: Box<str>,
    cluster_name: Box<str>,
    top_keywords: Box<[Box<str>]>,
    create_time: Option<SourceTime>,
    num_messages: usize,
    source_type: SourceType,
}

impl Nodes {
    /// The nodes of `entries`, which are in order.
    pub(crate) fn of(entries: Vec<Entry>) -> Result<Self, InvalidBuild> {
        let mut nodes = Vec::with_capacity(entries.len());
        let mut clusters: Vec<Cluster> = Vec::new();
        let mut places: HashMap<Box<str>, u32> = HashMap::new();
        for (number, entry) in entries.into_iter().enumerate() {
            if entry.id != number {
                return Err(InvalidBuild::Order);
            }
            let Entry { cluster_id: id, cluster_name: name, .. } = entry;
            let cluster = *places.entry(id.clone()).or_insert_with(|| {
                clusters.push(Cluster { id, name });
                clusters.len() as u32 - 1
            });
            nodes.push(Node {
                orig_id: entry.orig_id,
                title: entry.title,
                keywords: entry.top_keywords,
                create_time: entry.create_time.map(|time| time.instant()),
                num_messages: entry.num_messages,
                source_type: entry.source_type,
                cluster,
            });
        }
        let mut by_orig_id: Vec<u32> = (0..nodes.len() as u32).collect();
        by_orig_id.sort_unstable_by(|&a, &b| nodes[a as usize].orig_id.cmp(&nodes[b as usize].orig_id));
        Ok(Self { nodes, clusters, by_orig_id })
    }

    /// Number of nodes.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The node of that number.
    pub(crate) fn get(&self, number: usize) -> Option<&Node> {
        self.nodes.get(number)
    }

    /// The number of the conversation with that id.
    pub(crate) fn number(&self, orig_id: &str) -> Option<usize> {
        let orig_id_of = |&number: &u32| self.nodes[number as usize].orig_id.as_ref();
        let place = self.by_orig_id.binary_search_by(|number| orig_id_of(number).cmp(orig_id)).ok()?;
        Some(self.by_orig_id[place] as usize)
    }

    /// The cluster of a node.
    pub(crate) fn cluster(&self, node: &Node) -> &Cluster {
        &self.clusters[node.cluster as usize]
    }

    /// The numbers of all nodes that are not in the cluster of that id.
    pub(crate) fn outside(&self, cluster_id: &str) -> impl Iterator<Item = usize> {
        let outside = move |(_, node): &(usize, &Node)| self.cluster(node).id.as_ref() != cluster_id;
        self.nodes.iter().enumerate().filter(outside).map(|(number, _)| number)
    }

    /// Whether any node is in the cluster of that id.
    pub(crate) fn has_cluster(&self, cluster_id: &str) -> bool {
        self.clusters.iter().any(|cluster| cluster.id.as_ref() == cluster_id)
    }

    /// What it takes in memory, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let of_node = |node: &Node| {
            let keywords: usize = node.keywords.iter().map(|word| size_of_val(word) + word.len()).sum();
            size_of_val(node) + size_of::<u32>() + node.orig_id.len() + node.title.len() + keywords
        };
        self.nodes.iter().map(of_node).sum()
    }
}
