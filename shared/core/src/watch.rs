//! How a long computation tells its caller where it is, and hears that it should stop.

/// A step of the pipeline, in the order they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Reading the export.
    Import,
    /// Sentence embeddings of the chunks.
    Embed,
    /// Key phrases of every conversation.
    Keywords,
    /// The most similar conversations of each.
    Neighbours,
    /// Clusters and subclusters.
    Clusters,
    /// Names and descriptions of the clusters.
    Names,
    /// Similarity edges.
    Edges,
    /// Places on the map, and beside it the index of words.
    Layout,
    /// What the whole history is about.
    Summary,
    /// Result files.
    Write,
}

impl Stage {
    /// Every stage, in the order they run.
    pub const ALL: [Self; 10] = [
        Self::Import,
        Self::Embed,
        Self::Keywords,
        Self::Neighbours,
        Self::Clusters,
        Self::Names,
        Self::Edges,
        Self::Layout,
        Self::Summary,
        Self::Write,
    ];

    /// The name in logs and reports, as serialised.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Embed => "embed",
            Self::Keywords => "keywords",
            Self::Neighbours => "neighbours",
            Self::Clusters => "clusters",
            Self::Names => "names",
            Self::Edges => "edges",
            Self::Layout => "layout",
            Self::Summary => "summary",
            Self::Write => "write",
        }
    }
}

/// Where a computation reports to and is stopped from. Called from several threads, so it is shared and
/// must be cheap.
pub trait Watch: Sync {
    /// `done` of `total` units of `stage` are finished; a stage opens with 0 and ends with `done == total`. Reports of
    /// several threads may arrive out of order: who shows them keeps the largest. `total` is 0 while it is not known.
    fn progress(&self, stage: Stage, done: u64, total: u64);

    /// True once the work should stop; asked between units of work.
    fn cancelled(&self) -> bool;

    /// A model has read so many tokens more. Who wraps another watch tells it.
    fn tokens(&self, _count: u64) {}
}

/// The caller withdrew the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// [`Cancelled`] once `watch` says so: the line to put between units of work.
///
/// # Errors
/// [`Cancelled`].
pub fn checkpoint(watch: &dyn Watch) -> Result<(), Cancelled> {
    if watch.cancelled() { Err(Cancelled) } else { Ok(()) }
}

/// Nobody watches: no progress is shown, nothing is cancelled.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn progress(&self, _: Stage, _: u64, _: u64) {}

    fn cancelled(&self) -> bool {
        false
    }
}

/// Cancels with the watch it wraps, but keeps progress to itself: for work within a stage of another name.
pub struct Silent<'a>(pub &'a dyn Watch);

impl Watch for Silent<'_> {
    fn progress(&self, _: Stage, _: u64, _: u64) {}

    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }

    fn tokens(&self, count: u64) {
        self.0.tokens(count);
    }
}

/// Shows the progress of a part as that of the whole: for work that is done in several calls.
pub struct Within<'a> {
    /// Hears of the whole, and says when to stop.
    pub watch: &'a dyn Watch,
    /// Units finished before the part began.
    pub before: u64,
    /// Units of the whole.
    pub total: u64,
}

impl Watch for Within<'_> {
    fn progress(&self, stage: Stage, done: u64, _: u64) {
        self.watch.progress(stage, self.before + done, self.total);
    }

    fn cancelled(&self) -> bool {
        self.watch.cancelled()
    }

    fn tokens(&self, count: u64) {
        self.watch.tokens(count);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Remembers what it heard; says stop from the second report on.
    #[derive(Default)]
    struct Recorder(Mutex<Vec<(Stage, u64, u64)>>);

    impl Watch for Recorder {
        fn progress(&self, stage: Stage, done: u64, total: u64) {
            self.0.lock().unwrap().push((stage, done, total));
        }

        fn cancelled(&self) -> bool {
            self.0.lock().unwrap().len() > 1
        }
    }

    #[test]
    fn a_part_counts_on_from_what_was_done_before_and_is_stopped_with_the_whole() {
        let recorder = Recorder::default();
        let part = Within { watch: &recorder, before: 30, total: 50 };
        part.progress(Stage::Embed, 0, 20);
        assert_eq!(checkpoint(&part), Ok(()));
        part.progress(Stage::Embed, 20, 20);
        assert_eq!(checkpoint(&part), Err(Cancelled));
        assert_eq!(*recorder.0.lock().unwrap(), [(Stage::Embed, 30, 50), (Stage::Embed, 50, 50)]);
    }

    #[test]
    fn stage_names_are_the_serialised_ones() {
        for stage in Stage::ALL {
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.name());
        }
    }
}
