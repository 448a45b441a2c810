//! Any text as the body of a message of the request queue. What was understood reads the same once we write it.
#![no_main]

use graphnode_core::messages::{Incoming, Request, asking};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let incoming: Incoming = match input.parse() {
        Ok(incoming) => incoming,
        Err(error) => {
            assert!(error.task_type.iter().all(|task_type| task_type.chars().count() <= 100));
            let _: String = format!("{error}");
            return;
        }
    };
    let at = incoming.timestamp.unwrap_or_default();
    let written = match &incoming.request {
        Request::Generation(request) => {
            // What the options say is in bounds whatever was asked for.
            let _ = request.build_options();
            asking::generation_request(&incoming.task_id, at, request)
        }
        Request::Summary(request) => asking::summary_request(&incoming.task_id, at, request),
        Request::AddNode(_) | Request::Microscope { .. } | Request::Unknown { .. } => return,
    };
    let again: Incoming = written.as_str().parse().expect("what we write can be read");
    assert_eq!(again, Incoming { timestamp: Some(at), ..incoming });
});
