//! What every stage but the embedding costs for a history of N conversations.
//!
//! `stages SAMPLE --conversations N` mixes the messages of a sample export into N new conversations, builds their graph
//! with an encoder that costs next to nothing, and prints one JSON line: milliseconds a stage and the peak of memory.
#![expect(clippy::print_stdout, reason = "a measuring program prints its figures")]

use std::fs::File;
use std::io::Cursor;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use graphnode_core::clock::SystemClock;
use graphnode_core::ids::{GraphId, TaskId, UserId};
use graphnode_core::options::{BuildOptions, ClusterRange};
use graphnode_core::watch::Unwatched;
use graphnode_pipeline::import::{Limits, Source, SourceRole, import};
use graphnode_pipeline::job::{Job, Means, process_job};
use graphnode_testkit::encoder::HashingEncoder;
use graphnode_testkit::export::{ConversationBuilder, export};

#[derive(Parser)]
struct Arguments {
    /// An export to take messages from
    sample: PathBuf,
    /// Conversations to make
    #[arg(long, default_value_t = 10_000)]
    conversations: usize,
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
    let bytes = export(conversations);
    drop(messages);
    let size = bytes.len();
    let source = Source {
        name: "mixed".to_owned(),
        role: SourceRole::Conversations,
        reader: Box::new(Cursor::new(bytes)),
    };
    let job = Job {
        user_id: UserId::local(),
        graph_id: GraphId::default(),
        task_id: TaskId::local(),
        generation: 1,
        options: BuildOptions { clusters: ClusterRange::new(3, 20)?, ..BuildOptions::default() },
        limits: Limits::default(),
    };
    let encoder = HashingEncoder::default();
    let means = Means { encoder: &encoder, clock: &SystemClock::default(), watch: &Unwatched };
    let results = process_job(vec![source], &job, means)?;
    let timings = &results.report.timings_ms;
    let beside: u64 = timings.iter().filter(|(stage, _)| *stage != "embed").map(|(_, time)| time).sum();
    let line = serde_json::json!({"conversations": arguments.conversations, "export_mb": size / 1_000_000,
        "timings_ms": timings, "all_but_embed_ms": beside, "peak_mb_with_export": peak_megabytes(),
        "quality": results.graph.metadata.quality});
    println!("{line}");
    Ok(())
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
