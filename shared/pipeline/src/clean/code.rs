//! Decides which inline code is a word that somebody merely set in another type.

/// What of the inside of a code span belongs to the sentence: a plain word (`PostgreSQL`), or words in a script
/// that no code is written in. `None` for identifiers, calls, paths, commands.
pub(super) fn spoken(code: &str) -> Option<&str> {
    let code = code.trim();
    let letters = code.chars().filter(|c| c.is_alphabetic()).count();
    if letters < 2 {
        return None;
    }
    if code.chars().any(|c| c.is_whitespace()) {
        let foreign = code.chars().filter(|c| c.is_alphabetic() && !c.is_ascii()).count();
        let wordy = code.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || "-',.!?".contains(c));
        return (wordy && foreign * 2 > letters).then_some(code);
    }
    let inner_hyphens = |code: &str| !code.starts_with('-') && !code.ends_with('-');
    let wordy = code.chars().all(|c| c.is_alphanumeric() || c == '-') && inner_hyphens(code);
    (wordy && !is_camel_case(code)).then_some(code)
}

/// A small letter first and a capital later (`getName`); not `PostgreSQL`, whose capitals begin it.
fn is_camel_case(word: &str) -> bool {
    word.starts_with(|c: char| c.is_lowercase()) && word.chars().any(char::is_uppercase)
}
