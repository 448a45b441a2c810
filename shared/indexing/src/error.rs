//! What can go wrong, and whether trying again can help.

use graphnode_core::ids::TaskId;
use graphnode_core::job::StoreError;
use graphnode_core::ports::{PortError, RetryClass};

/// Why the vectors of a build are not in the index. Its text holds no word of a conversation.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The bucket or the index said no.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The job record or the graph pointer could not be read or changed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file is not what a build writes.
    #[error("features.json of {task_id}: {problem}")]
    Features {
        /// The build.
        task_id: TaskId,
        /// What is wrong with it.
        problem: InvalidFeatures,
    },
    /// The vectors are written, but nobody has completed the job yet.
    #[error("job {0} is not completed yet")]
    NotCompleted(TaskId),
    /// The job's bucket is none of those that are configured.
    #[error("the results of job {0} lie in a bucket that is not configured: see GRAPHNODE_INPUT_BUCKETS")]
    ForeignBucket(TaskId),
    /// While one build was indexed a newer one came, again and again.
    #[error("newer builds of the graph kept coming")]
    Overtaken,
    /// The thread that reads the file ended without a word.
    #[error("the reader of features.json ended")]
    Reader(#[source] tokio::task::JoinError),
}

impl IndexError {
    /// Whether trying again can help.
    #[must_use]
    pub fn retry_class(&self) -> RetryClass {
        match self {
            Self::Port(error) => error.retry_class(),
            Self::Store(error) => error.retry_class(),
            Self::Features { .. } | Self::ForeignBucket(_) => RetryClass::Permanent,
            Self::NotCompleted(_) | Self::Overtaken | Self::Reader(_) => RetryClass::Transient,
        }
    }
}

/// What is wrong with a `features.json`. Rows are counted from 0.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InvalidFeatures {
    /// No JSON, or not the fields it should have.
    #[error("cannot be read in {section}, element {element}, at line {line} column {column}")]
    Unreadable {
        /// The member of the file's object.
        section: &'static str,
        /// How many of its elements were read before.
        element: u64,
        /// Line of the file.
        line: usize,
        /// Column of that line, in bytes.
        column: usize,
    },
    /// Lists of different lengths.
    #[error("has {conversations} conversations, {embeddings} embeddings and says {stated}")]
    Counts {
        /// Entries of `conversations`.
        conversations: u64,
        /// Rows of `embeddings`.
        embeddings: u64,
        /// `metadata.total_conversations`.
        stated: u64,
    },
    /// A row that is not as long as the metadata says.
    #[error("row {row} has {found} values where {expected} were said")]
    Dimension {
        /// The row.
        row: u64,
        /// Its length.
        found: usize,
        /// `metadata.embedding_dimension`.
        expected: usize,
    },
    /// A row with a value that is no finite `f32`.
    #[error("row {row} is not finite")]
    NotFinite {
        /// The row.
        row: u64,
    },
    /// A row that was not scaled to length 1.
    #[error("row {row} has length {length}, not 1")]
    NotUnit {
        /// The row.
        row: u64,
        /// Its length.
        length: f32,
    },
    /// An id that is empty or longer than a value beside a vector may be.
    #[error("the id of conversation {row} has {bytes} bytes, not 1 to {most}")]
    IdLength {
        /// The conversation.
        row: u64,
        /// Its id's length.
        bytes: usize,
        /// The most.
        most: usize,
    },
    /// Two conversations of one id would be one record.
    #[error("conversation {row} has the id of an earlier one")]
    RepeatedId {
        /// The later one.
        row: u64,
    },
    /// More than anybody has.
    #[error("has more than {most} conversations")]
    TooMany {
        /// The most.
        most: u64,
    },
    /// The key names another task than the file.
    #[error("belongs to task {0}")]
    OtherTask(TaskId),
    /// The job record names another person, graph or generation.
    #[error("names another person, graph or generation than its job record")]
    NotOfTheJob,
}
