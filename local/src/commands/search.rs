//! `graphnode search`: what in the history is about this?

use graphnode_adapters::exact_index::{ExactIndex, Hit};
use graphnode_core::contract::Graph;
use graphnode_core::encoder::Encoder;
use graphnode_core::watch::Unwatched;
use serde_json::{Value, json};

use super::{files, load_model, read_graph};
use crate::cli::Search;
use crate::failure::Failure;
use crate::output;

/// Prints the conversations nearest to the words.
pub(super) fn run(arguments: &Search, json: bool) -> Result<(), Failure> {
    let index = ExactIndex::open(&arguments.dir.join(files::FEATURES))?;
    let graph = read_graph(&arguments.dir)?;
    let encoder = load_model(&arguments.model)?;
    let present = encoder.model();
    if index.model() != (&present.name, present.precision) || index.dimension() != present.dimension {
        let (name, precision) = index.model();
        return Err(Failure::OtherModel {
            dir: arguments.dir.clone(),
            built: format!("{name} ({precision})"),
            present: format!("{} ({})", present.name, present.precision),
        });
    }
    let query = encoder.encode(&[&arguments.words], &Unwatched)?;
    let hits = index.search(query.row(0), arguments.limit);
    let machine = Value::from(hits.iter().map(|hit| described(hit, &graph)).collect::<Vec<_>>());
    output::show(json, &machine, || table(&hits, &graph));
    Ok(())
}

fn described(hit: &Hit, graph: &Graph) -> Value {
    let node = graph.nodes.get(hit.node);
    json!({
        "id": hit.orig_id,
        "score": (hit.score * 1e4).round() / 1e4,
        "title": node.map(|node| &node.title),
        "cluster": node.map(|node| &node.cluster_name),
        "keywords": node.map(|node| &node.top_keywords),
        "timestamp": node.map(|node| node.timestamp),
    })
}

fn table(hits: &[Hit], graph: &Graph) -> String {
    hits.iter()
        .filter_map(|hit| {
            let node = graph.nodes.get(hit.node)?;
            let date =
                node.timestamp.map_or_else(|| " ".repeat(10), |time| time.to_string()[..10].to_owned());
            Some(format!("{:.2}  {date}  {}  [{}]\n", hit.score, node.title, node.cluster_name))
        })
        .collect()
}
