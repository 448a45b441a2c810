//! Identifiers that are safe wherever they are put: in a path, a log line, a key.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// Why a text is no identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Empty, or longer than the type allows.
    #[error("must have 1 to {0} characters")]
    Length(usize),
    /// A character outside the allowed set.
    #[error("may hold only letters, digits, '-', '_', '.', ':', '|' and '@', and not '..'")]
    Character,
}

macro_rules! identifier {
    ($(#[$documentation:meta])* $name:ident, $longest:expr) => {
        $(#[$documentation])*
        ///
        /// Invariants:
        #[doc = concat!("- 1 to ", stringify!($longest), " ASCII characters;")]
        /// - only letters, digits, `-`, `_`, `.`, `:`, `|` and `@`, never `..`: no separator, blank,
        ///   quote or control character.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                check(text, $longest).map(|()| Self(text.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

identifier!(
    /// Whose data it is: the `sub` of an identity provider (`auth0|…`, an e-mail address, a UUID).
    UserId, 128
);
identifier!(
    /// One job; also the correlation id on every message about it.
    TaskId, 128
);
identifier!(
    /// One of a person's graphs; `default` where nothing else was asked for.
    GraphId, 64
);

impl UserId {
    /// The one person of a machine without accounts.
    #[must_use]
    pub fn local() -> Self {
        Self("local".to_owned())
    }
}

impl TaskId {
    /// The one job of a machine without a queue.
    #[must_use]
    pub fn local() -> Self {
        Self("local".to_owned())
    }
}

impl Default for GraphId {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

fn check(text: &str, longest: usize) -> Result<(), InvalidId> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:|@".contains(&byte);
    if text.is_empty() || text.len() > longest {
        Err(InvalidId::Length(longest))
    } else if !text.bytes().all(allowed) || text.contains("..") || text == "." {
        Err(InvalidId::Character)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_identity_providers_are_accepted() {
        for text in ["auth0|64f", "3f1c-9a", "a.b@example.org", "local"] {
            assert_eq!(text.parse::<UserId>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_could_leave_a_path_or_a_line_is_refused() {
        for text in ["", "a/b", "..", ".", "a b", "a\n", "ä", "a'b", "%2e", "a..b"] {
            assert!(text.parse::<UserId>().is_err(), "{text:?}");
        }
        assert_eq!("x".repeat(65).parse::<GraphId>(), Err(InvalidId::Length(64)));
    }
}
