//! `graphnode search`: what in the history is about this?

use graphnode_adapters::exact_index::ExactIndex;
use graphnode_core::contract::{Graph, Node, rounded};
use graphnode_core::encoder::Encoder;
use graphnode_pipeline::search::{Query, WordIndex};
use serde_json::{Value, json};

use super::{files, load_model, read_graph};
use crate::cli::Search;
use crate::failure::Failure;
use crate::output;

/// A conversation that was found, and its score.
type Hit<'a> = (&'a Node, f32);

/// Prints the conversations that are nearest to the words and share most of them.
pub(super) fn run(arguments: &Search, json: bool) -> Result<(), Failure> {
    if arguments.words.trim().is_empty() {
        return Err(Failure::NoWords);
    }
    let vectors = ExactIndex::open(&arguments.dir.join(files::FEATURES))?;
    let graph = read_graph(&arguments.dir)?;
    let words = read_words(arguments)?;
    let encoder = load_model(&arguments.model)?;
    let present = encoder.model();
    if vectors.model() != (&present.name, present.precision) || vectors.dimension() != present.dimension {
        let (name, precision) = vectors.model();
        return Err(Failure::OtherModel {
            dir: arguments.dir.clone(),
            built: format!("{name} ({precision})"),
            present: format!("{} ({})", present.name, present.precision),
        });
    }
    let query = Query::new(&arguments.words, &encoder)?;
    let ranked = query.rank(&vectors.similarities(&query.vector), &words, arguments.limit);
    let hits: Vec<Hit<'_>> =
        ranked.into_iter().filter_map(|(node, score)| Some((graph.nodes.get(node)?, score))).collect();
    output::show(json, &Value::from(hits.iter().map(described).collect::<Vec<_>>()), || table(&hits, &graph));
    Ok(())
}

fn read_words(arguments: &Search) -> Result<WordIndex, Failure> {
    let path = arguments.dir.join(files::WORDS);
    let problem = |problem: String| Failure::Graph { path: path.clone(), problem };
    let bytes = std::fs::read(&path).map_err(|error| problem(error.to_string()))?;
    WordIndex::read(&bytes).map_err(|error| problem(error.to_string()))
}

fn described(&(node, score): &Hit<'_>) -> Value {
    json!({
        "id": node.orig_id,
        "score": rounded(f64::from(score)),
        "title": node.title,
        "cluster": node.cluster_name,
        "keywords": node.top_keywords,
        "timestamp": node.timestamp,
    })
}

fn table(hits: &[Hit<'_>], graph: &Graph) -> String {
    if hits.is_empty() {
        return format!("nothing found among {} conversations", graph.nodes.len());
    }
    hits.iter()
        .map(|(node, score)| {
            let date = node.timestamp.map_or_else(|| " ".repeat(10), |time| time.strftime("%F").to_string());
            format!("{score:.2}  {date}  {}  [{}]\n", node.title, node.cluster_name)
        })
        .collect()
}
