//! The results of all stages, put into the files other programs read.

use std::collections::BTreeMap;

use graphnode_core::contract::{
    Cluster, Edge, Features, FeaturesConversation, FeaturesMetadata, Graph, GraphMetadata, Node,
    NodeMetadata, PipelineMetadata, Report, ReportCounts, SkippedItem, Subcluster, rounded,
};
use graphnode_core::encoder::ModelIdentity;
use graphnode_core::matrix::Matrix;
use graphnode_core::options::Language;
use jiff::Timestamp;

use crate::clusters::{self, Clusters};
use crate::digest::Document;
use crate::edges::{self, Pair};
use crate::embed::Tongue;
use crate::import::ImportReport;
use crate::job::Job;
use crate::keywords::Keywords;
use crate::{describe, names, quality};

/// Terms in `top_keywords`.
const TOP_KEYWORDS: usize = 5;

/// Everything the stages found.
pub(crate) struct Build<'a> {
    pub job: &'a Job,
    pub model: &'a ModelIdentity,
    pub tongues: &'a [Tongue],
    pub generated_at: Timestamp,
    pub documents: &'a [Document],
    pub vectors: &'a Matrix,
    pub keywords: &'a Keywords,
    pub clusters: &'a Clusters,
    pub themes: &'a [Vec<String>],
    pub names: &'a [String],
    pub pairs: &'a [Pair],
    pub places: &'a Matrix,
}

fn cluster_id(label: usize) -> String {
    format!("cluster_{}", label + 1)
}

/// `graph.json`, timings left empty.
pub(crate) fn graph(build: &Build<'_>, edges: Vec<Edge>, counts: ReportCounts) -> Graph {
    let nodes: Vec<Node> = (0..build.documents.len()).map(|index| node(build, index)).collect();
    let metadata = GraphMetadata {
        generated_at: build.generated_at,
        total_nodes: nodes.len(),
        total_edges: edges.len(),
        total_clusters: build.clusters.count(),
        clusters: clusters_by_id(build),
        language: build.job.options.language,
        edge_statistics: edges::statistics(&edges),
        quality: quality::quality(&build.clusters.points, &build.clusters.labels, build.pairs),
        pipeline: PipelineMetadata {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: build.model.to_string(),
            embedding_dimension: build.model.dimension,
            options: PipelineMetadata::options_json(&build.job.options),
            timings_ms: BTreeMap::new(),
            counts: BTreeMap::from([
                ("conversations".to_owned(), counts.nodes),
                ("messages".to_owned(), counts.messages),
                ("characters".to_owned(), counts.characters),
                ("chunks".to_owned(), counts.chunks),
                ("skipped".to_owned(), counts.skipped),
            ]),
            degraded: degraded(build.tongues),
        },
    };
    Graph { nodes, edges, subclusters: subclusters(build), metadata }
}

fn node(build: &Build<'_>, index: usize) -> Node {
    let document = &build.documents[index];
    let label = build.clusters.labels[index];
    let keywords = build.keywords.contract(index);
    let terms: Vec<String> = keywords.iter().map(|keyword| keyword.term.clone()).collect();
    let title = document.title.clone().unwrap_or_else(|| title_of(&terms, build.job.options.language));
    let [x, y] = [0, 1].map(|axis| rounded(f64::from(build.places.row(index)[axis])));
    Node {
        id: index,
        orig_id: document.orig_id.clone(),
        cluster_id: cluster_id(label),
        cluster_name: build.names[label].clone(),
        cluster_confidence: rounded(build.clusters.confidence[index]),
        top_keywords: terms.iter().take(TOP_KEYWORDS).cloned().collect(),
        timestamp: document.timestamp(),
        create_time: document.create_time.clone(),
        update_time: document.update_time.clone(),
        num_messages: document.num_messages,
        num_sections: document.num_messages,
        source_type: document.source_type,
        x,
        y,
        metadata: NodeMetadata { x, y, title: title.clone(), keywords: terms },
        title,
        keywords,
    }
}

/// What could not be done as well as asked.
fn degraded(tongues: &[Tongue]) -> Vec<String> {
    let unknown = tongues.iter().filter(|tongue| **tongue != Tongue::Known).count();
    if unknown == 0 {
        return Vec::new();
    }
    vec![format!(
        "{unknown} conversations are in a language the model does not read: they are compared by shared words and an \
         English gloss; a multilingual model would understand them better"
    )]
}

/// A title for what has none: its two best phrases.
fn title_of(terms: &[String], language: Language) -> String {
    if terms.is_empty() {
        let untitled = match language {
            Language::En => "Untitled",
            Language::Ko => "제목 없음",
            Language::Zh => "无标题",
        };
        return untitled.to_owned();
    }
    terms.iter().take(2).cloned().collect::<Vec<_>>().join(", ")
}

fn clusters_by_id(build: &Build<'_>) -> BTreeMap<String, Cluster> {
    let members = build.clusters.members();
    members
        .iter()
        .enumerate()
        .map(|(label, members)| {
            let documents = members.iter().map(|&member| &build.documents[member]);
            let cluster = Cluster {
                name: build.names[label].clone(),
                description: describe::cluster(documents, &build.themes[label], build.job.options.language),
                size: members.len(),
                key_themes: build.themes[label].clone(),
            };
            (cluster_id(label), cluster)
        })
        .collect()
}

fn subclusters(build: &Build<'_>) -> Vec<Subcluster> {
    let labels = &build.clusters.sublabels;
    let groups = clusters::members(labels);
    let centroids = clusters::centroids(build.vectors, labels);
    let phrases = names::telling_phrases(build.keywords, &groups, TOP_KEYWORDS);
    let mut within = BTreeMap::<usize, usize>::new();
    groups
        .into_iter()
        .zip(phrases)
        .enumerate()
        .map(|(sublabel, (node_ids, top_keywords))| {
            let label = build.clusters.labels[node_ids[0]];
            let number = within.entry(label).or_default();
            *number += 1;
            let (representative_node_id, density) =
                clusters::nearest_and_density(build.vectors, &node_ids, centroids.row(sublabel));
            Subcluster {
                id: format!("subcluster_{}_{number}", label + 1),
                cluster_id: cluster_id(label),
                representative_node_id,
                size: node_ids.len(),
                density: rounded(density),
                top_keywords,
                node_ids,
            }
        })
        .collect()
}

/// `features.json`.
pub(crate) fn features(build: &Build<'_>) -> Features {
    let conversations = build
        .documents
        .iter()
        .enumerate()
        .map(|(index, document)| FeaturesConversation {
            id: index,
            orig_id: document.orig_id.clone(),
            keywords: build.keywords.contract(index),
            create_time: document.create_time.clone(),
            update_time: document.update_time.clone(),
            timestamp: document.timestamp(),
            num_sections: document.num_messages,
            num_messages: document.num_messages,
            source_type: document.source_type,
            cluster_id: cluster_id(build.clusters.labels[index]),
            content_hash: document.content_hash.clone(),
        })
        .collect();
    Features {
        conversations,
        embeddings: build.vectors.clone(),
        metadata: FeaturesMetadata {
            user_id: build.job.user_id.clone(),
            graph_id: build.job.graph_id.clone(),
            task_id: build.job.task_id.clone(),
            generation: build.job.generation,
            total_conversations: build.documents.len(),
            embedding_model: build.model.name.clone(),
            embedding_precision: build.model.precision.to_owned(),
            embedding_dimension: build.model.dimension,
            cluster_names: build
                .names
                .iter()
                .enumerate()
                .map(|(label, name)| (cluster_id(label), name.clone()))
                .collect(),
            generated_at: build.generated_at,
        },
    }
}

/// `report.json`.
pub(crate) fn report(
    build: &Build<'_>,
    imported: &ImportReport,
    skipped: Vec<SkippedItem>,
    counts: ReportCounts,
    timings_ms: BTreeMap<String, u64>,
) -> Report {
    Report {
        generated_at: build.generated_at,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        sources: imported.sources.clone(),
        counts,
        skipped,
        warnings: warnings(imported),
        model: build.model.clone(),
        options: PipelineMetadata::options_json(&build.job.options),
        timings_ms,
    }
}

/// What the reader of the graph should know.
fn warnings(imported: &ImportReport) -> Vec<String> {
    let mut warnings = Vec::new();
    if imported.truncated {
        warnings
            .push("the export ends early: what comes after the cut is missing; download it again".to_owned());
    }
    for name in &imported.empty_sources {
        warnings.push(format!("{name} is empty"));
    }
    if imported.repaired.total() > 0 {
        warnings.push(format!("items kept after a small repair: {}", imported.repaired.total()));
    }
    warnings
}
