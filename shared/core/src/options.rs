//! What a person may choose about a build.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The language of names, descriptions and the summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
    /// Chinese (simplified).
    Zh,
}

impl Language {
    /// The two-letter code, as serialised.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
            Self::Zh => "zh",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl FromStr for Language {
    type Err = InvalidOption;

    /// Accepts codes and the names other programs send (`ko-KR`, `Korean`), whatever the case.
    fn from_str(text: &str) -> Result<Self, InvalidOption> {
        let lower = text.to_lowercase();
        match lower.split(['-', '_']).next().unwrap_or_default() {
            "en" | "english" => Ok(Self::En),
            "ko" | "kr" | "korean" => Ok(Self::Ko),
            "zh" | "cn" | "chinese" => Ok(Self::Zh),
            _ => Err(InvalidOption::Language(text.chars().take(20).collect())),
        }
    }
}

/// How much the summary says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DetailLevel {
    /// The essentials.
    Brief,
    /// What most readers want.
    #[default]
    Standard,
    /// All that was found.
    Detailed,
}

impl FromStr for DetailLevel {
    type Err = InvalidOption;

    fn from_str(text: &str) -> Result<Self, InvalidOption> {
        match text.to_lowercase().as_str() {
            "brief" => Ok(Self::Brief),
            "standard" => Ok(Self::Standard),
            "detailed" => Ok(Self::Detailed),
            _ => Err(InvalidOption::DetailLevel(text.chars().take(20).collect())),
        }
    }
}

/// How many clusters a graph may have.
///
/// Invariant: `1 <= min <= max <= ClusterRange::LARGEST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClusterRange {
    min: usize,
    max: usize,
}

impl ClusterRange {
    /// The most clusters that may be asked for.
    pub const LARGEST: usize = 200;

    /// A range from `min` to `max`, both included.
    ///
    /// # Errors
    /// [`InvalidOption::Clusters`] outside 1 to [`Self::LARGEST`] or when `min > max`.
    pub fn new(min: usize, max: usize) -> Result<Self, InvalidOption> {
        if (1..=max).contains(&min) && max <= Self::LARGEST {
            Ok(Self { min, max })
        } else {
            Err(InvalidOption::Clusters { min, max })
        }
    }

    /// Fewest clusters.
    #[must_use]
    pub fn min(self) -> usize {
        self.min
    }

    /// Most clusters.
    #[must_use]
    pub fn max(self) -> usize {
        self.max
    }
}

impl Default for ClusterRange {
    fn default() -> Self {
        Self { min: 3, max: 8 }
    }
}

/// All choices of one build; the default is what the wire contract says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuildOptions {
    /// How many clusters.
    pub clusters: ClusterRange,
    /// Language of cluster names and descriptions.
    pub language: Language,
    /// Whether to write a summary.
    pub include_summary: bool,
    /// Language of the summary.
    pub summary_language: Language,
    /// How much the summary says.
    pub detail_level: DetailLevel,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self {
            clusters: ClusterRange::default(),
            language: Language::En,
            include_summary: true,
            summary_language: Language::En,
            detail_level: DetailLevel::Standard,
        }
    }
}

/// A choice that cannot be met; the message names it and says what is accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOption {
    /// Not one of the languages.
    #[error("language {0:?} is not supported: use en, ko or zh")]
    Language(String),
    /// Not one of the levels.
    #[error("detail level {0:?} is not known: use brief, standard or detailed")]
    DetailLevel(String),
    /// A range that is empty or too large.
    #[error("{min} to {max} clusters cannot be asked for: use 1 to 200, the least not above the most")]
    Clusters {
        /// Fewest asked for.
        min: usize,
        /// Most asked for.
        max: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_other_programs_send_are_understood() {
        for (text, language) in [("en", Language::En), ("ko-KR", Language::Ko), ("Chinese", Language::Zh)] {
            assert_eq!(text.parse(), Ok(language));
        }
        assert_eq!("fr".parse::<Language>(), Err(InvalidOption::Language("fr".to_owned())));
    }

    #[test]
    fn cluster_ranges_are_never_empty() {
        assert!(ClusterRange::new(3, 3).is_ok());
        for (min, max) in [(0, 3), (4, 3), (1, 201)] {
            assert!(ClusterRange::new(min, max).is_err());
        }
    }
}
