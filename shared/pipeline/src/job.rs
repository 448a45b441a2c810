//! One job from sources to results: the function the worker, the Fargate task and one machine all call.

use std::collections::BTreeMap;
use std::time::Duration;

use graphnode_core::clock::Clock;
use graphnode_core::contract::{Features, Graph, Report, ReportCounts, SkippedItem, Summary};
use graphnode_core::encoder::{EncodeError, Encoder};
use graphnode_core::ids::{GraphId, TaskId, UserId};
use graphnode_core::matrix::Matrix;
use graphnode_core::options::BuildOptions;
use graphnode_core::watch::{Cancelled, Silent, Stage, Watch};

use crate::assemble::{self, Build};
use crate::clusters::Clusters;
use crate::digest::{Digester, Document, LeftOut};
use crate::embed::{Embedded, Tongue};
use crate::import::limits::LISTED_SKIPS;
use crate::import::{ImportError, ImportReport, Limits, Source, import};
use crate::keywords::corpus::korean_nouns;
use crate::keywords::keywords;
use crate::manifold::graph::{NEIGHBOURS, SPARE};
use crate::neighbours::{Neighbours, nearest};
use crate::search::WordIndex;
use crate::summary::{NodeSignals, summarise};
use crate::{clusters, edges, embed, layout, names, space};

/// Whose job it is and what was asked for.
#[derive(Debug, Clone)]
pub struct Job {
    /// The person.
    pub user_id: UserId,
    /// The person's graph.
    pub graph_id: GraphId,
    /// This job.
    pub task_id: TaskId,
    /// Grows with every build of the graph.
    pub generation: u64,
    /// What the person chose.
    pub options: BuildOptions,
    /// How much an import takes on.
    pub limits: Limits,
}

impl Job {
    /// The job of one machine: there is one person and one graph a folder, so the ids are always the same.
    #[must_use]
    pub fn local(options: BuildOptions) -> Self {
        Self {
            user_id: UserId::local(),
            graph_id: GraphId::default(),
            task_id: TaskId::local(),
            generation: 1,
            options,
            limits: Limits::default(),
        }
    }
}

/// What a job works with.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// Makes the vectors.
    pub encoder: &'a dyn Encoder,
    /// Tells the time for `generated_at` and for timings; nothing else depends on it.
    pub clock: &'a dyn Clock,
    /// Hears of progress, says when to stop.
    pub watch: &'a dyn Watch,
}

/// What a job made, ready to be written: `features.json` last, as its appearance starts the indexing.
#[derive(Debug)]
pub struct Results {
    /// `graph.json`.
    pub graph: Graph,
    /// `summary.json`, where one was asked for.
    pub summary: Option<Summary>,
    /// `graph.html`.
    pub page: String,
    /// `report.json`.
    pub report: Report,
    /// `words.bin`, what search compares beside the vectors.
    pub words: WordIndex,
    /// `features.json`.
    pub features: Features,
}

/// Why a job failed. No message holds a word of a chat.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// The caller withdrew the work.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// Nothing could be imported.
    #[error(transparent)]
    Import(ImportError),
    /// The model could not process a text.
    #[error(transparent)]
    Encode(EncodeError),
    /// The export is readable, and nothing in it has words.
    #[error(
        "the export holds no conversation with words ({read} read, {skipped} skipped): export again after a chat"
    )]
    NothingToShow {
        /// Conversations and notes read.
        read: u64,
        /// Items skipped.
        skipped: u64,
    },
}

impl From<ImportError> for JobError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            other => Self::Import(other),
        }
    }
}

impl From<EncodeError> for JobError {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            other @ EncodeError::Failed(_) => Self::Encode(other),
        }
    }
}

/// Makes the results of `job` from `sources`.
///
/// Works in the caller's `rayon` pool. Apart from `generated_at` and timings the results are a function of the
/// sources' content and the options: neither threads nor the order of conversations change a byte.
///
/// # Errors
/// [`JobError`]; no error is mended by trying the same again.
pub fn process_job(sources: Vec<Source>, job: &Job, means: Means<'_>) -> Result<Results, JobError> {
    let mut stopwatch = Stopwatch::new(means.clock);
    let (mut documents, imported, left) = read(sources, job, means.watch)?;
    let counts = counts(&documents, &imported, &left);
    stopwatch.lap(Stage::Import);

    let mut embedded = embed::embed(&documents, means.encoder, means.watch)?;
    // What was embedded is needed no more, and is as large as the text.
    documents.iter_mut().for_each(|document| document.chunks = Vec::new());
    stopwatch.lap(Stage::Embed);
    let nouns = korean_nouns(&documents);
    let keywords = keywords(&documents, &embedded, &nouns, means.encoder, means.watch)?;
    stopwatch.lap(Stage::Keywords);
    let space = space::space(&documents, &embedded, &nouns);
    embedded.style = Matrix::default();
    let neighbours = nearest(&space, NEIGHBOURS + SPARE, means.watch)?;
    stopwatch.lap(Stage::Neighbours);
    let clusters = clusters::clusters(&space, &neighbours, job.options.clusters, means.watch)?;
    stopwatch.lap(Stage::Clusters);
    let members = clusters.members();
    let centroids = clusters::centroids(&embedded.meaning, &clusters.labels);
    let themes = names::themes(&keywords, &members, &centroids, means.encoder, means.watch)?;
    let cluster_names = names::names(&themes, job.options.language);
    stopwatch.lap(Stage::Names);
    let pairs = edges::pairs(&space, &clusters.graph, &neighbours);
    let edges = edges::edges(&pairs, &clusters.labels, &keywords);
    drop(space);
    stopwatch.lap(Stage::Edges);
    // The map is walked by one thread; the word index has work for the others meanwhile.
    let (places, words) = rayon::join(
        || map(&clusters, &neighbours, &embedded, means.watch),
        || WordIndex::build(&documents, &embedded.glosses),
    );
    let places = places?;
    drop(neighbours);
    stopwatch.lap(Stage::Layout);

    let build = Build {
        job,
        model: means.encoder.model(),
        tongues: &embedded.tongues,
        generated_at: means.clock.now(),
        documents: &documents,
        vectors: &embedded.meaning,
        keywords: &keywords,
        clusters: &clusters,
        themes: &themes,
        names: &cluster_names,
        pairs: &pairs,
        places: &places,
    };
    let mut graph = assemble::graph(&build, edges, counts);
    let signals: Vec<NodeSignals> = documents.iter().map(|document| document.signals).collect();
    let summary = job.options.include_summary.then(|| {
        summarise(
            &graph,
            job.options.summary_language,
            job.options.detail_level,
            build.generated_at,
            Some(&signals),
        )
    });
    stopwatch.lap(Stage::Summary);
    graph.metadata.pipeline.timings_ms = stopwatch.milliseconds();
    let page = graphnode_viewer::page(&graph, summary.as_ref());
    let report =
        assemble::report(&build, &imported, skipped(&imported, &left), counts, stopwatch.milliseconds());
    let features = assemble::features(&build);
    Ok(Results { graph, summary, page, report, words, features })
}

/// The map answers to the space of the clusters and, where the two differ much, to the vectors that search compares.
fn map(
    clusters: &Clusters,
    neighbours: &[Neighbours],
    embedded: &Embedded,
    watch: &dyn Watch,
) -> Result<Matrix, Cancelled> {
    if embedded.tongues.iter().all(|&tongue| tongue == Tongue::Known) {
        return layout::layout(&clusters.points, &[neighbours], watch);
    }
    let by_meaning = nearest(&embedded.meaning, layout::NEIGHBOURS, &Silent(watch))?;
    layout::layout(&clusters.points, &[neighbours, &by_meaning], watch)
}

type Imported = (Vec<Document>, ImportReport, LeftOut);

fn read(sources: Vec<Source>, job: &Job, watch: &dyn Watch) -> Result<Imported, JobError> {
    let mut digester = Digester::default();
    let report = import(sources, &job.limits, watch, &mut |conversation| digester.add(conversation))?;
    let (documents, left) = digester.finish();
    if documents.is_empty() {
        let read = report.conversations + report.notes;
        return Err(JobError::NothingToShow { read, skipped: report.skipped_total });
    }
    Ok((documents, report, left))
}

fn counts(documents: &[Document], imported: &ImportReport, left: &LeftOut) -> ReportCounts {
    let sum = |count: fn(&Document) -> usize| documents.iter().map(count).sum::<usize>() as u64;
    ReportCounts {
        read: imported.conversations + imported.notes,
        nodes: documents.len() as u64,
        skipped: imported.skipped_total + left.count,
        repaired: imported.repaired.total(),
        messages: sum(|document| document.num_messages),
        characters: sum(|document| document.characters),
        chunks: sum(|document| document.chunks.len()),
    }
}

fn skipped(imported: &ImportReport, left: &LeftOut) -> Vec<SkippedItem> {
    let unreadable = imported.skipped.iter().map(|item| SkippedItem {
        source: Some(item.source.clone()),
        index: Some(item.index),
        id: item.id.clone(),
        code: item.reason.code().to_owned(),
        reason: item.reason.describe().to_owned(),
    });
    let wordless = left.listed.iter().map(|(id, why)| SkippedItem {
        source: None,
        index: None,
        id: Some(id.clone()),
        code: why.code().to_owned(),
        reason: why.describe().to_owned(),
    });
    unreadable.chain(wordless).take(LISTED_SKIPS).collect()
}

/// Times stages one after the other.
struct Stopwatch<'a> {
    clock: &'a dyn Clock,
    last: Duration,
    laps: BTreeMap<String, u64>,
}

impl<'a> Stopwatch<'a> {
    fn new(clock: &'a dyn Clock) -> Self {
        Self { clock, last: clock.elapsed(), laps: BTreeMap::new() }
    }

    fn lap(&mut self, stage: Stage) {
        let now = self.clock.elapsed();
        self.laps.insert(stage.name().to_owned(), (now - self.last).as_millis() as u64);
        self.last = now;
    }

    fn milliseconds(&self) -> BTreeMap<String, u64> {
        self.laps.clone()
    }
}
