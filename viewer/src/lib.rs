//! The graph page: one HTML file that shows a build and needs nothing else, opened from disk; and the page of
//! `graphnode serve`, which takes uploads and shows the same map.
//!
//! - [`page()`] and [`served_page()`] fill `page.html` with the style sheet, a script, the data and the policy.
//! - `data` picks what the page shows and packs it into short arrays.
//! - `page/` holds the sources of scripts and style, in TypeScript; `npm run build` makes `dist/` of them, which is
//!   committed, so that building this crate needs no Node.js. `tests/viewer.sh` holds that the two belong together.
//!
//! A person's titles are hostile input: the data is inert JSON with every character that could end its block
//! escaped, the scripts only ever set text, and the Content-Security-Policy allows exactly the two inline
//! blocks (by hash) and no request, or none but to the server the page came from.

mod data;
#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use graphnode_core::contract::{Graph, Summary};
use serde_json::json;
use sha2::{Digest, Sha256};

const TEMPLATE: &str = include_str!("../dist/page.html");
const STYLE: &str = include_str!("../dist/style.css");
/// Shows one graph; it can ask nobody.
const SCRIPT: &str = include_str!("../dist/page.js");
/// The same, and what talks to the server it came from.
const SERVED_SCRIPT: &str = include_str!("../dist/served.js");

/// The page of `graph`, with its summary where there is one.
///
/// The same input yields the same bytes.
#[must_use]
pub fn page(graph: &Graph, summary: Option<&Summary>) -> String {
    let (style, script) = (unix_lines(STYLE), unix_lines(SCRIPT));
    let policy = policy(&style, &script, "");
    let data = data::pack(graph, summary).to_string();
    filled(graph.metadata.language.code(), &policy, &style, &data, &script)
}

/// What a server tells its page.
#[derive(Debug, Clone, Copy)]
pub struct Setup<'a> {
    /// The path that all routes of the API begin with.
    pub api: &'a str,
    /// Whether it takes the bytes of uploads itself; a page may send them nowhere else.
    pub takes_uploads: bool,
}

/// The page of a server, and the policy it is sent with.
#[derive(Debug, Clone)]
pub struct ServedPage {
    /// The page; the policy stands in it as well.
    pub html: String,
    /// For the header `Content-Security-Policy`; unlike the one in the page it also forbids to frame it.
    pub policy: String,
}

/// The page of a server: uploads, progress, earlier graphs, and the map of each.
#[must_use]
pub fn served_page(setup: Setup<'_>) -> ServedPage {
    let (style, script) = (unix_lines(STYLE), unix_lines(SERVED_SCRIPT));
    let policy = policy(&style, &script, "connect-src 'self'; ");
    let data = json!({"api": setup.api, "takesUploads": setup.takes_uploads}).to_string();
    let html = filled("en", &policy, &style, &data, &script);
    ServedPage { html, policy: format!("{policy}; frame-ancestors 'none'") }
}

/// Allows the two blocks, pictures that the page makes itself, and `more`.
fn policy(style: &str, script: &str, more: &str) -> String {
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data: blob:; {more}\
         base-uri 'none'; form-action 'none'",
        hash(script),
        hash(style)
    )
}

fn filled(language: &str, policy: &str, style: &str, data: &str, script: &str) -> String {
    let data = inert(data);
    fill(|slot| match slot {
        "language" => language,
        "policy" => policy,
        "style" => style,
        "data" => &data,
        "script" => script,
        _ => "",
    })
}

/// The template with each `{{slot}}` replaced, in one pass: what was put in is not searched again.
fn fill<'a>(value_of: impl Fn(&str) -> &'a str) -> String {
    let mut filled = String::with_capacity(value_of("data").len() + (128 << 10));
    let template = unix_lines(TEMPLATE);
    let mut rest = template.as_str();
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
    STANDARD.encode(Sha256::digest(block))
}
