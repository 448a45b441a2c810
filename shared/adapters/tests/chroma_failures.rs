//! How the Chroma adapter behaves when the server does not: against a server that answers what it is told to.
#![cfg(feature = "chroma")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use graphnode_adapters::chroma::{ChromaIndex, ChromaSettings};
use graphnode_core::config::Secret;
use graphnode_core::ports::PortErrorKind;
use graphnode_core::ports::vectors::{GraphBuild, RecordMetadata, VectorIndex, VectorRecord};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PRE_FLIGHT: (u16, &str) = (200, r#"{"max_batch_size":1000,"supports_base64_encoding":false}"#);
const COLLECTION: (u16, &str) = (200, r#"{"id":"c-1","configuration_json":{"spann":{"space":"cosine"}}}"#);

type Answers = Arc<Mutex<VecDeque<(u16, String)>>>;
type Requests = Arc<Mutex<Vec<String>>>;

/// A server that gives `answers` in turn, one a connection, and keeps what it was asked.
async fn server(answers: &[(u16, &str)]) -> (ChromaIndex, Requests) {
    let answers: Answers =
        Arc::new(Mutex::new(answers.iter().map(|(status, body)| (*status, (*body).to_owned())).collect()));
    let requests = Requests::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/behind/a/proxy/", listener.local_addr().unwrap());
    let kept = Arc::clone(&requests);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let answer = answers.lock().unwrap().pop_front().unwrap_or((500, String::new()));
            let request = answered(stream, answer).await;
            kept.lock().unwrap().push(request);
        }
    });
    let token = Some(Secret::new("ck-secret"));
    let settings = ChromaSettings { token, parallel_writes: 1, ..ChromaSettings::at(url.parse().unwrap()) };
    (ChromaIndex::new(settings).unwrap(), requests)
}

async fn answered(mut stream: TcpStream, (status, body): (u16, String)) -> String {
    let mut request = Vec::new();
    let mut buffer = vec![0; 65_536];
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        request.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let length: usize = text
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned))
            .map_or(0, |length| length.parse().unwrap());
        if count == 0 || text.find("\r\n\r\n").is_some_and(|end| request.len() >= end + 4 + length) {
            break;
        }
    }
    let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    String::from_utf8_lossy(&request).into_owned()
}

fn build() -> GraphBuild {
    GraphBuild { user_id: "u".parse().unwrap(), graph_id: "default".parse().unwrap(), generation: 1 }
}

fn records(count: usize) -> Vec<VectorRecord> {
    let record = |number: usize| VectorRecord {
        embedding: vec![0.6, 0.8],
        metadata: RecordMetadata {
            orig_id: number.to_string(),
            keywords: "private words".into(),
            ..Default::default()
        },
    };
    (0..count).map(record).collect()
}

#[tokio::test]
async fn what_passes_is_repeated_and_the_token_is_sent() {
    let busy = (429, r#"{"error":"TooManyRequests","message":"quota"}"#);
    let (index, requests) =
        server(&[PRE_FLIGHT, COLLECTION, busy, (503, ""), (200, "not json"), (500, "")]).await;
    let error = index.upsert(&build(), &records(1)).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unavailable, "an answer that cannot be read is not repeated");
    let requests = requests.lock().unwrap().clone();
    assert_eq!(requests.len(), 5);
    assert!(requests.iter().all(|request| request.contains("x-chroma-token: ck-secret")));
    assert!(requests[0].starts_with("GET /behind/a/proxy/api/v2/pre-flight-checks "));
    let path = "POST /behind/a/proxy/api/v2/tenants/default_tenant/databases/default_database/collections";
    assert!(
        requests[1].starts_with(&format!("{path} "))
            && requests[4].starts_with(&format!("{path}/c-1/upsert "))
    );
    assert_eq!(requests[2], requests[4]);
}

#[tokio::test]
async fn writes_hold_at_most_three_hundred_records_and_numbers_where_base64_is_unknown() {
    let (index, requests) = server(&[PRE_FLIGHT, COLLECTION, (200, "{}"), (200, "{}"), (200, "{}")]).await;
    index.upsert(&build(), &records(650)).await.unwrap();
    let requests = requests.lock().unwrap().clone();
    let written: Vec<usize> =
        requests[2..].iter().map(|request| request.matches("\"orig_id\"").count()).collect();
    assert_eq!(written, [300, 300, 50]);
    assert!(requests[2].contains("[0.6"), "numbers, as this server takes no base64");
}

#[tokio::test]
async fn what_is_refused_is_not_repeated_and_quotes_no_record() {
    let refusal = (422, r#"{"error":"InvalidArgumentError","message":"metadata: private words"}"#);
    let (index, requests) = server(&[PRE_FLIGHT, COLLECTION, refusal]).await;
    let error = index.upsert(&build(), &records(1)).await.unwrap_err();
    assert_eq!((error.kind(), requests.lock().unwrap().len()), (PortErrorKind::Invalid, 3));
    assert!(!format!("{error} {error:?}").contains("private"));
}

#[tokio::test]
async fn a_token_that_is_refused_is_denied() {
    let (index, _) = server(&[(401, r#"{"error":"AuthError","message":"Unauthorized"}"#)]).await;
    assert_eq!(index.count(&"u".parse().unwrap(), None).await.unwrap_err().kind(), PortErrorKind::Denied);
}

#[tokio::test]
async fn a_server_without_a_limit_on_deletes_removes_all_at_once() {
    use graphnode_core::ports::vectors::Removal;
    let (index, requests) = server(&[PRE_FLIGHT, COLLECTION, (200, "{}")]).await;
    index.remove(&"u".parse().unwrap(), &Removal::Everything).await.unwrap();
    assert!(requests.lock().unwrap()[2].contains(r#""where":{"userId":"u"}"#));
}
