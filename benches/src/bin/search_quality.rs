//! How well search finds what was asked for: nDCG@10 over labelled queries.
//!
//! `search_quality EXPORT QUERIES [--model DIR]` builds the export's vectors and words, asks every query of a JSON list
//! `[{qid, text, lang, relevant: {conversation id: grade}}]` and prints one JSON line a language: nDCG@10 (gain
//! `2^grade - 1`; queries without an answer are counted apart) by cosine alone and by cosine and words.
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
use graphnode_pipeline::search::Query;
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
}

#[derive(Deserialize)]
struct Asked {
    text: String,
    lang: String,
    relevant: BTreeMap<String, f64>,
}

const DEPTH: usize = 10;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let encoder = SentenceEncoder::load(&arguments.model)?;
    let results = build(&arguments, &encoder)?;
    let file = File::open(&arguments.queries).with_context(|| arguments.queries.display().to_string())?;
    let queries: Vec<Asked> = serde_json::from_reader(std::io::BufReader::new(file))?;
    let mut sums = BTreeMap::<String, [f64; 4]>::new();
    for asked in &queries {
        let query = Query::new(&asked.text, &encoder)?;
        let cosines: Vec<f32> =
            results.features.embeddings.iter_rows().map(|row| dot(row, &query.vector)).collect();
        let mut by_cosine: Vec<usize> = (0..cosines.len()).collect();
        by_cosine.sort_by(|&a, &b| cosines[b].total_cmp(&cosines[a]));
        let hybrid: Vec<usize> =
            query.rank(&cosines, &results.words, DEPTH).into_iter().map(|(node, _)| node).collect();
        let sum = sums.entry(asked.lang.clone()).or_default();
        if asked.relevant.is_empty() {
            sum[3] += 1.0;
            continue;
        }
        sum[0] += 1.0;
        sum[1] += ndcg(&by_cosine, asked, &results);
        sum[2] += ndcg(&hybrid, asked, &results);
    }
    for (lang, [count, cosine, hybrid, unanswerable]) in sums {
        let line = serde_json::json!({"lang": lang, "queries": count, "unanswerable": unanswerable,
            "cosine": cosine / count, "hybrid": hybrid / count});
        println!("{line}");
    }
    Ok(())
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
