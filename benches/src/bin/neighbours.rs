//! What the nearest neighbours of N vectors cost, and how many of them are found.
//!
//! `neighbours [--rows N,...] [--columns D] [--count K] [--texts FILE [--model DIR]] [--exact] [--probed]` prints one
//! JSON line for each number of rows and each way: seconds, the peak of memory so far, method and the recall over rows
//! drawn independently of those the index measures itself on. With `--texts` the vectors are those of the file's lines, and beyond
//! them means of two with a little noise; without, a mixture of overlapping Gaussian clusters in forty dimensions,
//! turned into D with noise in all of them.
#![expect(clippy::print_stdout, reason = "a measuring program prints its figures")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use clap::Parser;
use graphnode_core::encoder::Encoder as _;
use graphnode_core::matrix::{Matrix, dot};
use graphnode_core::watch::{Cancelled, Unwatched, Watch};
use graphnode_embedding::SentenceEncoder;
use graphnode_pipeline::neighbours::{Found, MOST_EXACT, Method, nearest_exactly, nearest_probed};

#[derive(Parser)]
struct Arguments {
    /// Vectors
    #[arg(long, value_delimiter = ',', default_value = "50000")]
    rows: Vec<usize>,
    /// Values of a vector, where there are no texts
    #[arg(long, default_value_t = 384)]
    columns: usize,
    /// Neighbours of each
    #[arg(long, default_value_t = 15)]
    count: usize,
    /// Texts to take vectors of, one a line
    #[arg(long)]
    texts: Option<PathBuf>,
    /// Folder of the sentence model
    #[arg(long, env = "GRAPHNODE_MODEL", default_value = "models/all-MiniLM-L6-v2")]
    model: PathBuf,
    /// Compare all pairs, however many rows
    #[arg(long)]
    exact: bool,
    /// Use the index, however few rows; without a choice, as the pipeline does
    #[arg(long)]
    probed: bool,
}

/// Rows whose neighbours are checked.
const CHECKED: usize = 500;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let most = arguments.rows.iter().copied().max().unwrap_or_default();
    let vectors = match &arguments.texts {
        Some(texts) => of_texts(texts, most, &arguments.model)?,
        None => mixture(most, arguments.columns),
    };
    let searches: [(bool, Search); 3] = [
        (!arguments.exact && !arguments.probed, by_default),
        (arguments.exact, exactly),
        (arguments.probed, nearest_probed),
    ];
    for &rows in &arguments.rows {
        let part = (rows < most).then(|| first_rows(&vectors, rows));
        for (_, search) in searches.iter().filter(|(wanted, _)| *wanted) {
            measure(part.as_ref().unwrap_or(&vectors), arguments.count, *search)?;
        }
    }
    Ok(())
}

type Search = fn(&Matrix, usize, &dyn Watch) -> Result<Found, Cancelled>;

fn exactly(vectors: &Matrix, count: usize, watch: &dyn Watch) -> Result<Found, Cancelled> {
    Ok(Found { lists: nearest_exactly(vectors, count, watch)?, method: Method::Exact })
}

fn by_default(vectors: &Matrix, count: usize, watch: &dyn Watch) -> Result<Found, Cancelled> {
    let search = if vectors.rows() <= MOST_EXACT { exactly } else { nearest_probed };
    search(vectors, count, watch)
}

fn measure(vectors: &Matrix, count: usize, search: Search) -> Result<(), Cancelled> {
    let start = Instant::now();
    let found = search(vectors, count, &Unwatched)?;
    let seconds = start.elapsed().as_secs_f64();
    let peak = peak_megabytes();
    let method = match found.method {
        Method::Probed { cells, probes, recall } => {
            serde_json::json!({"cells": cells, "probes": probes, "own_recall": recall})
        }
        _ => "exact".into(),
    };
    let line = serde_json::json!({"rows": vectors.rows(), "columns": vectors.columns(), "count": count,
        "seconds": seconds, "peak_mb": peak, "method": method, "recall": recall(vectors, &found, count)});
    println!("{line}");
    Ok(())
}

fn first_rows(vectors: &Matrix, rows: usize) -> Matrix {
    Matrix::from_data(vectors.columns(), vectors.data()[..rows * vectors.columns()].to_vec())
}

fn of_texts(path: &Path, rows: usize, model: &Path) -> anyhow::Result<Matrix> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(rows).collect();
    anyhow::ensure!(!lines.is_empty(), "{} has no lines", path.display());
    let real = SentenceEncoder::load(model)?.encode(&lines, &Unwatched)?;
    let mut random = Random(7);
    let mut vectors = Matrix::zeros(rows, real.columns());
    for row in 0..rows {
        let target = vectors.row_mut(row);
        if row < real.rows() {
            target.copy_from_slice(real.row(row));
            continue;
        }
        let (one, two) = (random.below(real.rows()), random.below(real.rows()));
        for (place, value) in target.iter_mut().enumerate() {
            *value = 0.7 * real.row(one)[place] + 0.3 * real.row(two)[place] + 0.01 * random.normal();
        }
    }
    vectors.normalise_rows();
    Ok(vectors)
}

fn mixture(rows: usize, columns: usize) -> Matrix {
    const INNER: usize = 40;
    const CLUSTERS: usize = 500;
    let mut random = Random(3);
    let mut normal = |count: usize| (0..count).map(|_| random.normal()).collect::<Vec<f32>>();
    let directions = Matrix::from_data(INNER, normal(columns * INNER));
    let centres = Matrix::from_data(INNER, normal(CLUSTERS * INNER));
    let mut vectors = Matrix::zeros(rows, columns);
    for row in 0..rows {
        let own = normal(INNER);
        let centre = centres.row(row * 7_919 % CLUSTERS);
        let inner: Vec<f32> = own.iter().zip(centre).map(|(own, centre)| own + 0.7 * centre).collect();
        let noise = normal(columns);
        for (column, value) in vectors.row_mut(row).iter_mut().enumerate() {
            *value = dot(&inner, directions.row(column)) + 0.5 * noise[column];
        }
    }
    vectors.normalise_rows();
    vectors
}

/// Share of the true neighbours of some rows that are among those found.
fn recall(vectors: &Matrix, found: &Found, count: usize) -> f64 {
    let mut random = Random(11);
    let (mut hits, mut all) = (0, 0);
    for _ in 0..CHECKED.min(vectors.rows()) {
        let row = random.below(vectors.rows());
        let mut others: Vec<(u32, f32)> = (0..vectors.rows())
            .filter(|&other| other != row)
            .map(|other| (other as u32, dot(vectors.row(row), vectors.row(other))))
            .collect();
        others.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        others.truncate(count);
        let list = &found.lists[row];
        hits += others.iter().filter(|(other, _)| list.iter().any(|(known, _)| known == other)).count();
        all += others.len();
    }
    f64::from(hits as u32) / f64::from(all.max(1) as u32)
}

/// SplitMix64, so that every run measures the same vectors.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (((self.next() >> 32) * bound as u64) >> 32) as usize
    }

    /// Of the standard normal distribution (Box and Muller 1958).
    fn normal(&mut self) -> f32 {
        let unit = |bits: u64| (bits >> 40) as f32 / (1_u64 << 24) as f32;
        let radius = (-2.0 * (1.0 - unit(self.next())).ln()).sqrt();
        radius * (std::f32::consts::TAU * unit(self.next())).cos()
    }
}

/// Largest resident set of this process so far, where the system tells.
fn peak_megabytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}
