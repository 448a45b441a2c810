//! Each cluster, summarised.
//!
//! The density of a cluster is the mean weight of the edges within it: how similar its nodes are to their
//! neighbours there. The vectors that a similarity to the centroid would need are not in the graph, and the
//! densities of its subclusters are measured against other centroids, so that they would not compare between
//! a cluster that is split and one that is not.

use std::collections::BTreeSet;

use graphnode_core::contract::{ClusterSummary, Recency, rounded};
use graphnode_core::conversation::SourceType;

use super::history::days;
use super::phrases::Extent;
use super::signals::frequent_kinds;
use super::{Reading, calendar, facts, text, trends};

/// Fewest nodes in a month for it to be called the busiest.
const LEAST_IN_PEAK: usize = 3;
/// How far it must stand out from the mean of the months.
const PEAK_OVER_MEAN: f64 = 1.5;
/// A longest conversation is told of where it has so many times the messages of the median one.
const REMARKABLE_LENGTH: usize = 2;

/// Tells of all clusters, the largest first.
pub(super) fn tell(reading: &Reading) -> Vec<ClusterSummary> {
    (0..reading.history.clusters.len()).map(|cluster| summary(reading, cluster)).collect()
}

fn summary(reading: &Reading, cluster: usize) -> ClusterSummary {
    let members = &reading.history.clusters[cluster];
    let kinds = frequent_kinds(&reading.questions, &members.nodes).into_iter().take(reading.room(2, 3, 8));
    ClusterSummary {
        cluster_id: members.id.to_owned(),
        name: members.name.to_owned(),
        size: members.nodes.len(),
        density: rounded(reading.links.densities[cluster]),
        centrality: rounded(reading.links.centralities[cluster]),
        recency: reading.history.recency(cluster),
        top_keywords: reading.keywords.top(cluster, reading.room(5, 8, 10)),
        key_themes: members.key_themes.to_vec(),
        common_question_types: kinds
            .map(|(kind, _)| reading.phrases.question_kind(kind).to_owned())
            .collect(),
        insight_text: insight(reading, cluster),
        notable_conversations: reading.history.ids(notable(reading, cluster)),
    }
}

/// The most central, the longest and the newest node; with room, the second of each.
fn notable(reading: &Reading, cluster: usize) -> Vec<usize> {
    let history = &reading.history;
    let nodes = &history.clusters[cluster].nodes;
    let orders = [history.central_first(cluster), history.longest_first(nodes), history.newest_first(nodes)];
    let mut seen = BTreeSet::new();
    let ranks = 0..reading.room(1, 1, 2);
    ranks
        .flat_map(|rank| orders.iter().filter_map(move |order| order.get(rank).copied()))
        .filter(|node| seen.insert(*node))
        .collect()
}

fn insight(reading: &Reading, cluster: usize) -> String {
    let phrases = reading.phrases;
    let nearest =
        reading.links.nearest(cluster).map(|(pair, _)| phrases.nearest(&reading.bond(pair, cluster)));
    let again = reading
        .repetitions
        .iter()
        .find(|group| reading.history.cluster_of[group.centre] == cluster)
        .map(|group| phrases.asked_again(&reading.repeated(group)));
    let sentences = vec![
        Some(extent(reading, cluster)),
        change(reading, cluster),
        parts(reading, cluster),
        longest(reading, cluster),
        again,
        nearest,
        mostly(reading, cluster),
    ];
    reading.text(sentences, 2, 5)
}

fn extent(reading: &Reading, cluster: usize) -> String {
    let history = &reading.history;
    let members = &history.clusters[cluster];
    let instants: Vec<_> = members.nodes.iter().filter_map(|node| history.times[*node]).collect();
    // Where every month has about as many, none stands out; where one has all, the days tell it already.
    let peak = calendar::busiest_month(&instants).filter(|it| {
        it.count >= LEAST_IN_PEAK && it.count < instants.len() && it.count as f64 >= PEAK_OVER_MEAN * it.mean
    });
    let peak = peak.map(|it| (it.month, it.count));
    let percent =
        (history.clusters.len() > 1).then(|| text::percent(members.nodes.len(), history.nodes.len()));
    let extent = Extent {
        count: members.nodes.len(),
        noun: history.noun,
        percent,
        days: members.span.map(days),
        peak,
    };
    reading.phrases.extent(&extent)
}

fn change(reading: &Reading, cluster: usize) -> Option<String> {
    let (history, phrases) = (&reading.history, reading.phrases);
    if history.recency(cluster) == Recency::New {
        return history.clusters[cluster].span.map(|(first, _)| phrases.began_on(&calendar::day(first)));
    }
    if reading.trends.quiet.contains(&cluster) {
        let (last, length) = trends::quiet_since(history, cluster)?;
        return Some(phrases.quiet_since(&calendar::day(last), length));
    }
    let change = reading.trends.change_of(cluster)?;
    let (before, since) = (text::percent_of(change.shares.0), text::percent_of(change.shares.1));
    Some(phrases.share_changed(&reading.pivot()?, before, since))
}

/// The largest parts by their first two keywords, where there are several.
fn parts(reading: &Reading, cluster: usize) -> Option<String> {
    let parts: Vec<(Vec<String>, usize)> = reading.history.clusters[cluster]
        .subclusters
        .iter()
        .filter(|part| !part.nodes.is_empty())
        .map(|part| (facts::keywords(part.top_keywords).into_iter().take(2).collect(), part.nodes.len()))
        .filter(|(keywords, _): &(Vec<String>, usize)| !keywords.is_empty())
        .take(reading.room(3, 3, 6))
        .collect();
    (parts.len() > 1).then(|| reading.phrases.parts(&parts))
}

fn longest(reading: &Reading, cluster: usize) -> Option<String> {
    let history = &reading.history;
    let order = history.longest_first(&history.clusters[cluster].nodes);
    let messages = |node: usize| history.nodes[node].num_messages;
    let (first, median) = (*order.first()?, *order.get(order.len() / 2)?);
    let is_remarkable = messages(first) > 2 && messages(first) >= REMARKABLE_LENGTH * messages(median);
    // "Messages" is right for chats and "sections" for all else; among both, neither.
    (is_remarkable && order.len() > 2 && history.noun != super::phrases::Noun::Entry)
        .then(|| reading.phrases.longest(history.noun, &history.title(first), messages(first)))
}

fn mostly(reading: &Reading, cluster: usize) -> Option<String> {
    let history = &reading.history;
    let nodes = &history.clusters[cluster].nodes;
    let kinds = frequent_kinds(&reading.questions, nodes);
    let (kind, asked) = *kinds.first()?;
    let stands_out = kinds.get(1).is_none_or(|(_, second)| *second < asked);
    let are_chats = nodes.iter().all(|node| history.nodes[*node].source_type == SourceType::Chat);
    (asked > 1 && stands_out && are_chats).then(|| {
        reading.phrases.mostly(reading.phrases.question_kind(kind), asked, nodes.len(), history.noun)
    })
}
