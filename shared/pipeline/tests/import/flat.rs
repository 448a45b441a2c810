//! The flat form: messages in a list.

use graphnode_core::conversation::Speaker;
use serde_json::json;

use crate::fixtures::{ids, import_file, import_one, talk, texts};

#[test]
fn a_list_of_messages_is_one_conversation_named_after_its_first() {
    let (conversations, report) = import_file(
        json!([
            {"id": "m1", "role": "system", "content": "x", "created_at": "2025-01-01T00:00:00Z"},
            {"id": "m2", "role": "user", "content": "Hello", "created_at": "2025-01-01T00:01:00Z"},
            null,
            {"id": "m3", "role": "assistant", "content": [{"type": "text", "text": "Hi."}, {"type": "image_url"}]},
            {"id": "m4", "role": "tool", "content": "x"},
            {"id": "m5", "role": "user", "content": {"content_type": "text", "parts": ["Bye"]}, "create_time": 1735700000},
        ])
        .to_string(),
    )
    .unwrap();
    assert_eq!((conversations.len(), report.skipped_total), (1, 1));
    let conversation = &conversations[0];
    assert_eq!(conversation.orig_id, "m1");
    assert_eq!(texts(conversation), ["Hello", "Hi.", "Bye"]);
    assert_eq!(conversation.sections[1].speaker, Speaker::Assistant);
    assert_eq!(conversation.title, None);
    assert_eq!(conversation.create_time.as_ref().unwrap().raw().get(), r#""2025-01-01T00:00:00Z""#);
    assert_eq!(conversation.update_time.as_ref().unwrap().raw().get(), "1735700000");
}

#[test]
fn neighbours_with_the_same_conversation_id_belong_together() {
    let message = |id: &str, conversation: &str| json!({"id": id, "role": "user", "content": id, "conversationId": conversation});
    let list = json!([message("1", "a"), message("2", "a"), message("3", "b"), talk("t"), message("4", "b")]);
    let (conversations, _) = import_file(list.to_string()).unwrap();
    let ids: Vec<_> = conversations.iter().map(|conversation| conversation.orig_id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "t", "b"]);
    assert_eq!(texts(&conversations[0]), ["1", "2"]);
}

#[test]
fn messages_without_ids_make_a_conversation_all_the_same() {
    let json = r#"[{"role":"human","content":"Only words"},{"role":"ai","content":"Indeed"}]"#;
    assert!(ids(json)[0].starts_with("sha256-"));
    assert_eq!(ids(json), ids(json));
}

#[test]
fn a_number_as_an_id_is_kept_in_its_digits() {
    assert_eq!(ids(r#"[{"id":12345678901,"role":"user","content":"x"}]"#), ["12345678901"]);
}

#[test]
fn a_conversation_may_hold_its_messages_in_a_list() {
    let conversation = import_one(json!({
        "id": "c", "title": "T", "messages": [{"role": "user", "content": "A"}, {"role": "assistant", "content": "B"}],
    }));
    assert_eq!((conversation.orig_id.as_str(), texts(&conversation)), ("c", vec!["A", "B"]));
}
