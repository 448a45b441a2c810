//! Keeps parts few and young: small ones are merged, and what is used is written again before it expires.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use graphnode_core::clock::Clock;
use graphnode_core::keys::ObjectKey;
use graphnode_core::ports::PortResult;
use graphnode_core::ports::objects::Objects;

use crate::checkpoint::Keeper;
use crate::parts::{Part, TextHash, row_bytes};
use crate::recall::HeldPart;

/// A part below this is small.
const SMALL_BYTES: usize = 8 << 20;
/// Small parts that were of use, above which they are merged.
const MOST_SMALL: usize = 16;
/// Bytes of a merged part, about.
const MERGED_BYTES: usize = 16 << 20;
/// A part of this age that is used is written again: half of what the bucket's rule leaves it.
const OLD: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl<O: Objects, C: Clock> Keeper<'_, O, C> {
    /// Merges where that is due. The vectors are at hand no longer.
    ///
    /// Of the merged parts only what this job used is kept, and a part of which it used little is left as it is: that is of
    /// another graph of the person, or of what is no longer asked for and may expire.
    pub(crate) async fn tidy(&mut self) {
        let parts = self.recall.release();
        let old = |part: &&HeldPart| self.age(&part.key) >= OLD;
        let small: Vec<&HeldPart> = parts
            .iter()
            .filter(|part| part.is_mostly_used() && part.part.bytes().len() < SMALL_BYTES)
            .collect();
        let mut merged: Vec<&HeldPart> = parts.iter().filter(old).collect();
        if small.len() > MOST_SMALL {
            merged.extend(small.into_iter().filter(|part| !old(part)));
        }
        if let Err(error) = self.merge(&merged).await {
            tracing::warn!(error = %error, "checkpoint parts not merged");
        }
    }

    /// Writes what was used of `parts`, then deletes those of them that were mostly used.
    async fn merge(&mut self, parts: &[&HeldPart]) -> PortResult<()> {
        let rows: BTreeMap<TextHash, &[u8]> = parts.iter().flat_map(|part| part.used_rows()).collect();
        let rows: Vec<(&TextHash, &[u8])> = rows.iter().map(|(hash, values)| (hash, *values)).collect();
        let in_part = (MERGED_BYTES / row_bytes(self.recall.model())).max(1);
        let mut written = Vec::new();
        for rows in rows.chunks(in_part) {
            let part = Part::of(self.recall.model(), rows.iter().copied());
            let key = self.key_of(&part);
            self.put(&key, &part).await?;
            self.kept.insert(0, (key.clone(), part.bytes().len() as u64));
            written.push(key);
        }
        if written.is_empty() {
            return Ok(());
        }
        self.check_still_wanted(&written).await?;
        let gone: BTreeSet<ObjectKey> =
            parts.iter().filter(|part| part.is_mostly_used()).map(|part| part.key.clone()).collect();
        // One that was merged into itself, alone and in the same millisecond, has the key of the merged.
        let gone: Vec<ObjectKey> = gone.into_iter().filter(|key| !written.contains(key)).collect();
        self.objects.delete(&gone).await?;
        self.kept.retain(|(key, _)| !gone.contains(key));
        self.trim().await
    }
}
