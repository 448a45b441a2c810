//! The port to a bucket of objects, and what is built on it: whole reads, downloads, a blocking reader.

use std::future::Future;
use std::io::Write;
use std::ops::Range;
use std::path::Path;

use super::error::{PortError, PortErrorKind, PortResult};
use crate::keys::{ObjectKey, ObjectPrefix};

pub use reader::{BLOCK_BYTES, RangeReader};

mod reader;

/// Names one content of an object; opaque, compared only with others of the same bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ETag(String);

impl ETag {
    /// The tag as the store gave it, quotes included where it gives any.
    pub fn new(tag: impl Into<String>) -> Self {
        Self(tag.into())
    }

    /// The tag as the store gave it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// When a write may happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Always; replaces what is there.
    Always,
    /// Only if there is no object of that key.
    Absent,
    /// Only if the object there has this content.
    Matches(ETag),
}

/// What is known of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectMeta {
    /// Its key.
    pub key: ObjectKey,
    /// Its size in bytes.
    pub size: u64,
    /// Its content.
    pub etag: ETag,
}

/// Bytes of an object, with what they are a part of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The bytes of the range that exist: fewer than asked for at the end of the object.
    pub bytes: Vec<u8>,
    /// Size of the whole object in bytes.
    pub size: u64,
    /// Content of the whole object.
    pub etag: ETag,
}

/// One page of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Objects in the order of their keys' bytes.
    pub objects: Vec<ObjectMeta>,
    /// How many more this page held whose keys are none of ours: folder markers, control characters.
    pub unusable: usize,
    /// Where the next page begins; `None` after the last.
    pub next: Option<PageToken>,
}

/// Where a next page begins; opaque.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageToken(pub String);

/// A bucket.
///
/// Duties of an implementation:
/// - a write is seen whole or not at all, and by every read that starts after it;
/// - of several writers with the same [`Condition`] on one key exactly one succeeds, the others get
///   [`Conflict`](PortErrorKind::Conflict); a store's "another write is under way" is a conflict as well;
/// - equal [`ETag`]s of one key mean equal bytes;
/// - it retries what a moment mends by itself, a bounded number of times.
pub trait Objects: Send + Sync {
    /// Size and content tag of an object.
    ///
    /// # Errors
    /// [`NotFound`](PortErrorKind::NotFound), and what any call may meet.
    fn head(&self, key: &ObjectKey) -> impl Future<Output = PortResult<ObjectMeta>> + Send;

    /// The bytes of `range`, cut at the object's end; an empty range, or one behind the end, yields none.
    /// With `of`, only while the object still has that content.
    ///
    /// # Errors
    /// [`NotFound`](PortErrorKind::NotFound); [`Conflict`](PortErrorKind::Conflict) when the object is no longer
    /// `of`; what any call may meet.
    fn read(
        &self,
        key: &ObjectKey,
        range: Range<u64>,
        of: Option<&ETag>,
    ) -> impl Future<Output = PortResult<Piece>> + Send;

    /// A page of the objects whose keys start with `prefix`; a prefix without objects has one empty page.
    ///
    /// # Errors
    /// What any call may meet.
    fn list(
        &self,
        prefix: &ObjectPrefix,
        from: Option<&PageToken>,
    ) -> impl Future<Output = PortResult<Listing>> + Send;

    /// Writes an object from memory; yields its new content tag.
    ///
    /// # Errors
    /// [`Conflict`](PortErrorKind::Conflict) when `condition` does not hold (`Matches` on a missing object included);
    /// what any call may meet.
    fn put(
        &self,
        key: &ObjectKey,
        bytes: Vec<u8>,
        content_type: &str,
        condition: &Condition,
    ) -> impl Future<Output = PortResult<ETag>> + Send;

    /// Writes an object from the file at `path`, without holding it in memory; replaces what is there.
    ///
    /// # Errors
    /// [`Invalid`](PortErrorKind::Invalid) when the file cannot be read; what any call may meet.
    fn put_file(
        &self,
        key: &ObjectKey,
        path: &Path,
        content_type: &str,
    ) -> impl Future<Output = PortResult<ETag>> + Send;

    /// Removes objects, any number; those that are not there count as removed.
    ///
    /// # Errors
    /// What any call may meet; some may be removed by then.
    fn delete(&self, keys: &[ObjectKey]) -> impl Future<Output = PortResult<()>> + Send;
}

/// The whole object, for those known to be small.
///
/// # Errors
/// [`Invalid`](PortErrorKind::Invalid) above `most_bytes`; what [`Objects::read`] gives.
pub async fn read_whole(objects: &impl Objects, key: &ObjectKey, most_bytes: u64) -> PortResult<Piece> {
    let piece = objects.read(key, 0..most_bytes.saturating_add(1), None).await?;
    if piece.size > most_bytes {
        let source = format!("it has {} bytes, more than {most_bytes}", piece.size);
        return Err(
            PortError::new(PortErrorKind::Invalid, format!("read {}", key.for_log())).with_source(source)
        );
    }
    Ok(piece)
}

/// Copies an object into `sink`, [`BLOCK_BYTES`] at a time, all from one content of it.
///
/// `sink` is written to between awaits: it should be a file or memory, nothing that waits for long.
///
/// # Errors
/// What [`Objects::read`] gives, a conflict when the object changes meanwhile included;
/// [`Unavailable`](PortErrorKind::Unavailable) when `sink` cannot be written.
pub async fn download(
    objects: &impl Objects,
    key: &ObjectKey,
    sink: &mut (impl Write + Send),
) -> PortResult<ObjectMeta> {
    let mut done = 0_u64;
    let mut of: Option<ETag> = None;
    loop {
        let piece = objects.read(key, done..done + BLOCK_BYTES, of.as_ref()).await?;
        sink.write_all(&piece.bytes).map_err(|error| {
            PortError::new(PortErrorKind::Unavailable, format!("download {}", key.for_log()))
                .with_source(error)
        })?;
        done += piece.bytes.len() as u64;
        if done >= piece.size || piece.bytes.is_empty() {
            return Ok(ObjectMeta { key: key.clone(), size: piece.size, etag: piece.etag });
        }
        of = Some(piece.etag);
    }
}

/// Every object whose key starts with `prefix`, page by page; keys that are none of ours are left out.
///
/// # Errors
/// [`Invalid`](PortErrorKind::Invalid) above `most` objects; what [`Objects::list`] gives.
pub async fn list_all(
    objects: &impl Objects,
    prefix: &ObjectPrefix,
    most: usize,
) -> PortResult<Vec<ObjectMeta>> {
    let mut all = Vec::new();
    let mut from: Option<PageToken> = None;
    loop {
        let page = objects.list(prefix, from.as_ref()).await?;
        all.extend(page.objects);
        if all.len() > most {
            return Err(PortError::new(PortErrorKind::Invalid, format!("list {}", prefix.as_str()))
                .with_source(format!("it holds more than {most} objects")));
        }
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(all),
        }
    }
}

/// Removes every object whose key starts with `prefix`; yields how many there were.
///
/// # Errors
/// What [`Objects::list`] and [`Objects::delete`] give; some may be removed by then.
pub async fn delete_all(objects: &impl Objects, prefix: &ObjectPrefix) -> PortResult<usize> {
    let mut removed = 0;
    let mut from: Option<PageToken> = None;
    loop {
        let page = objects.list(prefix, from.as_ref()).await?;
        let keys: Vec<ObjectKey> = page.objects.into_iter().map(|object| object.key).collect();
        if !keys.is_empty() {
            objects.delete(&keys).await?;
        }
        removed += keys.len();
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(removed),
        }
    }
}
