//! Against sentence-transformers: the tokens exactly, the vectors by cosine.
//!
//! Needs the original all-MiniLM-L6-v2 folder in `GRAPHNODE_MODEL_SOURCE`; without it, says so and passes.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test program")]

use graphnode_core::encoder::Encoder;
use graphnode_core::matrix::{dot, normalise};
use graphnode_core::watch::Unwatched;
use graphnode_embedding::{LoadOptions, Precision, PrepareOptions, SentenceEncoder, prepare, verify};
use serde::Deserialize;
use std::path::PathBuf;

#[derive(Deserialize)]
struct Golden {
    max_tokens: usize,
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    text: String,
    tokens: Vec<u32>,
    vector: Vec<f32>,
}

/// The original model; `None`, loudly, when it is not there.
fn source() -> Option<PathBuf> {
    let folder = std::env::var_os("GRAPHNODE_MODEL_SOURCE").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("SKIPPED: GRAPHNODE_MODEL_SOURCE does not name an original all-MiniLM-L6-v2 folder");
    }
    folder
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/all-MiniLM-L6-v2.json")).unwrap()
}

fn encoder(folder: &std::path::Path, precision: Precision) -> SentenceEncoder {
    SentenceEncoder::load_with(folder, &LoadOptions { precision: Some(precision), name: None }).unwrap()
}

fn cosines(encoder: &SentenceEncoder) -> Vec<f32> {
    let golden = golden();
    assert_eq!(encoder.model().max_tokens, golden.max_tokens);
    let texts: Vec<&str> = golden.records.iter().map(|record| record.text.as_str()).collect();
    let vectors = encoder.encode(&texts, &Unwatched).unwrap();
    let mut cosines = Vec::new();
    for (record, vector) in golden.records.iter().zip(vectors.iter_rows()) {
        assert_eq!(encoder.token_ids(&record.text).unwrap(), record.tokens, "{:?}", record.text);
        let mut expected = record.vector.clone();
        normalise(&mut expected);
        cosines.push(dot(vector, &expected));
    }
    cosines
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len() as f32
}

fn least(values: &[f32]) -> f32 {
    values.iter().copied().fold(f32::INFINITY, f32::min)
}

#[test]
fn f32_vectors_are_those_of_sentence_transformers() {
    let Some(source) = source() else { return };
    let cosines = cosines(&encoder(&source, Precision::F32));
    assert!(least(&cosines) >= 0.99999, "{cosines:?}");
}

#[test]
fn int8_vectors_are_close_to_those_of_sentence_transformers() {
    let Some(source) = source() else { return };
    let cosines = cosines(&encoder(&source, Precision::Int8));
    println!("int8 against f32: mean {}, least {}", mean(&cosines), least(&cosines));
    assert!(mean(&cosines) >= 0.99 && least(&cosines) >= 0.97, "{cosines:?}");
}

#[test]
fn a_prepared_model_gives_the_very_vectors_of_its_source() {
    let Some(source) = source() else { return };
    let golden = golden();
    let texts: Vec<&str> = golden.records.iter().map(|record| record.text.as_str()).collect();
    let folder = tempfile::tempdir().unwrap();
    for precision in [Precision::Int8, Precision::F32] {
        let target = folder.path().join(precision.name());
        let options = PrepareOptions { precision, name: Some("mini".to_owned()), expected_sha256: None };
        let prepared = prepare(&source, &target, &options, &Unwatched).unwrap();
        verify(&target).unwrap();
        let loaded = SentenceEncoder::load(&target).unwrap();
        assert_eq!(loaded.model(), &prepared.identity);
        let expected = encoder(&source, precision).encode(&texts, &Unwatched).unwrap();
        assert_eq!(loaded.encode(&texts, &Unwatched).unwrap(), expected);
    }
}

#[test]
fn the_english_vocabulary_knows_english_and_neither_korean_nor_chinese() {
    let Some(source) = source() else { return };
    let encoder = encoder(&source, Precision::Int8);
    for english in [
        "How do I undo the last commit without losing my changes?",
        "The harbour master keeps three ledgers, and nobody else is allowed to write in them.",
        "Could you please summarise the quarterly earnings report in two paragraphs?",
        "I am a bit late, so go on without me.",
    ] {
        assert!(encoder.vocabulary_fit(english) > 0.85, "{english}: {}", encoder.vocabulary_fit(english));
    }
    for foreign in [
        "오늘 저녁에 뭐 먹을까? 김치찌개가 좋을 것 같아.",
        "데이터베이스 연결이 자꾸 끊어지는데 어떻게 해결하나요?",
        "我想学习如何分析销售数据。",
        "今天下午三点在图书馆门口见面，别迟到了！",
    ] {
        assert!(encoder.vocabulary_fit(foreign) < 0.3, "{foreign}: {}", encoder.vocabulary_fit(foreign));
    }
    assert_eq!(encoder.vocabulary_fit("12:30 🎉"), 1.0);
}
