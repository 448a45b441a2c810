//! The sentences of a summary. What is said is decided elsewhere: here are the facts a sentence needs, and
//! the trait a language implements. A new language is one file and one line in [`of`].
//!
//! All names, titles and keywords arrive fit to print: inert, on one line, shortened.

mod chinese;
mod english;
mod korean;
mod particles;

use graphnode_core::options::Language;

pub(crate) use super::calendar::Length;
use super::questions::QuestionKind;

/// The phrases of a language.
pub(crate) fn of(language: Language) -> &'static dyn Phrases {
    match language {
        Language::En => &english::English,
        Language::Ko => &korean::Korean,
        Language::Zh => &chinese::Chinese,
    }
}

/// What a node is called; an entry where nodes are of several kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noun {
    Conversation,
    Note,
    Page,
    File,
    Entry,
}

/// Two days, `YYYY-MM-DD`; they may be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Days {
    pub(crate) from: String,
    pub(crate) to: String,
}

impl Days {
    pub(crate) fn is_one(&self) -> bool {
        self.from == self.to
    }
}

/// What a history is about.
pub(crate) struct Topics {
    pub(crate) count: usize,
    pub(crate) noun: Noun,
    pub(crate) days: Option<Days>,
    /// Largest clusters with their shares in percent.
    pub(crate) shares: Vec<(String, u32)>,
    /// Number and share of the clusters not named.
    pub(crate) others: usize,
    pub(crate) others_percent: u32,
}

/// How one share changed, in percent.
pub(crate) struct Move {
    pub(crate) name: String,
    pub(crate) before: u32,
    pub(crate) since: u32,
}

/// How a cluster grew.
pub(crate) struct Growth {
    /// The cluster, or the keywords of a part of it.
    pub(crate) name: String,
    /// The cluster, where a part of it grew.
    pub(crate) within: Option<String>,
    pub(crate) noun: Noun,
    /// The day that divides before from since.
    pub(crate) day: String,
    /// Shares in percent.
    pub(crate) percents: (u32, u32),
    /// Numbers of nodes.
    pub(crate) counts: (usize, usize),
}

/// How long dialogues are.
pub(crate) enum DialogueLength {
    /// At least half have no more messages than this: short.
    Short(usize),
    /// At least half have no more messages than this.
    Middling(usize),
    /// At least half have this many messages or more: long.
    Long(usize),
}

/// The extent of a cluster.
pub(crate) struct Extent {
    pub(crate) count: usize,
    pub(crate) noun: Noun,
    /// Share of all nodes, in percent; `None` for the only cluster.
    pub(crate) percent: Option<u32>,
    pub(crate) days: Option<Days>,
    /// The busiest month and its number of nodes.
    pub(crate) peak: Option<(String, usize)>,
}

/// Nearly the same, several times.
pub(crate) struct Repeated {
    /// One or two titles.
    pub(crate) titles: Vec<String>,
    /// Whether there are further titles.
    pub(crate) more: bool,
    pub(crate) count: usize,
    pub(crate) noun: Noun,
    pub(crate) days: Option<Days>,
    pub(crate) keywords: Vec<String>,
}

/// A cluster that stopped.
pub(crate) struct Quiet {
    pub(crate) name: String,
    pub(crate) count: usize,
    pub(crate) noun: Noun,
    pub(crate) last: String,
    /// From then to the end of the history.
    pub(crate) length: Length,
}

/// A node that reaches into another cluster.
pub(crate) struct Reach {
    pub(crate) title: String,
    pub(crate) own: String,
    pub(crate) other: String,
    pub(crate) count: usize,
    pub(crate) noun: Noun,
    pub(crate) keywords: Vec<String>,
}

/// Two clusters that edges join.
pub(crate) struct Bond {
    pub(crate) one: String,
    pub(crate) other: String,
    pub(crate) links: usize,
    pub(crate) keywords: Vec<String>,
    /// Titles at the ends of the strongest link.
    pub(crate) closest: Option<(String, String)>,
}

/// Why to go deeper into a cluster.
pub(crate) struct Deeper {
    pub(crate) name: String,
    pub(crate) count: usize,
    pub(crate) noun: Noun,
    pub(crate) why: DeeperReason,
    /// Newest titles.
    pub(crate) newest: Vec<String>,
}

/// What speaks for it.
pub(crate) enum DeeperReason {
    /// It grew since a day, from one percentage to another.
    Grew { day: String, before: u32, since: u32 },
    /// It began on a day.
    Began(String),
}

/// What went quiet and may be worth another look.
pub(crate) struct Again {
    pub(crate) quiet: Quiet,
    /// Titles to begin with.
    pub(crate) titles: Vec<String>,
    /// An active cluster it is linked to, and over what.
    pub(crate) linked: Option<(String, Vec<String>)>,
}

/// A recommendation in words.
pub(crate) struct Advice {
    pub(crate) title: String,
    pub(crate) description: String,
}

/// The sentences of one language. All are whole sentences with their final stop, unless said otherwise.
pub(crate) trait Phrases: Sync {
    /// What stands between two sentences.
    fn between_sentences(&self) -> &'static str;
    /// A kind of question, in one to three words.
    fn question_kind(&self, kind: QuestionKind) -> &'static str;

    /// There is nothing.
    fn empty_history(&self) -> String;
    /// There is one node.
    fn single(&self, noun: Noun, title: &str, day: Option<&str>) -> String;
    /// What the history is about, with shares.
    fn topics(&self, topics: &Topics) -> String;
    /// Which clusters rose and fell since a day; at least one of them is there.
    fn moved(&self, day: &str, risen: Option<&Move>, fallen: Option<&Move>) -> String;
    /// Which two clusters are linked most closely.
    fn bonded(&self, bond: &Bond) -> String;
    /// What came up again.
    fn asked_again(&self, repeated: &Repeated) -> String;
    /// Clusters that went quiet, with their last days.
    fn went_quiet(&self, clusters: &[(String, String)]) -> String;
    /// Clusters that began lately, with their first days.
    fn began(&self, clusters: &[(String, String)]) -> String;

    /// How long dialogues are.
    fn dialogue_length(&self, length: &DialogueLength) -> String;
    /// The longest dialogue.
    fn longest_dialogue(&self, title: &str, messages: usize) -> String;
    /// Mean words of a message the person writes.
    fn words_a_turn(&self, words: usize) -> String;
    /// The person writes this percentage of all that is said.
    fn own_words(&self, percent: u32) -> String;
    /// Six hours of the day (UTC) in which this percentage begins.
    fn hours(&self, from: usize, to: usize, percent: u32) -> String;
    /// The percentage on weekends, many or few.
    fn weekend(&self, percent: u32, many: bool) -> String;
    /// Kinds of question with the percentage of conversations; by their titles alone or by their text.
    fn kinds(&self, kinds: &[(&'static str, u32)], by_titles: bool) -> String;

    /// How large a cluster is, when it was, when it was busiest.
    fn extent(&self, extent: &Extent) -> String;
    /// How a cluster's share changed since a day.
    fn share_changed(&self, day: &str, before: u32, since: u32) -> String;
    /// A cluster that began lately.
    fn began_on(&self, day: &str) -> String;
    /// A cluster that went quiet on a day, so long before the end.
    fn quiet_since(&self, day: &str, length: Length) -> String;
    /// Parts of a cluster: their keywords and sizes.
    fn parts(&self, parts: &[(Vec<String>, usize)]) -> String;
    /// The longest of a cluster.
    fn longest(&self, noun: Noun, title: &str, messages: usize) -> String;
    /// The cluster it is linked to most closely.
    fn nearest(&self, bond: &Bond) -> String;
    /// The kind of question asked most, in `asked` of `count` conversations.
    fn mostly(&self, kind: &'static str, asked: usize, count: usize, noun: Noun) -> String;

    /// Nearly the same, several times.
    fn repetition(&self, repeated: &Repeated) -> String;
    /// Something grew.
    fn progression(&self, growth: &Growth) -> String;
    /// A cluster stopped.
    fn quiet(&self, quiet: &Quiet) -> String;
    /// Nothing at all for a time.
    fn silence(&self, noun: Noun, days: &Days, length: Length) -> String;
    /// A node reaches into another cluster.
    fn bridge(&self, reach: &Reach) -> String;
    /// Two clusters are linked.
    fn connection(&self, bond: &Bond) -> String;

    /// Bring repeated conversations together.
    fn consolidate(&self, repeated: &Repeated) -> Advice;
    /// Go deeper into a cluster.
    fn explore(&self, deeper: &Deeper) -> Advice;
    /// Look again at a cluster.
    fn review(&self, again: &Again) -> Advice;
    /// Join two clusters.
    fn connect(&self, bond: &Bond) -> Advice;
}

/// Joins a list: `between` between its entries, `last` before the last one.
fn list(entries: &[String], between: &str, last: &str) -> String {
    match entries {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., end] => format!("{}{last}{end}", first.join(between)),
    }
}
