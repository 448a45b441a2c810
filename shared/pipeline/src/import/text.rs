//! Puts the words of a message together.

use std::borrow::Cow;

/// The text without what nobody sees (NUL, byte order mark, zero-width space, word joiner) and without white
/// space around it; `None` if nothing is left.
pub(super) fn shown(text: &str) -> Option<String> {
    // Lead bytes of the three that are not ASCII: most texts have none and are copied in one go.
    let suspicious = text.bytes().any(|byte| matches!(byte, 0 | 0xE2 | 0xEF));
    let text = if suspicious {
        Cow::Owned(text.chars().filter(|&c| !is_unseen(c)).collect::<String>())
    } else {
        Cow::Borrowed(text)
    };
    let trimmed = text.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

fn is_unseen(c: char) -> bool {
    matches!(c, '\0' | '\u{feff}' | '\u{200b}' | '\u{2060}')
}

/// One piece of a message that comes in pieces.
#[derive(Debug, Clone, Copy)]
pub(super) enum Piece<'a> {
    /// A piece of running text, perhaps cut in the middle of a word.
    Running(&'a str),
    /// A text of its own: a transcript, a block.
    Whole(&'a str),
}

/// Joins pieces. Texts of their own get lines of their own. Running text was cut somewhere by whoever wrote
/// the file, so its pieces join as they are, unless the seam reads as the end of one line and the beginning of
/// another.
pub(super) fn join<'a>(pieces: impl IntoIterator<Item = Piece<'a>>) -> String {
    let mut joined = String::new();
    let mut after_running = false;
    for piece in pieces {
        let (Piece::Running(text) | Piece::Whole(text)) = piece;
        let running = matches!(piece, Piece::Running(_));
        if text.is_empty() {
            continue;
        }
        let continues = after_running && running && runs_on(&joined, text);
        if !joined.is_empty() && !continues {
            joined.push('\n');
        }
        joined.push_str(text);
        after_running = running;
    }
    joined
}

fn runs_on(before: &str, after: &str) -> bool {
    let (Some(last), Some(first)) = (before.chars().next_back(), after.chars().next()) else {
        return true;
    };
    if last.is_whitespace() || first.is_whitespace() {
        return true;
    }
    let sentence_ends = matches!(last, '.' | '!' | '?' | ':' | '…' | '。' | '！' | '？' | '：');
    let sentence_begins = first.is_alphabetic() && !first.is_lowercase();
    !(sentence_begins && (sentence_ends || last.is_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_dropped_and_what_joins_emoji_is_not() {
        assert_eq!(shown("\0A \u{feff}“b”\u{200b}\n").as_deref(), Some("A “b”"));
        assert_eq!(shown("👩\u{200d}🔬").as_deref(), Some("👩\u{200d}🔬"));
        assert_eq!(shown(" \u{200b}\n\0"), None);
    }

    #[test]
    fn pieces_of_running_text_join_within_a_word_and_break_between_lines() {
        let running = |pieces: &[&'static str]| join(pieces.iter().map(|piece| Piece::Running(piece)));
        assert_eq!(running(&["I wan", "ted to go."]), "I wanted to go.");
        assert_eq!(running(&["I want", "", " to go.", " Now."]), "I want to go. Now.");
        assert_eq!(running(&["오늘 날씨", "가 어때?"]), "오늘 날씨가 어때?");
        assert_eq!(running(&["First.", "Second"]), "First.\nSecond");
        assert_eq!(running(&["a heading", "The text"]), "a heading\nThe text");
        assert_eq!(join([Piece::Running("a"), Piece::Whole("b"), Piece::Whole("c")]), "a\nb\nc");
    }
}
