//! The program `dotwright`: reads the command line, draws results on the terminal and chooses the exit code.

mod args;
mod check;
mod error;
mod input;
mod output;
mod parallel;
mod position;
mod report;

use std::process::ExitCode;

use clap::Parser;
use miette::{GraphicalReportHandler, GraphicalTheme};

use crate::args::{Cli, Command};
use crate::error::AppError;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.command {
        Command::Check(arguments) => check::run(arguments, cli.color),
    };
    match result {
        Ok(verdict) => verdict.exit_code(),
        Err(error) => {
            output::write_stderr(&draw_error(&error, output::colors_stderr(cli.color)));
            ExitCode::from(2)
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
    /// A file was refused, and its name printed.
    Refused,
}

impl Verdict {
    fn exit_code(self) -> ExitCode {
        match self {
            Verdict::Clean => ExitCode::SUCCESS,
            Verdict::Findings => ExitCode::from(1),
            Verdict::Refused => ExitCode::from(2),
        }
    }
}

fn draw_error(error: &AppError, colors: bool) -> String {
    let theme = if colors { GraphicalTheme::unicode() } else { GraphicalTheme::none() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false);
    let mut text = String::new();
    match handler.render_report(&mut text, error) {
        Ok(()) => text,
        Err(_) => format!("{error}\n"),
    }
}
