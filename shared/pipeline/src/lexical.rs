//! Which words texts share: a similarity that knows every language a little, where the model may know none.
//!
//! TF-IDF with sublinear frequencies (Salton and Buckley 1988) over words and word pairs of alphabetic scripts, and
//! over character n-grams of East Asian ones, which need no segmentation and forgive inflection (Lee, Cho and Park
//! 1999; Nie et al. 2000), made short by latent semantic analysis ([`crate::latent`]).

use std::hash::Hasher;

use graphnode_core::matrix::Matrix;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHasher};

use crate::digest::Document;
use crate::holders::shared_keys;
use crate::latent::Latent;
use crate::sparse::SparseRows;
use crate::words::korean::KoreanNouns;
use crate::words::script::Script;
use crate::words::{self, for_each_run};

/// Texts the vocabulary and its directions are learnt from, spread evenly over the history: what more of them would
/// add is below what the latent space resolves.
const LEARNT_FROM: usize = 2_000;
/// Most features kept of a text, the heaviest first: bounds memory and changes nothing in practice.
const MOST_FEATURES: usize = 256;
/// Most features of a corpus, those that most texts share: what only two share hardly moves the latent directions.
const MOST_IN_CORPUS: usize = 60_000;

/// What every text says by its words alone, as vectors of unit length; zeros where a text shares nothing with others.
pub(crate) fn words(documents: &[Document], nouns: &KoreanNouns) -> Matrix {
    let sample = sample(documents, LEARNT_FROM);
    let lexicon = Lexicon::read(&sample, nouns);
    let latent = Latent::of(&lexicon.rows(&sample, nouns), lexicon.len());
    if sample.len() == documents.len() {
        return latent.places();
    }
    let directions = latent.directions();
    drop(latent);
    let columns = directions.count();
    let mut words = Matrix::zeros(documents.len(), columns);
    words.data_mut().par_chunks_mut(columns).zip(documents).for_each_init(
        || Scratch::new(lexicon.len()),
        |scratch, (place, document)| directions.place(&lexicon.row(document, nouns, scratch), place),
    );
    words
}

/// At most `most` documents, evenly spread over the order they are in.
fn sample(documents: &[Document], most: usize) -> Vec<&Document> {
    let count = documents.len().min(most);
    (0..count).map(|place| &documents[place * documents.len() / count]).collect()
}

/// The features of a corpus and how much each says.
#[derive(Debug)]
struct Lexicon {
    /// Keys in at least two texts with their number, in the order of keys, and the weight of their rarity.
    features: FxHashMap<u64, (u32, f32)>,
}

impl Lexicon {
    /// Counts the features of all documents.
    fn read(documents: &[&Document], nouns: &KoreanNouns) -> Self {
        let keys: Vec<Vec<u64>> = documents.par_iter().map(|document| distinct(document, nouns)).collect();
        let total = documents.len() as f32;
        // The root of the usual inverse document frequency: common words keep telling style and language.
        let rarity = |holders: u32| (((1.0 + total) / (1.0 + holders as f32)).ln() + 1.0).sqrt();
        let mut holders = shared_keys(&keys);
        if holders.len() > MOST_IN_CORPUS {
            holders.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
            holders.truncate(MOST_IN_CORPUS);
            holders.sort_unstable_by_key(|&(key, _)| key);
        }
        let numbered = holders.into_iter().enumerate();
        Self {
            features: numbered.map(|(place, (key, count))| (key, (place as u32, rarity(count)))).collect(),
        }
    }

    /// Number of features.
    fn len(&self) -> usize {
        self.features.len()
    }

    /// One row a document.
    fn rows(&self, documents: &[&Document], nouns: &KoreanNouns) -> SparseRows {
        let rows: Vec<Vec<(u32, f32)>> = documents
            .par_iter()
            .map_init(|| Scratch::new(self.len()), |scratch, document| self.row(document, nouns, scratch))
            .collect();
        SparseRows::new(&rows)
    }

    /// The known features of a document, ascending, unit length; empty where none is known.
    fn row(&self, document: &Document, nouns: &KoreanNouns, scratch: &mut Scratch) -> Vec<(u32, f32)> {
        for text in [document.title_words(), &document.text] {
            for_each_feature(text, nouns, |key| {
                if let Some(&(place, rarity)) = self.features.get(&key) {
                    scratch.count(place, rarity);
                }
            });
        }
        let mut row = scratch.take();
        if row.len() > MOST_FEATURES {
            row.select_nth_unstable_by(MOST_FEATURES, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            row.truncate(MOST_FEATURES);
        }
        row.sort_unstable_by_key(|&(feature, _)| feature);
        let length = row.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
        row.iter_mut().for_each(|(_, value)| *value /= length);
        row
    }
}

/// Counts of the features of one text, in the place of each: cheaper than a map, and used for one text after another.
struct Scratch {
    counts: Vec<u32>,
    /// The features met so far and the weights of their rarity.
    met: Vec<(u32, f32)>,
}

impl Scratch {
    fn new(features: usize) -> Self {
        Self { counts: vec![0; features], met: Vec::new() }
    }

    fn count(&mut self, feature: u32, rarity: f32) {
        let count = &mut self.counts[feature as usize];
        if *count == 0 {
            self.met.push((feature, rarity));
        }
        *count += 1;
    }

    /// The features met, each with its sublinear frequency times its rarity, in the order they were met.
    fn take(&mut self) -> Vec<(u32, f32)> {
        let counts = &mut self.counts;
        let weighed = |(feature, rarity): (u32, f32)| {
            let count = std::mem::take(&mut counts[feature as usize]);
            (feature, (1.0 + (count as f32).ln()) * rarity)
        };
        self.met.drain(..).map(weighed).collect()
    }
}

/// The features of a document, each once.
fn distinct(document: &Document, nouns: &KoreanNouns) -> Vec<u64> {
    let mut keys = Vec::new();
    for text in [document.title_words(), &document.text] {
        for_each_feature(text, nouns, |key| keys.push(key));
    }
    keys.sort_unstable();
    keys.dedup();
    keys
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
