//! Search by meaning and by words at once.
//!
//! A conversation's score is `(1 - w) · cosine + w · BM25`, the second as a share of what a text that holds every word
//! of the query could reach (`index`); `w` is small where the model knows the query's language and large where it does
//! not. Words come from `terms`, the same for conversations and queries. [`Query::rank`] knows every cosine,
//! [`Candidates`] those an index told.

mod candidates;
mod index;
mod terms;

use std::cmp::Ordering;

use graphnode_core::encoder::{EncodeError, Encoder};
use graphnode_core::watch::Unwatched;

pub use candidates::Candidates;
pub use index::{DamagedIndex, WordIndex};

use crate::embed::is_known;
use crate::words::gloss::gloss;
use terms::Terms;

/// How the words of a query count.
#[derive(Debug, Clone, Copy)]
struct Weighing {
    /// Their weight beside meaning, 0 to 1.
    words: f32,
    /// BM25's k₁: the larger, the longer a repeated word keeps adding.
    saturation: f32,
    /// The power of the inverse document frequency.
    rarity_power: f32,
}

/// For a query in a language the model knows.
const KNOWN: Weighing = Weighing { words: 0.4, saturation: 1.2, rarity_power: 1.0 };
/// For one it does not know: what few conversations hold counts more, as syllables alone are many and say little.
const UNKNOWN: Weighing = Weighing { words: 0.9, saturation: 2.0, rarity_power: 1.3 };

/// What somebody looks for.
#[derive(Debug, Clone)]
pub struct Query {
    /// Its direction, unit length.
    pub vector: Vec<f32>,
    terms: Terms,
    weighing: Weighing,
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
        let weighing = if known { KNOWN } else { UNKNOWN };
        Ok(Self { vector, terms: Terms::of(&[text], gloss.as_deref()), weighing })
    }

    /// The `limit` best conversations and their scores from 0 to 1, best first, equal ones by number. `cosines` are the
    /// similarities of [`Self::vector`] to every conversation.
    #[must_use]
    pub fn rank(&self, cosines: &[f32], words: &WordIndex, limit: usize) -> Vec<(usize, f32)> {
        let shares = words.scores(&self.terms, self.weighing);
        let scores = cosines.iter().zip(&shares).map(|(&cosine, &share)| self.score(cosine, share));
        let mut ranked: Vec<(usize, f32)> = scores.enumerate().collect();
        ranked.sort_by(in_order);
        ranked.truncate(limit);
        ranked
    }

    /// What meaning and words give together, 0 to 1.
    fn score(&self, cosine: f32, share: f32) -> f32 {
        (1.0 - self.weighing.words) * cosine.clamp(0.0, 1.0) + self.weighing.words * share
    }
}

/// Best first, equal ones by number.
fn in_order(a: &(usize, f32), b: &(usize, f32)) -> Ordering {
    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
}
