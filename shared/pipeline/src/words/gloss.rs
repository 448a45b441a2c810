//! An English gloss of Korean and Chinese text, for a model that reads only English.
//!
//! Word by word, by longest match in the project's own dictionary (`gloss.txt`): dictionary-based cross-language
//! retrieval (Ballesteros and Croft 1997). What comes out is no translation, but a sentence encoder places it near
//! what it is about, where the text itself would be a heap of unknown tokens.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::for_each_run;
use super::script::Script;

/// Most characters of a gloss: about as many tokens as a chunk has.
const LONGEST: usize = 600;
/// A gloss of fewer words says too little to be used.
const FEWEST_WORDS: usize = 2;
/// Longest form of the dictionary, in characters.
const LONGEST_FORM: usize = 8;

/// `english|korean forms|chinese forms`, forms separated by blanks.
static DICTIONARY: LazyLock<FxHashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let mut dictionary = FxHashMap::default();
    for line in include_str!("gloss.txt").lines() {
        let mut fields = line.split('|');
        let Some(english) = fields.next() else { continue };
        for form in fields.flat_map(str::split_whitespace) {
            dictionary.entry(form).or_insert(english);
        }
    }
    dictionary
});

/// What a Korean or Chinese word means in English, where the dictionary has the whole of it.
pub(crate) fn translation(word: &str) -> Option<&'static str> {
    DICTIONARY.get(word).copied()
}

/// The gloss of `text`: known words in English, alphabetic words as they are. `None` where the dictionary knows too
/// little of it.
pub(crate) fn gloss(text: &str) -> Option<String> {
    let mut gloss = String::new();
    let mut known = 0;
    for_each_run(text, |run, script, _| {
        if gloss.len() >= LONGEST {
            return;
        }
        match script {
            Script::Alphabetic => push(&mut gloss, run),
            Script::Hangul => known += translate(run, 2, &mut gloss),
            Script::Han => known += translate(run, 1, &mut gloss),
            Script::Katakana | Script::Hiragana => {}
        }
    });
    (known >= FEWEST_WORDS).then_some(gloss)
}

/// Adds the English of every form found in `run`, from left to right, the longest form at each place; returns how many.
fn translate(run: &str, shortest: usize, gloss: &mut String) -> usize {
    let mut found = 0;
    let mut rest = run;
    while let Some(first) = rest.chars().next() {
        let ends = rest.char_indices().map(|(start, character)| start + character.len_utf8());
        let ends: Vec<usize> = ends.take(LONGEST_FORM).collect();
        let longest = (shortest..=ends.len()).rev().find_map(|length| {
            let form = &rest[..ends[length - 1]];
            DICTIONARY.get(form).map(|english| (form.len(), *english))
        });
        rest = match longest {
            Some((length, english)) => {
                push(gloss, english);
                found += 1;
                &rest[length..]
            }
            None => &rest[first.len_utf8()..],
        };
    }
    found
}

fn push(gloss: &mut String, words: &str) {
    if !gloss.is_empty() {
        gloss.push(' ');
    }
    gloss.push_str(words);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_words_become_english() {
        assert_eq!(
            gloss("Docker 데이터베이스를 설치하는 컴퓨터").as_deref(),
            Some("Docker database install computer")
        );
        let chinese = gloss("电脑里的数据库").unwrap();
        assert!(chinese.contains("computer") && chinese.contains("database"), "{chinese}");
    }

    #[test]
    fn too_little_is_none() {
        assert_eq!(gloss("ㅋㅋㅋ"), None);
        assert_eq!(gloss("only English"), None);
    }

    #[test]
    fn the_dictionary_is_sound() {
        for (number, line) in include_str!("gloss.txt").lines().enumerate() {
            assert_eq!(line.split('|').count(), 3, "line {}", number + 1);
            assert!(line.split('|').next().is_some_and(|english| !english.is_empty() && english.is_ascii()));
        }
        assert!(DICTIONARY.keys().all(|form| form.chars().count() <= LONGEST_FORM));
    }
}
