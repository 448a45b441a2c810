//! What every stage but the embedding costs for a history of N conversations.
//!
//! `stages SAMPLE --conversations N` mixes the messages of a sample export into N new conversations, builds their graph
//! with an encoder that costs next to nothing, and prints one JSON line: milliseconds a stage, those of everything but
//! the embedding, and the peak of memory.
#![expect(clippy::print_stdout, reason = "a measuring program prints its figures")]

use std::fs::File;
use std::io::{BufWriter, Seek as _, Write as _};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;
use clap::Parser;
use graphnode_core::clock::SystemClock;
use graphnode_core::options::{BuildOptions, ClusterRange};
use graphnode_core::watch::Unwatched;
use graphnode_pipeline::import::{Limits, Source, SourceRole, import};
use graphnode_pipeline::job::{Job, Means, process_job};
use graphnode_testkit::encoder::HashingEncoder;
use graphnode_testkit::export::ConversationBuilder;

#[derive(Parser)]
struct Arguments {
    /// An export to take messages from
    sample: PathBuf,
    /// Conversations to make
    #[arg(long, default_value_t = 10_000)]
    conversations: usize,
    /// Values of a vector, as the model would make them
    #[arg(long, default_value_t = 384)]
    dimension: usize,
}

/// Messages of a made-up conversation.
const MESSAGES: usize = 6;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let messages = messages(&arguments.sample)?;
    let conversations = (0..arguments.conversations).map(|number| {
        // Neighbouring messages keep topics together; the stride makes every mixture another.
        let start = number * 7_919 % messages.len();
        let empty =
            ConversationBuilder::new(&format!("c{number}"), "", 1.6e9 + 600.0 * number as f64).untitled();
        (0..MESSAGES).fold(empty, |conversation, turn| {
            let place = (start + turn * (1 + number / messages.len())) % messages.len();
            conversation.person(&messages[place])
        })
    });
    let (file, size) = write(conversations)?;
    drop(messages);
    let source = Source { name: "mixed".to_owned(), role: SourceRole::Conversations, reader: Box::new(file) };
    let options = BuildOptions { clusters: ClusterRange::new(3, 20)?, ..BuildOptions::default() };
    let job = Job::local(options);
    let encoder = HashingEncoder::new(arguments.dimension);
    let means = Means { encoder: &encoder, clock: &SystemClock::default(), watch: &Unwatched };
    let start = Instant::now();
    let results = process_job(vec![source], &job, means)?;
    let whole = start.elapsed().as_millis() as u64;
    let timings = &results.report.timings_ms;
    let beside = whole - timings.get("embed").copied().unwrap_or_default();
    let line = serde_json::json!({"conversations": arguments.conversations, "export_mb": size / 1_000_000,
        "timings_ms": timings, "all_but_embed_ms": beside, "peak_mb": peak_megabytes(),
        "quality": results.graph.metadata.quality});
    println!("{line}");
    Ok(())
}

/// An export of `conversations` in a file of its own, so that it is no part of the memory measured, and its size.
fn write(conversations: impl Iterator<Item = ConversationBuilder>) -> anyhow::Result<(File, u64)> {
    let mut out = BufWriter::new(tempfile::tempfile().context("making a temporary file")?);
    for (place, conversation) in conversations.enumerate() {
        out.write_all(if place == 0 { b"[" } else { b"," })?;
        serde_json::to_writer(&mut out, &conversation.build())?;
    }
    out.write_all(b"]")?;
    let mut file = out.into_inner()?;
    let size = file.stream_position()?;
    file.rewind()?;
    Ok((file, size))
}

fn messages(sample: &PathBuf) -> anyhow::Result<Vec<String>> {
    let reader = File::open(sample).with_context(|| sample.display().to_string())?;
    let source =
        Source { name: "sample".to_owned(), role: SourceRole::Conversations, reader: Box::new(reader) };
    let mut messages = Vec::new();
    import(vec![source], &Limits::default(), &Unwatched, &mut |conversation| {
        messages.extend(conversation.sections.into_iter().map(|section| section.text));
    })?;
    Ok(messages)
}

/// Largest resident set of this process so far, where the system tells.
fn peak_megabytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}
