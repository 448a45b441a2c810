//! The importer over exports that other people wrote, where they are at hand; they are not part of the project.

use std::path::PathBuf;

use graphnode_pipeline::import::{Found, ImportError};
use serde_json::Value;

use crate::fixtures::{import_file, texts};

/// Names the folder with the data; without it `../shared/data` beside the workspace is looked at.
const DATA_VARIABLE: &str = "GRAPHNODE_DATA";

fn exports() -> Option<PathBuf> {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let folder = std::env::var_os(DATA_VARIABLE).map_or_else(beside, PathBuf::from).join("exports");
    folder.join("engineered_variants.json").is_file().then_some(folder)
}

#[test]
fn exports_of_others_give_what_a_tolerant_reader_keeps() {
    let Some(folder) = exports() else {
        println!("SKIPPED: no exports in ${DATA_VARIABLE} nor in ../shared/data");
        return;
    };
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let (imported, report) = import_file(read("engineered_variants.json")).unwrap();
    assert_eq!((report.skipped_total, report.repaired.total()), (0, 0));
    let expected: Value = serde_json::from_slice(&read("engineered_variants.expected.json")).unwrap();
    let expected = expected.as_object().unwrap();
    assert_eq!((expected.len(), imported.len()), (44, 44));
    for (variant, expected) in expected {
        let conversation = &imported[expected["index"].as_u64().unwrap() as usize];
        assert_eq!(expected["id"], conversation.orig_id.as_str(), "{variant}");
        assert_eq!(expected["texts"], Value::from(texts(conversation)), "{variant}");
    }

    for (name, conversations, skipped) in [
        ("engineered_utf8_bom.json", 1, 0),
        ("engineered_wrapper_object.json", 1, 0),
        ("engineered_with_null_and_scalar_items.json", 1, 4),
        ("engineered_empty_array.json", 0, 0),
        ("chatgpt_api_image_generation.pionxzh.json", 1, 0),
        ("chatgpt_api_thinking_summaries.pionxzh.json", 1, 0),
        ("chatgpt_real_code_interpreter.chatgpt2graph.json", 1, 0),
    ] {
        let (imported, report) = import_file(read(name)).unwrap();
        assert_eq!((imported.len(), report.skipped_total), (conversations, skipped), "{name}");
    }
    let (imported, report) = import_file(read("engineered_lone_surrogate_escape.json")).unwrap();
    assert_eq!((imported.len(), report.repaired.surrogates, report.skipped_total), (2, 1, 0));

    let error = |name: &str| import_file(read(name)).unwrap_err();
    assert!(matches!(error("engineered_zero_bytes.json"), ImportError::Empty { .. }));
    assert!(matches!(error("engineered_truncated.json"), ImportError::EndsEarly { .. }));
    let other = error("engineered_variants.expected.json");
    assert!(matches!(other, ImportError::NotAnExport { found: Found::OtherJson, .. }));
}
