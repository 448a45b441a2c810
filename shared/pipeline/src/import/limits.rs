//! Every limit of the import, in one place. `docs/LIMITS.md` lists them with what a person is told; a test holds the two
//! together.

/// How much an import takes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest item, in bytes of JSON; a longer one is skipped without being stored. Memory follows the
    /// longest item that occurs, not the file: about four times as much while it is parsed.
    pub item_bytes: usize,
    /// Most values of an item: brackets and commas outside its strings. What a value takes in memory has little to do
    /// with its length (`{}` becomes a message), so that bytes alone bound nothing.
    pub item_values: u64,
    /// All sources together, in bytes unpacked: what stops an archive that unpacks without end.
    pub total_bytes: u64,
    /// Text taken from the attachments of one message, in characters.
    pub attachment_chars: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            item_bytes: 256 << 20,
            // The longest conversations have some thousand messages of some fifty values each.
            item_values: 2_000_000,
            total_bytes: 64 << 30,
            attachment_chars: 20_000,
        }
    }
}

/// Most levels of brackets of an item: as many as the JSON parser follows. No export nests a tenth of it.
pub const DEPTH: u32 = 127;

/// Longest id of a conversation that is kept, in bytes; a longer one is replaced by its hash. It travels to every file,
/// log and index, and those take no more than a few thousand.
pub const ID_BYTES: usize = 1_024;

/// Longest title that is kept, in characters; of a longer one its beginning.
pub const TITLE_CHARS: usize = 1_000;

/// How much of the list of its files an archive may make us read, in bytes: a file takes about a hundred, and some three
/// hundred in memory.
pub const ARCHIVE_LIST_BYTES: u64 = 32 << 20;

/// Longest path within an archive that is shown, in characters.
pub const SHOWN_PATH_CHARS: usize = 200;

/// How many skipped items a report lists; all are counted.
pub const LISTED_SKIPS: usize = 1_000;

/// Longest id a skipped item is listed with, in bytes.
pub const LISTED_ID_BYTES: usize = 128;
