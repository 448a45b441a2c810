//! What clusters are called: phrases that many of their conversations share and few others do.
//!
//! A phrase tells a cluster by its share of the Kullback–Leibler divergence between the cluster and the whole:
//! `p ln(p / q)`, `p` the share of the cluster's conversations that hold the phrase and `q` the share of all
//! (class-based TF-IDF in its probabilistic form).

use std::collections::{BTreeMap, BTreeSet};

use graphnode_core::options::Language;
use rustc_hash::FxHashMap;

use crate::keywords::{Keywords, Scored};
use crate::words::gloss::translation;
use crate::words::script::{self, Script};

/// Most phrases that describe a cluster.
const MOST_THEMES: usize = 10;
/// A phrase in the language asked for is preferred to one in another unless that stands this many times earlier.
const PREFERENCE: f64 = 6.0;

/// Phrases that tell a group of conversations from the rest, best first; none is part of another.
pub(crate) fn telling_phrases(keywords: &Keywords, groups: &[Vec<usize>], most: usize) -> Vec<Vec<String>> {
    let total: usize = groups.iter().map(Vec::len).sum();
    let everywhere = held(keywords, groups.iter().flatten().copied());
    groups
        .iter()
        .map(|members| {
            let mut scored: Vec<(f64, u64, &str)> = held(keywords, members.iter().copied())
                .into_iter()
                .map(|(key, phrase)| {
                    let share = phrase.weight / members.len() as f64;
                    let overall = everywhere.get(&key).map_or(share, |all| all.weight / total as f64);
                    // One conversation's phrase is no theme of a larger group.
                    let support = if phrase.holders >= 2 || members.len() <= 3 { 1.0 } else { 0.3 };
                    (support * share * (1.0 + (share / overall).ln().max(0.0)), key, phrase.term)
                })
                .collect();
            scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            distinct(scored.into_iter().map(|(.., term)| term), most)
        })
        .collect()
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

/// Themes of every cluster, best first.
pub(crate) fn themes(keywords: &Keywords, clusters: &[Vec<usize>]) -> Vec<Vec<String>> {
    telling_phrases(keywords, clusters, MOST_THEMES)
}

/// A name for every cluster from its themes: the two best in the language asked for, where the words allow. No two
/// names are alike.
pub(crate) fn names(themes: &[Vec<String>], language: Language) -> Vec<String> {
    let mut taken = BTreeSet::new();
    themes
        .iter()
        .enumerate()
        .map(|(cluster, themes)| {
            let ordered = by_preference(themes, language);
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
    fn names_are_distinct_and_in_the_language() {
        let themes = |terms: &[&str]| terms.iter().map(|term| (*term).to_owned()).collect::<Vec<_>>();
        let all = [themes(&["rust", "김치"]), themes(&["rust", "김치"]), themes(&[]), themes(&["iOS"])];
        assert_eq!(names(&all, Language::En), ["Rust & 김치", "Rust & 김치 2", "Topic 3", "iOS"]);
        assert_eq!(names(&all[..1], Language::Ko), ["김치·Rust"]);
    }
}
