//! `graphnode build`, `search`, `inspect`, `check`: what they make, what they say, how they fail.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use graphnode_testkit::export::{ConversationBuilder, export};
use serde_json::Value;
use tempfile::TempDir;

use crate::graph::{Built, array};
use crate::program::{graphnode, printed, root, succeed};

fn sample() -> PathBuf {
    root().join("examples/sample")
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Builds `export` into a folder of its own with further `arguments`.
fn build(export: &Path, arguments: &[&str]) -> (TempDir, Built) {
    let place = tempfile::tempdir().unwrap();
    let out = text(place.path());
    succeed([["build", &text(export), "--out", &out].as_slice(), arguments].concat());
    let built = Built::read(place.path());
    (place, built)
}

#[test]
fn the_sample_becomes_a_graph_without_losing_anyone() {
    let (_place, built) = build(&sample(), &["--min-clusters", "3", "--max-clusters", "14"]);
    let labels: Value =
        serde_json::from_str(&fs::read_to_string(sample().join("labels.json")).unwrap()).unwrap();
    let expected: BTreeSet<&str> = labels.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(built.orig_ids().into_iter().collect::<BTreeSet<_>>(), expected);
    let clusters = built.graph["metadata"]["total_clusters"].as_u64().unwrap();
    assert!((3..=14).contains(&clusters));
    let quality = &built.graph["metadata"]["quality"];
    assert!(quality["largest_cluster_share"].as_f64().unwrap() <= 0.35, "{quality}");
    assert!(quality["isolated_share"].as_f64().unwrap() <= 0.05, "{quality}");
    let clusters = built.graph["metadata"]["clusters"].as_object().unwrap();
    let names: Value = clusters.iter().map(|(id, cluster)| (id.clone(), cluster["name"].clone())).collect();
    assert_eq!(built.features["metadata"]["cluster_names"], names);
    assert_eq!(built.report["counts"]["skipped"], 0);
    assert!(built.page.contains("Content-Security-Policy"));
    assert!(agreement(&built, &labels) > 0.7, "edges join equal topics");
}

/// Share of edges between conversations of one topic.
fn agreement(built: &Built, labels: &Value) -> f64 {
    let ids = built.orig_ids();
    let edges = array(&built.graph["edges"]);
    let topic = |edge: &Value, end: &str| labels[ids[edge[end].as_u64().unwrap() as usize]].clone();
    let equal = edges.iter().filter(|edge| topic(edge, "source") == topic(edge, "target")).count();
    equal as f64 / edges.len() as f64
}

#[test]
fn threads_and_order_change_no_byte() {
    let place = tempfile::tempdir().unwrap();
    let shuffled = place.path().join("conversations.json");
    let text = fs::read_to_string(sample().join("conversations.json")).unwrap();
    let mut conversations: Vec<Box<serde_json::value::RawValue>> = serde_json::from_str(&text).unwrap();
    conversations.reverse();
    conversations.rotate_left(71);
    fs::write(&shuffled, serde_json::to_string(&conversations).unwrap()).unwrap();
    let straight = sample().join("conversations.json");
    let one = build(&straight, &["--threads", "1"]).1;
    for (export, threads) in [(&straight, "2"), (&shuffled, "2"), (&shuffled, "1")] {
        let other = build(export, &["--threads", threads]).1;
        assert_eq!(timeless(&one.graph), timeless(&other.graph));
        assert_eq!(timeless(&one.features), timeless(&other.features));
        assert_eq!(one.summary.as_ref().map(timeless), other.summary.as_ref().map(timeless));
    }
}

/// The text of a file without what the clock says.
fn timeless(value: &Value) -> String {
    let mut value = value.clone();
    for path in ["/generated_at", "/metadata/generated_at", "/metadata/pipeline/timings_ms"] {
        if let Some(time) = value.pointer_mut(path) {
            *time = Value::Null;
        }
    }
    value.to_string()
}

#[test]
fn every_size_of_history_builds() {
    for size in [1, 2, 3, 5, 9] {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("conversations.json");
        let topics =
            ["sourdough bread and rye flour", "borrow checker errors in Rust", "marathon training plan"];
        let conversation = |number: usize| {
            let topic = topics[number % topics.len()];
            ConversationBuilder::new(&format!("c{number}"), topic, 1.7e9 + 86_400.0 * number as f64)
                .person(&format!("Tell me about {topic}, part {number}"))
                .assistant(&format!("Here is what matters about {topic}."))
        };
        fs::write(&file, export((0..size).map(conversation))).unwrap();
        let (_place, built) = build(&file, &[]);
        assert_eq!(built.orig_ids().len(), size);
        let clusters = built.graph["metadata"]["total_clusters"].as_u64().unwrap() as usize;
        assert!((size.min(3)..=size.min(8)).contains(&clusters));
    }
}

#[test]
fn an_untitled_conversation_is_called_by_what_it_says() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("conversations.json");
    let chat =
        ConversationBuilder::new("a", "", 1.7e9).untitled().person("Why does my sourdough starter smell?");
    fs::write(&file, export([chat])).unwrap();
    let (_place, built) = build(&file, &["--no-summary"]);
    let title = built.graph["nodes"][0]["title"].as_str().unwrap();
    assert!(title.to_lowercase().contains("sourdough"), "{title}");
    assert!(built.summary.is_none());
}

#[test]
fn the_summary_speaks_the_language_asked_for() {
    let (_place, built) = build(&sample(), &["--language", "ko", "--detail", "brief"]);
    let overview = built.summary.unwrap()["overview"]["summary_text"].as_str().unwrap().to_owned();
    assert!(overview.chars().any(|c| ('가'..='힣').contains(&c)), "{overview}");
    assert_eq!(built.graph["metadata"]["language"], "ko");
}

#[test]
fn hostile_titles_stay_inert_in_the_page() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("conversations.json");
    let title = "</script><script>alert(1)</script>";
    fs::write(&file, export([ConversationBuilder::new("a", title, 1.7e9).person("hello world of bread")]))
        .unwrap();
    let (_place, built) = build(&file, &[]);
    assert_eq!(built.graph["nodes"][0]["title"], title);
    assert!(!built.page.contains("<script>alert"));
}

#[test]
fn search_finds_by_meaning_and_inspect_counts() {
    let (place, built) = build(&sample(), &[]);
    let out = text(place.path());
    let hits: Value =
        serde_json::from_str(&succeed(["--json", "search", &out, "bread dough that will not rise"])).unwrap();
    assert!(array(&hits).len() == 10 && hits[0]["score"].as_f64().unwrap() > 0.2);
    let labels: Value =
        serde_json::from_str(&fs::read_to_string(sample().join("labels.json")).unwrap()).unwrap();
    assert_eq!(labels[hits[0]["id"].as_str().unwrap()], "cooking");
    let figures: Value = serde_json::from_str(&succeed(["--json", "inspect", &out])).unwrap();
    assert_eq!(figures["nodes"], built.orig_ids().len());
}

#[test]
fn export_writes_the_graph_for_other_programs() {
    let (place, built) = build(&sample(), &["--no-summary"]);
    let elsewhere = tempfile::tempdir().unwrap();
    let paths: Value = serde_json::from_str(&succeed([
        "--json",
        "export",
        &text(place.path()),
        "--out",
        &text(elsewhere.path()),
    ]))
    .unwrap();
    let read = |name: &str| fs::read_to_string(paths[name].as_str().unwrap()).unwrap();
    let (nodes, edges) = (array(&built.graph["nodes"]).len(), array(&built.graph["edges"]).len());
    let graphml = read("graphml");
    assert_eq!(
        (graphml.matches("<node id=").count(), graphml.matches("<edge source=").count()),
        (nodes, edges)
    );
    assert!(graphml.ends_with("</graphml>\n"));
    let rows = read("nodes");
    assert!(rows.starts_with("\u{feff}id,orig_id,title,topic,date,messages,source,keywords,x,y\r\n0,"));
    assert!(built.orig_ids().iter().all(|id| rows.contains(id)));
    assert_eq!(read("edges").lines().count(), edges + 1);
    let missing = failure(["export", &text(&place.path().join("nowhere"))]);
    assert!(missing.0 == 1 && missing.1.contains("build the graph first"), "{missing:?}");
}

#[test]
fn check_tells_what_is_in_an_export_and_what_would_be_skipped() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("conversations.json");
    let good = ConversationBuilder::new("a", "Bread", 1.7e9).person("How?").assistant("So.").build();
    fs::write(&file, format!("[null, {good}, {{\"id\":\"half")).unwrap();
    let report: Value = serde_json::from_str(&succeed(["--json", "check", &text(&file)])).unwrap();
    assert_eq!((&report["conversations"], &report["skipped_total"]), (&1.into(), &2.into()));
    assert_eq!(report["truncated"], true);
    assert!(succeed(["check", &text(&file)]).contains("1 conversation (0 without words)"));
}

/// The exit code and the one line on standard error of a command that must fail.
fn failure<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> (i32, String) {
    let output = graphnode(arguments);
    let line = printed(&output.stderr);
    assert_eq!(line.trim_end().lines().count(), 1, "one line: {line}");
    (output.status.code().unwrap(), line)
}

#[test]
fn what_is_no_export_is_refused_with_what_was_found() {
    let place = tempfile::tempdir().unwrap();
    let out = text(place.path());
    for (content, said) in
        [("", "empty"), ("<html>", "web page"), ("{\"a\": 1}", "JSON"), ("[]", "no conversation")]
    {
        let file = place.path().join("export.json");
        fs::write(&file, content).unwrap();
        let (code, line) = failure(["build", &text(&file), "--out", &out]);
        assert!(code == 3 && line.contains(said), "{content:?}: {code} {line}");
    }
    let (code, line) = failure(["build", "/nowhere/export.zip", "--out", &out]);
    assert!(code == 3 && line.contains("/nowhere/export.zip"), "{line}");
    let (code, line) = failure(["build", &out, "--out", &out]);
    assert!(code == 3 && line.contains("conversations.json"), "{line}");
}

#[test]
fn a_missing_model_stops_the_build_with_its_path_and_the_mend() {
    let place = tempfile::tempdir().unwrap();
    let (code, line) =
        failure(["build", &text(&sample()), "--out", &text(place.path()), "--model", "/no/model"]);
    assert!(code == 4 && line.contains("/no/model") && line.contains("graphnode model prepare"), "{line}");
    assert!(!place.path().join("graph.json").exists(), "nothing is written");
}

#[test]
fn impossible_options_and_missing_builds_say_what_to_do() {
    let out = text(tempfile::tempdir().unwrap().path());
    let (code, line) = failure(["build", &text(&sample()), "--out", &out, "--min-clusters", "9"]);
    assert!(code == 2 && line.contains("1 to 200"), "{line}");
    let (code, line) = failure(["search", &out, " "]);
    assert!(code == 2 && line.contains("no words"), "{line}");
    let (code, line) = failure(["search", "/nowhere", "words"]);
    assert!(code == 1 && line.contains("graphnode build"), "{line}");
}
