//! Which words texts share: a similarity that knows every language a little, where the model may know none.
//!
//! TF-IDF with sublinear frequencies (Salton and Buckley 1988) over words and word pairs of alphabetic scripts, and
//! over character n-grams of East Asian ones, which need no segmentation and forgive inflection (Lee, Cho and Park
//! 1999; Nie et al. 2000).

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::Hasher;

use crate::digest::Document;
use crate::sparse::SparseRows;
use crate::words::korean::KoreanNouns;
use crate::words::script::Script;
use crate::words::{self, for_each_run};

/// Most features kept of a text, the heaviest first: bounds memory and changes nothing in practice.
const MOST_FEATURES: usize = 256;
/// Most features of a corpus, those that most texts share: what only two share hardly moves the latent directions.
const MOST_IN_CORPUS: usize = 60_000;

/// The features of a corpus and how much each says.
#[derive(Debug)]
pub(crate) struct Lexicon {
    /// Keys in at least two texts, ascending, with the weight of their rarity.
    features: Vec<(u64, f32)>,
}

impl Lexicon {
    /// Counts the features of all documents.
    pub(crate) fn read(documents: &[Document], nouns: &KoreanNouns) -> Self {
        let keys: Vec<Vec<u64>> =
            documents.par_iter().map(|document| counts(document, nouns).into_keys().collect()).collect();
        let mut keys = keys.concat();
        keys.par_sort_unstable();
        let total = documents.len() as f32;
        // The root of the usual inverse document frequency: common words keep telling style and language.
        let rarity = |holders: usize| (((1.0 + total) / (1.0 + holders as f32)).ln() + 1.0).sqrt();
        let mut holders: Vec<(usize, u64)> = keys
            .chunk_by(|a, b| a == b)
            .filter(|run| run.len() >= 2)
            .map(|run| (run.len(), run[0]))
            .collect();
        if holders.len() > MOST_IN_CORPUS {
            holders.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            holders.truncate(MOST_IN_CORPUS);
            holders.sort_unstable_by_key(|&(_, key)| key);
        }
        Self { features: holders.into_iter().map(|(holders, key)| (key, rarity(holders))).collect() }
    }

    /// Number of features.
    pub(crate) fn len(&self) -> usize {
        self.features.len()
    }

    /// One row a document, unit length; empty for a text that shares no feature with another.
    pub(crate) fn rows(&self, documents: &[Document], nouns: &KoreanNouns) -> SparseRows {
        let rows: Vec<Vec<(u32, f32)>> =
            documents.par_iter().map(|document| self.row(document, nouns)).collect();
        let mut rows = SparseRows::new(&rows);
        rows.normalise_rows();
        rows
    }

    fn row(&self, document: &Document, nouns: &KoreanNouns) -> Vec<(u32, f32)> {
        let mut row: Vec<(u32, f32)> = counts(document, nouns)
            .into_iter()
            .filter_map(|(key, count)| {
                let place = self.features.binary_search_by_key(&key, |&(known, _)| known).ok()?;
                Some((place as u32, (1.0 + count.ln()) * self.features[place].1))
            })
            .collect();
        if row.len() > MOST_FEATURES {
            row.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            row.truncate(MOST_FEATURES);
        }
        row.sort_unstable_by_key(|&(feature, _)| feature);
        row
    }
}

/// How often each feature occurs in title and text.
fn counts(document: &Document, nouns: &KoreanNouns) -> FxHashMap<u64, f32> {
    let mut counts = FxHashMap::default();
    for text in [document.title_words(), &document.text] {
        for_each_feature(text, nouns, |key| *counts.entry(key).or_insert(0.0) += 1.0);
    }
    counts
}

/// Calls `visit` with the key of every feature of `text`: alphabetic words and pairs of them; Korean words with and
/// without particles and their one to three syllables in a row; one to three Chinese characters in a row.
fn for_each_feature(text: &str, nouns: &KoreanNouns, mut visit: impl FnMut(u64)) {
    let mut before = None;
    for_each_run(text, |run, script, _| match script {
        Script::Alphabetic => {
            let key = words::key(run);
            visit(key);
            if let Some(before) = before.replace(key) {
                visit(words::phrase_key(&[before, key]));
            }
        }
        Script::Hangul => {
            let noun = nouns.noun(run);
            visit(words::key(run));
            if noun.len() < run.len() {
                visit(words::key(noun));
            }
            character_ngrams(std::iter::once('<').chain(run.chars()), &mut visit);
        }
        Script::Han | Script::Katakana | Script::Hiragana => {
            before = None;
            character_ngrams(run.chars(), &mut visit);
        }
    });
}

/// One to three characters in a row; a leading `<` marks the beginning of a word and stands in no n-gram alone.
fn character_ngrams(characters: impl Iterator<Item = char>, visit: &mut impl FnMut(u64)) {
    let mut window = [None::<char>; 3];
    for character in characters {
        window.rotate_left(1);
        window[2] = Some(character);
        let mut hasher = FxHasher::default();
        for (length, place) in (0..3).rev().enumerate() {
            let Some(part) = window[place] else { break };
            hasher.write_u32(part as u32);
            if (length, part) != (0, '<') {
                visit(hasher.finish() ^ length as u64);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(text: &str) -> Vec<u64> {
        let mut found = Vec::new();
        for_each_feature(text, &KoreanNouns::default(), |key| found.push(key));
        found
    }

    #[test]
    fn alphabetic_words_come_alone_and_in_pairs() {
        assert_eq!(features("rye bread").len(), 3);
        assert_eq!(features("Rye BREAD"), features("rye breads"));
    }

    #[test]
    fn east_asian_runs_come_in_ngrams() {
        assert_eq!(features("机器学").len(), 3 + 2 + 1);
        // The word, three syllables, three pairs and two triples with the mark of the beginning.
        assert_eq!(features("제주도").len(), 1 + 3 + 3 + 2);
    }
}
