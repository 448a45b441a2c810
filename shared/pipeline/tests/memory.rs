//! What a job takes in memory where an export is made to take much. A program of its own with one test: the peak is the
//! whole process's, so each case takes more than the one before it.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

#[path = "import/generated.rs"]
mod generated;

use graphnode_core::clock::FixedClock;
use graphnode_core::options::BuildOptions;
use graphnode_core::watch::Unwatched;
use graphnode_pipeline::import::{Limits, Source, SourceRole, import};
use graphnode_pipeline::job::{Job, JobError, Means, Results, process_job};
use graphnode_testkit::encoder::HashingEncoder;
use jiff::Timestamp;

use crate::generated::Generated;

fn source(file: Generated) -> Source {
    Source { name: "export.json".to_owned(), role: SourceRole::Conversations, reader: Box::new(file) }
}

fn run(file: Generated) -> Result<Results, JobError> {
    let (encoder, clock) = (HashingEncoder::default(), FixedClock(Timestamp::UNIX_EPOCH));
    let job = Job { generation: 1, ..Job::local(BuildOptions::default()) };
    process_job(vec![source(file)], &job, Means { encoder: &encoder, clock: &clock, watch: &Unwatched })
}

/// Most memory this process has had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[test]
fn memory_is_bounded_whatever_the_export() {
    let before = peak();
    let nothing = r#"{"id":"x","title":null,"mapping":{}},"#;
    let outcome = run(Generated::new("[", nothing, 1_000_000, "{}]"));
    assert!(matches!(outcome, Err(JobError::NothingToShow { read: 1_000_000, .. })));
    let after = peak();
    assert!(after < before + 64, "a million conversations of nothing: {before} MiB, then {after} MiB");

    // A tenth of the next, through all stages: they keep a bounded part of it, whatever its length.
    let message = format!(r#"{{"role":"user","content":"{}"}},"#, "rye bread and how it keeps ".repeat(400));
    let conversation = |bytes: u64| {
        Generated::new(r#"[{"id":"a","messages":["#, &message, bytes / message.len() as u64, "{}]}]")
    };
    assert_eq!(run(conversation(20_000_000)).unwrap().graph.nodes.len(), 1);
    let after = peak();
    assert!(after < before + 160, "one conversation of 20 MB: {before} MiB, then {after} MiB");

    // One conversation of 200 MB: the item, its parsed form and its words.
    let mut characters = 0;
    let source = source(conversation(200_000_000));
    import(vec![source], &Limits::default(), &Unwatched, &mut |conversation| {
        characters += conversation.sections.iter().map(|section| section.text.len()).sum::<usize>();
    })
    .unwrap();
    assert!(characters > 190_000_000);
    let after = peak();
    assert!(after < before + 1_000, "one conversation of 200 MB: {before} MiB, then {after} MiB");

    // 200 MB in which every few bytes are a message: more than any conversation, and skipped.
    let outcome = run(Generated::new(r#"[{"id":"a","messages":["#, "{},", 66_000_000, "{}]}]"));
    assert!(matches!(outcome, Err(JobError::Import(_))));
    assert!(peak() < before + 1_000, "sixty-six million messages of nothing: {} MiB", peak());
    println!("peak: {before} MiB before, {} MiB after", peak());
}
