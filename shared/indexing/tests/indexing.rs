//! Indexing on the embedded adapters: a folder as the bucket, an exact index.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod scene;

use graphnode_core::ids::TaskId;
use graphnode_core::job::JobState;
use graphnode_core::ports::RetryClass;
use graphnode_indexing::error::InvalidFeatures;
use graphnode_indexing::{IndexError, Indexed, Outcome, Skipped};
use scene::{Scene, build, row};
use serde_json::{Value, json};

fn indexed(outcome: Outcome) -> Indexed {
    match outcome {
        Outcome::Indexed(indexed) => indexed,
        Outcome::Skipped(skipped) => panic!("{}", skipped.reason()),
    }
}

#[tokio::test]
async fn a_build_is_found_with_everything_beside_it() {
    let scene = Scene::new();
    let job = scene.completed("t1", "u1", "default", 10).await;
    scene.put(&build(&job, &["a", "b"])).await;
    let done = indexed(scene.index("t1").await.unwrap());
    assert_eq!((done.vectors, done.removed, done.recorded), (2, 0, true));
    let found = scene.found("u1", &row(1)).await;
    assert_eq!(found[0].generation, job.generation);
    let metadata = &found[0].metadata;
    assert_eq!((metadata.orig_id.as_str(), metadata.node_id), ("b", 1));
    assert_eq!(
        (metadata.cluster_id.as_str(), metadata.cluster_name.as_deref()),
        ("cluster_1", Some("Bread"))
    );
    assert_eq!((metadata.keywords.as_str(), metadata.num_messages), ("sourdough,rye flour", 4));
    assert_eq!((metadata.create_time, metadata.source_type.as_str()), (Some(1_709_405_640.5), "chat"));
    assert_eq!(metadata.model, "test-model");
    assert!(matches!(scene.state("t1").await, JobState::Indexed { vectors: 2, .. }));
    assert!(scene.found("u2", &row(1)).await.is_empty(), "of another person nothing is found");
}

#[tokio::test]
async fn twice_is_once() {
    let scene = Scene::new();
    let job = scene.completed("t1", "u1", "default", 10).await;
    scene.put(&build(&job, &["a", "b"])).await;
    scene.index("t1").await.unwrap();
    let (vectors, state) = (scene.all("u1").await, scene.state("t1").await);
    assert_eq!(indexed(scene.index("t1").await.unwrap()).vectors, 2);
    assert_eq!((scene.all("u1").await, scene.state("t1").await), (vectors, state));
}

#[tokio::test]
async fn more_than_a_batch_is_written_whole() {
    let scene = Scene::new();
    let job = scene.completed("t1", "u1", "default", 10).await;
    let ids: Vec<String> = (0..2500).map(|number| format!("c{number}")).collect();
    scene.put(&build(&job, &ids.iter().map(String::as_str).collect::<Vec<_>>())).await;
    assert_eq!(indexed(scene.index("t1").await.unwrap()).vectors, 2500);
    assert_eq!(scene.count("u1").await, 2500);
}

#[tokio::test]
async fn fewer_conversations_leave_no_stale_vector() {
    let scene = Scene::new();
    let first = scene.completed("t1", "u1", "default", 10).await;
    scene.put(&build(&first, &["a", "b", "c"])).await;
    scene.index("t1").await.unwrap();
    let second = scene.completed("t2", "u1", "default", 20).await;
    scene.put(&build(&second, &["b"])).await;
    let done = indexed(scene.index("t2").await.unwrap());
    assert_eq!((done.vectors, done.removed), (1, 2));
    assert_eq!(scene.ids("u1").await, ["b"]);
    let third = scene.completed("t3", "u1", "default", 30).await;
    scene.put(&build(&third, &[])).await;
    assert_eq!(indexed(scene.index("t3").await.unwrap()).removed, 1);
    assert_eq!(scene.count("u1").await, 0);
}

#[tokio::test]
async fn persons_with_the_same_conversations_do_not_touch_each_other() {
    let scene = Scene::new();
    for (task, user) in [("t1", "u1"), ("t2", "u2")] {
        let job = scene.completed(task, user, "default", 10).await;
        scene.put(&build(&job, &["a", "b"])).await;
        scene.index(task).await.unwrap();
    }
    let fewer = scene.completed("t3", "u1", "default", 20).await;
    scene.put(&build(&fewer, &["a"])).await;
    scene.index("t3").await.unwrap();
    assert_eq!(
        (scene.ids("u1").await, scene.ids("u2").await),
        (vec!["a".into()], vec!["a".into(), "b".into()])
    );
}

#[tokio::test]
async fn a_late_older_build_changes_nothing() {
    let scene = Scene::new();
    let older = scene.completed("t1", "u1", "default", 10).await;
    let newer = scene.completed("t2", "u1", "default", 20).await;
    scene.put(&build(&newer, &["a", "b"])).await;
    scene.index("t2").await.unwrap();
    let before = scene.all("u1").await;
    scene.put(&build(&older, &["a", "z"])).await;
    // An earlier run of it may have died half-way, so the one that counts is written again in its place.
    let done = indexed(scene.index("t1").await.unwrap());
    assert_eq!((done.task_id, done.vectors), ("t2".parse().unwrap(), 2));
    assert_eq!(scene.all("u1").await, before);
    assert!(matches!(scene.state("t1").await, JobState::Completed { .. }), "it never was in the index");
}

#[tokio::test]
async fn what_an_older_run_left_half_done_is_mended_by_its_next_delivery() {
    let scene = Scene::new();
    let older = scene.completed("t1", "u1", "default", 10).await;
    let newer = scene.completed("t2", "u1", "default", 20).await;
    scene.put(&build(&newer, &["a", "b"])).await;
    scene.index("t2").await.unwrap();
    let before = scene.all("u1").await;
    // The older one wrote over `a`, added `z`, and died.
    scene.write("u1", older.generation, &["a", "z"]).await;
    scene.put(&build(&older, &["a", "z"])).await;
    scene.index("t1").await.unwrap();
    assert_eq!(scene.all("u1").await, before);
}

#[tokio::test]
async fn a_build_that_is_overtaken_while_it_is_written_leaves_the_newer_one() {
    let scene = Scene::new();
    let older = scene.completed("t1", "u1", "default", 10).await;
    let newer = scene.completed("t2", "u1", "default", 20).await;
    scene.put(&build(&older, &["a", "z"])).await;
    scene.put(&build(&newer, &["a", "b"])).await;
    let done = indexed(scene.index_while("t1", "t2").await.unwrap());
    assert_eq!((done.task_id, done.removed), ("t2".parse().unwrap(), 1), "what the older one added is gone");
    assert_eq!(scene.ids("u1").await, ["a", "b"]);
    assert!(scene.all("u1").await.iter().all(|hit| hit.generation == newer.generation));
}

#[tokio::test]
async fn the_event_of_a_superseded_build_that_was_indexed_is_skipped() {
    let scene = Scene::new();
    for (task, time) in [("t1", 10), ("t2", 20)] {
        let job = scene.completed(task, "u1", "default", time).await;
        scene.put(&build(&job, &["a"])).await;
        scene.index(task).await.unwrap();
    }
    assert_eq!(scene.index("t1").await.unwrap(), Outcome::Skipped(Skipped::Superseded));
}

#[tokio::test]
async fn a_conversation_in_two_graphs_belongs_to_the_last_and_is_not_removed_by_the_first() {
    let scene = Scene::new();
    for (task, graph, ids) in [("t1", "work", ["a", "b"].as_slice()), ("t2", "all", &["a", "b", "c"])] {
        let job = scene.completed(task, "u1", graph, 10).await;
        scene.put(&build(&job, ids)).await;
        scene.index(task).await.unwrap();
    }
    assert_eq!(scene.ids("u1").await, ["a", "b", "c"]);
    let fewer = scene.completed("t3", "u1", "work", 20).await;
    scene.put(&build(&fewer, &["b"])).await;
    scene.index("t3").await.unwrap();
    assert_eq!(scene.ids("u1").await, ["a", "b", "c"], "the other graph still has it");
}

#[tokio::test]
async fn a_file_without_a_job_speaks_for_itself_but_not_against_the_index() {
    let scene = Scene::new();
    scene.put(&build(&scene::job("t2", "u1", 20), &["a", "b"])).await;
    let done = indexed(scene.index("t2").await.unwrap());
    assert_eq!((done.vectors, done.recorded), (2, false));
    scene.put(&build(&scene::job("t1", "u1", 10), &["a", "z"])).await;
    assert_eq!(scene.index("t1").await.unwrap(), Outcome::Skipped(Skipped::OlderThanIndex));
    assert_eq!(scene.ids("u1").await, ["a", "b"]);
}

#[tokio::test]
async fn a_job_that_is_not_completed_waits_and_one_that_failed_is_left_out() {
    let scene = Scene::new();
    let job = scene.running("t1", "u1", 10).await;
    scene.put(&build(&job, &["a"])).await;
    let error = scene.index("t1").await.unwrap_err();
    assert!(matches!(error, IndexError::NotCompleted(_)) && error.retry_class() == RetryClass::Transient);
    assert_eq!(scene.count("u1").await, 0);
    scene.cancel("t1").await;
    assert_eq!(scene.index("t1").await.unwrap(), Outcome::Skipped(Skipped::Withdrawn));
    assert_eq!(scene.index("nothing").await.unwrap(), Outcome::Skipped(Skipped::Gone));
}

#[tokio::test]
async fn a_file_that_is_not_its_jobs_is_refused() {
    let scene = Scene::new();
    let job = scene.completed("t1", "u1", "default", 10).await;
    for (field, value) in [("userId", json!("u2")), ("graphId", json!("other")), ("generation", json!(7))] {
        let mut file = build(&job, &["a"]);
        file["metadata"][field] = value;
        scene.put(&file).await;
        assert_eq!(problem(scene.index("t1").await), InvalidFeatures::NotOfTheJob, "{field}");
    }
    let mut file = build(&job, &["a"]);
    file["metadata"]["taskId"] = json!("t2");
    scene.put_as("t1", file.to_string().as_bytes()).await;
    let other: TaskId = "t2".parse().unwrap();
    assert_eq!(problem(scene.index("t1").await), InvalidFeatures::OtherTask(other));
    assert_eq!((scene.count("u1").await, scene.count("u2").await), (0, 0));
}

fn problem(outcome: Result<Outcome, IndexError>) -> InvalidFeatures {
    let error = outcome.unwrap_err();
    assert_eq!(error.retry_class(), RetryClass::Permanent);
    match error {
        IndexError::Features { problem, .. } => problem,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_said_before_anything_is_written() {
    let scene = Scene::new();
    let good = build(&scene::job("t1", "u1", 10), &["a", "b"]);
    let with = |pointer: &str, value: Value| {
        let mut file = good.clone();
        *file.pointer_mut(pointer).unwrap() = value;
        file
    };
    let half: Vec<f32> = row(1).iter().map(|value| value / 2.0).collect();
    let cases = [
        (with("/metadata/total_conversations", json!(3)), "2 conversations, 2 embeddings and says 3"),
        (with("/embeddings", json!([row(0)])), "2 conversations, 1 embeddings"),
        (with("/metadata/embedding_dimension", json!(5)), "row 0 has 4 values where 5 were said"),
        (with("/embeddings/1", json!([1.0])), "row 1 has 1 values where 4 were said"),
        (with("/embeddings/1", json!(half)), "row 1 has length 0.5, not 1"),
        (with("/embeddings/1/0", json!("x")), "cannot be read in embeddings, element 1"),
        (with("/conversations/1/orig_id", json!("a")), "conversation 1 has the id of an earlier one"),
        (with("/conversations/1/orig_id", json!("")), "the id of conversation 1 has 0 bytes"),
        (with("/conversations/1/cluster_id", json!(null)), "cannot be read in conversations, element 1"),
        (with("/metadata/userId", json!("a/b")), "cannot be read in metadata"),
        (with("/metadata", json!(null)), "cannot be read in metadata"),
    ];
    for (file, said) in cases {
        scene.put(&good).await;
        scene.put_as("t1", file.to_string().as_bytes()).await;
        let problem = problem(scene.index("t1").await).to_string();
        assert!(problem.contains(said), "{problem} / {said}");
        assert_eq!(scene.count("u1").await, 0);
    }
}

/// Whether the parser itself or the check after it refuses depends on how the workspace's features have it read numbers.
#[tokio::test]
async fn a_number_no_vector_can_hold_is_refused_before_anything_is_written() {
    let scene = Scene::new();
    let mut file = build(&scene::job("t1", "u1", 10), &["a", "b"]);
    scene.put(&file).await;
    *file.pointer_mut("/embeddings/1/0").unwrap() = json!(1e39);
    scene.put_as("t1", file.to_string().as_bytes()).await;
    let problem = problem(scene.index("t1").await).to_string();
    let said = ["row 1 is not finite", "cannot be read in embeddings, element 1"];
    assert!(said.iter().any(|said| problem.contains(said)), "{problem}");
    assert_eq!(scene.count("u1").await, 0);
}

#[tokio::test]
async fn a_file_that_breaks_off_or_is_none_is_refused_without_quoting_it() {
    let scene = Scene::new();
    let whole = build(&scene::job("t1", "u1", 10), &["secret-id", "b"]).to_string();
    let twice = whole.replacen('{', r#"{"metadata":{},"#, 1);
    let broken =
        [&whole[..whole.len() - 1], &whole[..80], "", "[]", "secret", "{}", &twice, &format!("{whole}x")];
    for text in broken {
        scene.put_as("t1", text.as_bytes()).await;
        let problem = problem(scene.index("t1").await);
        assert!(matches!(problem, InvalidFeatures::Unreadable { .. }), "{problem}");
        assert!(!problem.to_string().contains("secret"), "{problem}");
    }
    assert_eq!(scene.count("u1").await, 0);
}

#[tokio::test]
async fn members_may_come_in_any_order_and_unknown_ones_are_passed_over() {
    let scene = Scene::new();
    let file = build(&scene::job("t1", "u1", 10), &["a", "b"]);
    let (conversations, embeddings, metadata) =
        (&file["conversations"], &file["embeddings"], &file["metadata"]);
    let text = format!(
        r#"{{"later":[1,{{"x":[]}}],"metadata":{metadata},"embeddings":{embeddings},"conversations":{conversations}}}"#
    );
    scene.put_as("t1", text.as_bytes()).await;
    assert_eq!(indexed(scene.index("t1").await.unwrap()).vectors, 2);
}
