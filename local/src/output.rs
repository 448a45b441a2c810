//! Everything that reaches the terminal.
#![expect(clippy::print_stderr, reason = "a command-line program talks here, and only here")]

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;

/// Prints a command's result: `value` as one JSON line for machines, else `text` for the person.
pub(crate) fn show(json: bool, value: &impl Serialize, text: impl FnOnce() -> String) {
    let shown =
        if json { serde_json::to_string(value).unwrap_or_default() } else { printable(text().trim_end()) };
    // Whoever reads may have read enough (`graphnode inspect DIR | head`): that is no failure.
    let _ = writeln!(std::io::stdout(), "{shown}");
}

/// Says to a person, and to no machine, what has just happened.
pub(crate) fn tell(json: bool, line: impl Display) {
    if !json {
        let _ = writeln!(std::io::stdout(), "{}", printable(&line.to_string()));
    }
}

/// Text without what a terminal obeys: titles and names of files come from others.
fn printable(text: &str) -> String {
    let obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    text.chars().map(|c| if obeyed(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// `1 cluster`, `2 clusters`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Says why a command failed, in one line, and gives its exit code.
pub(crate) fn fail(failure: &Failure, json: bool) -> ExitCode {
    if json {
        let mut told = failure.told().cloned().unwrap_or_else(|| json!({}));
        told["error"] = json!({"code": failure.code(), "message": failure.to_string()});
        let _ = writeln!(std::io::stdout(), "{told}");
    }
    eprintln!("graphnode: {}", printable(&failure.to_string().replace('\n', " ")));
    ExitCode::from(failure.exit_code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_not_printed() {
        assert_eq!(
            printable("a\u{1b}[2J\r\u{9b}31m\0\tb\n가"),
            "a\u{fffd}[2J\u{fffd}\u{fffd}31m\u{fffd}\tb\n가"
        );
    }
}
