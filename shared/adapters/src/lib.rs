//! What GraphNode talks to outside itself, one module a thing.
//!
//! | module | feature | port |
//! |---|---|---|
//! | [`embedded`] | | all, for one machine: a folder, a queue in the process, an exact index |
//! | `s3` | `s3` | [`Objects`](graphnode_core::ports::Objects), [`DirectTransfer`](graphnode_core::ports::DirectTransfer) |
//! | `sqs` | `sqs` | [`Queue`](graphnode_core::ports::Queue) |
//! | `ecs` | `ecs` | [`TaskLauncher`](graphnode_core::ports::TaskLauncher) |
//! | `chroma` | `chroma` | [`VectorIndex`](graphnode_core::ports::VectorIndex) |
//! | `secrets` | `secrets` | none: makes a client of Chroma whose key is in Secrets Manager |
//!
//! A binary names the features it needs and links nothing else. `aws` (of `s3`, `sqs`, `ecs`, `secrets`) makes the one
//! configuration all AWS clients share. Besides the ports: [`blocking`] reads an object like a file, [`folder`] keeps
//! the results of one build, [`exact_index`] searches them.

#[cfg(feature = "aws")]
pub mod aws;
pub mod blocking;
#[cfg(feature = "chroma")]
pub mod chroma;
#[cfg(feature = "ecs")]
pub mod ecs;
pub mod embedded;
pub mod exact_index;
pub mod folder;
#[cfg(feature = "s3")]
pub mod s3;
#[cfg(feature = "secrets")]
pub mod secrets;
#[cfg(feature = "sqs")]
pub mod sqs;
