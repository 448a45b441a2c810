//! What the page shows of a graph and its summary, as short arrays.
//!
//! `page/data.ts` unpacks it and must name the same positions. Nodes, clusters and terms are referred to by
//! position; an id or a name that the graph does not hold is left out, so the page never meets a reference it
//! cannot follow.

use std::cmp::Reverse;
use std::collections::HashMap;

use graphnode_core::contract::{Cluster, EdgeConfidence, Graph, Summary};
use serde_json::{Value, json};

/// Phrases of a node that the page shows and searches.
const KEYWORDS_PER_NODE: usize = 8;
/// The form of the data: a page of another version shows what it cannot read as such.
const FORMAT: u32 = 2;
const SECONDS_PER_DAY: i64 = 86_400;

/// The page's data; see `page/data.ts` for the meaning of each position.
pub(super) fn pack(graph: &Graph, summary: Option<&Summary>) -> Value {
    let index = Index::of(graph);
    let mut terms = Terms::default();
    let nodes: Vec<Value> = graph
        .nodes
        .iter()
        .map(|node| {
            let keywords = node.keywords.iter().take(KEYWORDS_PER_NODE).map(|keyword| keyword.term.as_str());
            json!([
                node.id,
                node.title,
                index.cluster_by_id.get(node.cluster_id.as_str()),
                node.x,
                node.y,
                node.num_messages,
                node.source_type,
                node.timestamp.map(|time| time.as_second().div_euclid(SECONDS_PER_DAY)),
                terms.positions(keywords),
            ])
        })
        .collect();
    let edges: Vec<Value> = graph
        .edges
        .iter()
        .filter_map(|edge| {
            let (source, target) = (index.node_by_id.get(&edge.source)?, index.node_by_id.get(&edge.target)?);
            let high = u8::from(edge.confidence == EdgeConfidence::High);
            let percent = (edge.weight * 100.0).round() as i64;
            let mut packed = vec![json!(source), json!(target), json!(percent), json!(high)];
            packed.extend(terms.positions(edge.evidence.iter().map(String::as_str)));
            Some(Value::Array(packed))
        })
        .collect();
    json!({
        "format": FORMAT,
        "language": graph.metadata.language,
        "clusters": clusters(&index, summary),
        "terms": terms.list,
        "nodes": nodes,
        "edges": edges,
        "summary": summary.map(|summary| overview(&index, summary)),
    })
}

fn clusters(index: &Index<'_>, summary: Option<&Summary>) -> Vec<Value> {
    let told: HashMap<_, _> = summary
        .map(|summary| summary.clusters.iter().map(|told| (told.cluster_id.as_str(), told)).collect())
        .unwrap_or_default();
    let pack = |(id, cluster): &(&str, &Cluster)| {
        let more = told.get(id).map(|told| {
            json!([
                told.recency,
                told.insight_text,
                told.common_question_types,
                index.nodes(&told.notable_conversations),
            ])
        });
        json!([id, cluster.name, cluster.description, cluster.key_themes, more])
    };
    index.clusters.iter().map(pack).collect()
}

fn overview(index: &Index<'_>, summary: &Summary) -> Value {
    let overview = &summary.overview;
    let patterns: Vec<Value> = summary
        .patterns
        .iter()
        .map(|it| json!([it.pattern_type, it.description, index.nodes(&it.evidence), it.significance]))
        .collect();
    let connections: Vec<Value> = summary
        .connections
        .iter()
        .filter_map(|it| {
            let source = index.cluster_by_name.get(it.source_cluster.as_str())?;
            let target = index.cluster_by_name.get(it.target_cluster.as_str())?;
            Some(json!([source, target, it.connection_strength, it.bridge_keywords, it.description]))
        })
        .collect();
    let recommendations: Vec<Value> = summary
        .recommendations
        .iter()
        .map(|it| json!([it.kind, it.title, it.description, index.nodes(&it.related_nodes), it.priority]))
        .collect();
    json!({
        "text": overview.summary_text,
        "span": overview.time_span,
        "style": overview.conversation_style,
        "period": overview.most_active_period,
        "interests": overview.primary_interests,
        "patterns": patterns,
        "connections": connections,
        "recommendations": recommendations,
    })
}

/// Where the page finds what ids and names mean.
struct Index<'a> {
    /// The largest first, so that the first colours, which differ most, go to the largest clusters.
    clusters: Vec<(&'a str, &'a Cluster)>,
    cluster_by_id: HashMap<&'a str, usize>,
    cluster_by_name: HashMap<&'a str, usize>,
    node_by_id: HashMap<usize, usize>,
}

impl<'a> Index<'a> {
    fn of(graph: &'a Graph) -> Self {
        let mut clusters: Vec<_> =
            graph.metadata.clusters.iter().map(|(id, cluster)| (id.as_str(), cluster)).collect();
        clusters.sort_by_key(|(id, cluster)| (Reverse(cluster.size), id.len(), *id));
        let numbered = || clusters.iter().enumerate();
        Self {
            cluster_by_id: numbered().map(|(position, (id, _))| (*id, position)).collect(),
            cluster_by_name: numbered()
                .map(|(position, (_, cluster))| (cluster.name.as_str(), position))
                .collect(),
            node_by_id: graph.nodes.iter().enumerate().map(|(position, node)| (node.id, position)).collect(),
            clusters,
        }
    }

    /// Positions of the nodes whose ids stand in `ids` as text.
    fn nodes(&self, ids: &[String]) -> Vec<usize> {
        ids.iter().filter_map(|id| self.node_by_id.get(&id.parse().ok()?).copied()).collect()
    }
}

/// Each phrase once: nodes and edges share most of them.
#[derive(Default)]
struct Terms<'a> {
    list: Vec<&'a str>,
    known: HashMap<&'a str, usize>,
}

impl<'a> Terms<'a> {
    fn positions(&mut self, terms: impl Iterator<Item = &'a str>) -> Vec<Value> {
        terms.map(|term| self.position(term).into()).collect()
    }

    fn position(&mut self, term: &'a str) -> usize {
        *self.known.entry(term).or_insert_with(|| {
            self.list.push(term);
            self.list.len() - 1
        })
    }
}
