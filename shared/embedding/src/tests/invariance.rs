//! A vector depends on its text and the model alone.

use super::synthetic::{SyntheticModel, texts};
use crate::kernel::cpu::Cpu;
use crate::{LoadOptions, Precision, SentenceEncoder};
use graphnode_core::encoder::{EncodeError, Encoder};
use graphnode_core::watch::{Stage, Unwatched, Watch};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const PRECISIONS: [Precision; 2] = [Precision::Int8, Precision::F32];

fn options(precision: Precision) -> LoadOptions {
    LoadOptions { precision: Some(precision), name: None }
}

#[test]
fn company_order_and_threads_change_no_bit() {
    let model = SyntheticModel::new();
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for precision in PRECISIONS {
        let encoder = SentenceEncoder::load_with(&model.folder(), &options(precision)).unwrap();
        let together = encoder.encode(&texts, &Unwatched).unwrap();
        for (text, vector) in texts.iter().zip(together.iter_rows()) {
            assert_eq!(encoder.encode(&[text], &Unwatched).unwrap().row(0), vector, "{text:?}");
        }
        let reversed: Vec<&str> = texts.iter().rev().copied().collect();
        let vectors = encoder.encode(&reversed, &Unwatched).unwrap();
        for (row, vector) in vectors.iter_rows().enumerate() {
            assert_eq!(vector, together.row(texts.len() - 1 - row));
        }
        for threads in [1, 2, 3, 7] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| encoder.encode(&texts, &Unwatched)).unwrap(), together);
        }
    }
}

#[test]
fn instruction_sets_change_no_bit() {
    let model = SyntheticModel::new();
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for precision in PRECISIONS {
        let encode = |cpu: Cpu| {
            let encoder = SentenceEncoder::load_for(cpu, &model.folder(), &options(precision)).unwrap();
            encoder.encode(&texts, &Unwatched).unwrap()
        };
        let expected = encode(Cpu::detect());
        for cpu in Cpu::available() {
            assert_eq!(encode(cpu), expected, "{cpu:?}");
        }
    }
}

#[test]
fn vectors_have_unit_length_and_nothing_gives_no_rows() {
    let encoder = SentenceEncoder::load(&SyntheticModel::new().folder()).unwrap();
    assert_eq!(encoder.encode(&[], &Unwatched).unwrap().rows(), 0);
    let vectors = encoder.encode(&["", "the cat", " "], &Unwatched).unwrap();
    assert_eq!((vectors.rows(), vectors.columns()), (3, encoder.model().dimension));
    for vector in vectors.iter_rows() {
        let length: f32 = vector.iter().map(|value| value * value).sum();
        assert!((length - 1.0).abs() < 1e-5);
    }
    assert_eq!(vectors.row(0), vectors.row(2));
}

/// Notes the progress, and withdraws the work after a number of reports.
#[derive(Default)]
struct Recorder {
    reports: Mutex<Vec<(Stage, u64, u64)>>,
    stop_after: Option<usize>,
    asked: AtomicUsize,
}

impl Watch for Recorder {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        self.reports.lock().unwrap().push((stage, done, total));
    }

    fn cancelled(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.stop_after.is_some_and(|stop| self.reports.lock().unwrap().len() > stop)
    }
}

#[test]
fn progress_counts_texts_from_none_to_all() {
    let encoder = SentenceEncoder::load(&SyntheticModel::new().folder()).unwrap();
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let recorder = Recorder::default();
    encoder.encode(&texts, &recorder).unwrap();
    let reports = recorder.reports.into_inner().unwrap();
    let total = texts.len() as u64;
    assert_eq!(reports[0], (Stage::Embed, 0, total));
    assert_eq!(reports[reports.len() - 1], (Stage::Embed, total, total));
    assert!(reports.is_sorted_by(|left, right| left.1 < right.1));
}

#[test]
fn withdrawn_work_stops() {
    let encoder = SentenceEncoder::load(&SyntheticModel::new().folder()).unwrap();
    let texts = vec!["the cat sleeps."; 1000];
    let recorder = Recorder { stop_after: Some(3), ..Recorder::default() };
    assert!(matches!(encoder.encode(&texts, &recorder), Err(EncodeError::Cancelled(_))));
    let done = recorder.reports.into_inner().unwrap().iter().map(|report| report.1).max();
    assert!(done.unwrap() < 1000);
}
