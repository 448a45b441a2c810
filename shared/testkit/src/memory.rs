//! A bucket in memory: thousands of runs need neither disk nor threads, and every call ends at once.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use graphnode_core::hash::hex_sha256;
use graphnode_core::keys::{ObjectKey, ObjectPrefix};
use graphnode_core::ports::objects::{Condition, ETag, Listing, ObjectMeta, PageToken, Piece};
use graphnode_core::ports::{Objects, PortError, PortErrorKind, PortResult};

/// Objects on one page of a list.
const PAGE: usize = 1000;

/// A bucket in memory; clones are the same. An etag is the SHA-256 of the content.
#[derive(Debug, Clone, Default)]
pub struct MemoryObjects(Arc<Mutex<BTreeMap<ObjectKey, Stored>>>);

#[derive(Debug, Clone)]
struct Stored {
    bytes: Vec<u8>,
    etag: ETag,
    writes: usize,
}

impl MemoryObjects {
    /// Everything it holds.
    #[must_use]
    pub fn all(&self) -> BTreeMap<ObjectKey, Vec<u8>> {
        self.objects().iter().map(|(key, stored)| (key.clone(), stored.bytes.clone())).collect()
    }

    /// How often each object it holds was written since it was made: a bucket tells of every write.
    #[must_use]
    pub fn writes(&self) -> BTreeMap<ObjectKey, usize> {
        self.objects().iter().map(|(key, stored)| (key.clone(), stored.writes)).collect()
    }

    fn objects(&self) -> MutexGuard<'_, BTreeMap<ObjectKey, Stored>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stored(&self, attempted: &str, key: &ObjectKey) -> PortResult<Stored> {
        self.objects().get(key).cloned().ok_or_else(|| error(PortErrorKind::NotFound, attempted, key))
    }
}

impl Objects for MemoryObjects {
    async fn head(&self, key: &ObjectKey) -> PortResult<ObjectMeta> {
        let stored = self.stored("head", key)?;
        Ok(ObjectMeta { key: key.clone(), size: stored.bytes.len() as u64, etag: stored.etag })
    }

    async fn read(&self, key: &ObjectKey, range: Range<u64>, of: Option<&ETag>) -> PortResult<Piece> {
        let Stored { bytes, etag, .. } = self.stored("read", key)?;
        if of.is_some_and(|of| *of != etag) {
            return Err(error(PortErrorKind::Conflict, "read", key));
        }
        let size = bytes.len() as u64;
        let within = |place: u64| usize::try_from(place.min(size)).unwrap_or(bytes.len());
        let range = within(range.start)..within(range.end).max(within(range.start));
        Ok(Piece { bytes: bytes[range].to_vec(), size, etag })
    }

    async fn list(&self, prefix: &ObjectPrefix, from: Option<&PageToken>) -> PortResult<Listing> {
        let objects = self.objects();
        let mut found = objects
            .iter()
            .filter(|(key, _)| prefix.holds(key))
            .filter(|(key, _)| from.is_none_or(|from| key.as_str() > from.0.as_str()))
            .map(|(key, stored)| ObjectMeta {
                key: key.clone(),
                size: stored.bytes.len() as u64,
                etag: stored.etag.clone(),
            });
        let page: Vec<ObjectMeta> = found.by_ref().take(PAGE).collect();
        let more = found.next().and(page.last()).map(|last| PageToken(last.key.to_string()));
        Ok(Listing { objects: page, unusable: 0, next: more })
    }

    async fn put(
        &self,
        key: &ObjectKey,
        bytes: Vec<u8>,
        _content_type: &str,
        condition: &Condition,
    ) -> PortResult<ETag> {
        let mut objects = self.objects();
        let current = objects.get(key);
        let holds = match condition {
            Condition::Always => true,
            Condition::Absent => current.is_none(),
            Condition::Matches(etag) => current.is_some_and(|current| current.etag == *etag),
        };
        if !holds {
            return Err(error(PortErrorKind::Conflict, "put", key));
        }
        let etag = ETag::new(hex_sha256([bytes.as_slice()]));
        let writes = current.map_or(0, |current| current.writes) + 1;
        objects.insert(key.clone(), Stored { bytes, etag: etag.clone(), writes });
        Ok(etag)
    }

    async fn put_file(&self, key: &ObjectKey, path: &Path, content_type: &str) -> PortResult<ETag> {
        let unreadable = |source| error(PortErrorKind::Invalid, "put", key).with_source(source);
        let bytes = std::fs::read(path).map_err(unreadable)?;
        self.put(key, bytes, content_type, &Condition::Always).await
    }

    async fn delete(&self, keys: &[ObjectKey]) -> PortResult<()> {
        let mut objects = self.objects();
        keys.iter().for_each(|key| {
            objects.remove(key);
        });
        Ok(())
    }
}

fn error(kind: PortErrorKind, attempted: &str, key: &ObjectKey) -> PortError {
    PortError::new(kind, format!("{attempted} {}", key.for_log()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::{jobs_contract, objects_contract};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn it_is_a_bucket() {
        objects_contract(&MemoryObjects::default()).await;
        jobs_contract(&MemoryObjects::default()).await;
    }
}
