//! The history at a glance.

use std::collections::BTreeMap;

use graphnode_core::contract::Overview;
use graphnode_core::conversation::SourceType;

use super::history::{History, days};
use super::phrases::{DialogueLength, Move, Topics};
use super::signals::frequent_kinds;
use super::trends::Change;
use super::{Reading, calendar, text};

/// What stands where nothing has a time.
const NO_TIME: &str = "N/A";
/// Fewest nodes for which a rhythm or a typical length means anything.
const LEAST_FOR_RHYTHM: usize = 20;
const LEAST_FOR_LENGTH: usize = 3;
/// Share of the nodes in six hours that makes a rhythm (evenly spread: a quarter).
const MARKED_HOURS: f64 = 0.5;
/// Shares of the nodes on weekends that make a rhythm (evenly spread: two sevenths).
const MANY_ON_WEEKENDS: f64 = 0.4;
const FEW_ON_WEEKENDS: f64 = 0.15;
/// The person's share of the text from which it is remarkable.
const MUCH_OWN_TEXT: f64 = 0.4;
/// Messages up to which dialogues are short, and from which they are long.
const SHORT_DIALOGUE: usize = 4;
const LONG_DIALOGUE: usize = 12;

/// Tells it.
pub(super) fn tell(reading: &Reading) -> Overview {
    let history = &reading.history;
    let of_type = |kind| history.nodes.iter().filter(|node| node.source_type == kind).count();
    let span = history.span().map(days);
    Overview {
        total_source_nodes: history.nodes.len(),
        total_conversations: of_type(SourceType::Chat),
        total_notes: of_type(SourceType::Markdown),
        total_notions: of_type(SourceType::Notion),
        total_files: of_type(SourceType::File),
        file_counts_by_extension: extensions(history),
        time_span: span.map_or(NO_TIME.to_owned(), |days| format!("{} ~ {}", days.from, days.to)),
        primary_interests: interests(history),
        conversation_style: style(reading),
        most_active_period: calendar::busiest_month(&history.instants())
            .map_or(NO_TIME.to_owned(), |busiest| busiest.month),
        summary_text: summary_text(reading),
    }
}

/// Files by the extension of their title, else of their id; those without one are not counted.
fn extensions(history: &History) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for node in history.nodes.iter().filter(|node| node.source_type == SourceType::File) {
        if let Some(extension) = extension(&node.title).or_else(|| extension(&node.orig_id)) {
            *counts.entry(extension).or_default() += 1;
        }
    }
    counts
}

fn extension(name: &str) -> Option<String> {
    let (stem, extension) = name.trim().rsplit_once('.')?;
    let is_one = (1..=8).contains(&extension.len())
        && extension.chars().all(|character| character.is_ascii_alphanumeric())
        && extension.chars().any(|character| character.is_ascii_alphabetic());
    (is_one && !stem.is_empty()).then(|| extension.to_ascii_lowercase())
}

/// Up to five clusters, chosen by their share of all nodes and of the newest quarter alike, the largest
/// first. The fourth and fifth need a twentieth of either.
fn interests(history: &History) -> Vec<String> {
    let newest = &history.oldest_first[history.oldest_first.len() - history.oldest_first.len().div_ceil(4)..];
    let mut lately = vec![0usize; history.clusters.len()];
    for node in newest {
        lately[history.cluster_of[*node]] += 1;
    }
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    let mut ranked: Vec<(f64, usize)> = history
        .clusters
        .iter()
        .enumerate()
        .map(|(place, cluster)| {
            let all = share(cluster.nodes.len(), history.nodes.len());
            let now = if newest.is_empty() { all } else { share(lately[place], newest.len()) };
            ((all + now) / 2.0, place)
        })
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut chosen: Vec<usize> = ranked
        .into_iter()
        .enumerate()
        .take_while(|(rank, (score, _))| *rank < 3 || (*rank < 5 && *score >= 0.05))
        .map(|(_, (_, place))| place)
        .collect();
    chosen.sort_unstable();
    chosen.into_iter().map(|place| history.clusters[place].name.to_owned()).collect()
}

fn style(reading: &Reading) -> String {
    let history = &reading.history;
    let chats: Vec<usize> = (0..history.nodes.len())
        .filter(|node| history.nodes[*node].source_type == SourceType::Chat)
        .collect();
    let phrases = reading.phrases;
    let length = dialogue_length(history, &chats);
    let longest = history.longest_first(&chats).first().copied();
    let longest =
        longest.filter(|node| length.is_some() && history.nodes[*node].num_messages > LONG_DIALOGUE);
    let kinds: Vec<(&'static str, u32)> = frequent_kinds(&reading.questions, &chats)
        .into_iter()
        .take(3)
        .map(|(kind, nodes)| (phrases.question_kind(kind), text::percent(nodes, chats.len())))
        .collect();
    let by_titles = reading.signals.is_none();
    let mut sentences = vec![
        length.map(|length| phrases.dialogue_length(&length)),
        (!kinds.is_empty() && chats.len() >= LEAST_FOR_LENGTH).then(|| phrases.kinds(&kinds, by_titles)),
    ];
    sentences.extend(rhythm(reading));
    sentences.extend(own_part(reading, &chats));
    sentences.push(
        longest.map(|node| phrases.longest_dialogue(&history.title(node), history.nodes[node].num_messages)),
    );
    reading.text(sentences, 3, 5)
}

fn dialogue_length(history: &History, chats: &[usize]) -> Option<DialogueLength> {
    let mut lengths: Vec<usize> = chats.iter().map(|node| history.nodes[*node].num_messages).collect();
    lengths.retain(|length| *length > 0);
    // Said of all conversations, so all of them must have a length.
    if lengths.len() < LEAST_FOR_LENGTH || lengths.len() < chats.len() {
        return None;
    }
    lengths.sort_unstable();
    // The lower median bounds at least half from above, the upper one from below.
    let (lower, upper) = (lengths[(lengths.len() - 1) / 2], lengths[lengths.len() / 2]);
    Some(if lower <= SHORT_DIALOGUE {
        DialogueLength::Short(lower)
    } else if upper >= LONG_DIALOGUE {
        DialogueLength::Long(upper)
    } else {
        DialogueLength::Middling(lower)
    })
}

fn rhythm(reading: &Reading) -> [Option<String>; 2] {
    let instants = reading.history.instants();
    let Some(rhythm) = calendar::rhythm(&instants).filter(|_| instants.len() >= LEAST_FOR_RHYTHM) else {
        return [None, None];
    };
    let until = match (rhythm.from_hour + calendar::WINDOW_HOURS) % 24 {
        0 => 24,
        hour => hour,
    };
    let percent = text::percent_of(rhythm.window_share);
    let has_hours = !rhythm.only_dates && rhythm.window_share >= MARKED_HOURS;
    let (weekend, many) = (rhythm.weekend_share, rhythm.weekend_share >= MANY_ON_WEEKENDS);
    [
        has_hours.then(|| reading.phrases.hours(rhythm.from_hour, until, percent)),
        (many || weekend <= FEW_ON_WEEKENDS)
            .then(|| reading.phrases.weekend(text::percent_of(weekend), many)),
    ]
}

/// What the text tells of the person's part in it.
fn own_part(reading: &Reading, chats: &[usize]) -> [Option<String>; 2] {
    let Some(signals) = reading.signals else { return [None, None] };
    let (mut turns, mut words) = (0.0, 0.0);
    let mut shares = Vec::new();
    for of_node in chats.iter().filter_map(|node| signals.get(*node)) {
        turns += f64::from(of_node.person_turns);
        words += f64::from(of_node.person_turns) * f64::from(of_node.words_a_turn);
        shares.push(f64::from(of_node.person_share));
    }
    let mean_words = if turns > 0.0 { (words / turns).round() as usize } else { 0 };
    let mean_share = shares.iter().sum::<f64>() / shares.len().max(1) as f64;
    [
        (mean_words > 0).then(|| reading.phrases.words_a_turn(mean_words)),
        (mean_share >= MUCH_OWN_TEXT).then(|| reading.phrases.own_words(text::percent_of(mean_share))),
    ]
}

fn summary_text(reading: &Reading) -> String {
    let (history, phrases) = (&reading.history, reading.phrases);
    match history.nodes {
        [] => return phrases.empty_history(),
        [_] => return phrases.single(history.noun, &history.title(0), history.day(0).as_deref()),
        _ => {}
    }
    let dated = |clusters: &[usize], day: &dyn Fn(usize) -> Option<String>| -> Vec<(String, String)> {
        clusters.iter().filter_map(|cluster| Some((history.name(*cluster), day(*cluster)?))).take(3).collect()
    };
    let last_day = |cluster: usize| history.clusters[cluster].span.map(|(_, last)| calendar::day(last));
    let first_day = |cluster: usize| history.clusters[cluster].span.map(|(first, _)| calendar::day(first));
    let quiet = dated(&reading.trends.quiet, &last_day);
    let new = dated(&reading.trends.new, &first_day);
    let mut again = reading.repetitions.iter().map(|group| phrases.asked_again(&reading.repeated(group)));
    let sentences = vec![
        Some(phrases.topics(&topics(reading))),
        moved(reading),
        again.next(),
        (!quiet.is_empty()).then(|| phrases.went_quiet(&quiet)),
        reading.links.pairs.first().map(|pair| phrases.bonded(&reading.bond(pair, pair.one))),
        (!new.is_empty()).then(|| phrases.began(&new)),
        again.next(),
    ];
    reading.text(sentences, 3, 6)
}

fn topics(reading: &Reading) -> Topics {
    let history = &reading.history;
    let room = reading.room(3, 4, 8);
    // A single one left over is named rather than counted.
    let named = if history.clusters.len() == room + 1 { room + 1 } else { room.min(history.clusters.len()) };
    let percent = |nodes: usize| text::percent(nodes, history.nodes.len());
    let (shown, rest) = history.clusters.split_at(named);
    Topics {
        count: history.nodes.len(),
        noun: history.noun,
        days: history.span().map(days),
        shares: (0..shown.len())
            .map(|place| (history.name(place), percent(shown[place].nodes.len())))
            .collect(),
        others: rest.len(),
        others_percent: percent(rest.iter().map(|cluster| cluster.nodes.len()).sum()),
    }
}

fn moved(reading: &Reading) -> Option<String> {
    let tell = |change: &Change| Move {
        name: reading.history.name(change.cluster),
        before: text::percent_of(change.shares.0),
        since: text::percent_of(change.shares.1),
    };
    let risen = reading.trends.grown.first().map(tell);
    let fallen = reading.trends.shrunk.first().map(tell);
    if risen.is_none() && fallen.is_none() {
        return None;
    }
    Some(reading.phrases.moved(&reading.pivot()?, risen.as_ref(), fallen.as_ref()))
}
