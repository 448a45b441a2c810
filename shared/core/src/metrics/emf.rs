//! Lines of CloudWatch's embedded metric format: a JSON object that says of itself which of its members are metrics.
//!
//! Source: "Specification: Embedded metric format", Amazon CloudWatch User Guide. A directive names metrics that share
//! their sets of dimensions, so an event whose metrics do not has several directives in one line.

use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Number;

use super::event::Event;
use super::metric::{Dimension, Metric};
use super::{EnvironmentName, Subject};

/// What our metrics are found under.
const NAMESPACE: &str = "GraphNode";

/// The line of an event, its end included.
pub(super) fn line(
    environment: &EnvironmentName,
    at: Timestamp,
    subject: Subject<'_>,
    event: &Event,
) -> String {
    let mut dimensions = vec![(Dimension::Environment, environment.as_str())];
    dimensions.extend(event.dimensions());
    let line = Line { at, dimensions, readings: event.readings(), subject };
    // Texts and numbers under texts: there is nothing that JSON does not have.
    serde_json::to_string(&line).map(|line| line + "\n").unwrap_or_default()
}

struct Line<'a> {
    at: Timestamp,
    dimensions: Vec<(Dimension, &'a str)>,
    readings: Vec<(Metric, Number)>,
    subject: Subject<'a>,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        let metadata =
            Metadata { timestamp: self.at.as_millisecond(), directives: directives(&self.readings) };
        members.serialize_entry("_aws", &metadata)?;
        for (dimension, value) in &self.dimensions {
            members.serialize_entry(dimension.name(), value)?;
        }
        for (metric, value) in &self.readings {
            members.serialize_entry(metric.name(), value)?;
        }
        let properties = [("task_id", self.subject.task_id), ("correlation_id", self.subject.correlation_id)];
        for (name, value) in properties {
            if let Some(value) = value {
                members.serialize_entry(name, value)?;
            }
        }
        members.end()
    }
}

#[derive(serde::Serialize)]
struct Metadata {
    #[serde(rename = "Timestamp")]
    timestamp: i64,
    #[serde(rename = "CloudWatchMetrics")]
    directives: Vec<Directive>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: &'static str,
    dimensions: Vec<Vec<&'static str>>,
    metrics: Vec<Definition>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: &'static str,
    unit: &'static str,
}

/// One directive for neighbours that share their sets of dimensions.
fn directives(readings: &[(Metric, Number)]) -> Vec<Directive> {
    let together = readings.chunk_by(|(one, _), (other, _)| one.dimension_sets() == other.dimension_sets());
    together
        .map(|metrics| Directive {
            namespace: NAMESPACE,
            dimensions: metrics[0]
                .0
                .dimension_sets()
                .iter()
                .map(|set| set.iter().map(|dimension| dimension.name()).collect())
                .collect(),
            metrics: metrics
                .iter()
                .map(|(metric, _)| Definition { name: metric.name(), unit: metric.unit().name() })
                .collect(),
        })
        .collect()
}
