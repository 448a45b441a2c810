//! Finds the conversations in the ZIP archive of an export.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use zip::ZipArchive;
use zip::result::ZipError;

use super::ReadSeek;
use super::error::{Found, ImportError};
use super::limits::{ARCHIVE_LIST_BYTES, SHOWN_PATH_CHARS};
use super::meter::Stop;

/// A file of an archive that holds conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) index: usize,
    /// Path within the archive, fit to be shown: shortened and without control characters.
    pub(super) name: String,
    /// Bytes unpacked, as the archive says.
    pub(super) size: u64,
}

/// Opens an archive and lists its `conversations.json` and `conversations-NNN.json`, in whatever folder, the
/// shards of a folder by number. All other files of an export (users, projects, pictures) are passed over.
///
/// # Errors
/// [`ImportError::NotAnExport`] for an archive without any, a damaged or a locked one; [`ImportError::Read`].
pub(super) fn open(
    name: &str,
    reader: Box<dyn ReadSeek + Send>,
) -> Result<(ZipArchive<Archive>, Vec<Entry>), ImportError> {
    let left = Arc::new(AtomicU64::new(ARCHIVE_LIST_BYTES));
    let archive = Archive { reader, left: Arc::clone(&left) };
    let archive = ZipArchive::new(archive).map_err(|error| archive_error(name, error))?;
    left.store(u64::MAX, Ordering::Relaxed);
    let mut found = Vec::new();
    for index in 0..archive.len() {
        // A name that cannot be decoded is none of those looked for.
        let Some(Ok(path)) = archive.name_for_index(index) else { continue };
        if let Some(order) = shard_order(&path) {
            found.push((order, index, path.into_owned()));
        }
    }
    found.sort();
    if found.is_empty() {
        let files = archive.len();
        return Err(ImportError::NotAnExport { source_name: name.to_owned(), found: Found::OtherZip(files) });
    }
    let mut entries = Vec::with_capacity(found.len());
    for (_, index, path) in found {
        let data = archive.by_index_data(index).map_err(|error| archive_error(name, error))?;
        entries.push(Entry { index, name: shown(&path), size: data.size() });
    }
    Ok((archive, entries))
}

/// The file of an archive, of which only so many bytes are read before its files are known: the list of files is kept in
/// memory whole, and is as long as whoever wrote it likes.
pub(super) struct Archive {
    reader: Box<dyn ReadSeek + Send>,
    left: Arc<AtomicU64>,
}

impl Read for Archive {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        let left = self.left.load(Ordering::Relaxed);
        if left != u64::MAX {
            let left = left.checked_sub(read as u64).ok_or_else(|| io::Error::other(Stop::TooLarge))?;
            self.left.store(left, Ordering::Relaxed);
        }
        Ok(read)
    }
}

impl Seek for Archive {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}

/// A path of an archive as messages and reports have it: it comes from outside, and a terminal obeys control characters.
fn shown(path: &str) -> String {
    path.chars()
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .take(SHOWN_PATH_CHARS)
        .collect()
}

/// The import's error for one of the archive.
pub(super) fn archive_error(name: &str, error: ZipError) -> ImportError {
    let source_name = name.to_owned();
    match error {
        ZipError::Io(error) if Stop::of(&error).is_some() => {
            ImportError::NotAnExport { source_name, found: Found::EndlessZip }
        }
        ZipError::Io(error) if !is_damage(&error) => ImportError::Read { source_name, error },
        ZipError::UnsupportedArchive(_)
        | ZipError::InvalidPassword
        | ZipError::CompressionMethodNotSupported(_) => {
            ImportError::NotAnExport { source_name, found: Found::UnreadableZip }
        }
        _ => ImportError::NotAnExport { source_name, found: Found::DamagedZip },
    }
}

/// True for errors that mean wrong bytes rather than a reader that fails.
pub(super) fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof
    )
}

/// Where a file comes in the order of reading: folder, then number; `None` for files without conversations.
fn shard_order(path: &str) -> Option<(String, Option<u64>)> {
    let (folder, file) = path.rsplit_once(['/', '\\']).unwrap_or(("", path));
    // macOS keeps a second, binary file for each in a folder of its own.
    if folder.split(['/', '\\']).any(|part| part == "__MACOSX") {
        return None;
    }
    let file = file.to_ascii_lowercase();
    let shard = file.strip_prefix("conversations")?.strip_suffix(".json")?;
    if shard.is_empty() {
        return Some((folder.to_owned(), None));
    }
    let number = shard.strip_prefix(['-', '_'])?;
    number
        .bytes()
        .all(|digit| digit.is_ascii_digit())
        .then(|| number.parse().ok())?
        .map(|number| (folder.to_owned(), Some(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_conversations_count_and_shards_come_by_number() {
        let order = |path: &str| shard_order(path).map(|(folder, number)| format!("{folder}:{number:?}"));
        assert_eq!(order("conversations.json").as_deref(), Some(":None"));
        assert_eq!(order("a/b/Conversations.JSON").as_deref(), Some("a/b:None"));
        assert_eq!(order("a\\conversations-010.json").as_deref(), Some("a:Some(10)"));
        for other in [
            "users.json",
            "shared_conversations.json",
            "conversations-a.json",
            "conversations-.json",
            "conversations.json.bak",
            "__MACOSX/conversations.json",
            "__MACOSX/._conversations.json",
            "conversations/",
        ] {
            assert_eq!(order(other), None, "{other}");
        }
        assert!(shard_order("conversations-9.json") < shard_order("conversations-10.json"));
    }
}
