//! What the whole corpus knows about its words: how many texts hold a phrase, how a word is written.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::phrases::phrase_keys;
use crate::digest::Document;
use crate::holders::shared_keys;
use crate::words::korean::{KoreanCounts, KoreanNouns};
use crate::words::script::{self, Script};
use crate::words::{self};

/// Counts over all documents.
#[derive(Debug)]
pub(crate) struct Corpus {
    /// Number of documents.
    pub documents: usize,
    /// Keys of phrases in at least two documents, ascending, and in how many.
    frequencies: Vec<(u64, u32)>,
    casing: FxHashMap<String, String>,
}

impl Corpus {
    /// Reads all documents. Memory: eight bytes a distinct phrase of a document.
    pub(crate) fn read(documents: &[Document], nouns: &KoreanNouns) -> Self {
        let keys: Vec<Vec<u64>> = documents
            .par_iter()
            .map(|document| phrase_keys(document.title_words(), &document.text, nouns))
            .collect();
        Self { documents: documents.len(), frequencies: shared_keys(&keys), casing: casing(documents) }
    }

    /// In how many documents a phrase of some document occurs; at least 1.
    pub(crate) fn frequency(&self, key: u64) -> u32 {
        self.frequencies
            .binary_search_by_key(&key, |&(known, _)| known)
            .map_or(1, |place| self.frequencies[place].1)
    }

    /// Inverse document frequency: `ln((N + 1) / (n + 0.5))`, 0 for what every document holds.
    pub(crate) fn rarity(&self, key: u64) -> f64 {
        let ratio = (self.documents as f64 + 1.0) / (f64::from(self.frequency(key)) + 0.5);
        ratio.ln().max(0.0)
    }

    /// A phrase as a person would write it: each word in its usual casing, joined as its script joins words.
    pub(crate) fn present(&self, words: &[&str], script: Script) -> String {
        let separator = if matches!(script, Script::Han | Script::Katakana) { "" } else { " " };
        let shown: Vec<&str> = words.iter().map(|word| self.cased(word)).collect();
        shown.join(separator).replace('’', "'")
    }

    fn cased<'a>(&'a self, word: &'a str) -> &'a str {
        self.casing.get(&word.to_lowercase()).map_or(word, String::as_str)
    }
}

/// The Korean nouns of all documents.
pub(crate) fn korean_nouns(documents: &[Document]) -> KoreanNouns {
    let counts = documents
        .par_iter()
        .fold(KoreanCounts::default, |mut counts, document| {
            for text in [document.title_words(), &document.text] {
                text.split(|c| script::script(c) != Some(Script::Hangul))
                    .filter(|run| !run.is_empty())
                    .for_each(|run| counts.add(run));
            }
            counts
        })
        .reduce(KoreanCounts::default, |mut all, part| {
            all.merge(part);
            all
        });
    counts.nouns()
}

/// The usual casing of every alphabetic word that is not always lower-case: the form most frequent where a
/// capital means something; the small form where the word only ever opens sentences.
fn casing(documents: &[Document]) -> FxHashMap<String, String> {
    type Forms = FxHashMap<String, FxHashMap<String, (u32, u32)>>;
    let count = |mut forms: Forms, document: &Document| {
        words::for_each_alphabetic(&document.text, |word, opens| {
            let lower = words::lowered(word);
            let entry = match forms.get_mut(lower.as_ref()) {
                Some(entry) => entry,
                None => forms.entry(lower.into_owned()).or_default(),
            };
            let counts = match entry.get_mut(word) {
                Some(counts) => counts,
                None => entry.entry(word.to_owned()).or_default(),
            };
            if opens { counts.1 += 1 } else { counts.0 += 1 }
        });
        forms
    };
    let merge = |mut all: Forms, part: Forms| {
        for (lower, forms) in part {
            let known = all.entry(lower).or_default();
            for (form, (inside, opening)) in forms {
                let counts = known.entry(form).or_default();
                counts.0 += inside;
                counts.1 += opening;
            }
        }
        all
    };
    let forms = documents.par_iter().fold(Forms::default, count).reduce(Forms::default, merge);
    forms
        .into_iter()
        .filter_map(|(lower, forms)| {
            let form = usual_form(&lower, &forms)?;
            Some((lower, form))
        })
        .collect()
}

fn usual_form(lower: &str, forms: &FxHashMap<String, (u32, u32)>) -> Option<String> {
    let inside = forms.iter().filter(|(_, (inside, _))| *inside > 0);
    let usual = inside.max_by(|a, b| (a.1.0, b.0).cmp(&(b.1.0, a.0))).map(|(form, _)| form.clone());
    // A word that only opens sentences keeps capitals beyond its first letter (`PostgreSQL`, `GPU`).
    usual.or_else(|| {
        let form = forms.keys().min()?;
        let inner_capital = form.chars().skip(1).any(char::is_uppercase);
        Some(if inner_capital { form.clone() } else { lower.to_owned() })
    })
}
