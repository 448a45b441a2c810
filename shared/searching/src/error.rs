//! What can go wrong, and whether trying again can help.

use graphnode_core::encoder::{EncodeError, ModelFailure};
use graphnode_core::ids::{GraphId, TaskId};
use graphnode_core::job::StoreError;
use graphnode_core::keys::ResultFile;
use graphnode_core::ports::{PortError, RetryClass};

/// Why a search found nothing out. Its text holds neither the words searched for nor a word of a conversation.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The person has no graph of that id, or none of its builds is done.
    #[error("there is no graph {0}")]
    NoSuchGraph(GraphId),
    /// The build that counts is not in the index yet: a moment later it is.
    #[error("graph {0} is being indexed")]
    NotIndexedYet(GraphId),
    /// The build's vectors are of another model than the query's would be: building the graph again mends it.
    #[error("graph {graph_id} was built with {built_with}; this searches with {searched_with}")]
    OtherModel {
        /// The graph.
        graph_id: GraphId,
        /// Name and precision of its model, and the length of its vectors.
        built_with: String,
        /// The same of the model at hand.
        searched_with: String,
    },
    /// A file of the build is not what a build writes.
    #[error("build {task_id}: {problem}")]
    Build {
        /// The build.
        task_id: TaskId,
        /// What is wrong with it.
        problem: InvalidBuild,
    },
    /// The bucket or the index said no.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The job record or the graph pointer could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The model could not be loaded.
    #[error("the model could not be loaded")]
    Model(#[source] ModelFailure),
    /// The model could not process the words.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A thread ended without a word.
    #[error("a part of the search ended")]
    Ended(#[from] tokio::task::JoinError),
}

impl SearchError {
    /// Whether trying again can help.
    #[must_use]
    pub fn retry_class(&self) -> RetryClass {
        match self {
            Self::Port(error) => error.retry_class(),
            Self::Store(error) => error.retry_class(),
            Self::Build { problem, .. } => problem.retry_class(),
            // A deployment without its model is mended by a person.
            Self::NotIndexedYet(_) | Self::Model(_) | Self::Ended(_) => RetryClass::Transient,
            Self::NoSuchGraph(_) | Self::OtherModel { .. } | Self::Encode(_) => RetryClass::Permanent,
        }
    }

    /// Whether other graphs of the person can be searched all the same.
    #[must_use]
    pub fn concerns_one_graph(&self) -> bool {
        matches!(self, Self::NotIndexedYet(_) | Self::OtherModel { .. } | Self::Build { .. })
    }
}

/// What is wrong with the files of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBuild {
    /// The file is not there.
    #[error("{} is not there", .0.name())]
    Missing(ResultFile),
    /// `graph.json` is no JSON, or not of the fields it should have. What stands there instead is not said: it may be
    /// a title.
    #[error("graph.json cannot be read at line {line} column {column}")]
    Graph {
        /// Line of the file.
        line: usize,
        /// Column of that line.
        column: usize,
    },
    /// The ids of the nodes are not their places.
    #[error("the nodes of graph.json are not in order")]
    Order,
    /// `words.bin` cannot be read.
    #[error("words.bin is of another version, or damaged")]
    Words,
    /// The two files are not of one build.
    #[error("graph.json has {nodes} nodes and words.bin {conversations} conversations")]
    Counts {
        /// Nodes of `graph.json`.
        nodes: usize,
        /// Conversations of `words.bin`.
        conversations: usize,
    },
    /// The job record names another person, graph or generation than the pointer.
    #[error("its job record names another person, graph or generation")]
    NotOfTheGraph,
    /// The job record names a bucket that is not among those known here.
    #[error("its bucket is not one this service reads from")]
    ForeignBucket,
}

impl InvalidBuild {
    fn retry_class(self) -> RetryClass {
        match self {
            // The build was replaced and removed since its pointer was read: the next search reads the next pointer.
            Self::Missing(_) => RetryClass::Transient,
            _ => RetryClass::Permanent,
        }
    }
}
