//! The graph page: one HTML file that shows a build and needs nothing else, opened from disk.
//!
//! - [`page()`] fills `page.html` with the style sheet, the scripts, the data and the policy.
//! - `data` picks what the page shows and packs it into short arrays.
//! - `page.css` and the `.js` files are plain sources, joined here into one inline block each.
//!
//! A person's titles are hostile input: the data is inert JSON with every character that could end its block
//! escaped, the scripts only ever set text, and the Content-Security-Policy allows exactly the two inline
//! blocks (by hash) and no request to anywhere.

mod data;
#[cfg(test)]
mod tests;

use graphnode_core::contract::{Graph, Summary};
use sha2::{Digest, Sha256};

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// In the order they are joined; together they are one module script.
const SCRIPTS: [&str; 10] = [
    include_str!("strings.js"),
    include_str!("data.js"),
    include_str!("theme.js"),
    include_str!("view.js"),
    include_str!("glow.js"),
    include_str!("labels.js"),
    include_str!("map.js"),
    include_str!("panel.js"),
    include_str!("summary.js"),
    include_str!("main.js"),
];

/// The page of `graph`, with its summary where there is one.
///
/// The same input yields the same bytes. Text is in the language of the graph's metadata.
#[must_use]
pub fn page(graph: &Graph, summary: Option<&Summary>) -> String {
    let (style, script) = (style_block(), script_block());
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data: blob:; \
         base-uri 'none'; form-action 'none'",
        hash(&script),
        hash(&style)
    );
    let data = inert(&data::pack(graph, summary).to_string());
    fill(|slot| match slot {
        "language" => graph.metadata.language.code(),
        "policy" => &policy,
        "style" => &style,
        "data" => &data,
        "script" => &script,
        _ => "",
    })
}

/// The template with each `{{slot}}` replaced, in one pass: what was put in is not searched again.
fn fill<'a>(value_of: impl Fn(&str) -> &'a str) -> String {
    let mut filled = String::with_capacity(value_of("data").len() + (64 << 10));
    let mut rest = TEMPLATE;
    while let Some((before, (slot, after))) =
        rest.split_once("{{").and_then(|(before, from)| Some((before, from.split_once("}}")?)))
    {
        filled.push_str(before);
        filled.push_str(value_of(slot));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn style_block() -> String {
    unix_lines(STYLE)
}

fn script_block() -> String {
    unix_lines(&SCRIPTS.concat())
}

/// A browser reads CRLF as LF before it hashes a block, and a checkout may have CRLF.
fn unix_lines(source: &str) -> String {
    source.replace('\r', "")
}

/// JSON that cannot end its `<script>` block nor open a comment: in JSON these characters only occur in
/// strings, where the escape means the same.
fn inert(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len() + json.len() / 64);
    for character in json.chars() {
        match character {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// SHA-256 in base64, as a Content-Security-Policy names an inline block.
fn hash(block: &str) -> String {
    base64(&Sha256::digest(block))
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte));
        let group = group << (8 * (3 - chunk.len()));
        for position in 0..4 {
            if position <= chunk.len() {
                let sextet = group >> (18 - 6 * position) & 63;
                text.push(char::from(ALPHABET[sextet as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}
