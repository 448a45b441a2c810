//! What can be wrong with a model, said with the path and the mend.

use graphnode_core::watch::Cancelled;
use std::path::{Path, PathBuf};

/// Why a model cannot be used. Permanent: no retry mends any of them.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file that a model must have is not there.
    #[error(
        "{} is missing. A model folder is made by `graphnode model prepare SOURCE FOLDER`, where SOURCE is a \
         sentence-transformers folder with config.json, tokenizer.json or vocab.txt, and model.safetensors",
        path.display()
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file is there but not what it should be.
    #[error(
        "{} is damaged: {problem}. Fetch the source model again if it is this file, then run \
         `graphnode model prepare SOURCE FOLDER`",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found where something else was expected.
        problem: String,
    },
    /// A sound model of a kind that this crate cannot compute.
    #[error(
        "{} describes a model that is not supported: {problem}. Supported are BERT sentence encoders with \
         mean pooling, such as all-MiniLM-L6-v2 or paraphrase-multilingual-MiniLM-L12-v2",
        path.display()
    )]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The setting that rules the model out.
        problem: String,
    },
    /// A folder is in the way of the model that should be written.
    #[error("{} exists and is no prepared model; it is left alone. Name another folder or remove it", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// The weights are not the ones the caller asked for.
    #[error("{} has SHA-256 {found}, not {expected}: another model, or a damaged download", path.display())]
    WrongChecksum {
        /// The file.
        path: PathBuf,
        /// The digest asked for, in hexadecimal.
        expected: String,
        /// The digest of the file.
        found: String,
    },
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The caller withdrew the work.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl ModelError {
    /// [`ModelError::Damaged`].
    pub(crate) fn damaged(path: &Path, problem: impl ToString) -> Self {
        Self::Damaged { path: path.to_path_buf(), problem: problem.to_string() }
    }

    /// [`ModelError::Unsupported`].
    pub(crate) fn unsupported(path: &Path, problem: impl ToString) -> Self {
        Self::Unsupported { path: path.to_path_buf(), problem: problem.to_string() }
    }

    /// [`ModelError::Missing`] when the file is not there, else [`ModelError::Io`].
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        let path = path.to_path_buf();
        if source.kind() == std::io::ErrorKind::NotFound {
            Self::Missing { path }
        } else {
            Self::Io { path, source }
        }
    }
}
