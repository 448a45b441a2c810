//! Progress, cancelling, and what an import must not keep in memory.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use graphnode_core::watch::Unwatched;
use graphnode_pipeline::import::{ImportError, Limits, Source, SourceRole, import};
use serde_json::json;

use crate::fixtures::{Progress, import_all, talk, zipped};
use crate::generated::Generated;

fn many() -> String {
    json!((0..3_000).map(|at| talk(&format!("c{at}"))).collect::<Vec<_>>()).to_string()
}

#[test]
fn progress_counts_bytes_from_nothing_to_all() {
    let json = many();
    for bytes in [json.clone().into_bytes(), zipped(&[("conversations.json", &json)])] {
        let progress = Progress::default();
        let notes = ("notes.json", SourceRole::Notes, br#"{"source_nodes":[]}"#.to_vec());
        let sources = vec![("a", SourceRole::Conversations, bytes), notes];
        import_all(sources, &Limits::default(), &progress).unwrap();
        let calls = progress.calls.into_inner().unwrap();
        let total = json.len() as u64 + 19;
        assert_eq!((calls.first(), calls.last()), (Some(&(0, total)), Some(&(total, total))));
        assert!(calls.is_sorted() && calls.len() > 4);
    }
}

#[test]
fn cancelling_stops_between_conversations() {
    let progress = Progress::with_patience(100);
    let source = Source {
        name: "a.json".to_owned(),
        role: SourceRole::Conversations,
        reader: Box::new(Cursor::new(many().into_bytes())),
    };
    let mut handed_over = 0;
    let error = import(vec![source], &Limits::default(), &progress, &mut |_| handed_over += 1).unwrap_err();
    assert!(matches!(error, ImportError::Cancelled(_)));
    assert!((50..=100).contains(&handed_over), "{handed_over}");
}

#[test]
fn conversations_are_handed_over_while_the_file_is_still_being_read() {
    let endless = Generated::new("[", &format!("{},", talk("a")), 20_000, "]");
    let source =
        Source { name: "a.json".to_owned(), role: SourceRole::Conversations, reader: Box::new(endless) };
    let mut handed_over = 0;
    let report = import(vec![source], &Limits::default(), &Unwatched, &mut |_| handed_over += 1).unwrap();
    assert_eq!((handed_over, report.skipped_total), (20_000, 0));
}

/// A reader that fails.
struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    }
}

impl Seek for Failing {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(10)
    }
}

#[test]
fn a_reader_that_fails_is_an_error_with_its_cause() {
    let source =
        Source { name: "a.json".to_owned(), role: SourceRole::Conversations, reader: Box::new(Failing) };
    let error = import(vec![source], &Limits::default(), &Unwatched, &mut |_| {}).unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), ("read", "a.json cannot be read"));
    assert!(std::error::Error::source(&error).is_some());
}
