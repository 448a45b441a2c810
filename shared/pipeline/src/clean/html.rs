//! Tags and entities of HTML, as far as chats use them.

/// What a tag means for the words around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// Nothing: `H<sub>2</sub>O` is one word.
    Within,
    /// What follows begins a new line.
    Breaks,
    /// What it encloses is no text.
    Encloses(&'static str),
}

const WITHIN: [&str; 27] = [
    "a", "abbr", "b", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "label", "mark",
    "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var",
];

const BREAKS: [&str; 41] = [
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "button",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "img",
    "input",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "td",
    "th",
    "tr",
    "ul",
];

/// Elements whose inside is dropped, with their closing tags.
const ENCLOSES: [(&str, &str); 3] = [("script", "</script"), ("style", "</style"), ("svg", "</svg")];

/// The tag whose name begins `after`, the text behind `<`; `None` for anything that only looks like one:
/// `a < b`, `Vec<T>`.
pub(super) fn tag(after: &str) -> Option<Tag> {
    let closing = after.starts_with('/');
    let name = after.trim_start_matches('/');
    let end = name.bytes().take(12).position(|byte| !byte.is_ascii_alphanumeric())?;
    let behind = name.as_bytes()[end];
    if end == 0 || !matches!(behind, b'>' | b'/' | b' ' | b'\n' | b'\t') {
        return None;
    }
    let is = |known: &str| known.eq_ignore_ascii_case(&name[..end]);
    if let Some((_, close)) = ENCLOSES.iter().find(|(known, _)| is(known)) {
        return Some(if closing { Tag::Breaks } else { Tag::Encloses(close) });
    }
    if WITHIN.iter().any(|known| is(known)) {
        return Some(Tag::Within);
    }
    (BREAKS.iter().any(|known| is(known)) || is("tbody") || is("thead")).then_some(Tag::Breaks)
}

/// Named characters that occur in chats; all other names stay as they are.
const NAMED: [(&str, char); 26] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("ensp", ' '),
    ("emsp", ' '),
    ("thinsp", ' '),
    ("hellip", '…'),
    ("mdash", '—'),
    ("ndash", '–'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("copy", '©'),
    ("reg", '®'),
    ("trade", '™'),
    ("middot", '·'),
    ("bull", '•'),
    ("times", '×'),
    ("deg", '°'),
    ("euro", '€'),
];

/// The character that an entity at the beginning of `text` stands for, and the entity's length.
pub(super) fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(12).position(|byte| byte == b';')?;
    let name = text[..end].strip_prefix('&')?;
    let character = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            // A control character or a space is a space here.
            char::from_u32(code).map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c })?
        }
        None => NAMED.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((character, end + 1))
}
