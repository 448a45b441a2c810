//! Reads what people download from ChatGPT and Claude, and the notes that come with it.
//!
//! [`import`] takes files and hands over one [`Conversation`] after another, holding one in memory at a time,
//! whatever the file's size. On the way of the bytes:
//!
//! 1. `detect` tells what a file is; `archive` finds the conversations in a ZIP.
//! 2. `meter` counts for progress and stops for cancelling.
//! 3. `split` cuts the stream into the items of its lists, with `window` and `scan` below it. This
//!    looks at bytes only, so what is wrong inside an item costs that item and no other.
//! 4. `reader` parses each item into the one type of `item` that fits every form (`lenient`: a field of
//!    the wrong type reads as absent), after mending it with `repair` where its strings are damaged.
//! 5. `chatgpt`, `claude`, `flat` and `notes` say what of it was shown to the person, in `text`.
//! 6. [`limits`] bounds what any of this takes; `report` and `error` say what was left out and why; no word of a chat is in either.
//!
//! # What was decided where the forms leave it open
//! - An item's id is `id`, else `conversation_id`, else `conversationId` (Claude: `uuid`). Without any it
//!   gets `sha256-…` of its content, so that two imports of one file agree.
//! - Neighbouring messages of a flat list with the same conversation id, or all without one, are one
//!   conversation. Its id is that id, else the first message's.
//! - An id longer than [`limits::ID_BYTES`] becomes `sha256-…` of itself.
//! - Two items with the same id are both handed over.
//! - An empty list is a valid export of somebody without conversations. An empty file is not an export, but
//!   among several sources it is only noted.

mod archive;
mod chatgpt;
mod claude;
mod detect;
mod error;
mod flat;
mod item;
mod lenient;
pub mod limits;
mod meter;
mod notes;
mod reader;
mod repair;
mod report;
mod scan;
mod split;
mod text;
mod window;

use std::io::{Read, Seek, SeekFrom};

use graphnode_core::conversation::{Conversation, SourceType};
use graphnode_core::watch::{Watch, checkpoint};
use zip::ZipArchive;

pub use self::error::{ACCEPTED, Found, ImportError};
pub use self::limits::Limits;
pub use self::report::{ImportReport, Repaired, SkipReason, Skipped};

use self::archive::{Archive, Entry};
use self::detect::Form;
use self::meter::Meter;
use self::reader::{Intake, Tally, read_error};

/// What a source can be read from: a file, an object in memory.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// What a source is expected to hold. The form within (ChatGPT, Claude, flat; JSON or ZIP) is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SourceRole {
    /// Conversations.
    Conversations,
    /// Markdown notes.
    Notes,
    /// Notion pages.
    Notions,
    /// The batch of an addition to a graph: `conversations` and `notes` in one object.
    Batch,
}

impl SourceRole {
    /// The role that a file of a bundle has by its name, whatever folder it lies in; anything else but the
    /// known names holds conversations.
    #[must_use]
    pub fn of_file_name(path: &str) -> Self {
        match path.rsplit('/').next().unwrap_or(path) {
            "notes.json" => Self::Notes,
            "notions.json" | "notion.json" => Self::Notions,
            "batch.json" => Self::Batch,
            _ => Self::Conversations,
        }
    }

    /// The keys of an object at the top under which the items are listed.
    fn lists(self) -> &'static [&'static str] {
        match self {
            Self::Conversations => &["conversations"],
            Self::Notes | Self::Notions => &["source_nodes"],
            Self::Batch => &["conversations", "notes"],
        }
    }

    /// What kind of note the items of a list are; `None` where they are conversations.
    fn note_type(self, list: Option<&str>) -> Option<SourceType> {
        match (self, list) {
            (Self::Notes, _) | (Self::Batch, Some("notes")) => Some(SourceType::Markdown),
            (Self::Notions, _) => Some(SourceType::Notion),
            (Self::Conversations | Self::Batch, _) => None,
        }
    }
}

/// One file to import.
pub struct Source {
    /// What messages and reports call it; a file name, say.
    pub name: String,
    /// What it is expected to hold.
    pub role: SourceRole,
    /// Its bytes, from the beginning whatever the reader's position.
    pub reader: Box<dyn ReadSeek + Send>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

/// A source whose form is known.
enum Opened {
    Empty,
    Json { reader: Box<dyn ReadSeek + Send>, size: u64 },
    Zip { archive: Box<ZipArchive<Archive>>, entries: Vec<Entry> },
}

/// Imports `sources` in their order and hands each conversation and note to `sink` as soon as it is read.
/// `watch` hears of [`Stage::Import`](graphnode_core::watch::Stage::Import) in bytes and is asked between
/// conversations and between blocks of a quarter megabyte.
///
/// # Errors
/// [`ImportError`]; what `sink` got before is then incomplete and should be dropped. Damage that leaves
/// anything to import is no error but stands in the report.
pub fn import(
    sources: Vec<Source>,
    limits: &Limits,
    watch: &dyn Watch,
    sink: &mut dyn FnMut(Conversation),
) -> Result<ImportReport, ImportError> {
    let first_name = sources.first().map_or_else(|| "the input".to_owned(), |source| source.name.clone());
    let mut opened = Vec::with_capacity(sources.len());
    for source in sources {
        checkpoint(watch)?;
        let Source { name, role, reader } = source;
        opened.push((open(&name, reader)?, name, role));
    }
    let total = opened.iter().map(|(source, ..)| source.size()).sum();
    let meter = Meter::new(watch, total, limits.total_bytes);
    let mut intake = Intake { limits, watch, sink, report: ImportReport::default() };
    if opened.iter().all(|(source, ..)| matches!(source, Opened::Empty)) {
        return Err(ImportError::Empty { source_name: first_name });
    }
    for (source, name, role) in opened {
        let mut tally = Tally::default();
        let before = meter.read();
        match source {
            Opened::Empty => {
                intake.report.empty_sources.push(name);
                continue;
            }
            Opened::Json { reader, .. } => intake.read(&name, role, meter.over(reader), &mut tally)?,
            Opened::Zip { mut archive, entries } => {
                for entry in &entries {
                    let file = archive
                        .by_index(entry.index)
                        .map_err(|error| archive::archive_error(&name, error))?;
                    intake.read(&format!("{name}/{}", entry.name), role, meter.over(file), &mut tally)?;
                }
            }
        }
        tally.verdict(&name)?;
        intake.report.sources.push(tally.report(name, meter.read() - before));
    }
    intake.report.bytes = meter.read();
    meter.finish();
    Ok(intake.report)
}

fn open(name: &str, mut reader: Box<dyn ReadSeek + Send>) -> Result<Opened, ImportError> {
    let mut head = Vec::with_capacity(detect::SNIFFED);
    let sniffed = (|| {
        let size = reader.seek(SeekFrom::End(0))?;
        reader.rewind()?;
        reader.by_ref().take(detect::SNIFFED as u64).read_to_end(&mut head)?;
        reader.rewind()?;
        Ok(size)
    })();
    let size = sniffed.map_err(|error| read_error(name, error, 0))?;
    match detect::detect(&head) {
        Form::Json => Ok(Opened::Json { reader, size }),
        Form::Zip => {
            let (archive, entries) = archive::open(name, reader)?;
            Ok(Opened::Zip { archive: Box::new(archive), entries })
        }
        Form::Empty => Ok(Opened::Empty),
        Form::Other(found) => Err(ImportError::NotAnExport { source_name: name.to_owned(), found }),
    }
}

impl Opened {
    /// Bytes to read, unpacked.
    fn size(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Json { size, .. } => *size,
            // An archive may claim anything; the sum must not overflow.
            Self::Zip { entries, .. } => {
                entries.iter().fold(0, |sum: u64, entry| sum.saturating_add(entry.size))
            }
        }
    }
}
