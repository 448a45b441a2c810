//! `graphnode`: from a chat export to a knowledge graph on one machine, with no account or key.

mod cli;
mod commands;
mod failure;
mod input;
mod output;
mod progress;
mod serve;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    let json = arguments.json;
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => output::fail(&failure, json),
    }
}
