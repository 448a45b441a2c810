//! What others ask of us.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fields::{FieldError, Fields};
use crate::ids::{BucketName, GraphId, TaskId, UserId};
use crate::keys::{InputLocation, ObjectKey};
use crate::options::{BuildOptions, ClusterRange, DetailLevel, Language};

/// Most `extraS3Keys` of a request.
pub const MOST_EXTRA_KEYS: usize = 100;

/// A message that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// Correlation id and billing key: echoed unchanged.
    pub task_id: TaskId,
    /// When the sender wrote it; `None` where it does not say, or not so that it could be read.
    pub timestamp: Option<Timestamp>,
    /// What is asked for.
    pub request: Request,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// `GRAPH_GENERATION_REQUEST`.
    Generation(GenerationRequest),
    /// `GRAPH_SUMMARY_REQUEST`.
    Summary(SummaryRequest),
    /// `ADD_NODE_REQUEST`.
    AddNode(AddNode),
    /// `MICROSCOPE_*`: another system's, answered with a FAILED result.
    Microscope {
        /// The task type as it was sent.
        task_type: String,
        /// The person; kept as text, as it is only echoed.
        user_id: Option<UserId>,
    },
    /// Any other task type: never deleted, it goes to the dead-letter queue.
    Unknown {
        /// The task type as it was sent, at most 100 characters of it.
        task_type: String,
    },
}

/// A graph is to be built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationRequest {
    /// The person.
    pub user_id: UserId,
    /// The person's graph; `default` unless the request names one.
    pub graph_id: GraphId,
    /// What to build it from.
    pub input: InputLocation,
    /// More of it.
    pub extra_inputs: Vec<InputLocation>,
    /// Where the input lies; `None` is the configured bucket.
    pub bucket: Option<BucketName>,
    /// The chat it was asked from; only echoed in logs.
    pub chat_id: Option<String>,
    /// What the sender thinks the input is; the import looks for itself.
    pub input_type: String,
    /// What was chosen.
    pub options: RequestedOptions,
}

/// What a request chooses about a build; the rest is [`BuildOptions::default`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedOptions {
    /// Whether to write a summary.
    pub include_summary: bool,
    /// Language of the summary.
    pub summary_language: Language,
    /// Language of names and descriptions.
    pub language: Language,
    /// Fewest clusters.
    pub min_clusters: usize,
    /// Most clusters; with `min_clusters` a valid [`ClusterRange`] when it was parsed.
    pub max_clusters: usize,
    /// How much the summary says.
    #[serde(default)]
    pub detail_level: DetailLevel,
}

impl GenerationRequest {
    /// The options of the build; what the request leaves open is the default.
    #[must_use]
    pub fn build_options(&self) -> BuildOptions {
        let options = &self.options;
        BuildOptions {
            // A range that was checked when the request was read; the default stands in for an edited record.
            clusters: ClusterRange::new(options.min_clusters, options.max_clusters).unwrap_or_default(),
            language: options.language,
            include_summary: options.include_summary,
            summary_language: options.summary_language,
            detail_level: options.detail_level,
        }
    }
}

/// A summary of an existing graph is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryRequest {
    /// The person.
    pub user_id: UserId,
    /// The graph to summarise.
    pub graph_key: ObjectKey,
    /// Where it lies; `None` is the configured bucket.
    pub bucket: Option<BucketName>,
    /// Its vectors, where the sender names them.
    pub vectors_key: Option<ObjectKey>,
    /// Language of the summary.
    pub language: Language,
    /// How much it says.
    pub detail_level: DetailLevel,
}

/// Nodes are to be added to an existing graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddNode {
    /// The person.
    pub user_id: UserId,
    /// The batch.
    pub input: InputLocation,
    /// Where it lies; `None` is the configured bucket.
    pub bucket: Option<BucketName>,
    /// What the sender thinks the input is.
    pub input_type: String,
    /// Language of names and descriptions.
    pub language: Language,
}

/// Why a message was not understood, with as much of it as an answer needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeError {
    /// The field that is wrong; `None` when the body is no JSON object.
    pub field: Option<FieldError>,
    /// Whose job it was, where that could be read.
    pub task_id: Option<TaskId>,
    /// The person, where that could be read.
    pub user_id: Option<UserId>,
    /// The task type, where that could be read; at most 100 characters.
    pub task_type: Option<String>,
}

impl fmt::Display for EnvelopeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => field.fmt(formatter),
            None => formatter.write_str("the message is no JSON object"),
        }
    }
}

impl std::error::Error for EnvelopeError {}

impl FromStr for Incoming {
    type Err = EnvelopeError;

    /// Reads the body of a message. Unknown fields are ignored; a byte order mark is skipped.
    fn from_str(body: &str) -> Result<Self, EnvelopeError> {
        let nothing = EnvelopeError { field: None, task_id: None, user_id: None, task_type: None };
        let object: Map<String, Value> =
            serde_json::from_str(body.trim_start_matches('\u{feff}')).map_err(|_| nothing)?;
        let envelope = Fields::new(&object, "");
        read(envelope).map_err(|field| EnvelopeError {
            field: Some(field),
            task_id: envelope.parsed("taskId").ok().flatten(),
            user_id: envelope
                .object("payload", "payload.")
                .ok()
                .and_then(|payload| payload.parsed("userId").ok()?),
            task_type: envelope.text("taskType").ok().flatten().map(shortened),
        })
    }
}

fn read(envelope: Fields<'_>) -> Result<Incoming, FieldError> {
    let task_type: String = envelope.required("taskType")?;
    let known = |request: fn(Fields<'_>) -> Result<Request, FieldError>| {
        envelope.object("payload", "payload.").and_then(request)
    };
    let request = match task_type.as_str() {
        "GRAPH_GENERATION_REQUEST" => known(|payload| generation(payload).map(Request::Generation))?,
        "GRAPH_SUMMARY_REQUEST" => known(|payload| summary(payload).map(Request::Summary))?,
        "ADD_NODE_REQUEST" => known(|payload| add_node(payload).map(Request::AddNode))?,
        other if other.starts_with("MICROSCOPE_") => {
            let user_id = envelope.object("payload", "payload.").and_then(|payload| payload.parsed("userId"));
            Request::Microscope { task_type: shortened(other), user_id: user_id.ok().flatten() }
        }
        other => Request::Unknown { task_type: shortened(other) },
    };
    let timestamp = envelope.text("timestamp").ok().flatten().and_then(instant);
    Ok(Incoming { task_id: envelope.required("taskId")?, timestamp, request })
}

fn generation(payload: Fields<'_>) -> Result<GenerationRequest, FieldError> {
    let language = payload.parsed("language")?.unwrap_or_default();
    let clusters = cluster_range(payload)?;
    Ok(GenerationRequest {
        user_id: payload.required("userId")?,
        graph_id: payload.parsed("graphId")?.unwrap_or_default(),
        input: payload.required("s3Key")?,
        extra_inputs: extra_inputs(payload)?,
        bucket: payload.parsed("bucket")?,
        chat_id: payload.text("chatId")?.and_then(named),
        input_type: input_type(payload)?,
        options: RequestedOptions {
            include_summary: payload
                .boolean("includeSummary")?
                .unwrap_or(BuildOptions::default().include_summary),
            summary_language: payload.parsed("summaryLanguage")?.unwrap_or(language),
            language,
            min_clusters: clusters.min(),
            max_clusters: clusters.max(),
            detail_level: payload.parsed("detailLevel")?.unwrap_or_default(),
        },
    })
}

fn summary(payload: Fields<'_>) -> Result<SummaryRequest, FieldError> {
    Ok(SummaryRequest {
        user_id: payload.required("userId")?,
        graph_key: payload.required("graphS3Key")?,
        bucket: payload.parsed("bucket")?,
        vectors_key: payload.parsed("vectorDbS3Key")?,
        language: payload.parsed("language")?.unwrap_or_default(),
        detail_level: payload.parsed("detailLevel")?.unwrap_or_default(),
    })
}

fn add_node(payload: Fields<'_>) -> Result<AddNode, FieldError> {
    Ok(AddNode {
        user_id: payload.required("userId")?,
        input: payload.required("s3Key")?,
        bucket: payload.parsed("bucket")?,
        input_type: input_type(payload)?,
        language: payload.parsed("language")?.unwrap_or_default(),
    })
}

/// One bound alone moves the other's default out of its way.
fn cluster_range(payload: Fields<'_>) -> Result<ClusterRange, FieldError> {
    let default = ClusterRange::default();
    let (min, max) = match (payload.whole("minClusters")?, payload.whole("maxClusters")?) {
        (Some(min), Some(max)) => (min, max),
        (Some(min), None) => (min, default.max().max(min)),
        (None, Some(max)) => (default.min().min(max), max),
        (None, None) => return Ok(default),
    };
    ClusterRange::new(min, max).map_err(|error| payload.error("minClusters", error))
}

fn extra_inputs(payload: Fields<'_>) -> Result<Vec<InputLocation>, FieldError> {
    let Some(value) = payload.value("extraS3Keys") else { return Ok(Vec::new()) };
    let error = |problem: &dyn fmt::Display| payload.error("extraS3Keys", problem);
    let keys = value.as_array().ok_or_else(|| error(&"must be an array"))?;
    if keys.len() > MOST_EXTRA_KEYS {
        return Err(error(&format_args!("may hold at most {MOST_EXTRA_KEYS} keys")));
    }
    keys.iter()
        .map(|key| {
            let text = key.as_str().ok_or_else(|| error(&"must hold strings"))?;
            text.parse().map_err(|problem| error(&problem))
        })
        .collect()
}

/// ISO 8601, UTC where it names no offset.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse::<Timestamp>().ok().or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

fn input_type(payload: Fields<'_>) -> Result<String, FieldError> {
    Ok(payload.text("inputType")?.and_then(named).unwrap_or_else(|| "auto".to_owned()))
}

/// The text, shortened; nothing where it holds nothing but control characters, as if it were not there.
fn named(text: &str) -> Option<String> {
    Some(shortened(text)).filter(|text| !text.is_empty())
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}
