//! Which writing system a character belongs to, as far as segmentation cares.

/// What a run of characters is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Script {
    /// Letters of alphabets with blanks between words (Latin, Greek, Cyrillic …) and digits.
    Alphabetic,
    /// Korean syllables.
    Hangul,
    /// Chinese characters.
    Han,
    /// Japanese katakana: mostly loan words and names.
    Katakana,
    /// Japanese hiragana: mostly grammar.
    Hiragana,
}

/// The script of `character`, or `None` for what separates words.
pub(crate) fn script(character: char) -> Option<Script> {
    match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' => Some(Script::Alphabetic),
        '\0'..='\x7f' => None,
        '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' => Some(Script::Hangul),
        '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}'
        | '々' => Some(Script::Han),
        '\u{30a1}'..='\u{30fa}' | 'ー' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}' => {
            Some(Script::Katakana)
        }
        '\u{3041}'..='\u{309f}' => Some(Script::Hiragana),
        _ if character.is_alphanumeric() => Some(Script::Alphabetic),
        _ => None,
    }
}

/// True for characters of scripts written without blanks between words, and for Korean, whose words carry
/// their grammar as endings: texts in them are compared by character n-grams.
pub(crate) fn is_east_asian(script: Script) -> bool {
    script != Script::Alphabetic
}
