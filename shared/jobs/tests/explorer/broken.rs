//! Builds that are broken on purpose: what holds the system together is taken away beneath it, and the explorer must
//! notice.

use std::ops::Range;
use std::path::Path;

use graphnode_core::keys::{ObjectKey, ObjectPrefix};
use graphnode_core::ports::objects::{Condition, ETag, Listing, ObjectMeta, PageToken, Piece};
use graphnode_core::ports::{Objects, PortResult};
use graphnode_testkit::memory::MemoryObjects;
use serde_json::Value;

/// What is taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Defect {
    #[default]
    None,
    /// Writes meet no condition: whoever was overtaken writes over what the other wrote.
    NoFencing,
    /// The record of a finished job does not keep its result until that is sent.
    NoOutbox,
    /// The same token starts a task each time.
    NoTokens,
}

/// A bucket with a defect beneath whoever uses it.
#[derive(Debug, Clone)]
pub(crate) struct Broken {
    pub(crate) inner: MemoryObjects,
    pub(crate) defect: Defect,
}

impl Objects for Broken {
    async fn head(&self, key: &ObjectKey) -> PortResult<ObjectMeta> {
        self.inner.head(key).await
    }

    async fn read(&self, key: &ObjectKey, range: Range<u64>, of: Option<&ETag>) -> PortResult<Piece> {
        self.inner.read(key, range, of).await
    }

    async fn list(&self, prefix: &ObjectPrefix, from: Option<&PageToken>) -> PortResult<Listing> {
        self.inner.list(prefix, from).await
    }

    async fn put(
        &self,
        key: &ObjectKey,
        bytes: Vec<u8>,
        content_type: &str,
        condition: &Condition,
    ) -> PortResult<ETag> {
        let condition = match self.defect {
            Defect::NoFencing => &Condition::Always,
            _ => condition,
        };
        let bytes = match self.defect {
            Defect::NoOutbox if key.as_str().starts_with("jobs/") => without_pending_result(bytes),
            _ => bytes,
        };
        self.inner.put(key, bytes, content_type, condition).await
    }

    async fn put_file(&self, key: &ObjectKey, path: &Path, content_type: &str) -> PortResult<ETag> {
        self.inner.put_file(key, path, content_type).await
    }

    async fn delete(&self, keys: &[ObjectKey]) -> PortResult<()> {
        self.inner.delete(keys).await
    }
}

fn without_pending_result(bytes: Vec<u8>) -> Vec<u8> {
    let mut record: Value = serde_json::from_slice(&bytes).unwrap();
    record["pending_result"] = Value::Null;
    serde_json::to_vec(&record).unwrap()
}
