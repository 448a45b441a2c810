//! Claude: messages in a list, blocks, attachments and branches.

use graphnode_core::conversation::Speaker;
use serde_json::{Value, json};

use crate::fixtures::{ids, import_one, texts, zipped};

fn claude(messages: Value) -> Value {
    json!({
        "uuid": "c1", "name": "A Claude talk", "created_at": "2025-03-01T10:00:00.123456Z",
        "updated_at": "2025-03-01T11:00:00Z", "account": {"uuid": "person"}, "chat_messages": messages,
    })
}

fn said(uuid: &str, parent: Option<&str>, sender: &str, text: &str, minute: u32) -> Value {
    json!({
        "uuid": uuid, "sender": sender, "text": "flattened", "parent_message_uuid": parent,
        "created_at": format!("2025-03-01T10:{minute:02}:00Z"), "content": [{"type": "text", "text": text}],
        "attachments": [], "files": [],
    })
}

#[test]
fn blocks_of_text_count_and_thoughts_and_tools_do_not() {
    let conversation = import_one(claude(json!([
        {"uuid": "m1", "sender": "human", "text": "old form", "content": []},
        {"uuid": "m2", "sender": "assistant", "text": "flattened with tools", "content": [
            {"type": "thinking", "thinking": "hidden", "text": "hidden"},
            {"type": "text", "text": "First."},
            {"type": "tool_use", "name": "search", "input": {"text": "hidden"}},
            {"type": "tool_result", "content": [{"type": "text", "text": "hidden"}], "text": "hidden"},
            {"type": "text", "text": "Second."},
        ]},
        {"uuid": "m3", "sender": "assistant", "text": "placeholder", "content": [{"type": "tool_use"}]},
        {"uuid": "m4", "sender": "human", "text": "without content"},
        {"uuid": "m5", "sender": "someone", "text": "x"},
    ])));
    assert_eq!(texts(&conversation), ["old form", "First.\nSecond.", "without content"]);
    assert_eq!(conversation.sections[1].speaker, Speaker::Assistant);
    assert_eq!((conversation.orig_id.as_str(), conversation.title.as_deref()), ("c1", Some("A Claude talk")));
    assert_eq!(conversation.create_time.unwrap().raw().get(), r#""2025-03-01T10:00:00.123456Z""#);
}

#[test]
fn the_text_of_attachments_is_part_of_the_message_and_bounded() {
    let long = "가".repeat(30_000);
    let conversation = import_one(claude(json!([
        {"uuid": "m1", "sender": "human", "text": "See this", "attachments": [
            {"file_name": "a.txt", "extracted_content": "Content of a"}, {"file_name": "b.bin"}, null,
        ]},
        {"uuid": "m2", "sender": "human", "text": "", "attachments": [
            {"extracted_content": long}, {"extracted_content": "no room"},
        ]},
    ])));
    assert_eq!(texts(&conversation)[0], "See this\nContent of a");
    assert_eq!(texts(&conversation)[1].chars().count(), 20_000);
}

#[test]
fn where_messages_branch_the_newest_branch_counts() {
    let root = Some("00000000-0000-4000-8000-000000000000");
    let branched = [
        said("m1", root, "human", "Question", 1),
        said("m2", Some("m1"), "assistant", "Rejected", 2),
        said("m4", Some("m3"), "human", "Thanks", 5),
        said("m3", Some("m1"), "assistant", "Answer", 4),
    ];
    assert_eq!(texts(&import_one(claude(json!(branched)))), ["Question", "Answer", "Thanks"]);
    let mut named = claude(json!(branched));
    named["current_leaf_message_uuid"] = json!("m2");
    assert_eq!(texts(&import_one(named)), ["Question", "Rejected"]);
    let edited = [said("m1", root, "human", "Old", 1), said("m2", root, "human", "New", 2)];
    assert_eq!(texts(&import_one(claude(json!(edited)))), ["New"]);
}

#[test]
fn without_branches_every_message_counts_in_the_order_listed() {
    let listed = [
        said("m1", None, "human", "One", 9),
        said("m2", Some("lost"), "assistant", "Two", 2),
        said("m3", Some("m2"), "human", "Three", 1),
    ];
    assert_eq!(texts(&import_one(claude(json!(listed)))), ["One", "Two", "Three"]);
    let cycle = [said("m1", Some("m2"), "human", "A", 1), said("m2", Some("m1"), "human", "B", 2)];
    assert_eq!(import_one(claude(json!(cycle))).sections.len(), 2);
}

#[test]
fn an_archive_of_claude() {
    let archive = zipped(&[
        ("users.json", r#"[{"uuid":"person","full_name":"x"}]"#),
        ("projects.json", r#"[{"uuid":"p","name":"x","created_at":"2025-03-01T10:00:00Z","docs":[]}]"#),
        ("memories.json", "[]"),
        ("conversations.json", &json!([claude(json!([]))]).to_string()),
    ]);
    assert_eq!(ids(archive), ["c1"]);
}
