//! The adapters of one machine, held to the contracts of the ports.

use std::time::Duration;

use graphnode_adapters::embedded::{ExactVectors, FolderObjects, LocalQueue};
use graphnode_core::keys::{self, ObjectKey};
use graphnode_core::ports::objects::{Condition, Objects};
use graphnode_core::ports::transfer::PresignedRequest;
use graphnode_core::ports::{DirectTransfer, PortErrorKind};
use graphnode_testkit::contracts::transfer::Answered;
use graphnode_testkit::contracts::{
    jobs_contract, objects_contract, queue_contract, transfer_contract, vectors_contract,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_is_a_bucket() {
    let place = tempfile::tempdir().unwrap();
    objects_contract(&FolderObjects::open(place.path()).unwrap()).await;
}

#[test]
fn what_a_killed_writer_left_is_swept() {
    let place = tempfile::tempdir().unwrap();
    let objects = FolderObjects::open(place.path()).unwrap();
    let left = place.path().join("temporary/.tmpAbc");
    std::fs::write(&left, "half of somebody's history").unwrap();
    objects.sweep().unwrap();
    assert!(!left.exists());
}

#[tokio::test]
async fn a_folder_takes_uploads_by_the_path_a_server_serves() {
    let place = tempfile::tempdir().unwrap();
    let objects = FolderObjects::open(place.path()).unwrap();
    // There is no server here: this is what it does with the body.
    let client = async |key: &ObjectKey, request: PresignedRequest, body: Vec<u8>| {
        let (_, upload_id) = keys::parse_upload(key).unwrap();
        assert_eq!(request.url, format!("uploads/{upload_id}/content"));
        let etag = objects.put(key, body, "application/zip", &Condition::Always).await.unwrap();
        Answered { etag: Some(etag), body: Vec::new() }
    };
    transfer_contract(&objects, client, None).await;
    assert_eq!(objects.share(&"results/t/graph.json".parse().unwrap(), Duration::MAX).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_in_a_folder_have_one_claimant() {
    let place = tempfile::tempdir().unwrap();
    jobs_contract(&FolderObjects::open(place.path()).unwrap()).await;
}

#[tokio::test]
async fn a_queue_in_the_process_is_a_queue() {
    let (queue, dead_letters) = LocalQueue::with_dead_letters(2);
    queue_contract(&queue, &dead_letters).await;
    assert!(queue.is_empty() && dead_letters.is_empty());
}

#[tokio::test]
async fn an_exact_index_is_an_index_in_memory_and_in_a_folder() {
    vectors_contract(&ExactVectors::default()).await;
    let place = tempfile::tempdir().unwrap();
    vectors_contract(&ExactVectors::open(place.path()).unwrap()).await;
}

#[tokio::test]
async fn a_key_that_is_the_folder_of_another_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let objects = FolderObjects::open(place.path()).unwrap();
    let put = async |key: &str| {
        let outcome =
            objects.put(&key.parse().unwrap(), b"x".to_vec(), "text/plain", &Condition::Always).await;
        outcome.map_err(|error| error.kind())
    };
    assert!(put("a/b").await.is_ok());
    assert_eq!(put("a").await, Err(PortErrorKind::Invalid));
    assert_eq!(put("a/b/c").await, Err(PortErrorKind::Invalid));
    assert_eq!(put(&"x".repeat(300)).await, Err(PortErrorKind::Invalid));
    objects.delete(&["a".parse().unwrap(), "a/b/c".parse().unwrap()]).await.unwrap();
    assert!(objects.head(&"a/b".parse().unwrap()).await.is_ok());
}

#[tokio::test]
async fn vectors_in_a_folder_are_there_after_a_restart_and_leave_nothing_when_they_go() {
    use graphnode_core::ports::vectors::{GraphBuild, RecordMetadata, Removal, VectorIndex, VectorRecord};
    let place = tempfile::tempdir().unwrap();
    let build = GraphBuild {
        user_id: "auth0|7".parse().unwrap(),
        graph_id: "default".parse().unwrap(),
        generation: 3,
    };
    let record = VectorRecord {
        embedding: vec![0.6, 0.8],
        metadata: RecordMetadata { orig_id: "a".into(), ..Default::default() },
    };
    ExactVectors::open(place.path()).unwrap().upsert(&build, &[record]).await.unwrap();
    let index = ExactVectors::open(place.path()).unwrap();
    assert_eq!(index.count(&build.user_id, None).await.unwrap(), 1);
    let query = graphnode_core::ports::vectors::VectorQuery::nearest(&[0.6, 0.8], 5);
    assert!(index.query(&build.user_id, query).await.unwrap()[0].score > 0.9999);
    assert_eq!(index.remove(&build.user_id, &Removal::Everything).await.unwrap(), 1);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn an_object_is_read_like_a_file_until_it_changes() {
    use graphnode_adapters::blocking;
    use std::io::{Read, Seek, SeekFrom};
    let place = tempfile::tempdir().unwrap();
    let objects = std::sync::Arc::new(FolderObjects::open(place.path()).unwrap());
    let key: ObjectKey = "export.json".parse().unwrap();
    objects.put(&key, b"0123456789".to_vec(), "text/plain", &Condition::Always).await.unwrap();
    let object = objects.head(&key).await.unwrap();
    let runtime = tokio::runtime::Handle::current();
    let open = || blocking::reader(runtime.clone(), std::sync::Arc::clone(&objects), object.clone());

    let mut reader = open();
    let read = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        reader.seek(SeekFrom::End(-4)).unwrap();
        reader.read_to_string(&mut text).unwrap();
        text
    });
    assert_eq!(read.await.unwrap(), "6789");

    let mut reader = open();
    objects.put(&key, b"changed...".to_vec(), "text/plain", &Condition::Always).await.unwrap();
    let read = tokio::task::spawn_blocking(move || reader.read_to_end(&mut Vec::new()));
    let error = read.await.unwrap().unwrap_err();
    let source = error.get_ref().and_then(|error| error.downcast_ref::<graphnode_core::ports::PortError>());
    assert_eq!(source.map(|error| error.kind()), Some(PortErrorKind::Conflict));
}
