//! What rounding to int8 costs and gains on a file of texts, as one line of JSON.
//!
//! `precision MODEL_FOLDER TEXTS.json [PREPARED_FOLDER]`: prepares the original model (in a temporary folder
//! unless another is named) and compares its vectors with those in f32.
#![expect(clippy::print_stdout, reason = "a program for the command line")]

use graphnode_core::encoder::Encoder;
use graphnode_core::matrix::dot;
use graphnode_core::watch::Unwatched;
use graphnode_embedding::{LoadOptions, Precision, PrepareOptions, SentenceEncoder, prepare};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, texts, rest @ ..] = &arguments[..] else {
        return Err("usage: precision MODEL_FOLDER TEXTS.json [PREPARED_FOLDER]".into());
    };
    let folder = Path::new(folder);
    let texts: Vec<String> = serde_json::from_str(&std::fs::read_to_string(texts)?)?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();

    let temporary = tempfile::tempdir()?;
    let target = rest.first().map_or_else(|| temporary.path().join("model"), PathBuf::from);
    let begin = Instant::now();
    let prepared = prepare(folder, &target, &PrepareOptions::default(), &Unwatched)?;
    let prepare_ms = begin.elapsed().as_secs_f64() * 1e3;
    let begin = Instant::now();
    let int8 = SentenceEncoder::load(&target)?;
    let load_ms = begin.elapsed().as_secs_f64() * 1e3;

    let options = LoadOptions { precision: Some(Precision::F32), name: None };
    let expected = SentenceEncoder::load_with(folder, &options)?.encode(&texts, &Unwatched)?;
    let vectors = int8.encode(&texts, &Unwatched)?;
    let mut cosines: Vec<f32> = expected
        .iter_rows()
        .zip(vectors.iter_rows())
        .map(|(expected, vector)| dot(expected, vector))
        .collect();
    cosines.sort_by(f32::total_cmp);
    let report = serde_json::json!({
        "texts": texts.len(),
        "cosine_mean": cosines.iter().map(|&cosine| f64::from(cosine)).sum::<f64>() / cosines.len() as f64,
        "cosine_least": cosines.first(),
        "cosine_first_percentile": cosines.get(cosines.len() / 100),
        "prepared_bytes": prepared.bytes,
        "prepare_ms": prepare_ms,
        "load_ms": load_ms,
    });
    println!("{report}");
    Ok(())
}
