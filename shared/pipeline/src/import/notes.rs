//! Notes and pages: items with a title and sections, or with one text.

use graphnode_core::conversation::{Conversation, Section, SourceType, Speaker};

use super::item::{RawTime, source_time};
use super::lenient::{Id, List, Text, lenient_object};
use super::text;

lenient_object! {
    /// A note or page.
    Note {
        id: Id<'a> = "id",
        note_id: Id<'a> = "noteId" | "note_id",
        title: Text<'a> = "title",
        content: Text<'a> = "content",
        sections: List<NoteSection<'a>> = "sections",
        source_type: Text<'a> = "source_type",
        create_time: RawTime<'a> = "create_time" | "created_at" | "createdAt",
        update_time: RawTime<'a> = "update_time" | "updated_at" | "updatedAt",
    }
}

lenient_object! {
    /// A section of a note.
    NoteSection {
        content: Text<'a> = "content" | "text",
    }
}

/// The note as a conversation with oneself, its id empty if it has none; `None` if the item is no note. The
/// item may name its own kind; otherwise it is `source_type`.
pub(super) fn conversation(note: &Note<'_>, source_type: SourceType) -> Option<Conversation> {
    if note.sections.0.is_none() && note.content.0.is_none() {
        return None;
    }
    let source_type = match note.source_type.get() {
        Some("markdown") => SourceType::Markdown,
        Some("notion") => SourceType::Notion,
        Some("file") => SourceType::File,
        _ => source_type,
    };
    let texts = note.sections.items().iter().map(|section| &section.content);
    let sections = std::iter::once(&note.content)
        .chain(texts)
        .filter_map(|content| Some(Section { speaker: Speaker::Person, text: text::shown(content.get()?)? }));
    Some(Conversation {
        orig_id: note.id.get().or(note.note_id.get()).unwrap_or_default().to_owned(),
        title: title(&note.title),
        source_type,
        create_time: source_time(note.create_time),
        update_time: source_time(note.update_time),
        sections: sections.collect(),
    })
}

/// The title byte for byte, unless it is blank.
pub(super) fn title(title: &Text<'_>) -> Option<String> {
    title.get().filter(|title| !title.trim().is_empty()).map(str::to_owned)
}
