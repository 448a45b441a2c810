//! Any bytes as a file of an export. The first byte chooses the role, how the file is read and how small the limits are.
#![no_main]

use std::fmt::Debug;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use graphnode_core::conversation::Conversation;
use graphnode_core::watch::Unwatched;
use graphnode_pipeline::import::{ImportError, ImportReport, Limits, Source, SourceRole, import};
use libfuzzer_sys::fuzz_target;

/// A reader that yields a few bytes at a time, as a network does.
struct Trickle {
    bytes: Cursor<Vec<u8>>,
    at_once: usize,
}

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = buffer.len().min(self.at_once);
        self.bytes.read(&mut buffer[..end])
    }
}

impl Seek for Trickle {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

type Outcome = Result<(Vec<Conversation>, ImportReport), ImportError>;

fn imported(role: SourceRole, bytes: &[u8], at_once: usize, limits: &Limits) -> Outcome {
    let reader = Box::new(Trickle { bytes: Cursor::new(bytes.to_vec()), at_once });
    let mut conversations = Vec::new();
    let source = Source { name: "export".to_owned(), role, reader };
    let report =
        import(vec![source], limits, &Unwatched, &mut |conversation| conversations.push(conversation))?;
    Ok((conversations, report))
}

/// How much behind the end of what counts was still read is chance.
fn without_bytes((conversations, mut report): (Vec<Conversation>, ImportReport)) -> impl PartialEq + Debug {
    report.bytes = 0;
    report.sources.iter_mut().for_each(|source| source.bytes = 0);
    (conversations, report)
}

/// What holds of every import, whatever was in the file.
fn check(conversations: &[Conversation], report: &ImportReport, limits: &Limits) {
    assert_eq!(report.conversations + report.notes, conversations.len() as u64);
    assert!(report.empty <= conversations.len() as u64);
    assert!(report.skipped.len() as u64 <= report.skipped_total);
    assert!(report.bytes <= limits.total_bytes);
    for conversation in conversations {
        assert!(!conversation.orig_id.is_empty());
        assert!(conversation.title.as_ref().is_none_or(|title| !title.trim().is_empty()));
        assert!(conversation.sections.iter().all(|section| !section.text.trim().is_empty()));
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&choice, bytes)) = input.split_first() else { return };
    let role = match choice & 3 {
        0 => SourceRole::Conversations,
        1 => SourceRole::Notes,
        2 => SourceRole::Notions,
        _ => SourceRole::Batch,
    };
    let wide =
        Limits { item_bytes: 1 << 20, item_values: 1 << 10, total_bytes: 1 << 20, attachment_chars: 50 };
    let narrow = Limits { item_bytes: 64, item_values: 16, total_bytes: 1 << 12, attachment_chars: 5 };
    let limits = if choice & 4 == 0 { wide } else { narrow };
    let whole = imported(role, bytes, usize::MAX, &limits);
    if let Ok((conversations, report)) = &whole {
        check(conversations, report, &limits);
    }
    // Where no item is given up for its length, what comes of a file is the same in whatever pieces it is read. Not so of
    // an archive: whether its checksum is met depends on how much behind the end of what counts is still read.
    if choice & 12 == 8 && !bytes.starts_with(b"PK") {
        let pieces = imported(role, bytes, 1 + usize::from(choice >> 4), &limits);
        match (whole, pieces) {
            (Ok(whole), Ok(pieces)) => assert_eq!(without_bytes(whole), without_bytes(pieces)),
            (Err(whole), Err(pieces)) => assert_eq!(whole.to_string(), pieces.to_string()),
            (whole, pieces) => panic!("{whole:?} in one piece, {pieces:?} in several"),
        }
    }
});
