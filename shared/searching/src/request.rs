//! What is asked for. Whatever exists of these types can be searched for.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use graphnode_core::ids::GraphId;

/// Why something cannot be asked for. Its text is for whoever asked, and holds nothing of what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// Blank, or longer than a query is.
    #[error("the words must have 1 to {} characters", Words::MOST)]
    Words,
    /// No number of hits.
    #[error("the limit must be {} to {}", SearchRequest::LIMITS.start(), SearchRequest::LIMITS.end())]
    Limit,
    /// No share.
    #[error("the least score must be 0 to 1")]
    MinScore,
}

/// The words a person looks for.
///
/// Invariants: 1 to [`Words::MOST`] characters, the first and the last not blank. `Debug` does not show them: they are
/// as private as a chat.
#[derive(Clone, PartialEq, Eq)]
pub struct Words(String);

impl Words {
    /// Most characters. The model reads a hundred or two words; what is longer is a text and no query.
    pub const MOST: usize = 1_000;

    /// The words as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Words {
    type Err = InvalidRequest;

    fn from_str(text: &str) -> Result<Self, InvalidRequest> {
        let text = text.trim();
        match text.chars().take(Self::MOST + 1).count() {
            1..=Self::MOST => Ok(Self(text.to_owned())),
            _ => Err(InvalidRequest::Words),
        }
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Words(…)")
    }
}

/// What a person looks for, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchRequest {
    pub(crate) words: Words,
    pub(crate) limit: usize,
    pub(crate) min_score: f64,
    pub(crate) graph_id: Option<GraphId>,
    pub(crate) cluster_id: Option<String>,
}

impl SearchRequest {
    /// How many hits may be asked for.
    pub const LIMITS: RangeInclusive<usize> = 1..=100;
    /// Hits where no number is named.
    pub const LIMIT: usize = 10;

    /// The best [`Self::LIMIT`] of all graphs of the person, whatever their score.
    #[must_use]
    pub fn new(words: Words) -> Self {
        Self { words, limit: Self::LIMIT, min_score: 0.0, graph_id: None, cluster_id: None }
    }

    /// At most `limit` hits.
    ///
    /// # Errors
    /// [`InvalidRequest::Limit`] outside [`Self::LIMITS`].
    pub fn with_limit(self, limit: usize) -> Result<Self, InvalidRequest> {
        if Self::LIMITS.contains(&limit) { Ok(Self { limit, ..self }) } else { Err(InvalidRequest::Limit) }
    }

    /// Only hits with this score, as [`Hit::score`](crate::Hit::score) says it, or more.
    ///
    /// # Errors
    /// [`InvalidRequest::MinScore`] outside 0 to 1.
    pub fn with_min_score(self, min_score: f64) -> Result<Self, InvalidRequest> {
        if (0.0..=1.0).contains(&min_score) {
            Ok(Self { min_score, ..self })
        } else {
            Err(InvalidRequest::MinScore)
        }
    }

    /// Only in this graph.
    #[must_use]
    pub fn in_graph(self, graph_id: GraphId) -> Self {
        Self { graph_id: Some(graph_id), ..self }
    }

    /// Only in the cluster of this id. Ids of clusters are those of a graph: without [`Self::in_graph`] the clusters of
    /// that id in all graphs are searched.
    #[must_use]
    pub fn in_cluster(self, cluster_id: impl Into<String>) -> Self {
        Self { cluster_id: Some(cluster_id.into()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_trimmed_and_neither_blank_nor_a_text() {
        assert_eq!("  rye bread \n".parse::<Words>().unwrap().as_str(), "rye bread");
        assert!("김".repeat(1_000).parse::<Words>().is_ok());
        for text in ["", " \t\n", "\u{3000}", &"a".repeat(1_001)] {
            assert_eq!(text.parse::<Words>(), Err(InvalidRequest::Words));
        }
    }

    #[test]
    fn no_log_shows_the_words() {
        let request = SearchRequest::new("my diagnosis".parse().unwrap());
        assert!(!format!("{request:?}").contains("diagnosis"));
    }

    #[test]
    fn limits_and_scores_are_checked() {
        let request = || SearchRequest::new("bread".parse().unwrap());
        for limit in [0, 101] {
            assert_eq!(request().with_limit(limit), Err(InvalidRequest::Limit));
        }
        assert!(request().with_limit(1).is_ok() && request().with_limit(100).is_ok());
        for score in [-0.1, 1.1, f64::NAN] {
            assert_eq!(request().with_min_score(score), Err(InvalidRequest::MinScore));
        }
        assert_eq!(InvalidRequest::Limit.to_string(), "the limit must be 1 to 100");
    }
}
