//! Reads fields of a JSON object the way other programs write them, and names the field that is wrong.

use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Map, Value};

/// A field that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct FieldError {
    /// Where it stands, such as `payload.userId`.
    pub field: String,
    /// What is wrong with it; never the value, which may be anything.
    pub problem: String,
}

impl FieldError {
    /// The field `field` has `problem`.
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

/// The fields of one object. `null` and the empty string count as absent: senders write them for what they have not.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: &'static str,
}

impl<'a> Fields<'a> {
    /// The fields of `object`, named behind `path` (`""` or `"payload."`).
    #[must_use]
    pub fn new(object: &'a Map<String, Value>, path: &'static str) -> Self {
        Self { object, path }
    }

    /// An error about the field `name`.
    pub fn error(&self, name: &str, problem: impl Display) -> FieldError {
        FieldError::new(format!("{}{name}", self.path), problem.to_string())
    }

    /// The value of `name`, unless absent.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| !value.is_null() && value.as_str() != Some(""))
    }

    /// The text of `name`.
    ///
    /// # Errors
    /// [`FieldError`] for another type.
    pub fn text(&self, name: &str) -> Result<Option<&'a str>, FieldError> {
        self.value(name)
            .map(|value| value.as_str().ok_or_else(|| self.error(name, "must be a string")))
            .transpose()
    }

    /// The text of `name`, read as a `T`.
    ///
    /// # Errors
    /// [`FieldError`] for another type, or what `T` says.
    pub fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, FieldError> {
        let text = self.text(name)?;
        text.map(|text| text.parse().map_err(|error| self.error(name, error))).transpose()
    }

    /// As [`Self::parsed`], for a field that must be there.
    ///
    /// # Errors
    /// [`FieldError`] when absent, for another type, or what `T` says.
    pub fn required<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, FieldError> {
        self.parsed(name)?.ok_or_else(|| self.error(name, "is missing"))
    }

    /// The boolean of `name`; `"true"` and `"false"` are booleans as well.
    ///
    /// # Errors
    /// [`FieldError`] for another type.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, FieldError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(Value::String(text)) if text == "true" || text == "false" => Ok(Some(text == "true")),
            Some(_) => Err(self.error(name, "must be true or false")),
        }
    }

    /// The whole number of `name`, 0 or more; `5.0` and `"5"` are whole numbers as well.
    ///
    /// # Errors
    /// [`FieldError`] for anything else.
    pub fn whole(&self, name: &str) -> Result<Option<usize>, FieldError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number
            .filter(|number| number.fract() == 0.0 && (0.0..=1e9).contains(number))
            .map(|number| Some(number as usize))
            .ok_or_else(|| self.error(name, "must be a whole number"))
    }

    /// The object of `name`.
    ///
    /// # Errors
    /// [`FieldError`] when absent or of another type.
    pub fn object(&self, name: &str, path: &'static str) -> Result<Fields<'a>, FieldError> {
        match self.value(name) {
            Some(Value::Object(object)) => Ok(Fields::new(object, path)),
            Some(_) => Err(self.error(name, "must be an object")),
            None => Err(self.error(name, "is missing")),
        }
    }
}
