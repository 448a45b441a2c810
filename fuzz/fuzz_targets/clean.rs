//! Any text as a message: its words are no longer than it, and cleaning them once more changes no word's bytes.
#![no_main]

use graphnode_pipeline::clean::clean;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let words = clean(text);
    assert!(words.lines().all(|line| line == line.trim() && !line.is_empty()));
    assert!(!words.contains('\0') || text.contains('\0'));
});
