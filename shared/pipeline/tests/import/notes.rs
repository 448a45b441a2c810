//! The other files of a bundle, and the batch of an addition.

use graphnode_core::conversation::{SourceType, Speaker};
use graphnode_core::watch::Unwatched;
use graphnode_pipeline::import::{ImportError, Limits, SourceRole};
use serde_json::json;

use crate::fixtures::{import_all, talk, texts};

fn node(id: &str) -> serde_json::Value {
    json!({
        "id": id, "title": "A note", "create_time": "2025-02-03T04:05:06Z", "update_time": null,
        "sections": [{"id": "s1", "content": "# Heading\nwords"}, {"id": "s2", "content": " "}, {"id": "s3", "content": "more"}],
    })
}

#[test]
fn notes_and_pages_come_with_their_sections() {
    let list = |id: &str| json!({"source_nodes": [node(id)]}).to_string().into_bytes();
    let sources = vec![
        (
            "b/input.json",
            SourceRole::of_file_name("b/input.json"),
            json!([talk("a")]).to_string().into_bytes(),
        ),
        ("b/notes.json", SourceRole::of_file_name("b/notes.json"), list("n")),
        ("b/notion.json", SourceRole::of_file_name("b/notion.json"), list("p")),
        ("b/notions.json", SourceRole::of_file_name("b/notions.json"), list("q")),
    ];
    let (imported, report) = import_all(sources, &Limits::default(), &Unwatched).unwrap();
    let kinds: Vec<_> = imported.iter().map(|item| (item.orig_id.as_str(), item.source_type)).collect();
    let expected = [
        ("a", SourceType::Chat),
        ("n", SourceType::Markdown),
        ("p", SourceType::Notion),
        ("q", SourceType::Notion),
    ];
    assert_eq!(kinds, expected);
    assert_eq!((report.conversations, report.notes), (1, 3));
    assert_eq!(texts(&imported[1]), ["# Heading\nwords", "more"]);
    assert_eq!(imported[1].sections[0].speaker, Speaker::Person);
    assert_eq!(imported[1].create_time.as_ref().unwrap().raw().get(), r#""2025-02-03T04:05:06Z""#);
}

#[test]
fn an_item_may_name_its_own_kind() {
    let mut page = node("n");
    page["source_type"] = json!("notion");
    let bytes = json!({"source_nodes": [page]}).to_string().into_bytes();
    let (imported, _) =
        import_all(vec![("notes.json", SourceRole::Notes, bytes)], &Limits::default(), &Unwatched).unwrap();
    assert_eq!(imported[0].source_type, SourceType::Notion);
}

#[test]
fn an_empty_file_of_a_bundle_is_noted_and_no_error() {
    let notes = json!({"source_nodes": [node("n")]}).to_string().into_bytes();
    let sources =
        vec![("input.json", SourceRole::Conversations, Vec::new()), ("notes.json", SourceRole::Notes, notes)];
    let (imported, report) = import_all(sources, &Limits::default(), &Unwatched).unwrap();
    assert_eq!((imported.len(), report.empty_sources), (1, vec!["input.json".to_owned()]));
    let error = import_all(Vec::new(), &Limits::default(), &Unwatched).unwrap_err();
    assert!(matches!(error, ImportError::Empty { .. }));
}

#[test]
fn a_batch_holds_conversations_and_notes() {
    let batch = |value: serde_json::Value| {
        let source = (
            "add-node/t/batch.json",
            SourceRole::of_file_name("add-node/t/batch.json"),
            value.to_string().into_bytes(),
        );
        import_all(vec![source], &Limits::default(), &Unwatched)
    };
    let (imported, report) = batch(json!({
        "userId": "u", "existingClusters": [{"id": "cluster_1", "name": "x", "themes": ["y"]}],
        "conversations": [talk("a")],
        "notes": [{"noteId": "n", "title": "T", "content": "Words of a note"}, {"noteId": "empty"}],
    }))
    .unwrap();
    assert_eq!((report.conversations, report.notes, report.skipped_total), (1, 1, 1));
    assert_eq!((imported[1].orig_id.as_str(), texts(&imported[1])), ("n", vec!["Words of a note"]));
    let (imported, report) = batch(json!({"userId": "u", "files": []})).unwrap();
    assert_eq!((imported.len(), report.skipped_total), (0, 0));
}
