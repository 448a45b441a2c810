//! What a store must do that lets clients send and fetch objects by themselves.

use std::time::Duration;

use graphnode_core::keys::{self, ObjectKey};
use graphnode_core::ports::PortErrorKind::{Invalid, NotFound};
use graphnode_core::ports::objects::{ETag, Objects, read_whole};
use graphnode_core::ports::transfer::{Announced, DirectTransfer, Invitation, MultipartId, PresignedRequest};

use super::{fails_with, succeeds, unique};

const TYPE: &str = "application/zip";
const VALID: Duration = Duration::from_secs(300);

/// What a client was answered.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The header `ETag`, where there was one.
    pub etag: Option<ETag>,
    /// The body.
    pub body: Vec<u8>,
}

/// Holds a store to the duties of [`DirectTransfer`].
///
/// `client` makes a request for the object of a key as somebody would who has nothing but the request, and panics
/// where it is refused. `several` is a size that the store takes in parts only, and as more than two of them; `None` for
/// a store that takes everything in one piece.
pub async fn transfer_contract<T, C>(store: &T, client: C, several: Option<usize>)
where
    T: DirectTransfer + Objects,
    C: AsyncFn(&ObjectKey, PresignedRequest, Vec<u8>) -> Answered,
{
    in_one_piece(store, &client).await;
    match several {
        Some(bytes) => {
            in_parts(store, &client, bytes).await;
            wrong_parts(store, &client, bytes).await;
        }
        None => {
            let large = Announced { bytes: 1 << 40, content_type: TYPE };
            let invited = succeeds(store.invite(&key(), large, VALID).await);
            assert!(matches!(invited, Invitation::Whole(_)), "{invited:?}");
        }
    }
    let unknown = MultipartId(unique("upload"));
    fails_with(NotFound, store.complete(&key(), &unknown, &[ETag::new("\"0\"")]).await);
}

/// The key of an upload nobody made before.
fn key() -> ObjectKey {
    let id = |base: &str| unique(base);
    keys::upload(&id("contract|user").parse().expect("an id"), &id("up").parse().expect("an id"))
}

/// Bytes of which no two parts are alike.
fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|i| (i / 7 % 251) as u8 ^ (i >> 16) as u8).collect()
}

async fn in_one_piece<T, C>(store: &T, client: &C)
where
    T: DirectTransfer + Objects,
    C: AsyncFn(&ObjectKey, PresignedRequest, Vec<u8>) -> Answered,
{
    let (key, sent) = (key(), content(70_000));
    let announced = Announced { bytes: sent.len() as u64, content_type: TYPE };
    let invited = succeeds(store.invite(&key, announced, VALID).await);
    let Invitation::Whole(request) = invited else { panic!("not in one piece: {invited:?}") };
    assert_eq!(request.method, "PUT");
    assert!(request.headers.contains(&("content-type".to_owned(), TYPE.to_owned())), "what to send");
    fails_with(NotFound, store.head(&key).await);
    client(&key, request, sent.clone()).await;
    holds(store, client, &key, &sent).await;
}

async fn in_parts<T, C>(store: &T, client: &C, bytes: usize)
where
    T: DirectTransfer + Objects,
    C: AsyncFn(&ObjectKey, PresignedRequest, Vec<u8>) -> Answered,
{
    let (key, sent) = (key(), content(bytes));
    let (id, tags) = send_parts(store, client, &key, &sent).await;
    fails_with(NotFound, store.head(&key).await);
    succeeds(store.complete(&key, &id, &tags).await);
    holds(store, client, &key, &sent).await;
    succeeds(store.complete(&key, &id, &tags).await);
    holds(store, client, &key, &sent).await;
}

/// What was not sent so makes no object, and what was sent can still be completed.
async fn wrong_parts<T, C>(store: &T, client: &C, bytes: usize)
where
    T: DirectTransfer + Objects,
    C: AsyncFn(&ObjectKey, PresignedRequest, Vec<u8>) -> Answered,
{
    let (key, sent) = (key(), content(bytes));
    let (id, tags) = send_parts(store, client, &key, &sent).await;
    let mut swapped = tags.clone();
    swapped.swap(0, 1);
    let mut one_more = tags.clone();
    one_more.push(tags[0].clone());
    for wrong in [swapped, one_more, Vec::new()] {
        fails_with(Invalid, store.complete(&key, &id, &wrong).await);
    }
    fails_with(NotFound, store.head(&key).await);
    succeeds(store.complete(&key, &id, &tags).await);
    holds(store, client, &key, &sent).await;
}

/// Sends all parts, the last one first: clients send several at a time.
async fn send_parts<T, C>(store: &T, client: &C, key: &ObjectKey, sent: &[u8]) -> (MultipartId, Vec<ETag>)
where
    T: DirectTransfer + Objects,
    C: AsyncFn(&ObjectKey, PresignedRequest, Vec<u8>) -> Answered,
{
    let announced = Announced { bytes: sent.len() as u64, content_type: TYPE };
    let invited = succeeds(store.invite(key, announced, VALID).await);
    let Invitation::Parts { id, part_bytes, requests } = invited else { panic!("in one piece: {invited:?}") };
    let parts: Vec<&[u8]> = sent.chunks(usize::try_from(part_bytes).expect("a part in memory")).collect();
    assert!(parts.len() > 2 && parts.len() == requests.len(), "{} requests", requests.len());
    let mut tags = Vec::new();
    for (part, request) in parts.into_iter().zip(requests).rev() {
        assert_eq!(request.method, "PUT");
        tags.push(client(key, request, part.to_vec()).await.etag.expect("the tag of a part"));
    }
    tags.reverse();
    (id, tags)
}

/// The object is `sent`, for us and for whoever fetches it by an address of the store.
async fn holds<T, C>(store: &T, client: &C, key: &ObjectKey, sent: &[u8])
where
    T: DirectTransfer + Objects,
    C: AsyncFn(&ObjectKey, PresignedRequest, Vec<u8>) -> Answered,
{
    assert!(succeeds(read_whole(store, key, sent.len() as u64).await).bytes == sent, "another content");
    if let Some(request) = succeeds(store.share(key, VALID).await) {
        assert_eq!(request.method, "GET");
        assert!(client(key, request, Vec::new()).await.body == sent, "another content was fetched");
    }
}
