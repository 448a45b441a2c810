//! What clusters are called: phrases that many of their conversations share and few others do.
//!
//! A phrase tells a cluster by its share of the Kullback–Leibler divergence between the cluster and the whole:
//! `p ln(p / q)`, `p` the share of the cluster's conversations that hold the phrase and `q` the share of all
//! (class-based TF-IDF in its probabilistic form).

use std::collections::{BTreeMap, BTreeSet};

use graphnode_core::encoder::{EncodeError, Encoder};
use graphnode_core::matrix::{Matrix, dot};
use graphnode_core::options::Language;
use graphnode_core::watch::{Silent, Watch};
use rustc_hash::FxHashMap;

use crate::embed::is_known;
use crate::keywords::{Keywords, Scored};
use crate::words::gloss::translation;
use crate::words::script::{self, Script};

/// Most phrases that describe a cluster.
const MOST_THEMES: usize = 10;
/// A phrase in the language asked for is preferred to one in another unless that stands this many times earlier.
const PREFERENCE: f64 = 6.0;
/// Phrases of a cluster whose meaning is compared with it.
const COMPARED: usize = 40;
/// Least a phrase's nearness counts for: counts alone keep a say.
const LEAST_LEAD: f64 = 0.01;

/// Phrases that tell a group of conversations from the rest, best first; none is part of another.
pub(crate) fn telling_phrases(keywords: &Keywords, groups: &[Vec<usize>], most: usize) -> Vec<Vec<String>> {
    let scored = scored_phrases(keywords, groups);
    scored.into_iter().map(|phrases| distinct(phrases.into_iter().map(|phrase| phrase.term), most)).collect()
}

/// A phrase of a group and how well it tells that group from the rest.
struct Telling<'a> {
    score: f64,
    key: u64,
    term: &'a str,
}

/// All phrases of every group, best first.
fn scored_phrases<'a>(keywords: &'a Keywords, groups: &[Vec<usize>]) -> Vec<Vec<Telling<'a>>> {
    let total: usize = groups.iter().map(Vec::len).sum();
    let everywhere = held(keywords, groups.iter().flatten().copied());
    groups
        .iter()
        .map(|members| {
            let mut scored: Vec<Telling<'_>> = held(keywords, members.iter().copied())
                .into_iter()
                .map(|(key, phrase)| {
                    let share = phrase.weight / members.len() as f64;
                    let overall = everywhere.get(&key).map_or(share, |all| all.weight / total as f64);
                    // One conversation's phrase is no theme of a larger group.
                    let support = if phrase.holders >= 2 || members.len() <= 3 { 1.0 } else { 0.3 };
                    let score = support * share * (1.0 + (share / overall).ln().max(0.0));
                    Telling { score, key, term: phrase.term }
                })
                .collect();
            sort(&mut scored);
            scored
        })
        .collect()
}

fn sort(phrases: &mut [Telling<'_>]) {
    phrases.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.key.cmp(&b.key)));
}

/// The conversations that hold a phrase.
struct Held<'a> {
    /// Sum of its scores there.
    weight: f64,
    /// Their number.
    holders: usize,
    /// Its most frequent spelling.
    term: &'a str,
}

fn held(keywords: &Keywords, members: impl Iterator<Item = usize>) -> FxHashMap<u64, Held<'_>> {
    let mut spellings: FxHashMap<u64, (f64, usize, BTreeMap<&str, usize>)> = FxHashMap::default();
    for member in members {
        for Scored { key, term, score, .. } in &keywords.candidates[member] {
            let entry = spellings.entry(*key).or_default();
            entry.0 += score;
            entry.1 += 1;
            *entry.2.entry(term).or_default() += 1;
        }
    }
    spellings
        .into_iter()
        .map(|(key, (weight, holders, terms))| (key, Held { weight, holders, term: usual(&terms) }))
        .collect()
}

/// The most frequent spelling; of equally frequent ones the first in order.
fn usual<'a>(spellings: &BTreeMap<&'a str, usize>) -> &'a str {
    spellings.iter().rev().max_by_key(|&(_, count)| count).map_or("", |(term, _)| term)
}

/// The first `most` terms of which none contains another or means the same in another language.
fn distinct<'a>(terms: impl Iterator<Item = &'a str>, most: usize) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut lowered: Vec<String> = Vec::new();
    for term in terms {
        // 설탕 and sugar are one theme: the first of them stands for both.
        let lower = translation(term).map_or_else(|| term.to_lowercase(), str::to_owned);
        if lowered.iter().any(|known| known.contains(&lower) || lower.contains(known.as_str())) {
            continue;
        }
        kept.push(term.chars().take(100).collect());
        lowered.push(lower);
        if kept.len() == most {
            break;
        }
    }
    kept
}

/// Themes of every cluster, best first: phrases that tell it from the rest by count, weighed by how much nearer their
/// meaning is to the cluster's than to the others'.
///
/// `centroids` are the clusters' mean directions, one row each, made with `encoder`.
///
/// # Errors
/// As [`Encoder::encode`].
pub(crate) fn themes(
    keywords: &Keywords,
    clusters: &[Vec<usize>],
    centroids: &Matrix,
    encoder: &dyn Encoder,
    watch: &dyn Watch,
) -> Result<Vec<Vec<String>>, EncodeError> {
    let mut scored = scored_phrases(keywords, clusters);
    scored.iter_mut().for_each(|phrases| phrases.truncate(COMPARED));
    // What the model cannot read is compared by what it means in English.
    let texts: Vec<Option<&str>> = scored
        .iter()
        .flatten()
        .map(|phrase| {
            translation(phrase.term).or_else(|| is_known(phrase.term, encoder).then_some(phrase.term))
        })
        .collect();
    let readable: Vec<&str> = texts.iter().flatten().copied().collect();
    let vectors = encoder.encode(&readable, &Silent(watch))?;
    let mut rows = vectors.iter_rows();
    let mut texts = texts.iter();
    for (cluster, phrases) in scored.iter_mut().enumerate() {
        let ahead: Vec<Option<f64>> = phrases
            .iter()
            .map(|_| texts.next()?.and_then(|_| rows.next()).map(|row| lead(row, centroids, cluster)))
            .collect();
        let known: Vec<f64> = ahead.iter().flatten().copied().collect();
        let usual = known.iter().sum::<f64>() / known.len().max(1) as f64;
        for (phrase, ahead) in phrases.iter_mut().zip(ahead) {
            phrase.score *= ahead.unwrap_or(usual).max(LEAST_LEAD);
        }
        sort(phrases);
    }
    Ok(scored
        .into_iter()
        .map(|phrases| distinct(phrases.into_iter().map(|phrase| phrase.term), MOST_THEMES))
        .collect())
}

/// How much nearer `row` is to one of the centroids than to all of them on average.
fn lead(row: &[f32], centroids: &Matrix, own: usize) -> f64 {
    let all: f32 = centroids.iter_rows().map(|centroid| dot(row, centroid)).sum();
    f64::from(dot(row, centroids.row(own)) - all / centroids.rows() as f32)
}

/// A name for every cluster from its themes: the two best in the language asked for, where the words allow. No two
/// names are alike.
pub(crate) fn names(themes: &[Vec<String>], language: Language) -> Vec<String> {
    let mut taken = BTreeSet::new();
    themes
        .iter()
        .enumerate()
        .map(|(cluster, themes)| {
            let ordered = unlike_first(by_preference(themes, language));
            let mut name = name_of(&ordered, 2, language);
            let mut parts = 3;
            while name.is_empty() || taken.contains(&name.to_lowercase()) {
                name = if parts <= ordered.len() {
                    name_of(&ordered, parts, language)
                } else {
                    numbered(&name_of(&ordered, 2, language), cluster + 1, language)
                };
                parts += 1;
            }
            taken.insert(name.to_lowercase());
            name
        })
        .collect()
}

/// Themes in the language's script first, unless another is far better (earlier by more than [`PREFERENCE`] times).
fn by_preference(themes: &[String], language: Language) -> Vec<&str> {
    let mut ordered: Vec<(f64, usize, &str)> = themes
        .iter()
        .enumerate()
        .map(|(rank, theme)| {
            let penalty = if is_in(theme, language) { 1.0 } else { PREFERENCE };
            ((rank + 1) as f64 * penalty, rank, theme.as_str())
        })
        .collect();
    ordered.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    ordered.into_iter().map(|(.., theme)| theme).collect()
}

/// Moves themes that share a word with an earlier one behind the others: `Chinese language & English language` says
/// less than a name with two different words.
fn unlike_first(themes: Vec<&str>) -> Vec<&str> {
    let words = |theme: &str| theme.to_lowercase().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut said: Vec<String> = Vec::new();
    let (mut unlike, mut alike) = (Vec::new(), Vec::new());
    for theme in themes {
        let words = words(theme);
        if words.iter().any(|word| said.contains(word)) {
            alike.push(theme);
        } else {
            unlike.push(theme);
            said.extend(words);
        }
    }
    unlike.extend(alike);
    unlike
}

fn is_in(term: &str, language: Language) -> bool {
    let wanted = match language {
        Language::En => Script::Alphabetic,
        Language::Ko => Script::Hangul,
        Language::Zh => Script::Han,
    };
    term.chars().filter_map(script::script).any(|script| script == wanted)
}

fn name_of(themes: &[&str], parts: usize, language: Language) -> String {
    let separator = match language {
        Language::En => " & ",
        Language::Ko => "·",
        Language::Zh => "与",
    };
    let shown: Vec<String> = themes.iter().take(parts).map(|theme| capitalised(theme)).collect();
    match (shown.len(), language) {
        (0..=2, _) => shown.join(separator),
        (_, Language::Ko) => shown.join("·"),
        (_, Language::Zh) => shown.join("、"),
        (_, Language::En) => format!("{} & {}", shown[..shown.len() - 1].join(", "), shown[shown.len() - 1]),
    }
}

fn numbered(name: &str, number: usize, language: Language) -> String {
    let general = match language {
        Language::En => "Topic",
        Language::Ko => "주제",
        Language::Zh => "主题",
    };
    if name.is_empty() { format!("{general} {number}") } else { format!("{name} {number}") }
}

/// The first letter large, as in a heading; words with capitals of their own stay as they are.
fn capitalised(term: &str) -> String {
    let mut characters = term.chars();
    match characters.next() {
        Some(first) if !term.chars().any(char::is_uppercase) => {
            first.to_uppercase().chain(characters).collect()
        }
        _ => term.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use graphnode_core::watch::Unwatched;
    use graphnode_testkit::encoder::HashingEncoder;

    fn scored(terms: &[&str]) -> Vec<Scored> {
        terms
            .iter()
            .map(|term| Scored {
                key: crate::words::key(term),
                words: vec![],
                term: (*term).to_owned(),
                score: 0.5,
            })
            .collect()
    }

    #[test]
    fn phrases_tell_a_group_from_the_rest() {
        let keywords = Keywords {
            chosen: vec![],
            candidates: vec![
                scored(&["plan", "bread"]),
                scored(&["plan", "bread"]),
                scored(&["plan", "rust"]),
                scored(&["plan", "rust"]),
            ],
        };
        let found = telling_phrases(&keywords, &[vec![0, 1], vec![2, 3]], 1);
        assert_eq!(found, [["bread"], ["rust"]]);
    }

    #[test]
    fn of_equally_frequent_phrases_the_nearer_in_meaning_leads() {
        let keywords = Keywords {
            chosen: vec![],
            candidates: vec![
                scored(&["rye bread", "kitchen"]),
                scored(&["rye bread", "kitchen"]),
                scored(&["bicycle"]),
                scored(&["bicycle"]),
            ],
        };
        let encoder = HashingEncoder::default();
        let centroids = encoder.encode(&["kitchen", "bicycle"], &Unwatched).unwrap();
        let found = themes(&keywords, &[vec![0, 1], vec![2, 3]], &centroids, &encoder, &Unwatched).unwrap();
        assert_eq!(found[0], ["kitchen", "rye bread"]);
    }

    #[test]
    fn names_are_distinct_and_in_the_language() {
        let themes = |terms: &[&str]| terms.iter().map(|term| (*term).to_owned()).collect::<Vec<_>>();
        let all = [themes(&["rust", "김치"]), themes(&["rust", "김치"]), themes(&[]), themes(&["iOS"])];
        assert_eq!(names(&all, Language::En), ["Rust & 김치", "Rust & 김치 2", "Topic 3", "iOS"]);
        assert_eq!(names(&all[..1], Language::Ko), ["김치·Rust"]);
        let alike = [themes(&["green tea", "black tea", "kettle"])];
        assert_eq!(names(&alike, Language::En), ["Green tea & Kettle"]);
    }
}
