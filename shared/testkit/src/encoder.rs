//! An encoder that needs no model.

use std::hash::Hasher;

use graphnode_core::encoder::{EncodeError, Encoder, ModelIdentity};
use graphnode_core::matrix::Matrix;
use graphnode_core::watch::{Stage, Watch, checkpoint};
use rustc_hash::FxHasher;

/// Texts that share words get near vectors: every word is hashed to a few signed coordinates (feature hashing,
/// Weinberger et al. 2009). It keeps all duties of [`Encoder`] and knows nothing of meaning.
/// Its tokens are what blanks separate.
#[derive(Debug)]
pub struct HashingEncoder {
    model: ModelIdentity,
}

impl Default for HashingEncoder {
    fn default() -> Self {
        Self::new(64)
    }
}

impl HashingEncoder {
    /// One whose vectors have `dimension` values.
    #[must_use]
    pub fn new(dimension: usize) -> Self {
        let model =
            ModelIdentity { name: "hashing".to_owned(), dimension, precision: "f32", max_tokens: usize::MAX };
        Self { model }
    }
}

impl Encoder for HashingEncoder {
    fn model(&self) -> &ModelIdentity {
        &self.model
    }

    fn encode(&self, texts: &[&str], watch: &dyn Watch) -> Result<Matrix, EncodeError> {
        let total = texts.len() as u64;
        watch.progress(Stage::Embed, 0, total);
        let mut rows = Matrix::zeros(texts.len(), self.model.dimension);
        for (index, text) in texts.iter().enumerate() {
            checkpoint(watch)?;
            watch.tokens(text.split_whitespace().count() as u64);
            let row = rows.row_mut(index);
            row[0] = 0.1;
            for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 3) {
                for salt in 0..4 {
                    let mut hasher = FxHasher::default();
                    hasher.write(word.to_lowercase().as_bytes());
                    hasher.write_u8(salt);
                    let hash = hasher.finish();
                    let sign = if hash & (1 << 40) == 0 { 1.0 } else { -1.0 };
                    row[(hash >> 20) as usize % self.model.dimension] += sign;
                }
            }
            watch.progress(Stage::Embed, index as u64 + 1, total);
        }
        rows.normalise_rows();
        Ok(rows)
    }

    fn vocabulary_fit(&self, text: &str) -> f32 {
        let ascii = text.chars().filter(char::is_ascii).count();
        ascii as f32 / text.chars().count().max(1) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use graphnode_core::matrix::dot;
    use graphnode_core::watch::Unwatched;

    #[test]
    fn shared_words_are_near_and_rows_depend_on_their_text_alone() {
        let encoder = HashingEncoder::default();
        let rows = encoder
            .encode(&["bread flour oven", "bread flour yeast", "rust cargo crate"], &Unwatched)
            .unwrap();
        assert!(dot(rows.row(0), rows.row(1)) > dot(rows.row(0), rows.row(2)) + 0.2);
        assert_eq!(encoder.encode(&["rust cargo crate"], &Unwatched).unwrap().row(0), rows.row(2));
    }
}
