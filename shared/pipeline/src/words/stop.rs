//! Words that say nothing about what a conversation is about.
//!
//! The lists are the project's own: function words, the small talk of chats with an assistant, the words
//! assistants structure answers with, role names and file types. They are only kept out of keywords; similarity
//! weighs words by their rarity instead.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

static STOP_WORDS: LazyLock<FxHashSet<&'static str>> = LazyLock::new(|| {
    [include_str!("stop/en.txt"), include_str!("stop/ko.txt"), include_str!("stop/zh.txt")]
        .into_iter()
        .flat_map(str::split_whitespace)
        .collect()
});

/// Words that name who speaks; they never stand in a keyword, in whatever form.
const ROLES: [&str; 10] =
    ["user", "users", "assistant", "assistants", "system", "systems", "tool", "tools", "human", "humans"];

/// Whether a word (lower case) may not begin, end or be a keyword.
pub(crate) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.contains(word)
}

/// Whether a word (lower case) names a speaker.
pub(crate) fn is_role(word: &str) -> bool {
    ROLES.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_is_a_stop_word_too() {
        assert!(ROLES.iter().all(|role| is_stop_word(role)));
    }

    #[test]
    fn function_words_of_all_languages_are_known_and_topics_are_not() {
        for word in ["the", "don't", "그리고", "어떻게", "因为", "可以"] {
            assert!(is_stop_word(word), "{word}");
        }
        for word in ["rust", "sourdough", "김치찌개", "聚类"] {
            assert!(!is_stop_word(word), "{word}");
        }
    }
}
