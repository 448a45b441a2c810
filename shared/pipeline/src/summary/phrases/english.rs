//! English.

use super::{
    Advice, Again, Bond, Days, Deeper, DeeperReason, DialogueLength, Extent, Growth, Length, Move, Noun,
    Phrases, QuestionKind, Quiet, Reach, Repeated, Topics, list,
};

pub(super) struct English;

/// `1 conversation`, `3 conversations`.
fn counted(count: usize, noun: Noun) -> String {
    format!("{count} {}", if count == 1 { singular(noun) } else { plural(noun) })
}

fn singular(noun: Noun) -> &'static str {
    match noun {
        Noun::Conversation => "conversation",
        Noun::Note => "note",
        Noun::Page => "page",
        Noun::File => "file",
        Noun::Entry => "entry",
    }
}

fn plural(noun: Noun) -> &'static str {
    match noun {
        Noun::Conversation => "conversations",
        Noun::Note => "notes",
        Noun::Page => "pages",
        Noun::File => "files",
        Noun::Entry => "entries",
    }
}

fn links(count: usize) -> String {
    if count == 1 { "1 link".to_owned() } else { format!("{count} links") }
}

fn quoted(title: &str) -> String {
    format!("“{title}”")
}

fn and(entries: &[String]) -> String {
    list(entries, ", ", " and ")
}

fn all_quoted(titles: &[String]) -> Vec<String> {
    titles.iter().map(|title| quoted(title)).collect()
}

/// ` from A to B`, ` on A`.
fn within(days: Option<&Days>) -> String {
    match days {
        None => String::new(),
        Some(days) if days.is_one() => format!(" on {}", days.from),
        Some(days) => format!(" from {} to {}", days.from, days.to),
    }
}

/// `{before}a, b and c{after}`, or nothing.
fn over(before: &str, keywords: &[String], after: &str) -> String {
    if keywords.is_empty() { String::new() } else { format!("{before}{}{after}", and(keywords)) }
}

fn lasting(length: Length) -> String {
    let (count, unit) = match length {
        Length::Days(days) => (days, "day"),
        Length::Months(months) => (months, "month"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn dated(clusters: &[(String, String)], word: &str) -> String {
    and(&clusters.iter().map(|(name, day)| format!("{name} ({word} {day})")).collect::<Vec<_>>())
}

fn titles(repeated: &Repeated) -> String {
    let mut titles = all_quoted(&repeated.titles);
    if repeated.more {
        titles.push("others".to_owned());
    }
    and(&titles)
}

fn direction(before: u32, since: u32) -> &'static str {
    if since >= before { "rose" } else { "fell" }
}

impl Phrases for English {
    fn between_sentences(&self) -> &'static str {
        " "
    }

    fn question_kind(&self, kind: QuestionKind) -> &'static str {
        match kind {
            QuestionKind::HowTo => "how-to",
            QuestionKind::Explanation => "explanation",
            QuestionKind::Debugging => "debugging",
            QuestionKind::Comparison => "comparison",
            QuestionKind::Planning => "planning",
            QuestionKind::Writing => "writing",
            QuestionKind::Translation => "translation",
            QuestionKind::Recommendation => "recommendation",
        }
    }

    fn empty_history(&self) -> String {
        "The history holds no conversations or notes.".to_owned()
    }

    fn single(&self, noun: Noun, title: &str, day: Option<&str>) -> String {
        let on = day.map_or(String::new(), |day| format!(" of {day}"));
        format!("The history holds one {}{on}: {}.", singular(noun), quoted(title))
    }

    fn topics(&self, topics: &Topics) -> String {
        let mut shares: Vec<String> =
            topics.shares.iter().map(|(name, percent)| format!("{name} ({percent}%)")).collect();
        if topics.others > 0 {
            let noun = if topics.others == 1 { "smaller topic" } else { "smaller topics" };
            shares.push(format!("{} {noun} ({}%)", topics.others, topics.others_percent));
        }
        format!("{}{}: {}.", counted(topics.count, topics.noun), within(topics.days.as_ref()), and(&shares))
    }

    fn moved(&self, day: &str, risen: Option<&Move>, fallen: Option<&Move>) -> String {
        let tell = |verb: &str, it: &Move| format!("{} {verb} from {}% to {}%", it.name, it.before, it.since);
        let parts: Vec<String> =
            risen.map(|it| tell("rose", it)).into_iter().chain(fallen.map(|it| tell("fell", it))).collect();
        format!("Since {day}, {}.", and(&parts))
    }

    fn bonded(&self, bond: &Bond) -> String {
        format!(
            "{} and {} are linked most closely, by {}{}.",
            bond.one,
            bond.other,
            links(bond.links),
            over(" over ", &bond.keywords, "")
        )
    }

    fn asked_again(&self, repeated: &Repeated) -> String {
        let title = repeated.titles.first().map(|title| quoted(title)).unwrap_or_default();
        format!("{title} came up {} times{}.", repeated.count, within(repeated.days.as_ref()))
    }

    fn went_quiet(&self, clusters: &[(String, String)]) -> String {
        format!("{} went quiet.", dated(clusters, "last on"))
    }

    fn began(&self, clusters: &[(String, String)]) -> String {
        let verb = if clusters.len() == 1 { "is" } else { "are" };
        format!("{} {verb} new.", dated(clusters, "since"))
    }

    fn dialogue_length(&self, length: &DialogueLength) -> String {
        let messages =
            |count: usize| if count == 1 { "1 message".to_owned() } else { format!("{count} messages") };
        match length {
            DialogueLength::Short(most) => {
                format!(
                    "Short exchanges: at least half of the conversations have at most {}.",
                    messages(*most)
                )
            }
            DialogueLength::Middling(most) => {
                format!("At least half of the conversations have at most {}.", messages(*most))
            }
            DialogueLength::Long(least) => {
                format!(
                    "Long dialogues: at least half of the conversations have {} or more.",
                    messages(*least)
                )
            }
        }
    }

    fn longest_dialogue(&self, title: &str, messages: usize) -> String {
        format!("The longest, {}, has {messages} messages.", quoted(title))
    }

    fn words_a_turn(&self, words: usize) -> String {
        let noun = if words == 1 { "word" } else { "words" };
        format!("A message by the person has {words} {noun} on average.")
    }

    fn own_words(&self, percent: u32) -> String {
        format!("The person writes {percent}% of the text.")
    }

    fn hours(&self, from: usize, to: usize, percent: u32) -> String {
        format!("{percent}% begin between {from:02}:00 and {to:02}:00 UTC.")
    }

    fn weekend(&self, percent: u32, many: bool) -> String {
        if many {
            format!("{percent}% begin on weekends.")
        } else {
            format!("Only {percent}% begin on weekends.")
        }
    }

    fn kinds(&self, kinds: &[(&'static str, u32)], by_titles: bool) -> String {
        let kinds: Vec<String> = kinds.iter().map(|(kind, percent)| format!("{kind} ({percent}%)")).collect();
        let source = if by_titles { "Asked most, by the titles" } else { "Asked most, by conversations" };
        format!("{source}: {}.", and(&kinds))
    }

    fn extent(&self, extent: &Extent) -> String {
        let share = extent.percent.map_or(String::new(), |percent| format!(" ({percent}% of all)"));
        let peak = extent
            .peak
            .as_ref()
            .map_or(String::new(), |(month, count)| format!("; busiest month {month} with {count}"));
        let days = within(extent.days.as_ref());
        format!("{}{share}{days}{peak}.", counted(extent.count, extent.noun))
    }

    fn share_changed(&self, day: &str, before: u32, since: u32) -> String {
        let verb = direction(before, since);
        format!("Its share {verb} from {before}% before {day} to {since}% since.")
    }

    fn began_on(&self, day: &str) -> String {
        format!("New: it began on {day}.")
    }

    fn quiet_since(&self, day: &str, length: Length) -> String {
        format!("Quiet since {day}, {} before the history ends.", lasting(length))
    }

    fn parts(&self, parts: &[(Vec<String>, usize)]) -> String {
        let parts: Vec<String> =
            parts.iter().map(|(keywords, size)| format!("{} ({size})", keywords.join(" / "))).collect();
        format!("Sub-topics: {}.", list(&parts, "; ", "; "))
    }

    fn longest(&self, noun: Noun, title: &str, messages: usize) -> String {
        let unit = if noun == Noun::Conversation { "messages" } else { "sections" };
        format!("The longest {} is {} with {messages} {unit}.", singular(noun), quoted(title))
    }

    fn nearest(&self, bond: &Bond) -> String {
        format!("Closest to {}: {}{}.", bond.other, links(bond.links), over(" over ", &bond.keywords, ""))
    }

    fn mostly(&self, kind: &'static str, asked: usize, count: usize, noun: Noun) -> String {
        format!("The most frequent kind of question is {kind}, in {asked} of {}.", counted(count, noun))
    }

    fn repetition(&self, repeated: &Repeated) -> String {
        format!(
            "{}{} cover nearly the same: {}{}.",
            counted(repeated.count, repeated.noun),
            within(repeated.days.as_ref()),
            titles(repeated),
            over(" (shared: ", &repeated.keywords, ")")
        )
    }

    fn progression(&self, growth: &Growth) -> String {
        let place = growth.within.as_ref().map_or(String::new(), |cluster| format!(" within {cluster}"));
        let ((before, since), (few, many)) = (growth.percents, growth.counts);
        format!(
            "{}{place} grew from {before}% of {} before {} to {since}% since ({few} → {many}).",
            growth.name,
            plural(growth.noun),
            growth.day
        )
    }

    fn quiet(&self, quiet: &Quiet) -> String {
        format!(
            "{}: {} up to {}, then none in the remaining {} of the history.",
            quiet.name,
            counted(quiet.count, quiet.noun),
            quiet.last,
            lasting(quiet.length)
        )
    }

    fn silence(&self, noun: Noun, days: &Days, length: Length) -> String {
        format!("No {} between {} and {}: {}.", plural(noun), days.from, days.to, lasting(length))
    }

    fn bridge(&self, reach: &Reach) -> String {
        format!(
            "{} in {} is linked to {} in {}{}.",
            quoted(&reach.title),
            reach.own,
            counted(reach.count, reach.noun),
            reach.other,
            over(" (shared: ", &reach.keywords, ")")
        )
    }

    fn connection(&self, bond: &Bond) -> String {
        let closest = bond.closest.as_ref().map_or(String::new(), |(one, other)| {
            let which = if bond.links == 1 { "it is" } else { "the strongest is" };
            format!("; {which} between {} and {}", quoted(one), quoted(other))
        });
        let verb = if bond.links == 1 { "joins" } else { "join" };
        let keywords = over(" over ", &bond.keywords, "");
        format!("{} {verb} {} and {}{keywords}{closest}.", links(bond.links), bond.one, bond.other)
    }

    fn consolidate(&self, repeated: &Repeated) -> Advice {
        let title = repeated.titles.first().map(|title| quoted(title)).unwrap_or_default();
        Advice {
            title: format!("Bring together {} on {title}", counted(repeated.count, repeated.noun)),
            description: self.repetition(repeated),
        }
    }

    fn explore(&self, deeper: &Deeper) -> Advice {
        let why = match &deeper.why {
            DeeperReason::Grew { day, before, since } => {
                format!("Its share grew from {before}% to {since}% since {day}")
            }
            DeeperReason::Began(day) => {
                format!("It began on {day} and already has {}", counted(deeper.count, deeper.noun))
            }
        };
        let newest = over("; most recent: ", &all_quoted(&deeper.newest), "");
        Advice { title: format!("Go deeper into {}", deeper.name), description: format!("{why}{newest}.") }
    }

    fn review(&self, again: &Again) -> Advice {
        let quiet = &again.quiet;
        let start = over(" Start with ", &all_quoted(&again.titles), ".");
        let linked = again.linked.as_ref().map_or(String::new(), |(name, keywords)| {
            format!(" It is linked to {name}, which is still active{}.", over(", over ", keywords, ""))
        });
        let last = if quiet.count == 1 { " on" } else { ", the last on" };
        Advice {
            title: format!("Look again at {}", quiet.name),
            description: format!("{}{last} {}.{start}{linked}", counted(quiet.count, quiet.noun), quiet.last),
        }
    }

    fn connect(&self, bond: &Bond) -> Advice {
        Advice {
            title: format!("Connect {} and {}", bond.one, bond.other),
            description: self.connection(bond),
        }
    }
}
