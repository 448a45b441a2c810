//! The flat form: a list of messages, each saying at most which conversation it belongs to.

use graphnode_core::conversation::{Conversation, Section, SourceType};
use graphnode_core::time::SourceTime;

use super::item::{Item, Message, source_time};

/// What a section takes in memory beside its text, so that a million messages of one letter are not cheap.
const SECTION_BYTES: usize = 2 * size_of::<Section>();

/// A conversation being put together from neighbouring messages.
#[derive(Debug)]
pub(super) struct Thread {
    id: Option<String>,
    first_message_id: Option<String>,
    create_time: Option<SourceTime>,
    update_time: Option<SourceTime>,
    sections: Vec<Section>,
    /// What it takes in memory so far.
    bytes: usize,
}

impl Thread {
    /// Begins with the conversation that `message` belongs to.
    pub(super) fn of(message: &Item<'_>) -> Self {
        Self {
            id: message.thread_id().map(str::to_owned),
            first_message_id: message.id.get().map(str::to_owned),
            create_time: None,
            update_time: None,
            sections: Vec::new(),
            bytes: 0,
        }
    }

    /// True if `message` names the same conversation, or neither names one.
    pub(super) fn continues_with(&self, message: &Item<'_>) -> bool {
        self.id.as_deref() == message.thread_id()
    }

    /// Adds a message if it is shown; false if it would make the conversation longer than `limit` bytes.
    pub(super) fn add(&mut self, message: &Message<'_>, limit: usize) -> bool {
        let time = source_time(message.create_time);
        if self.create_time.is_none() {
            self.create_time.clone_from(&time);
        }
        if time.is_some() {
            self.update_time = time;
        }
        let Some(section) = message.section() else { return true };
        let bytes = section.text.len() + SECTION_BYTES;
        if self.bytes + bytes > limit {
            return false;
        }
        self.bytes += bytes;
        self.sections.push(section);
        true
    }

    /// The conversation, its id empty if neither it nor its first message has one.
    pub(super) fn into_conversation(self) -> Conversation {
        Conversation {
            orig_id: self.id.or(self.first_message_id).unwrap_or_default(),
            title: None,
            source_type: SourceType::Chat,
            create_time: self.create_time,
            update_time: self.update_time,
            sections: self.sections,
        }
    }
}
