//! `graphnode check`: what an export holds, without building anything.

use graphnode_pipeline::import::{ImportReport, Limits, import};

use crate::cli::Check;
use crate::failure::Failure;
use crate::output::counted;
use crate::progress::Progress;
use crate::{input, output};

/// Items a person is shown; `--json` lists up to a thousand.
const SHOWN: usize = 10;

/// Reads the export and prints what was found.
pub(super) fn run(arguments: &Check, json: bool) -> Result<(), Failure> {
    let sources = input::sources(&arguments.export)?;
    let progress = Progress::start(json);
    let mut messages = 0_u64;
    let outcome = import(sources, &Limits::default(), &progress, &mut |conversation| {
        messages += conversation.sections.len() as u64;
    });
    progress.finish();
    let report = outcome?;
    output::show(json, &report, || table(&report, messages));
    Ok(())
}

fn table(report: &ImportReport, messages: u64) -> String {
    let mut text = format!(
        "{} ({} without words), {}, {}, {:.1} MB\n",
        counted(report.conversations, "conversation"),
        report.empty,
        counted(report.notes, "note"),
        counted(messages, "message"),
        report.bytes as f64 / 1e6
    );
    if report.truncated {
        text += "The export ends early: what comes after the cut is missing. Download it again.\n";
    }
    if report.repaired.total() > 0 {
        text += &format!("Kept after a small repair: {}\n", counted(report.repaired.total(), "item"));
    }
    if report.skipped_total > 0 {
        text += &format!("Would be skipped: {}\n", counted(report.skipped_total, "item"));
    }
    for item in report.skipped.iter().take(SHOWN) {
        let id = item.id.as_deref().unwrap_or("no id");
        text += &format!("  {} item {} ({id}): {}\n", item.source, item.index, item.reason.describe());
    }
    text
}
