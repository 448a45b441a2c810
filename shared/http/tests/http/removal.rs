//! What goes when a person says so, and what does not.

use axum::http::StatusCode;
use graphnode_core::clock::Clock;
use graphnode_core::job::store::update_job;
use graphnode_core::ports::VectorIndex;
use graphnode_core::ports::launcher::LaunchedTask;
use std::time::Duration;

use crate::scene::{ANN, Scene};

async fn vectors(scene: &Scene, user: &str) -> u64 {
    scene.api.vectors.count(&user.parse().unwrap(), None).await.unwrap()
}

#[tokio::test]
async fn a_running_job_is_cancelled_and_its_task_is_stopped() {
    let scene = Scene::new();
    let task = scene.enqueue(ANN).await;
    scene.begin(&task).await;
    let (now, owner) = (scene.clock.now(), "worker".parse().unwrap());
    let lease = Duration::from_secs(60);
    update_job(&scene.objects, &task, |record| record.dispatch(&owner, now, lease)).await.unwrap();
    let started = LaunchedTask("arn:task/1".to_owned());
    update_job(&scene.objects, &task, |record| record.launched(&started, now)).await.unwrap();
    let path = format!("/tasks/{task}");
    let answer = scene.delete(&path, ANN).await;
    assert_eq!((answer.status, &answer.json()["status"]), (StatusCode::OK, &"cancelled".into()));
    assert_eq!(*scene.stopped.0.lock().unwrap(), ["arn:task/1"]);
    assert_eq!(scene.get(&path, ANN).await.json()["status"], "cancelled");
    // Its message may be on its way, so the record stays a while; then it goes.
    assert_eq!(scene.delete(&path, ANN).await.json()["status"], "deleted");
    assert!(scene.record(&task).await.is_some());
    scene.clock.advance(3600);
    scene.delete(&path, ANN).await;
    assert!(scene.record(&task).await.is_none());
    assert_eq!(scene.delete(&path, ANN).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_deleted_build_takes_its_results_and_vectors_with_it() {
    let scene = Scene::new();
    let (older, newer) = (scene.enqueue(ANN).await, scene.enqueue(ANN).await);
    scene.complete(&older).await;
    scene.complete(&newer).await;
    scene.delete(&format!("/tasks/{older}"), ANN).await;
    assert_eq!(vectors(&scene, ANN).await, 1, "those of the newer build stay");
    assert_eq!(scene.get("/graph", ANN).await.status, StatusCode::OK);
    let removed = scene.delete(&format!("/tasks/{newer}"), ANN).await.json()["removed"].clone();
    assert_eq!((&removed["results"], &removed["vectors"]), (&6.into(), &1.into()));
    assert_eq!(vectors(&scene, ANN).await, 0);
    assert_eq!(scene.get("/graph", ANN).await.status, StatusCode::NOT_FOUND);
    for task in [older, newer] {
        assert!(scene.keys_with(task.as_str()).await.is_empty());
    }
}

#[tokio::test]
async fn everything_of_a_person_goes_and_nothing_of_another() {
    let scene = Scene::new();
    let (done, queued) = (scene.enqueue(ANN).await, scene.enqueue(ANN).await);
    let of_bob = scene.enqueue("bob").await;
    scene.complete(&done).await;
    scene.complete(&of_bob).await;
    let before = scene.keys_with("bob").await.len();
    let first = scene.delete("", ANN).await.json();
    assert_eq!((&first["complete"], &first["stopping"]), (&false.into(), &1.into()), "{first}");
    assert!(scene.keys_with(done.as_str()).await.is_empty());
    assert!(scene.record(&queued).await.is_some(), "or its message would start it anew");
    scene.clock.advance(3600);
    let second = scene.delete("", ANN).await.json();
    assert_eq!(second["complete"], true, "{second}");
    assert!(scene.keys_with(ANN).await.is_empty());
    assert!(scene.record(&queued).await.is_none());
    let third = scene.delete("", ANN).await.json();
    for part in ["results", "vectors", "uploads", "records", "stopping", "remaining"] {
        assert_eq!(third[part], 0, "{third}");
    }
    assert_eq!((vectors(&scene, ANN).await, vectors(&scene, "bob").await), (0, 1));
    assert_eq!(scene.keys_with("bob").await.len(), before);
    assert_eq!(scene.get(&format!("/tasks/{of_bob}/graph"), "bob").await.status, StatusCode::OK);
}

#[tokio::test]
async fn erasing_many_jobs_takes_several_calls() {
    let scene = Scene::with(graphnode_http::api::Limits { tasks_in_flight: 100, ..Default::default() });
    for _ in 0..60 {
        let task = scene.enqueue(ANN).await;
        scene.complete(&task).await;
    }
    let first = scene.delete("", ANN).await.json();
    assert_eq!((&first["complete"], &first["remaining"]), (&false.into(), &1.into()));
    let second = scene.delete("", ANN).await.json();
    assert_eq!((&second["complete"], &second["records"]), (&true.into(), &10.into()), "{second}");
}
