//! The first reading: whose vectors they are, and whether every one of them can be written.

use std::collections::HashSet;
use std::sync::Arc;

use graphnode_core::matrix::dot;
use graphnode_core::ports::objects::{ObjectMeta, Objects};
use sha2::{Digest, Sha256};

use super::entry::{Entry, Metadata};
use super::parse::{Enough, ParseError, Section, Taker, parse};
use crate::error::InvalidFeatures;

/// Most conversations of one graph: bounds what is remembered of their ids.
const MOST_CONVERSATIONS: u64 = 1_000_000;
/// Most bytes of an id: it stands beside the vector, where Chroma Cloud takes no longer value.
const MOST_ID_BYTES: usize = 4096;
/// How far from 1 a row's length may be: decimals and int8 models are within a thousandth.
const LENGTH_TOLERANCE: f32 = 0.01;

/// What is known of a file that can be indexed.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) metadata: Metadata,
    /// One row, to ask the index what it holds of the graph; `None` of a graph without conversations.
    pub(crate) first_row: Option<Vec<f32>>,
}

/// Reads all of `object` and checks it.
pub(crate) async fn survey<O: Objects + 'static>(
    objects: &Arc<O>,
    object: &ObjectMeta,
) -> Result<Survey, ParseError> {
    let checks = parse(objects, object, Checks::default()).await?;
    checks.finish().map_err(ParseError::Features)
}

#[derive(Default)]
struct Checks {
    conversations: u64,
    embeddings: u64,
    dimension: usize,
    first_row: Option<Vec<f32>>,
    /// Halves of hashes: two ids share one less often than a disk errs.
    ids: HashSet<[u8; 16]>,
    metadata: Option<Metadata>,
    problem: Option<InvalidFeatures>,
}

impl Checks {
    fn refuse(&mut self, problem: InvalidFeatures) -> Result<(), Enough> {
        self.problem = Some(problem);
        Err(Enough)
    }

    fn finish(self) -> Result<Survey, InvalidFeatures> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        // The parser demands it, so this is for a file that broke off.
        let end = InvalidFeatures::Unreadable { section: "metadata", element: 0, line: 0, column: 0 };
        let metadata = self.metadata.ok_or(end)?;
        let (conversations, embeddings) = (self.conversations, self.embeddings);
        let stated = metadata.total_conversations;
        if conversations != embeddings || conversations != stated {
            return Err(InvalidFeatures::Counts { conversations, embeddings, stated });
        }
        let expected = metadata.embedding_dimension;
        if embeddings > 0 && self.dimension != expected {
            return Err(InvalidFeatures::Dimension { row: 0, found: self.dimension, expected });
        }
        Ok(Survey { metadata, first_row: self.first_row })
    }
}

impl Taker for Checks {
    fn wants(&self, _section: Section) -> bool {
        true
    }

    fn conversation(&mut self, entry: Entry) -> Result<(), Enough> {
        let row = self.conversations;
        let (bytes, most) = (entry.orig_id.len(), MOST_ID_BYTES);
        if bytes == 0 || bytes > most {
            return self.refuse(InvalidFeatures::IdLength { row, bytes, most });
        }
        if row == MOST_CONVERSATIONS {
            return self.refuse(InvalidFeatures::TooMany { most: MOST_CONVERSATIONS });
        }
        let hash = Sha256::digest(entry.orig_id.as_bytes());
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        if !self.ids.insert(half) {
            return self.refuse(InvalidFeatures::RepeatedId { row });
        }
        self.conversations += 1;
        Ok(())
    }

    fn embedding(&mut self, row: &[f32]) -> Result<(), Enough> {
        let number = self.embeddings;
        if number == 0 {
            self.dimension = row.len();
            self.first_row = Some(row.to_vec());
        }
        let (found, expected) = (row.len(), self.dimension);
        if found != expected || found == 0 {
            return self.refuse(InvalidFeatures::Dimension { row: number, found, expected });
        }
        let length = dot(row, row).sqrt();
        if !length.is_finite() {
            return self.refuse(InvalidFeatures::NotFinite { row: number });
        }
        if (length - 1.0).abs() > LENGTH_TOLERANCE {
            return self.refuse(InvalidFeatures::NotUnit { row: number, length });
        }
        self.embeddings += 1;
        Ok(())
    }

    fn metadata(&mut self, metadata: Metadata) {
        self.metadata = Some(metadata);
    }

    fn end_of(&mut self, _section: Section) -> Result<(), Enough> {
        Ok(())
    }
}
