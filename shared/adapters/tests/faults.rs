//! The wrappers that make ports go wrong, over the adapters of one machine: without a fault nobody notices them, and
//! each fault does what it is called.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

use std::collections::BTreeMap;
use std::time::Duration;

use graphnode_adapters::embedded::{ExactVectors, FolderObjects, LocalQueue};
use graphnode_core::keys::{self, JSON, ObjectKey};
use graphnode_core::ports::PortErrorKind::{Conflict, NotFound, Unavailable};
use graphnode_core::ports::objects::{Condition, Objects, download, list_all, read_whole};
use graphnode_core::ports::transfer::{Announced, PresignedRequest};
use graphnode_core::ports::{DirectTransfer, Queue};
use graphnode_testkit::contracts::transfer::Answered;
use graphnode_testkit::contracts::{
    jobs_contract, objects_contract, queue_contract, transfer_contract, vectors_contract,
};
use graphnode_testkit::faults::{Fault, Faults, Faulty};
use graphnode_testkit::memory::MemoryObjects;

const LONG: Duration = Duration::from_secs(60);

fn bucket(plan: impl IntoIterator<Item = (usize, Fault)>) -> (MemoryObjects, Faulty<MemoryObjects>) {
    let inner = MemoryObjects::default();
    (inner.clone(), Faulty::new(inner, Faults::new(plan, 7), "objects"))
}

fn queue(plan: impl IntoIterator<Item = (usize, Fault)>) -> (LocalQueue, Faulty<LocalQueue>) {
    let inner = LocalQueue::default();
    (inner.clone(), Faulty::new(inner, Faults::new(plan, 7), "requests"))
}

fn key(text: &str) -> ObjectKey {
    text.parse().unwrap()
}

/// Whether a call comes to an end soon.
async fn answers<T>(call: impl Future<Output = T>) -> bool {
    tokio::time::timeout(Duration::from_millis(20), call).await.is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_fault_a_bucket_is_a_bucket() {
    let place = tempfile::tempdir().unwrap();
    let folder = FolderObjects::open(place.path()).unwrap();
    objects_contract(&Faulty::new(folder.clone(), Faults::none(), "objects")).await;
    jobs_contract(&Faulty::new(folder.clone(), Faults::none(), "objects")).await;

    let transfer = Faulty::new(folder.clone(), Faults::none(), "transfer");
    let client = async |key: &ObjectKey, _: PresignedRequest, body: Vec<u8>| {
        let etag = folder.put(key, body, "application/zip", &Condition::Always).await.unwrap();
        Answered { etag: Some(etag), body: Vec::new() }
    };
    transfer_contract(&transfer, client, None).await;
}

#[tokio::test]
async fn without_a_fault_a_queue_is_a_queue_and_an_index_an_index() {
    let (queue, dead_letters) = LocalQueue::with_dead_letters(2);
    let wrapped = |queue, name| Faulty::new(queue, Faults::none(), name);
    queue_contract(&wrapped(queue, "requests"), &wrapped(dead_letters, "dead_letters")).await;
    vectors_contract(&Faulty::new(ExactVectors::default(), Faults::none(), "vectors")).await;
}

#[tokio::test]
async fn calls_are_numbered_over_all_processes_and_named_without_whose_they_are() {
    let (inner, objects) = bucket([]);
    let faults = Faults::none();
    let one = Faulty::new(inner.clone(), faults.process("worker-1"), "objects");
    let other = Faulty::new(LocalQueue::default(), faults.process("task-1"), "requests");
    one.put(&key("jobs/t-1.json"), b"x".to_vec(), JSON, &Condition::Absent).await.unwrap();
    other.send("x", Duration::ZERO).await.unwrap();
    one.head(&key("results/t-1/graph.json")).await.unwrap_err();
    let calls: Vec<_> =
        faults.calls().into_iter().map(|call| (call.number, call.process, call.name)).collect();
    let expected = [
        (0, "worker-1", "objects.put jobs/…"),
        (1, "task-1", "requests.send"),
        (2, "worker-1", "objects.head results/…/graph.json"),
    ];
    assert_eq!(calls, expected.map(|(number, process, name)| (number, process.to_owned(), name.to_owned())));
    assert!(objects.head(&key("jobs/t-1.json")).await.is_ok(), "it is the same bucket");
}

#[tokio::test]
async fn an_error_comes_before_the_effect_or_after_it() {
    let (inner, objects) = bucket([(0, Fault::ErrorBefore(Unavailable)), (1, Fault::ErrorAfter(Conflict))]);
    let put = async |name| {
        objects.put(&key(name), b"x".to_vec(), JSON, &Condition::Always).await.map_err(|e| e.kind())
    };
    assert_eq!(put("before").await, Err(Unavailable));
    assert_eq!(put("after").await, Err(Conflict));
    assert_eq!(inner.head(&key("before")).await.unwrap_err().kind(), NotFound);
    assert!(inner.head(&key("after")).await.is_ok());
}

#[tokio::test]
async fn a_crash_ends_its_process_and_no_other() {
    for (fault, written) in [(Fault::CrashBefore, false), (Fault::CrashAfter, true)] {
        let inner = MemoryObjects::default();
        let faults = Faults::new([(0, fault)], 7);
        let (victim, other) = (faults.process("victim"), faults.process("other"));
        let objects = Faulty::new(inner.clone(), victim.clone(), "objects");
        let put = async { objects.put(&key("a"), b"x".to_vec(), JSON, &Condition::Always).await };
        tokio::select! {
            biased;
            answer = put => panic!("{answer:?}"),
            () = victim.crashed() => {}
        }
        assert_eq!(inner.head(&key("a")).await.is_ok(), written, "{fault:?}");
        assert!(!answers(objects.head(&key("a"))).await, "it makes no further call");
        Faulty::new(inner.clone(), other, "objects")
            .put(&key("b"), vec![], JSON, &Condition::Always)
            .await
            .unwrap();

        // What it had started beside ends, without effect.
        victim.bury();
        let late = objects.put(&key("c"), vec![], JSON, &Condition::Always).await.unwrap_err();
        assert_eq!(late.kind(), Unavailable);
        assert!(inner.head(&key("c")).await.is_err());
    }
}

#[tokio::test]
async fn a_paused_process_makes_no_call_until_it_is_resumed() {
    let (inner, _) = bucket([]);
    let faults = Faults::new([(0, Fault::Pause)], 7).process("zombie");
    let objects = Faulty::new(inner.clone(), faults.clone(), "objects");
    let sleeper = objects.clone();
    let put = tokio::spawn(async move {
        sleeper.put(&key("a"), b"x".to_vec(), JSON, &Condition::Always).await.map(drop)
    });
    assert_eq!(faults.paused().await, 0);
    assert!(!answers(objects.head(&key("a"))).await);
    assert!(inner.all().is_empty());
    faults.resume();
    put.await.unwrap().unwrap();
    assert!(objects.head(&key("a")).await.is_ok());
}

#[tokio::test]
async fn a_delayed_call_happens_later() {
    let (inner, objects) = bucket([(0, Fault::Delay(Duration::from_millis(300)))]);
    let put = tokio::spawn(async move {
        objects.put(&key("a"), b"x".to_vec(), JSON, &Condition::Always).await.map(drop)
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(inner.all().is_empty());
    put.await.unwrap().unwrap();
    assert_eq!(inner.all().len(), 1);
}

#[tokio::test]
async fn what_is_done_twice_hears_the_second_answer() {
    let (inner, objects) = bucket([(0, Fault::Duplicate)]);
    let error = objects.put(&key("a"), b"x".to_vec(), JSON, &Condition::Absent).await.unwrap_err();
    assert_eq!(error.kind(), Conflict, "its own write was there before");
    assert_eq!(inner.all().len(), 1);

    let (messages, requests) = queue([(0, Fault::Duplicate)]);
    requests.send("x", Duration::ZERO).await.unwrap();
    assert_eq!(messages.len(), 2);
}

#[tokio::test]
async fn messages_come_in_another_order_or_not_all_of_them() {
    let send_all = async |queue: &LocalQueue| {
        for body in ["a", "b", "c"] {
            queue.send(body, Duration::ZERO).await.unwrap();
        }
    };
    let bodies = async |queue: &Faulty<LocalQueue>| -> Vec<String> {
        let received = queue.receive(10, Duration::ZERO, LONG).await.unwrap();
        received.into_iter().map(|delivery| delivery.body).collect()
    };
    let (inner, requests) = queue([(0, Fault::Reorder)]);
    send_all(&inner).await;
    let mut turned = bodies(&requests).await;
    assert_ne!(turned, ["a", "b", "c"]);
    turned.sort();
    assert_eq!(turned, ["a", "b", "c"]);

    let (inner, requests) = queue([(0, Fault::Truncate)]);
    send_all(&inner).await;
    let few = bodies(&requests).await;
    assert!(few.len() < 3 && few == ["a", "b", "c"][..few.len()], "{few:?}");
    assert_eq!(inner.len(), 3, "the others are invisible for a time, not lost");
}

#[tokio::test]
async fn what_is_cut_short_is_read_on_from_there() {
    let (inner, objects) = bucket([(0, Fault::Truncate), (2, Fault::Truncate)]);
    let text: Vec<u8> = (0..=255).collect();
    inner.put(&key("in/a"), text.clone(), JSON, &Condition::Always).await.unwrap();
    let mut sink = Vec::new();
    download(&objects, &key("in/a"), &mut sink).await.unwrap();
    assert_eq!(sink, text);

    for name in ["in/b", "in/c"] {
        inner.put(&key(name), vec![], JSON, &Condition::Always).await.unwrap();
    }
    let listed = list_all(&objects, &"in/".parse().unwrap(), 10).await.unwrap();
    let names: Vec<&str> = listed.iter().map(|object| object.key.as_str()).collect();
    assert_eq!(names, ["in/a", "in/b", "in/c"]);
    assert_eq!(objects_asked(&inner), BTreeMap::from([("in/a", 1), ("in/b", 1), ("in/c", 1)]));
    assert_eq!(read_whole(&objects, &key("in/a"), 1000).await.unwrap().bytes, text);
}

fn objects_asked(objects: &MemoryObjects) -> BTreeMap<&'static str, usize> {
    let writes = objects.writes();
    ["in/a", "in/b", "in/c"].into_iter().map(|name| (name, writes[&key(name)])).collect()
}

#[tokio::test]
async fn an_invitation_can_be_lost() {
    let place = tempfile::tempdir().unwrap();
    let folder = FolderObjects::open(place.path()).unwrap();
    let transfer = Faulty::new(folder, Faults::new([(0, Fault::ErrorAfter(Unavailable))], 7), "transfer");
    let upload = keys::upload(&"auth0|7".parse().unwrap(), &"up-1".parse().unwrap());
    let announced = Announced { bytes: 1, content_type: "application/zip" };
    let lost = transfer.invite(&upload, announced, LONG).await.unwrap_err();
    assert_eq!(lost.kind(), Unavailable);
    assert!(transfer.invite(&upload, announced, LONG).await.is_ok());
}
