//! What a request may say, and how it hears what is wrong.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use graphnode_core::messages::{Incoming, Request as Asked};
use graphnode_http::api::Limits;
use serde_json::{Value, json};

use crate::scene::{ANN, Scene, conversations, request};

#[tokio::test]
async fn a_field_that_is_wrong_is_named() {
    let scene = Scene::new();
    let with = |name: &str, value: Value| {
        let mut body = json!({"conversations": conversations()});
        body[name] = value;
        body
    };
    for (body, field) in [
        (json!({}), "conversations"),
        (json!({"conversations": []}), "conversations"),
        (json!({"conversations": {"a": 1}}), "conversations"),
        (json!({"conversations": ["a"]}), "conversations"),
        (with("uploadId", json!("u-1")), "uploadId"),
        (with("uploadId", json!("../x")), "uploadId"),
        (with("graphId", json!("a b")), "graphId"),
        (with("graphId", json!("x".repeat(65))), "graphId"),
        (with("minClusters", json!(0)), "minClusters"),
        (with("minClusters", json!("3")), "minClusters"),
        (with("maxClusters", json!(201)), "maxClusters"),
        (with("language", json!("fr")), "language"),
        (with("detailLevel", json!("long")), "detailLevel"),
        (with("includeSummary", json!("yes")), "includeSummary"),
        (with("userId", json!("bob")), "userId"),
    ] {
        let answer = scene.post("", ANN, &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.wrong_field(), field, "{body}");
    }
    for (path, field) in [
        ("/tasks?limit=0", "limit"),
        ("/tasks?limit=x", "limit"),
        ("/tasks?user=bob", "user"),
        (&format!("/tasks?cursor={}", "x".repeat(201)), "cursor"),
    ] {
        let answer = scene.get(path, ANN).await;
        assert_eq!(
            (answer.status, answer.wrong_field()),
            (StatusCode::BAD_REQUEST, field.to_owned()),
            "{path}"
        );
    }
    assert!(scene.messages().await.is_empty());
}

#[tokio::test]
async fn what_is_no_json_or_too_much_is_told_so() {
    let limits =
        Limits { body_bytes: 2000, conversations: 2, messages: 3, upload_bytes: 10, ..Limits::default() };
    let scene = Scene::with(limits);
    let text = Request::post("/v1/graph-ai").header("x-test-user", ANN).header("content-type", "text/plain");
    let answer = scene.send(text.body(Body::from("{}")).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let conversation = |messages: usize| {
        let nodes: serde_json::Map<String, Value> =
            (0..messages).map(|number| (number.to_string(), json!({}))).collect();
        json!({"id": "c", "mapping": nodes})
    };
    let claude = json!({"uuid": "c", "chat_messages": [{}, {}, {}, {}]});
    for body in [
        json!({"conversations": ["x".repeat(3000)]}),
        json!({"conversations": [conversation(1), conversation(1), conversation(1)]}),
        json!({"conversations": [conversation(4)]}),
        json!({"conversations": [claude]}),
    ] {
        assert_eq!(scene.post("", ANN, &body).await.status, StatusCode::PAYLOAD_TOO_LARGE, "{body}");
    }
    assert_eq!(
        scene.post("", ANN, &json!({"conversations": [conversation(3)]})).await.status,
        StatusCode::ACCEPTED
    );
    let announced = json!({"bytes": 11, "contentType": "application/zip"});
    assert_eq!(scene.post("/uploads", ANN, &announced).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    for (body, field) in [
        (json!({"bytes": 0, "contentType": "application/zip"}), "bytes"),
        (json!({"bytes": 5, "contentType": "text/html"}), "contentType"),
        (json!({"bytes": 5}), "contentType"),
    ] {
        assert_eq!(scene.post("/uploads", ANN, &body).await.wrong_field(), field);
    }
}

#[tokio::test]
async fn the_choices_of_a_request_reach_the_worker() {
    let scene = Scene::new();
    let body = json!({
        "conversations": conversations(), "graphId": "work", "minClusters": 9, "language": "ko",
        "includeSummary": false, "detailLevel": "brief",
    });
    let answer = scene.post("/generate", ANN, &body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let messages = scene.messages().await;
    let incoming: Incoming = messages[0].parse().unwrap();
    assert_eq!((messages.len(), incoming.task_id.as_str()), (1, answer.json()["taskId"].as_str().unwrap()));
    let Asked::Generation(request) = incoming.request else { panic!("{messages:?}") };
    let options = request.build_options();
    assert_eq!((request.user_id.as_str(), request.graph_id.as_str()), (ANN, "work"));
    assert_eq!((options.clusters.min(), options.clusters.max(), options.include_summary), (9, 9, false));
    assert_eq!((options.language.code(), options.summary_language.code()), ("ko", "ko"));
    let key = request.input.as_str();
    assert_eq!(key, format!("uploads/ann/{}/export", incoming.task_id));
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_the_same_job() {
    let scene = Scene::new();
    let body = json!({"conversations": conversations()});
    let keyed = |body: &Value, caller: &str| {
        let mut request = request("POST", "/v1/graph-ai", caller, Some(body));
        request.headers_mut().insert("idempotency-key", "order 7".parse().unwrap());
        request
    };
    let first = scene.send(keyed(&body, ANN)).await;
    scene.clock.advance(5);
    let again = scene.send(keyed(&body, ANN)).await;
    assert_eq!((first.status, &first.body), (StatusCode::ACCEPTED, &again.body));
    // While nobody has begun it, the message may have been lost: it is sent again, and means the same.
    let messages = scene.messages().await;
    assert_eq!((messages.len(), &messages[0]), (2, &messages[1]));

    let task = first.json()["taskId"].as_str().unwrap().parse().unwrap();
    scene.complete(&task).await;
    assert_eq!(scene.send(keyed(&body, ANN)).await.body, first.body);
    assert!(scene.messages().await.is_empty());

    let other = json!({"conversations": conversations(), "language": "ko"});
    assert_eq!(scene.send(keyed(&other, ANN)).await.status, StatusCode::CONFLICT);
    let of_bob = scene.send(keyed(&body, "bob")).await;
    assert_ne!(of_bob.json()["taskId"], first.json()["taskId"]);
    for wrong in ["", &"x".repeat(256)] {
        let mut request = keyed(&body, ANN);
        request.headers_mut().insert("idempotency-key", wrong.parse().unwrap());
        assert_eq!(scene.send(request).await.wrong_field(), "Idempotency-Key");
    }
}

#[tokio::test]
async fn a_person_has_so_many_jobs_at_a_time() {
    let scene = Scene::with(Limits { tasks_in_flight: 2, ..Limits::default() });
    let first = scene.enqueue(ANN).await;
    scene.enqueue(ANN).await;
    let refused = scene.post("", ANN, &json!({"conversations": conversations()})).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    assert_eq!(refused.json()["retryable"], true);
    scene.enqueue("bob").await;
    scene.complete(&first).await;
    scene.enqueue(ANN).await;
}
