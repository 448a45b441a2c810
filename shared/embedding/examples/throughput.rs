//! Tokens per second of a model on a file of texts, as one line of JSON.
//!
//! `throughput MODEL_FOLDER TEXTS [int8|f32] [THREADS] [ROUNDS]`; `TEXTS` has one text a line, or is a JSON
//! array of texts. The best of the rounds counts.
#![expect(clippy::print_stdout, reason = "a program for the command line")]

use graphnode_core::encoder::Encoder;
use graphnode_core::watch::Unwatched;
use graphnode_embedding::{LoadOptions, Precision, SentenceEncoder};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, texts, rest @ ..] = &arguments[..] else {
        return Err("usage: throughput MODEL_FOLDER TEXTS [int8|f32] [THREADS] [ROUNDS]".into());
    };
    let precision = match rest.first().map(String::as_str) {
        None => None,
        Some("int8") => Some(Precision::Int8),
        Some("f32") => Some(Precision::F32),
        Some(other) => return Err(format!("precision {other} is neither int8 nor f32").into()),
    };
    let threads: usize = rest.get(1).map_or(Ok(0), |threads| threads.parse())?;
    let rounds: usize = rest.get(2).map_or(Ok(3), |rounds| rounds.parse())?;

    let begin = Instant::now();
    let encoder = SentenceEncoder::load_with(Path::new(folder), &LoadOptions { precision, name: None })?;
    let load = begin.elapsed();
    let text = std::fs::read_to_string(texts)?;
    let texts: Vec<String> =
        serde_json::from_str(&text).unwrap_or_else(|_| text.lines().map(str::to_owned).collect());
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let begin = Instant::now();
    let ids = texts.iter().map(|text| encoder.token_ids(text)).collect::<Result<Vec<_>, _>>()?;
    let tokenizing = begin.elapsed();
    let tokens: usize = ids.iter().map(Vec::len).sum();

    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let (mut best, mut best_cpu) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..rounds {
        let (begin, cpu) = (Instant::now(), cpu_seconds());
        pool.install(|| encoder.encode(&texts, &Unwatched))?;
        best = best.min(begin.elapsed().as_secs_f64());
        best_cpu = best_cpu.min(cpu_seconds() - cpu);
    }
    let report = serde_json::json!({
        "model": encoder.model(),
        "threads": pool.current_num_threads(),
        "texts": texts.len(),
        "tokens": tokens,
        "seconds": best,
        "tokens_per_second": (tokens as f64 / best).round(),
        // What the machine would do with nobody else on it.
        "tokens_per_cpu_second": (tokens as f64 / best_cpu).round(),
        "load_ms": load.as_secs_f64() * 1e3,
        "tokenizing_share_of_a_thread": tokenizing.as_secs_f64() / best,
        "peak_rss_mb": peak_memory(),
    });
    println!("{report}");
    Ok(())
}

/// Largest resident set so far, in megabytes; `None` where the system does not say.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
}

/// Time that all threads have worked so far; 0 where the system does not say.
fn cpu_seconds() -> f64 {
    // Fields 14 and 15, counted from behind the name in brackets: user and system time in hundredths.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
