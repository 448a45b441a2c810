//! Nobody reaches what is another's: every operation of the OpenAPI document has its test here, or the suite fails.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use graphnode_http::api::openapi::DOCUMENT;
use serde_json::{Value, json};

use crate::scene::{ANN, Answer, BOB, Scene, conversations, request};

/// How an operation is kept apart.
enum Kept {
    /// It names a job: another's is as one that does not exist.
    ByTask,
    /// The same, by an upload.
    ByUpload(Value),
    /// It names nothing of anybody: what it answers holds nothing of another.
    ByCaller(Option<Value>),
    /// It names nothing and tells nothing of anybody.
    Open,
}

fn operations() -> Vec<(&'static str, Kept)> {
    use Kept::{ByCaller, ByTask, ByUpload, Open};
    vec![
        ("post /v1/graph-ai", ByCaller(Some(json!({"conversations": conversations()})))),
        ("delete /v1/graph-ai", ByCaller(None)),
        ("post /v1/graph-ai/uploads", ByCaller(Some(json!({"bytes": 3, "contentType": "application/json"})))),
        ("post /v1/graph-ai/uploads/{uploadId}/complete", ByUpload(json!({"etags": ["\"a\""]}))),
        ("get /v1/graph-ai/tasks", ByCaller(None)),
        ("get /v1/graph-ai/tasks/{taskId}", ByTask),
        ("delete /v1/graph-ai/tasks/{taskId}", ByTask),
        ("get /v1/graph-ai/tasks/{taskId}/graph", ByTask),
        ("get /v1/graph-ai/tasks/{taskId}/summary", ByTask),
        ("get /v1/graph-ai/tasks/{taskId}/features", ByTask),
        ("get /v1/graph-ai/tasks/{taskId}/view", ByTask),
        ("get /v1/graph-ai/tasks/{taskId}/report", ByTask),
        ("get /v1/graph-ai/graph", ByCaller(None)),
        ("get /v1/graph-ai/summary", ByCaller(None)),
        ("post /v1/graph-ai/summary", ByCaller(Some(json!({})))),
        ("get /v1/graph-ai/health", Open),
        ("get /v1/graph-ai/openapi.json", Open),
    ]
}

#[test]
fn every_operation_is_tested_here() {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let mut documented = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        documented.extend(methods.as_object().unwrap().keys().map(|method| format!("{method} {path}")));
    }
    // The search has its own function and its own test of the same kind.
    documented.retain(|operation| !operation.ends_with("/search"));
    let tested: BTreeSet<String> = operations().into_iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(documented, tested);
}

/// The answer without what must differ: the path and the request's own id.
fn bare(answer: &Answer) -> (StatusCode, Value) {
    let mut body = answer.json();
    let fields = body.as_object_mut().unwrap();
    fields.remove("instance");
    fields.remove("correlationId");
    (answer.status, body)
}

/// Ann has a job in every state and an upload.
async fn with_ann() -> (Scene, Vec<String>, String) {
    let scene = Scene::new();
    let (queued, running, done) =
        (scene.enqueue(ANN).await, scene.enqueue(ANN).await, scene.enqueue(ANN).await);
    scene.begin(&running).await;
    scene.complete(&done).await;
    let announced = json!({"bytes": 3, "contentType": "application/json"});
    let upload = scene.post("/uploads", ANN, &announced).await.json();
    let tasks = [queued, running, done].map(|task| task.to_string()).to_vec();
    (scene, tasks, upload["uploadId"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn another_persons_things_are_as_things_that_do_not_exist() {
    let (scene, tasks, upload) = with_ann().await;
    for (operation, kept) in operations() {
        let (method, path) = operation.split_once(' ').unwrap();
        let method = method.to_uppercase();
        match kept {
            Kept::ByTask => {
                let nowhere = path.replace("{taskId}", "0198-nowhere");
                let expected = bare(&scene.send(request(&method, &nowhere, BOB, None)).await);
                assert_eq!(expected.0, StatusCode::NOT_FOUND, "{operation}");
                for task in &tasks {
                    let path = path.replace("{taskId}", task);
                    let answer = scene.send(request(&method, &path, BOB, None)).await;
                    assert_eq!(bare(&answer), expected, "{operation}");
                }
            }
            Kept::ByUpload(body) => {
                let asked = async |id: &str| {
                    let path = path.replace("{uploadId}", id);
                    bare(&scene.send(request(&method, &path, BOB, Some(&body))).await)
                };
                assert_eq!(asked(&upload).await, asked("0198-nowhere").await, "{operation}");
                assert_eq!(asked(&upload).await.0, StatusCode::NOT_FOUND, "{operation}");
            }
            Kept::ByCaller(body) => {
                let answer = scene.send(request(&method, path, BOB, body.as_ref())).await;
                let said = String::from_utf8(answer.body.clone()).unwrap();
                for task in &tasks {
                    assert!(!said.contains(task.as_str()), "{operation}: {said}");
                }
            }
            Kept::Open => {
                assert_eq!(scene.send(request(&method, path, "", None)).await.status, StatusCode::OK);
            }
        }
    }
    // Nothing that Bob asked for, erasing everything among it, has touched what is Ann's.
    for task in &tasks {
        assert_eq!(scene.get(&format!("/tasks/{task}"), ANN).await.status, StatusCode::OK);
    }
    assert_eq!(scene.get(&format!("/tasks/{}/graph", tasks[2]), ANN).await.status, StatusCode::OK);
    assert_eq!(scene.keys_with(&upload).await.len(), 1);
}

#[tokio::test]
async fn an_upload_of_another_cannot_be_built_from() {
    let (scene, _, upload) = with_ann().await;
    let asked = async |id: &str| bare(&scene.post("", BOB, &json!({"uploadId": id})).await);
    assert_eq!(asked(&upload).await, asked("0198-nowhere").await);
    assert_eq!(asked(&upload).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_is_refused_everywhere() {
    let (scene, tasks, upload) = with_ann().await;
    for (operation, kept) in operations() {
        let (method, path) = operation.split_once(' ').unwrap();
        let path = path.replace("{taskId}", &tasks[2]).replace("{uploadId}", &upload);
        let body = match kept {
            Kept::Open => continue,
            Kept::ByUpload(body) | Kept::ByCaller(Some(body)) => Some(body),
            Kept::ByTask | Kept::ByCaller(None) => None,
        };
        // No claim, and claims that cannot be a key.
        for nobody in ["", "../ann", "a b", "ann/"] {
            let answer = scene.send(request(&method.to_uppercase(), &path, nobody, body.as_ref())).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{operation} {nobody:?}");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
}
