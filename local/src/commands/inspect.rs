//! `graphnode inspect`: what a built graph holds.

use graphnode_core::contract::Graph;
use serde_json::json;

use super::read_graph;
use crate::cli::Inspect;
use crate::failure::Failure;
use crate::output;

/// Prints counts, clusters and quality figures.
pub(super) fn run(arguments: &Inspect, json: bool) -> Result<(), Failure> {
    let graph = read_graph(&arguments.dir)?;
    let metadata = &graph.metadata;
    let machine = json!({
        "nodes": metadata.total_nodes,
        "edges": metadata.total_edges,
        "clusters": metadata.clusters,
        "quality": metadata.quality,
        "edgeStatistics": metadata.edge_statistics,
        "model": metadata.pipeline.model,
        "generatedAt": metadata.generated_at,
    });
    output::show(json, &machine, || table(&graph));
    Ok(())
}

fn table(graph: &Graph) -> String {
    let metadata = &graph.metadata;
    let quality = metadata.quality;
    let mut text = format!(
        "{} nodes, {} edges ({:.1} a node), {} clusters, {} subclusters\n\
         largest cluster {:.0} %, isolated {:.0} %, modularity {:.2}, silhouette {:.2}\n\
         {}, built {}\n\n",
        metadata.total_nodes,
        metadata.total_edges,
        quality.edges_per_node,
        metadata.total_clusters,
        graph.subclusters.len(),
        100.0 * quality.largest_cluster_share,
        100.0 * quality.isolated_share,
        quality.modularity,
        quality.silhouette,
        metadata.pipeline.model,
        metadata.generated_at.strftime("%F %H:%M UTC"),
    );
    let mut clusters: Vec<_> = metadata.clusters.values().collect();
    clusters.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
    for cluster in clusters {
        text += &format!("{:>6}  {}\n        {}\n", cluster.size, cluster.name, cluster.description);
    }
    text
}
