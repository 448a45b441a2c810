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
    for (part, in_title) in [(title, true), (text, false)] {
        let mut window = Window::default();
        words::for_each_token(part, nouns, |token| {
            window.push(token);
            for length in 1..=window.length {
                add(&mut found, &window.last(length), in_title);
            }
        });
    }
    found
}

fn add<'a>(found: &mut FxHashMap<u64, Phrase<'a>>, tokens: &[(Token<'a>, u64)], in_title: bool) {
    let mut words = [0; LONGEST];
    let mut surfaces = [""; LONGEST];
    for (place, (token, key)) in tokens.iter().enumerate() {
        words[place] = *key;
        surfaces[place] = token.surface;
    }
    let phrase = found.entry(phrase_key(&words[..tokens.len()])).or_insert(Phrase {
        surfaces,
        words,
        length: tokens.len(),
        script: tokens[0].0.script,
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

/// The last words of the running clause.
#[derive(Default)]
struct Window<'a> {
    tokens: [Option<(Token<'a>, u64)>; LONGEST],
    length: usize,
}

impl<'a> Window<'a> {
    /// Takes the next word; a stop word, an unpresentable one or a clause boundary empties the window.
    fn push(&mut self, token: Token<'a>) {
        let lower = token.surface.to_lowercase();
        if !token.presentable
            || stop::is_stop_word(&lower)
            || lower.split(['-', '\'', '’']).any(stop::is_role)
        {
            self.length = 0;
            return;
        }
        let continues = token.joined && self.length > 0 && self.last_script() == Some(token.script);
        if !continues {
            self.length = 0;
        } else if self.length == LONGEST {
            self.tokens.rotate_left(1);
            self.length -= 1;
        }
        self.tokens[self.length] = Some((token, words::key(token.surface)));
        self.length += 1;
    }

    fn last_script(&self) -> Option<Script> {
        self.tokens[self.length - 1].map(|(token, _)| token.script)
    }

    /// The last `length` words.
    fn last(&self, length: usize) -> Vec<(Token<'a>, u64)> {
        self.tokens[self.length - length..self.length].iter().flatten().copied().collect()
    }
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
