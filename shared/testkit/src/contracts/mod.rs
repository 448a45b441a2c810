//! One suite a port: what every adapter must do, the embedded one and the real service alike.
//!
//! A suite panics where a duty is not kept. It leaves other data alone and uses names of its own, so it may run many
//! times against one server. [`endpoint`] says where a real service is, or loudly that there is none.

pub mod jobs;
pub mod launcher;
pub mod objects;
pub mod queue;
pub mod transfer;
pub mod vectors;

pub use jobs::jobs_contract;
pub use launcher::launcher_contract;
pub use objects::objects_contract;
pub use queue::queue_contract;
pub use transfer::transfer_contract;
pub use vectors::vectors_contract;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use graphnode_core::ports::{PortErrorKind, PortResult};

/// Endpoint of a server that speaks AWS, such as `http://127.0.0.1:15001`.
pub const AWS_ENDPOINT: &str = "GRAPHNODE_TEST_AWS_ENDPOINT";
/// URL of a Chroma server, such as `http://127.0.0.1:18001`.
pub const CHROMA_URL: &str = "GRAPHNODE_TEST_CHROMA_URL";

/// Where the real service is, from the variable `name`. Without it, says so on the standard error and yields `None`.
#[must_use]
#[expect(clippy::print_stderr, reason = "a real run that cannot happen must be seen in the test's output")]
pub fn endpoint(name: &str, what: &str) -> Option<String> {
    let endpoint = std::env::var(name).ok().filter(|value| !value.is_empty());
    if endpoint.is_none() {
        eprintln!("SKIPPED: {what} is not tested, as {name} is not set");
    }
    endpoint
}

/// A name nobody used before: `base`, the time and a number.
#[must_use]
pub fn unique(base: &str) -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    format!("{base}-{time}-{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// Panics unless `result` failed in that way.
#[track_caller]
fn fails_with<T: std::fmt::Debug>(kind: PortErrorKind, result: PortResult<T>) {
    match result {
        Err(error) => assert_eq!(error.kind(), kind, "{error}: {:?}", std::error::Error::source(&error)),
        Ok(value) => panic!("expected {kind:?}, got {value:?}"),
    }
}

/// The value, or a panic that says what went wrong and why.
#[track_caller]
fn succeeds<T, E: std::error::Error>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}: {:?}", error.source()),
    }
}
