//! The words a search compares: of alphabetic scripts words, pairs of words and the four letters in a row of longer
//! ones, so that `marathons` finds `marathon`; of Korean words without particles, their syllables and pairs of them; of Chinese characters.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use crate::words::korean::without_particles;
use crate::words::script::Script;
use crate::words::{self, for_each_run};

/// Letters in a row that stand for a part of a word.
const LETTERS: usize = 4;

/// How often each term occurs. Invariants: `keys` ascend, each once; `counts` has one for each.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    pub(super) keys: Vec<u64>,
    pub(super) counts: Vec<u16>,
}

impl Terms {
    /// The terms of `texts` and of what they mean in English.
    pub(super) fn of(texts: &[&str], gloss: Option<&str>) -> Self {
        let mut found = Found::default();
        for text in texts {
            found.read(text);
        }
        for word in gloss.iter().flat_map(|gloss| gloss.split(' ')) {
            found.add(words::key(word));
        }
        found.counted()
    }

    /// Number of terms, repeated ones included.
    pub(super) fn length(&self) -> u32 {
        self.counts.iter().map(|&count| u32::from(count)).sum()
    }
}

/// Keys as they are met: sorting them once is cheaper than a map of each text.
#[derive(Default)]
struct Found(Vec<u64>);

impl Found {
    fn counted(mut self) -> Terms {
        self.0.sort_unstable();
        let runs = self.0.chunk_by(|a, b| a == b);
        let (keys, counts) = runs.map(|run| (run[0], run.len().min(usize::from(u16::MAX)) as u16)).unzip();
        Terms { keys, counts }
    }

    fn add(&mut self, key: u64) {
        self.0.push(key);
    }

    fn read(&mut self, text: &str) {
        let mut before = None;
        for_each_run(text, |run, script, _| match script {
            Script::Alphabetic => {
                let key = words::key(run);
                self.add(key);
                if let Some(before) = before.replace(key) {
                    self.add(words::phrase_key(&[before, key]));
                }
                self.add_parts(run);
            }
            Script::Hangul => {
                before = None;
                let stem = without_particles(run);
                self.add(words::key(stem));
                self.add_ngrams(std::iter::once('<').chain(stem.chars()), 1..=2);
            }
            Script::Han | Script::Katakana | Script::Hiragana => {
                before = None;
                self.add_ngrams(run.chars(), 1..=3);
            }
        });
    }

    /// Letters in a row of a word of at least [`LETTERS`], its beginning and end marked.
    fn add_parts(&mut self, word: &str) {
        if word.chars().count() >= LETTERS {
            let marked = std::iter::once('<').chain(word.chars().flat_map(char::to_lowercase)).chain(['>']);
            self.add_ngrams(marked, LETTERS..=LETTERS);
        }
    }

    fn add_ngrams(
        &mut self,
        characters: impl Iterator<Item = char>,
        lengths: std::ops::RangeInclusive<usize>,
    ) {
        let characters: Vec<char> = characters.collect();
        for length in lengths {
            for part in characters.windows(length).filter(|part| part != &['<']) {
                self.add(hashed(|hasher| {
                    part.iter().for_each(|&character| hasher.write_u32(character as u32))
                }));
            }
        }
    }
}

fn hashed(write: impl FnOnce(&mut FxHasher)) -> u64 {
    let mut hasher = FxHasher::default();
    write(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(a: &str, b: &str) -> usize {
        let (a, b) = (Terms::of(&[a], None), Terms::of(&[b], None));
        a.keys.iter().filter(|key| b.keys.contains(key)).count()
    }

    #[test]
    fn inflections_meet() {
        assert!(shared("Marathon", "marathons") > 3);
        assert!(shared("제주도에서", "제주도는") > 4);
        assert!(shared("机器学习", "学习") > 2);
        assert_eq!(shared("bread", "rust"), 0);
    }
}
