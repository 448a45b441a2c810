//! Chroma with its key in a secret of Secrets Manager.
//!
//! A key in a variable is read by whoever may see a function's configuration; a secret by whom its policy names. Where
//! [`variables::CHROMA_SECRET_ARN`] is set, the secret it names is read once, when the client is made, and overrules the
//! variables that hold the same.

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use graphnode_core::config::{ConfigError, Environment, Secret, variables};
use graphnode_core::ports::PortError;
use serde_json::{Map, Value};

use crate::aws::{ServiceFailure, port_error};
use crate::chroma::{ChromaIndex, ChromaSettings, PathName};

/// Where Chroma is, and where its key is kept.
#[derive(Debug, Clone)]
pub struct ChromaAccess {
    /// What the variables `CHROMA_*` say.
    pub settings: ChromaSettings,
    /// ARN or name of the secret that overrules key, tenant and database: [`variables::CHROMA_SECRET_ARN`].
    pub secret: Option<String>,
}

/// Why there is no client of Chroma. No text holds anything of the secret.
#[derive(Debug, thiserror::Error)]
pub enum ChromaAccessError {
    /// There is no such secret.
    #[error(
        "{} names no secret: create it in this account and region, or correct the variable",
        variables::CHROMA_SECRET_ARN
    )]
    Missing,
    /// It may not be read.
    #[error(
        "{} names a secret that may not be read: allow this role secretsmanager:GetSecretValue on it, and \
         kms:Decrypt with its key",
        variables::CHROMA_SECRET_ARN
    )]
    Denied(#[source] PortError),
    /// It could not be read.
    #[error("the secret that {} names cannot be read", variables::CHROMA_SECRET_ARN)]
    Unreadable(#[source] PortError),
    /// It is no JSON object.
    #[error(
        "the secret that {} names is not JSON: make it {{\"apiKey\": \"…\", \"tenant\": \"…\", \"database\": \"…\"}}",
        variables::CHROMA_SECRET_ARN
    )]
    NotJson,
    /// The key is not there, or empty.
    #[error("the secret that {} names has no apiKey: add it as text", variables::CHROMA_SECRET_ARN)]
    NoKey,
    /// A field holds what cannot be used.
    #[error(
        "the secret that {} names has a {field} that cannot be used: it {problem}",
        variables::CHROMA_SECRET_ARN
    )]
    Field {
        /// The field.
        field: &'static str,
        /// What it must be.
        problem: String,
    },
    /// The client cannot be made.
    #[error("the client of Chroma cannot be made")]
    Client(#[source] PortError),
}

impl ChromaAccess {
    /// What the environment says.
    ///
    /// # Errors
    /// [`ConfigError`] that names the variable.
    pub fn from_environment(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            settings: ChromaSettings::from_environment(environment)?,
            secret: environment.optional(variables::CHROMA_SECRET_ARN)?,
        })
    }

    /// The index, after the secret was read where one is named. Nothing is asked of Chroma yet.
    ///
    /// # Errors
    /// [`ChromaAccessError`], which says what to mend.
    pub async fn connect(&self, config: &SdkConfig) -> Result<ChromaIndex, ChromaAccessError> {
        ChromaIndex::new(self.resolved(config).await?).map_err(ChromaAccessError::Client)
    }

    /// The settings, with what the secret says.
    ///
    /// # Errors
    /// [`ChromaAccessError`], which says what to mend.
    pub async fn resolved(&self, config: &SdkConfig) -> Result<ChromaSettings, ChromaAccessError> {
        match &self.secret {
            None => Ok(self.settings.clone()),
            Some(name) => overruled(self.settings.clone(), &value(config, name).await?),
        }
    }
}

async fn value(config: &SdkConfig, name: &str) -> Result<Secret, ChromaAccessError> {
    let answer = Client::new(config).get_secret_value().secret_id(name).send().await.map_err(|error| {
        let failure = port_error("read a secret", &error);
        match ServiceFailure::of(&error).code.as_deref() {
            // AWS answers 400, whatever is wrong: only the code tells.
            Some("ResourceNotFoundException") => ChromaAccessError::Missing,
            Some("AccessDeniedException" | "DecryptionFailure") => ChromaAccessError::Denied(failure),
            _ => ChromaAccessError::Unreadable(failure),
        }
    })?;
    // One that was stored as bytes is none that a person typed.
    answer.secret_string.map(Secret::new).ok_or(ChromaAccessError::NotJson)
}

/// `settings` with what the secret's JSON says. Its parser's errors quote what they met, so they are dropped.
fn overruled(mut settings: ChromaSettings, secret: &Secret) -> Result<ChromaSettings, ChromaAccessError> {
    let fields: Map<String, Value> =
        serde_json::from_str(secret.expose()).map_err(|_| ChromaAccessError::NotJson)?;
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::trim);
    let key = text("apiKey").filter(|key| !key.is_empty()).ok_or(ChromaAccessError::NoKey)?;
    settings.token = Some(Secret::new(key));
    let places = [("tenant", &mut settings.tenant), ("database", &mut settings.database)];
    for (field, place) in places {
        if fields.get(field).is_some_and(|value| !value.is_null()) {
            *place = path_name(field, text(field))?;
        }
    }
    Ok(settings)
}

fn path_name(field: &'static str, text: Option<&str>) -> Result<PathName, ChromaAccessError> {
    let refused = |problem: String| ChromaAccessError::Field { field, problem };
    let text = text.ok_or_else(|| refused("must be text".to_owned()))?;
    text.parse().map_err(|error: crate::chroma::InvalidPathName| refused(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ck-very-secret";

    fn settings() -> ChromaSettings {
        let pairs = [
            (variables::CHROMA_URL, "https://api.trychroma.com"),
            (variables::CHROMA_API_KEY, "ck-of-the-environment"),
            (variables::CHROMA_TENANT, "tenant-1"),
            (variables::CHROMA_DATABASE, "database-1"),
        ];
        ChromaSettings::from_environment(&Environment::of(&pairs)).unwrap()
    }

    fn read(secret: &str) -> Result<(String, String, String), ChromaAccessError> {
        let settings = overruled(settings(), &Secret::new(secret))?;
        let token = settings.token.unwrap().expose().to_owned();
        Ok((token, settings.tenant.as_str().to_owned(), settings.database.as_str().to_owned()))
    }

    #[test]
    fn what_the_secret_says_overrules_and_what_it_leaves_open_stays() {
        let said = |key: &str, tenant: &str, database: &str| (key.into(), tenant.into(), database.into());
        let whole = format!(r#"{{"apiKey": "{KEY}\n", "tenant": "t-2", "database": "d-2", "owner": ["x"]}}"#);
        assert_eq!(read(&whole).unwrap(), said(KEY, "t-2", "d-2"));
        let key_alone = format!(r#"{{"apiKey": "{KEY}", "tenant": null}}"#);
        assert_eq!(read(&key_alone).unwrap(), said(KEY, "tenant-1", "database-1"));
    }

    #[test]
    fn what_is_wrong_is_told_with_the_variable_and_without_the_content() {
        let wrong = [
            (KEY.to_owned(), "is not JSON"),
            (format!(r#"["{KEY}"]"#), "is not JSON"),
            (format!(r#"{{"api_key": "{KEY}"}}"#), "has no apiKey"),
            (format!(r#"{{"apiKey": " ", "tenant": "{KEY}"}}"#), "has no apiKey"),
            (format!(r#"{{"apiKey": "{KEY}", "tenant": "../{KEY}"}}"#), "has a tenant"),
            (format!(r#"{{"apiKey": "{KEY}", "database": 7}}"#), "has a database"),
        ];
        for (secret, expected) in wrong {
            let error = read(&secret).unwrap_err();
            let said = format!("{error} {error:?}");
            assert!(said.contains(expected) && said.contains("CHROMA_SECRET_ARN"), "{said}");
            assert!(!said.contains(KEY), "{said}");
        }
    }

    #[test]
    fn a_secret_is_named_by_the_environment_or_not_at_all() {
        let pairs = [
            (variables::CHROMA_URL, "http://chroma:8000"),
            (variables::CHROMA_SECRET_ARN, "graphnode/chroma"),
        ];
        let named = |count| ChromaAccess::from_environment(&Environment::of(&pairs[..count])).unwrap().secret;
        assert_eq!((named(1), named(2).as_deref()), (None, Some("graphnode/chroma")));
    }
}
