//! What damage costs: the item it is in, or nothing.

use graphnode_core::watch::Unwatched;
use graphnode_pipeline::import::{ImportError, Limits, SkipReason, SourceRole};
use serde_json::json;

use crate::fixtures::{chatgpt, import_all, import_file, import_one, message, talk, texts, zipped};

#[test]
fn items_that_are_no_conversations_are_skipped_with_their_place() {
    let json = format!(r#"[null, 3, "x, ]", {}, {{}}, [1], -1.5e3, {}]"#, talk("a"), talk("b"));
    let (conversations, report) = import_file(json).unwrap();
    assert_eq!(conversations.len(), 2);
    let skipped: Vec<_> =
        report.skipped.iter().map(|skipped| (skipped.index, skipped.reason.code())).collect();
    let expected = [
        (0, "not-an-object"),
        (1, "not-an-object"),
        (2, "not-an-object"),
        (4, "not-a-conversation"),
        (5, "not-a-conversation"),
        (6, "not-an-object"),
    ];
    assert_eq!(skipped, expected);
}

#[test]
fn a_cut_file_keeps_what_is_complete() {
    let whole = json!([talk("a"), talk("b"), talk("c")]).to_string();
    for cut in [whole.len() - 2, whole.len() - 40, whole.len() - 1] {
        let (conversations, report) = import_file(&whole.as_bytes()[..cut]).unwrap();
        let complete = if cut == whole.len() - 1 { 3 } else { 2 };
        assert_eq!((conversations.len(), report.truncated), (complete, true), "{cut}");
        assert_eq!(report.skipped_total, 3 - complete as u64);
        assert!(
            report.skipped.iter().all(|skipped| skipped.reason == SkipReason::CutOff && skipped.index == 2)
        );
    }
    for cut in [1, 20, talk("a").to_string().len()] {
        let error = import_file(&whole.as_bytes()[..cut]).unwrap_err();
        assert!(matches!(error, ImportError::EndsEarly { .. }), "{cut} {error}");
    }
}

#[test]
fn damage_within_a_conversation_costs_that_one_only() {
    let whole = json!([talk("a"), talk("b"), talk("c"), talk("d")]).to_string();
    let broken = [
        ("a literal", whole.replace(r#""Question b?""#, "Question")),
        ("a quote", whole.replace(r#""Question b?""#, r#""Question b?"#)),
        ("an opening quote", whole.replace(r#""Question b?""#, r#"Question b?""#)),
        ("a bracket", whole.replace(r#"["Question b?"]"#, r#"["Question b?""#)),
        ("another bracket", whole.replace(r#"["Question b?"]"#, r#"["Question b?"}"#)),
        (
            "the last brace",
            whole.replace(r#""title":"Title of b","update_time":1700000100}"#, r#""title":"Title of b""#),
        ),
        ("a bracket too many", whole.replace(r#"["Question b?"]"#, r#"["Question b?"]]"#)),
    ];
    for (what, json) in broken {
        assert_ne!(json, whole, "{what}");
        let (conversations, report) = import_file(json).unwrap();
        let ids: Vec<_> = conversations.iter().map(|conversation| conversation.orig_id.as_str()).collect();
        assert_eq!(ids, ["a", "c", "d"], "{what}");
        let first = &report.skipped[0];
        assert_eq!((first.index, first.reason), (1, SkipReason::Syntax), "{what}");
        assert!(!report.truncated, "{what}");
    }
}

#[test]
fn a_file_whose_only_conversation_is_broken_is_an_error() {
    let json = json!([talk("a")]).to_string().replace("null", "nul");
    let error = import_file(json).unwrap_err();
    let ImportError::NothingReadable { skipped: 1, index: 0, reason: SkipReason::Syntax, .. } = error else {
        panic!("{error}")
    };
}

#[test]
fn half_an_emoji_and_bytes_that_are_no_text_are_mended() {
    let json = json!([talk("a"), talk("b"), talk("c"), talk("d")]).to_string();
    let json = json.replace("Question a?", r"Question \ud83d?").replace("Question b?", "Question\u{1}b?");
    let mut bytes = json.into_bytes();
    let at = bytes.windows(11).position(|window| window == b"Question c?").unwrap();
    bytes[at + 9] = 0xFF;
    let (conversations, report) = import_file(bytes).unwrap();
    assert_eq!(texts(&conversations[0])[0], "Question \u{fffd}?");
    assert_eq!(texts(&conversations[1])[0], "Question b?");
    assert_eq!(texts(&conversations[2])[0], "Question \u{fffd}?");
    assert_eq!(conversations.len(), 4);
    let repaired = report.repaired;
    assert_eq!((repaired.surrogates, repaired.controls, repaired.utf8, repaired.ids), (1, 1, 1, 0));
    assert_eq!(repaired.total(), 3);
}

#[test]
fn values_of_the_wrong_type_cost_nothing_else() {
    let mut conversation = talk("a");
    for (field, value) in [("title", json!(5)), ("create_time", json!({})), ("update_time", json!([]))] {
        conversation[field] = value;
    }
    conversation["mapping"]["n0"]["message"]["metadata"] = json!("none");
    conversation["mapping"]["n0"]["message"]["recipient"] = json!(null);
    conversation["mapping"]["n1"]["message"]["content"] = json!(17);
    conversation["mapping"]["odd"] = json!([]);
    let conversation = import_one(conversation);
    assert_eq!(texts(&conversation), ["Question a?"]);
    assert_eq!((conversation.title, conversation.create_time), (None, None));
}

#[test]
fn too_long_and_too_deep_items_are_skipped() {
    let long = chatgpt("long", &[message("user", &"word ".repeat(20_000))]);
    let deep = format!(r#"{{"id":"deep","x":{}{}}}"#, "[".repeat(300), "]".repeat(300));
    let json = format!("[{},{long},{deep},{}]", talk("a"), talk("b"));
    let limits = Limits { item_bytes: 10_000, ..Limits::default() };
    let source = ("a.json", SourceRole::Conversations, json.into_bytes());
    let (conversations, report) = import_all(vec![source], &limits, &Unwatched).unwrap();
    assert_eq!(conversations.len(), 2);
    let skipped: Vec<_> =
        report.skipped.iter().map(|skipped| (skipped.id.as_deref(), skipped.reason)).collect();
    assert_eq!(skipped, [(Some("long"), SkipReason::TooLarge), (Some("deep"), SkipReason::TooDeep)]);
}

#[test]
fn an_archive_that_unpacks_without_end_is_stopped() {
    let limits = Limits { total_bytes: 100_000, ..Limits::default() };
    let archive = zipped(&[("conversations.json", &format!("[{}", " ".repeat(1_000_000)))]);
    let error =
        import_all(vec![("a.zip", SourceRole::Conversations, archive)], &limits, &Unwatched).unwrap_err();
    assert!(matches!(error, ImportError::TooLarge { limit: 100_000, .. }), "{error}");
}

#[test]
fn no_damage_whatsoever_stops_or_hangs_an_import() {
    let archive = zipped(&[("conversations.json", &json!([talk("a"), talk("b")]).to_string())]);
    let whole =
        json!({"x": [1], "conversations": [talk("a"), talk("b"), talk("c")], "y": {"conversations": []}});
    let mut state = 7_u64;
    let mut next = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    for whole in [whole.to_string().into_bytes(), archive] {
        for _ in 0..3_000 {
            let mut bytes = whole.clone();
            for _ in 0..1 + next(4) {
                let at = next(bytes.len().max(2) - 1);
                match next(4) {
                    0 => bytes[at] = b"{}[]\",:\\ \0\xFFn1"[next(13)],
                    1 if bytes.len() > 1 => drop(bytes.remove(at)),
                    2 => bytes.insert(at, b"{}[]\",:\\"[next(8)]),
                    _ => bytes.truncate(at.max(1)),
                }
            }
            // Three conversations at most come out, whatever else the report says.
            if let Ok((conversations, report)) = import_file(bytes) {
                assert_eq!(conversations.len() as u64, report.conversations);
                assert!(conversations.len() <= 3);
            }
        }
    }
}
