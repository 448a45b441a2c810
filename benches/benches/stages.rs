//! How long each stage takes, on the sample history: `cargo bench -p graphnode-benches`.
//!
//! Stages that are functions of the pipeline's interface are called alone. The others are timed inside whole jobs, by a
//! clock that runs a thousand times as fast, so that the job's own milliseconds are microseconds; `job/import` holds
//! cleaning and digesting, `job/neighbours` the space. The encoder costs next to nothing.
#![expect(missing_docs, reason = "the macro makes a public function without a word")]
#![expect(clippy::unwrap_used, reason = "what cannot be measured ends the run")]

use std::hint::black_box;
use std::io::Cursor;
use std::time::Duration;

use criterion::{BatchSize, Criterion, SamplingMode, criterion_group, criterion_main};
use graphnode_core::clock::{Clock, SystemClock};
use graphnode_core::matrix::Matrix;
use graphnode_core::options::{BuildOptions, DetailLevel, Language};
use graphnode_core::watch::{Stage, Unwatched};
use graphnode_pipeline::clean::clean;
use graphnode_pipeline::import::{Limits, Source, SourceRole, import};
use graphnode_pipeline::job::{Job, Means, Results, process_job};
use graphnode_pipeline::layout::place_new;
use graphnode_pipeline::neighbours::{nearest_exactly, nearest_probed};
use graphnode_pipeline::search::Query;
use graphnode_pipeline::summary::summarise;
use graphnode_testkit::encoder::HashingEncoder;
use graphnode_viewer::page;
use jiff::Timestamp;

const SAMPLE: &[u8] = include_bytes!("../../examples/sample/conversations.json");

fn sources() -> Vec<Source> {
    let reader = Box::new(Cursor::new(SAMPLE));
    vec![Source { name: "sample".to_owned(), role: SourceRole::Conversations, reader }]
}

/// A clock a thousand times as fast as the system's.
#[derive(Default)]
struct Magnified(SystemClock);

impl Clock for Magnified {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed() * 1_000
    }
}

fn job() -> Results {
    let job = Job::local(BuildOptions::default());
    let (encoder, clock) = (HashingEncoder::default(), Magnified::default());
    process_job(sources(), &job, Means { encoder: &encoder, clock: &clock, watch: &Unwatched }).unwrap()
}

fn inside_jobs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("job");
    group.sampling_mode(SamplingMode::Flat);
    let parts = [
        Stage::Import,
        Stage::Keywords,
        Stage::Neighbours,
        Stage::Clusters,
        Stage::Names,
        Stage::Edges,
        Stage::Layout,
        Stage::Summary,
    ];
    for stage in parts {
        group.bench_function(stage.name(), |bencher| {
            bencher.iter_custom(|times| {
                let one = |_| Duration::from_micros(job().report.timings_ms[stage.name()]);
                (0..times).map(one).sum()
            });
        });
    }
    group.bench_function("whole", |bencher| bencher.iter(job));
    group.finish();
}

fn text(criterion: &mut Criterion) {
    let read = || {
        let mut texts = Vec::new();
        import(sources(), &Limits::default(), &Unwatched, &mut |conversation| {
            texts.extend(conversation.sections.into_iter().map(|section| section.text));
        })
        .unwrap();
        texts
    };
    let texts = read();
    criterion.bench_function("import", |bencher| bencher.iter(read));
    criterion.bench_function("clean", |bencher| {
        bencher.iter(|| texts.iter().map(|text| clean(black_box(text)).len()).sum::<usize>());
    });
}

/// Rows around fifty directions, without anything random.
fn space(rows: usize) -> Matrix {
    let mut space = Matrix::zeros(rows, 384);
    for row in 0..rows {
        for (column, value) in space.row_mut(row).iter_mut().enumerate() {
            let (own, shared) = ((row * 384 + column) as f32, (row % 50 * 384 + column) as f32);
            *value = (own * 12.9898).sin() + (shared * 78.233).sin();
        }
    }
    space.normalise_rows();
    space
}

fn vectors(criterion: &mut Criterion) {
    let space = space(5_000);
    criterion.bench_function("neighbours/exact 5000", |bencher| {
        bencher.iter(|| nearest_exactly(&space, 25, &Unwatched).unwrap());
    });
    criterion.bench_function("neighbours/probed 5000", |bencher| {
        bencher.iter(|| nearest_probed(&space, 25, &Unwatched).unwrap());
    });
    let known: Vec<Option<[f32; 2]>> = (0..5_000_usize)
        .map(|row| {
            let angle = (row % 50) as f32 / 8.0;
            (row >= 10).then(|| [angle.sin() * 0.9, angle.cos() * 0.9])
        })
        .collect();
    criterion.bench_function("layout/10 new among 5000", |bencher| {
        bencher.iter(|| place_new(&space, &known, &Unwatched).unwrap());
    });
}

fn results(criterion: &mut Criterion) {
    let made = job();
    let encoder = HashingEncoder::default();
    let cosines = vec![0.0; made.graph.nodes.len()];
    criterion.bench_function("search", |bencher| {
        let query = || Query::new("how do I plan a garden", &encoder).unwrap();
        bencher.iter_batched(query, |query| query.rank(&cosines, &made.words, 10), BatchSize::SmallInput);
    });
    criterion.bench_function("summary", |bencher| {
        let made_at = Timestamp::UNIX_EPOCH;
        bencher.iter(|| summarise(&made.graph, Language::En, DetailLevel::Standard, made_at, None));
    });
    criterion.bench_function("page", |bencher| bencher.iter(|| page(&made.graph, made.summary.as_ref())));
}

criterion_group! {
    name = stages;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = text, inside_jobs, vectors, results
}
criterion_main!(stages);
