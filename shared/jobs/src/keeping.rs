//! An encoder that remembers what it made, so that nothing is embedded twice when a job moves.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use graphnode_core::encoder::{EncodeError, Encoder, ModelIdentity};
use graphnode_core::matrix::Matrix;
use graphnode_core::watch::{Stage, Watch, Within, checkpoint};
use sha2::{Digest, Sha256};

/// SHA-256 of a text.
pub(crate) type TextHash = [u8; 32];

/// Vectors by the text they belong to; in order, so that equal sets give equal files.
pub(crate) type Vectors = BTreeMap<TextHash, Box<[f32]>>;

/// Texts encoded in one call of the encoder within: what is lost at most when the job must stop. A second's work on
/// one core, enough to keep eight busy.
const PORTION: usize = 128;
/// Most bytes of vectors that are remembered: what a function embeds in its longest 15 minutes fits.
const MOST_BYTES: usize = 96 << 20;

/// Wraps an encoder: texts of `known` are not encoded again, those that are encoded are remembered.
///
/// A vector depends on its text alone, so the results are those of the encoder within, to the bit.
pub(crate) struct KeepingEncoder<'a> {
    inner: &'a dyn Encoder,
    known: Vectors,
    fresh: Mutex<Vectors>,
    most_fresh: usize,
}

impl<'a> KeepingEncoder<'a> {
    pub(crate) fn new(inner: &'a dyn Encoder, known: Vectors) -> Self {
        let bytes = size_of::<TextHash>() + inner.model().dimension * size_of::<f32>();
        Self { inner, known, fresh: Mutex::default(), most_fresh: MOST_BYTES / bytes }
    }

    /// What was encoded and not known before.
    pub(crate) fn into_fresh(self) -> Vectors {
        self.fresh.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fills in the rows that are known; yields the numbers of the others.
    fn recall(&self, hashes: &[TextHash], rows: &mut Matrix) -> Vec<usize> {
        let fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        let mut missing = Vec::new();
        for (index, hash) in hashes.iter().enumerate() {
            match self.known.get(hash).or_else(|| fresh.get(hash)) {
                Some(vector) => rows.row_mut(index).copy_from_slice(vector),
                None => missing.push(index),
            }
        }
        missing
    }

    fn keep(&self, hash: TextHash, vector: &[f32]) {
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        if fresh.len() < self.most_fresh {
            fresh.insert(hash, vector.into());
        }
    }
}

impl Encoder for KeepingEncoder<'_> {
    fn model(&self) -> &ModelIdentity {
        self.inner.model()
    }

    fn encode(&self, texts: &[&str], watch: &dyn Watch) -> Result<Matrix, EncodeError> {
        let hashes: Vec<TextHash> = texts.iter().map(|text| Sha256::digest(text).into()).collect();
        let mut rows = Matrix::zeros(texts.len(), self.model().dimension);
        let missing = self.recall(&hashes, &mut rows);
        let total = texts.len() as u64;
        let mut done = total - missing.len() as u64;
        watch.progress(Stage::Embed, done, total);
        for portion in missing.chunks(PORTION) {
            checkpoint(watch)?;
            let wanted: Vec<&str> = portion.iter().map(|&index| texts[index]).collect();
            let encoded = self.inner.encode(&wanted, &Within { watch, before: done, total })?;
            for (&index, row) in portion.iter().zip(encoded.iter_rows()) {
                rows.row_mut(index).copy_from_slice(row);
                self.keep(hashes[index], row);
            }
            done += portion.len() as u64;
        }
        Ok(rows)
    }

    fn vocabulary_fit(&self, text: &str) -> f32 {
        self.inner.vocabulary_fit(text)
    }
}

#[cfg(test)]
mod tests {
    use graphnode_core::watch::Unwatched;
    use graphnode_testkit::encoder::HashingEncoder;

    use super::*;

    /// Counts what it is asked for.
    struct Counting(HashingEncoder, std::sync::atomic::AtomicUsize);

    impl Encoder for Counting {
        fn model(&self) -> &ModelIdentity {
            self.0.model()
        }

        fn encode(&self, texts: &[&str], watch: &dyn Watch) -> Result<Matrix, EncodeError> {
            self.1.fetch_add(texts.len(), std::sync::atomic::Ordering::Relaxed);
            self.0.encode(texts, watch)
        }

        fn vocabulary_fit(&self, text: &str) -> f32 {
            self.0.vocabulary_fit(text)
        }
    }

    #[test]
    fn what_is_known_is_not_encoded_again_and_the_vectors_are_the_same() {
        let texts: Vec<String> = (0..300).map(|number| format!("sentence number {number}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let plain = HashingEncoder::default().encode(&texts, &Unwatched).unwrap();

        let counting = Counting(HashingEncoder::default(), Default::default());
        let first = KeepingEncoder::new(&counting, Vectors::new());
        first.encode(&texts[..200], &Unwatched).unwrap();
        let second = KeepingEncoder::new(&counting, first.into_fresh());
        assert_eq!(second.encode(&texts, &Unwatched).unwrap(), plain);
        assert_eq!(counting.1.load(std::sync::atomic::Ordering::Relaxed), 300);
        assert_eq!(second.into_fresh().len(), 100);
    }
}
