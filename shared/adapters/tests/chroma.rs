//! Chroma, held to the contract of the port on a real server.
#![cfg(feature = "chroma")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

use graphnode_adapters::chroma::{ChromaIndex, ChromaSettings};
use graphnode_core::ports::vectors::{GraphBuild, RecordMetadata, VectorIndex, VectorRecord};
use graphnode_core::ports::{PortErrorKind, RetryClass};
use graphnode_testkit::contracts::{self, CHROMA_URL, unique, vectors_contract};

fn settings() -> Option<ChromaSettings> {
    let url = contracts::endpoint(CHROMA_URL, "Chroma")?;
    Some(ChromaSettings { collection: unique("contract"), ..ChromaSettings::at(url.parse().unwrap()) })
}

fn collections(settings: &ChromaSettings) -> String {
    format!("{}/api/v2/tenants/default_tenant/databases/default_database/collections", settings.url.as_str())
}

async fn request(method: reqwest::Method, url: &str, body: &str) -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let request =
        client.request(method, url).header("content-type", "application/json").body(body.to_owned());
    request.send().await.unwrap().error_for_status().unwrap().text().await.unwrap()
}

fn build() -> GraphBuild {
    GraphBuild {
        user_id: unique("user").parse().unwrap(),
        graph_id: "default".parse().unwrap(),
        generation: 1,
    }
}

fn record(orig_id: &str) -> VectorRecord {
    let metadata = RecordMetadata { orig_id: orig_id.to_owned(), ..RecordMetadata::default() };
    VectorRecord { embedding: vec![0.6, 0.8], metadata }
}

#[tokio::test]
async fn chroma_is_an_index() {
    let Some(settings) = settings() else { return };
    let url = format!("{}/{}", collections(&settings), settings.collection);
    vectors_contract(&ChromaIndex::new(settings).unwrap()).await;
    request(reqwest::Method::DELETE, &url, "").await;
}

#[tokio::test]
async fn a_collection_that_was_made_anew_is_looked_up_again() {
    let Some(settings) = settings() else { return };
    let url = format!("{}/{}", collections(&settings), settings.collection);
    let (index, build) = (ChromaIndex::new(settings).unwrap(), build());
    index.upsert(&build, &[record("a")]).await.unwrap();
    request(reqwest::Method::DELETE, &url, "").await;
    index.upsert(&build, &[record("b")]).await.unwrap();
    assert_eq!(index.count(&build.user_id, None).await.unwrap(), 1);
    request(reqwest::Method::DELETE, &url, "").await;
}

#[tokio::test]
async fn a_collection_that_does_not_compare_by_cosine_is_refused() {
    let Some(settings) = settings() else { return };
    let body = format!(r#"{{"name":"{}","configuration":{{"hnsw":{{"space":"l2"}}}}}}"#, settings.collection);
    request(reqwest::Method::POST, &collections(&settings), &body).await;
    let url = format!("{}/{}", collections(&settings), settings.collection);
    let error = ChromaIndex::new(settings).unwrap().upsert(&build(), &[record("a")]).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Invalid);
    assert!(format!("{:?}", std::error::Error::source(&error)).contains("cosine"));
    request(reqwest::Method::DELETE, &url, "").await;
}

#[tokio::test]
async fn a_record_is_stored_with_the_names_of_both_readers() {
    let Some(settings) = settings() else { return };
    let (base, name) = (collections(&settings), settings.collection.clone());
    let (index, build) = (ChromaIndex::new(settings).unwrap(), build());
    index.upsert(&build, &[record("3f1c-9a")]).await.unwrap();
    let collection: serde_json::Value =
        serde_json::from_str(&request(reqwest::Method::GET, &format!("{base}/{name}"), "").await).unwrap();
    let url = format!("{base}/{}/get", collection["id"].as_str().unwrap());
    let body = r#"{"include":["metadatas","embeddings"]}"#;
    let stored: serde_json::Value =
        serde_json::from_str(&request(reqwest::Method::POST, &url, body).await).unwrap();
    assert_eq!(stored["ids"][0], format!("{}_3f1c-9a", build.user_id));
    assert_eq!(stored["embeddings"][0], serde_json::json!([0.6, 0.8]), "the same numbers to the bit");
    let metadata = &stored["metadatas"][0];
    for key in ["userId", "user_id"] {
        assert_eq!(metadata[key], build.user_id.as_str());
    }
    for key in ["orig_id", "conversation_id"] {
        assert_eq!(metadata[key], "3f1c-9a");
    }
    assert_eq!((metadata["graphId"].as_str(), metadata["generation"].as_u64()), (Some("default"), Some(1)));
    request(reqwest::Method::DELETE, &format!("{base}/{name}"), "").await;
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_unavailable() {
    let index = ChromaIndex::new(ChromaSettings::at("http://127.0.0.1:9".parse().unwrap())).unwrap();
    let error = index.count(&"u".parse().unwrap(), None).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_class()), (PortErrorKind::Unavailable, RetryClass::Transient));
}
