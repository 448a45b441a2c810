//! Progress for a person: one bar over all stages, with percent and time left; silent when nobody looks.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use graphnode_core::watch::{Stage, Watch};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Share of the whole that a stage takes, in thousandths, from builds of a few hundred conversations.
fn share(stage: Stage) -> u64 {
    match stage {
        Stage::Import => 40,
        Stage::Embed => 820,
        Stage::Keywords => 80,
        Stage::Neighbours => 10,
        Stage::Clusters => 20,
        Stage::Names | Stage::Edges | Stage::Summary => 1,
        Stage::Layout => 20,
        Stage::Write => 7,
    }
}

/// What the bar says while a stage runs.
fn words(stage: Stage) -> &'static str {
    match stage {
        Stage::Import => "reading the export",
        Stage::Embed => "understanding what was said",
        Stage::Keywords => "finding keywords",
        Stage::Neighbours => "comparing conversations",
        Stage::Clusters => "grouping",
        Stage::Names => "naming groups",
        Stage::Edges => "joining what is similar",
        Stage::Layout => "drawing the map",
        Stage::Summary => "summing up",
        Stage::Write => "writing",
    }
}

/// Set by Ctrl-C; the running build looks at it between two batches.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// The bar, and the ear for Ctrl-C.
pub(crate) struct Progress {
    bar: ProgressBar,
    furthest: AtomicU64,
}

impl Progress {
    /// A bar on the terminal, or none when `quiet` or where there is no terminal.
    pub(crate) fn start(quiet: bool) -> Self {
        // A second build in one process keeps the first one's handler: it sets the same flag.
        let _ = ctrlc::set_handler(|| STOPPED.store(true, Ordering::Relaxed));
        let shown = !quiet && std::io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(1_000), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {eta} left") {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { bar, furthest: AtomicU64::new(0) }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Progress {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        let before: u64 = Stage::ALL.into_iter().take_while(|&earlier| earlier != stage).map(share).sum();
        let position = before + (share(stage) * done.min(total)).checked_div(total).unwrap_or(0);
        // Threads may report out of order; the bar never goes back.
        if position >= self.furthest.fetch_max(position, Ordering::Relaxed) {
            self.bar.set_position(position);
            self.bar.set_message(words(stage));
        }
    }

    fn cancelled(&self) -> bool {
        STOPPED.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_make_up_the_whole() {
        assert_eq!(Stage::ALL.into_iter().map(share).sum::<u64>(), 1_000);
    }

    #[test]
    fn the_bar_never_goes_back() {
        let progress = Progress::start(true);
        progress.progress(Stage::Embed, 5, 10);
        progress.progress(Stage::Embed, 3, 10);
        progress.progress(Stage::Import, 0, 10);
        assert_eq!(progress.bar.position(), 40 + 410);
    }
}
