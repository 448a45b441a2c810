//! ChatGPT: what the person was shown, and nothing else.

use serde_json::{Value, json};

use crate::fixtures::{chatgpt, import_file, import_one, message, message_with, talk, texts};

#[test]
fn a_regenerated_answer_and_an_edited_prompt_are_dead_branches() {
    let mut conversation = talk("a");
    conversation["mapping"]["again"] = json!({"message": message("assistant", "Rejected."), "parent": "n0"});
    conversation["mapping"]["edited"] =
        json!({"message": message("user", "Before the edit"), "parent": "root"});
    assert_eq!(texts(&import_one(conversation)), ["Question a?", "Answer a."]);
}

#[test]
fn without_a_current_node_the_newest_leaf_counts_in_whatever_order_nodes_stand() {
    let timed = |text: &str, time: u64| message_with("assistant", text, json!({"create_time": time}));
    let nodes = [
        ("z-new", json!({"message": timed("New.", 30), "parent": "q"})),
        ("m-old", json!({"message": timed("Old.", 20), "parent": "q"})),
        ("q", json!({"message": message("user", "Question?"), "parent": null})),
    ];
    for current in [json!(null), json!("missing"), json!(7)] {
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            let fields: Vec<_> = order.map(|at| format!("{:?}:{}", nodes[at].0, nodes[at].1)).into();
            let json =
                format!(r#"[{{"id":"a","current_node":{current},"mapping":{{{}}}}}]"#, fields.join(","));
            let (conversations, _) = import_file(json).unwrap();
            assert_eq!(texts(&conversations[0]), ["Question?", "New."]);
        }
    }
    let mut tie = talk("a");
    tie["current_node"] = json!(null);
    tie["mapping"]["zz"] = json!({"message": message("assistant", "Last in the file."), "parent": "n0"});
    assert_eq!(texts(&import_one(tie)), ["Question a?", "Last in the file."]);
}

#[test]
fn cycles_and_missing_parents_end_the_walk() {
    let mut cycle = talk("a");
    cycle["mapping"]["n0"]["parent"] = json!("n1");
    assert_eq!(texts(&import_one(cycle.clone())), ["Question a?", "Answer a."]);
    cycle["current_node"] = json!(null);
    cycle["mapping"]["root"]["parent"] = json!("root");
    assert_eq!(import_one(cycle).sections.len(), 2);
    let mut dangling = talk("b");
    dangling["mapping"]["n0"]["parent"] = json!("nowhere");
    assert_eq!(import_one(dangling).sections.len(), 2);
}

#[test]
fn what_the_person_was_not_shown_is_not_there() {
    let typed =
        |kind: &str| json!({"content": {"content_type": kind, "parts": ["x"], "text": "x", "result": "x"}});
    let mut messages = vec![
        message("user", "Shown question"),
        message("system", "x"),
        message("tool", "x"),
        message("developer", "x"),
        message_with("assistant", "x", json!({"weight": 0})),
        message_with("assistant", "x", json!({"weight": 0.0})),
        message_with("user", "x", json!({"metadata": {"is_visually_hidden_from_conversation": true}})),
        message_with("assistant", "x", json!({"recipient": "some.tool"})),
        json!(null),
        message_with("user", "x", json!({"content": null})),
        message_with("user", "x", json!({"content": {"content_type": "text"}})),
        message_with("user", "x", json!({"content": {"content_type": "text", "parts": []}})),
        message("user", " \u{200b}\0\n"),
    ];
    for kind in
        ["user_editable_context", "thoughts", "reasoning_recap", "code", "execution_output", "tether_quote"]
    {
        messages.push(message_with("assistant", "x", typed(kind)));
    }
    messages.push(message("assistant", "Shown answer"));
    assert_eq!(texts(&import_one(chatgpt("a", &messages))), ["Shown question", "Shown answer"]);
}

#[test]
fn an_answer_that_was_broken_off_stayed_on_the_screen() {
    let broken_off = message_with("assistant", "So far", json!({"weight": 0.0, "status": "in_progress"}));
    assert_eq!(texts(&import_one(chatgpt("a", &[broken_off]))), ["So far"]);
}

#[test]
fn parts_are_put_together() {
    let parts = |parts: Value| {
        message_with("user", "", json!({"content": {"content_type": "multimodal_text", "parts": parts}}))
    };
    let pointer = json!({"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_1"});
    let spoken = |text: &str| json!({"content_type": "audio_transcription", "text": text});
    let unknown = json!({"content_type": "brand_new", "parts": ["Unknown kind"]});
    let conversation = import_one(chatgpt(
        "a",
        &[
            parts(json!([pointer, "After a picture"])),
            parts(
                json!([spoken("Said aloud."), {"content_type": "audio_asset_pointer"}, spoken("And more.")]),
            ),
            parts(json!(["Cut in the mid", "dle of a word"])),
            parts(json!([null, "One line.", "Another line", 5])),
            parts(json!([pointer])),
            message_with("user", "", json!({"content": unknown})),
        ],
    ));
    let expected = [
        "After a picture",
        "Said aloud.\nAnd more.",
        "Cut in the middle of a word",
        "One line.\nAnother line",
        "Unknown kind",
    ];
    assert_eq!(texts(&conversation), expected);
}

#[test]
fn titles_and_ids_are_taken_as_they_are() {
    let mut conversation = talk("a");
    conversation["title"] = json!(" Ein Titel\t\u{200b} ");
    assert_eq!(import_one(conversation.clone()).title.as_deref(), Some(" Ein Titel\t\u{200b} "));
    conversation["title"] = json!(" \n");
    assert_eq!(import_one(conversation.clone()).title, None);
    conversation["id"] = json!(" ");
    conversation["conversation_id"] = json!("ü/\" b");
    assert_eq!(import_one(conversation.clone()).orig_id, "ü/\" b");
    let fields = conversation.as_object_mut().unwrap();
    fields.remove("conversation_id");
    fields.insert("conversationId".into(), json!("camel"));
    assert_eq!(import_one(conversation).orig_id, "camel");
}

#[test]
fn a_conversation_without_an_id_gets_the_same_one_every_time() {
    let mut conversation = talk("a");
    conversation.as_object_mut().unwrap().retain(|field, _| !field.ends_with("id"));
    let mut other = conversation.clone();
    other["title"] = json!("Another");
    let (conversations, report) =
        import_file(json!([conversation, conversation, other]).to_string()).unwrap();
    let id = &conversations[0].orig_id;
    assert!(id.starts_with("sha256-") && id.len() == 39, "{id}");
    assert_eq!(*id, conversations[1].orig_id);
    assert_ne!(*id, conversations[2].orig_id);
    assert_eq!(report.repaired.ids, 3);
}

#[test]
fn conversations_without_a_word_are_handed_over_and_counted() {
    let mut bare = talk("bare");
    bare.as_object_mut().unwrap().retain(|field, _| field != "mapping" && field != "current_node");
    let mut empty = talk("empty");
    empty["mapping"] = json!({});
    let system = chatgpt("system", &[message("system", "x")]);
    let (conversations, report) = import_file(json!([bare, empty, system]).to_string()).unwrap();
    assert_eq!((conversations.len(), report.conversations, report.empty), (3, 3, 3));
}
