//! What came up again: groups of nearly the same conversation, months apart.
//!
//! Two nodes are nearly the same where a strong edge joins them, or they bear one title within one cluster,
//! and their titles and keywords agree as well: similarity alone also joins two sides of one subject. Groups
//! are stars around the node with most such neighbours, so that a chain of small steps never becomes one
//! group.

use std::collections::BTreeMap;

use graphnode_core::contract::Level;
use jiff::Timestamp;

use super::calendar::{SECONDS_A_DAY, month_number};
use super::history::{self, History};
use super::{keywords, text};

/// Shortest time between the first and the last of a group, in days; within it, it is one bout of work.
const LEAST_DAYS_APART: i64 = 30;
/// Smallest group where nothing has a time: a pair may be one conversation continued.
const LEAST_WITHOUT_TIMES: usize = 3;
/// Most neighbours of one title that are compared with its first bearer.
const MOST_OF_ONE_TITLE: usize = 100;

/// A group of nearly the same nodes.
pub(super) struct Repetition {
    /// The node the others resemble.
    pub(super) centre: usize,
    /// All of them, the oldest first (without times, by position).
    pub(super) nodes: Vec<usize>,
    /// When the first and the last of them began.
    pub(super) span: Option<(Timestamp, Timestamp)>,
    /// In how many months.
    pub(super) months: usize,
    /// Phrases that the centre shares with others of the group, the most frequent first.
    pub(super) keywords: Vec<String>,
}

/// What a node is compared by.
struct Words {
    title: Vec<String>,
    keywords: Vec<String>,
}

/// All groups, the largest first.
pub(super) fn find(history: &History) -> Vec<Repetition> {
    let words: Vec<Words> = history
        .nodes
        .iter()
        .map(|node| Words { title: text::tokens(&node.title), keywords: keywords::folded_terms(node) })
        .collect();
    let near = near_duplicates(history, &words);
    let mut groups: Vec<Repetition> = stars(history, &near)
        .into_iter()
        .filter_map(|(centre, nodes)| repetition(history, centre, nodes))
        .collect();
    groups.sort_by_key(|group| {
        let seconds = group.span.map_or(0, |(first, last)| last.as_second() - first.as_second());
        (std::cmp::Reverse((group.nodes.len(), seconds)), group.centre)
    });
    groups
}

/// Neighbours of each node that are nearly the same.
fn near_duplicates(history: &History, words: &[Words]) -> Vec<Vec<usize>> {
    let mut near = vec![Vec::new(); history.nodes.len()];
    let mut join = |one: usize, other: usize| {
        near[one].push(other);
        near[other].push(one);
    };
    for link in history.links.iter().filter(|link| link.strong) {
        if agree(&words[link.source], &words[link.target]) {
            join(link.source, link.target);
        }
    }
    // One title twice, without an edge: an edge budget may have spent itself on nearer neighbours. A shared
    // keyword is asked for, or every "New chat" would be the same.
    let mut bearers: BTreeMap<(usize, &[String]), Vec<usize>> = BTreeMap::new();
    for (node, words) in words.iter().enumerate().filter(|(_, words)| !words.title.is_empty()) {
        bearers.entry((history.cluster_of[node], &words.title)).or_default().push(node);
    }
    for nodes in bearers.into_values() {
        for other in nodes.iter().skip(1).take(MOST_OF_ONE_TITLE) {
            if text::shared(&words[nodes[0]].keywords, &words[*other].keywords) > 0 {
                join(nodes[0], *other);
            }
        }
    }
    for neighbours in &mut near {
        neighbours.sort_unstable();
        neighbours.dedup();
    }
    near
}

/// Whether titles and keywords speak of the same: either nearly equal, or both much alike.
fn agree(one: &Words, other: &Words) -> bool {
    let jaccard = |a: &[String], b: &[String]| {
        let shared = text::shared(a, b);
        shared as f64 / (a.len() + b.len() - shared).max(1) as f64
    };
    let titles = jaccard(&one.title, &other.title);
    let keywords = jaccard(&one.keywords, &other.keywords);
    titles >= 0.6 || keywords >= 0.5 || (titles >= 0.3 && keywords >= 0.25)
}

/// Stars: the node with most free neighbours takes them all, and so on. Counting free neighbours once, at the
/// start, keeps this `O(n log n)`.
fn stars(history: &History, near: &[Vec<usize>]) -> Vec<(usize, Vec<usize>)> {
    let mut centres: Vec<usize> = (0..near.len()).filter(|node| !near[*node].is_empty()).collect();
    centres.sort_by_key(|node| (std::cmp::Reverse(near[*node].len()), history.nodes[*node].id));
    let mut taken = vec![false; near.len()];
    let mut groups = Vec::new();
    for centre in centres {
        if taken[centre] {
            continue;
        }
        let mut nodes: Vec<usize> = near[centre].iter().copied().filter(|node| !taken[*node]).collect();
        if nodes.is_empty() {
            continue;
        }
        nodes.push(centre);
        for node in &nodes {
            taken[*node] = true;
        }
        groups.push((centre, nodes));
    }
    groups
}

/// The group, where it lies apart in time.
fn repetition(history: &History, centre: usize, mut nodes: Vec<usize>) -> Option<Repetition> {
    nodes.sort_by_key(|node| (history.times[*node], *node));
    let times: Vec<Timestamp> = nodes.iter().filter_map(|node| history.times[*node]).collect();
    let span = history::span_of(times.iter().copied());
    let mut months: Vec<i32> = times.iter().map(|time| month_number(*time)).collect();
    months.sort_unstable();
    months.dedup();
    match span {
        Some((first, last)) if last.as_second() - first.as_second() < LEAST_DAYS_APART * SECONDS_A_DAY => {
            return None;
        }
        None if nodes.len() < LEAST_WITHOUT_TIMES => return None,
        _ => {}
    }
    let own = keywords::folded_terms(&history.nodes[centre]);
    let others = nodes.iter().filter(|node| **node != centre);
    let shared = others.flat_map(|node| history.nodes[*node].keywords.iter());
    let shared = shared.filter(|keyword| own.binary_search(&keyword.term.to_lowercase()).is_ok());
    let keywords = keywords::most_frequent(shared.map(|keyword| (keyword.term.as_str(), 1.0)), 3);
    Some(Repetition { centre, nodes, span, months: months.len(), keywords })
}

impl Repetition {
    /// How much the group matters: by its size, and a month more than once is not a habit yet.
    pub(super) fn significance(&self) -> Level {
        match (self.nodes.len(), self.months) {
            (4.., 3..) => Level::High,
            (3.., _) => Level::Medium,
            _ => Level::Low,
        }
    }
}
