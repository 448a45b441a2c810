//! An encoder that remembers what it made, so that nothing is embedded twice when a job moves.

use graphnode_core::encoder::{EncodeError, Encoder, ModelIdentity};
use graphnode_core::matrix::Matrix;
use graphnode_core::watch::{Stage, Watch, Within, checkpoint};
use sha2::{Digest, Sha256};

use crate::parts::TextHash;
use crate::recall::Recall;

/// Texts encoded in one call of the encoder within: what is lost at most when the job must stop. A second's work on
/// one core, enough to keep eight busy.
const PORTION: usize = 128;

/// Wraps an encoder: texts whose vectors are known are not encoded again, the vectors of others are kept.
///
/// A vector depends on its text alone, so the results are those of the encoder within, to the bit.
pub(crate) struct KeepingEncoder<'a> {
    inner: &'a dyn Encoder,
    recall: &'a Recall,
}

impl<'a> KeepingEncoder<'a> {
    /// `recall` is of the model of `inner`.
    pub(crate) fn new(inner: &'a dyn Encoder, recall: &'a Recall) -> Self {
        Self { inner, recall }
    }

    /// Fills in the rows that are known; yields the numbers of the others.
    fn fill(&self, hashes: &[TextHash], rows: &mut Matrix) -> Vec<usize> {
        let missing = |index: &usize| !self.recall.fill(&hashes[*index], rows.row_mut(*index));
        (0..hashes.len()).filter(missing).collect()
    }
}

impl Encoder for KeepingEncoder<'_> {
    fn model(&self) -> &ModelIdentity {
        self.inner.model()
    }

    fn encode(&self, texts: &[&str], watch: &dyn Watch) -> Result<Matrix, EncodeError> {
        let hashes: Vec<TextHash> = texts.iter().map(|text| Sha256::digest(text).into()).collect();
        let mut rows = Matrix::zeros(texts.len(), self.model().dimension);
        let missing = self.fill(&hashes, &mut rows);
        let total = texts.len() as u64;
        let mut done = total - missing.len() as u64;
        watch.progress(Stage::Embed, done, total);
        for portion in missing.chunks(PORTION) {
            checkpoint(watch)?;
            let wanted: Vec<&str> = portion.iter().map(|&index| texts[index]).collect();
            let encoded = self.inner.encode(&wanted, &Within { watch, before: done, total })?;
            for (&index, row) in portion.iter().zip(encoded.iter_rows()) {
                rows.row_mut(index).copy_from_slice(row);
                self.recall.keep(hashes[index], row);
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
        let recall = Recall::new(counting.model().clone(), 1 << 20);
        let encoder = KeepingEncoder::new(&counting, &recall);
        encoder.encode(&texts[..100], &Unwatched).unwrap();
        recall.take_fresh(|_| "checkpoints/u/m/part".parse().unwrap()).unwrap();
        encoder.encode(&texts[..200], &Unwatched).unwrap();
        assert_eq!(encoder.encode(&texts, &Unwatched).unwrap(), plain);
        assert_eq!(counting.1.load(std::sync::atomic::Ordering::Relaxed), 300);
        assert_eq!(recall.counts(), (300, 300));
    }
}
