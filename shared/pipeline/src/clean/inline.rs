//! One walk through a text that drops what stands inside its lines.

use super::ahead::{Ahead, Backticks, run_length};
use super::code;
use super::html::{self, Tag};
use super::token::{self, Verdict};

/// The site puts its citations and cards between these two private characters.
const MARK_OPENS: char = '\u{e200}';

/// Longest target of a link, in bytes; a longer one is no link.
const LONGEST_TARGET: usize = 4_000;

/// Longest citation in lenticular brackets, in bytes.
const LONGEST_CITATION: usize = 200;

/// The text without code, formulas, links, tags, addresses, citation marks and emphasis.
pub(super) fn strip(text: &str) -> String {
    let mut walk = Walk::over(text);
    while walk.at < text.len() {
        walk.step();
    }
    walk.out
}

struct Walk<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    out: String,
    /// Something was just dropped, so punctuation that follows moves up to the word before.
    gap: bool,
    /// Emphasis opened on this line and not yet closed: asterisks, underscores, tildes.
    open: [u32; 3],
    open_links: u32,
    /// The bracket last examined, and where the link it closes ends.
    link: (usize, Option<usize>),
    ahead: Marks,
}

/// Where the next closing mark of each kind is.
struct Marks {
    backticks: Backticks,
    line_end: Ahead,
    paragraph_end: Ahead,
    bracket: Ahead,
    dollar: Ahead,
    two_dollars: Ahead,
    formula: Ahead,
    display: Ahead,
    environment: Ahead,
    comment: Ahead,
    tag_open: Ahead,
    tag_close: Ahead,
    enclosed: [Ahead; 3],
    asterisk: Ahead,
    underscore: Ahead,
    tildes: Ahead,
    lenticular: Ahead,
    site_mark: Ahead,
}

impl<'t> Walk<'t> {
    fn over(text: &'t str) -> Self {
        let ahead = Marks {
            backticks: Backticks::default(),
            line_end: Ahead::new("\n"),
            paragraph_end: Ahead::new("\n\n"),
            bracket: Ahead::new("]"),
            dollar: Ahead::new("$"),
            two_dollars: Ahead::new("$$"),
            formula: Ahead::new("\\)"),
            display: Ahead::new("\\]"),
            environment: Ahead::new("\\end{"),
            comment: Ahead::new("-->"),
            tag_open: Ahead::new("<"),
            tag_close: Ahead::new(">"),
            enclosed: [Ahead::new("</script"), Ahead::new("</style"), Ahead::new("</svg")],
            asterisk: Ahead::new("*"),
            underscore: Ahead::new("_"),
            tildes: Ahead::new("~~"),
            lenticular: Ahead::new("】"),
            site_mark: Ahead::new("\u{e201}"),
        };
        let out = String::with_capacity(text.len());
        let bytes = text.as_bytes();
        Self { text, bytes, at: 0, out, gap: false, open: [0; 3], open_links: 0, link: (0, None), ahead }
    }

    /// Takes the next word, mark or character.
    fn step(&mut self) {
        let byte = self.bytes[self.at];
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => self.word(),
            b' ' => self.keep(1),
            b'\n' => {
                self.open = [0; 3];
                self.keep(1);
            }
            b'`' => self.backticks(),
            b'\\' => self.backslash(),
            b'$' => self.dollar(),
            b'!' if self.opens_link(self.at + 1) => self.at += 1,
            b'[' => self.bracket(),
            b']' => self.closing_bracket(),
            b'<' => self.angle(),
            b'&' => match html::entity(&self.text[self.at..]) {
                Some((character, length)) => {
                    self.push(character.encode_utf8(&mut [0; 4]));
                    self.at += length;
                }
                None => self.keep(1),
            },
            b'*' | b'_' | b'~' => self.emphasis(byte),
            b':' if self.rest().starts_with(":contentReference[") => self.content_reference(),
            b'\t' => self.replace(1, " "),
            0..=0x1F | 0x7F => self.at += 1,
            0x80.. => self.character(),
            _ => self.keep(1),
        }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Writes what the walk keeps.
    fn push(&mut self, text: &str) {
        if std::mem::take(&mut self.gap) {
            let first = text.chars().next().unwrap_or(' ');
            if first == ')' && self.out.ends_with('(') {
                // Nothing is left between the parentheses.
                self.out.pop();
                return self.push_rest(&text[1..]);
            }
            if matches!(
                first,
                '.' | ','
                    | ';'
                    | ':'
                    | '!'
                    | '?'
                    | ')'
                    | ']'
                    | '。'
                    | '，'
                    | '、'
                    | '！'
                    | '？'
                    | '；'
                    | '：'
            ) {
                self.out.truncate(self.out.trim_end_matches(' ').len());
            }
        }
        self.push_rest(text);
    }

    fn push_rest(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn keep(&mut self, length: usize) {
        let kept = &self.text[self.at..self.at + length];
        if self.gap && kept == " " {
            // The gap is a space already, and what follows it still counts as following the gap.
            self.at += length;
            return;
        }
        self.push(kept);
        self.at += length;
    }

    fn replace(&mut self, length: usize, by: &str) {
        self.push(by);
        self.at += length;
    }

    /// Drops everything up to `end`; the words on both sides stay apart.
    fn drop_to(&mut self, end: usize) {
        if !self.out.is_empty() && !self.out.ends_with([' ', '\n', '(', '[']) {
            self.out.push(' ');
        }
        self.gap = true;
        self.at = end;
    }

    /// True if what ends before `end` does so in this paragraph: a formula or code does not reach over a blank
    /// line.
    fn in_paragraph(&mut self, end: usize) -> bool {
        self.ahead.paragraph_end.find(self.bytes, self.at).is_none_or(|paragraph| end <= paragraph)
    }

    fn word(&mut self) {
        match token::judge(self.rest()) {
            Verdict::Drop(length) => self.drop_to(self.at + length),
            Verdict::Word(length) => {
                let word = &self.text[self.at..self.at + length];
                let underscores = word.len() - word.trim_end_matches('_').len();
                if underscores > 0 && self.open[1] > 0 {
                    self.open[1] -= 1;
                    self.push(&word[..length - underscores]);
                    self.at += length;
                } else {
                    self.keep(length);
                }
            }
        }
    }

    fn backticks(&mut self) {
        let length = run_length(self.bytes, self.at);
        let start = self.at + length;
        let end = self.ahead.backticks.find(self.bytes, length, start);
        match end.filter(|&end| self.in_paragraph(end)) {
            Some(end) => match code::spoken(&self.text[start..end]) {
                Some(word) => {
                    self.push(word);
                    self.at = end + length;
                }
                None => self.drop_to(end + length),
            },
            None => self.at = start,
        }
    }

    fn backslash(&mut self) {
        let after = self.bytes.get(self.at + 1).copied().unwrap_or(b' ');
        let from = self.at + 2;
        let end = match after {
            b'(' => self.ahead.formula.find(self.bytes, from).map(|end| end + 2),
            b'[' => self.ahead.display.find(self.bytes, from).map(|end| end + 2),
            b'b' if self.rest().starts_with("\\begin{") => {
                let end = self.ahead.environment.find(self.bytes, from);
                let name_end = |end: usize| self.bytes[end..].iter().take(40).position(|byte| *byte == b'}');
                end.and_then(|end| Some(end + name_end(end)? + 1))
            }
            _ => None,
        };
        match end.filter(|&end| self.in_paragraph(end)) {
            Some(end) => self.drop_to(end),
            // An escaped mark is the character itself, and no mark.
            None if after.is_ascii_punctuation() => {
                self.at += 1;
                self.keep(1);
            }
            None => self.keep(1),
        }
    }

    fn dollar(&mut self) {
        let two = self.rest().starts_with("$$");
        let end = if two {
            self.ahead.two_dollars.find(self.bytes, self.at + 2).map(|end| end + 2)
        } else {
            self.ahead.dollar.find(self.bytes, self.at + 1).map(|end| end + 1)
        };
        let line_end = self.ahead.line_end.find(self.bytes, self.at).unwrap_or(self.bytes.len());
        match end.filter(|&end| self.in_paragraph(end)) {
            Some(end) if two => self.drop_to(end),
            Some(end) if end <= line_end && is_formula(self.text, self.at, end) => self.drop_to(end),
            _ if two => self.keep(2),
            _ => self.keep(1),
        }
    }

    /// Where the link ends whose text the bracket at `bracket` closes.
    fn link_end(&mut self, bracket: usize) -> Option<usize> {
        if self.link.0 != bracket {
            self.link = (bracket, target_end(self.text, bracket + 1));
        }
        self.link.1
    }

    /// True if the bracket at `at` opens the text of a link or picture.
    fn opens_link(&mut self, at: usize) -> bool {
        if self.bytes.get(at) != Some(&b'[') {
            return false;
        }
        let Some(closing) = self.ahead.bracket.find(self.bytes, at + 1) else { return false };
        self.in_paragraph(closing) && self.link_end(closing).is_some()
    }

    fn bracket(&mut self) {
        let is_footnote = self.rest().starts_with("[^");
        let closing = self.ahead.bracket.find(self.bytes, self.at + 1);
        match closing {
            Some(closing) if is_footnote && closing - self.at < 24 => self.drop_to(closing + 1),
            _ if self.opens_link(self.at) => {
                self.open_links += 1;
                self.at += 1;
            }
            _ => self.keep(1),
        }
    }

    fn closing_bracket(&mut self) {
        let end = if self.open_links > 0 { self.link_end(self.at) } else { None };
        match end {
            Some(end) => {
                self.open_links -= 1;
                self.at = end;
            }
            None => self.keep(1),
        }
    }

    fn angle(&mut self) {
        let rest = self.rest();
        if rest.starts_with("<!--") {
            return match self.ahead.comment.find(self.bytes, self.at + 4) {
                Some(end) => self.drop_to(end + 3),
                None => self.keep(1),
            };
        }
        let next_open = self.ahead.tag_open.find(self.bytes, self.at + 1).unwrap_or(usize::MAX);
        let close = self.ahead.tag_close.find(self.bytes, self.at + 1);
        let Some(close) = close.filter(|&close| close < next_open) else { return self.keep(1) };
        match html::tag(&rest[1..]) {
            Some(Tag::Within) => self.at = close + 1,
            Some(Tag::Breaks) => self.replace(close + 1 - self.at, "\n"),
            Some(Tag::Encloses(end_tag)) => {
                let kind = self.ahead.enclosed.iter_mut().find(|kind| kind.is_for(end_tag));
                let end = kind.and_then(|kind| kind.find(self.bytes, close));
                self.drop_to(end.unwrap_or(close + 1));
            }
            None if is_autolink(&self.text[self.at + 1..close]) => self.drop_to(close + 1),
            None => self.keep(1),
        }
    }

    fn emphasis(&mut self, mark: u8) {
        let length = run_length(self.bytes, self.at);
        let before = self.text[..self.at].chars().next_back().unwrap_or(' ');
        let after = self.text[self.at + length..].chars().next().unwrap_or(' ');
        let (kind, next) = match mark {
            b'*' => (0, &mut self.ahead.asterisk),
            b'_' => (1, &mut self.ahead.underscore),
            _ => (2, &mut self.ahead.tildes),
        };
        // `2*3`, `a ** b`, `5 * 4`, `~~`: marks between digits, within a Latin word, or alone are none.
        let within = before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric();
        let longest = if mark == b'~' { 2 } else { 3 };
        let unlikely =
            length > longest || (mark == b'~' && length < 2) || (within && (length < 2 || mark == b'_'));
        if unlikely || (before.is_ascii_digit() && after.is_ascii_digit()) {
            return self.keep(length);
        }
        let line_end = self.ahead.line_end.find(self.bytes, self.at).unwrap_or(self.bytes.len());
        let may_close = !before.is_whitespace() && self.open[kind] > 0;
        let may_open = !after.is_whitespace() && (mark != b'_' || !before.is_alphanumeric());
        if may_close {
            self.open[kind] -= 1;
            self.at += length;
        } else if may_open && next.find(self.bytes, self.at + length).is_some_and(|next| next < line_end) {
            self.open[kind] += 1;
            self.at += length;
        } else {
            self.keep(length);
        }
    }

    /// `:contentReference[oaicite:0]{index=0}`.
    fn content_reference(&mut self) {
        let bracket = self.ahead.bracket.find(self.bytes, self.at);
        let Some(bracket) = bracket.filter(|bracket| bracket - self.at < 80) else { return self.keep(1) };
        let index = self.bytes[bracket + 1..].iter().take(40).position(|byte| *byte == b'}');
        let index = index.filter(|_| self.bytes.get(bracket + 1) == Some(&b'{'));
        self.drop_to(index.map_or(bracket + 1, |index| bracket + 2 + index));
    }

    /// A character outside ASCII.
    fn character(&mut self) {
        let Some(character) = self.rest().chars().next() else { return };
        let length = character.len_utf8();
        match character {
            '【' => {
                let end = self.ahead.lenticular.find(self.bytes, self.at);
                let end =
                    end.filter(|end| end - self.at <= LONGEST_CITATION).map(|end| end + '】'.len_utf8());
                match end {
                    // Chinese sets titles in the same brackets.
                    Some(end) if is_citation(&self.text[self.at..end]) => self.drop_to(end),
                    _ => self.keep(length),
                }
            }
            MARK_OPENS => {
                let end = self.ahead.site_mark.find(self.bytes, self.at);
                match end.filter(|&end| self.in_paragraph(end)) {
                    Some(end) => {
                        let inside = &self.text[self.at + length..end];
                        match card_name(inside) {
                            Some(name) => {
                                self.push(name);
                                self.at = end + length;
                            }
                            None => self.drop_to(end + length),
                        }
                    }
                    None => self.at += length,
                }
            }
            // Private use, zero width, direction marks, soft hyphen, and what a repair put in.
            '\u{e000}'..='\u{f8ff}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{ad}'
            | '\u{fffd}'
            | '\u{80}'..='\u{84}'
            | '\u{86}'..='\u{9f}' => self.at += length,
            // Joiners shape letters and emoji; beside ASCII they do nothing.
            '\u{200c}' | '\u{200d}' => {
                let after = self.bytes.get(self.at + length).copied().unwrap_or(b' ');
                let before = self.out.as_bytes().last().copied().unwrap_or(b' ');
                if before.is_ascii() || after.is_ascii() { self.at += length } else { self.keep(length) }
            }
            '\u{2028}' | '\u{2029}' | '\u{85}' => self.replace(length, "\n"),
            _ if character.is_whitespace() => self.replace(length, " "),
            _ => self.keep(length),
        }
    }
}

/// True if `text[start..end]`, dollar signs included, is a formula and not two prices: nothing but the formula
/// touches the signs, no digit follows, and it is either one token or has an operator in it.
fn is_formula(text: &str, start: usize, end: usize) -> bool {
    let inside = &text[start + 1..end - 1];
    let followed_by_digit = text[end..].starts_with(|c: char| c.is_ascii_digit());
    let touches = !inside.starts_with(char::is_whitespace) && !inside.ends_with(char::is_whitespace);
    let one_token =
        !inside.contains(char::is_whitespace) && inside.starts_with(|c: char| !c.is_ascii_digit());
    let operator = inside.contains(['\\', '^', '_', '=', '+', '<', '>', '{', '/', '*']);
    !inside.is_empty() && !followed_by_digit && touches && (one_token || operator)
}

/// Where the target ends that begins at `at`, behind the closing bracket of a link's text: `(…)` without spaces
/// or with a title in quotes, or `[…]`.
fn target_end(text: &str, at: usize) -> Option<usize> {
    let bytes = &text.as_bytes()[at..];
    let bytes = &bytes[..bytes.len().min(LONGEST_TARGET)];
    let first = *bytes.first()?;
    let mut depth = 0;
    for (offset, byte) in bytes.iter().enumerate() {
        match (first, byte) {
            (b'[', b']') => return (offset < 100).then_some(at + offset + 1),
            (b'(' | b'[', b'\n') => return None,
            (b'(', b'(') if depth == 3 => return None,
            (b'(', b'(') => depth += 1,
            (b'(', b')') if depth == 1 => {
                let target = text[at + 1..at + offset].trim();
                let title = target.ends_with(['"', '\'']);
                let spoken = target.contains(' ') && !title && !target.starts_with(['<', '#']);
                return (!spoken).then_some(at + offset + 1);
            }
            (b'(', b')') => depth -= 1,
            (b'(' | b'[', _) => {}
            _ => return None,
        }
    }
    None
}

/// The inside of `<…>` where it is nothing but an address.
fn is_autolink(inside: &str) -> bool {
    let address = inside.contains("://") || inside.contains('@') || inside.starts_with("mailto:");
    address && !inside.contains(char::is_whitespace)
}

/// `【12†source】`, `【oaicite:3】`.
fn is_citation(marked: &str) -> bool {
    marked.contains('†')
        || marked.contains("oaicite")
        || marked.contains("turn0")
        || marked.contains("source】")
}

/// The name on a card that the site shows in the middle of a sentence: `entity` and a list whose second string
/// is what the person read.
fn card_name(inside: &str) -> Option<&str> {
    let list = inside.strip_prefix("entity")?;
    list.split('"').nth(3).filter(|name| !name.is_empty())
}
