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

    /// Ids of the conversations, in the graph's order.
    #[must_use]
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// The cosine of `query` (unit length) with every conversation, in the graph's order.
    ///
    /// # Panics
    /// When `query` has another length than the vectors.
    #[must_use]
    pub fn similarities(&self, query: &[f32]) -> Vec<f32> {
        assert_eq!(query.len(), self.dimension(), "query and vectors have one length");
        self.vectors.iter_rows().map(|row| dot(query, row)).collect()
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
    fn similarities_are_cosines_in_the_order_of_the_graph() {
        let index = open(
            r#"{"conversations":[{"orig_id":"a"},{"orig_id":"b"},{"orig_id":"c"}],
                "embeddings":[[1,0],[0,1],[0.6,0.8]],
                "metadata":{"embedding_model":"m","embedding_dimension":2}}"#,
        )
        .unwrap();
        assert_eq!(index.ids(), ["a", "b", "c"]);
        assert_eq!(index.similarities(&[0.0, 1.0]), [0.0, 1.0, 0.8]);
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
