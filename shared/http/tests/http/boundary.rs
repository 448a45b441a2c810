//! What holds for every path: problems in one form, the correlation id, panics that end nothing.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use graphnode_http::{boundary, identity};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::scene::{ANN, Scene, request};

#[tokio::test]
async fn what_is_not_there_is_a_problem_as_well() {
    let scene = Scene::new();
    for (method, path, status) in [
        ("GET", "/", StatusCode::NOT_FOUND),
        ("GET", "/v1/graph-ai/nothing", StatusCode::NOT_FOUND),
        ("GET", "/v1/graph-ai/tasks/a%2Fb", StatusCode::NOT_FOUND),
        ("PATCH", "/v1/graph-ai/tasks", StatusCode::METHOD_NOT_ALLOWED),
        ("GET", "/v1/graph-ai", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let answer = scene.send(request(method, path, ANN, None)).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let body = answer.json();
        assert_eq!((&body["status"], &body["instance"]), (&status.as_u16().into(), &path.into()));
        assert_eq!(body["correlationId"], answer.header("x-correlation-id"));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            assert!(!answer.header("allow").is_empty(), "{path}");
        }
    }
}

#[tokio::test]
async fn the_correlation_id_is_the_clients_if_it_is_harmless() {
    let scene = Scene::new();
    let echoed = async |sent: &str| {
        let mut request = request("GET", "/v1/graph-ai/health", "", None);
        request.headers_mut().insert("x-correlation-id", sent.parse().unwrap());
        scene.send(request).await.header("x-correlation-id").to_owned()
    };
    assert_eq!(echoed("order-7.a:b_c").await, "order-7.a:b_c");
    for odd in ["", "a b", "{\"a\":1}", &"x".repeat(129)] {
        assert_eq!(echoed(odd).await.len(), 36, "{odd}");
    }
}

#[tokio::test]
async fn a_panic_is_one_answer_that_says_nothing() {
    async fn panics() {
        panic!("secret words");
    }
    let router = boundary::around(Router::new().route("/x", get(panics)), identity::local);
    for _ in 0..2 {
        let response = router.clone().oneshot(Request::get("/x").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let said = String::from_utf8(body.to_vec()).unwrap();
        assert!(said.contains("internal-error") && !said.contains("secret"), "{said}");
    }
}

#[tokio::test]
async fn answers_about_a_person_are_kept_by_nobody() {
    let scene = Scene::new();
    scene.enqueue(ANN).await;
    let answer = scene.get("/tasks", ANN).await;
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}
