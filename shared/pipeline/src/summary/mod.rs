//! What a person's history is about, told without a language model: every figure is counted in the finished
//! graph, every name and id stands in it.
//!
//! 1. `history` indexes the graph once: nodes by time, clusters by size, links by node; `keywords` ranks the
//!    phrases of its clusters.
//! 2. `trends`, `repetition` and `links` find what there is to tell, in no language: which cluster grew
//!    or went quiet, what came up again months later, what joins two clusters. `questions` counts what kinds
//!    of question were asked, and `signals` carries what only the text of the conversations can tell.
//! 3. `overview`, `clusters`, `patterns`, `connections` and `recommendations` choose among the
//!    findings by the level of detail and hand the facts (built in `facts`) to
//! 4. `phrases`, which says them in English, Korean or Chinese: one file a language.
//!
//! Where nothing was found, nothing is said. Equal graphs give equal summaries: all orders are total, ids
//! break ties. The cost is `O(n log n)` in nodes, edges and keywords.

mod calendar;
mod clusters;
mod connections;
mod facts;
mod history;
mod keywords;
mod links;
mod overview;
mod patterns;
mod phrases;
mod question_words;
mod questions;
mod recommendations;
mod repetition;
mod signals;
mod text;
mod trends;

#[cfg(test)]
mod tests;

use graphnode_core::contract::{Graph, Level, Summary};
use graphnode_core::options::{DetailLevel, Language};
use jiff::Timestamp;

use history::History;
use keywords::ClusterKeywords;
use links::Findings as LinkFindings;
use phrases::Phrases;
use repetition::Repetition;
use trends::Trends;

pub use questions::{QuestionCounts, QuestionKind, count_questions};
pub use signals::NodeSignals;

/// The summary of `graph` in `language`, made at `now`.
///
/// `signals` holds what only the text can tell, one entry a node in node order; where it is `None` or shorter
/// than the graph, the titles stand in for the questions and nothing is said of turns. Any graph will do:
/// empty, without times, without edges, with edges to nodes that are not there.
#[must_use]
pub fn summarise(
    graph: &Graph,
    language: Language,
    detail: DetailLevel,
    now: Timestamp,
    signals: Option<&[NodeSignals]>,
) -> Summary {
    let history = History::read(graph);
    let reading = Reading {
        trends: Trends::find(&history),
        repetitions: repetition::find(&history),
        links: LinkFindings::find(&history),
        questions: signals::questions_of(&history, signals),
        keywords: ClusterKeywords::rank(&history),
        phrases: phrases::of(language),
        signals,
        detail,
        history,
    };
    Summary {
        overview: overview::tell(&reading),
        clusters: clusters::tell(&reading),
        patterns: patterns::tell(&reading),
        connections: connections::tell(&reading),
        recommendations: recommendations::tell(&reading),
        generated_at: now,
        detail_level: detail,
    }
}

/// All that was found, and how to say it.
struct Reading<'g> {
    history: History<'g>,
    trends: Trends,
    repetitions: Vec<Repetition>,
    links: LinkFindings,
    /// Kinds of question by node.
    questions: Vec<QuestionCounts>,
    keywords: ClusterKeywords,
    signals: Option<&'g [NodeSignals]>,
    phrases: &'static dyn Phrases,
    detail: DetailLevel,
}

impl Reading<'_> {
    /// How many of something the level of detail has room for.
    fn room(&self, brief: usize, standard: usize, detailed: usize) -> usize {
        match self.detail {
            DetailLevel::Brief => brief,
            DetailLevel::Standard => standard,
            DetailLevel::Detailed => detailed,
        }
    }

    /// The first sentences there is room for, as one text; the most important ones come first.
    fn text(&self, sentences: Vec<Option<String>>, brief: usize, standard: usize) -> String {
        let room = self.room(brief, standard, usize::MAX);
        let chosen: Vec<String> = sentences.into_iter().flatten().take(room).collect();
        chosen.join(self.phrases.between_sentences())
    }
}

/// Takes `room` items, the best of every kind before the second best of any, then orders them by level.
///
/// `kinds` holds the items of one kind each, best first, with their levels.
fn mixed<T>(kinds: Vec<Vec<(Level, T)>>, room: usize) -> Vec<T> {
    let mut ranked: Vec<(usize, Level, usize, T)> = Vec::new();
    for (kind, items) in kinds.into_iter().enumerate() {
        ranked.extend(items.into_iter().enumerate().map(|(rank, (level, item))| (rank, level, kind, item)));
    }
    ranked.sort_by_key(|(rank, level, kind, _)| (*rank, *level, *kind));
    ranked.truncate(room);
    ranked.sort_by_key(|(rank, level, kind, _)| (*level, *kind, *rank));
    ranked.into_iter().map(|(.., item)| item).collect()
}
