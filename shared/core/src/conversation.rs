//! What an import yields: one conversation or note at a time, in the person's own words.

use serde::{Deserialize, Serialize};

use crate::time::SourceTime;

/// Where a node of the graph comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceType {
    /// A conversation with an assistant.
    Chat,
    /// A Markdown note.
    Markdown,
    /// A Notion page.
    Notion,
    /// An uploaded file.
    File,
}

impl SourceType {
    /// The name in files and indexes, as serialised.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Markdown => "markdown",
            Self::Notion => "notion",
            Self::File => "file",
        }
    }
}

/// Whose words a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Speaker {
    /// The person whose history it is; also the author of a note.
    Person,
    /// The assistant.
    Assistant,
}

/// One message as it was shown, or one section of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Whose words.
    pub speaker: Speaker,
    /// The words, Markdown and all; never empty.
    pub text: String,
}

/// One conversation or note, holding only what the person was shown, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// The id of the source, byte for byte; never empty.
    pub orig_id: String,
    /// The title, where the source has one that is not blank.
    pub title: Option<String>,
    /// Kind of source.
    pub source_type: SourceType,
    /// When it began.
    pub create_time: Option<SourceTime>,
    /// When it was last added to.
    pub update_time: Option<SourceTime>,
    /// The shown messages or sections; empty when nothing was ever said.
    pub sections: Vec<Section>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sources_are_the_serialised_ones() {
        for source_type in [SourceType::Chat, SourceType::Markdown, SourceType::Notion, SourceType::File] {
            assert_eq!(serde_json::to_value(source_type).unwrap(), source_type.name());
        }
    }
}
