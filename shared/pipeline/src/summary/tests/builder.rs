//! Builds graphs for tests.

use std::collections::BTreeMap;

use graphnode_core::contract::{
    Cluster, Edge, EdgeConfidence, EdgeStatistics, Graph, GraphMetadata, Keyword, Node, NodeMetadata,
    PipelineMetadata, Quality, Subcluster,
};
use graphnode_core::conversation::SourceType;
use graphnode_core::options::Language;
use jiff::Timestamp;

pub(super) struct GraphBuilder {
    clusters: Vec<String>,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    subclusters: Vec<Subcluster>,
}

impl GraphBuilder {
    pub(super) fn new() -> Self {
        Self { clusters: Vec::new(), nodes: Vec::new(), edges: Vec::new(), subclusters: Vec::new() }
    }

    pub(super) fn cluster(&mut self, name: &str) -> usize {
        self.clusters.push(name.to_owned());
        self.clusters.len() - 1
    }

    /// A chat that began at noon of `day`.
    pub(super) fn node(&mut self, cluster: usize, title: &str, day: Option<&str>) -> usize {
        let timestamp = day.map(|day| format!("{day}T12:00:00Z").parse::<Timestamp>().unwrap());
        let id = self.nodes.len();
        self.nodes.push(Node {
            id,
            orig_id: format!("orig-{id}"),
            title: title.to_owned(),
            cluster_id: format!("cluster_{cluster}"),
            cluster_name: self.clusters[cluster].clone(),
            cluster_confidence: 0.5,
            keywords: Vec::new(),
            top_keywords: Vec::new(),
            timestamp,
            create_time: None,
            update_time: None,
            num_messages: 2,
            num_sections: 2,
            source_type: SourceType::Chat,
            x: 0.0,
            y: 0.0,
            metadata: NodeMetadata { x: 0.0, y: 0.0, title: title.to_owned(), keywords: Vec::new() },
        });
        id
    }

    pub(super) fn messages(&mut self, node: usize, count: usize) -> &mut Self {
        self.nodes[node].num_messages = count;
        self.nodes[node].num_sections = count;
        self
    }

    pub(super) fn keywords(&mut self, node: usize, terms: &[&str]) -> &mut Self {
        let keyword = |term: &&str| Keyword { term: (*term).to_owned(), score: 0.8 };
        self.nodes[node].keywords = terms.iter().map(keyword).collect();
        self
    }

    pub(super) fn retitle(&mut self, node: usize, title: &str) -> &mut Self {
        self.nodes[node].title = title.to_owned();
        self
    }

    pub(super) fn source(&mut self, node: usize, source_type: SourceType) -> &mut Self {
        self.nodes[node].source_type = source_type;
        self
    }

    pub(super) fn edge(&mut self, source: usize, target: usize, weight: f64, high: bool, evidence: &[&str]) {
        let within = match (self.nodes.get(source), self.nodes.get(target)) {
            (Some(one), Some(other)) => one.cluster_id == other.cluster_id,
            _ => false,
        };
        self.edges.push(Edge {
            source: source.min(target),
            target: source.max(target),
            weight,
            kind: "semantic".to_owned(),
            is_intra_cluster: within,
            confidence: if high { EdgeConfidence::High } else { EdgeConfidence::Medium },
            evidence: evidence.iter().map(|term| (*term).to_owned()).collect(),
        });
    }

    pub(super) fn part(&mut self, cluster: usize, nodes: &[usize], keywords: &[&str]) {
        self.subclusters.push(Subcluster {
            id: format!("subcluster_{cluster}_{}", self.subclusters.len()),
            cluster_id: format!("cluster_{cluster}"),
            node_ids: nodes.to_vec(),
            representative_node_id: nodes[0],
            size: nodes.len(),
            density: 0.7,
            top_keywords: keywords.iter().map(|term| (*term).to_owned()).collect(),
        });
    }

    pub(super) fn build(&self) -> Graph {
        let described = |(index, name): (usize, &String)| {
            let id = format!("cluster_{index}");
            let size = self.nodes.iter().filter(|node| node.cluster_id == id).count();
            let cluster =
                Cluster { name: name.clone(), description: String::new(), size, key_themes: Vec::new() };
            (id, cluster)
        };
        let clusters: BTreeMap<String, Cluster> = self.clusters.iter().enumerate().map(described).collect();
        Graph {
            nodes: self.nodes.clone(),
            edges: self.edges.clone(),
            subclusters: self.subclusters.clone(),
            metadata: GraphMetadata {
                generated_at: Timestamp::UNIX_EPOCH,
                total_nodes: self.nodes.len(),
                total_edges: self.edges.len(),
                total_clusters: clusters.len(),
                clusters,
                language: Language::En,
                edge_statistics: EdgeStatistics {
                    total: self.edges.len(),
                    high_confidence: 0,
                    medium_confidence: 0,
                    intra_cluster: 0,
                    inter_cluster: 0,
                    average_weight: 0.0,
                },
                quality: Quality {
                    silhouette: 0.0,
                    modularity: 0.0,
                    largest_cluster_share: 0.0,
                    isolated_share: 0.0,
                    edges_per_node: 0.0,
                },
                pipeline: PipelineMetadata {
                    version: String::new(),
                    model: String::new(),
                    embedding_dimension: 0,
                    options: Default::default(),
                    timings_ms: BTreeMap::new(),
                    counts: BTreeMap::new(),
                    degraded: Vec::new(),
                },
            },
        }
    }
}
