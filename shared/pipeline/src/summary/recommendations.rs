//! What the person might do next. Every recommendation rests on a finding and names it.

use std::collections::BTreeSet;

use graphnode_core::contract::{Level, Recommendation, RecommendationType};

use super::phrases::{Advice, Again, Deeper, DeeperReason};
use super::{Reading, calendar, facts, mixed, text};

/// Most nodes of one recommendation.
const RELATED: usize = 10;
/// Most recommendations of one kind.
const MOST_OF_A_KIND: usize = 10;
/// Fewest nodes of a new cluster for it to be more than a single question.
const LEAST_TO_EXPLORE: usize = 3;
/// Fewest links that make two clusters worth joining.
const LEAST_LINKS: usize = 2;

/// Tells of them: the most urgent first.
pub(super) fn tell(reading: &Reading) -> Vec<Recommendation> {
    let kinds = [consolidate(reading), explore(reading), review(reading), connect(reading)];
    let kinds = kinds.map(|mut items| {
        items.sort_by_key(|item| item.priority);
        items.truncate(MOST_OF_A_KIND);
        items.into_iter().map(|item| (item.priority, item)).collect()
    });
    mixed(kinds.into(), reading.room(3, 6, usize::MAX))
}

fn recommendation(
    reading: &Reading,
    kind: RecommendationType,
    advice: Advice,
    nodes: impl IntoIterator<Item = usize>,
    priority: Level,
) -> Recommendation {
    let mut seen = BTreeSet::new();
    let related = nodes.into_iter().filter(|node| seen.insert(*node)).take(RELATED);
    let related_nodes = reading.history.ids(related);
    Recommendation { kind, title: advice.title, description: advice.description, related_nodes, priority }
}

fn consolidate(reading: &Reading) -> Vec<Recommendation> {
    let tell = |group: &super::repetition::Repetition| {
        let advice = reading.phrases.consolidate(&reading.repeated(group));
        let nodes = group.nodes.iter().copied();
        recommendation(reading, RecommendationType::Consolidate, advice, nodes, group.significance())
    };
    reading.repetitions.iter().map(tell).collect()
}

/// Clusters that grew, then new ones.
fn explore(reading: &Reading) -> Vec<Recommendation> {
    let (history, trends) = (&reading.history, &reading.trends);
    let tell = |cluster: usize, why: DeeperReason, priority: Level| {
        let nodes = &history.clusters[cluster].nodes;
        let newest = history.newest_first(nodes);
        let mut titles: Vec<String> = newest.iter().take(2).map(|node| history.title(*node)).collect();
        titles.dedup();
        let deeper = Deeper {
            name: history.name(cluster),
            count: nodes.len(),
            noun: history.noun,
            why,
            newest: titles,
        };
        let related = newest.into_iter().take(3).chain(history.central_first(cluster).into_iter().take(1));
        let advice = reading.phrases.explore(&deeper);
        recommendation(reading, RecommendationType::Explore, advice, related, priority)
    };
    let grown = trends.grown.iter().filter_map(|change| {
        let (before, since) = (text::percent_of(change.shares.0), text::percent_of(change.shares.1));
        let why = DeeperReason::Grew { day: reading.pivot()?, before, since };
        Some(tell(change.cluster, why, Level::High))
    });
    let new = trends.new.iter().filter_map(|cluster| {
        let members = &history.clusters[*cluster];
        let is_told = trends.grown.iter().any(|change| change.cluster == *cluster);
        let (first, _) = members.span.filter(|_| members.nodes.len() >= LEAST_TO_EXPLORE && !is_told)?;
        Some(tell(*cluster, DeeperReason::Began(calendar::day(first)), Level::Medium))
    });
    grown.chain(new).collect()
}

/// Clusters that went quiet; those linked to a living one first of equals.
fn review(reading: &Reading) -> Vec<Recommendation> {
    let history = &reading.history;
    let tell = |cluster: usize| {
        let nodes = &history.clusters[cluster].nodes;
        let start: Vec<usize> = history.central_first(cluster).into_iter().take(2).collect();
        let related = start.iter().copied().chain(history.longest_first(nodes).into_iter().take(1));
        let related: Vec<usize> = related.chain(history.newest_first(nodes).into_iter().take(1)).collect();
        let linked = reading.links.pairs.iter().find_map(|pair| {
            let other = if pair.one == cluster { pair.other } else { pair.one };
            let touches = pair.one == cluster || pair.other == cluster;
            (touches && reading.is_alive(other))
                .then(|| (history.name(other), facts::keywords(&pair.keywords)))
        });
        let is_large = nodes.len() * 10 >= history.nodes.len();
        let priority = if is_large && linked.is_some() { Level::Medium } else { Level::Low };
        let mut titles: Vec<String> = start.iter().map(|node| history.title(*node)).collect();
        titles.dedup();
        let again = Again { quiet: reading.gone_quiet(cluster)?, titles, linked };
        Some(recommendation(
            reading,
            RecommendationType::Review,
            reading.phrases.review(&again),
            related,
            priority,
        ))
    };
    reading.trends.quiet.iter().filter_map(|cluster| tell(*cluster)).collect()
}

fn connect(reading: &Reading) -> Vec<Recommendation> {
    let pairs = reading.links.pairs.iter().filter(|pair| pair.links >= LEAST_LINKS).enumerate();
    pairs
        .map(|(rank, pair)| {
            let nodes = pair.closest.iter().flat_map(|(one, other)| [*one, *other]);
            let advice = reading.phrases.connect(&reading.bond(pair, pair.one));
            let priority = if rank == 0 { Level::Medium } else { Level::Low };
            recommendation(reading, RecommendationType::Connect, advice, nodes, priority)
        })
        .collect()
}
