//! A whole job without a model: what holds for every build, whichever encoder makes the vectors.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

use std::io::Cursor;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use graphnode_core::clock::FixedClock;
use graphnode_core::encoder::{EncodeError, Encoder, ModelIdentity};
use graphnode_core::matrix::Matrix;
use graphnode_core::options::BuildOptions;
use graphnode_core::watch::{Stage, Unwatched, Watch};
use graphnode_pipeline::import::{Source, SourceRole};
use graphnode_pipeline::job::{Job, JobError, Means, Results, process_job};
use graphnode_testkit::encoder::HashingEncoder;
use graphnode_testkit::export::{ConversationBuilder, export};
use jiff::Timestamp;

const TOPICS: [[&str; 4]; 4] = [
    ["sourdough bread", "rye flour", "kimchi stew", "pasta sauce"],
    ["borrow checker", "postgres index", "docker image", "async runtime"],
    ["marathon training", "knee pain", "squat form", "running shoes"],
    ["flight booking", "hotel review", "rail pass", "museum tickets"],
];

fn conversation(number: usize) -> ConversationBuilder {
    let topic = TOPICS[number % 4];
    let subject = topic[(number / 4) % 4];
    let around = topic.join(" and ");
    ConversationBuilder::new(
        &format!("id-{number:03}"),
        &format!("About {subject}"),
        1.7e9 + 3600.0 * number as f64,
    )
    .person(&format!("Question {number}: what should I know about {subject}?"))
    .assistant(&format!("Everything about {subject} belongs to {around}."))
}

fn job() -> Job {
    Job { generation: 7, ..Job::local(BuildOptions::default()) }
}

fn run(bytes: Vec<u8>, watch: &dyn Watch) -> Result<Results, JobError> {
    run_with(bytes, &HashingEncoder::default(), watch)
}

fn run_with(bytes: Vec<u8>, encoder: &dyn Encoder, watch: &dyn Watch) -> Result<Results, JobError> {
    let source = Source {
        name: "export.json".to_owned(),
        role: SourceRole::Conversations,
        reader: Box::new(Cursor::new(bytes)),
    };
    let clock = FixedClock(Timestamp::UNIX_EPOCH);
    process_job(vec![source], &job(), Means { encoder, clock: &clock, watch })
}

/// Every file of a build as bytes.
fn files(results: &Results) -> [Vec<u8>; 4] {
    [
        serde_json::to_vec(&results.graph).unwrap(),
        serde_json::to_vec(&results.features).unwrap(),
        serde_json::to_vec(&results.summary).unwrap(),
        results.page.clone().into_bytes(),
    ]
}

#[test]
fn threads_and_order_change_no_byte() {
    let straight = export((0..80).map(conversation));
    let shuffled = export((0..80).map(|number| conversation(number * 37 % 80)));
    let expected = files(&run(straight.clone(), &Unwatched).unwrap());
    for (bytes, threads) in [(straight, 1), (shuffled.clone(), 1), (shuffled, 3)] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let results = pool.install(|| run(bytes, &Unwatched)).unwrap();
        assert!(files(&results) == expected, "{threads} threads");
    }
}

#[test]
fn topics_become_clusters_and_every_conversation_is_somewhere() {
    let results = run(export((0..80).map(conversation)), &Unwatched).unwrap();
    assert_eq!(results.graph.nodes.len(), 80);
    for node in &results.graph.nodes {
        let alike: Vec<&str> = results
            .graph
            .nodes
            .iter()
            .filter(|other| other.cluster_id == node.cluster_id)
            .map(|other| other.orig_id.as_str())
            .collect();
        let topic = |id: &str| id[3..].parse::<usize>().unwrap() % 4;
        let same = alike.iter().filter(|id| topic(id) == topic(&node.orig_id)).count();
        assert!(same * 10 >= alike.len() * 9, "{} is among strangers", node.orig_id);
    }
    assert_eq!(results.features.metadata.generation, 7);
    assert_eq!(results.report.sources[0].format, "chatgpt");
}

#[test]
fn what_is_left_out_is_reported_with_its_reason() {
    let mut items: Vec<serde_json::Value> = (0..5).map(|number| conversation(number).build()).collect();
    items.push(serde_json::Value::Null);
    items.push(ConversationBuilder::new("silent", "", 1.7e9).untitled().build());
    items.push(conversation(2).person("and one more thing").build());
    let results = run(serde_json::to_vec(&items).unwrap(), &Unwatched).unwrap();
    let left: Vec<(&str, Option<&str>)> =
        results.report.skipped.iter().map(|item| (item.code.as_str(), item.id.as_deref())).collect();
    assert_eq!(
        left,
        [("not-an-object", None), ("duplicate-id", Some("id-002")), ("no-words", Some("silent"))]
    );
    assert_eq!(results.graph.nodes.len(), 5);
    let kept = results.graph.nodes.iter().find(|node| node.orig_id == "id-002").unwrap();
    assert_eq!(kept.num_messages, 3, "of two with one id the one added to last is kept");
}

#[test]
fn times_and_ids_are_kept_to_the_byte() {
    let text = r#"[{"id":"a/ä \u0041","title":"T","create_time":1709405640.50,"update_time":"1709405700",
        "mapping":{"m":{"id":"m","parent":null,"message":{"author":{"role":"user"},"content":{"content_type":"text","parts":["bread and flour"]}}}},
        "current_node":"m"}]"#;
    let results = run(text.as_bytes().to_vec(), &Unwatched).unwrap();
    let graph = serde_json::to_string(&results.graph).unwrap();
    assert!(graph.contains(r#""orig_id":"a/ä A""#));
    assert!(graph.contains(r#""create_time":1709405640.50,"update_time":"1709405700""#));
}

/// Says stop after a number of questions, and remembers what it heard.
struct Stops {
    after: usize,
    asked: AtomicUsize,
    heard: Mutex<Vec<Stage>>,
}

impl Watch for Stops {
    fn progress(&self, stage: Stage, _: u64, _: u64) {
        let mut heard = self.heard.lock().unwrap();
        if heard.last() != Some(&stage) {
            heard.push(stage);
        }
    }

    fn cancelled(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) >= self.after
    }
}

#[test]
fn a_job_can_be_stopped_wherever_it_is() {
    let bytes = export((0..40).map(conversation));
    let watching = |after| Stops { after, asked: AtomicUsize::new(0), heard: Mutex::default() };
    let patient = watching(usize::MAX);
    run(bytes.clone(), &patient).unwrap();
    let asked = patient.asked.load(Ordering::Relaxed);
    assert!(asked > 20, "asked {asked} times");
    for after in (0..asked).step_by(asked / 12) {
        let error = run(bytes.clone(), &watching(after)).err().unwrap();
        assert!(matches!(error, JobError::Cancelled(_)), "after {after}: {error}");
    }
    let heard = patient.heard.into_inner().unwrap();
    assert!(heard.is_sorted(), "stages come in order: {heard:?}");
}

/// An encoder during one of whose calls the job is withdrawn, and the watch that says so.
struct WithdrawnDuring {
    call: usize,
    encoder: HashingEncoder,
    begun: AtomicUsize,
    finished: AtomicUsize,
}

impl Encoder for WithdrawnDuring {
    fn model(&self) -> &ModelIdentity {
        self.encoder.model()
    }

    fn encode(&self, texts: &[&str], watch: &dyn Watch) -> Result<Matrix, EncodeError> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        let rows = self.encoder.encode(texts, watch)?;
        self.finished.fetch_add(1, Ordering::Relaxed);
        Ok(rows)
    }

    fn vocabulary_fit(&self, text: &str) -> f32 {
        self.encoder.vocabulary_fit(text)
    }
}

impl Watch for WithdrawnDuring {
    fn progress(&self, _: Stage, _: u64, _: u64) {}

    fn cancelled(&self) -> bool {
        self.begun.load(Ordering::Relaxed) > self.call
    }
}

#[test]
fn a_job_can_be_stopped_while_the_model_works_for_any_stage() {
    let bytes = export((0..40).map(conversation));
    let during = |call| WithdrawnDuring {
        call,
        encoder: HashingEncoder::default(),
        begun: AtomicUsize::new(0),
        finished: AtomicUsize::new(0),
    };
    let patient = during(usize::MAX);
    run_with(bytes.clone(), &patient, &patient).unwrap();
    assert_eq!(patient.finished.into_inner(), 3, "one call for the texts, the keywords and the themes each");
    for call in 0..3 {
        let withdrawn = during(call);
        let error = run_with(bytes.clone(), &withdrawn, &withdrawn).err().unwrap();
        assert!(matches!(error, JobError::Cancelled(_)), "during call {call}: {error}");
        assert_eq!(withdrawn.finished.into_inner(), call, "the call itself hears of it");
    }
}

#[test]
fn an_export_without_words_is_an_error_that_counts() {
    let error = run(b"[]".to_vec(), &Unwatched).err().unwrap();
    assert!(matches!(error, JobError::NothingToShow { read: 0, skipped: 0 }), "{error}");
}
