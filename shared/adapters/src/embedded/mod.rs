//! What makes one machine enough: no account, no server.
//!
//! - [`objects`]: a bucket as a folder;
//! - [`transfer`]: how a client sends an object into that folder;
//! - [`queue`]: a queue in the process;
//! - [`vectors`]: a vector index that compares with everything a person has.
//!
//! They are product code and pass the same contract suites as S3, SQS and Chroma.

pub mod objects;
pub mod queue;
pub mod transfer;
pub mod vectors;

pub use objects::FolderObjects;
pub use queue::LocalQueue;
pub use vectors::ExactVectors;

mod names;

use graphnode_core::ports::{PortError, PortErrorKind, PortResult};

/// Runs file work off the runtime's threads.
async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> PortResult<T> + Send + 'static,
) -> PortResult<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(PortError::new(PortErrorKind::Unavailable, "file work").with_source(error)),
    }
}
