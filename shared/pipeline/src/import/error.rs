//! Why nothing could be imported. No message holds a word of what a chat says.

use std::fmt;
use std::io;

use graphnode_core::watch::Cancelled;

use super::report::SkipReason;

/// What a file turned out to be, where it is no export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found {
    /// A web page, such as the `chat.html` of an export.
    Html,
    /// A PDF document.
    Pdf,
    /// A gzip file.
    Gzip,
    /// A RAR or 7z archive.
    OtherArchive,
    /// A ZIP archive without conversations; the number of its files.
    OtherZip(usize),
    /// A ZIP archive whose conversations need a password or an unusual way of unpacking.
    UnreadableZip,
    /// A ZIP archive that is damaged or was not downloaded to its end.
    DamagedZip,
    /// A ZIP archive whose list of files goes on for longer than any export's.
    EndlessZip,
    /// Text in UTF-16.
    Utf16,
    /// JSON of another kind.
    OtherJson,
    /// Some other text.
    Text,
    /// Some other bytes.
    Binary,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Html => {
                f.write_str("a web page (if it is an export's chat.html: conversations.json lies beside it)")
            }
            Self::Pdf => f.write_str("a PDF document"),
            Self::Gzip => f.write_str("a gzip file: unpack it first"),
            Self::OtherArchive => f.write_str("a RAR or 7z archive: unpack it first"),
            Self::OtherZip(files) => write!(f, "a ZIP archive of {files} files without conversations.json"),
            Self::UnreadableZip => f.write_str(
                "a ZIP archive that needs a password or an unusual way of unpacking: unpack it first",
            ),
            Self::DamagedZip => f.write_str("a ZIP archive that is damaged or was not downloaded to its end"),
            Self::EndlessZip => f.write_str(
                "a ZIP archive that was not downloaded to its end, or one of far more files than an export has",
            ),
            Self::Utf16 => f.write_str("text in UTF-16: save it as UTF-8"),
            Self::OtherJson => f.write_str("JSON without conversations"),
            Self::Text => f.write_str("plain text"),
            Self::Binary => f.write_str("a binary file of another kind"),
        }
    }
}

/// What can be imported, in a sentence for a person.
pub const ACCEPTED: &str = "accepted are a ChatGPT or Claude export (the ZIP as downloaded, or its \
    conversations.json) and JSON lists of messages with id, role and content";

/// Why an import failed as a whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// No source holds a byte.
    #[error("{source_name} is empty (0 bytes); {ACCEPTED}")]
    Empty {
        /// Name of the (first) source.
        source_name: String,
    },
    /// A source is something else.
    #[error("{source_name} is {found}; {ACCEPTED}")]
    NotAnExport {
        /// Name of the source.
        source_name: String,
        /// What it is.
        found: Found,
    },
    /// A source ends before its first conversation does.
    #[error("{source_name} ends early, before its first conversation is complete: download or copy it again")]
    EndsEarly {
        /// Name of the source.
        source_name: String,
    },
    /// A source has items, but not one that can be read.
    #[error("{source_name}: none of {skipped} items can be read; item {index}: {}", reason.describe())]
    NothingReadable {
        /// Name of the source.
        source_name: String,
        /// Number of items.
        skipped: u64,
        /// 0-based position of the first.
        index: u64,
        /// What is wrong with the first.
        reason: SkipReason,
    },
    /// The sources hold more bytes than [`Limits::total_bytes`](super::Limits::total_bytes).
    #[error("{source_name}: more than {limit} bytes to read in all")]
    TooLarge {
        /// Name of the source at which the limit was passed.
        source_name: String,
        /// The limit.
        limit: u64,
    },
    /// A source could not be read.
    #[error("{source_name} cannot be read")]
    Read {
        /// Name of the source.
        source_name: String,
        /// The reader's error.
        #[source]
        error: io::Error,
    },
    /// The caller withdrew the work.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl ImportError {
    /// Stable kebab-case code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "empty",
            Self::NotAnExport { .. } => "not-an-export",
            Self::EndsEarly { .. } => "ends-early",
            Self::NothingReadable { .. } => "nothing-readable",
            Self::TooLarge { .. } => "too-large",
            Self::Read { .. } => "read",
            Self::Cancelled(_) => "cancelled",
        }
    }
}
