//! Search over the vectors of one build by comparing with all of them: exact, and quick for any one person.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use graphnode_core::matrix::{Matrix, dot};
use serde::Deserialize;

/// The vectors of one `features.json`.
#[derive(Debug)]
pub struct ExactIndex {
    ids: Vec<String>,
    vectors: Matrix,
    model: String,
    precision: String,
}

/// One answer to a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Position of the conversation in the graph.
    pub node: usize,
    /// Id of the conversation.
    pub orig_id: String,
    /// `clamp(cosine, 0, 1)`.
    pub score: f64,
}

/// Why an index could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is no `features.json`, or a damaged one.
    #[error("{} is no features.json of a build: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

#[derive(Deserialize)]
struct Features {
    conversations: Vec<Conversation>,
    embeddings: Vec<Vec<f32>>,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Conversation {
    orig_id: String,
}

#[derive(Deserialize)]
struct Metadata {
    embedding_model: String,
    #[serde(default)]
    embedding_precision: String,
    embedding_dimension: usize,
}

impl ExactIndex {
    /// Reads the `features.json` at `path`.
    ///
    /// # Errors
    /// [`IndexError`] when it cannot be read, or rows and conversations do not match.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        let damaged = |problem: String| IndexError::Damaged { path: path.to_owned(), problem };
        let file = File::open(path).map_err(|source| IndexError::Read { path: path.to_owned(), source })?;
        let features: Features =
            serde_json::from_reader(BufReader::new(file)).map_err(|error| damaged(error.to_string()))?;
        let columns = features.metadata.embedding_dimension;
        let whole = columns > 0
            && features.embeddings.len() == features.conversations.len()
            && features.embeddings.iter().all(|row| row.len() == columns);
        if !whole {
            return Err(damaged("rows and conversations do not match".to_owned()));
        }
        Ok(Self {
            ids: features.conversations.into_iter().map(|conversation| conversation.orig_id).collect(),
            vectors: Matrix::from_data(columns, features.embeddings.concat()),
            model: features.metadata.embedding_model,
            precision: features.metadata.embedding_precision,
        })
    }

    /// Name and precision of the model that made the vectors.
    #[must_use]
    pub fn model(&self) -> (&str, &str) {
        (&self.model, &self.precision)
    }

    /// Length of a vector.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.vectors.columns()
    }

    /// The `limit` conversations nearest to `query` (unit length), best first, equal ones in the graph's order.
    ///
    /// # Panics
    /// When `query` has another length than the vectors.
    #[must_use]
    pub fn search(&self, query: &[f32], limit: usize) -> Vec<Hit> {
        assert_eq!(query.len(), self.dimension(), "query and vectors have one length");
        let mut scored: Vec<(f32, usize)> =
            self.vectors.iter_rows().enumerate().map(|(node, row)| (dot(query, row), node)).collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        scored.truncate(limit);
        scored
            .into_iter()
            .map(|(cosine, node)| Hit {
                node,
                orig_id: self.ids[node].clone(),
                score: f64::from(cosine.clamp(0.0, 1.0)),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(json: &str) -> Result<ExactIndex, IndexError> {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("features.json");
        std::fs::write(&path, json).unwrap();
        ExactIndex::open(&path)
    }

    #[test]
    fn the_nearest_come_first() {
        let index = open(
            r#"{"conversations":[{"orig_id":"a"},{"orig_id":"b"},{"orig_id":"c"}],
                "embeddings":[[1,0],[0,1],[0.6,0.8]],
                "metadata":{"embedding_model":"m","embedding_dimension":2}}"#,
        )
        .unwrap();
        let hits = index.search(&[0.0, 1.0], 2);
        assert_eq!(hits.iter().map(|hit| hit.orig_id.as_str()).collect::<Vec<_>>(), ["b", "c"]);
        assert!((hits[1].score - 0.8).abs() < 1e-6);
    }

    #[test]
    fn rows_that_do_not_match_are_refused() {
        let error = open(
            r#"{"conversations":[{"orig_id":"a"}],"embeddings":[],"metadata":{"embedding_model":"m","embedding_dimension":2}}"#,
        )
        .unwrap_err();
        assert!(error.to_string().contains("do not match"), "{error}");
        assert!(matches!(ExactIndex::open(Path::new("/nowhere")), Err(IndexError::Read { .. })));
    }
}
