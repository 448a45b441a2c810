//! Words of the graph made fit for a sentence: inert, on one line, not too long.

/// The most characters a title or name takes in a sentence.
const LONGEST: usize = 60;

/// The words on one line and inert: control and direction marks removed, nothing a page or a Markdown reader
/// would take for a tag, a link or code; at most [`LONGEST`] characters, cut at a word where one ends near.
pub(super) fn inert(words: &str) -> String {
    let visible: String = words.chars().filter_map(plain).collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ").replace("](", "] (");
    shortened(&line)
}

fn plain(character: char) -> Option<char> {
    match character {
        '<' => Some('‹'),
        '>' => Some('›'),
        '`' => Some('\''),
        // Would end the quotation marks put around it.
        '“' | '”' => Some('"'),
        '《' => Some('〈'),
        '》' => Some('〉'),
        // Zero-width and direction marks can make a sentence read as something else.
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => None,
        _ if character.is_whitespace() || character.is_control() => Some(' '),
        _ => Some(character),
    }
}

fn shortened(line: &str) -> String {
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    let cut: String = line.chars().take(LONGEST - 1).collect();
    let ends_a_word = line[cut.len()..].starts_with(' ');
    // A space in the last third is a better place to end than the middle of a word.
    let space = cut.rfind(' ').filter(|end| !ends_a_word && *end * 3 > cut.len() * 2);
    let end = space.unwrap_or(cut.len());
    format!("{}…", cut[..end].trim_end_matches([' ', ',', ':', ';', '-', '—']))
}

/// The share in whole percent; what is there at all is at least one.
pub(super) fn percent(part: usize, whole: usize) -> u32 {
    if part == 0 || whole == 0 {
        return 0;
    }
    ((part as f64 * 100.0 / whole as f64).round() as u32).max(1)
}

/// The share in whole percent.
pub(super) fn percent_of(share: f64) -> u32 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u32
}

/// Whether the character is one of a script written without spaces between words, or with endings glued to
/// them (Han, kana, Hangul), so that pairs of characters compare better than words.
fn is_east_asian(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}')
}

/// What two titles are compared by: lower-case words, and character pairs for East Asian scripts; sorted,
/// each once.
pub(super) fn tokens(title: &str) -> Vec<String> {
    let lower = title.to_lowercase();
    let mut tokens = Vec::new();
    for word in lower.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let characters: Vec<char> = word.chars().collect();
        for run in characters.chunk_by(|a, b| is_east_asian(*a) == is_east_asian(*b)) {
            if is_east_asian(run[0]) && run.len() > 1 {
                tokens.extend(run.windows(2).map(|pair| pair.iter().collect::<String>()));
            } else {
                tokens.push(run.iter().collect());
            }
        }
    }
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

/// How many entries two sorted lists without duplicates share.
pub(super) fn shared(one: &[String], other: &[String]) -> usize {
    let (mut i, mut j, mut count) = (0, 0, 0);
    while let (Some(a), Some(b)) = (one.get(i), other.get(j)) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                count += 1;
                i += 1;
                j += 1;
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_inert_and_stay_on_one_line() {
        assert_eq!(inert("a\n<b>\u{202e}[x](http://y)`z`"), "a ‹b›[x] (http://y)'z'");
        assert_eq!(inert("  \t "), "");
    }

    #[test]
    fn long_titles_are_cut_at_a_word() {
        let long = "Why does the borrow checker reject this loop over a mutable slice of vectors";
        assert_eq!(inert(long), "Why does the borrow checker reject this loop over a mutable…");
        assert_eq!(inert(&"가".repeat(80)).chars().count(), LONGEST);
    }

    #[test]
    fn percentages_never_hide_what_is_there() {
        assert_eq!((percent(0, 9), percent(1, 1000), percent(1, 3), percent(0, 0)), (0, 1, 33, 0));
    }

    #[test]
    fn korean_titles_compare_by_character_pairs() {
        let (a, b) = (tokens("러스트 수명 설명"), tokens("러스트의 수명"));
        assert_eq!(shared(&a, &b), 3);
    }
}
