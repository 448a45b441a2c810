//! Findings turned into what a sentence needs: names, titles, counts and days, fit to print.

use graphnode_core::contract::Recency;

use super::history::days;
use super::links::Pair;
use super::phrases::{Bond, Quiet, Repeated};
use super::repetition::Repetition;
use super::{Reading, calendar, text, trends};

/// Most keywords in one sentence.
const KEYWORDS: usize = 3;

impl Reading<'_> {
    /// The pair, as seen from `from`, which is one of the two.
    pub(super) fn bond(&self, pair: &Pair, from: usize) -> Bond {
        let (one, other) = if pair.one == from { (pair.one, pair.other) } else { (pair.other, pair.one) };
        let closest = pair.closest.first().map(|(here, there)| {
            let (here, there) = if pair.one == from { (here, there) } else { (there, here) };
            (self.history.title(*here), self.history.title(*there))
        });
        Bond {
            one: self.history.name(one),
            other: self.history.name(other),
            links: pair.links,
            keywords: keywords(&pair.keywords),
            closest,
        }
    }

    pub(super) fn repeated(&self, repetition: &Repetition) -> Repeated {
        let mut titles = vec![self.history.title(repetition.centre)];
        let mut known = vec![titles[0].to_lowercase()];
        for node in &repetition.nodes {
            let title = self.history.title(*node);
            let folded = title.to_lowercase();
            if !known.contains(&folded) {
                known.push(folded);
                titles.push(title);
            }
            // Two are shown; the third only tells that there are more.
            if titles.len() > 2 {
                break;
            }
        }
        let more = titles.len() > 2;
        titles.truncate(2);
        Repeated {
            titles,
            more,
            count: repetition.nodes.len(),
            noun: self.history.noun,
            days: repetition.span.map(days),
            keywords: keywords(&repetition.keywords),
        }
    }

    /// The cluster as one that stopped; `None` where it has no time.
    pub(super) fn gone_quiet(&self, cluster: usize) -> Option<Quiet> {
        let (last, length) = trends::quiet_since(&self.history, cluster)?;
        Some(Quiet {
            name: self.history.name(cluster),
            count: self.history.clusters[cluster].nodes.len(),
            noun: self.history.noun,
            last: calendar::day(last),
            length,
        })
    }

    /// The day that halves the history.
    pub(super) fn pivot(&self) -> Option<String> {
        self.trends.halves.map(|halves| calendar::day(halves.pivot))
    }

    /// Whether the cluster is still talked about.
    pub(super) fn is_alive(&self, cluster: usize) -> bool {
        matches!(self.history.recency(cluster), Recency::Active | Recency::New)
    }
}

/// The first few keywords, fit to print.
pub(super) fn keywords(terms: &[String]) -> Vec<String> {
    terms.iter().map(|term| text::inert(term)).filter(|term| !term.is_empty()).take(KEYWORDS).collect()
}
