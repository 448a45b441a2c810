//! The names, each with its unit and its dimensions.

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Pieces.
    Count,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
}

impl Unit {
    /// The unit as CloudWatch calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Seconds => "Seconds",
            Self::Bytes => "Bytes",
        }
    }
}

/// What the numbers of a metric are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// The deployment: every metric has it.
    Environment,
    /// How a job ended.
    Outcome,
    /// Where it ran.
    Runner,
    /// The stage of the pipeline.
    Step,
}

impl Dimension {
    /// The name as CloudWatch has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Environment => "Environment",
            Self::Outcome => "Outcome",
            Self::Runner => "Runner",
            Self::Step => "Step",
        }
    }
}

/// What is measured. Alarms and dashboards know these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Jobs that ended.
    Jobs,
    /// How often work on a job that has just ended was begun; see
    /// [`JobRecord::attempts_begun`](crate::job::JobRecord::attempts_begun).
    Attempts,
    /// From a claim to the end of the run.
    JobSeconds,
    /// From a message, or a job's creation, to the begin of work.
    QueueAgeSeconds,
    /// What a stage took.
    StageSeconds,
    /// Conversations and notes read.
    Conversations,
    /// Bytes of input, as downloaded.
    InputBytes,
    /// Tokens the model has read; vectors that were kept cost none.
    Tokens,
    /// Vectors written to the index.
    Upserts,
    /// Vectors removed from it.
    Removals,
    /// What indexing a build took.
    IndexSeconds,
    /// Messages that failed for good: answered, or kept for a person to look at.
    DeadLetters,
    /// Tries that were put off since something outside was not there.
    Outages,
    /// Sign of life.
    Heartbeat,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Jobs,
        Self::Attempts,
        Self::JobSeconds,
        Self::QueueAgeSeconds,
        Self::StageSeconds,
        Self::Conversations,
        Self::InputBytes,
        Self::Tokens,
        Self::Upserts,
        Self::Removals,
        Self::IndexSeconds,
        Self::DeadLetters,
        Self::Outages,
        Self::Heartbeat,
    ];

    /// The name as CloudWatch has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Jobs => "Jobs",
            Self::Attempts => "Attempts",
            Self::JobSeconds => "JobSeconds",
            Self::QueueAgeSeconds => "QueueAgeSeconds",
            Self::StageSeconds => "StageSeconds",
            Self::Conversations => "Conversations",
            Self::InputBytes => "InputBytes",
            Self::Tokens => "Tokens",
            Self::Upserts => "Upserts",
            Self::Removals => "Removals",
            Self::IndexSeconds => "IndexSeconds",
            Self::DeadLetters => "DeadLetters",
            Self::Outages => "Outages",
            Self::Heartbeat => "Heartbeat",
        }
    }

    /// What its numbers count.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Self::JobSeconds | Self::QueueAgeSeconds | Self::StageSeconds | Self::IndexSeconds => {
                Unit::Seconds
            }
            Self::InputBytes => Unit::Bytes,
            Self::Jobs
            | Self::Attempts
            | Self::Conversations
            | Self::Tokens
            | Self::Upserts
            | Self::Removals
            | Self::DeadLetters
            | Self::Outages
            | Self::Heartbeat => Unit::Count,
        }
    }

    /// The sets of dimensions it is kept under: each set is a metric of its own, and is paid for.
    #[must_use]
    pub fn dimension_sets(self) -> &'static [&'static [Dimension]] {
        use Dimension::{Environment, Outcome, Runner, Step};
        match self {
            Self::Jobs => &[&[Environment], &[Environment, Outcome, Runner]],
            Self::JobSeconds => &[&[Environment, Runner]],
            Self::StageSeconds => &[&[Environment, Step]],
            Self::Attempts
            | Self::QueueAgeSeconds
            | Self::Conversations
            | Self::InputBytes
            | Self::Tokens
            | Self::Upserts
            | Self::Removals
            | Self::IndexSeconds
            | Self::DeadLetters
            | Self::Outages
            | Self::Heartbeat => &[&[Environment]],
        }
    }
}
