//! What a file may be, and what it may not.

use graphnode_core::conversation::{SourceType, Speaker};
use graphnode_pipeline::import::{Found, ImportError};
use serde_json::json;

use crate::fixtures::{ids, import_file, talk, texts, zipped};

#[test]
fn a_list_of_conversations() {
    let (conversations, report) = import_file(json!([talk("a"), talk("b")]).to_string()).unwrap();
    assert_eq!((report.conversations, report.skipped_total, report.truncated), (2, 0, false));
    let first = &conversations[0];
    assert_eq!((first.orig_id.as_str(), first.title.as_deref()), ("a", Some("Title of a")));
    assert_eq!(texts(first), ["Question a?", "Answer a."]);
    assert_eq!(first.sections[0].speaker, Speaker::Person);
    assert_eq!(first.sections[1].speaker, Speaker::Assistant);
    assert_eq!(first.create_time.as_ref().unwrap().raw().get(), "1700000000.5");
    assert_eq!(first.update_time.as_ref().unwrap().raw().get(), "1700000100");
    assert_eq!(first.source_type, SourceType::Chat);
}

#[test]
fn an_object_around_the_list_with_keys_before_and_after() {
    let json = format!(
        r#"{{"user": {{"conversations": [1]}}, "version": 2, "conversations" : [{}, {}], "z": [{{}}]}}"#,
        talk("a"),
        talk("b")
    );
    assert_eq!(ids(json), ["a", "b"]);
}

#[test]
fn one_conversation_without_a_list() {
    assert_eq!(ids(talk("a").to_string()), ["a"]);
    assert_eq!(ids(format!("{}\n{}\n", talk("a"), talk("b"))), ["a", "b"], "one a line");
}

#[test]
fn a_byte_order_mark_and_white_space_before_it_all() {
    assert_eq!(ids(format!("\u{feff}\r\n {}", json!([talk("a")]))), ["a"]);
    assert_eq!(ids(zipped(&[("conversations.json", &format!("\u{feff}{}", json!([talk("z")])))])), ["z"]);
}

#[test]
fn an_archive_with_shards_in_numeric_order_and_other_files() {
    let shard = |id: &str| json!([talk(id)]).to_string();
    let archive = zipped(&[
        ("export/conversations-10.json", &shard("d")),
        ("export/chat.html", "<html>"),
        ("export/users.json", r#"[{"uuid":"u","email_address":"x@example.org"}]"#),
        ("export/conversations-002.json", &shard("c")),
        ("export/conversations.json", &shard("b")),
        ("conversations.json", &shard("a")),
        ("__MACOSX/export/._conversations.json", "\0\u{5}binary"),
        ("export/shared_conversations.json", r#"[{"id":"s","conversation_id":"a","title":"t"}]"#),
    ]);
    assert_eq!(ids(archive), ["a", "b", "c", "d"]);
}

#[test]
fn an_empty_list_is_somebody_without_conversations() {
    for json in ["[]", " [\n] ", r#"{"conversations":[]}"#] {
        let (conversations, report) = import_file(json).unwrap();
        assert_eq!((conversations.len(), report.conversations, report.skipped_total), (0, 0, 0), "{json}");
    }
}

#[test]
fn what_is_no_export_is_named() {
    let archive = zipped(&[("users.json", "[]"), ("a.txt", "")]);
    let found: [(&[u8], Found); 9] = [
        (b"<!DOCTYPE html><html>", Found::Html),
        (b"%PDF-1.7 ...", Found::Pdf),
        (b"\x1F\x8B\x08\x00", Found::Gzip),
        (b"Dear diary", Found::Text),
        (b"\x89PNG\r\n\x1a\n\0\0", Found::Binary),
        (&archive, Found::OtherZip(2)),
        (&archive[..archive.len() - 30], Found::DamagedZip),
        (br#"{"secret words": [1, 2]}"#, Found::OtherJson),
        (br#"[{"id": 1, "price": 3}, 4]"#, Found::OtherJson),
    ];
    for (bytes, expected) in found {
        let error = import_file(bytes).unwrap_err();
        let ImportError::NotAnExport { found, .. } = &error else { panic!("{error}") };
        assert_eq!(*found, expected);
        let message = error.to_string();
        assert!(message.starts_with("export.json is ") && message.contains("accepted are"), "{message}");
        assert!(!message.contains("secret") && !message.contains("diary"), "{message}");
    }
    assert!(matches!(import_file("").unwrap_err(), ImportError::Empty { .. }));
    assert!(matches!(import_file("\u{feff} \n").unwrap_err(), ImportError::Empty { .. }));
}
