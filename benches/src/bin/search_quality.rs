//! How well search finds what was asked for: nDCG@10 over labelled queries.
//!
//! `search_quality EXPORT QUERIES [--model DIR]` builds the export's vectors and words, asks every query of a JSON list
//! `[{qid, text, lang, relevant: {conversation id: grade}}]` and prints one JSON line a language: nDCG@10 (gain
//! `2^grade - 1`; queries without an answer are counted apart) by cosine alone, by cosine and words, and by cosine and words
//! where an index tells only so many cosines at a time (`--nearest`), as a search in the cloud does; how often and for how
//! many conversations a query asks that index a further time because of words; and for which share of the queries the ten best
//! are the same, and is it open whether they are.
#![expect(clippy::print_stdout, reason = "a measuring program prints its figures")]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use graphnode_core::clock::SystemClock;
use graphnode_core::matrix::dot;
use graphnode_core::options::BuildOptions;
use graphnode_core::watch::Unwatched;
use graphnode_embedding::SentenceEncoder;
use graphnode_pipeline::import::{Source, SourceRole};
use graphnode_pipeline::job::{Job, Means, Results, process_job};
use graphnode_pipeline::search::{Candidates, Query};
use serde::Deserialize;

#[derive(Parser)]
struct Arguments {
    /// The conversations to search
    export: PathBuf,
    /// The queries
    queries: PathBuf,
    /// Folder of the sentence model
    #[arg(long, env = "GRAPHNODE_MODEL", default_value = "models/all-MiniLM-L6-v2")]
    model: PathBuf,
    /// Cosines an index tells at a time
    #[arg(long, default_value_t = 300)]
    nearest: usize,
}

#[derive(Deserialize)]
struct Asked {
    text: String,
    lang: String,
    relevant: BTreeMap<String, f64>,
}

/// What is summed over the queries of a language.
#[derive(Default)]
struct Sums {
    queries: f64,
    unanswerable: f64,
    cosine: f64,
    hybrid: f64,
    candidates: f64,
    further: f64,
    asked_for: f64,
    equal: f64,
    unsettled: f64,
}

const DEPTH: usize = 10;
/// How often a search in the cloud asks its index because of words.
const ROUNDS: usize = 2;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let encoder = SentenceEncoder::load(&arguments.model)?;
    let results = build(&arguments, &encoder)?;
    let file = File::open(&arguments.queries).with_context(|| arguments.queries.display().to_string())?;
    let queries: Vec<Asked> = serde_json::from_reader(std::io::BufReader::new(file))?;
    let mut sums = BTreeMap::<String, Sums>::new();
    for asked in &queries {
        let sum = sums.entry(asked.lang.clone()).or_default();
        if asked.relevant.is_empty() {
            sum.unanswerable += 1.0;
            continue;
        }
        let query = Query::new(&asked.text, &encoder)?;
        let cosines: Vec<f32> =
            results.features.embeddings.iter_rows().map(|row| dot(row, &query.vector)).collect();
        let mut by_cosine: Vec<usize> = (0..cosines.len()).collect();
        by_cosine.sort_by(|&a, &b| cosines[b].total_cmp(&cosines[a]));
        let told = told(&query, &results, &cosines, &by_cosine[..arguments.nearest.min(by_cosine.len())]);
        sum.queries += 1.0;
        sum.cosine += ndcg(&by_cosine, asked, &results);
        let hybrid = numbers(query.rank(&cosines, &results.words, DEPTH));
        sum.hybrid += ndcg(&hybrid, asked, &results);
        sum.equal += f64::from(told.ranked == hybrid);
        sum.unsettled += f64::from(told.unsettled);
        sum.candidates += ndcg(&told.ranked, asked, &results);
        sum.further += told.further as f64;
        sum.asked_for += told.asked_for as f64;
    }
    for (lang, sum) in sums {
        let count = sum.queries;
        let line = serde_json::json!({"lang": lang, "queries": count, "unanswerable": sum.unanswerable,
            "cosine": sum.cosine / count, "hybrid": sum.hybrid / count, "candidates": sum.candidates / count,
            "conversations": results.graph.nodes.len(), "nearest": arguments.nearest,
            "further_calls": sum.further / count, "asked_for": sum.asked_for / count,
            "equal": sum.equal / count, "unsettled": sum.unsettled / count,
            "word_index_bytes": results.words.bytes()});
        println!("{line}");
    }
    Ok(())
}

fn numbers(ranked: Vec<(usize, f32)>) -> Vec<usize> {
    ranked.into_iter().map(|(node, _)| node).collect()
}

/// A ranking from what an index told.
struct Told {
    ranked: Vec<usize>,
    further: usize,
    asked_for: usize,
    /// Whether a conversation that was not asked for could still be among the best.
    unsettled: bool,
}

/// Ranks as `graphnode-searching` does, where `nearest` is what the index tells of a query.
fn told(query: &Query, results: &Results, cosines: &[f32], nearest: &[usize]) -> Told {
    let mut candidates = Candidates::new(query, &results.words);
    nearest.iter().for_each(|&node| candidates.add(node, cosines[node]));
    let (mut further, mut asked_for) = (0, 0);
    let farthest = nearest.last().map_or(0.0, |&node| cosines[node].clamp(0.0, 1.0));
    for _ in 0..ROUNDS {
        let mut missing = candidates.missing(DEPTH, farthest);
        missing.truncate(nearest.len());
        if missing.is_empty() || nearest.len() == cosines.len() {
            break;
        }
        further += 1;
        asked_for += missing.len();
        missing.into_iter().for_each(|node| candidates.add(node, cosines[node]));
    }
    let unsettled = nearest.len() < cosines.len() && !candidates.missing(DEPTH, farthest).is_empty();
    Told { ranked: numbers(candidates.best(DEPTH)), further, asked_for, unsettled }
}

fn build(arguments: &Arguments, encoder: &SentenceEncoder) -> anyhow::Result<Results> {
    let reader = File::open(&arguments.export).with_context(|| arguments.export.display().to_string())?;
    let name = arguments.export.display().to_string();
    let source = Source { name, role: SourceRole::Conversations, reader: Box::new(reader) };
    let job = Job::local(BuildOptions::default());
    let means = Means { encoder, clock: &SystemClock::default(), watch: &Unwatched };
    Ok(process_job(vec![source], &job, means)?)
}

/// Normalised discounted cumulative gain of the first [`DEPTH`] (Järvelin and Kekäläinen 2002).
fn ndcg(ranked: &[usize], asked: &Asked, results: &Results) -> f64 {
    let discounted = |gains: &mut dyn Iterator<Item = f64>| {
        gains
            .take(DEPTH)
            .enumerate()
            .map(|(place, grade)| (2_f64.powf(grade) - 1.0) / (place as f64 + 2.0).log2())
            .sum::<f64>()
    };
    let grade =
        |&node: &usize| asked.relevant.get(&results.graph.nodes[node].orig_id).copied().unwrap_or(0.0);
    let mut ideal: Vec<f64> = asked.relevant.values().copied().collect();
    ideal.sort_by(|a, b| b.total_cmp(a));
    discounted(&mut ranked.iter().map(grade)) / discounted(&mut ideal.into_iter())
}
