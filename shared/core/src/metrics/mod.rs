//! What is counted and timed of jobs, for whoever watches over them.
//!
//! - [`Event`]: something that happened, with all its numbers; it alone says what is measured, so that no metric is ever
//!   sent with another's unit or without its dimensions;
//! - [`Metric`]: the names, each with its unit and its dimensions;
//! - [`Meter`]: where events go. In the cloud they become lines of the embedded metric format (`emf`), which CloudWatch
//!   takes out of the log by itself; one machine measures nothing.
//!
//! Measuring never fails a job: a line that cannot be written is lost.

mod emf;
mod event;
mod metric;

use std::fmt;
use std::io::Write;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::config::{ConfigError, Environment, variables};
use crate::ids::TaskId;
use crate::job::JobRecord;

pub use event::{Event, Outcome};
pub use metric::{Dimension, Metric, Unit};

/// Where events go. Clones are the same meter.
#[derive(Clone, Default)]
pub struct Meter(Option<Arc<Lines>>);

struct Lines {
    environment: EnvironmentName,
    output: Mutex<Box<dyn Write + Send>>,
}

impl fmt::Debug for Meter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let environment = self.0.as_ref().map(|lines| &lines.environment);
        formatter.debug_tuple("Meter").field(&environment).finish()
    }
}

impl Meter {
    /// Measures nothing.
    #[must_use]
    pub fn silent() -> Self {
        Self::default()
    }

    /// Writes each event to `output` as one line of the embedded metric format.
    pub fn emf(environment: EnvironmentName, output: impl Write + Send + 'static) -> Self {
        Self(Some(Arc::new(Lines { environment, output: Mutex::new(Box::new(output)) })))
    }

    /// [`emf`](Self::emf) with the name that [`variables::ENVIRONMENT`] gives.
    ///
    /// # Errors
    /// [`ConfigError`] that names the variable.
    pub fn from_environment(
        environment: &Environment<'_>,
        output: impl Write + Send + 'static,
    ) -> Result<Self, ConfigError> {
        let name: Option<EnvironmentName> = environment.optional(variables::ENVIRONMENT)?;
        Ok(Self::emf(name.unwrap_or_default(), output))
    }

    /// Notes what happened to `subject` at `at`.
    pub fn record(&self, at: Timestamp, subject: Subject<'_>, event: &Event) {
        let Some(lines) = &self.0 else { return };
        let line = emf::line(&lines.environment, at, subject, event);
        // In one piece: other threads write lines of log to the same output. A measure that is lost harms nobody.
        let mut output = lines.output.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = output.write_all(line.as_bytes()).and_then(|()| output.flush());
    }
}

/// What an event is about, so that a number leads to its lines of log; not a dimension.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subject<'a> {
    /// The job.
    pub task_id: Option<&'a str>,
    /// The request that caused it; see [`JobRecord::correlation_id`].
    pub correlation_id: Option<&'a str>,
}

impl<'a> From<&'a JobRecord> for Subject<'a> {
    fn from(record: &'a JobRecord) -> Self {
        Self { task_id: Some(record.task_id().as_str()), correlation_id: Some(record.correlation_id()) }
    }
}

impl<'a> From<&'a TaskId> for Subject<'a> {
    /// A job whose record was not read yet.
    fn from(task_id: &'a TaskId) -> Self {
        Self { task_id: Some(task_id.as_str()), correlation_id: None }
    }
}

/// The deployment that measures, such as the name of a stack: two in one account are told apart by it.
///
/// Invariants: 1 to 128 letters, digits, `-`, `_` and `.`; `default` where nothing else was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentName(String);

/// A text is no such name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to 128 letters, digits, '-', '_' and '.'")]
pub struct InvalidEnvironmentName;

impl EnvironmentName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for EnvironmentName {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl FromStr for EnvironmentName {
    type Err = InvalidEnvironmentName;

    fn from_str(text: &str) -> Result<Self, InvalidEnvironmentName> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let valid = (1..=128).contains(&text.len()) && text.bytes().all(allowed);
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidEnvironmentName) }
    }
}

#[cfg(test)]
mod tests;
