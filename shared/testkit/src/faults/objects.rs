//! A bucket whose calls go wrong.

use std::ops::Range;
use std::path::Path;

use graphnode_core::keys::{ObjectKey, ObjectPrefix};
use graphnode_core::ports::objects::{Condition, ETag, Listing, ObjectMeta, PageToken, Piece};
use graphnode_core::ports::{Objects, PortResult};

use super::Faulty;
use super::plan::Bend;

impl<O: Objects> Objects for Faulty<O> {
    async fn head(&self, key: &ObjectKey) -> PortResult<ObjectMeta> {
        self.faults.call(self.of_key("head", key.as_str()), || self.inner.head(key), unbent).await
    }

    /// Truncated, a piece ends early, as the piece of one content does whose connection broke.
    async fn read(&self, key: &ObjectKey, range: Range<u64>, of: Option<&ETag>) -> PortResult<Piece> {
        let effect = || self.inner.read(key, range.clone(), of);
        let bend = |bend, piece: Piece| match bend {
            Bend::Truncate(_) => Piece { bytes: bend.list(piece.bytes), ..piece },
            Bend::Reorder(_) => piece,
        };
        self.faults.call(self.of_key("read", key.as_str()), effect, bend).await
    }

    /// Truncated, a page ends early and names the rest as the next one.
    async fn list(&self, prefix: &ObjectPrefix, from: Option<&PageToken>) -> PortResult<Listing> {
        let name = self.of_key("list", prefix.as_str());
        // A page never ends before its first object: its end is what the next page begins behind.
        let bend = |bend, page: Listing| match (bend, page.objects.len()) {
            (Bend::Truncate(mut chance), count @ 2..) => shortened(page, 1 + chance.below(count - 1)),
            _ => page,
        };
        self.faults.call(name, || self.inner.list(prefix, from), bend).await
    }

    async fn put(
        &self,
        key: &ObjectKey,
        bytes: Vec<u8>,
        content_type: &str,
        condition: &Condition,
    ) -> PortResult<ETag> {
        let effect = || self.inner.put(key, bytes.clone(), content_type, condition);
        self.faults.call(self.of_key("put", key.as_str()), effect, unbent).await
    }

    async fn put_file(&self, key: &ObjectKey, path: &Path, content_type: &str) -> PortResult<ETag> {
        let effect = || self.inner.put_file(key, path, content_type);
        self.faults.call(self.of_key("put_file", key.as_str()), effect, unbent).await
    }

    async fn delete(&self, keys: &[ObjectKey]) -> PortResult<()> {
        let first = keys.first().map_or("", |key| key.as_str());
        self.faults.call(self.of_key("delete", first), || self.inner.delete(keys), unbent).await
    }
}

impl<O> Faulty<O> {
    fn of_key(&self, method: &str, key: &str) -> String {
        format!("{} {}", self.named(method), kind_of(key))
    }
}

fn unbent<T>(_: Bend, value: T) -> T {
    value
}

/// The first `count` objects of a page. Pages begin behind a key in every store of ours that this wraps.
fn shortened(mut page: Listing, count: usize) -> Listing {
    page.objects.truncate(count);
    page.next = page.objects.last().map(|object| PageToken(object.key.to_string()));
    page
}

/// What kind of key it is, without whose: `jobs/…`, `users/…/graphs/…`, `results/…/graph.json`.
fn kind_of(key: &str) -> String {
    let segments: Vec<&str> = key.split('/').collect();
    match segments.as_slice() {
        ["results", _, file] => format!("results/…/{file}"),
        ["users", _, kind, ..] => format!("users/…/{kind}/…"),
        [first, _, ..] => format!("{first}/…"),
        _ => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_named_by_the_kind_of_its_key() {
        for (key, kind) in [
            ("jobs/t-1.json", "jobs/…"),
            ("users/auth0|7/graphs/default.json", "users/…/graphs/…"),
            ("results/t-1/graph.json", "results/…/graph.json"),
            ("checkpoints/auth0|7/t-1/", "checkpoints/…"),
            ("letter-to-mum.json", "…"),
        ] {
            assert_eq!(kind_of(key), kind);
        }
    }
}
