//! From a request to its results.

use axum::http::StatusCode;
use graphnode_core::clock::Clock;
use graphnode_core::job::store::update_job;
use graphnode_core::job::{HowFar, Place};
use graphnode_core::keys;
use graphnode_core::messages::FailureReason;
use graphnode_core::messages::outgoing::{GraphResult, graph_result};
use graphnode_core::messages::progress::Progress;
use graphnode_core::ports::Objects;
use graphnode_core::ports::objects::Condition;
use graphnode_core::watch::Stage;
use serde_json::json;
use std::time::Duration;

use crate::scene::{ANN, Scene, request};

#[tokio::test]
async fn a_job_is_followed_from_queue_to_results() {
    let scene = Scene::new();
    let task = scene.enqueue(ANN).await;
    let path = format!("/tasks/{task}");
    let queued = scene.get(&path, ANN).await.json();
    assert_eq!((&queued["status"], &queued["percent"]), (&"queued".into(), &0.into()));
    assert_eq!(queued["links"], json!({"self": format!("/v1/graph-ai{path}")}));
    let early = scene.get(&format!("{path}/graph"), ANN).await;
    assert_eq!((early.status, &early.json()["retryable"]), (StatusCode::CONFLICT, &true.into()));

    scene.begin(&task).await;
    let now = scene.clock.now();
    let how_far = HowFar {
        progress: Some(Progress::new(Stage::Embed, 1, 2)),
        expected_end: now.checked_add(Duration::from_secs(30)).ok(),
    };
    let owner = "worker".parse().unwrap();
    update_job(&scene.objects, &task, |record| record.renew(&owner, how_far, now, Duration::from_secs(60)))
        .await
        .unwrap();
    scene.clock.advance(10);
    let running = scene.get(&path, ANN).await.json();
    assert_eq!(running["stage"], json!({"name": "embed", "percent": 50}));
    assert_eq!((&running["etaSeconds"], &running["runner"]), (&20.into(), &json!(Place::Lambda)));
    assert!((1..99).contains(&running["percent"].as_u64().unwrap()));

    scene.complete(&task).await;
    let done = scene.get(&path, ANN).await.json();
    assert_eq!((&done["status"], &done["percent"]), (&"completed".into(), &100.into()));
    for (part, kind) in [
        ("graph", "application/json"),
        ("summary", "application/json"),
        ("features", "application/json"),
        ("view", "text/html; charset=utf-8"),
        ("report", "application/json"),
    ] {
        let link = done["links"][part].as_str().unwrap();
        let answer = scene.send(request("GET", link, ANN, None)).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, kind), "{part}");
        let mut again = request("GET", link, ANN, None);
        again.headers_mut().insert("if-none-match", answer.header("etag").parse().unwrap());
        let again = scene.send(again).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{part}");
    }
    let newest = scene.get("/graph", ANN).await.json();
    assert_eq!(newest, json!({"of": "graph.json", "task": task}));
    assert_eq!(scene.get("/graph?graphId=other", ANN).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_job_that_failed_says_why() {
    let scene = Scene::new();
    let task = scene.enqueue(ANN).await;
    scene.begin(&task).await;
    let (now, reason) = (scene.clock.now(), FailureReason::new("the export holds no conversations"));
    let message = graph_result(&task, &ANN.parse().unwrap(), now, &GraphResult::Failed(reason.clone()));
    let owner = "worker".parse().unwrap();
    update_job(&scene.objects, &task, |record| record.fail(&owner, reason.clone(), message.clone(), now))
        .await
        .unwrap();
    let failed = scene.get(&format!("/tasks/{task}"), ANN).await.json();
    assert_eq!((&failed["status"], &failed["error"]), (&"failed".into(), &reason.as_str().into()));
    let graph = scene.get(&format!("/tasks/{task}/graph"), ANN).await;
    assert_eq!((graph.status, &graph.json()["retryable"]), (StatusCode::CONFLICT, &false.into()));
}

#[tokio::test]
async fn jobs_are_listed_newest_first_in_pages() {
    let scene = Scene::with(graphnode_http::api::Limits { tasks_in_flight: 10, ..Default::default() });
    let mut tasks = Vec::new();
    for _ in 0..5 {
        tasks.push(scene.enqueue(ANN).await.to_string());
        scene.enqueue("bob").await;
    }
    tasks.reverse();
    let (mut listed, mut path) = (Vec::new(), "/tasks?limit=2".to_owned());
    for page in 1.. {
        let answer = scene.get(&path, ANN).await.json();
        let ids = answer["tasks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|task| task["taskId"].as_str().unwrap().to_owned());
        listed.extend(ids);
        match answer["nextCursor"].as_str() {
            Some(cursor) => path = format!("/tasks?limit=2&cursor={cursor}"),
            None => {
                assert_eq!(page, 3);
                break;
            }
        }
    }
    assert_eq!(listed, tasks);
}

#[tokio::test]
async fn an_upload_is_built_from_once_it_is_whole() {
    let scene = Scene::new();
    let announced = json!({"bytes": 5, "contentType": "application/json"});
    let answer = scene.post("/uploads", ANN, &announced).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let upload = answer.json();
    let upload_id = upload["uploadId"].as_str().unwrap();
    assert_eq!(upload["requests"].as_array().unwrap().len(), 1);
    let build = json!({"uploadId": upload_id});
    let key = keys::upload(&ANN.parse().unwrap(), &upload_id.parse().unwrap());
    assert_eq!(scene.post("", ANN, &build).await.status, StatusCode::CONFLICT);
    scene.objects.put(&key, b"[{}]".to_vec(), "application/json", &Condition::Always).await.unwrap();
    assert_eq!(scene.post("", ANN, &build).await.status, StatusCode::CONFLICT, "a byte is missing");
    scene.objects.put(&key, b"[{} ]".to_vec(), "application/json", &Condition::Always).await.unwrap();
    assert_eq!(scene.post("", ANN, &build).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_summary_is_asked_for_again() {
    let scene = Scene::new();
    assert_eq!(scene.post("/summary", ANN, &json!({})).await.status, StatusCode::NOT_FOUND);
    let task = scene.enqueue(ANN).await;
    scene.complete(&task).await;
    scene.messages().await;
    let answer = scene.post("/summary", ANN, &json!({"language": "ko", "detailLevel": "detailed"})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let message = scene.messages().await.remove(0);
    let message: serde_json::Value = serde_json::from_str(&message).unwrap();
    assert_eq!(message["taskType"], "GRAPH_SUMMARY_REQUEST");
    assert_eq!(message["payload"]["graphS3Key"], format!("results/{task}/graph.json"));
    assert_eq!(
        (&message["payload"]["language"], &message["payload"]["detailLevel"]),
        (&"ko".into(), &"detailed".into())
    );
}
