//! `graphnode build`: an export becomes a graph.

use std::time::{Duration, Instant};

use graphnode_adapters::folder::ResultFolder;
use graphnode_core::clock::SystemClock;
use graphnode_core::options::{BuildOptions, ClusterRange};
use graphnode_core::watch::{Stage, Watch};
use graphnode_pipeline::job::{Job, Means, Results, process_job};
use serde_json::json;

use super::{files, load_model};
use crate::cli::Build;
use crate::failure::Failure;
use crate::output::counted;
use crate::progress::Progress;
use crate::{input, output};

/// Builds the graph and says where it is.
pub(super) fn run(arguments: &Build, json: bool) -> Result<(), Failure> {
    let start = Instant::now();
    let job = job(arguments)?;
    let sources = input::sources(&arguments.export)?;
    let encoder = load_model(&arguments.model)?;
    let folder = ResultFolder::create(&arguments.out)?;
    let progress = Progress::start(json);
    let means = Means { encoder: &encoder, clock: &SystemClock::default(), watch: &progress };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(arguments.threads.unwrap_or(0)).build()?;
    let outcome = pool.install(|| process_job(sources, &job, means));
    let written = outcome.map_err(Failure::from).and_then(|results| {
        progress.progress(Stage::Write, 0, 1);
        write(&folder, &results)?;
        Ok(results)
    });
    progress.finish();
    let results = written?;
    let page = folder.path(files::PAGE);
    let machine = json!({
        "out": arguments.out,
        "page": page,
        "seconds": start.elapsed().as_secs_f64(),
        "counts": results.report.counts,
        "clusters": results.graph.metadata.total_clusters,
        "edges": results.graph.metadata.total_edges,
        "quality": results.graph.metadata.quality,
        "warnings": results.report.warnings,
        "timingsMs": results.report.timings_ms,
    });
    output::show(json, &machine, || closing_words(&results, arguments, start.elapsed()));
    Ok(())
}

fn job(arguments: &Build) -> Result<Job, Failure> {
    let options = BuildOptions {
        clusters: ClusterRange::new(arguments.min_clusters, arguments.max_clusters)?,
        language: arguments.language,
        include_summary: !arguments.no_summary,
        summary_language: arguments.summary_language.unwrap_or(arguments.language),
        detail_level: arguments.detail,
    };
    Ok(Job::local(options))
}

/// Writes all files, `features.json` last; an older build's summary does not outlive its graph.
fn write(folder: &ResultFolder, results: &Results) -> Result<(), Failure> {
    folder.write_json(files::GRAPH, &results.graph)?;
    match &results.summary {
        Some(summary) => folder.write_json(files::SUMMARY, summary)?,
        None => folder.remove(files::SUMMARY)?,
    }
    folder.write_json(files::REPORT, &results.report)?;
    folder.write_text(files::PAGE, &results.page)?;
    folder.write(files::WORDS, |writer| results.words.write_to(writer))?;
    folder.write_json(files::FEATURES, &results.features)?;
    Ok(())
}

fn closing_words(results: &Results, arguments: &Build, took: Duration) -> String {
    let counts = results.report.counts;
    let metadata = &results.graph.metadata;
    let mut text = format!(
        "{}, {} → {}, {} in {:.1} s\n\n",
        counted(counts.nodes, if counts.nodes == 1 { "conversation" } else { "conversations and note" }),
        counted(counts.messages, "message"),
        counted(metadata.total_clusters as u64, "cluster"),
        counted(metadata.total_edges as u64, "edge"),
        took.as_secs_f64()
    );
    let mut clusters: Vec<_> = metadata.clusters.values().collect();
    clusters.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
    for cluster in clusters {
        text += &format!("{:>6}  {}\n", cluster.size, cluster.name);
    }
    let out = arguments.out.display();
    if counts.skipped > 0 {
        text += &format!(
            "\nSkipped: {}; why stands in {out}/{}\n",
            counted(counts.skipped, "item"),
            files::REPORT
        );
    }
    for warning in &results.report.warnings {
        text += &format!("\nNote: {warning}\n");
    }
    text += &format!(
        "\nOpen the map:  {out}/{}\nSearch it:     graphnode search {out} \"your words\"",
        files::PAGE
    );
    text
}
