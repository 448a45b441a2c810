//! Strips what lines begin with, collapses white space and joins lines that are one sentence.

/// Names that chats are copied with, at the beginning of a line; the longer ones first.
const ROLES: [&str; 22] = [
    "ChatGPT said:",
    "Claude said:",
    "You said:",
    "Assistant:",
    "ChatGPT:",
    "Claude:",
    "Human:",
    "User:",
    "GPT:",
    "AI:",
    "나의 말:",
    "ChatGPT의 말:",
    "사용자:",
    "어시스턴트:",
    "ChatGPT 说：",
    "你说：",
    "用户：",
    "助手：",
    "用户:",
    "助手:",
    "ChatGPT 说:",
    "你说:",
];

/// The lines that have words in them, each without its mark, joined where a sentence runs on.
pub(super) fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut new_block = true;
    for line in text.lines() {
        let Line { body, marked } = Line::of(line);
        if !has_words(body) {
            new_block = true;
            continue;
        }
        if !tidied.is_empty() {
            let runs_on = !new_block && !marked && runs_on(&tidied, body);
            tidied.push(if runs_on { ' ' } else { '\n' });
        }
        if is_table_row(body) {
            push_row(&mut tidied, body);
        } else {
            push_collapsed(&mut tidied, body);
        }
        // A heading, an item and a row end where their line ends; a long item may still run on.
        new_block = marked && line.trim_start().starts_with(['#', '|']);
    }
    tidied
}

struct Line<'a> {
    body: &'a str,
    /// It began with a mark, so it is no continuation of the line before.
    marked: bool,
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Self {
        let mut body = line.trim();
        let mut marked = body.starts_with('|');
        // Marks nest: a quote of a list with boxes to tick.
        while let Some(rest) = without_mark(body) {
            body = rest.trim_start();
            marked = true;
        }
        // What is left of a line whose beginning was dropped.
        let trimmed = body.trim_start_matches([':', ';', ',', '.', ')', '?', '!']);
        if trimmed.len() < body.len() && (trimmed.is_empty() || trimmed.starts_with(' ')) {
            body = trimmed.trim_start();
        }
        Self { body, marked }
    }
}

/// The line behind the heading, quote, bullet, number, box or role that it begins with.
fn without_mark(body: &str) -> Option<&str> {
    let spaced =
        |rest: &'static [char]| body.strip_prefix(rest).filter(|rest| rest.starts_with([' ', '\u{3000}']));
    if let Some(rest) = body.strip_prefix('>') {
        return Some(rest);
    }
    let heading = body.trim_start_matches('#');
    if (1..=6).contains(&(body.len() - heading.len())) && heading.starts_with(' ') {
        return Some(heading.trim_end_matches(['#', ' ']));
    }
    if let Some(rest) = spaced(&['-', '*', '+', '•', '‣', '▪', '◦', '●', '○', '·', '–']) {
        return Some(rest);
    }
    if let Some(rest) = ["[ ] ", "[x] ", "[X] "].iter().find_map(|mark| body.strip_prefix(mark)) {
        return Some(rest);
    }
    let numbered = body.trim_start_matches(|c: char| c.is_ascii_digit());
    // A longer number is a year or a count at the end of a sentence.
    if (1..=2).contains(&(body.len() - numbered.len())) {
        let rest = numbered.strip_prefix(['.', ')']).filter(|rest| rest.starts_with(' '));
        if rest.is_some() {
            return rest;
        }
    }
    ROLES.iter().find_map(|role| body.strip_prefix(role))
}

/// False for rules, underlines, the line below a table's head, leftover punctuation.
fn has_words(body: &str) -> bool {
    body.chars().any(|c| c.is_alphanumeric() || (!c.is_ascii() && !is_drawing(c)))
}

/// Dashes, dots, boxes and other non-ASCII characters that lines are drawn with.
fn is_drawing(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2027}' | '\u{2500}'..='\u{259f}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff0f}')
        || c.is_whitespace()
}

/// A sentence that the line break cut: the line before does not end one, and this one begins small.
fn runs_on(before: &str, body: &str) -> bool {
    let ended = before.ends_with(['.', '!', '?', ':', ';', '。', '！', '？', '：', '；', '…']);
    !ended && body.starts_with(char::is_lowercase)
}

fn is_table_row(body: &str) -> bool {
    body.starts_with('|') && body[1..].contains('|') || body.matches(" | ").take(2).count() == 2
}

/// The cells of a row, as the parts of a sentence.
fn push_row(out: &mut String, row: &str) {
    let mut first = true;
    for cell in row.split('|').map(str::trim).filter(|cell| has_words(cell)) {
        if !std::mem::take(&mut first) {
            out.push_str(", ");
        }
        push_collapsed(out, cell);
    }
}

fn push_collapsed(out: &mut String, text: &str) {
    for (position, word) in text.split_whitespace().enumerate() {
        if position > 0 {
            out.push(' ');
        }
        out.push_str(word);
    }
}
