//! The program `dotwright`: reads the command line, draws results on the terminal and chooses the exit code.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the program reads files and starts processes"
)]

mod args;
mod check;
mod diff;
mod error;
mod estimate;
mod explain;
mod fingerprint;
mod fmt;
mod graph;
mod input;
mod memory;
mod output;
mod parallel;
mod position;
mod prove;
mod report;
mod rules;
mod scenarios;
mod shellcheck;
mod simulate;
mod story;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command, ConfigCommand};
use crate::error::AppError;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(Verdict::Clean) => ExitCode::SUCCESS,
        Ok(Verdict::Findings) => ExitCode::from(1),
        Ok(Verdict::Refused) => ExitCode::from(2),
        Ok(Verdict::GraphRefused) => ExitCode::from(3),
        Err(error) => {
            output::write_error(&error, cli.color);
            ExitCode::from(2)
        }
    }
}

fn run(cli: &Cli) -> Result<Verdict, AppError> {
    match &cli.command {
        Command::Check(arguments) => check::run(arguments, cli.color),
        Command::Rules(arguments) => rules::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Fmt(arguments) => fmt::run(arguments, cli.color),
        Command::Graph(arguments) => graph::run(arguments),
        Command::Simulate(arguments) => simulate::run(arguments),
        Command::Test(arguments) => scenarios::run(arguments),
        Command::Estimate(arguments) => estimate::run(arguments),
        Command::Config(ConfigCommand::Schema) => {
            output::write_stdout(dotwright_config::SCHEMA.as_bytes())?;
            Ok(Verdict::Clean)
        }
    }
}

/// What a run found out, as far as the shell is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing to complain about.
    Clean,
    /// Findings, or changes to make.
    Findings,
    /// Some file was refused, and its name printed.
    Refused,
    /// A pipeline has errors, so that nothing can run.
    GraphRefused,
}
