//! What a vector index must do.

use graphnode_core::ids::{GraphId, UserId};
use graphnode_core::ports::PortErrorKind::Invalid;
use graphnode_core::ports::vectors::{
    GraphBuild, RecordMetadata, Removal, VectorIndex, VectorMatch, VectorQuery, VectorRecord,
};

use super::{fails_with, succeeds, unique};

/// Length of the suite's vectors: an index must be new, or have been used by this suite only.
pub const DIMENSION: usize = 8;
/// More than two batches of any service.
const MANY: usize = 700;

/// Holds an index to the duties of [`VectorIndex`].
pub async fn vectors_contract(index: &impl VectorIndex) {
    let (ann, bob): (UserId, UserId) = (user("ann"), user("bob"));
    nearest_first(index, &ann).await;
    persons_never_meet(index, &ann, &bob).await;
    writing_twice_is_writing_once(index, &bob).await;
    what_cannot_be_compared_is_refused(index, &ann).await;
    older_builds_go(index, &user("cho")).await;
    many_records(index, &user("dan")).await;
    for person in [&ann, &bob] {
        succeeds(index.remove(person, &Removal::Everything).await);
        assert_eq!(succeeds(index.count(person, None).await), 0);
    }
}

fn user(name: &str) -> UserId {
    unique(name).parse().expect("an id")
}

fn graph(name: &str) -> GraphId {
    name.parse().expect("an id")
}

fn build(user_id: &UserId, graph_id: &str, generation: u64) -> GraphBuild {
    GraphBuild { user_id: user_id.clone(), graph_id: graph(graph_id), generation }
}

/// A vector at `degrees` in the plane of the first two axes.
fn at(degrees: f32) -> Vec<f32> {
    let mut vector = vec![0.0; DIMENSION];
    (vector[1], vector[0]) = degrees.to_radians().sin_cos();
    vector
}

fn record(orig_id: &str, degrees: f32) -> VectorRecord {
    let metadata = RecordMetadata {
        orig_id: orig_id.to_owned(),
        node_id: 7,
        cluster_id: "cluster_1".to_owned(),
        cluster_name: Some("빵 굽기".to_owned()),
        keywords: "bread,sour dough".to_owned(),
        create_time: Some(1_709_405_640.25),
        num_messages: 12,
        source_type: "chat".to_owned(),
        model: "contract".to_owned(),
    };
    VectorRecord { embedding: at(degrees), metadata }
}

async fn search(
    index: &impl VectorIndex,
    user_id: &UserId,
    degrees: f32,
    graph_id: Option<&GraphId>,
) -> Vec<VectorMatch> {
    let embedding = at(degrees);
    succeeds(index.query(user_id, VectorQuery { graph_id, ..VectorQuery::nearest(&embedding, 10) }).await)
}

fn names(matches: &[VectorMatch]) -> Vec<&str> {
    matches.iter().map(|hit| hit.metadata.orig_id.as_str()).collect()
}

async fn nearest_first(index: &impl VectorIndex, ann: &UserId) {
    assert_eq!(search(index, ann, 0.0, None).await, [], "a person without records has no hits");
    let records = [record("a", 0.0), record("b", 30.0), record("c", 80.0), record("d", 180.0)];
    succeeds(index.upsert(&build(ann, "default", 5), &records).await);
    succeeds(index.upsert(&build(ann, "other", 1), &[record("e", 10.0)]).await);
    let hits = search(index, ann, 0.0, None).await;
    assert_eq!(names(&hits), ["a", "e", "b", "c", "d"]);
    for (hit, degrees) in hits.iter().zip([0.0_f32, 10.0, 30.0, 80.0, 90.0]) {
        assert!((hit.score - degrees.to_radians().cos()).abs() < 1e-4, "{hit:?}");
    }
    assert_eq!(hits[0].metadata, records[0].metadata);
    assert_eq!((&hits[0].graph_id, hits[0].generation), (&graph("default"), 5));
    assert_eq!(names(&search(index, ann, 0.0, Some(&graph("other"))).await), ["e"]);
    narrowed(index, ann).await;
    let long: Vec<f32> = at(30.0).iter().map(|value| value * 9.0).collect();
    let query = VectorQuery::nearest(&long, 1);
    let best = succeeds(index.query(ann, query).await);
    assert_eq!((names(&best), best[0].score > 0.9999), (vec!["b"], true), "length does not matter");
}

/// A query can be narrowed to a cluster and to sources, of which the person may have some.
async fn narrowed(index: &impl VectorIndex, ann: &UserId) {
    let embedding = at(0.0);
    let all = VectorQuery::nearest(&embedding, 10);
    for (cluster_id, found) in [("cluster_1", 5), ("cluster_2", 0)] {
        let query = VectorQuery { cluster_id: Some(cluster_id), ..all };
        assert_eq!(succeeds(index.query(ann, query).await).len(), found, "{cluster_id}");
    }
    let asked = ["d", "b", "nowhere"].map(str::to_owned);
    let query = VectorQuery { orig_ids: Some(&asked), ..all };
    assert_eq!(names(&succeeds(index.query(ann, query).await)), ["b", "d"]);
    // The farthest of all: the nearest are chosen among those asked for, not the other way round.
    let farthest = ["d".to_owned()];
    let query = VectorQuery { orig_ids: Some(&farthest), limit: 1, ..all };
    assert_eq!(names(&succeeds(index.query(ann, query).await)), ["d"]);
    let query = VectorQuery { orig_ids: Some(&[]), ..all };
    assert_eq!(succeeds(index.query(ann, query).await), [], "none of them finds nothing");
}

/// Two persons with the same ids do not touch each other's records.
async fn persons_never_meet(index: &impl VectorIndex, ann: &UserId, bob: &UserId) {
    succeeds(index.upsert(&build(bob, "default", 1), &[record("a", 90.0), record("b", 95.0)]).await);
    assert_eq!(names(&search(index, bob, 90.0, None).await), ["a", "b"]);
    assert_eq!(names(&search(index, ann, 0.0, None).await), ["a", "e", "b", "c", "d"]);
    let (asked, embedding) = (["a".to_owned()], at(90.0));
    let query = VectorQuery { orig_ids: Some(&asked), ..VectorQuery::nearest(&embedding, 10) };
    assert!(succeeds(index.query(ann, query).await).iter().all(|hit| hit.score < 0.1), "of another person");
    assert_eq!(succeeds(index.count(ann, None).await), 5);
    assert_eq!(succeeds(index.count(ann, Some(&graph("default"))).await), 4);
    assert_eq!(succeeds(index.remove(bob, &Removal::Everything).await), 2);
    assert_eq!(succeeds(index.count(ann, None).await), 5, "the other person's records stay");

    // Ids that would be equal if they were only put together.
    let (short, long): (UserId, UserId) = (ann.clone(), format!("{ann}_x").parse().expect("an id"));
    succeeds(index.upsert(&build(&long, "default", 1), &[record("y", 0.0)]).await);
    succeeds(index.upsert(&build(&short, "third", 1), &[record("x_y", 90.0)]).await);
    assert_eq!(names(&search(index, &long, 0.0, None).await), ["y"]);
    succeeds(index.remove(&short, &Removal::Graph(graph("third"))).await);
    assert_eq!(succeeds(index.remove(&long, &Removal::Everything).await), 1);
    assert_eq!(names(&search(index, ann, 0.0, None).await), ["a", "e", "b", "c", "d"]);
}

async fn writing_twice_is_writing_once(index: &impl VectorIndex, bob: &UserId) {
    let mut poor = record("a", 20.0);
    poor.metadata.cluster_name = None;
    poor.metadata.create_time = None;
    for generation in [1, 2, 2] {
        succeeds(index.upsert(&build(bob, "default", generation), &[record("a", 0.0)]).await);
    }
    succeeds(index.upsert(&build(bob, "default", 3), &[record("a", 5.0), poor.clone()]).await);
    let hits = search(index, bob, 20.0, None).await;
    assert_eq!((names(&hits), hits[0].generation), (vec!["a"], 3));
    assert_eq!(
        hits[0].metadata, poor.metadata,
        "what is not known any more is gone, and of two the last counts"
    );
    assert!(hits[0].score > 0.9999);
    succeeds(index.upsert(&build(bob, "default", 4), &[]).await);
}

async fn what_cannot_be_compared_is_refused(index: &impl VectorIndex, ann: &UserId) {
    let mut wrong = record("z", 0.0);
    wrong.embedding.push(0.0);
    fails_with(Invalid, index.upsert(&build(ann, "default", 9), &[wrong.clone()]).await);
    let query = VectorQuery::nearest(&wrong.embedding, 3);
    fails_with(Invalid, index.query(ann, query).await);
    let mut endless = record("z", 0.0);
    endless.embedding[2] = f32::NAN;
    fails_with(Invalid, index.upsert(&build(ann, "default", 9), &[endless]).await);
    assert_eq!(succeeds(index.count(ann, None).await), 5);
}

/// A build with fewer records leaves no older one behind, and what is newer stays.
async fn older_builds_go(index: &impl VectorIndex, cho: &UserId) {
    let older = |generation| Removal::OlderThan { graph_id: graph("default"), generation };
    let records = [record("a", 0.0), record("b", 10.0), record("c", 20.0)];
    succeeds(index.upsert(&build(cho, "default", 1_772_000_000_001), &records).await);
    succeeds(index.upsert(&build(cho, "other", 1), &[record("d", 30.0)]).await);
    succeeds(index.upsert(&build(cho, "default", 1_772_000_000_002), &records[..1]).await);
    assert_eq!(succeeds(index.remove(cho, &older(1_772_000_000_001)).await), 0);
    assert_eq!(succeeds(index.remove(cho, &older(1_772_000_000_002)).await), 2);
    assert_eq!(succeeds(index.remove(cho, &older(1_772_000_000_002)).await), 0, "twice is once");
    assert_eq!(names(&search(index, cho, 0.0, None).await), ["a", "d"]);
    assert_eq!(succeeds(index.remove(cho, &Removal::Graph(graph("other"))).await), 1);
    assert_eq!(succeeds(index.remove(cho, &Removal::Everything).await), 1);
}

async fn many_records(index: &impl VectorIndex, dan: &UserId) {
    let records: Vec<VectorRecord> =
        (0..MANY).map(|number| record(&format!("{number:04}"), number as f32 * 90.0 / MANY as f32)).collect();
    succeeds(index.upsert(&build(dan, "default", 1), &records).await);
    assert_eq!(succeeds(index.count(dan, None).await), MANY as u64);
    assert_eq!(names(&search(index, dan, 90.0, None).await)[0], "0699");
    assert_eq!(succeeds(index.remove(dan, &Removal::Graph(graph("default"))).await), MANY as u64);
    assert_eq!(succeeds(index.count(dan, None).await), 0);
}
