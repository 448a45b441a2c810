//! Everything that reaches the terminal.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program talks here, and only here"
)]

use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;

/// Prints a command's result: `value` as one JSON line for machines, else `text` for the person.
pub(crate) fn show(json: bool, value: &impl Serialize, text: impl FnOnce() -> String) {
    if json {
        println!("{}", serde_json::to_string(value).unwrap_or_default());
    } else {
        println!("{}", text().trim_end());
    }
}

/// Says why a command failed, in one line, and gives its exit code.
pub(crate) fn fail(failure: &Failure, json: bool) -> ExitCode {
    if json {
        println!("{}", json!({"error": {"code": failure.code(), "message": failure.to_string()}}));
    }
    eprintln!("graphnode: {}", failure.to_string().replace('\n', " "));
    ExitCode::from(failure.exit_code())
}
