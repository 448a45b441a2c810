//! Drops what takes whole lines: fenced code and the definitions of reference links.

/// The text without fenced code and link definitions, with no white space at the ends of lines. A fence that is
/// never closed runs to the end, as it does on the page.
pub(super) fn without_code(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut fence: Option<Fence> = None;
    for line in text.lines() {
        let body = line.trim_start_matches([' ', '\t', '>']);
        match &fence {
            Some(open) if open.closes_with(body) => fence = None,
            Some(_) => {}
            None => match Fence::opening(without_bullet(body)) {
                Some(open) => {
                    fence = Some(open);
                    // The sentence before does not go on after the code.
                    kept.push('\n');
                }
                None if is_link_definition(body) => {}
                None => {
                    kept.push_str(line.trim_end());
                    kept.push('\n');
                }
            },
        }
    }
    kept
}

struct Fence {
    mark: char,
    length: usize,
}

impl Fence {
    /// Three or more backticks or tildes at the beginning of a line; behind backticks no further one, which
    /// would be code within a line.
    fn opening(body: &str) -> Option<Self> {
        let mark = body.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let info = body.trim_start_matches(mark);
        let length = body.len() - info.len();
        (length >= 3 && !(mark == '`' && info.contains('`'))).then_some(Self { mark, length })
    }

    fn closes_with(&self, body: &str) -> bool {
        let rest = body.trim_start_matches(self.mark);
        body.len() - rest.len() >= self.length && rest.trim().is_empty()
    }
}

/// The line behind a list mark: code may stand in a list item.
fn without_bullet(body: &str) -> &str {
    let rest = body.strip_prefix(['-', '*', '+']).or_else(|| {
        let rest = body.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.strip_prefix(['.', ')']).filter(|_| rest.len() < body.len())
    });
    rest.filter(|rest| rest.starts_with(' ')).map_or(body, str::trim_start)
}

/// `[name]: target`, which the page does not show.
fn is_link_definition(body: &str) -> bool {
    let Some((_, target)) = body.strip_prefix('[').and_then(|rest| rest.split_once("]:")) else {
        return false;
    };
    let target = target.trim_start().trim_start_matches('<');
    target.starts_with("http://") || target.starts_with("https://")
}
