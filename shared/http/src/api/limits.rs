//! What a request may ask for.

use graphnode_core::config::{ConfigError, Environment, variables};

/// Limits of the API. Everything above is answered with the limit's name and number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body: what Lambda takes.
    pub body_bytes: usize,
    /// Conversations of a request that holds them.
    pub conversations: usize,
    /// Messages of all of them together.
    pub messages: u64,
    /// Bytes of an upload.
    pub upload_bytes: u64,
    /// Jobs of a person that are not over.
    pub tasks_in_flight: usize,
    /// Bytes of a result that is sent as an answer; larger ones are fetched from where they lie.
    pub inline_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 6 * 1024 * 1024,
            conversations: 10_000,
            messages: 200_000,
            upload_bytes: 500 * 1000 * 1000,
            tasks_in_flight: 5,
            // A function's answer may have 6 MB, and JSON within JSON grows by its quotes.
            inline_bytes: 3 * 1000 * 1000,
        }
    }
}

impl Limits {
    /// The defaults, with what the environment says otherwise.
    ///
    /// # Errors
    /// [`ConfigError`] that names the variable.
    pub fn from_environment(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let mut limits = Self::default();
        if let Some(bytes) = environment.optional(variables::MAX_UPLOAD_BYTES)? {
            limits.upload_bytes = bytes;
        }
        if let Some(tasks) = environment.optional(variables::MAX_TASKS_IN_FLIGHT)? {
            limits.tasks_in_flight = tasks;
        }
        Ok(limits)
    }
}
