//! Golden tests, each named after the rule of the wire contract it holds.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::outgoing::{self, FailureReason, GraphResult, MessageBody, SummaryPart};
use super::progress::{Progress, ProgressMeter};
use super::{EnvelopeError, Incoming, Request};
use crate::ids::{TaskId, UserId};
use crate::keys::{self, InputLocation, ResultFile};
use crate::options::Language;
use crate::watch::Stage;

fn task() -> TaskId {
    "task_1".parse().unwrap()
}

fn user() -> UserId {
    "user-1".parse().unwrap()
}

fn at() -> Timestamp {
    "2026-03-01T09:30:00.5Z".parse().unwrap()
}

fn value(body: &MessageBody) -> Value {
    serde_json::from_str(body.as_str()).unwrap()
}

fn incoming(task_type: &str, payload: Value) -> Result<Incoming, EnvelopeError> {
    json!({"taskId": "task_1", "taskType": task_type, "timestamp": "2026-03-01T09:30:00Z", "payload": payload})
        .to_string()
        .parse()
}

fn generation(payload: Value) -> Result<super::GenerationRequest, EnvelopeError> {
    incoming("GRAPH_GENERATION_REQUEST", payload).map(|incoming| match incoming.request {
        Request::Generation(request) => request,
        other => panic!("{other:?}"),
    })
}

fn completed(summary: SummaryPart) -> GraphResult {
    GraphResult::Completed {
        graph: keys::result(&task(), ResultFile::Graph),
        features: Some(keys::result(&task(), ResultFile::Features)),
        summary,
    }
}

#[test]
fn names_of_nothing_but_control_characters_are_as_good_as_absent() {
    let payload = json!({"userId": "u", "s3Key": "a.json", "inputType": "\u{1}\n", "chatId": "\u{7f}"});
    let request = generation(payload).unwrap();
    assert_eq!((request.input_type.as_str(), request.chat_id), ("auto", None));
}

#[test]
fn a_hostile_message_is_an_error_that_names_a_field_and_quotes_nothing() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let keys: Vec<_> =
        (0..=super::incoming::MOST_EXTRA_KEYS).map(|number| format!("{number}.json")).collect();
    for (field, value) in [
        ("userId", json!("x".repeat(1_000_000))),
        ("userId", json!("a\0b")),
        ("userId", json!({"$ne": ""})),
        ("s3Key", json!("../secret")),
        ("s3Key", json!("a\n.json")),
        ("extraS3Keys", json!(keys)),
        ("minClusters", json!("NaN")),
        ("minClusters", json!(1e300)),
    ] {
        let mut payload = json!({"userId": "u", "s3Key": "a.json"});
        payload[field] = value;
        let error = generation(payload).unwrap_err();
        assert_eq!(error.field.as_ref().unwrap().field, format!("payload.{field}"));
        assert!(error.to_string().len() < 200, "{error}");
    }
    for body in [deep.as_str(), "{\"taskId\":NaN}", "\0", ""] {
        assert_eq!(body.parse::<Incoming>().unwrap_err().to_string(), "the message is no JSON object");
    }
}

#[test]
fn a_request_is_read_with_its_defaults() {
    let request = generation(json!({"userId": "user-1", "s3Key": "graph-generation/task_1/"})).unwrap();
    assert!(matches!(request.input, InputLocation::Bundle(_)));
    assert_eq!((request.options.min_clusters, request.options.max_clusters), (3, 8));
    assert_eq!((request.graph_id.as_str(), request.input_type.as_str()), ("default", "auto"));
    assert_eq!(request.bucket, None);
    assert_eq!(request.build_options(), crate::options::BuildOptions::default());
}

#[test]
fn a_request_is_read_whatever_types_its_sender_has() {
    let request = generation(json!({
        "userId": "user-1", "s3Key": "대화/내보내기 1.json", "bucket": "input-bucket", "chatId": null,
        "includeSummary": "false", "summaryLanguage": "ko-KR", "language": "Korean", "inputType": "",
        "minClusters": "4", "maxClusters": 6.0, "extraS3Keys": ["notes/a.json", "more/"], "unheardOf": [1],
    }))
    .unwrap();
    let options = request.build_options();
    assert_eq!((options.include_summary, options.language), (false, Language::Ko));
    assert_eq!((options.clusters.min(), options.clusters.max()), (4, 6));
    assert_eq!(request.extra_inputs.len(), 2);
    let written = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<super::GenerationRequest>(&written).unwrap(), request);
}

#[test]
fn one_bound_on_clusters_moves_the_other() {
    let range = |field: &str, bound: usize| {
        let request = generation(json!({"userId": "u", "s3Key": "a.json", field: bound})).unwrap();
        (request.options.min_clusters, request.options.max_clusters)
    };
    assert_eq!((range("minClusters", 10), range("maxClusters", 2)), ((10, 10), (2, 2)));
}

#[test]
fn an_error_names_the_field_and_never_its_value() {
    for (payload, field, problem) in [
        (json!({"s3Key": "a.json"}), "payload.userId", "is missing"),
        (json!({"userId": "u"}), "payload.s3Key", "is missing"),
        (json!({"userId": "u", "s3Key": ""}), "payload.s3Key", "is missing"),
        (json!({"userId": 7, "s3Key": "a.json"}), "payload.userId", "must be a string"),
        (json!({"userId": "u", "s3Key": "../secret"}), "payload.s3Key", "segments"),
        (json!({"userId": "u", "s3Key": "results/t/graph.json"}), "payload.s3Key", "writes to"),
        (json!({"userId": "u", "s3Key": "a", "bucket": "A secret"}), "payload.bucket", "name of a bucket"),
        (
            json!({"userId": "u", "s3Key": "a", "includeSummary": 1}),
            "payload.includeSummary",
            "true or false",
        ),
        (json!({"userId": "u", "s3Key": "a", "minClusters": 1.5}), "payload.minClusters", "whole number"),
        (
            json!({"userId": "u", "s3Key": "a", "minClusters": 9, "maxClusters": 3}),
            "payload.minClusters",
            "clusters",
        ),
        (json!({"userId": "u", "s3Key": "a", "extraS3Keys": "b"}), "payload.extraS3Keys", "array"),
        (json!({"userId": "u", "s3Key": "a", "extraS3Keys": ["/secret"]}), "payload.extraS3Keys", "begin"),
        (json!("secret"), "payload", "must be an object"),
    ] {
        let error = generation(payload).unwrap_err();
        let said = error.to_string();
        assert!(said.starts_with(field) && said.contains(problem) && !said.contains("secret"), "{said}");
        assert_eq!(error.task_id, Some(task()));
    }
}

#[test]
fn what_is_no_envelope_is_an_error() {
    for body in ["", "[]", "null", "{\"taskId\":", "\u{0}"] {
        assert_eq!(body.parse::<Incoming>().unwrap_err().field, None, "{body:?}");
    }
    let error =
        json!({"taskId": "a/b", "taskType": "ADD_NODE_REQUEST", "payload": {"userId": "u", "s3Key": "a"}})
            .to_string()
            .parse::<Incoming>()
            .unwrap_err();
    assert!(error.to_string().starts_with("taskId may hold only"), "{error}");
    assert_eq!((error.task_id, error.user_id), (None, Some("u".parse().unwrap())));
}

#[test]
fn an_unknown_task_type_is_its_own_case() {
    let unknown = incoming("SOMETHING_NEW", json!({})).unwrap();
    assert_eq!(unknown.request, Request::Unknown { task_type: "SOMETHING_NEW".to_owned() });
}

#[test]
fn a_missing_or_odd_timestamp_is_none() {
    for timestamp in [Value::Null, json!(17), json!("yesterday")] {
        let body = json!({"taskId": "t", "taskType": "X", "timestamp": timestamp}).to_string();
        assert_eq!(body.parse::<Incoming>().unwrap().timestamp, None);
    }
    for timestamp in ["2026-03-01T09:30:00.500Z", "2026-03-01T18:30:00.5+09:00", "2026-03-01T09:30:00.5"] {
        let body = json!({"taskId": "t", "taskType": "X", "timestamp": timestamp}).to_string();
        assert_eq!(body.parse::<Incoming>().unwrap().timestamp, Some(at()));
    }
}

#[test]
fn microscope_is_answered_with_a_failed_result() {
    let incoming = incoming("MICROSCOPE_INGEST_REQUEST", json!({"userId": "user-1", "other": {}})).unwrap();
    let Request::Microscope { task_type, user_id } = incoming.request else { panic!() };
    let reason = FailureReason::new("not supported");
    let answer = outgoing::failed_result(&task_type, &task(), user_id.as_ref(), at(), &reason);
    assert_eq!(
        value(&answer),
        json!({"taskId": "task_1", "taskType": "MICROSCOPE_INGEST_RESULT", "timestamp": "2026-03-01T09:30:00.500Z",
            "payload": {"userId": "user-1", "status": "FAILED", "error": "not supported"}})
    );
}

#[test]
fn progress_has_a_stage_a_percent_and_whole_seconds_or_null() {
    let of =
        |done, eta| outgoing::progress(&task(), &user(), at(), Progress::new(Stage::Embed, done, 200), eta);
    assert_eq!(
        of(1, Some(90)).as_str(),
        r#"{"taskId":"task_1","taskType":"GRAPH_GENERATION_PROGRESS","timestamp":"2026-03-01T09:30:00.500Z","payload":{"userId":"user-1","currentStage":"[2단계] 임베딩 시작","progressPercent":0,"etaSeconds":90}}"#
    );
    assert_eq!(value(&of(100, None))["payload"]["currentStage"], "[2단계] 임베딩 중");
    assert_eq!(value(&of(100, None))["payload"]["etaSeconds"], Value::Null);
    assert_eq!(value(&of(200, Some(0)))["payload"]["currentStage"], "[2단계] 임베딩 완료");
    assert_eq!(value(&of(900, Some(0)))["payload"]["progressPercent"], 100);
}

#[test]
fn stages_are_numbered_in_the_order_they_run() {
    let numbers: Vec<usize> =
        Stage::ALL.iter().map(|stage| Progress::new(*stage, 0, 0).stage().number()).collect();
    assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
}

#[test]
fn percent_never_goes_backwards_and_comes_once_a_second() {
    let mut meter = ProgressMeter::default();
    let mut sent = |stage, done, millis| {
        meter.report(Progress::new(stage, done, 100), Duration::from_millis(millis)).is_some()
    };
    assert!(sent(Stage::Import, 0, 0));
    assert!(!sent(Stage::Import, 100, 900), "too soon");
    assert!(sent(Stage::Embed, 40, 1_000));
    assert!(!sent(Stage::Embed, 30, 5_000), "backwards");
    assert!(!sent(Stage::Embed, 40, 5_000), "nothing new");
    assert!(!sent(Stage::Import, 100, 6_000), "an earlier stage");
    assert!(sent(Stage::Embed, 41, 6_000));
}

#[test]
fn completed_always_has_a_result_key() {
    let body = outgoing::graph_result(&task(), &user(), at(), &completed(SummaryPart::NotRequested));
    assert_eq!(
        value(&body)["payload"],
        json!({"userId": "user-1", "status": "COMPLETED", "resultS3Key": "results/task_1/graph.json",
            "featuresS3Key": "results/task_1/features.json"})
    );
}

#[test]
fn summary_included_and_its_key_come_together() {
    let summary = SummaryPart::Written(keys::result(&task(), ResultFile::Summary));
    let payload =
        value(&outgoing::graph_result(&task(), &user(), at(), &completed(summary)))["payload"].clone();
    assert_eq!(
        (&payload["summaryIncluded"], &payload["summaryS3Key"]),
        (&json!(true), &json!("results/task_1/summary.json"))
    );
}

#[test]
fn a_summary_that_fails_is_a_completed_graph_with_an_error() {
    let summary = SummaryPart::Failed(FailureReason::new("the summary failed"));
    let payload =
        value(&outgoing::graph_result(&task(), &user(), at(), &completed(summary)))["payload"].clone();
    assert_eq!((&payload["status"], &payload["error"]), (&json!("COMPLETED"), &json!("the summary failed")));
    assert!(payload.get("summaryIncluded").is_none() && payload.get("summaryS3Key").is_none());
}

#[test]
fn failed_has_a_reason_and_no_result_key() {
    let failed = GraphResult::Failed(FailureReason::new("the export\n holds\u{0} no conversation"));
    let body = outgoing::graph_result(&task(), &user(), at(), &failed);
    assert_eq!(
        value(&body)["payload"],
        json!({"userId": "user-1", "status": "FAILED", "error": "the export holds no conversation"})
    );
    assert_eq!(FailureReason::new(" \n").as_str(), "the job failed");
}

#[test]
fn results_carry_no_bucket() {
    for body in [
        outgoing::graph_result(&task(), &user(), at(), &completed(SummaryPart::NotRequested)),
        outgoing::summary_result(&task(), &user(), at(), Ok(&keys::result(&task(), ResultFile::Summary))),
        outgoing::add_node_result(&task(), &user(), at(), Err(&FailureReason::new("no"))),
    ] {
        assert!(!body.as_str().contains("bucket"));
    }
}

#[test]
fn every_answer_echoes_the_task_id() {
    let summary = keys::result(&task(), ResultFile::Summary);
    let answer = value(&outgoing::summary_result(&task(), &user(), at(), Ok(&summary)));
    assert_eq!((&answer["taskId"], &answer["taskType"]), (&json!("task_1"), &json!("GRAPH_SUMMARY_RESULT")));
    assert_eq!(
        answer["payload"],
        json!({"userId": "user-1", "status": "COMPLETED", "summaryS3Key": "results/task_1/summary.json"})
    );
    let answer = value(&outgoing::add_node_result(&task(), &user(), at(), Err(&FailureReason::new("later"))));
    assert_eq!(answer["payload"], json!({"userId": "user-1", "status": "FAILED", "error": "later"}));
}
