//! Key phrases: what a person would call a conversation by.
//!
//! Candidates are phrases of one to three words ([`phrases`]), scored by BM25-weighted frequency times rarity in
//! the corpus ([`corpus`]; class-based TF-IDF with a conversation as the class), then, where the model knows the
//! language, by closeness of the phrase's vector to the conversation's (KeyBERT, Grootendorst 2020), and chosen
//! by maximal marginal relevance (Carbonell and Goldstein 1998) so that none contains or repeats another.

pub(crate) mod corpus;
pub(crate) mod phrases;

use graphnode_core::contract::{Keyword, rounded};
use graphnode_core::encoder::{EncodeError, Encoder};
use graphnode_core::matrix::dot;
use graphnode_core::watch::{Silent, Stage, Watch, checkpoint};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::digest::Document;
use crate::embed::{Embedded, Tongue};
use crate::words::gloss::translation;
use crate::words::korean::KoreanNouns;
use crate::words::phrase_key;
use crate::words::stop::is_stop_word;
use corpus::Corpus;
use phrases::{Phrase, phrases};

/// Most keywords of a conversation.
pub(crate) const MOST: usize = 8;
/// Most candidates of a conversation whose closeness is measured.
const CANDIDATES: usize = 20;
/// Of these, how many are embedded: the rest keep their lexical score.
const EMBEDDED: usize = 10;
/// Weight of closeness against the lexical score, for languages the model knows.
const CLOSENESS: f64 = 0.4;
/// BM25's saturation and length normalisation (Robertson and Zaragoza 2009).
const SATURATION: f64 = 1.2;
const LENGTH_NORMALISATION: f64 = 0.5;

/// A phrase chosen, or in the running, for one conversation.
#[derive(Debug, Clone)]
pub(crate) struct Scored {
    /// Key of the phrase, equal for all its inflections.
    pub key: u64,
    /// The keys of its words.
    pub words: Vec<u64>,
    /// As a person would write it.
    pub term: String,
    /// 0 to 1.
    pub score: f64,
}

/// The keywords of all conversations, and the phrases behind them.
#[derive(Debug)]
pub(crate) struct Keywords {
    /// Chosen phrases of each conversation, best first.
    pub chosen: Vec<Vec<Scored>>,
    /// All candidates of each conversation, with what Korean and Chinese ones mean in English: what clusters are named
    /// from, and what two conversations are found to share whatever their languages.
    pub candidates: Vec<Vec<Scored>>,
}

impl Keywords {
    /// The keywords of conversation `index` as the contract has them.
    pub(crate) fn contract(&self, index: usize) -> Vec<Keyword> {
        self.chosen[index]
            .iter()
            .map(|scored| Keyword { term: scored.term.clone(), score: rounded(scored.score) })
            .collect()
    }
}

/// Finds the keywords of every conversation; `embedded` holds their vectors in the same order.
///
/// # Errors
/// As [`Encoder::encode`].
pub(crate) fn keywords(
    documents: &[Document],
    embedded: &Embedded,
    nouns: &KoreanNouns,
    encoder: &dyn Encoder,
    watch: &dyn Watch,
) -> Result<Keywords, EncodeError> {
    watch.progress(Stage::Keywords, 0, 3);
    let corpus = Corpus::read(documents, nouns);
    checkpoint(watch)?;
    watch.progress(Stage::Keywords, 1, 3);
    let mean_length = mean_length(documents);
    let mut ranked: Vec<Vec<Scored>> =
        documents.par_iter().map(|document| rank(document, &corpus, nouns, mean_length)).collect();
    checkpoint(watch)?;
    watch.progress(Stage::Keywords, 2, 3);
    add_closeness(&mut ranked, embedded, encoder, watch)?;
    let chosen: Vec<Vec<Scored>> = ranked.par_iter().map(|candidates| choose(candidates)).collect();
    ranked.par_iter_mut().for_each(add_translations);
    watch.progress(Stage::Keywords, 3, 3);
    Ok(Keywords { chosen, candidates: ranked })
}

fn mean_length(documents: &[Document]) -> f64 {
    let total: usize = documents.iter().map(|document| document.text.len()).sum();
    (total as f64 / documents.len().max(1) as f64).max(1.0)
}

/// The best candidates of one conversation by frequency and rarity, scores 0 to 1, best first.
fn rank(document: &Document, corpus: &Corpus, nouns: &KoreanNouns, mean_length: f64) -> Vec<Scored> {
    let found = phrases(document.title_words(), &document.text, nouns);
    let relative_length = document.text.len() as f64 / mean_length;
    let saturation = SATURATION * (1.0 - LENGTH_NORMALISATION + LENGTH_NORMALISATION * relative_length);
    let mut scored: Vec<(f64, u64, &Phrase<'_>)> = found
        .iter()
        .filter(|(key, phrase)| is_phrase(phrase, corpus.frequency(**key)))
        .map(|(&key, phrase)| (lexical_score(key, phrase, corpus, saturation), key, phrase))
        .filter(|(score, ..)| *score > 0.0)
        .collect();
    scored.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    scored.truncate(CANDIDATES);
    let best = scored.first().map_or(1.0, |(score, ..)| *score);
    scored
        .into_iter()
        .map(|(score, key, phrase)| Scored {
            key,
            words: phrase.keys().to_vec(),
            term: corpus.present(phrase.words(), phrase.script),
            score: score / best,
        })
        .collect()
}

/// Several words are a phrase when they come together more than once, here or elsewhere, or name the whole.
fn is_phrase(phrase: &Phrase<'_>, documents: u32) -> bool {
    phrase.length == 1 || phrase.in_title || documents >= 2 || phrase.frequency >= 2.0
}

fn lexical_score(key: u64, phrase: &Phrase<'_>, corpus: &Corpus, saturation: f64) -> f64 {
    let frequency = f64::from(phrase.frequency);
    let rarity = phrase.keys().iter().map(|&word| corpus.rarity(word)).sum::<f64>() / phrase.length as f64;
    // A longer phrase says more exactly what is meant, once it is one.
    let precision = 1.0 + 0.2 * (phrase.length - 1) as f64;
    // What no other text knows is as likely a slip of the pen as a topic.
    let shared = if corpus.frequency(key) >= 2 || phrase.frequency >= 2.0 { 1.0 } else { 0.6 };
    frequency / (frequency + saturation) * rarity * precision * shared
}

/// Mixes the closeness of the best candidates to their conversation into the scores.
fn add_closeness(
    ranked: &mut [Vec<Scored>],
    embedded: &Embedded,
    encoder: &dyn Encoder,
    watch: &dyn Watch,
) -> Result<(), EncodeError> {
    let known = |index: usize| embedded.tongues[index] == Tongue::Known;
    let mut rows: FxHashMap<String, usize> = FxHashMap::default();
    let mut terms: Vec<String> = Vec::new();
    for (_, candidates) in ranked.iter().enumerate().filter(|(index, _)| known(*index)) {
        for candidate in candidates.iter().take(EMBEDDED) {
            rows.entry(candidate.term.clone()).or_insert_with(|| {
                terms.push(candidate.term.clone());
                terms.len() - 1
            });
        }
    }
    if terms.is_empty() {
        return Ok(());
    }
    let texts: Vec<&str> = terms.iter().map(String::as_str).collect();
    let terms = encoder.encode(&texts, &Silent(watch))?;
    ranked.par_iter_mut().enumerate().filter(|(index, _)| known(*index)).for_each(|(index, candidates)| {
        let closeness = |term: &str| {
            rows.get(term)
                .map(|&row| f64::from(dot(terms.row(row), embedded.meaning.row(index))).clamp(0.0, 1.0))
        };
        for candidate in candidates.iter_mut() {
            let near = closeness(&candidate.term).unwrap_or(0.0);
            candidate.score = (1.0 - CLOSENESS) * candidate.score + CLOSENESS * near;
        }
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.key.cmp(&b.key)));
    });
    Ok(())
}

/// Adds the English of every candidate that the dictionary knows.
fn add_translations(candidates: &mut Vec<Scored>) {
    let translated: Vec<Scored> = candidates
        .iter()
        .filter_map(|candidate| {
            let english = translation(&candidate.term)?;
            let words: Vec<u64> = english.split(' ').map(crate::words::key).collect();
            let known = |key: u64| candidates.iter().any(|other| other.key == key);
            let key = phrase_key(&words);
            (!known(key) && !english.split(' ').any(is_stop_word)).then(|| Scored {
                key,
                words,
                term: english.to_owned(),
                score: candidate.score,
            })
        })
        .collect();
    candidates.extend(translated);
    candidates.sort_by(|a, b| a.key.cmp(&b.key).then(b.score.total_cmp(&a.score)));
    candidates.dedup_by_key(|candidate| candidate.key);
}

/// The best candidates such that none is part of another or shares most of its words with a better one.
fn choose(candidates: &[Scored]) -> Vec<Scored> {
    let mut chosen: Vec<Scored> = Vec::new();
    let mut lowered: Vec<String> = Vec::new();
    let mut left: Vec<&Scored> = candidates.iter().collect();
    while chosen.len() < MOST && !left.is_empty() {
        let relevance = |candidate: &Scored| candidate.score * (1.0 - 0.6 * overlap(candidate, &chosen));
        let best = (0..left.len())
            .max_by(|&a, &b| relevance(left[a]).total_cmp(&relevance(left[b])).then(b.cmp(&a)))
            .unwrap_or_default();
        let candidate = left.remove(best);
        let lower = candidate.term.to_lowercase();
        if lowered.iter().any(|term| term.contains(&lower) || lower.contains(term.as_str())) {
            continue;
        }
        lowered.push(lower);
        chosen.push(candidate.clone());
    }
    chosen.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.key.cmp(&b.key)));
    chosen
}

/// The largest share of `candidate`'s words that one chosen phrase has too.
fn overlap(candidate: &Scored, chosen: &[Scored]) -> f64 {
    let shared = |other: &Scored| candidate.words.iter().filter(|word| other.words.contains(word)).count();
    let most = chosen.iter().map(shared).max().unwrap_or(0);
    most as f64 / candidate.words.len() as f64
}
