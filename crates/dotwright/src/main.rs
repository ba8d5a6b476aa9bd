//! The program `dotwright`: reads the command line, draws results on the terminal and chooses the exit code.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the program reads files and starts processes"
)]

mod answer;
mod args;
mod check;
mod dashboard;
mod detach;
mod diff;
mod error;
mod estimate;
mod execute;
mod explain;
mod export;
mod fingerprint;
mod fmt;
mod graph;
mod input;
mod load;
mod lsp;
mod memory;
mod output;
mod parallel;
mod position;
mod prices;
mod prove;
mod replay;
mod report;
mod rules;
mod run_args;
mod run_diff;
mod runs;
mod scenarios;
mod shellcheck;
mod show;
mod simulate;
mod spent;
mod story;
mod terminal;
mod why;

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
        Ok(Verdict::Run(code)) => ExitCode::from(code),
        Err(error) => {
            output::write_error(&error, cli.color);
            ExitCode::from(error.exit_code())
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
        Command::Lsp(_) => match lsp::run()? {},
        Command::Run(arguments) => execute::run(arguments),
        Command::Resume(arguments) => execute::resume(arguments),
        Command::Answer(arguments) => answer::run(arguments),
        Command::Ps(arguments) => runs::list(arguments),
        Command::Show(arguments) => show::run(arguments),
        Command::Logs(arguments) => runs::logs(arguments),
        Command::Cancel(arguments) => runs::cancel(arguments),
        Command::Pause(arguments) => runs::pause(arguments),
        Command::Wait(arguments) => runs::wait(arguments),
        Command::Why(arguments) => why::run(arguments),
        Command::Fork(arguments) => runs::fork(arguments),
        Command::Diff(arguments) => run_diff::run(arguments),
        Command::Export(arguments) => export::run(arguments),
        Command::Replay(arguments) => replay::run(arguments),
        Command::Cost(arguments) => spent::run(arguments),
        Command::Clean(arguments) => runs::clean(arguments),
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
    /// The exit code of a run (runner reference, section 21).
    Run(u8),
}
