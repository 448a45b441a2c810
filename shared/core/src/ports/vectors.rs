//! The port to the vector index, always asked on behalf of one person.

use std::future::Future;

use serde::{Deserialize, Serialize};

use super::error::PortResult;
use crate::hash::hex_sha256;
use crate::ids::{GraphId, UserId};

/// Names a record in the index, unique across persons.
///
/// Invariants:
/// - at most [`RecordId::LONGEST`] bytes;
/// - different persons never share one, whatever ids their conversations have.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(String);

impl RecordId {
    /// Most bytes of an id, as Chroma Cloud has it.
    pub const LONGEST: usize = 128;

    /// `{user_id}_{orig_id}`; its hash where that would be too long, or where `orig_id` holds a `_` itself.
    ///
    /// The second is what keeps persons apart: `a_b` + `c` and `a` + `b_c` would be one id, and an export chooses the
    /// ids of its conversations. Without a `_` in `orig_id` the last `_` of an id ends the person; a hash has none.
    #[must_use]
    pub fn of(user_id: &UserId, orig_id: &str) -> Self {
        let plain_length = user_id.as_str().len() + 1 + orig_id.len();
        if plain_length > Self::LONGEST || orig_id.contains('_') {
            Self(hex_sha256([user_id.as_str().as_bytes(), b"\0", orig_id.as_bytes()]))
        } else {
            Self(format!("{user_id}_{orig_id}"))
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What stands beside a vector, apart from whose it is.
///
/// Written with the names of both readers: those of the plan and those of the backend. What another program left out
/// is read as empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordMetadata {
    /// The source's id, byte for byte.
    pub orig_id: String,
    /// The node's id in the graph.
    pub node_id: u64,
    /// The node's cluster.
    pub cluster_id: String,
    /// The name of that cluster, where it is known.
    pub cluster_name: Option<String>,
    /// Phrases, best first, joined by commas.
    pub keywords: String,
    /// When it began: epoch seconds.
    pub create_time: Option<f64>,
    /// Number of shown messages or sections.
    pub num_messages: u64,
    /// `chat`, `markdown`, `notion` or `file`.
    pub source_type: String,
    /// Name of the model that made the vector.
    pub model: String,
}

/// A vector to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorRecord {
    /// The vector: unit length, finite.
    pub embedding: Vec<f32>,
    /// What stands beside it.
    pub metadata: RecordMetadata,
}

/// Whose vectors are written, of which graph, made by which build of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GraphBuild {
    /// The person.
    pub user_id: UserId,
    /// The person's graph.
    pub graph_id: GraphId,
    /// Grows with every build of the graph.
    pub generation: u64,
}

/// What to look for.
#[derive(Debug, Clone, Copy)]
pub struct VectorQuery<'a> {
    /// The query's vector, of the index's length.
    pub embedding: &'a [f32],
    /// Most hits, 1 to [`VectorQuery::MOST`].
    pub limit: usize,
    /// One graph of the person; `None` searches all.
    pub graph_id: Option<&'a GraphId>,
    /// One cluster of a graph; `None` searches all.
    pub cluster_id: Option<&'a str>,
    /// Only these sources of the person, at most [`VectorQuery::MOST`]; `None` searches all. None of them finds nothing.
    pub orig_ids: Option<&'a [String]>,
}

impl<'a> VectorQuery<'a> {
    /// The `limit` nearest of everything the person has.
    #[must_use]
    pub fn nearest(embedding: &'a [f32], limit: usize) -> Self {
        Self { embedding, limit, graph_id: None, cluster_id: None, orig_ids: None }
    }

    /// The same, of one graph.
    #[must_use]
    pub fn in_graph(self, graph_id: &'a GraphId) -> Self {
        Self { graph_id: Some(graph_id), ..self }
    }

    /// Most hits of a query, as Chroma Cloud has it.
    pub const MOST: usize = 300;
}

/// A hit.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorMatch {
    /// 0 to 1: cosine similarity, negative ones as 0.
    pub score: f32,
    /// The graph it belongs to.
    pub graph_id: GraphId,
    /// The build it belongs to.
    pub generation: u64,
    /// What stands beside it.
    pub metadata: RecordMetadata,
}

/// Which of a person's vectors to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal {
    /// Those of a graph that older builds left behind.
    OlderThan {
        /// The graph.
        graph_id: GraphId,
        /// The oldest generation that stays.
        generation: u64,
    },
    /// All of a graph.
    Graph(GraphId),
    /// All.
    Everything,
}

/// An index of vectors in cosine space.
///
/// Duties of an implementation:
/// - it compares by cosine, and refuses to work with an index that does not;
/// - every call touches the records of the person it names and no other's: whose a record is comes from the call,
///   never from the record;
/// - writing the same record twice leaves what writing it once does, older metadata included;
/// - it cuts what it is given into calls the service takes, and retries what a moment mends by itself.
pub trait VectorIndex: Send + Sync {
    /// Writes records, any number; those with the id of an existing one replace it. Two of one `orig_id`: the last.
    ///
    /// # Errors
    /// [`Invalid`](super::PortErrorKind::Invalid) for vectors of another length than the index has, or not finite;
    /// what any call may meet. Some records may be written by then: write all again.
    fn upsert(
        &self,
        build: &GraphBuild,
        records: &[VectorRecord],
    ) -> impl Future<Output = PortResult<()>> + Send;

    /// The person's records nearest to a vector, best first.
    ///
    /// # Errors
    /// [`Invalid`](super::PortErrorKind::Invalid) for a vector of another length; what any call may meet.
    fn query(
        &self,
        user_id: &UserId,
        query: VectorQuery<'_>,
    ) -> impl Future<Output = PortResult<Vec<VectorMatch>>> + Send;

    /// Removes records of the person; yields how many.
    ///
    /// # Errors
    /// What any call may meet; some may be removed by then.
    fn remove(&self, user_id: &UserId, removal: &Removal) -> impl Future<Output = PortResult<u64>> + Send;

    /// How many records of the person there are, of one graph or of all.
    ///
    /// # Errors
    /// What any call may meet.
    fn count(
        &self,
        user_id: &UserId,
        graph_id: Option<&GraphId>,
    ) -> impl Future<Output = PortResult<u64>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(user: &str, orig: &str) -> String {
        RecordId::of(&user.parse().unwrap(), orig).as_str().to_owned()
    }

    #[test]
    fn persons_never_share_a_record_whatever_their_conversations_are_called() {
        assert_eq!(id("user_1", "3f1c-9a"), "user_1_3f1c-9a");
        assert_ne!(id("a_b", "c"), id("a", "b_c"));
        assert_ne!(id("a", "b"), id("a_b", ""));
        assert_eq!(id("a", "b_c").len(), 64);
    }

    #[test]
    fn a_long_id_is_hashed() {
        assert_eq!(id("a", &"x".repeat(126)).len(), 128);
        assert_eq!(id("a", &"x".repeat(127)).len(), 64);
        assert_ne!(id("a", &"x".repeat(127)), id("b", &"x".repeat(127)));
    }
}
