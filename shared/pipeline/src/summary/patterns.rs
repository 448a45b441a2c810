//! What recurs, grows, stops or links.

use graphnode_core::contract::{Level, Pattern, PatternType};

use super::calendar::{self, Length};
use super::phrases::{Days, Growth, Reach};
use super::trends::Change;
use super::{Reading, facts, mixed, text};

/// Most patterns of one kind; even all that was found must stay readable.
const MOST_OF_A_KIND: usize = 50;
/// Most nodes shown as evidence of one pattern.
const EVIDENCE: usize = 10;
/// z beyond which growth is marked (the 0.1 % level).
const MARKED_Z: f64 = 3.29;

/// Tells of them: the most significant first.
pub(super) fn tell(reading: &Reading) -> Vec<Pattern> {
    let kinds = [repetitions(reading), progressions(reading), gaps(reading), bridges(reading)];
    let kinds = kinds.map(|mut patterns| {
        patterns.sort_by_key(|pattern| pattern.significance);
        patterns.truncate(MOST_OF_A_KIND);
        patterns.into_iter().map(|pattern| (pattern.significance, pattern)).collect()
    });
    mixed(kinds.into(), reading.room(3, 8, usize::MAX))
}

fn pattern(
    reading: &Reading,
    pattern_type: PatternType,
    description: String,
    evidence: impl IntoIterator<Item = usize>,
    significance: Level,
) -> Pattern {
    let evidence = reading.history.ids(evidence.into_iter().take(EVIDENCE));
    Pattern { pattern_type, description, evidence, significance }
}

fn repetitions(reading: &Reading) -> Vec<Pattern> {
    let tell = |group: &super::repetition::Repetition| {
        let significance = group.significance();
        let description = reading.phrases.repetition(&reading.repeated(group));
        pattern(reading, PatternType::Repetition, description, group.nodes.iter().copied(), significance)
    };
    reading.repetitions.iter().map(tell).collect()
}

fn progressions(reading: &Reading) -> Vec<Pattern> {
    let Some(day) = reading.pivot() else { return Vec::new() };
    let history = &reading.history;
    let tell = |name: String, within: Option<String>, change: &Change, nodes: &[usize]| {
        let growth = Growth {
            name,
            within,
            noun: history.noun,
            day: day.clone(),
            percents: (text::percent_of(change.shares.0), text::percent_of(change.shares.1)),
            counts: change.counts,
        };
        let significance = if change.z >= MARKED_Z { Level::High } else { Level::Medium };
        let newest = history.newest_first(nodes).into_iter().take(5);
        pattern(reading, PatternType::Progression, reading.phrases.progression(&growth), newest, significance)
    };
    let clusters = reading.trends.grown.iter().map(|change| {
        tell(history.name(change.cluster), None, change, &history.clusters[change.cluster].nodes)
    });
    let parts = reading.trends.grown_parts.iter().filter_map(|(cluster, part, change)| {
        let part = &history.clusters[*cluster].subclusters[*part];
        let keywords = facts::keywords(part.top_keywords);
        let name = keywords.into_iter().take(2).collect::<Vec<_>>().join(" / ");
        (!name.is_empty()).then(|| tell(name, Some(history.name(*cluster)), change, &part.nodes))
    });
    clusters.chain(parts).collect()
}

fn gaps(reading: &Reading) -> Vec<Pattern> {
    let history = &reading.history;
    let quiet = reading.trends.quiet.iter().filter_map(|cluster| {
        let description = reading.phrases.quiet(&reading.gone_quiet(*cluster)?);
        let nodes = &history.clusters[*cluster].nodes;
        let significance = if nodes.len() * 10 >= history.nodes.len() { Level::High } else { Level::Medium };
        let newest = history.newest_first(nodes).into_iter().take(3);
        Some(pattern(reading, PatternType::Gap, description, newest, significance))
    });
    let silence = reading.trends.silence.and_then(|(before, after)| {
        let (from, to) = (history.times[before]?, history.times[after]?);
        let length = Length::between(from, to);
        let days = Days { from: calendar::day(from), to: calendar::day(to) };
        let significance = if matches!(length, Length::Months(_)) { Level::Medium } else { Level::Low };
        let description = reading.phrases.silence(history.noun, &days, length);
        Some(pattern(reading, PatternType::Gap, description, [before, after], significance))
    });
    quiet.chain(silence).collect()
}

fn bridges(reading: &Reading) -> Vec<Pattern> {
    let history = &reading.history;
    let tell = |bridge: &super::links::Bridge| {
        let reach = Reach {
            title: history.title(bridge.node),
            own: history.name(history.cluster_of[bridge.node]),
            other: history.name(bridge.reaches),
            count: bridge.neighbours.len(),
            noun: history.noun,
            keywords: facts::keywords(&bridge.keywords),
        };
        let significance = match bridge.neighbours.len() {
            5.. => Level::High,
            3.. => Level::Medium,
            _ => Level::Low,
        };
        let evidence = std::iter::once(bridge.node).chain(bridge.neighbours.iter().copied());
        pattern(reading, PatternType::Bridge, reading.phrases.bridge(&reach), evidence, significance)
    };
    reading.links.bridges.iter().map(tell).collect()
}
