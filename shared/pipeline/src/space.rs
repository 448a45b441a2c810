//! The space in which conversations are near: what they mean and which words they share, weighed by how well the model
//! knows the language.
//!
//! A row is `[√(1-s-l) · meaning | √s · style | √l · words]`, each part of unit length, so that the inner product of
//! two rows is a weighted mean of three cosines. The weights are broad plateaus of a search over eleven labelled sets
//! (docs/PIPELINE.md).

use graphnode_core::matrix::{Matrix, dot, normalise};

use crate::digest::Document;
use crate::embed::{Embedded, Tongue};
use crate::lexical::words;
use crate::words::korean::KoreanNouns;
use crate::words::script;

/// Weight of shared words where the model knows the language.
const WORDS_KNOWN: f32 = 0.15;
/// Largest weight of style where it does not, and of style and words together.
const STYLE_UNKNOWN: f32 = 0.35;
const BOTH_UNKNOWN: f32 = 0.9;
/// Words after which half the weight of an unknown language is reached: short texts share words by chance.
const HALF_WEIGHT_WORDS: f32 = 60.0;
/// East Asian characters that count as one word.
const CHARACTERS_A_WORD: f32 = 2.5;
/// A language's mean counts this many conversations of the whole corpus as its own, so that few do not cancel out.
const SHRINKAGE: f32 = 10.0;

/// One row of unit length a conversation.
pub(crate) fn space(documents: &[Document], embedded: &Embedded, nouns: &KoreanNouns) -> Matrix {
    let words = words(documents, nouns);
    let meaning = centred(&embedded.meaning, &embedded.tongues);
    let style = centred(&embedded.style, &embedded.tongues);
    let weights = weights(documents, &embedded.tongues);
    let styled = weights.iter().any(|weights| weights.style > 0.0);
    let parts = [(&meaning, true), (&style, styled), (&words, true)];
    let columns = parts.iter().filter(|(_, used)| *used).map(|(part, _)| part.columns()).sum();
    let mut rows = Matrix::zeros(documents.len(), columns);
    for (index, weights) in weights.iter().enumerate() {
        // A part that says nothing leaves its weight to the meaning.
        let share = |part: &Matrix, weight: f32| {
            if dot(part.row(index), part.row(index)) > 0.5 { weight } else { 0.0 }
        };
        let (style_share, word_share) = (share(&style, weights.style), share(&words, weights.words));
        let shares = [1.0 - style_share - word_share, style_share, word_share];
        let row = rows.row_mut(index);
        let mut start = 0;
        for ((part, _), share) in parts.iter().zip(shares).filter(|((_, used), _)| *used) {
            let factor = share.max(0.0).sqrt();
            let target = &mut row[start..start + part.columns()];
            target.iter_mut().zip(part.row(index)).for_each(|(value, source)| *value = factor * source);
            start += part.columns();
        }
        normalise(row);
    }
    rows
}

/// What the parts of one row weigh; the rest is meaning.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Weights {
    style: f32,
    words: f32,
}

fn weights(documents: &[Document], tongues: &[Tongue]) -> Vec<Weights> {
    let share = |tongue: Tongue| {
        tongues.iter().filter(|&&other| other == tongue).count() as f32 / tongues.len() as f32
    };
    documents
        .iter()
        .zip(tongues)
        .map(|(document, &tongue)| {
            // Words and style are never shared across languages: in a mixed corpus they would only tell those apart.
            let comparable = ((share(tongue) - 0.5) / 0.4).clamp(0.0, 1.0);
            let count = word_count(&document.text);
            let certain = count / (count + HALF_WEIGHT_WORDS);
            match tongue {
                Tongue::Known => Weights { style: 0.0, words: WORDS_KNOWN * comparable },
                Tongue::Korean | Tongue::Other => {
                    let style = STYLE_UNKNOWN * certain;
                    Weights {
                        style: style * comparable,
                        words: certain.min(BOTH_UNKNOWN - style) * comparable,
                    }
                }
            }
        })
        .collect()
}

fn word_count(text: &str) -> f32 {
    let east_asian = |c: &char| script::script(*c).is_some_and(script::is_east_asian);
    text.split_whitespace().filter(|word| word.is_ascii()).count() as f32
        + text.chars().filter(east_asian).count() as f32 / CHARACTERS_A_WORD
}

/// Vectors without what all of their language share, unit length: the common direction only blurs differences (Mu and
/// Viswanath 2018, "All-but-the-top"), and between languages it is the largest difference.
fn centred(vectors: &Matrix, tongues: &[Tongue]) -> Matrix {
    let whole = mean(vectors, |_| true).0;
    let mut centred = vectors.clone();
    for tongue in [Tongue::Known, Tongue::Korean, Tongue::Other] {
        let (own, count) = mean(vectors, |row| tongues[row] == tongue);
        let centre: Vec<f32> = own
            .iter()
            .zip(&whole)
            .map(|(own, whole)| (count * own + SHRINKAGE * whole) / (count + SHRINKAGE))
            .collect();
        for row in (0..vectors.rows()).filter(|&row| tongues[row] == tongue) {
            // A single conversation has nothing to be told from.
            if vectors.rows() > 1 && dot(vectors.row(row), vectors.row(row)) > 0.0 {
                centred.row_mut(row).iter_mut().zip(&centre).for_each(|(value, centre)| *value -= centre);
            }
        }
    }
    centred.normalise_rows();
    centred
}

/// Mean of the rows that are wanted and not zero, and their number.
fn mean(vectors: &Matrix, wanted: impl Fn(usize) -> bool) -> (Vec<f32>, f32) {
    let mut sum = vec![0.0; vectors.columns()];
    let mut count = 0.0;
    for (row, vector) in vectors.iter_rows().enumerate() {
        if wanted(row) && dot(vector, vector) > 0.0 {
            sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value);
            count += 1.0;
        }
    }
    sum.iter_mut().for_each(|value| *value /= f32::max(count, 1.0));
    (sum, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn centring_removes_what_a_language_shares() {
        let rows = Matrix::from_data(3, vec![0.8, 0.6, 0.0, 0.8, -0.6, 0.0, 0.8, 0.6, 0.0, 0.8, -0.6, 0.0]);
        let centred = centred(&rows, &[Tongue::Known; 4]);
        assert!(dot(centred.row(0), centred.row(1)) < -0.99, "what is shared is gone");
        assert!(dot(centred.row(0), centred.row(2)) > 0.99, "what differs is kept");
    }
}
