//! Candidate phrases of a text: one to three words that follow each other within a clause.

use rustc_hash::FxHashMap;

use crate::words::korean::KoreanNouns;
use crate::words::script::Script;
use crate::words::{self, Token, phrase_key, stop};

/// Most words in a phrase.
pub(crate) const LONGEST: usize = 3;

/// A phrase of one text, as found there.
#[derive(Debug, Clone)]
pub(crate) struct Phrase<'a> {
    /// The words as written.
    pub surfaces: [&'a str; LONGEST],
    /// Their keys.
    pub words: [u64; LONGEST],
    /// How many of them there are, 1 to 3.
    pub length: usize,
    /// The script of all of them, or of the first.
    pub script: Script,
    /// How often it occurs; an occurrence in the title counts [`TITLE_WEIGHT`] times.
    pub frequency: f32,
    /// Whether the title holds it.
    pub in_title: bool,
}

impl Phrase<'_> {
    /// The words as written, joined as their script joins them.
    pub(crate) fn words(&self) -> &[&str] {
        &self.surfaces[..self.length]
    }

    /// Their keys.
    pub(crate) fn keys(&self) -> &[u64] {
        &self.words[..self.length]
    }
}

/// What an occurrence in the title counts for: a person or the assistant chose those words to name the whole.
pub(crate) const TITLE_WEIGHT: f32 = 2.0;

/// All phrases of a text and its title, by key.
pub(crate) fn phrases<'a>(title: &'a str, text: &'a str, nouns: &KoreanNouns) -> FxHashMap<u64, Phrase<'a>> {
    let mut found = FxHashMap::default();
    for_each_phrase(title, nouns, |words| add(&mut found, words, true));
    for_each_phrase(text, nouns, |words| add(&mut found, words, false));
    found
}

/// The keys of all phrases of a text and its title, ascending, each once.
pub(crate) fn phrase_keys(title: &str, text: &str, nouns: &KoreanNouns) -> Vec<u64> {
    let mut keys = Vec::new();
    for part in [title, text] {
        for_each_phrase(part, nouns, |words| keys.push(phrase_key(&keys_of(words)[..words.len()])));
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// One word of a phrase and its key.
type Word<'a> = (Token<'a>, u64);

/// Calls `visit` with the words of every phrase of `text`.
fn for_each_phrase<'a>(text: &'a str, nouns: &KoreanNouns, mut visit: impl FnMut(&[Word<'a>])) {
    let mut window = Vec::with_capacity(LONGEST);
    words::for_each_token(text, nouns, |token| {
        push(&mut window, token);
        (0..window.len()).rev().for_each(|start| visit(&window[start..]));
    });
}

/// The keys of a phrase's words, zeros behind them.
fn keys_of(words: &[Word<'_>]) -> [u64; LONGEST] {
    let mut keys = [0; LONGEST];
    keys.iter_mut().zip(words).for_each(|(key, word)| *key = word.1);
    keys
}

fn add<'a>(found: &mut FxHashMap<u64, Phrase<'a>>, words: &[Word<'a>], in_title: bool) {
    let mut surfaces = [""; LONGEST];
    surfaces.iter_mut().zip(words).for_each(|(surface, word)| *surface = word.0.surface);
    let keys = keys_of(words);
    let phrase = found.entry(phrase_key(&keys[..words.len()])).or_insert_with(|| Phrase {
        surfaces,
        words: keys,
        length: words.len(),
        script: words[0].0.script,
        frequency: 0.0,
        in_title: false,
    });
    phrase.frequency += if in_title { TITLE_WEIGHT } else { 1.0 };
    phrase.in_title |= in_title;
    // The title's capitals say nothing: show the words as the text writes them.
    if !in_title {
        phrase.surfaces = surfaces;
    }
}

/// Takes the next word into the last ones of the running clause; a stop word, an unpresentable one or a clause boundary
/// empties them.
fn push<'a>(window: &mut Vec<Word<'a>>, token: Token<'a>) {
    if !token.presentable || says_nothing(token.surface) {
        window.clear();
        return;
    }
    let continues = token.joined && window.last().is_some_and(|(last, _)| last.script == token.script);
    if !continues {
        window.clear();
    } else if window.len() == LONGEST {
        window.remove(0);
    }
    window.push((token, words::key(token.surface)));
}

/// Whether a word is a stop word or has the name of a role in it.
fn says_nothing(surface: &str) -> bool {
    let lower = words::lowered(surface);
    stop::is_stop_word(&lower) || lower.split(['-', '\'', '’']).any(stop::is_role)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(title: &str, text: &str) -> Vec<String> {
        let mut terms: Vec<String> = phrases(title, text, &KoreanNouns::default())
            .values()
            .map(|phrase| format!("{}:{}", phrase.words().join(" "), phrase.frequency))
            .collect();
        terms.sort();
        terms
    }

    #[test]
    fn phrases_do_not_cross_clauses_or_stop_words() {
        assert_eq!(
            found("", "Sourdough starter, rye flour and salt"),
            ["Sourdough starter:1", "Sourdough:1", "flour:1", "rye flour:1", "rye:1", "salt:1", "starter:1"]
        );
    }

    #[test]
    fn the_title_counts_double_and_lends_no_capitals() {
        assert_eq!(found("Rye", "rye"), ["rye:3"]);
    }

    #[test]
    fn role_names_never_enter() {
        assert_eq!(found("", "user tool-assistant system"), Vec::<String>::new());
    }
}
