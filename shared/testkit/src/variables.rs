//! Which variables a program reads, compared with what `template.yaml` is held to.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use graphnode_core::config::Environment;

/// Values that every required variable accepts; optional ones are not set, and read nevertheless.
const REQUIRED: [(&str, &str); 15] = [
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"),
    ("AWS_REGION", "ap-northeast-2"),
    ("CHROMA_URL", "https://chroma.example.org"),
    ("GRAPHNODE_BUCKET", "graphnode-payloads"),
    ("GRAPHNODE_DEAD_LETTER_QUEUE_URL", "https://queue/requests-dead"),
    ("GRAPHNODE_ECS_CLUSTER", "graphnode"),
    ("GRAPHNODE_ECS_CONTAINER", "graphnode-ai"),
    ("GRAPHNODE_ECS_SECURITY_GROUPS", "sg-1"),
    ("GRAPHNODE_ECS_SUBNETS", "subnet-1"),
    ("GRAPHNODE_ECS_TASK_DEFINITION", "graphnode-ai"),
    ("GRAPHNODE_MODEL", "/opt/model"),
    ("GRAPHNODE_REQUEST_QUEUE_URL", "https://queue/requests"),
    ("GRAPHNODE_RESULT_QUEUE_URL", "https://queue/results"),
    ("GRAPHNODE_TASK_EVENTS_QUEUE_URL", "https://queue/task-events"),
    ("GRAPHNODE_TASK_ID", "task-1"),
];

/// Asserts that `read` asks for exactly the variables that `tests/template/variables.json` has for `function`. The tests of
/// the template assert that it sets exactly those.
///
/// # Panics
/// When they differ, with both lists.
pub fn assert_reads<T>(function: &str, read: impl FnOnce(&Environment<'_>) -> T) {
    let asked = RefCell::new(BTreeSet::new());
    let lookup = |name: &str| {
        asked.borrow_mut().insert(name.to_owned());
        REQUIRED.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    read(&Environment::from_lookup(lookup));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/template/variables.json");
    let text = std::fs::read_to_string(file).expect("tests/template/variables.json");
    let listed: BTreeMap<String, BTreeSet<String>> = serde_json::from_str(&text).expect("lists of names");
    assert_eq!(
        listed.get(function),
        Some(&asked.into_inner()),
        "tests/template/variables.json has, and {function} reads"
    );
}
