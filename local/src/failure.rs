//! How a command fails: one line for the person, an exit code for a script.

use std::path::{Path, PathBuf};

use graphnode_adapters::exact_index::IndexError;
use graphnode_adapters::folder::FolderError;
use graphnode_core::config::ConfigError;
use graphnode_core::ids::BucketName;
use graphnode_core::job::StoreError;
use graphnode_core::options::InvalidOption;
use graphnode_core::watch::Cancelled;
use graphnode_embedding::ModelError;
use graphnode_pipeline::import::ImportError;
use graphnode_pipeline::job::JobError;
use serde_json::Value;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The person asked for what cannot be.
    #[error(transparent)]
    Usage(#[from] InvalidOption),
    /// A search for nothing.
    #[error("there are no words to search for: name some, graphnode search DIR \"words\"")]
    NoWords,
    /// The input cannot be opened.
    #[error("{}: {source}", path.display())]
    Open {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder holds nothing to import.
    #[error(
        "{} holds none of conversations.json, conversations-NNN.json, input.json, notes.json, notions.json; \
         name the export itself or its unpacked folder",
        .0.display()
    )]
    NothingInFolder(PathBuf),
    /// The input is no export.
    #[error(transparent)]
    Import(ImportError),
    /// The job failed.
    #[error(transparent)]
    Job(JobError),
    /// The model cannot be used.
    #[error(transparent)]
    Model(ModelError),
    /// A build was made by another model than the one at hand.
    #[error(
        "{} was built with {built}, but the model at hand is {present}: pass --model FOLDER of the former, or \
         build again",
        dir.display()
    )]
    OtherModel {
        /// The build.
        dir: PathBuf,
        /// Its model.
        built: String,
        /// The model at hand.
        present: String,
    },
    /// A result cannot be written.
    #[error(transparent)]
    Write(#[from] FolderError),
    /// A build cannot be searched.
    #[error("{0}; build the graph first: graphnode build EXPORT --out DIR")]
    Index(#[from] IndexError),
    /// A build's graph cannot be read.
    #[error("{} cannot be read ({problem}); build the graph first: graphnode build EXPORT --out DIR", path.display())]
    Graph {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The query cannot be encoded.
    #[error(transparent)]
    Encode(#[from] graphnode_core::encoder::EncodeError),
    /// The machine did not give the threads.
    #[error("the worker threads cannot be started: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// Another program listens there.
    #[error("port {0} is in use: end what listens there, or pass --port N (0 takes a free one)")]
    PortInUse(u16),
    /// The port cannot be listened on.
    #[error("port {port} cannot be listened on: {source}")]
    Listen {
        /// The port.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another server works on the data folder.
    #[error("{} is in use by another `graphnode serve`: end it, or pass --data DIR", .0.display())]
    DataInUse(PathBuf),
    /// The data folder cannot be used.
    #[error("{} cannot be used for data ({source}): pass --data DIR", path.display())]
    Data {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The records in the data folder cannot be read.
    #[error(transparent)]
    Records(#[from] StoreError),
    /// A variable that names a part of the cloud is missing or wrong.
    #[error("{0}: --cloud needs it")]
    Environment(#[from] ConfigError),
    /// The clients of the cloud cannot be made.
    #[error("the cloud cannot be reached: {0}")]
    Cloud(String),
    /// A variable that `admin` needs is missing or wrong.
    #[error("{0}: graphnode admin needs it")]
    AdminEnvironment(ConfigError),
    /// Nothing says who asks.
    #[error("there are no credentials for AWS ({0}): sign in, or name a profile with AWS_PROFILE")]
    NoCredentials(String),
    /// There is no such bucket.
    #[error("there is no bucket {0}: GRAPHNODE_BUCKET names the one of the stack")]
    NoBucket(BucketName),
    /// The bucket cannot be asked.
    #[error("the bucket {bucket} cannot be used: {problem}")]
    Bucket {
        /// Its name.
        bucket: BucketName,
        /// What it said.
        problem: String,
    },
    /// A kept message cannot be shown.
    #[error("{id}: {problem}")]
    KeptMessage {
        /// Its id.
        id: String,
        /// Why.
        problem: String,
    },
    /// Some of several messages could not be dealt with.
    #[error("{summary}")]
    KeptMessages {
        /// Which, and why.
        summary: String,
        /// What became of all of them, as `--json` tells it.
        told: Value,
    },
    /// The machine did not give what it needs to run.
    #[error("the program cannot be started: {0}")]
    Runtime(std::io::Error),
    /// The person stopped it.
    #[error("stopped; nothing was written")]
    Cancelled,
}

impl Failure {
    /// The process's exit code, as the help text lists them.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::NoWords | Self::Environment(_) | Self::AdminEnvironment(_) => 2,
            Self::Open { .. } | Self::NothingInFolder(_) | Self::Import(_) => 3,
            Self::Job(JobError::Import(_) | JobError::NothingToShow { .. }) => 3,
            Self::Model(_) | Self::OtherModel { .. } => 4,
            Self::Cancelled => 130,
            _ => 1,
        }
    }

    /// A stable kebab-case code for `--json`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Usage(_) | Self::NoWords => "usage",
            Self::Open { .. } => "cannot-open",
            Self::NothingInFolder(_) => "nothing-in-folder",
            Self::Import(error) | Self::Job(JobError::Import(error)) => error.code(),
            Self::Job(JobError::NothingToShow { .. }) => "nothing-to-show",
            Self::Model(_) => "model",
            Self::OtherModel { .. } => "other-model",
            Self::Write(_) => "cannot-write",
            Self::Index(_) | Self::Graph { .. } => "no-build",
            Self::PortInUse(_) | Self::Listen { .. } => "port",
            Self::DataInUse(_) | Self::Data { .. } | Self::Records(_) => "data",
            Self::Environment(_) | Self::AdminEnvironment(_) | Self::Cloud(_) => "cloud",
            Self::NoCredentials(_) => "no-credentials",
            Self::NoBucket(_) | Self::Bucket { .. } => "bucket",
            Self::KeptMessage { .. } | Self::KeptMessages { .. } => "kept-message",
            Self::Cancelled => "cancelled",
            _ => "failed",
        }
    }

    /// What was done all the same, for `--json`: an object.
    pub(crate) fn told(&self) -> Option<&Value> {
        match self {
            Self::KeptMessages { told, .. } => Some(told),
            _ => None,
        }
    }

    /// [`Failure::Open`] of `path`.
    pub(crate) fn open(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Open { path, source }
    }
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Cancelled(_) => Self::Cancelled,
            other => Self::Job(other),
        }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Cancelled(_) => Self::Cancelled,
            other => Self::Import(other),
        }
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        match error {
            ModelError::Cancelled(Cancelled) => Self::Cancelled,
            other => Self::Model(other),
        }
    }
}
