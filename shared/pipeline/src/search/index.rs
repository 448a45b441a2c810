//! BM25 over the words of one build (Robertson and Zaragoza 2009).

use std::io::{self, Write};
use std::ops::Range;

use rayon::prelude::*;

use super::Weighing;
use super::terms::Terms;
use crate::digest::Document;
use crate::holders::{PARTS, part_of};

/// BM25's b, the strength of length normalisation.
const LENGTH_NORMALISATION: f32 = 0.75;
/// First bytes of a written index; the last is the version.
const MAGIC: [u8; 8] = *b"GNWORDS\x01";

/// Which conversations hold which words.
///
/// Invariants: `keys` ascend; the postings of key `i` are `starts[i]..starts[i + 1]`, conversations ascending; there are
/// as many `counts` as `holders`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WordIndex {
    keys: Vec<u64>,
    starts: Vec<u32>,
    /// The conversation of every posting.
    holders: Vec<u32>,
    /// How often it has the word.
    counts: Vec<u16>,
    /// Words of every conversation.
    lengths: Vec<u32>,
}

/// A file that is no word index, or a damaged one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no word index of this version, or a damaged one")]
pub struct DamagedIndex;

impl WordIndex {
    /// Indexes the words of all documents, and those of their glosses where there are some.
    pub(crate) fn build(documents: &[Document], glosses: &[Option<String>]) -> Self {
        let lists: Vec<Terms> = documents
            .par_iter()
            .zip(glosses)
            .map(|(document, gloss)| {
                let texts = [document.title_words(), document.text.as_str()];
                Terms::of(&texts, gloss.as_deref())
            })
            .collect();
        let parts: Vec<Self> = (0..PARTS).into_par_iter().map(|part| Self::of_part(&lists, part)).collect();
        let mut index =
            Self { lengths: lists.iter().map(Terms::length).collect(), starts: vec![0], ..Self::default() };
        drop(lists);
        let postings = parts.iter().map(|part| part.holders.len()).sum();
        index.holders.reserve_exact(postings);
        index.counts.reserve_exact(postings);
        parts.into_iter().for_each(|part| index.append(part));
        index
    }

    /// The words whose keys are of one part, without a first start and lengths.
    fn of_part(lists: &[Terms], part: u64) -> Self {
        let mut entries: Vec<(u64, u32, u16)> = Vec::new();
        for (document, list) in lists.iter().enumerate() {
            let range = part_of(&list.keys, part);
            let counted = list.keys[range.clone()].iter().zip(&list.counts[range]);
            entries.extend(counted.map(|(&key, &count)| (key, document as u32, count)));
        }
        entries.sort_unstable();
        let mut index = Self {
            holders: entries.iter().map(|&(_, document, _)| document).collect(),
            counts: entries.iter().map(|&(.., count)| count).collect(),
            ..Self::default()
        };
        for same in entries.chunk_by(|a, b| a.0 == b.0) {
            index.keys.push(same[0].0);
            index.starts.push(index.starts.last().copied().unwrap_or(0) + same.len() as u32);
        }
        index
    }

    /// Adds the next part.
    fn append(&mut self, part: Self) {
        let before = self.holders.len() as u32;
        self.keys.extend(part.keys);
        self.starts.extend(part.starts.into_iter().map(|end| before + end));
        self.holders.extend(part.holders);
        self.counts.extend(part.counts);
    }

    /// For every conversation its BM25 score as a share of the most any text could reach, 0 to 1.
    pub(super) fn scores(&self, query: &Terms, weighing: Weighing) -> Vec<f32> {
        let Weighing { saturation, rarity_power, .. } = weighing;
        let mean = self.lengths.iter().map(|&length| f64::from(length)).sum::<f64>()
            / self.lengths.len().max(1) as f64;
        let mut scores = vec![0.0; self.lengths.len()];
        let mut ideal = 0.0;
        for &key in &query.keys {
            let postings = self.postings(key);
            let rarity = rarity(self.lengths.len(), postings.len()).powf(rarity_power);
            ideal += rarity * (saturation + 1.0);
            for (&document, &count) in self.holders[postings.clone()].iter().zip(&self.counts[postings]) {
                let length = self.lengths[document as usize] as f32 / (mean as f32).max(1.0);
                let evened = 1.0 - LENGTH_NORMALISATION + LENGTH_NORMALISATION * length;
                let count = f32::from(count);
                scores[document as usize] +=
                    rarity * count * (saturation + 1.0) / (count + saturation * evened);
            }
        }
        if ideal > 0.0 {
            scores.iter_mut().for_each(|score| *score = (*score / ideal).min(1.0));
        }
        scores
    }

    /// Number of conversations.
    #[must_use]
    pub fn conversations(&self) -> usize {
        self.lengths.len()
    }

    /// What it takes in memory, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(self.keys.as_slice())
            + size_of_val(self.starts.as_slice())
            + size_of_val(self.holders.as_slice())
            + size_of_val(self.counts.as_slice())
            + size_of_val(self.lengths.as_slice())
    }

    fn postings(&self, key: u64) -> Range<usize> {
        match self.keys.binary_search(&key) {
            Ok(place) => self.starts[place] as usize..self.starts[place + 1] as usize,
            Err(_) => 0..0,
        }
    }

    /// Writes the index: magic, three counts, then the four lists, all little-endian.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_to(&self, writer: &mut dyn Write) -> io::Result<()> {
        writer.write_all(&MAGIC)?;
        for count in [self.lengths.len(), self.keys.len(), self.holders.len()] {
            writer.write_all(&(count as u32).to_le_bytes())?;
        }
        self.keys.iter().try_for_each(|key| writer.write_all(&key.to_le_bytes()))?;
        self.starts
            .iter()
            .chain(&self.lengths)
            .try_for_each(|number| writer.write_all(&number.to_le_bytes()))?;
        self.holders.iter().zip(&self.counts).try_for_each(|(document, count)| {
            writer.write_all(&document.to_le_bytes())?;
            writer.write_all(&count.to_le_bytes())
        })
    }

    /// Reads what [`Self::write_to`] wrote.
    ///
    /// # Errors
    /// [`DamagedIndex`] when anything in it is not as it must be.
    pub fn read(bytes: &[u8]) -> Result<Self, DamagedIndex> {
        let mut rest = bytes.strip_prefix(&MAGIC).ok_or(DamagedIndex)?;
        let mut numbers = |count: usize| -> Result<Vec<u32>, DamagedIndex> {
            let (head, tail) = rest.split_at_checked(4 * count).ok_or(DamagedIndex)?;
            rest = tail;
            Ok(head.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
        };
        let counts = numbers(3)?;
        let [documents, keys, postings] = [counts[0] as usize, counts[1] as usize, counts[2] as usize];
        let halves = numbers(2 * keys)?;
        let starts = numbers(keys + 1)?;
        let lengths = numbers(documents)?;
        let entries = rest.as_chunks::<6>().0;
        let index = Self {
            keys: halves
                .as_chunks::<2>()
                .0
                .iter()
                .map(|[low, high]| u64::from(*high) << 32 | u64::from(*low))
                .collect(),
            holders: entries.iter().map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
            counts: entries.iter().map(|b| u16::from_le_bytes([b[4], b[5]])).collect(),
            starts,
            lengths,
        };
        let sound = rest.len() == 6 * postings
            && index.keys.is_sorted()
            && index.starts.is_sorted()
            && index.starts.last() == Some(&(postings as u32))
            && index.holders.iter().all(|&document| (document as usize) < documents);
        if sound { Ok(index) } else { Err(DamagedIndex) }
    }
}

/// Inverse document frequency, never negative.
fn rarity(documents: usize, holders: usize) -> f32 {
    (1.0 + (documents as f32 - holders as f32 + 0.5) / (holders as f32 + 0.5)).ln()
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::KNOWN;
    use super::*;
    use crate::digest::Digester;
    use graphnode_core::conversation::{Conversation, Section, SourceType, Speaker};

    pub(in crate::search) fn index(texts: &[&str]) -> WordIndex {
        let mut digester = Digester::default();
        for (number, text) in texts.iter().enumerate() {
            digester.add(Conversation {
                orig_id: number.to_string(),
                title: None,
                source_type: SourceType::Chat,
                create_time: None,
                update_time: None,
                sections: vec![Section { speaker: Speaker::Person, text: (*text).to_owned() }],
            });
        }
        let documents = digester.finish().0;
        WordIndex::build(&documents, &vec![None; documents.len()])
    }

    #[test]
    fn rare_words_of_the_query_count_most() {
        let index = index(&["the bread in the oven", "the car in the garage", "the oven is hot"]);
        let scores = index.scores(&Terms::of(&["the bread"], None), KNOWN);
        assert!(scores[0] > 2.0 * scores[1] && scores.iter().all(|score| (0.0..=1.0).contains(score)));
        assert_eq!(index.scores(&Terms::of(&["zebra"], None), KNOWN), [0.0; 3]);
    }

    #[test]
    fn what_is_written_can_be_read_and_damage_is_noticed() {
        let index = index(&["bread and oven", "김치찌개", "面包"]);
        let mut bytes = Vec::new();
        index.write_to(&mut bytes).unwrap();
        assert_eq!(WordIndex::read(&bytes), Ok(index));
        for length in [0, 5, 20, bytes.len() - 1] {
            assert_eq!(WordIndex::read(&bytes[..length]), Err(DamagedIndex));
        }
        let last = bytes.len() - 4;
        bytes[last] = 0xff;
        assert_eq!(WordIndex::read(&bytes), Err(DamagedIndex));
    }
}
