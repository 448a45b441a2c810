//! What became of everything an import met.

use graphnode_core::contract::SourceReport;
use serde::Serialize;

use super::limits::LISTED_SKIPS;

/// Why an item is not part of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// `null`, a string, a number or a list where an object belongs.
    NotAnObject,
    /// An object that is no conversation, message or note.
    NotAConversation,
    /// Broken JSON.
    Syntax,
    /// The file ends inside it.
    CutOff,
    /// Longer than [`Limits::item_bytes`](super::Limits::item_bytes).
    TooLarge,
    /// Brackets nested deeper than [`DEPTH`](super::limits::DEPTH).
    TooDeep,
    /// More values than [`Limits::item_values`](super::Limits::item_values).
    TooManyValues,
}

impl SkipReason {
    /// Stable kebab-case code, as serialised.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAnObject => "not-an-object",
            Self::NotAConversation => "not-a-conversation",
            Self::Syntax => "syntax",
            Self::CutOff => "cut-off",
            Self::TooLarge => "too-large",
            Self::TooDeep => "too-deep",
            Self::TooManyValues => "too-many-values",
        }
    }

    /// For a person to read.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::NotAnObject => "it is not an object but a bare value such as null, a number or a string",
            Self::NotAConversation => "it is an object, but not a conversation, message or note",
            Self::Syntax => "its JSON is broken",
            Self::CutOff => "the file ends in the middle of it",
            Self::TooLarge => "it is larger than one item may be",
            Self::TooDeep => "its brackets are nested deeper than any export's",
            Self::TooManyValues => "it holds more values than one item may",
        }
    }
}

/// An item that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Name of the source; for an archive `archive/entry`.
    pub source: String,
    /// 0-based position in its list. Where broken brackets swallowed items whole, later ones count as if
    /// those had not been there.
    pub index: u64,
    /// The item's id, where it could be made out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Why.
    pub reason: SkipReason,
}

/// Items that were kept after something in them was put right, by what it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Repaired {
    /// Half a surrogate pair became U+FFFD.
    pub surrogates: u64,
    /// Bytes that are no UTF-8 became U+FFFD.
    pub utf8: u64,
    /// Bare control characters became spaces.
    pub controls: u64,
    /// The source has no id, or one too long; it got one made from its content or its id, the same in every import.
    pub ids: u64,
    /// Of a title too long the beginning was kept.
    pub titles: u64,
}

impl Repaired {
    /// All of them; an item with two kinds of damage counts twice.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.surrogates + self.utf8 + self.controls + self.ids + self.titles
    }
}

/// What an import came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Each source that held anything, and what it turned out to be.
    pub sources: Vec<SourceReport>,
    /// Conversations handed over, the empty ones included.
    pub conversations: u64,
    /// Notes and pages handed over, the empty ones included.
    pub notes: u64,
    /// Of both, those in which nothing is shown.
    pub empty: u64,
    /// What was put right.
    pub repaired: Repaired,
    /// Number of items left out.
    pub skipped_total: u64,
    /// The first thousand of them, in order.
    pub skipped: Vec<Skipped>,
    /// A source ended early; what came before is in.
    pub truncated: bool,
    /// Names of the sources that held no byte.
    pub empty_sources: Vec<String>,
    /// Bytes read, unpacked.
    pub bytes: u64,
}

impl ImportReport {
    pub(super) fn skip(&mut self, source: &str, index: u64, id: Option<String>, reason: SkipReason) {
        self.skipped_total += 1;
        if self.skipped.len() < LISTED_SKIPS {
            self.skipped.push(Skipped { source: source.to_owned(), index, id, reason });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_serialised_names() {
        use SkipReason::*;
        for reason in [NotAnObject, NotAConversation, Syntax, CutOff, TooLarge, TooDeep, TooManyValues] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
        }
    }

    #[test]
    fn the_list_of_skipped_items_is_bounded_and_the_count_is_not() {
        let mut report = ImportReport::default();
        for index in 0..2_500 {
            report.skip("a.json", index, None, SkipReason::Syntax);
        }
        assert_eq!((report.skipped.len(), report.skipped_total), (LISTED_SKIPS, 2_500));
    }
}
