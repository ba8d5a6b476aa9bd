//! The command line as clap reads it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use dotwright_diagnostics::Severity;

/// Check, fix, format and draw AI pipelines written as DOT files
#[derive(Debug, Parser)]
#[command(name = "dotwright", version, max_term_width = 100, after_help = ROOT_EXAMPLES)]
pub(crate) struct Cli {
    /// Colour the output
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: ColorChoice,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const ROOT_EXAMPLES: &str = "Examples:
  dotwright check                      check every pipeline below this folder
  dotwright check --fix build.dot      apply the fixes that keep the meaning
  dotwright explain no-fallback-edge   say what a rule finds and why

Exit codes:
  0  nothing to complain about
  1  findings, or something to fix or format
  2  wrong usage or configuration, or a file that cannot be read";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check pipelines and report findings
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Box<CheckArgs>),
}

const CHECK_EXAMPLES: &str = "Examples:
  dotwright check                                     all pipelines below this folder
  dotwright check build.dot --show hint               one file, with advice
  dotwright check --format sarif --output check.sarif for code scanning
  dotwright check --diff pipelines/                   show what --fix would change
  generate | dotwright check - --stdin-filename a.dot standard input

Exit codes:
  0  no finding at or above --fail-on
  1  at least one such finding; with --diff, a fix is available
  2  wrong usage or configuration, a file that cannot be read, or an internal error";

/// When to write colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The lowest severity that decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Errors
    Error,
    /// Warnings and errors
    Warning,
    /// Infos, warnings and errors
    Info,
    /// Nothing: findings never fail the run
    Never,
}

/// The lowest severity that is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Show {
    /// Everything, advice included
    Hint,
    /// Infos, warnings and errors
    Info,
    /// Warnings and errors
    Warning,
    /// Errors
    Error,
}

impl Show {
    pub(crate) fn severity(self) -> Severity {
        match self {
            Show::Hint => Severity::Hint,
            Show::Info => Severity::Info,
            Show::Warning => Severity::Warning,
            Show::Error => Severity::Error,
        }
    }
}

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// Findings drawn in their source
    #[default]
    Full,
    /// One line per finding
    Concise,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Files and folders, or `-` for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Name standard input in findings, and find its configuration
    #[arg(long, value_name = "PATH")]
    pub(crate) stdin_filename: Option<PathBuf>,
    /// Fail the run at this severity [default: error]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,
    /// Exit with 0 whatever is found
    #[arg(long, conflicts_with = "fail_on")]
    pub(crate) exit_zero: bool,
    /// Report findings from this severity on
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "info")]
    pub(crate) show: Show,
    /// Write findings in this format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// Write the report to a file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}
