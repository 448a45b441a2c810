//! From a conversation to what later stages need of it: clean words, a bounded number of chunks to embed, counts.
//!
//! This is where a history stops growing with what was said: however long a conversation, its document is small.

use std::cmp::Reverse;
use std::collections::HashMap;

use graphnode_core::conversation::{Conversation, Section, SourceType};
use graphnode_core::hash::hex_sha256;
use graphnode_core::time::SourceTime;
use jiff::Timestamp;
use rayon::prelude::*;

use crate::clean::clean;
use crate::import::limits::LISTED_SKIPS;
use crate::summary::NodeSignals;
use crate::words::script::{self};

/// Most characters of a document's text; keywords and the lexical similarity see no more.
const TEXT_CHARACTERS: usize = 12_000;
/// Size of a chunk in units: an alphabetic character is one, an East Asian one [`EAST_ASIAN_UNITS`], so that a
/// chunk of any language is about 128 tokens.
const CHUNK_UNITS: usize = 512;
const EAST_ASIAN_UNITS: usize = 3;
/// Most chunks of a conversation that are embedded, spread evenly over it.
pub(crate) const CHUNK_BUDGET: usize = 8;

/// One conversation, digested.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// The source's id.
    pub orig_id: String,
    /// The source's title.
    pub title: Option<String>,
    /// Kind of source.
    pub source_type: SourceType,
    /// When it began, as stated.
    pub create_time: Option<SourceTime>,
    /// When it was last added to, as stated.
    pub update_time: Option<SourceTime>,
    /// Shown messages or sections.
    pub num_messages: usize,
    /// Clean words, at most [`TEXT_CHARACTERS`] of them, a fair share of every message.
    pub text: String,
    /// What is embedded; at least one.
    pub chunks: Vec<String>,
    /// SHA-256 over title and chunks, in hexadecimal.
    pub content_hash: String,
    /// Characters of clean text before any limit.
    pub characters: usize,
    /// What the text tells of the person's part.
    pub signals: NodeSignals,
}

impl Document {
    /// When it began, else when it was last added to.
    pub(crate) fn timestamp(&self) -> Option<Timestamp> {
        self.create_time.as_ref().or(self.update_time.as_ref()).map(SourceTime::instant)
    }

    /// The title's words, empty where there is none.
    pub(crate) fn title_words(&self) -> &str {
        self.title.as_deref().unwrap_or_default()
    }
}

/// Why a conversation that was read is not in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Neither a title nor a word that was shown.
    NoWords,
    /// Another conversation has the same id; the newer, longer one is kept.
    DuplicateId,
}

impl Left {
    /// Stable kebab-case code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NoWords => "no-words",
            Self::DuplicateId => "duplicate-id",
        }
    }

    /// For a person to read.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::NoWords => "it has neither a title nor a word that was shown",
            Self::DuplicateId => "another conversation has the same id; the one added to last is kept",
        }
    }
}

/// Conversations that were read and are not in the graph: all are counted, the first by id are listed.
#[derive(Debug, Default)]
pub(crate) struct LeftOut {
    /// How many.
    pub count: u64,
    /// The first [`LISTED_SKIPS`], by id, once [`Self::shorten`] was called last.
    pub listed: Vec<(String, Left)>,
}

impl LeftOut {
    fn add(&mut self, orig_id: String, why: Left) {
        self.count += 1;
        self.listed.push((orig_id, why));
        // A million of them are no reason to remember a million ids.
        if self.listed.len() >= 10 * LISTED_SKIPS {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        self.listed.sort_by(|a, b| (&a.0, a.1.code()).cmp(&(&b.0, b.1.code())));
        self.listed.truncate(LISTED_SKIPS);
    }
}

/// Bytes of text that wait to be digested together.
const WAITING_BYTES: usize = 1 << 20;

/// Turns conversations into documents as they come.
#[derive(Default)]
pub(crate) struct Digester {
    waiting: Vec<Conversation>,
    waiting_bytes: usize,
    documents: Vec<Document>,
    by_id: HashMap<String, usize>,
    left: LeftOut,
}

impl Digester {
    /// Takes one conversation: it waits until there are enough to keep all threads busy.
    pub(crate) fn add(&mut self, conversation: Conversation) {
        self.waiting_bytes += size_in_memory(&conversation);
        self.waiting.push(conversation);
        if self.waiting_bytes >= WAITING_BYTES {
            self.digest_waiting();
        }
    }

    fn digest_waiting(&mut self) {
        self.waiting_bytes = 0;
        let waiting = std::mem::take(&mut self.waiting);
        let digested: Vec<Result<Document, String>> = waiting.into_par_iter().map(digest).collect();
        for document in digested {
            match document {
                Ok(document) => self.keep(document),
                Err(wordless) => self.left.add(wordless, Left::NoWords),
            }
        }
    }

    fn keep(&mut self, document: Document) {
        match self.by_id.get(&document.orig_id) {
            None => {
                self.by_id.insert(document.orig_id.clone(), self.documents.len());
                self.documents.push(document);
            }
            Some(&place) => {
                self.left.add(document.orig_id.clone(), Left::DuplicateId);
                if precedence(&document) > precedence(&self.documents[place]) {
                    self.documents[place] = document;
                }
            }
        }
    }

    /// All documents, oldest first, equal times by id: the order they came in leaves no trace. And what was left
    /// out, by id.
    pub(crate) fn finish(mut self) -> (Vec<Document>, LeftOut) {
        self.digest_waiting();
        self.documents.sort_by(|a, b| {
            let key = |document: &Document| document.timestamp().unwrap_or(Timestamp::MAX);
            key(a).cmp(&key(b)).then_with(|| a.orig_id.cmp(&b.orig_id))
        });
        self.left.shorten();
        (self.documents, self.left)
    }
}

/// Bytes a conversation takes, near enough; one in which nothing is said takes some as well.
fn size_in_memory(conversation: &Conversation) -> usize {
    let sections = conversation.sections.iter().map(|section| size_of::<Section>() + section.text.len());
    let title = conversation.title.as_ref().map_or(0, String::len);
    size_of::<Conversation>() + conversation.orig_id.len() + title + sections.sum::<usize>()
}

/// Digests one conversation; one without a word gives its id back.
fn digest(conversation: Conversation) -> Result<Document, String> {
    let signals = NodeSignals::of(&conversation);
    let clean: Vec<String> = conversation.sections.iter().map(|section| clean(&section.text)).collect();
    let mut words: Vec<&str> = clean.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    let title = conversation.title;
    let fallback;
    if words.is_empty() {
        // Nothing but code or links: the title says what it was, else what was written must.
        match title.clone().or_else(|| raw_words(&conversation.sections)) {
            Some(found) => fallback = found,
            None => return Err(conversation.orig_id),
        }
        words.push(&fallback);
    }
    let chunks = spread(chunks(&words), CHUNK_BUDGET);
    let content_hash = content_hash(title.as_deref(), &chunks);
    Ok(Document {
        num_messages: conversation.sections.len(),
        characters: words.iter().map(|text| text.chars().count()).sum(),
        signals,
        text: fair_shares(&words, TEXT_CHARACTERS),
        orig_id: conversation.orig_id,
        source_type: conversation.source_type,
        create_time: conversation.create_time,
        update_time: conversation.update_time,
        title,
        chunks,
        content_hash,
    })
}

/// Which of two conversations with one id is kept: the one added to last, then the longer, then by content.
fn precedence(document: &Document) -> (Option<Timestamp>, usize, Reverse<String>) {
    let updated = document.update_time.as_ref().or(document.create_time.as_ref()).map(SourceTime::instant);
    (updated, document.num_messages, Reverse(document.content_hash.clone()))
}

/// What was written, uncleaned, where cleaning left nothing.
fn raw_words(sections: &[Section]) -> Option<String> {
    let text: String = sections.iter().flat_map(|section| section.text.chars()).take(CHUNK_UNITS).collect();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!words.is_empty()).then_some(words)
}

fn content_hash(title: Option<&str>, chunks: &[String]) -> String {
    let parts = title.into_iter().chain(chunks.iter().map(String::as_str));
    hex_sha256(parts.flat_map(|part| [part.as_bytes(), b"\0"]))
}

/// Messages joined line by line; where together they are too long, each gives its beginning, long ones the most.
fn fair_shares(messages: &[&str], most: usize) -> String {
    let lengths: Vec<usize> = messages.iter().map(|message| message.chars().count()).collect();
    let share = fair_share(&lengths, most);
    let mut text = String::with_capacity(most.min(messages.iter().map(|message| message.len() + 1).sum()));
    for message in messages {
        text.extend(message.chars().take(share));
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

/// The largest `s` with `Σ min(length, s) ≤ most`.
fn fair_share(lengths: &[usize], most: usize) -> usize {
    let (mut low, mut high) = (1, most.max(1));
    while low < high {
        let middle = (low + high).div_ceil(2);
        if lengths.iter().map(|&length| length.min(middle)).sum::<usize>() <= most {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

/// Cuts messages into chunks of about [`CHUNK_UNITS`], at blanks where there are some.
fn chunks(messages: &[&str]) -> Vec<String> {
    let mut chunks = Vec::new();
    let mut chunk = String::new();
    let mut units = 0;
    for message in messages {
        for word in message.split_inclusive(char::is_whitespace).flat_map(pieces) {
            let weight = word.chars().map(character_units).sum::<usize>();
            if units + weight > CHUNK_UNITS && units > 0 {
                chunks.push(std::mem::take(&mut chunk).trim().to_owned());
                units = 0;
            }
            chunk.push_str(word);
            units += weight;
        }
        chunk.push(' ');
        units += 1;
    }
    chunks.push(chunk.trim().to_owned());
    chunks.retain(|chunk| !chunk.is_empty());
    chunks
}

/// Words as they are, but long runs without blanks (Chinese, or a word of a thousand letters) in small pieces.
fn pieces(word: &str) -> impl Iterator<Item = &str> {
    const PIECE: usize = 16;
    let mut rest = word;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.char_indices().nth(PIECE).map_or(rest.len(), |(position, _)| position);
        let (piece, remaining) = rest.split_at(end);
        rest = remaining;
        Some(piece)
    })
}

fn character_units(character: char) -> usize {
    match script::script(character) {
        Some(script) if script::is_east_asian(script) => EAST_ASIAN_UNITS,
        _ => 1,
    }
}

/// `budget` items of `items`, evenly spread, the first and the last among them.
fn spread<T>(items: Vec<T>, budget: usize) -> Vec<T> {
    let count = items.len();
    if count <= budget {
        return items;
    }
    let mut wanted = (0..budget).map(|step| step * (count - 1) / (budget - 1)).peekable();
    items
        .into_iter()
        .enumerate()
        .filter(|(index, _)| wanted.next_if_eq(index).is_some())
        .map(|(_, item)| item)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use graphnode_core::conversation::Speaker;

    fn conversation(id: &str, title: Option<&str>, texts: &[&str]) -> Conversation {
        Conversation {
            orig_id: id.to_owned(),
            title: title.map(str::to_owned),
            source_type: SourceType::Chat,
            create_time: None,
            update_time: None,
            sections: texts
                .iter()
                .map(|text| Section { speaker: Speaker::Person, text: (*text).to_owned() })
                .collect(),
        }
    }

    fn digest(conversations: Vec<Conversation>) -> (Vec<Document>, Vec<(String, Left)>) {
        let mut digester = Digester::default();
        conversations.into_iter().for_each(|conversation| digester.add(conversation));
        let (documents, left) = digester.finish();
        assert_eq!(left.count, left.listed.len() as u64);
        (documents, left.listed)
    }

    #[test]
    fn chunks_are_bounded_and_spread() {
        let long = "many words follow each other ".repeat(1_000);
        let (documents, _) = digest(vec![conversation("a", None, &[&long])]);
        assert_eq!(documents[0].chunks.len(), CHUNK_BUDGET);
        assert!(documents[0].chunks.iter().all(|chunk| chunk.chars().count() <= CHUNK_UNITS));
        assert!(documents[0].text.chars().count() <= TEXT_CHARACTERS);
        assert_eq!(spread((0..10).collect(), 4), [0, 3, 6, 9]);
    }

    #[test]
    fn east_asian_chunks_are_shorter() {
        let (documents, _) = digest(vec![conversation("a", None, &[&"机器学习".repeat(100)])]);
        assert!(
            documents[0].chunks.iter().all(|chunk| chunk.chars().count() <= CHUNK_UNITS / EAST_ASIAN_UNITS)
        );
        assert_eq!(documents[0].chunks.concat(), "机器学习".repeat(100), "nothing is lost at the cuts");
    }

    #[test]
    fn a_conversation_without_words_is_named_by_its_title_or_left_out() {
        let (documents, left) = digest(vec![
            conversation("titled", Some("Just a title"), &[]),
            conversation("silent", None, &[]),
            conversation("code", None, &["```\nlet x = 1;\n```"]),
        ]);
        let texts: Vec<&str> = documents.iter().map(|document| document.text.as_str()).collect();
        assert_eq!(texts.len(), 2);
        assert!(texts.contains(&"Just a title") && texts.iter().any(|text| text.contains("let x")));
        assert_eq!(left, [("silent".to_owned(), Left::NoWords)]);
    }

    #[test]
    fn of_two_with_one_id_the_longer_is_kept_in_either_order() {
        let short = || conversation("a", None, &["one message"]);
        let long = || conversation("a", None, &["one message", "and another"]);
        for order in [vec![short(), long()], vec![long(), short()]] {
            let (documents, left) = digest(order);
            assert_eq!((documents.len(), documents[0].num_messages), (1, 2));
            assert_eq!(left, [("a".to_owned(), Left::DuplicateId)]);
        }
    }

    #[test]
    fn nothing_said_a_hundred_thousand_times_does_not_pile_up() {
        let mut digester = Digester::default();
        for number in 0..100_000 {
            digester.add(conversation(&format!("silent-{number:06}"), None, &[]));
            assert!(digester.waiting.len() <= WAITING_BYTES / size_of::<Conversation>());
            assert!(digester.left.listed.len() <= 10 * LISTED_SKIPS);
        }
        let (documents, left) = digester.finish();
        assert_eq!((documents.len(), left.count, left.listed.len()), (0, 100_000, LISTED_SKIPS));
        assert_eq!(left.listed[LISTED_SKIPS - 1].0, format!("silent-{:06}", LISTED_SKIPS - 1));
    }

    #[test]
    fn shares_are_fair() {
        assert_eq!(fair_share(&[10, 1_000, 1_000], 1_010), 500);
        assert_eq!(fair_share(&[10, 20], 100), 100);
    }
}
