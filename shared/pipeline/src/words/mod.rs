//! Words of a text, whatever its language: what keywords are made of and what the lexical similarity counts.
//!
//! - [`script`]: which writing system a character belongs to;
//! - [`korean`], [`english`]: what is inflection and what is the word;
//! - [`stop`]: words that say nothing;
//! - [`gloss`]: what Korean and Chinese words mean in English.
//!
//! A text is cut into runs of one script (UAX #29 in spirit, cheaper): alphabetic runs are words, Hangul runs
//! are eojeol whose noun is found by the corpus, Han runs are segmented by jieba's dictionary and hidden Markov
//! model, or, in Japanese text, stay whole, as katakana runs do; hiragana separates.

pub(crate) mod english;
pub(crate) mod gloss;
pub(crate) mod korean;
pub(crate) mod script;
pub(crate) mod stop;

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use jieba_rs::Jieba;
use rustc_hash::FxHasher;

use korean::KoreanNouns;
use script::Script;

/// One word of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// The word as written, without Korean particles.
    pub surface: &'a str,
    /// Its script.
    pub script: Script,
    /// Whether the word before it belongs to the same clause: only blanks or a hyphen between them.
    pub joined: bool,
    /// Whether it opens a sentence, line or quotation, where a capital letter means nothing.
    pub opens: bool,
    /// Whether it may be shown: no identifier, number or verb form.
    pub presentable: bool,
}

static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// The number of a word: the same for all its inflections and casings.
pub(crate) fn key(surface: &str) -> u64 {
    let mut hasher = FxHasher::default();
    if surface.is_ascii() {
        let lower = lowered(surface);
        let (stem, ending) = english::singular(&lower);
        hasher.write(stem.as_bytes());
        hasher.write(ending.as_bytes());
    } else {
        surface.to_lowercase().hash(&mut hasher);
    }
    hasher.finish()
}

/// A word in lower case: most are so already, and a copy would cost more than looking.
pub(crate) fn lowered(word: &str) -> Cow<'_, str> {
    let small = word.is_ascii() && !word.bytes().any(|byte| byte.is_ascii_uppercase());
    if small { word.into() } else { word.to_lowercase().into() }
}

/// A number for a sequence of words, given their keys.
pub(crate) fn phrase_key(words: &[u64]) -> u64 {
    let mut hasher = FxHasher::default();
    words.iter().for_each(|&word| hasher.write_u64(word));
    hasher.finish()
}

/// Calls `visit` with every word of `text`, in order.
pub(crate) fn for_each_token<'a>(text: &'a str, nouns: &KoreanNouns, mut visit: impl FnMut(Token<'a>)) {
    let japanese = text.chars().any(|c| matches!(c, '\u{3041}'..='\u{30fa}'));
    let mut boundary = Boundary { joined: false, opens: true };
    for_each_run(text, |run, script, between| {
        boundary.cross(between);
        match script {
            Script::Alphabetic => {
                visit(boundary.token(run, script, is_presentable_word(run)));
            }
            Script::Hangul => {
                let noun = nouns.noun(run);
                visit(boundary.token(noun, script, nouns.is_presentable(noun)));
                // Words behind a particle are another phrase: 서울에서 먹은 냉면 is no name.
                boundary.joined &= noun.len() == run.len();
            }
            Script::Han if !japanese => {
                for word in JIEBA.cut(run, true) {
                    let word = word.word;
                    let characters = word.chars().count();
                    visit(boundary.token(word, script, (2..=6).contains(&characters)));
                    boundary.joined = characters > 1;
                }
            }
            Script::Han | Script::Katakana => {
                let characters = run.chars().count();
                visit(boundary.token(run, script, (2..=12).contains(&characters)));
            }
            Script::Hiragana => boundary.joined = false,
        }
    });
}

/// Calls `visit` with every alphabetic word of `text` and whether it opens a sentence; cheap, as nothing is
/// segmented.
pub(crate) fn for_each_alphabetic<'a>(text: &'a str, mut visit: impl FnMut(&'a str, bool)) {
    let mut boundary = Boundary { joined: false, opens: true };
    for_each_run(text, |run, script, between| {
        boundary.cross(between);
        let token = boundary.token(run, script, true);
        if script == Script::Alphabetic {
            visit(run, token.opens);
        }
    });
}

/// What lies between the word before and the next.
struct Boundary {
    joined: bool,
    opens: bool,
}

impl Boundary {
    /// Takes note of the characters between two runs.
    fn cross(&mut self, between: &str) {
        for character in between.chars() {
            match character {
                ' ' | '-' | '\u{a0}' | '’' | '\'' => {}
                '.' | '!' | '?' | '\n' | ':' | ';' | '"' | '“' | '「' | '。' | '！' | '？' | '：' => {
                    *self = Self { joined: false, opens: true };
                }
                _ => self.joined = false,
            }
        }
    }

    fn token<'a>(&mut self, surface: &'a str, script: Script, presentable: bool) -> Token<'a> {
        let token = Token { surface, script, joined: self.joined, opens: self.opens, presentable };
        *self = Self { joined: true, opens: false };
        token
    }
}

/// Calls `visit` with every run of one script, and with what separates it from the run before.
pub(crate) fn for_each_run<'a>(text: &'a str, mut visit: impl FnMut(&'a str, Script, &'a str)) {
    let mut end_of_last = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((start, first)) = characters.next() {
        let Some(script) = script::script(first) else { continue };
        let mut end = start + first.len_utf8();
        while let Some(&(position, next)) = characters.peek() {
            let continues = script::script(next) == Some(script)
                || (script == Script::Alphabetic && is_inside_word(text, position, next));
            if !continues {
                break;
            }
            end = position + next.len_utf8();
            characters.next();
        }
        visit(&text[start..end], script, &text[end_of_last..start]);
        end_of_last = end;
    }
}

/// Whether a mark belongs to the word around it: `don't`, `Node.js`, `C++`, `C#`, `snake_case`, `a::b`.
fn is_inside_word(text: &str, position: usize, mark: char) -> bool {
    let rest = &text[position + mark.len_utf8()..];
    let letter_follows = rest.chars().next().is_some_and(char::is_alphanumeric);
    match mark {
        '\'' | '’' | '_' => letter_follows,
        '.' => {
            rest.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
                && !ends_sentence(text, position)
        }
        ':' => rest.starts_with(':') || (text[..position].ends_with(':') && letter_follows),
        '+' | '#' => !letter_follows && text[..position].ends_with(['C', 'F', '+']),
        _ => false,
    }
}

/// A full stop without a blank behind it still ends a sentence where two long words meet it: `done.then`.
fn ends_sentence(text: &str, stop: usize) -> bool {
    let following = text[stop + 1..].bytes().take_while(u8::is_ascii_alphanumeric).count();
    following > 4
}

/// Whether an alphabetic run is a word a person would say: no number, identifier, or bare letter.
fn is_presentable_word(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let length = word.chars().count();
    (letters >= 2 || matches!(word, "C++" | "C#" | "R"))
        && digits <= 2
        && (2..=24).contains(&length.max(2))
        && !word.contains('_')
        && !word.contains("::")
        && !is_camel_case(word)
}

/// `getUserById` and `HashMapEntry`, but not `iPhone`, `GitHub`, `PostgreSQL`: two inner humps, or one behind a
/// small first word of three letters or more.
fn is_camel_case(word: &str) -> bool {
    let bytes = word.as_bytes();
    let humps =
        bytes.windows(2).filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase()).count();
    let small_first = bytes.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
    humps >= 2 || (humps == 1 && small_first >= 3 && word != "macOS")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        for_each_token(text, &KoreanNouns::default(), |token| {
            let mark = if token.presentable { "" } else { "!" };
            let join = if token.joined { "+" } else { "" };
            found.push(format!("{join}{}{mark}", token.surface));
        });
        found
    }

    #[test]
    fn alphabetic_words_keep_their_inner_marks() {
        assert_eq!(
            words("Node.js isn't C++, is it? PostgreSQL v16."),
            ["Node.js", "+isn't", "+C++", "is", "+it", "PostgreSQL", "+v16!"]
        );
    }

    #[test]
    fn identifiers_and_numbers_are_not_presentable() {
        assert_eq!(
            words("getUserById snake_case std::mem 2024 a iPhone GitHub macOS"),
            ["getUserById!", "+snake_case!", "+std::mem!", "+2024!", "+a!", "+iPhone", "+GitHub", "+macOS"]
        );
    }

    #[test]
    fn chinese_is_segmented_and_korean_loses_certain_particles() {
        assert_eq!(words("我们学习机器学习"), ["我们", "+学习", "+机器", "+学习"]);
        assert_eq!(words("서울에서 냉면"), ["서울", "냉면"]);
    }

    #[test]
    fn japanese_keeps_runs_of_one_script() {
        assert_eq!(words("東京タワーに行く"), ["東京", "+タワー", "行!"]);
    }

    #[test]
    fn inflections_share_a_key() {
        assert_eq!(key("Recipes"), key("recipe"));
        assert_ne!(key("bus"), key("bu"));
    }
}
