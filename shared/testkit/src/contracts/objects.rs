//! What a bucket must do.

use std::io::{Read, Seek, SeekFrom, Write};

use graphnode_core::keys::{JSON, ObjectKey, ObjectPrefix};
use graphnode_core::ports::PortErrorKind::{Conflict, NotFound};
use graphnode_core::ports::objects::{Condition, Objects, delete_all, download, list_all, read_whole};
use tokio::task::JoinSet;

use super::{fails_with, succeeds, unique};

/// Writers that race for one key.
const RACERS: usize = 12;
/// More than one page of any store.
const MANY: usize = 1_030;
/// More than fits one request.
const LARGE_BYTES: usize = 20 * 1024 * 1024;

/// Holds a bucket to the duties of [`Objects`].
pub async fn objects_contract<O: Objects + Clone + 'static>(objects: &O) {
    let prefix: ObjectPrefix = format!("{}/", unique("contract")).parse().expect("a prefix");
    whole_objects(objects, &prefix).await;
    ranges(objects, &prefix).await;
    conditions(objects, &prefix).await;
    races(objects, &prefix).await;
    odd_names(objects, &prefix).await;
    files(objects, &prefix).await;
    let left = succeeds(delete_all(objects, &prefix).await);
    assert!(left > 0);
    lists(objects, &prefix).await;
    assert_eq!(succeeds(list_all(objects, &prefix, 10).await), []);
}

fn key(prefix: &ObjectPrefix, name: &str) -> ObjectKey {
    prefix.join(name).expect("a key")
}

async fn put(objects: &impl Objects, key: &ObjectKey, text: &str) -> graphnode_core::ports::objects::ETag {
    succeeds(objects.put(key, text.into(), JSON, &Condition::Always).await)
}

async fn whole_objects(objects: &impl Objects, prefix: &ObjectPrefix) {
    let key = key(prefix, "whole/a.json");
    fails_with(NotFound, objects.head(&key).await);
    fails_with(NotFound, objects.read(&key, 0..10, None).await);
    fails_with(NotFound, objects.read(&key, 0..0, None).await);
    let first = put(objects, &key, "one").await;
    let meta = succeeds(objects.head(&key).await);
    assert_eq!((meta.size, &meta.etag, &meta.key), (3, &first, &key));
    let second = put(objects, &key, "three").await;
    assert_ne!(first, second, "another content has another tag");
    let piece = succeeds(read_whole(objects, &key, 100).await);
    assert_eq!((piece.bytes.as_slice(), piece.size, &piece.etag), (b"three".as_slice(), 5, &second));
    assert!(read_whole(objects, &key, 4).await.is_err(), "larger than was asked for");
    let missing = super::objects::key(prefix, "whole/missing");
    succeeds(objects.delete(&[key.clone(), missing, key.clone()]).await);
    fails_with(NotFound, objects.head(&key).await);
    succeeds(objects.delete(&[]).await);
}

async fn ranges(objects: &impl Objects, prefix: &ObjectPrefix) {
    let (key, empty) = (key(prefix, "ranges.txt"), key(prefix, "empty.txt"));
    let old = put(objects, &key, "0123456789").await;
    for (range, expected) in
        [(0..4, "0123"), (4..7, "456"), (7..99, "789"), (10..12, ""), (50..60, ""), (3..3, "")]
    {
        let piece = succeeds(objects.read(&key, range.clone(), Some(&old)).await);
        assert_eq!((piece.bytes.as_slice(), piece.size), (expected.as_bytes(), 10), "{range:?}");
    }
    put(objects, &key, "changed...").await;
    fails_with(Conflict, objects.read(&key, 0..4, Some(&old)).await);
    fails_with(Conflict, objects.read(&key, 50..60, Some(&old)).await);
    put(objects, &empty, "").await;
    let piece = succeeds(objects.read(&empty, 0..100, None).await);
    assert_eq!((piece.bytes.len(), piece.size), (0, 0));
    let mut sink = Vec::new();
    assert_eq!(succeeds(download(objects, &empty, &mut sink).await).size, 0);
}

async fn conditions(objects: &impl Objects, prefix: &ObjectPrefix) {
    let key = key(prefix, "conditions.json");
    let write = |text: &'static str, condition: Condition| {
        let key = key.clone();
        async move { objects.put(&key, text.into(), JSON, &condition).await }
    };
    let stranger = put(objects, &super::objects::key(prefix, "stranger"), "stranger").await;
    fails_with(Conflict, write("x", Condition::Matches(stranger)).await);
    let first = succeeds(write("1", Condition::Absent).await);
    fails_with(Conflict, write("2", Condition::Absent).await);
    let second = succeeds(write("2", Condition::Matches(first.clone())).await);
    fails_with(Conflict, write("3", Condition::Matches(first)).await);
    assert_eq!(succeeds(read_whole(objects, &key, 10).await).bytes, b"2");
    let head = succeeds(objects.head(&key).await);
    assert_eq!(head.etag, second, "a tag is the same from a write, a read and a head");
    succeeds(write("3", Condition::Matches(head.etag)).await);
}

/// Of several writers under one condition exactly one wins, and what it wrote is there.
async fn races<O: Objects + Clone + 'static>(objects: &O, prefix: &ObjectPrefix) {
    let key = key(prefix, "race.json");
    for round in 0..4 {
        let condition = match round {
            0 => Condition::Absent,
            _ => Condition::Matches(succeeds(objects.head(&key).await).etag),
        };
        let mut writers = JoinSet::new();
        for racer in 0..RACERS {
            let (objects, key, condition) = (objects.clone(), key.clone(), condition.clone());
            writers.spawn(async move {
                let text = format!("{round} {racer}");
                let outcome = objects.put(&key, text.clone().into(), JSON, &condition).await;
                (text, outcome)
            });
        }
        let mut winners = Vec::new();
        for (text, outcome) in writers.join_all().await {
            match outcome {
                Ok(etag) => winners.push((text, etag)),
                lost => fails_with(Conflict, lost),
            }
        }
        let piece = succeeds(read_whole(objects, &key, 100).await);
        let held = (String::from_utf8_lossy(&piece.bytes).into_owned(), piece.etag);
        assert_eq!(winners, [held]);
    }
}

async fn odd_names(objects: &impl Objects, prefix: &ObjectPrefix) {
    let odd: ObjectPrefix = format!("{prefix}odd/").parse().expect("a prefix");
    let names =
        ["대화 내보내기 (1).json", "a+b c%20d&e=f.json", "q?x#y:z*|<>'\".txt", "auth0|7/é.json", "end. "];
    for name in names {
        put(objects, &key(&odd, name), name).await;
    }
    let mut listed: Vec<String> = succeeds(list_all(objects, &odd, 100).await)
        .iter()
        .filter_map(|object| odd.name_within(&object.key).map(str::to_owned))
        .collect();
    listed.sort();
    let mut expected = names;
    expected.sort_unstable();
    assert_eq!(listed, expected);
    for name in names {
        assert_eq!(succeeds(read_whole(objects, &key(&odd, name), 100).await).bytes, name.as_bytes());
    }
}

async fn files(objects: &impl Objects, prefix: &ObjectPrefix) {
    let key = key(prefix, "files/large.bin");
    let mut content: Vec<u8> = (0..LARGE_BYTES).map(|i| (i / 3 % 251) as u8).collect();
    for size in [LARGE_BYTES, 1000] {
        content.truncate(size);
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(&content).expect("written");
        let etag = succeeds(objects.put_file(&key, file.path(), "application/octet-stream").await);
        let mut copy = tempfile::tempfile().expect("a file");
        let meta = succeeds(download(objects, &key, &mut copy).await);
        assert_eq!((meta.size, &meta.etag), (size as u64, &etag));
        let mut back = Vec::new();
        copy.seek(SeekFrom::Start(0)).and_then(|_| copy.read_to_end(&mut back)).expect("read");
        assert!(back == content, "the file came back changed");
    }
    let nowhere = std::path::Path::new("/nowhere/at/all");
    fails_with(graphnode_core::ports::PortErrorKind::Invalid, objects.put_file(&key, nowhere, JSON).await);
}

/// Lists hold what lies under a prefix and nothing beside it, in order, over several pages.
async fn lists<O: Objects + Clone + 'static>(objects: &O, prefix: &ObjectPrefix) {
    let beside = key(prefix, "many.json");
    put(objects, &beside, "beside").await;
    let many: ObjectPrefix = format!("{prefix}many/").parse().expect("a prefix");
    let mut writers = JoinSet::new();
    for number in 0..MANY {
        let (objects, key) = (objects.clone(), key(&many, &format!("{:02}/{number}", number % 7)));
        writers
            .spawn(async move { succeeds(objects.put(&key, b"x".to_vec(), JSON, &Condition::Always).await) });
        if writers.len() >= RACERS {
            writers.join_next().await;
        }
    }
    writers.join_all().await;
    let first = succeeds(objects.list(&many, None).await);
    assert!(first.next.is_some() && first.unusable == 0, "that many do not fit one page");
    let all = succeeds(list_all(objects, &many, MANY).await);
    assert_eq!(all.len(), MANY);
    assert!(all.is_sorted_by(|a, b| a.key < b.key) && all.iter().all(|object| many.holds(&object.key)));
    assert_eq!(all[0], succeeds(objects.head(&all[0].key).await));
    assert!(list_all(objects, &many, 10).await.is_err(), "more than were asked for");
    assert_eq!(succeeds(delete_all(objects, &many).await), MANY);
    assert_eq!(succeeds(list_all(objects, prefix, 10).await).len(), 1, "what lies beside stays");
    succeeds(objects.delete(&[beside]).await);
}
