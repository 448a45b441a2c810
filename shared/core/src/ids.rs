//! Identifiers that are safe wherever they are put: in a path, a log line, a key.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

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

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
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

identifier!(
    /// One upload of a person.
    UploadId, 64
);

/// Names a request of a person, from the client to the last line of log about what it caused.
///
/// Invariants: 1 to 128 ASCII letters, digits, `-`, `_`, `.` and `:`; harmless in a log and in a header.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct CorrelationId(String);

/// A text is no correlation id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to 128 letters, digits, '-', '_', '.' and ':'")]
pub struct InvalidCorrelationId;

impl CorrelationId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl CorrelationId {
    /// The id of a request that brought none: the number in hexadecimal, in the groups of a UUID.
    #[must_use]
    pub fn of(number: u128) -> Self {
        let digits = format!("{number:032x}");
        let groups = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
        Self(groups.join("-"))
    }
}

impl FromStr for CorrelationId {
    type Err = InvalidCorrelationId;

    fn from_str(text: &str) -> Result<Self, InvalidCorrelationId> {
        let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let valid = (1..=128).contains(&text.len()) && text.bytes().all(harmless);
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidCorrelationId) }
    }
}

impl<'de> Deserialize<'de> for CorrelationId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The name of a bucket.
///
/// Invariants: 3 to 63 characters; only lower-case letters, digits, `-` and `.`; begins and ends with a letter or
/// digit; no `..`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct BucketName(String);

/// A text is no bucket's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the name of a bucket: 3 to 63 lower-case letters, digits, '-' and '.'")]
pub struct InvalidBucketName;

impl BucketName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BucketName {
    type Err = InvalidBucketName;

    fn from_str(text: &str) -> Result<Self, InvalidBucketName> {
        let inner =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
        let outer = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = text.as_bytes();
        let valid = (3..=63).contains(&bytes.len())
            && bytes.iter().copied().all(inner)
            && outer(bytes.first())
            && outer(bytes.last())
            && !text.contains("..");
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidBucketName) }
    }
}

impl<'de> Deserialize<'de> for BucketName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

identifier!(
    /// Who holds the lease of a job: unique among all that ever claim it.
    LeaseOwner, 128
);

impl LeaseOwner {
    /// The task that was started in the given attempt at a job.
    #[must_use]
    pub fn of_task(attempt: u32) -> Self {
        Self(format!("task-{attempt}"))
    }
}

impl UserId {
    /// The one person of a machine without accounts.
    #[must_use]
    pub fn local() -> Self {
        Self("local".to_owned())
    }
}

impl TaskId {
    /// The job that these words name, the same one every time.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self(crate::hash::hex_sha256(parts))
    }

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
    fn a_correlation_id_is_harmless_in_a_log() {
        for text in ["", "two words", "line\nbreak", "\"", "a".repeat(129).as_str(), "é"] {
            assert_eq!(text.parse::<CorrelationId>(), Err(InvalidCorrelationId), "{text}");
        }
        let made = CorrelationId::of(0x0192_f0c1_2345_7abc_8def_0123_4567_89ab);
        assert_eq!(made.as_str(), "0192f0c1-2345-7abc-8def-0123456789ab");
        assert_eq!(made.as_str().parse(), Ok(made));
    }

    #[test]
    fn ids_of_identity_providers_are_accepted() {
        for text in ["auth0|64f", "3f1c-9a", "a.b@example.org", "local"] {
            assert_eq!(text.parse::<UserId>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn words_name_one_job() {
        let job = TaskId::of([b"u".as_slice(), b"\0", b"key"]);
        assert_eq!(job.as_str().parse(), Ok(job.clone()));
        assert_ne!(job, TaskId::of([b"u".as_slice(), b"\0", b"other"]));
    }

    #[test]
    fn buckets_have_the_names_s3_gives() {
        assert_eq!("graphnode-input.eu".parse::<BucketName>().unwrap().as_str(), "graphnode-input.eu");
        for text in ["ab", "Upper", "a/b", "-ab", "ab-", "a..b", "a_b", &"x".repeat(64)] {
            assert!(text.parse::<BucketName>().is_err(), "{text}");
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
