//! Vectors in the bucket, per person and model: loaded when a job begins, saved while it runs, for whoever comes next.
//!
//! Whoever comes next is a retry, a task that takes over, or the person's next job. All of this is a cache: a part is never
//! changed, what is missing, damaged or of another model is embedded again, and no error of the bucket fails a job for it.
//! Several jobs of one person may read, save and merge at once: each writes before it deletes, and what one deletes under
//! another's eyes that one embeds again.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use graphnode_core::clock::Clock;
use graphnode_core::encoder::ModelIdentity;
use graphnode_core::hash::hex;
use graphnode_core::job::store::load_job;
use graphnode_core::job::{JobRecord, JobState};
use graphnode_core::keys::{self, ObjectKey};
use graphnode_core::ports::objects::{Condition, ObjectMeta, Objects, list_all, read_whole};
use graphnode_core::ports::{PortErrorKind, PortResult};

use crate::companion::{Reporter, StopReason};
use crate::parts::{Part, identity};
use crate::recall::Recall;
use crate::service::Settings;

/// Bytes of vectors that are saved before their time: what a kill loses at most, beside what is on its way.
const SAVED_EARLY: usize = 8 << 20;
/// Most bytes of parts that could not be saved yet. When there are more the oldest is given up.
const MOST_UNSAVED: usize = 32 << 20;
/// Most bytes of a part that is read.
const MOST_PART_BYTES: u64 = 40 << 20;
/// Parts that are read at once.
const READS_AT_ONCE: usize = 6;
/// Most parts that are listed: far beyond what the bounds let be.
const MOST_LISTED: usize = 100_000;
/// Most parts of a person and model.
const MOST_PARTS: usize = 512;

/// Loads and saves the vectors of one job's person.
pub(crate) struct Keeper<'a, O, C> {
    pub(crate) objects: &'a O,
    pub(crate) clock: &'a C,
    pub(crate) record: &'a JobRecord,
    pub(crate) settings: &'a Settings,
    pub(crate) reporter: &'a Reporter,
    pub(crate) recall: Arc<Recall>,
    /// The hash of the model's identity.
    pub(crate) model: String,
    /// What is in the bucket, as far as this job knows: key and bytes, the newest first.
    pub(crate) kept: Vec<(ObjectKey, u64)>,
    /// Parts that are not saved yet, the oldest first.
    pub(crate) unsaved: Vec<(ObjectKey, Arc<Part>)>,
}

impl<'a, O: Objects, C: Clock> Keeper<'a, O, C> {
    /// One that has what was saved for this person and `model`.
    pub(crate) async fn open(
        objects: &'a O,
        clock: &'a C,
        record: &'a JobRecord,
        settings: &'a Settings,
        reporter: &'a Reporter,
        model: &ModelIdentity,
    ) -> Self {
        let recall = Arc::new(Recall::new(model.clone(), settings.recall_bytes()));
        let (model, kept, unsaved) = (hex(&identity(model)), Vec::new(), Vec::new());
        let mut keeper = Self { objects, clock, record, settings, reporter, recall, model, kept, unsaved };
        if let Err(error) = keeper.load().await {
            tracing::warn!(error = %error, "checkpoint not loaded");
        }
        keeper
    }

    async fn load(&mut self) -> PortResult<()> {
        let prefix = keys::vector_parts(self.record.user_id(), &self.model);
        let listed = list_all(self.objects, &prefix, MOST_LISTED).await?;
        self.kept = listed.iter().map(|part| (part.key.clone(), part.size)).collect();
        // In order, so that of two vectors of a text the newest counts.
        let mut parts = stream::iter(newest_within(listed, self.settings.recall_bytes()))
            .map(|part| self.read(part.key))
            .buffered(READS_AT_ONCE);
        while let Some(read) = parts.next().await {
            if let Some((key, part)) = read {
                self.recall.hold(key, Arc::new(part));
            }
        }
        Ok(())
    }

    async fn read(&self, key: ObjectKey) -> Option<(ObjectKey, Part)> {
        match read_whole(self.objects, &key, MOST_PART_BYTES).await {
            Ok(piece) => match Part::checked(piece.bytes, self.recall.model()) {
                Some(part) => return Some((key, part)),
                None => tracing::warn!("checkpoint part unusable"),
            },
            // Another job of the person has merged it.
            Err(error) if error.kind() == PortErrorKind::NotFound => {}
            Err(error) => tracing::warn!(error = %error, "checkpoint part not read"),
        }
        None
    }

    /// Saves every now and then; never ends: it is dropped when the job has made its results, or stopped.
    pub(crate) async fn run(&mut self) -> Infallible {
        let mut saved = self.clock.elapsed();
        loop {
            tokio::time::sleep(self.settings.tick).await;
            let elapsed = self.clock.elapsed();
            let fresh = self.recall.fresh_bytes();
            let due = elapsed.saturating_sub(saved) >= self.settings.save;
            if fresh >= SAVED_EARLY || (due && (fresh > 0 || !self.unsaved.is_empty())) {
                saved = elapsed;
                self.save().await;
            }
        }
    }

    /// Saves what is not saved. What cannot be is tried again the next time.
    pub(crate) async fn save(&mut self) {
        let named = |part: &Part| self.key_of(part);
        if let Some(part) = self.recall.take_fresh(named) {
            self.unsaved.push(part);
        }
        if let Err(error) = self.write_unsaved().await {
            tracing::warn!(error = %error, "checkpoint not saved");
            self.give_up_some();
        }
    }

    /// A part leaves the list only once it is written, since this may be dropped at every await.
    async fn write_unsaved(&mut self) -> PortResult<()> {
        let mut written = Vec::new();
        while let Some((key, part)) = self.unsaved.first() {
            self.put(key, part).await?;
            let (key, part) = self.unsaved.remove(0);
            self.kept.insert(0, (key.clone(), part.bytes().len() as u64));
            written.push(key);
        }
        if !written.is_empty() {
            self.check_still_wanted(&written).await?;
            self.trim().await?;
        }
        Ok(())
    }

    pub(crate) async fn put(&self, key: &ObjectKey, part: &Part) -> PortResult<()> {
        let bytes = part.bytes().to_vec();
        self.objects.put(key, bytes, "application/octet-stream", &Condition::Always).await.map(drop)
    }

    pub(crate) fn key_of(&self, part: &Part) -> ObjectKey {
        keys::vector_part(self.record.user_id(), &self.model, self.clock.now(), &part.hash())
    }

    /// Takes back what was written if the job was withdrawn meanwhile. Whoever erases a person's data withdraws their jobs
    /// first and removes their vectors then: what is written before that is removed there, what is written after it here.
    pub(crate) async fn check_still_wanted(&self, written: &[ObjectKey]) -> PortResult<()> {
        let record = match load_job(self.objects, self.record.task_id()).await {
            Ok(record) => record,
            Err(error) => {
                tracing::warn!(error = %error, "job record not read");
                return Ok(());
            }
        };
        if record.is_none_or(|record| matches!(record.value.state(), JobState::Cancelled { .. })) {
            self.reporter.stop(StopReason::Cancelled);
            self.objects.delete(written).await?;
        }
        Ok(())
    }

    /// Deletes the oldest parts beyond the bounds.
    pub(crate) async fn trim(&mut self) -> PortResult<()> {
        let within = count_within(&self.kept, self.settings.most_kept);
        if within < self.kept.len() {
            let beyond: Vec<ObjectKey> = self.kept[within..].iter().map(|(key, _)| key.clone()).collect();
            self.objects.delete(&beyond).await?;
            self.kept.truncate(within);
        }
        Ok(())
    }

    fn give_up_some(&mut self) {
        let bytes = |(_, part): &(ObjectKey, Arc<Part>)| part.bytes().len();
        while self.unsaved.iter().map(bytes).sum::<usize>() > MOST_UNSAVED {
            self.unsaved.remove(0);
        }
    }

    /// How long ago `key` was written.
    pub(crate) fn age(&self, key: &ObjectKey) -> Duration {
        let made = keys::parse_vector_part(key).unwrap_or(self.clock.now());
        self.clock.now().duration_since(made).try_into().unwrap_or_default()
    }
}

/// As many of `parts`, the newest first, as have room in memory; one that has none does not keep out a smaller one.
fn newest_within(parts: Vec<ObjectMeta>, most_bytes: usize) -> Vec<ObjectMeta> {
    let mut left = most_bytes as u64;
    let fits = |part: &ObjectMeta| match left.checked_sub(part.size) {
        Some(rest) if part.size <= MOST_PART_BYTES => {
            left = rest;
            true
        }
        _ => false,
    };
    parts.into_iter().filter(fits).collect()
}

/// How many of `kept`, the newest first, are within the bounds of bytes and parts.
fn count_within(kept: &[(ObjectKey, u64)], most_bytes: u64) -> usize {
    let sums = kept.iter().scan(0_u64, |sum, (_, bytes)| {
        *sum = sum.saturating_add(*bytes);
        Some(*sum)
    });
    sums.take(MOST_PARTS).take_while(|sum| *sum <= most_bytes).count()
}
