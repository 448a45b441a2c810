//! Why a step of a job failed, and whether trying again can help.

use std::error::Error;
use std::time::Duration;

use graphnode_core::encoder::EncodeError;
use graphnode_core::error::with_sources;
use graphnode_core::job::StoreError;
use graphnode_core::messages::FailureReason;
use graphnode_core::ports::{PortError, PortErrorKind, RetryClass};
use graphnode_pipeline::import::ImportError;
use graphnode_pipeline::job::JobError;

/// Why a step failed. The decision to acknowledge or to retry reads nothing else.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// It will fail the same way again: the job fails with this reason.
    #[error("{reason}")]
    Permanent {
        /// A constant word for logs.
        code: &'static str,
        /// For the person.
        reason: FailureReason,
    },
    /// Something outside is not there, or asks to come later. It may last for hours and says nothing of the job, so it
    /// never counts against it.
    #[error("port-unavailable")]
    Unavailable {
        /// How long the other side asked to wait.
        retry_after: Option<Duration>,
        /// What happened.
        #[source]
        source: PortError,
    },
    /// It may succeed later.
    #[error("{code}")]
    Transient {
        /// A constant word for logs.
        code: &'static str,
        /// What happened.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The message contradicts what is stored: nobody can process it, and no answer would be right.
    #[error("{code}")]
    Contradiction {
        /// A constant word for logs.
        code: &'static str,
        /// What happened.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl Trouble {
    /// A failure for good, with a reason for the person.
    #[must_use]
    pub fn permanent(code: &'static str, reason: &str) -> Self {
        Self::Permanent { code, reason: FailureReason::new(reason) }
    }

    /// A failure that may pass.
    pub fn transient(code: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Transient { code, source: source.into() }
    }

    /// The constant word for logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Permanent { code, .. }
            | Self::Transient { code, .. }
            | Self::Contradiction { code, .. } => code,
            Self::Unavailable { .. } => "port-unavailable",
        }
    }

    /// The reason for the person, should it stay like that.
    #[must_use]
    pub fn reason(&self) -> FailureReason {
        match self {
            Self::Permanent { reason, .. } => reason.clone(),
            _ => FailureReason::new(&format!("it could not be done ({})", self.code())),
        }
    }

    /// The code and all sources in one line, for logs: ports and stores say nothing of a chat, a key's name or a token.
    #[must_use]
    pub fn chain(&self) -> String {
        match self {
            // Its text is for the person, and may quote what they called a file.
            Self::Permanent { code, .. } => (*code).to_owned(),
            Self::Unavailable { .. } | Self::Transient { .. } | Self::Contradiction { .. } => {
                with_sources(self)
            }
        }
    }
}

impl From<PortError> for Trouble {
    fn from(error: PortError) -> Self {
        match error.retry_class() {
            // A person mends a permission; until then its receives are counted, as it may be this job's alone.
            RetryClass::Transient if error.kind() == PortErrorKind::Denied => {
                Self::transient("port-denied", error)
            }
            RetryClass::Transient => Self::Unavailable { retry_after: error.retry_after(), source: error },
            // A bucket or queue that refuses is a mistake of ours, not of the person: the words stay general.
            RetryClass::Permanent => Self::permanent("port-refused", "the job could not be stored"),
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Port(error) => error.into(),
            StoreError::ForeignJob(_) => {
                Self::Contradiction { code: "foreign-task-id", source: error.into() }
            }
            StoreError::Damaged { .. } => {
                Self::Contradiction { code: "damaged-record", source: error.into() }
            }
            StoreError::NoSuchJob(_) => Self::Contradiction { code: "no-record", source: error.into() },
        }
    }
}

impl From<JobError> for Trouble {
    fn from(error: JobError) -> Self {
        match error {
            // The file lies on our own disk: a failed read is a broken machine, not a broken export. Its name is the
            // person's and stays out of the log.
            JobError::Import(ImportError::Read { error, .. }) => Self::transient("scratch-unreadable", error),
            JobError::Import(problem) => Self::permanent(problem.code(), &problem.to_string()),
            JobError::Encode(EncodeError::Failed(_)) => {
                Self::permanent("encode", "a text of the export could not be processed by the model")
            }
            JobError::NothingToShow { .. } => Self::permanent("nothing-to-show", &error.to_string()),
            other => Self::transient("stopped", other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_log_says_what_a_person_called_a_file() {
        let source_name = "letter to mum.json".to_owned();
        let error = std::io::Error::other("disk gone");
        let trouble = Trouble::from(JobError::Import(ImportError::Read { source_name, error }));
        assert_eq!(trouble.chain(), "scratch-unreadable: disk gone");
        let source_name = "letter to mum.json".to_owned();
        let trouble = Trouble::from(JobError::Import(ImportError::EndsEarly { source_name }));
        assert_eq!(trouble.chain(), "ends-early");
    }
}
