use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::job::Place;
use crate::watch::Stage;

/// What was written, kept.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A full disk.
struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }
}

const SUBJECT: Subject<'static> = Subject { task_id: Some("task-1"), correlation_id: Some("request-1") };

/// One of each.
fn events() -> Vec<Event> {
    let mut events = vec![
        Event::Heartbeat,
        Event::WorkBegun { waited: Duration::from_millis(1_250) },
        Event::ResultsMade { conversations: 300, input_bytes: 1 << 40, tokens: 0 },
        Event::ModelUsed { tokens: u64::MAX },
        Event::RunOver { runner: Place::Fargate, took: Duration::MAX },
        Event::DeadLetter,
        Event::Outage,
        Event::Indexed { upserts: 300, removals: 2, took: Duration::ZERO },
    ];
    events.extend(Stage::ALL.map(|step| Event::StageDone { step, took: Duration::from_secs(2) }));
    for outcome in [Outcome::Completed, Outcome::Failed, Outcome::Cancelled] {
        for runner in [Place::Lambda, Place::Fargate] {
            events.push(Event::JobEnded { outcome, runner, attempts: 2 });
        }
    }
    events
}

fn at() -> Timestamp {
    "2026-06-01T09:00:00.1234Z".parse().unwrap()
}

fn written(events: &[Event]) -> String {
    let buffer = Buffer::default();
    let meter = Meter::emf("stack-1".parse().unwrap(), buffer.clone());
    events.iter().for_each(|event| meter.record(at(), SUBJECT, event));
    let bytes = buffer.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_line_of_a_job_that_ended_is_this_one() {
    let ended = Event::JobEnded { outcome: Outcome::Completed, runner: Place::Lambda, attempts: 2 };
    let expected = concat!(
        r#"{"_aws":{"Timestamp":1780304400123,"CloudWatchMetrics":["#,
        r#"{"Namespace":"GraphNode","Dimensions":[["Environment"],["Environment","Outcome","Runner"]],"#,
        r#""Metrics":[{"Name":"Jobs","Unit":"Count"}]},"#,
        r#"{"Namespace":"GraphNode","Dimensions":[["Environment"]],"Metrics":[{"Name":"Attempts","Unit":"Count"}]}]},"#,
        r#""Environment":"stack-1","Outcome":"completed","Runner":"lambda","Jobs":1,"Attempts":2,"#,
        r#""task_id":"task-1","correlation_id":"request-1"}"#,
        "\n"
    );
    assert_eq!(written(&[ended]), expected);
}

#[test]
fn the_line_of_a_stage_is_this_one() {
    let stage = Event::StageDone { step: Stage::Embed, took: Duration::from_micros(1_500_400) };
    let expected = concat!(
        r#"{"_aws":{"Timestamp":1780304400123,"CloudWatchMetrics":[{"Namespace":"GraphNode","#,
        r#""Dimensions":[["Environment","Step"]],"Metrics":[{"Name":"StageSeconds","Unit":"Seconds"}]}]},"#,
        r#""Environment":"stack-1","Step":"embed","StageSeconds":1.5,"#,
        r#""task_id":"task-1","correlation_id":"request-1"}"#,
        "\n"
    );
    assert_eq!(written(&[stage]), expected);
}

/// The rules of the specification's schema, for every line there is.
#[test]
fn every_line_keeps_the_rules_of_the_format() {
    let (events, mut seen) = (events(), BTreeSet::new());
    let text = written(&events);
    assert_eq!(text.lines().count(), events.len());
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let timestamp = line["_aws"]["Timestamp"].as_i64().unwrap();
        assert_eq!(
            Timestamp::from_millisecond(timestamp).unwrap(),
            "2026-06-01T09:00:00.123Z".parse().unwrap()
        );
        let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        assert!(!directives.is_empty());
        for directive in directives {
            assert_eq!(directive["Namespace"], "GraphNode");
            for set in directive["Dimensions"].as_array().unwrap() {
                let set = set.as_array().unwrap();
                assert!(!set.is_empty() && set.len() <= 30, "{line}");
                for name in set {
                    let value = line[name.as_str().unwrap()].as_str();
                    assert!(value.is_some_and(|value| (1..=1024).contains(&value.len())), "{name} of {line}");
                }
            }
            let metrics = directive["Metrics"].as_array().unwrap();
            assert!(!metrics.is_empty() && metrics.len() <= 100, "{line}");
            for metric in metrics {
                let name = metric["Name"].as_str().unwrap();
                assert!(line[name].as_f64().is_some_and(f64::is_finite), "{name} of {line}");
                assert!(["Count", "Seconds", "Bytes"].contains(&metric["Unit"].as_str().unwrap()));
                seen.insert(name.to_owned());
            }
        }
        assert_eq!((&line["task_id"], &line["correlation_id"]), (&"task-1".into(), &"request-1".into()));
    }
    assert_eq!(seen, Metric::ALL.map(|metric| metric.name().to_owned()).into());
}

#[test]
fn an_output_that_is_broken_and_a_meter_that_is_silent_disturb_nobody() {
    let broken = Meter::emf(EnvironmentName::default(), Broken);
    for meter in [broken, Meter::silent()] {
        events().iter().for_each(|event| meter.record(at(), Subject::default(), event));
    }
}

#[test]
fn the_environment_names_itself_or_is_the_default() {
    let named = |value: &str| {
        let pairs = [(variables::ENVIRONMENT, value)];
        Meter::from_environment(&Environment::of(&pairs), io::sink()).map(|meter| format!("{meter:?}"))
    };
    assert!(named("graphnode-prod").unwrap().contains("graphnode-prod"));
    assert!(named("").unwrap().contains("\"default\""));
    let error = named("two words").unwrap_err().to_string();
    assert!(error.starts_with("GRAPHNODE_ENVIRONMENT must have"), "{error}");
}
