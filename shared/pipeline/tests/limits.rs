//! `docs/LIMITS.md` explains every code with which a report says why an item is not in the graph.

use graphnode_pipeline::import::SkipReason;

#[test]
fn every_code_a_person_is_told_is_explained() {
    use SkipReason::{CutOff, NotAConversation, NotAnObject, Syntax, TooDeep, TooLarge, TooManyValues};
    let document = include_str!("../../../docs/LIMITS.md");
    let reasons = [NotAnObject, NotAConversation, Syntax, CutOff, TooLarge, TooDeep, TooManyValues];
    for code in reasons.map(SkipReason::code).into_iter().chain(["no-words", "duplicate-id"]) {
        assert!(document.contains(&format!("`{code}`")), "{code}");
    }
}
