//! Variables of the environment: read once at the start, with an error that names the variable.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

pub mod variables;

/// A value that must never be printed: its `Debug` is `***`, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::new(text))
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

/// A variable that keeps a program from starting. Its text holds the variable's name and never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Not set, or empty.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// Set to what cannot be used.
    #[error("{name} {problem}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// Yields the value of a variable.
type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Where variables come from: the process, or a test's own.
pub struct Environment<'a>(Box<Lookup<'a>>);

impl fmt::Debug for Environment<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Environment")
    }
}

impl<'a> Environment<'a> {
    /// The variables of this process.
    #[must_use]
    pub fn process() -> Self {
        Self(Box::new(|name| std::env::var(name).ok()))
    }

    /// Variables from anywhere else.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String> + 'a) -> Self {
        Self(Box::new(lookup))
    }

    /// The variables of `pairs`, for tests.
    #[must_use]
    pub fn of(pairs: &'a [(&'a str, &'a str)]) -> Self {
        Self::from_lookup(|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    /// The value of `name`, read as a `T`; `None` where it is not set or blank.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for what is no `T`.
    pub fn optional<T: FromStr<Err: fmt::Display>>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, ConfigError> {
        let Some(text) = (self.0)(name).filter(|text| !text.trim().is_empty()) else { return Ok(None) };
        let invalid = |error: T::Err| ConfigError::Invalid { name, problem: error.to_string() };
        text.trim().parse().map(Some).map_err(invalid)
    }

    /// The value of `name`, read as a `T`.
    ///
    /// # Errors
    /// [`ConfigError`] where it is not set, or no `T`.
    pub fn required<T: FromStr<Err: fmt::Display>>(&self, name: &'static str) -> Result<T, ConfigError> {
        self.optional(name)?.ok_or(ConfigError::Missing(name))
    }

    /// The values of `name`, separated by commas; none where it is not set.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] when one is no `T`.
    pub fn list<T: FromStr<Err: fmt::Display>>(&self, name: &'static str) -> Result<Vec<T>, ConfigError> {
        let text: String = self.optional(name)?.unwrap_or_default();
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| {
                part.parse()
                    .map_err(|error: T::Err| ConfigError::Invalid { name, problem: error.to_string() })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_stops_the_start_with_its_name() {
        let environment =
            Environment::of(&[("PORT", "80"), ("BLANK", " "), ("WORD", "x"), ("LIST", "1, 2,")]);
        assert_eq!(environment.required("PORT"), Ok(80_u16));
        assert_eq!(environment.list("LIST"), Ok(vec![1, 2]));
        assert_eq!(environment.list::<u8>("NONE"), Ok(vec![]));
        assert_eq!(environment.required::<String>("BLANK"), Err(ConfigError::Missing("BLANK")));
        let error = environment.required::<u16>("WORD").unwrap_err().to_string();
        assert_eq!(error, "WORD invalid digit found in string");
    }

    #[test]
    fn a_secret_never_prints() {
        let secret = Secret::new("ck-123");
        assert_eq!((format!("{secret:?}").as_str(), secret.expose()), ("***", "ck-123"));
    }
}
