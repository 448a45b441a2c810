//! Searching on the embedded adapters: a folder as the bucket, an exact index, builds as they are made.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod scene;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use graphnode_core::contract::rounded;
use graphnode_core::ids::{GraphId, UserId};
use graphnode_core::keys::ResultFile;
use graphnode_core::ports::vectors::{
    GraphBuild, RecordMetadata, Removal, VectorIndex, VectorMatch, VectorQuery, VectorRecord,
};
use graphnode_core::ports::{PortResult, RetryClass};
use graphnode_searching::error::InvalidBuild;
use graphnode_searching::{Hit, SearchError};
use scene::{Asked, Said, Scene, build, exactly, ids, request, said};

fn bread() -> Vec<Said> {
    said(&[
        ("loaf", "How long should sourdough bread rest before baking in the oven?"),
        ("rolls", "Bread rolls with butter for breakfast, baked in the oven"),
        ("engine", "The engine of my motorcycle leaks oil after every ride"),
        ("tyres", "Which tyres does a motorcycle need for winter roads?"),
    ])
}

/// Conversations about eight things, with some rare words that say nothing of what they are about.
fn many(count: usize) -> Vec<Said> {
    const THINGS: [&str; 8] = [
        "sourdough bread flour oven baking crust starter",
        "motorcycle engine oil tyres brakes exhaust carburettor",
        "garden tomato seedling compost pruning hedge raspberry",
        "violin concerto orchestra rehearsal melody rhythm sonata",
        "invoice taxes accounting ledger salary pension deduction",
        "marathon training stamina stretching sprint recovery hydration",
        "telescope galaxy nebula orbit comet eclipse meteor",
        "database query index transaction replica backup migration",
    ];
    let conversation = |number: usize| {
        let thing: Vec<&str> = THINGS[number % 8].split(' ').collect();
        let about = (0..5).map(|turn| thing[(number / 8 + turn * (1 + number % 3)) % thing.len()]);
        // Words of three letters and fewer mean nothing to the encoder of these tests.
        let rare = match number % 90 {
            5 => "zyx",
            7 => "빵",
            _ => "abc",
        };
        let text = format!("{} {rare} note{number}", about.collect::<Vec<_>>().join(" "));
        (format!("c-{number}"), text)
    };
    (0..count).map(conversation).collect()
}

#[tokio::test]
async fn a_hit_says_what_a_person_wants_to_know() {
    let scene = Scene::new();
    let results = scene.index(build("t1", "u1", 10), &bread()).await;
    let answer = scene.search("u1", &request("sourdough bread")).await.unwrap();
    let hit = &answer.hits[0];
    let node = &results.graph.nodes[hit.node_id];
    assert_eq!((hit.orig_id.as_str(), node.orig_id.as_str()), ("loaf", "loaf"));
    assert_eq!(
        (&hit.title, &hit.cluster_id, &hit.cluster_name),
        (&node.title, &node.cluster_id, &node.cluster_name)
    );
    assert_eq!((&hit.keywords, hit.num_messages), (&node.top_keywords, 2));
    assert_eq!(hit.create_time.unwrap().as_second(), 1_700_000_000);
    assert_eq!((hit.graph_id.as_str(), hit.task_id.as_str()), ("default", "t1"));
    assert!(hit.score > 0.4 && hit.score <= 1.0 && hit.score == rounded(hit.score), "{}", hit.score);
    assert!(answer.left_out.is_empty());
}

#[tokio::test]
async fn a_small_graph_is_ranked_as_on_one_machine() {
    let scene = Scene::new();
    let results = scene.index(build("t1", "u1", 10), &many(120)).await;
    for words in ["bread baking", "engine zyx", "zyx", "concerto note17", "nothing of all this"] {
        let answer = scene.search("u1", &request(words).with_limit(100).unwrap()).await.unwrap();
        assert_eq!(answer.hits.len(), 100);
        assert_ranked(&answer.hits, &exactly(&results, words, 120), words);
    }
}

#[tokio::test]
async fn a_large_graph_is_ranked_as_on_one_machine() {
    let scene = Scene::new();
    let results = scene.index(build("t1", "u1", 10), &many(1_500)).await;
    assert!(results.graph.nodes.len() > 1_000);
    // Of the last ones the best are found by words alone: none is among the 300 nearest but by chance.
    let by_meaning = ["bread baking", "violin melody", "motorcycle oil for the engine", "galaxy zyx"];
    for words in by_meaning.into_iter().chain(["note777", "zyx", "abc zyx", "빵", "빵 note999"]) {
        let answer = scene.search("u1", &request(words)).await.unwrap();
        assert_eq!(answer.hits.len(), 10);
        assert_ranked(&answer.hits, &exactly(&results, words, 1_500), words);
    }
}

/// Equal but for the last digits: the index scales vectors once more, and conversations that are as good as equal may
/// stand the other way round.
fn assert_ranked(hits: &[Hit], exact: &[(usize, f32)], words: &str) {
    let near = |score: f64, exact: f32| (score - f64::from(exact)).abs() < 1e-4;
    for (hit, (node, score)) in hits.iter().zip(exact) {
        assert!(near(hit.score, *score), "{words}: {hit:?} instead of {node} {score}");
        let own = exact.iter().find(|(node, _)| *node == hit.node_id).unwrap().1;
        assert!(near(hit.score, own), "{words}: {hit:?}, not {own}");
    }
}

#[tokio::test]
async fn persons_with_the_same_ids_never_see_each_other() {
    let scene = Scene::new();
    let own = scene.index(build("t1", "u1", 10), &bread()).await.graph;
    let other =
        said(&[("loaf", "My diagnosis and what the doctor said"), ("rolls", "The doctor and the bread")]);
    let other = scene.index(build("t2", "u2", 10), &other).await.graph;
    for (user, task, graph) in [("u1", "t1", &own), ("u2", "t2", &other), ("u1", "t1", &own)] {
        let asked = request("bread and the doctor").with_limit(100).unwrap();
        let answer = scene.search(user, &asked).await.unwrap();
        assert_eq!(answer.hits.len(), graph.nodes.len());
        for hit in answer.hits {
            assert_eq!((hit.task_id.as_str(), &hit.title), (task, &graph.nodes[hit.node_id].title));
        }
    }
    assert!(scene.found("u3", &request("bread")).await.is_empty(), "nobody's are nobody's");
    let error = scene.search("u3", &request("bread").in_graph("default".parse().unwrap())).await.unwrap_err();
    assert!(matches!(error, SearchError::NoSuchGraph(_)), "{error}");
}

#[tokio::test]
async fn a_pointer_to_somebody_elses_build_opens_nothing() {
    let scene = Scene::new();
    scene.index(build("t1", "u1", 10), &bread()).await;
    scene.found("u1", &request("bread")).await;
    let current = graphnode_core::job::pointer::Current {
        task_id: "t1".parse().unwrap(),
        generation: 1_780_000_010_000,
        completed_at: "2026-06-01T08:00:00Z".parse().unwrap(),
    };
    let (user, graph) = ("u2".parse().unwrap(), "default".parse().unwrap());
    graphnode_core::job::store::advance_pointer(&scene.objects, &user, &graph, &current).await.unwrap();
    let error = scene.search("u2", &request("bread")).await.unwrap_err();
    let problem = InvalidBuild::NotOfTheGraph;
    assert!(matches!(error, SearchError::Build { problem: found, .. } if found == problem), "{error}");
}

#[tokio::test]
async fn all_graphs_are_searched_or_the_one_that_is_named() {
    let scene = Scene::new();
    let work = Asked { graph: "work", ..build("t2", "u1", 20) };
    scene.index(build("t1", "u1", 10), &bread()).await;
    scene.index(work, &said(&[("w", "Bread prices for the bakery"), ("x", "A pension for the baker")])).await;
    let all = scene.search("u1", &request("bread").with_limit(100).unwrap()).await.unwrap();
    assert_eq!(all.hits.len(), 6);
    assert!(all.hits.is_sorted_by(|a, b| a.score >= b.score));
    let named = scene.found("u1", &request("bread").in_graph("work".parse().unwrap())).await;
    assert_eq!(named, ["w", "x"]);
}

#[tokio::test]
async fn a_conversation_in_two_graphs_is_found_once() {
    let scene = Scene::new();
    let copy = Asked { graph: "copy", ..build("t2", "u1", 20) };
    scene.index(build("t1", "u1", 10), &bread()).await;
    scene.index(copy, &bread()[..2]).await;
    let mut found = scene.found("u1", &request("bread")).await;
    found.sort();
    assert_eq!(found, ["engine", "loaf", "rolls", "tyres"]);
    // It belongs to the graph that was indexed last.
    let first = scene.found("u1", &request("bread").in_graph("default".parse().unwrap())).await;
    assert!(!first.contains(&"loaf".to_owned()) && first.len() == 2, "{first:?}");
    scene.index(Asked { task: "t3", seconds: 30, ..copy }, &bread()).await;
    let none = scene.found("u1", &request("bread").in_graph("default".parse().unwrap())).await;
    assert!(none.is_empty(), "indexed, and all of it is in the other graph");
}

#[tokio::test]
async fn only_the_cluster_that_is_named_is_searched() {
    let scene = Scene::new();
    let results = scene.index(build("t1", "u1", 10), &many(800)).await;
    let in_cluster = |id: &str| results.graph.nodes.iter().filter(|node| node.cluster_id == id).count();
    for cluster in results.graph.metadata.clusters.keys() {
        let asked = request("zyx engine").in_cluster(cluster).with_limit(100).unwrap();
        let answer = scene.search("u1", &asked).await.unwrap();
        assert_eq!(answer.hits.len(), in_cluster(cluster).min(100));
        assert!(answer.hits.iter().all(|hit| hit.cluster_id == *cluster));
        let mut exact = exactly(&results, "zyx engine", 800);
        exact.retain(|(node, _)| results.graph.nodes[*node].cluster_id == *cluster);
        assert_ranked(&answer.hits, &exact, cluster);
    }
    assert!(scene.found("u1", &request("engine").in_cluster("cluster_99")).await.is_empty());
}

#[tokio::test]
async fn a_least_score_and_a_limit_hold() {
    let scene = Scene::new();
    scene.index(build("t1", "u1", 10), &bread()).await;
    let all = scene.search("u1", &request("bread oven")).await.unwrap();
    assert_eq!(all.hits.len(), 4);
    let second = all.hits[1].score;
    let some = scene.search("u1", &request("bread oven").with_min_score(second).unwrap()).await.unwrap();
    assert_eq!(some.hits[..], all.hits[..2], "a hit with just that score is one");
    let one = scene.search("u1", &request("bread oven").with_limit(1).unwrap()).await.unwrap();
    assert_eq!(one.hits[..], all.hits[..1]);
}

#[tokio::test]
async fn vectors_of_another_model_are_never_compared() {
    let scene = Scene::new();
    scene.index(build("t1", "u1", 10), &bread()).await;
    let error =
        scene.searcher(32, 1 << 20).search(&"u1".parse().unwrap(), &request("bread")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "graph default was built with hashing (f32), 64 values; this searches with hashing (f32), 32 values"
    );
    assert_eq!(error.retry_class(), RetryClass::Permanent);
}

#[tokio::test]
async fn a_build_that_is_not_indexed_yet_is_told_from_one_without_hits() {
    let scene = Scene::new();
    scene.complete(build("t1", "u1", 10), &bread()).await;
    let error = scene.search("u1", &request("bread")).await.unwrap_err();
    assert!(matches!(error, SearchError::NotIndexedYet(_)), "{error}");
    assert_eq!(error.retry_class(), RetryClass::Transient);
    scene.index_completed(build("t1", "u1", 10)).await;
    assert_eq!(scene.found("u1", &request("bread")).await.len(), 4);
    // Until the next build is indexed, the index holds vectors that are not its own.
    scene.complete(build("t2", "u1", 20), &bread()[1..]).await;
    assert!(matches!(scene.search("u1", &request("bread")).await, Err(SearchError::NotIndexedYet(_))));
    scene.index_completed(build("t2", "u1", 20)).await;
    assert_eq!(scene.found("u1", &request("bread")).await.len(), 3);
}

#[tokio::test]
async fn a_graph_that_cannot_be_searched_does_not_hide_the_others() {
    let scene = Scene::new();
    scene.index(build("t1", "u1", 10), &bread()).await;
    scene.complete(Asked { graph: "new", ..build("t2", "u1", 20) }, &said(&[("n", "More bread")])).await;
    let answer = scene.search("u1", &request("bread")).await.unwrap();
    assert_eq!(answer.hits.len(), 4);
    assert_eq!(answer.left_out.len(), 1);
    assert_eq!(answer.left_out[0].graph_id.as_str(), "new");
    assert!(matches!(answer.left_out[0].reason, SearchError::NotIndexedYet(_)));
}

#[tokio::test]
async fn records_of_another_build_are_ignored() {
    let scene = Scene::new();
    scene.index(build("t1", "u1", 10), &bread()).await;
    let before = scene.found("u1", &request("sourdough bread")).await;
    let write = async |generation, orig_id: &str| {
        let (user_id, graph_id) = ("u1".parse().unwrap(), "default".parse().unwrap());
        let metadata = RecordMetadata { orig_id: orig_id.to_owned(), ..RecordMetadata::default() };
        let record = VectorRecord { embedding: vec![0.125; 64], metadata };
        scene.vectors.upsert(&GraphBuild { user_id, graph_id, generation }, &[record]).await.unwrap();
    };
    write(5, "long-gone").await;
    write(1_780_000_010_000, "of-no-node").await;
    assert_eq!(scene.found("u1", &request("sourdough bread")).await, before);
    write(5, "loaf").await;
    assert_eq!(scene.found("u1", &request("sourdough bread")).await, before[1..]);
}

#[tokio::test]
async fn a_newer_build_is_searched_as_soon_as_it_counts() {
    let scene = Scene::new();
    scene.index(build("t1", "u1", 10), &bread()).await;
    assert_eq!(scene.found("u1", &request("bread")).await.len(), 4);
    scene.index(build("t2", "u1", 20), &said(&[("new", "Bread of today"), ("loaf", "Sourdough")])).await;
    let answer = scene.search("u1", &request("bread")).await.unwrap();
    assert_eq!(ids(&answer), ["new", "loaf"]);
    assert!(answer.hits.iter().all(|hit| hit.task_id.as_str() == "t2"));
}

/// An index in which a newer build appears the moment it is asked for the first time.
struct Overtaken {
    scene: Arc<Scene>,
    asked: AtomicBool,
}

impl VectorIndex for Overtaken {
    async fn query(&self, user_id: &UserId, query: VectorQuery<'_>) -> PortResult<Vec<VectorMatch>> {
        if !self.asked.swap(true, Ordering::Relaxed) {
            self.scene.index(build("t2", "u1", 20), &said(&[("new", "Bread of today")])).await;
        }
        self.scene.vectors.query(user_id, query).await
    }

    async fn upsert(&self, build: &GraphBuild, records: &[VectorRecord]) -> PortResult<()> {
        self.scene.vectors.upsert(build, records).await
    }

    async fn remove(&self, user_id: &UserId, removal: &Removal) -> PortResult<u64> {
        self.scene.vectors.remove(user_id, removal).await
    }

    async fn count(&self, user_id: &UserId, graph_id: Option<&GraphId>) -> PortResult<u64> {
        self.scene.vectors.count(user_id, graph_id).await
    }
}

#[tokio::test]
async fn a_build_that_comes_in_the_middle_of_a_search_is_searched() {
    let scene = Arc::new(Scene::new());
    scene.index(build("t1", "u1", 10), &bread()).await;
    let vectors = Overtaken { scene: Arc::clone(&scene), asked: AtomicBool::new(false) };
    let searcher = scene.searcher_over(vectors);
    let answer = searcher.search(&"u1".parse().unwrap(), &request("bread")).await.unwrap();
    assert_eq!(ids(&answer), ["new"]);
}

#[tokio::test]
async fn a_build_is_loaded_once_and_kept_only_where_there_is_room() {
    let scene = Scene::new();
    scene.index(build("t1", "u1", 10), &bread()).await;
    let (user, bread) = ("u1".parse().unwrap(), request("bread"));
    let (roomy, narrow) = (scene.fresh(), scene.searcher(64, 100));
    for searcher in [&roomy, &narrow] {
        assert_eq!(searcher.search(&user, &bread).await.unwrap().hits.len(), 4);
    }
    scene.lose("t1").await;
    assert_eq!(roomy.search(&user, &bread).await.unwrap().hits.len(), 4);
    let error = narrow.search(&user, &bread).await.unwrap_err();
    assert!(matches!(error, SearchError::Build { problem: InvalidBuild::Missing(_), .. }), "{error}");
    assert_eq!(error.retry_class(), RetryClass::Transient);
}

#[tokio::test]
async fn damaged_files_are_named() {
    let scene = Scene::new();
    let results = scene.index(build("t1", "u1", 10), &bread()).await;
    let mut words = Vec::new();
    results.words.write_to(&mut words).unwrap();
    let user = "u1".parse().unwrap();
    let of_others = scene.complete(build("t9", "u9", 10), &bread()[..2]).await.words;
    let mut others = Vec::new();
    of_others.write_to(&mut others).unwrap();
    for (file, bytes, problem) in [
        (ResultFile::Words, &words[..words.len() - 1], InvalidBuild::Words),
        (ResultFile::Words, b"", InvalidBuild::Words),
        (ResultFile::Words, &others, InvalidBuild::Counts { nodes: 4, conversations: 2 }),
        (ResultFile::Graph, b"{\"nodes\":[", InvalidBuild::Graph { line: 1, column: 10 }),
    ] {
        let before = match file {
            ResultFile::Words => words.clone(),
            _ => serde_json::to_vec(&results.graph).unwrap(),
        };
        scene.overwrite("t1", file, bytes).await;
        let error = scene.fresh().search(&user, &request("bread")).await.unwrap_err();
        assert!(matches!(&error, SearchError::Build { problem: found, .. } if *found == problem), "{error}");
        assert_eq!(error.retry_class(), RetryClass::Permanent);
        scene.overwrite("t1", file, &before).await;
    }
    assert_eq!(scene.found("u1", &request("bread")).await.len(), 4);
}

#[tokio::test]
async fn results_may_lie_in_another_bucket_that_is_known() {
    let scene = Scene::new();
    let asked = Asked { bucket: Some("other-bucket"), ..build("t1", "u1", 10) };
    scene.complete(asked, &bread()).await;
    scene.index_completed(asked).await;
    assert_eq!(scene.found("u1", &request("bread")).await.len(), 4);
    let asked = Asked { bucket: Some("foreign-bucket"), ..build("t2", "u2", 10) };
    scene.complete(asked, &bread()).await;
    let error = scene.search("u2", &request("bread")).await.unwrap_err();
    let problem = InvalidBuild::ForeignBucket;
    assert!(matches!(error, SearchError::Build { problem: found, .. } if found == problem), "{error}");
}

#[tokio::test]
async fn a_model_that_cannot_be_loaded_is_said_and_tried_again() {
    let scene = Scene::new();
    scene.index(build("t1", "u1", 10), &bread()).await;
    let searcher = scene.without_a_model_at_first();
    let user = "u1".parse().unwrap();
    let error = searcher.search(&user, &request("my diagnosis")).await.unwrap_err();
    assert!(matches!(error, SearchError::Model(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("diagnosis"));
    assert_eq!(searcher.search(&user, &request("bread")).await.unwrap().hits.len(), 4);
}
