//! The vectors a running job has at hand: those of parts, and those that are in no part yet.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use graphnode_core::encoder::ModelIdentity;
use graphnode_core::keys::ObjectKey;

use crate::parts::{Part, TextHash, read_values, row_bytes, values};

/// Most bytes of vectors that wait to be saved, where nobody comes for them: what is made beyond is not kept.
const MOST_FRESH_BYTES: usize = 32 << 20;

/// Between the thread that encodes and whoever saves; of one job.
#[derive(Debug)]
pub(crate) struct Recall {
    model: ModelIdentity,
    /// Most bytes of parts.
    most_bytes: usize,
    held: Mutex<Held>,
    embedded: AtomicU64,
    recalled: AtomicU64,
}

#[derive(Debug, Default)]
struct Held {
    /// In no part; in order, so that equal sets give equal parts.
    fresh: BTreeMap<TextHash, Box<[u8]>>,
    parts: Vec<HeldPart>,
    /// Where a text's vector is: in which part, in which row.
    places: HashMap<TextHash, (u32, u32)>,
    bytes: usize,
}

/// A part at hand, with what was used of it.
#[derive(Debug)]
pub(crate) struct HeldPart {
    /// Where it is kept.
    pub(crate) key: ObjectKey,
    /// Its vectors.
    pub(crate) part: Arc<Part>,
    used: Vec<bool>,
}

impl HeldPart {
    /// Whether most of it was of use.
    pub(crate) fn is_mostly_used(&self) -> bool {
        self.used.iter().filter(|used| **used).count() * 2 >= self.used.len()
    }

    /// The vectors that were of use.
    pub(crate) fn used_rows(&self) -> impl Iterator<Item = (TextHash, &[u8])> {
        self.part.rows().zip(&self.used).filter(|(_, used)| **used).map(|(row, _)| row)
    }
}

impl Recall {
    /// One that knows nothing yet, and holds parts of at most `most_bytes`.
    pub(crate) fn new(model: ModelIdentity, most_bytes: usize) -> Self {
        Self { model, most_bytes, held: Mutex::default(), embedded: 0.into(), recalled: 0.into() }
    }

    /// Of which model the vectors are.
    pub(crate) fn model(&self) -> &ModelIdentity {
        &self.model
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a part at hand. What is known already stays where it is, so the newest part comes first.
    pub(crate) fn hold(&self, key: ObjectKey, part: Arc<Part>) {
        self.held().hold(key, part, false, self.most_bytes);
    }

    /// Fills in the vector of a text; whether there is one.
    pub(crate) fn fill(&self, hash: &TextHash, vector: &mut [f32]) -> bool {
        let mut held = self.held();
        let found = if let Some(values) = held.fresh.get(hash) {
            read_values(values, vector);
            true
        } else if let Some(&(number, row)) = held.places.get(hash) {
            let part = &mut held.parts[number as usize];
            part.used[row as usize] = true;
            read_values(part.part.values(row as usize), vector);
            true
        } else {
            false
        };
        self.recalled.fetch_add(u64::from(found), Ordering::Relaxed);
        found
    }

    /// Keeps a vector that was just made.
    pub(crate) fn keep(&self, hash: TextHash, vector: &[f32]) {
        self.embedded.fetch_add(1, Ordering::Relaxed);
        let mut held = self.held();
        if (held.fresh.len() + 1) * row_bytes(&self.model) <= MOST_FRESH_BYTES {
            held.fresh.insert(hash, values(vector));
        }
    }

    /// Bytes of the vectors that are in no part.
    pub(crate) fn fresh_bytes(&self) -> usize {
        self.held().fresh.len() * row_bytes(&self.model)
    }

    /// Makes a part of the vectors that are in none; `None` where there are none. It is at hand itself, under the key
    /// that `name` gives it, where memory allows.
    pub(crate) fn take_fresh(&self, name: impl FnOnce(&Part) -> ObjectKey) -> Option<(ObjectKey, Arc<Part>)> {
        let fresh = std::mem::take(&mut self.held().fresh);
        if fresh.is_empty() {
            return None;
        }
        let part = Arc::new(Part::of(&self.model, fresh.iter().map(|(hash, values)| (hash, &**values))));
        let key = name(&part);
        self.held().hold(key.clone(), Arc::clone(&part), true, self.most_bytes);
        Some((key, part))
    }

    /// All parts at hand, given away: nothing is known afterwards.
    pub(crate) fn release(&self) -> Vec<HeldPart> {
        std::mem::take(&mut *self.held()).parts
    }

    /// How many texts were embedded and how many were not, since their vectors were known.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.embedded.load(Ordering::Relaxed), self.recalled.load(Ordering::Relaxed))
    }
}

impl Held {
    fn hold(&mut self, key: ObjectKey, part: Arc<Part>, used: bool, most_bytes: usize) {
        let bytes = self.bytes + part.bytes().len();
        let Ok(number) = u32::try_from(self.parts.len()) else { return };
        if bytes > most_bytes {
            return;
        }
        self.bytes = bytes;
        for (row, (hash, _)) in (0_u32..).zip(part.rows()) {
            self.places.entry(hash).or_insert((number, row));
        }
        let used = vec![used; part.rows().len()];
        self.parts.push(HeldPart { key, part, used });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recall(most_bytes: usize) -> Recall {
        let model = ModelIdentity { name: "m".to_owned(), dimension: 2, precision: "f32", max_tokens: 8 };
        Recall::new(model, most_bytes)
    }

    fn key(name: &str) -> ObjectKey {
        format!("checkpoints/u/m/{name}").parse().unwrap()
    }

    #[test]
    fn what_became_a_part_is_still_known_and_counted_as_used() {
        let recall = recall(1 << 20);
        assert!(recall.take_fresh(|_| key("none")).is_none());
        recall.keep([1; 32], &[0.5, -0.5]);
        assert_eq!(recall.fresh_bytes(), 40);
        let (_, part) = recall.take_fresh(|_| key("a")).unwrap();
        assert_eq!((part.rows().len(), recall.fresh_bytes()), (1, 0));
        let mut vector = [0.0; 2];
        assert!(recall.fill(&[1; 32], &mut vector) && vector == [0.5, -0.5]);
        assert!(!recall.fill(&[2; 32], &mut vector));
        assert_eq!(recall.counts(), (1, 1));
        let parts = recall.release();
        assert!(parts.len() == 1 && parts[0].is_mostly_used());
        assert!(!recall.fill(&[1; 32], &mut vector));
    }

    #[test]
    fn the_newest_part_counts_and_no_part_beyond_the_bound_is_held() {
        let made = |value: f32| {
            let other = recall(1 << 20);
            other.keep([1; 32], &[value, 0.0]);
            other.keep([2; 32], &[value, 1.0]);
            other.take_fresh(|_| key("x")).unwrap().1
        };
        let (newer, older) = (made(1.0), made(2.0));
        let both = recall(newer.bytes().len() * 2);
        both.hold(key("newer"), Arc::clone(&newer));
        both.hold(key("older"), Arc::clone(&older));
        both.hold(key("oldest"), made(3.0));
        let mut vector = [0.0; 2];
        assert!(both.fill(&[1; 32], &mut vector) && vector == [1.0, 0.0]);
        let parts = both.release();
        let used: Vec<usize> = parts.iter().map(|part| part.used_rows().count()).collect();
        assert_eq!(used, [1, 0]);
        assert!(parts[0].is_mostly_used() && !parts[1].is_mostly_used());

        let none = recall(newer.bytes().len() - 1);
        none.hold(key("newer"), newer);
        assert!(!none.fill(&[1; 32], &mut vector));
    }
}
