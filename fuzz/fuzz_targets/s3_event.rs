//! Any JSON as the event that invokes the indexer.
#![no_main]

use graphnode_core::keys;
use graphnode_indexing::event::{InvalidEvent, Invocation, Notice};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// A key that names a result names it in one way only, and never another job's.
fn check(notice: &Result<Notice, InvalidEvent>) {
    let Ok(Notice::Created { key, .. }) = notice else { return };
    if let Some((task_id, file)) = keys::parse_result(key) {
        assert_eq!(keys::result(&task_id, file).as_str(), key);
    }
}

fuzz_target!(|input: &[u8]| {
    let Ok(event) = serde_json::from_slice::<Value>(input) else { return };
    match Invocation::read(&event) {
        Ok(Invocation::Messages(messages)) => {
            // Each is answered for, or one would be lost.
            assert_eq!(messages.len(), event["Records"].as_array().map_or(0, Vec::len));
            messages.iter().flat_map(|message| message.notices.iter().flatten()).for_each(check);
        }
        Ok(Invocation::Event(notices)) => notices.iter().for_each(check),
        Err(_) => {}
    }
});
