//! Takes the items of one source to conversations and keeps the report.

use std::io::{self, Read};

use graphnode_core::contract::SourceReport;
use graphnode_core::conversation::{Conversation, SourceType, Speaker};
use graphnode_core::hash::hex;
use graphnode_core::watch::{Cancelled, Watch, checkpoint};
use sha2::{Digest, Sha256};

use super::error::{Found, ImportError};
use super::flat::Thread;
use super::item::{Item, Shape, source_time};
use super::limits::{ID_BYTES, LISTED_ID_BYTES, TITLE_CHARS};
use super::meter::Stop;
use super::notes::{self, Note};
use super::repair::repair;
use super::report::{ImportReport, SkipReason};
use super::scan::{Scanner, Step};
use super::split::{Event, Fault, Position, Splitter};
use super::{Limits, SourceRole, archive, chatgpt, claude};

/// Where conversations and the report of all sources go.
pub(super) struct Intake<'a> {
    pub(super) limits: &'a Limits,
    pub(super) watch: &'a dyn Watch,
    pub(super) sink: &'a mut dyn FnMut(Conversation),
    pub(super) report: ImportReport,
}

/// What one source came to so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    accepted: u64,
    strange: u64,
    broken: u64,
    first_broken: Option<(u64, SkipReason)>,
    early: bool,
    met_value: bool,
    format: Option<&'static str>,
}

impl Tally {
    /// What the report says of the source, of which `bytes` were read.
    pub(super) fn report(&self, name: String, bytes: u64) -> SourceReport {
        let format = self.format.unwrap_or("nothing").to_owned();
        SourceReport { name, format, bytes, conversations: self.accepted }
    }

    /// The error of a source out of which nothing came although something was in it. An empty list is no
    /// error: somebody has no conversations.
    pub(super) fn verdict(&self, source_name: &str) -> Result<(), ImportError> {
        let source_name = source_name.to_owned();
        if self.accepted > 0 {
            Ok(())
        } else if self.early {
            Err(ImportError::EndsEarly { source_name })
        } else if let Some((index, reason)) = self.first_broken {
            let skipped = self.broken + self.strange;
            Err(ImportError::NothingReadable { source_name, skipped, index, reason })
        } else if self.strange > 0 || !self.met_value {
            Err(ImportError::NotAnExport { source_name, found: Found::OtherJson })
        } else {
            Ok(())
        }
    }
}

/// One stream of JSON on its way through.
struct Stream<'s, 'a> {
    intake: &'s mut Intake<'a>,
    name: &'s str,
    role: SourceRole,
    tally: &'s mut Tally,
    /// Messages of a flat list that so far belong to one conversation, and the list they stand in.
    thread: Option<(Thread, Option<&'static str>)>,
}

impl Intake<'_> {
    /// Reads one stream of JSON to its end. `name` is for the report, `tally` counts for the whole source.
    ///
    /// # Errors
    /// [`ImportError::Cancelled`], [`ImportError::TooLarge`], [`ImportError::Read`].
    pub(super) fn read(
        &mut self,
        name: &str,
        role: SourceRole,
        reader: impl Read,
        tally: &mut Tally,
    ) -> Result<(), ImportError> {
        let (watch, limit) = (self.watch, self.limits.total_bytes);
        let mut splitter = Splitter::new(reader, role.lists(), self.limits);
        let mut stream = Stream { intake: self, name, role, tally, thread: None };
        loop {
            checkpoint(watch)?;
            let early = match splitter.next() {
                Ok(Event::End { early }) => early,
                Ok(event) => {
                    if stream.event(event) {
                        splitter.confirm();
                    }
                    continue;
                }
                Err(error) if archive::is_damage(&error) => true,
                Err(error) => return Err(read_error(name, error, limit)),
            };
            stream.close_thread();
            stream.tally.met_value |= splitter.met_value();
            stream.tally.early |= early;
            self.report.truncated |= early;
            return Ok(());
        }
    }
}

impl Stream<'_, '_> {
    /// Takes in or skips what the splitter found; true if it was a real item.
    fn event(&mut self, event: Event<'_>) -> bool {
        let (position, id, reason) = match event {
            Event::End { .. } => return false,
            Event::Item { position, bytes } => match self.item(position, bytes) {
                Ok(()) => return true,
                Err(reason) => (position, partial_id(bytes), reason),
            },
            Event::Scalar { position } => (position, None, SkipReason::NotAnObject),
            Event::Broken { position, fault, bytes } => {
                let reason = match fault {
                    Fault::Structure => SkipReason::Syntax,
                    Fault::CutOff => SkipReason::CutOff,
                    Fault::TooLarge => SkipReason::TooLarge,
                    Fault::TooDeep => SkipReason::TooDeep,
                    Fault::TooManyValues => SkipReason::TooManyValues,
                };
                (position, partial_id(bytes), reason)
            }
        };
        match reason {
            // A batch may hold neither conversations nor notes.
            SkipReason::NotAConversation if self.role == SourceRole::Batch && position.list.is_none() => {
                return false;
            }
            SkipReason::NotAConversation | SkipReason::NotAnObject => self.tally.strange += 1,
            _ => {
                self.tally.broken += 1;
                self.tally.first_broken.get_or_insert((position.index, reason));
            }
        }
        self.intake.report.skip(self.name, position.index, id, reason);
        false
    }

    /// Parses an item and takes it in, mending it first if it does not parse as it is.
    fn item(&mut self, position: Position, bytes: &mut [u8]) -> Result<(), SkipReason> {
        let note_type = self.role.note_type(position.list);
        if let Ok(item) = Parsed::from_bytes(bytes, note_type) {
            return self.take_in(position, item);
        }
        let (mended, text) = repair(bytes).ok_or(SkipReason::Syntax)?;
        let item = Parsed::from_bytes(text.as_bytes(), note_type).map_err(|_| SkipReason::Syntax)?;
        self.take_in(position, item)?;
        let repaired = &mut self.intake.report.repaired;
        repaired.surrogates += u64::from(mended.surrogates);
        repaired.utf8 += u64::from(mended.utf8);
        repaired.controls += u64::from(mended.controls);
        Ok(())
    }

    fn take_in(&mut self, position: Position, item: Parsed<'_>) -> Result<(), SkipReason> {
        let (conversation, format) = match item {
            Parsed::Note(note, note_type) => (notes::conversation(&note, note_type), "notes"),
            Parsed::Item(item) => match item.shape() {
                Shape::Message => return self.message(position, *item),
                shape => (conversation(&item, shape, self.intake.limits.attachment_chars), shape.format()),
            },
        };
        let conversation = conversation.ok_or(SkipReason::NotAConversation)?;
        self.close_thread();
        self.hand_over(conversation, format);
        Ok(())
    }

    fn message(&mut self, position: Position, item: Item<'_>) -> Result<(), SkipReason> {
        let same = |(thread, list): &(Thread, _)| *list == position.list && thread.continues_with(&item);
        if !self.thread.as_ref().is_some_and(same) {
            self.close_thread();
        }
        let (thread, _) = self.thread.get_or_insert_with(|| (Thread::of(&item), position.list));
        let fits = thread.add(&item.into_message(), self.intake.limits.item_bytes);
        if fits { Ok(()) } else { Err(SkipReason::TooLarge) }
    }

    fn close_thread(&mut self) {
        if let Some((thread, _)) = self.thread.take() {
            self.hand_over(thread.into_conversation(), Shape::Message.format());
        }
    }

    fn hand_over(&mut self, mut conversation: Conversation, format: &'static str) {
        let report = &mut self.intake.report;
        if conversation.orig_id.is_empty() {
            conversation.orig_id = content_id(&conversation);
            report.repaired.ids += 1;
        } else if conversation.orig_id.len() > ID_BYTES {
            // From the id alone, so that two items with one id stay two of one id.
            conversation.orig_id = hashed_id(Sha256::digest(&conversation.orig_id).as_slice());
            report.repaired.ids += 1;
        }
        if let Some(title) = &mut conversation.title
            && let Some((end, _)) = title.char_indices().nth(TITLE_CHARS)
        {
            *title = title[..end].to_owned();
            report.repaired.titles += 1;
        }
        match conversation.source_type {
            SourceType::Chat => report.conversations += 1,
            _ => report.notes += 1,
        }
        report.empty += u64::from(conversation.sections.is_empty());
        self.tally.accepted += 1;
        self.tally.format.get_or_insert(format);
        (self.intake.sink)(conversation);
    }
}

/// An item as its list has them.
enum Parsed<'a> {
    Item(Box<Item<'a>>),
    Note(Box<Note<'a>>, SourceType),
}

impl<'a> Parsed<'a> {
    fn from_bytes(bytes: &'a [u8], note_type: Option<SourceType>) -> serde_json::Result<Self> {
        match note_type {
            Some(note_type) => {
                serde_json::from_slice(bytes).map(|note| Self::Note(Box::new(note), note_type))
            }
            None => serde_json::from_slice(bytes).map(|item| Self::Item(Box::new(item))),
        }
    }
}

/// The conversation that an item is; `None` if it is none.
fn conversation(item: &Item<'_>, shape: Shape, attachment_chars: usize) -> Option<Conversation> {
    let (id, title, sections) = match shape {
        Shape::ChatGpt => (item.own_id(), &item.title, chatgpt::sections(item)),
        Shape::Claude => {
            let title = if item.name.0.is_some() { &item.name } else { &item.title };
            (item.uuid.get().or(item.own_id()), title, claude::sections(item, attachment_chars))
        }
        Shape::Listed => {
            let messages = item.messages.items();
            if !messages.is_empty() && messages.iter().all(|message| message.role().is_empty()) {
                return None;
            }
            let sections = messages.iter().filter_map(|message| message.section()).collect();
            (item.own_id().or(item.uuid.get()), &item.title, sections)
        }
        Shape::Message | Shape::Unknown => return None,
    };
    Some(Conversation {
        orig_id: id.unwrap_or_default().to_owned(),
        title: notes::title(title),
        source_type: SourceType::Chat,
        create_time: source_time(item.create_time),
        update_time: source_time(item.update_time),
        sections,
    })
}

/// An id made from what a conversation says and when, the same wherever and whenever it is imported.
fn content_id(conversation: &Conversation) -> String {
    let mut hash = Sha256::new();
    // Lengths keep "ab" + "c" apart from "a" + "bc".
    let mut add = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    add(conversation.title.as_deref().unwrap_or_default());
    for time in [&conversation.create_time, &conversation.update_time] {
        add(time.as_ref().map_or("", |time| time.raw().get()));
    }
    for section in &conversation.sections {
        add(if section.speaker == Speaker::Person { "p" } else { "a" });
        add(&section.text);
    }
    hashed_id(&hash.finalize())
}

fn hashed_id(hash: &[u8]) -> String {
    format!("sha256-{}", hex(&hash[..16]))
}

/// The id of an item that cannot be parsed, looked for among its own keys. Only what looks like an id: a
/// report must not hold what a chat says.
fn partial_id(bytes: &[u8]) -> Option<String> {
    let mut scanner = Scanner::default();
    let mut at = 0;
    loop {
        match scanner.feed(&bytes[at..]) {
            Step::Key(taken) => at += taken,
            _ => return None,
        }
        if !matches!(scanner.key(), b"id" | b"conversation_id" | b"conversationId" | b"uuid" | b"noteId") {
            continue;
        }
        let value = bytes[at..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let Some(value) = value.strip_prefix(b"\"") else { continue };
        let end = value.iter().take(LISTED_ID_BYTES + 1).position(|byte| *byte == b'"')?;
        let is_id = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
        if end > 0 && value[..end].iter().all(is_id) {
            return String::from_utf8(value[..end].to_vec()).ok();
        }
    }
}

/// The import's error for one of a reader.
pub(super) fn read_error(name: &str, error: io::Error, limit: u64) -> ImportError {
    let source_name = name.to_owned();
    match Stop::of(&error) {
        Some(Stop::Cancelled) => ImportError::Cancelled(Cancelled),
        Some(Stop::TooLarge) => ImportError::TooLarge { source_name, limit },
        None => ImportError::Read { source_name, error },
    }
}
