//! What is read of `features.json`. More than this may stand there; of this, what the index needs must.

use std::collections::BTreeMap;

use graphnode_core::conversation::SourceType;
use graphnode_core::ids::{GraphId, TaskId, UserId};
use graphnode_core::ports::vectors::{GraphBuild, RecordMetadata};
use graphnode_core::time::SourceTime;
use serde::Deserialize;
use serde_json::value::RawValue;

/// An element of `conversations`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Entry {
    id: u64,
    pub(crate) orig_id: String,
    #[serde(default)]
    keywords: Vec<Term>,
    #[serde(default)]
    create_time: Option<Box<RawValue>>,
    #[serde(default)]
    num_messages: u64,
    source_type: SourceType,
    cluster_id: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Term {
    term: String,
}

/// `metadata`: whose vectors they are, of which build, made by which model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Metadata {
    /// The person.
    #[serde(rename = "userId")]
    pub user_id: UserId,
    /// The person's graph.
    #[serde(rename = "graphId")]
    pub graph_id: GraphId,
    /// The build.
    #[serde(rename = "taskId")]
    pub task_id: TaskId,
    /// Grows with every build of the graph.
    pub generation: u64,
    /// Number of rows.
    pub total_conversations: u64,
    /// Name of the model.
    pub embedding_model: String,
    /// Length of a row.
    pub embedding_dimension: usize,
    /// Names of clusters by id; files of older builds have none.
    #[serde(default)]
    pub cluster_names: BTreeMap<String, String>,
}

impl Metadata {
    /// The build as the index has it.
    #[must_use]
    pub fn build(&self) -> GraphBuild {
        GraphBuild {
            user_id: self.user_id.clone(),
            graph_id: self.graph_id.clone(),
            generation: self.generation,
        }
    }
}

impl Entry {
    /// What the index stores beside the vector.
    pub(crate) fn into_record(self, metadata: &Metadata) -> RecordMetadata {
        let terms: Vec<String> = self.keywords.into_iter().map(|keyword| keyword.term).collect();
        let begun = self.create_time.as_deref().and_then(SourceTime::parse);
        RecordMetadata {
            orig_id: self.orig_id,
            node_id: self.id,
            cluster_name: metadata.cluster_names.get(&self.cluster_id).cloned(),
            cluster_id: self.cluster_id,
            keywords: terms.join(","),
            create_time: begun.map(|time| time.instant().as_microsecond() as f64 / 1e6),
            num_messages: self.num_messages,
            source_type: self.source_type.name().to_owned(),
            model: metadata.embedding_model.clone(),
        }
    }
}
