//! The shapes an item of an export can have, read in one go: whichever it is, one parse tells.

use std::fmt;

use graphnode_core::conversation::{Section, Speaker};
use graphnode_core::time::SourceTime;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::lenient::{Entries, Flag, Id, IsZero, Key, List, Text, lenient_object, otherwise_absent};
use super::text::{self, Piece};

/// A time as written; understood only where it is needed.
pub(super) type RawTime<'a> = Option<&'a RawValue>;

/// The time meant, if it is one.
pub(super) fn source_time(raw: RawTime<'_>) -> Option<SourceTime> {
    SourceTime::parse(raw?)
}

lenient_object! {
    /// An item of any list of an export: a ChatGPT or Claude conversation or a message of a flat list.
    Item {
        id: Id<'a> = "id",
        conversation_id: Id<'a> = "conversation_id",
        conversation_id_camel: Id<'a> = "conversationId",
        uuid: Id<'a> = "uuid",
        title: Text<'a> = "title",
        name: Text<'a> = "name",
        create_time: RawTime<'a> = "create_time" | "created_at" | "createdAt" | "timestamp",
        update_time: RawTime<'a> = "update_time" | "updated_at" | "updatedAt",
        mapping: Entries<'a, Node<'a>> = "mapping",
        current_node: Text<'a> = "current_node",
        chat_messages: List<ClaudeMessage<'a>> = "chat_messages",
        current_leaf: Id<'a> = "current_leaf_message_uuid",
        messages: List<Message<'a>> = "messages",
        author: Author<'a> = "author",
        role: Text<'a> = "role",
        content: Content<'a> = "content",
        recipient: Text<'a> = "recipient",
        status: Text<'a> = "status",
        weight: IsZero = "weight",
        metadata: Metadata = "metadata",
    }
}

lenient_object! {
    /// A node of a ChatGPT conversation's tree.
    Node {
        parent: Text<'a> = "parent",
        message: Message<'a> = "message",
    }
}

lenient_object! {
    /// A message of a ChatGPT tree or of a flat list.
    Message {
        id: Id<'a> = "id",
        author: Author<'a> = "author",
        role: Text<'a> = "role",
        create_time: RawTime<'a> = "create_time" | "created_at" | "createdAt" | "timestamp",
        content: Content<'a> = "content",
        recipient: Text<'a> = "recipient",
        status: Text<'a> = "status",
        weight: IsZero = "weight",
        metadata: Metadata = "metadata",
    }
}

lenient_object! {
    /// Who wrote a message.
    Author {
        role: Text<'a> = "role",
    }
}

/// What of a message's metadata matters.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    pub(super) hidden: bool,
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MetadataVisitor;
        impl<'de> Visitor<'de> for MetadataVisitor {
            type Value = Metadata;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut metadata = Metadata::default();
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    if key.0 == "is_visually_hidden_from_conversation" {
                        metadata.hidden = map.next_value::<Flag>()?.0;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(metadata)
            }

            otherwise_absent!(scalars, numbers, text, list);
        }
        deserializer.deserialize_any(MetadataVisitor)
    }
}

lenient_object! {
    /// A message of a Claude conversation.
    ClaudeMessage {
        uuid: Id<'a> = "uuid" | "id",
        sender: Text<'a> = "sender" | "role",
        text: Text<'a> = "text",
        content: Content<'a> = "content",
        created_at: RawTime<'a> = "created_at",
        attachments: List<Attachment<'a>> = "attachments",
        parent: Id<'a> = "parent_message_uuid",
    }
}

lenient_object! {
    /// A file that was attached to a Claude message as text.
    Attachment {
        extracted_content: Text<'a> = "extracted_content",
    }
}

lenient_object! {
    /// The content of a message where it is an object, and likewise each block of it.
    Block {
        kind: Text<'a> = "content_type" | "type",
        parts: Content<'a> = "parts",
        text: Text<'a> = "text",
        audio_transcription: Content<'a> = "audio_transcription",
    }
}

/// What a message says: a string, a list of strings and blocks, or one block.
#[derive(Debug, Default)]
pub(super) enum Content<'a> {
    #[default]
    Absent,
    Text(Text<'a>),
    Parts(Vec<Content<'a>>),
    Block(Box<Block<'a>>),
}

impl<'de> Deserialize<'de> for Content<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ContentVisitor;
        impl<'de> Visitor<'de> for ContentVisitor {
            type Value = Content<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Content::Text(Text(Some(text.into()))))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Content::Text(Text(Some(text.to_owned().into()))))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut parts = Vec::new();
                while let Some(part) = seq.next_element()? {
                    parts.push(part);
                }
                Ok(Content::Parts(parts))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Block::deserialize(MapAccessDeserializer::new(map))
                    .map(|block| Content::Block(Box::new(block)))
            }

            otherwise_absent!(scalars, numbers);
        }
        deserializer.deserialize_any(ContentVisitor)
    }
}

/// Content types that the person was not shown as words, whatever fields they have.
const UNSHOWN: [&str; 16] = [
    "user_editable_context",
    "model_editable_context",
    "thoughts",
    "reasoning_recap",
    "code",
    "execution_output",
    "tether_browsing_display",
    "tether_browsing_code",
    "tether_quote",
    "system_error",
    "computer_output",
    "citable_code_output",
    "super_widget",
    "app_pairing_content",
    "system_message",
    "tool_response",
];

/// Kinds of block whose `text` is what was said.
const SPOKEN: [&str; 6] =
    ["text", "audio_transcription", "input_text", "output_text", "multimodal_text", "voice_note"];

impl<'a> Content<'a> {
    /// The words, as they are shown; `None` if there are none.
    pub(super) fn words(&self) -> Option<String> {
        match self {
            Self::Absent => None,
            Self::Text(text) => text::shown(text.get()?),
            Self::Parts(parts) => {
                let mut pieces = parts.iter().filter_map(Content::piece);
                match (pieces.next()?, pieces.next()) {
                    // By far the most frequent case, and a text may be long: it is copied once.
                    (Piece::Running(only) | Piece::Whole(only), None) => text::shown(only),
                    (first, second) => {
                        text::shown(&text::join([first].into_iter().chain(second).chain(pieces)))
                    }
                }
            }
            Self::Block(block) => {
                let kind = block.kind.get().unwrap_or("text");
                if UNSHOWN.contains(&kind) {
                    return None;
                }
                match &block.parts {
                    Self::Absent if SPOKEN.contains(&kind) => text::shown(block.text.get()?),
                    Self::Block(_) => None,
                    parts => parts.words(),
                }
            }
        }
    }

    /// What a part contributes: strings, and the text of a transcript; not pointers to images and sounds.
    fn piece(&self) -> Option<Piece<'_>> {
        match self {
            Self::Text(text) => text.get().map(Piece::Running),
            Self::Block(block) => match &block.audio_transcription {
                Self::Text(text) => text.get().map(Piece::Whole),
                Self::Block(transcript) => transcript.text.get().map(Piece::Whole),
                _ if block.kind.get().is_some_and(|kind| SPOKEN.contains(&kind)) => {
                    block.text.get().map(Piece::Whole)
                }
                _ => None,
            },
            Self::Absent | Self::Parts(_) => None,
        }
    }
}

impl<'a> Message<'a> {
    /// The message as a section, if it was shown: said by the person or to them (not to a tool), not hidden,
    /// and with words in it. Weight 0 hides a message from the model and from the page, except an answer that
    /// was broken off: its words stayed on the screen.
    pub(super) fn section(&self) -> Option<Section> {
        let speaker = speaker(self.role())?;
        let to_person = self.recipient.get().is_none_or(|recipient| recipient == "all");
        let taken_back = self.weight.0 && self.status.get() != Some("in_progress");
        if taken_back || self.metadata.hidden || !to_person {
            return None;
        }
        Some(Section { speaker, text: self.content.words()? })
    }

    /// The role, wherever it stands.
    pub(super) fn role(&self) -> &str {
        self.author.role.get().or(self.role.get()).unwrap_or_default()
    }
}

/// Whose words a role's are; `None` for tools, the system and whatever else is not a side of the talk.
pub(super) fn speaker(role: &str) -> Option<Speaker> {
    match role {
        "user" | "human" => Some(Speaker::Person),
        "assistant" | "ai" | "model" => Some(Speaker::Assistant),
        _ => None,
    }
}

/// What kind of item this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    ChatGpt,
    Claude,
    /// A conversation with a plain list of messages.
    Listed,
    /// One message of a flat list.
    Message,
    Unknown,
}

impl Shape {
    /// What a report calls it.
    pub(super) fn format(self) -> &'static str {
        match self {
            Self::ChatGpt => "chatgpt",
            Self::Claude => "claude",
            Self::Listed | Self::Message => "messages",
            Self::Unknown => "nothing",
        }
    }
}

impl<'a> Item<'a> {
    /// Tells the kind by the fields that only it has.
    pub(super) fn shape(&self) -> Shape {
        if self.mapping.0.is_some() || self.current_node.0.is_some() {
            Shape::ChatGpt
        } else if self.chat_messages.0.is_some() {
            Shape::Claude
        } else if self.messages.0.is_some() {
            Shape::Listed
        } else if self.role.get().or(self.author.role.get()).is_some() {
            Shape::Message
        } else if self.own_id().is_some() && self.create_time.is_some() && self.title.0.is_some() {
            // A conversation in which nothing was said may lack all else.
            Shape::ChatGpt
        } else {
            Shape::Unknown
        }
    }

    /// The id of a conversation.
    pub(super) fn own_id(&self) -> Option<&str> {
        self.id.get().or(self.thread_id())
    }

    /// The id of the conversation that a message says it belongs to.
    pub(super) fn thread_id(&self) -> Option<&str> {
        self.conversation_id.get().or(self.conversation_id_camel.get())
    }

    /// The item as a message of a flat list.
    pub(super) fn into_message(self) -> Message<'a> {
        let Self { id, author, role, create_time, content, recipient, status, weight, metadata, .. } = self;
        Message { id, author, role, create_time, content, recipient, status, weight, metadata }
    }
}
