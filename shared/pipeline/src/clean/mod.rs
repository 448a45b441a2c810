//! Turns a shown message into the words it is about.
//!
//! A message is Markdown with code, formulas, links and the marks of the site that showed it. None of that
//! says what a person talked about, and all of it pulls keywords and vectors its way. [`clean`] drops it and
//! leaves the words exactly as they were written: no case is changed, no character normalised.
//!
//! 1. `blocks` drops fenced code and link definitions, whole lines at a time.
//! 2. `inline` walks through the rest once and drops what stands inside lines: code (`code`), formulas,
//!    links, tags and entities (`html`), addresses and opaque tokens (`token`), citation marks, emphasis.
//!    It finds closing marks through `ahead`, which keeps the walk linear whatever the text is.
//! 3. `lines` strips what lines begin with (headings, bullets, quotes, table pipes, role names), collapses
//!    white space and joins lines that are one sentence.

mod ahead;
mod blocks;
mod code;
mod html;
mod inline;
mod lines;
mod token;

#[cfg(test)]
mod tests;

/// The words of a message: one line for each paragraph, list item, heading and table row, separated by
/// `'\n'`, single spaces within; empty if there are none. Prose that has no marks in it comes out as it
/// is, blank lines aside. Takes time linear in the length of the text.
#[must_use]
pub fn clean(text: &str) -> String {
    lines::tidy(&inline::strip(&blocks::without_code(text)))
}
