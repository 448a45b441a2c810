//! Where the collection is.

use std::str::FromStr;

use graphnode_core::config::{ConfigError, Environment, Secret, variables};

/// Where the collection is, and how it may be written to.
#[derive(Debug, Clone)]
pub struct ChromaSettings {
    /// Scheme, host, port and, behind a proxy, a path.
    pub url: ChromaUrl,
    /// Sent as `x-chroma-token`.
    pub token: Option<Secret>,
    /// Tenant in the path.
    pub tenant: PathName,
    /// Database in the path.
    pub database: PathName,
    /// Name of the collection.
    pub collection: String,
    /// Writes in flight at a time, 1 to [`Self::MOST_PARALLEL_WRITES`].
    pub parallel_writes: usize,
}

impl ChromaSettings {
    /// Most writes in flight, the quota of Chroma Cloud.
    pub const MOST_PARALLEL_WRITES: usize = 10;
    /// Writes in flight unless said otherwise: enough to keep a server busy, and room for another writer.
    pub const PARALLEL_WRITES: usize = 4;
    /// The collection of the wire contract.
    pub const COLLECTION: &'static str = "graph_nodes_v1";

    /// The settings for a server of one's own, with everything by default.
    #[must_use]
    pub fn at(url: ChromaUrl) -> Self {
        Self {
            url,
            token: None,
            tenant: PathName("default_tenant".to_owned()),
            database: PathName("default_database".to_owned()),
            collection: Self::COLLECTION.to_owned(),
            parallel_writes: Self::PARALLEL_WRITES,
        }
    }

    /// The settings from the variables `CHROMA_*`.
    ///
    /// # Errors
    /// [`ConfigError`] that names the variable.
    pub fn from_environment(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let default = Self::at(environment.required(variables::CHROMA_URL)?);
        let collection: Option<PathName> = environment.optional(variables::CHROMA_COLLECTION)?;
        Ok(Self {
            token: environment.optional(variables::CHROMA_API_KEY)?,
            tenant: environment.optional(variables::CHROMA_TENANT)?.unwrap_or(default.tenant),
            database: environment.optional(variables::CHROMA_DATABASE)?.unwrap_or(default.database),
            collection: collection.map_or(default.collection, |name| name.0),
            parallel_writes: environment
                .optional(variables::CHROMA_PARALLEL_WRITES)?
                .unwrap_or(default.parallel_writes),
            url: default.url,
        })
    }
}

/// The address of a server.
///
/// Invariant: `http` or `https`, with a host, without user, query or fragment; no `/` at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChromaUrl(String);

/// A text is no address of a server. It does not repeat the text, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a URL such as https://chroma.example.org:8000, without user, query or fragment")]
pub struct InvalidChromaUrl;

impl ChromaUrl {
    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ChromaUrl {
    type Err = InvalidChromaUrl;

    fn from_str(text: &str) -> Result<Self, InvalidChromaUrl> {
        let url = reqwest::Url::parse(text).map_err(|_| InvalidChromaUrl)?;
        let plain = url.username().is_empty() && url.password().is_none();
        let whole = url.query().is_none() && url.fragment().is_none() && url.has_host();
        if plain && whole && matches!(url.scheme(), "http" | "https") {
            Ok(Self(text.trim_end_matches('/').to_owned()))
        } else {
            Err(InvalidChromaUrl)
        }
    }
}

/// A name that stands in a path: 1 to 128 letters, digits, `.`, `_` and `-`, and not only dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathName(String);

/// A text is no such name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to 128 letters, digits, '.', '_' and '-'")]
pub struct InvalidPathName;

impl PathName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PathName {
    type Err = InvalidPathName;

    fn from_str(text: &str) -> Result<Self, InvalidPathName> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let only_dots = text.bytes().all(|byte| byte == b'.');
        if text.len() <= 128 && text.bytes().all(allowed) && !only_dots {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidPathName)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_from_the_environment_and_print_no_token() {
        let pairs = [
            ("CHROMA_URL", "https://api.trychroma.com/"),
            ("CHROMA_API_KEY", "ck-secret"),
            ("CHROMA_TENANT", "t-1"),
        ];
        let settings = ChromaSettings::from_environment(&Environment::of(&pairs)).unwrap();
        assert_eq!(settings.url.as_str(), "https://api.trychroma.com");
        assert_eq!((settings.tenant.as_str(), settings.collection.as_str()), ("t-1", "graph_nodes_v1"));
        assert!(!format!("{settings:?}").contains("ck-secret"));
        let missing = ChromaSettings::from_environment(&Environment::of(&[])).unwrap_err();
        assert_eq!(missing, ConfigError::Missing("CHROMA_URL"));
    }

    #[test]
    fn an_address_holds_no_password_and_a_name_leaves_no_path() {
        for text in ["chroma:8000", "ftp://a", "http://user:pw@a", "http://a?x=1", "http://a#b", ""] {
            assert_eq!(text.parse::<ChromaUrl>(), Err(InvalidChromaUrl), "{text}");
        }
        for text in ["", "..", "a/b", "a b", "a%2e"] {
            assert_eq!(text.parse::<PathName>(), Err(InvalidPathName), "{text}");
        }
    }
}
