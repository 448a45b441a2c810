//! Search by meaning and by words at once.
//!
//! A conversation's score is `(1 - w) · cosine + w · BM25`, the second as a share of what a text that holds every word
//! of the query could reach (`index`); `w` is small where the model knows the query's language and large where it does
//! not. Words come from `terms`, the same for conversations and queries.

mod index;
mod terms;

use graphnode_core::encoder::{EncodeError, Encoder};
use graphnode_core::watch::Unwatched;

pub use index::{DamagedIndex, WordIndex};

use crate::embed::is_known;
use crate::words::gloss::gloss;
use terms::Terms;

/// Weight of words for a query in a language the model knows, and in one it does not.
const WORDS_KNOWN: f32 = 0.4;
const WORDS_UNKNOWN: f32 = 0.85;

/// What somebody looks for.
#[derive(Debug, Clone)]
pub struct Query {
    /// Its direction, unit length.
    pub vector: Vec<f32>,
    terms: Terms,
    words_weight: f32,
}

impl Query {
    /// Understands `text`; one in a language the model does not know by its English gloss.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    pub fn new(text: &str, encoder: &dyn Encoder) -> Result<Self, EncodeError> {
        let known = is_known(text, encoder);
        let gloss = if known { None } else { gloss(text) };
        let vector = encoder.encode(&[gloss.as_deref().unwrap_or(text)], &Unwatched)?.row(0).to_vec();
        let words_weight = if known { WORDS_KNOWN } else { WORDS_UNKNOWN };
        Ok(Self { vector, terms: Terms::of(&[text], gloss.as_deref()), words_weight })
    }

    /// The `limit` best conversations and their scores from 0 to 1, best first, equal ones by number. `cosines` are the
    /// similarities of [`Self::vector`] to every conversation.
    #[must_use]
    pub fn rank(&self, cosines: &[f32], words: &WordIndex, limit: usize) -> Vec<(usize, f32)> {
        let shares = words.scores(&self.terms);
        let mut ranked: Vec<(usize, f32)> = cosines
            .iter()
            .zip(&shares)
            .map(|(cosine, share)| {
                (1.0 - self.words_weight) * cosine.clamp(0.0, 1.0) + self.words_weight * share
            })
            .enumerate()
            .collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked.truncate(limit);
        ranked
    }
}
