//! `features.json`: the vectors, and what the vector index stores beside each.

use std::collections::BTreeMap;

use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Deserialize, Serialize, Serializer};

use super::Keyword;
use crate::conversation::SourceType;
use crate::ids::{GraphId, TaskId, UserId};
use crate::matrix::Matrix;
use crate::time::SourceTime;

/// The vectors of a build. Row `i` of `embeddings` belongs to `conversations[i]` and has unit length.
#[derive(Debug, Clone)]
pub struct Features {
    /// One entry a node, in the order of the graph's nodes.
    pub conversations: Vec<FeaturesConversation>,
    /// Their vectors.
    pub embeddings: Matrix,
    /// Whose and of which build they are.
    pub metadata: FeaturesMetadata,
}

impl Serialize for Features {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Rows<'a>(&'a Matrix);
        impl Serialize for Rows<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut sequence = serializer.serialize_seq(Some(self.0.rows()))?;
                self.0.iter_rows().try_for_each(|row| sequence.serialize_element(row))?;
                sequence.end()
            }
        }
        let mut fields = serializer.serialize_struct("Features", 3)?;
        fields.serialize_field("conversations", &self.conversations)?;
        fields.serialize_field("embeddings", &Rows(&self.embeddings))?;
        fields.serialize_field("metadata", &self.metadata)?;
        fields.end()
    }
}

/// What the vector index stores beside a vector.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FeaturesConversation {
    /// The node's id in the graph.
    pub id: usize,
    /// The source's id, byte for byte.
    pub orig_id: String,
    /// The node's phrases, best first.
    pub keywords: Vec<Keyword>,
    /// When it began, as the source states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_time: Option<SourceTime>,
    /// When it was last added to, as the source states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_time: Option<SourceTime>,
    /// When it began (else was last added to), ISO 8601 in UTC.
    pub timestamp: Option<jiff::Timestamp>,
    /// Number of shown messages or sections.
    pub num_sections: usize,
    /// The same number.
    pub num_messages: usize,
    /// Kind of source.
    pub source_type: SourceType,
    /// The node's cluster.
    pub cluster_id: String,
    /// SHA-256 of the words that were embedded, in hexadecimal.
    pub content_hash: String,
}

/// Whose vectors they are, of which build, made by which model.
#[derive(Debug, Clone, Serialize)]
pub struct FeaturesMetadata {
    /// The person.
    #[serde(rename = "userId")]
    pub user_id: UserId,
    /// The person's graph.
    #[serde(rename = "graphId")]
    pub graph_id: GraphId,
    /// The build.
    #[serde(rename = "taskId")]
    pub task_id: TaskId,
    /// Grows with every build of the graph; a late older one is told by it.
    pub generation: u64,
    /// Number of rows.
    pub total_conversations: usize,
    /// Name of the model.
    pub embedding_model: String,
    /// `f32` or `int8`.
    pub embedding_precision: String,
    /// Length of a row.
    pub embedding_dimension: usize,
    /// The name of every cluster by its id, so that the index can say it beside each vector.
    pub cluster_names: BTreeMap<String, String>,
    /// When it was built.
    pub generated_at: jiff::Timestamp,
}
