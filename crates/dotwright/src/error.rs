//! What the program itself can fail on. Findings about pipelines are no errors in this sense.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use dotwright_config::ConfigError;
use dotwright_diagnostics::TextRange;
use dotwright_runner::RunError;
use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

use crate::input::{from_here, shown};

/// An error that ends the run with exit code 2.
#[derive(Debug, Error, Diagnostic)]
pub(crate) enum AppError {
    #[error("cannot read `{}`: {error}", path.display())]
    Read { path: PathBuf, error: io::Error },
    #[error("cannot read standard input: {error}")]
    ReadInput { error: io::Error },
    #[error("cannot write `{}`: {error}", path.display())]
    Write { path: PathBuf, error: io::Error },
    #[error("cannot write the report: {error}")]
    WriteOutput { error: io::Error },
    #[error("the language server does not start: {error}")]
    Serve { error: io::Error },
    #[error("the run cannot be detached: {error}")]
    Detach { error: io::Error },
    #[error("`{name}` is larger than 4 GiB")]
    #[diagnostic(help("a pipeline of that size is most likely another file"))]
    TooLarge { name: String },
    #[error(transparent)]
    #[diagnostic(transparent)]
    InText(Box<TextError>),
    /// The runner itself failed; it has an exit code of its own.
    #[error("{error}")]
    Run {
        error: Box<RunError>,
        #[help]
        help: Option<&'static str>,
    },
    #[error("{message}")]
    Usage {
        message: String,
        #[help]
        help: Option<String>,
    },
}

/// An error at a place in a file.
#[derive(Debug, Error, Diagnostic)]
#[error("{message}")]
pub(crate) struct TextError {
    message: String,
    #[source_code]
    source_code: NamedSource<Arc<str>>,
    #[label]
    place: Option<SourceSpan>,
    #[help]
    help: Option<String>,
}

impl AppError {
    /// An error in the file `name` with the text `source`, at `place` if it has one.
    pub(crate) fn in_text(
        name: String,
        source: Arc<str>,
        place: Option<TextRange>,
        message: String,
        help: Option<String>,
    ) -> AppError {
        let place = place.map(|range| SourceSpan::new((range.start as usize).into(), range.len() as usize));
        AppError::InText(Box::new(TextError {
            message,
            source_code: NamedSource::new(name, source),
            place,
            help,
        }))
    }

    /// The exit code that goes with it.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            AppError::Run { error, .. } => match **error {
                RunError::Io { .. }
                | RunError::Damaged { .. }
                | RunError::NothingLeft { .. }
                | RunError::OtherGraph { .. }
                | RunError::OtherPins { .. }
                | RunError::Removed(_)
                | RunError::Abandoned
                | RunError::StoppedDead => 9,
                RunError::Refused(_) => 4,
                RunError::Held { .. }
                | RunError::Exists(_)
                | RunError::Unknown(_)
                | RunError::Ambiguous(_)
                | RunError::Empty(_)
                | RunError::Gone { .. }
                | RunError::MissingInput(_)
                | RunError::UndeclaredInput(_)
                | RunError::BadId(_) => 2,
            },
            AppError::Read { .. }
            | AppError::ReadInput { .. }
            | AppError::Write { .. }
            | AppError::WriteOutput { .. }
            | AppError::TooLarge { .. }
            | AppError::InText(_)
            | AppError::Serve { .. }
            | AppError::Detach { .. }
            | AppError::Usage { .. } => 2,
        }
    }

    pub(crate) fn usage(message: impl Into<String>, help: impl Into<String>) -> AppError {
        AppError::Usage { message: message.into(), help: Some(help.into()) }
    }
}

impl From<RunError> for AppError {
    fn from(error: RunError) -> AppError {
        let help = match &error {
            RunError::NothingLeft { .. } => Some("run the pipeline anew"),
            RunError::Damaged { .. } => Some(
                "`dotwright resume RUN --accept-damage` goes on from the last good record before it, and keeps the log as it \
                 is under another name",
            ),
            RunError::OtherGraph { .. } => Some("put the one back that it began with, or run the new one"),
            RunError::OtherPins { .. } => Some("put the file back that belongs to the log"),
            RunError::Gone { .. } => Some("replay what came before it, with `--until SEQ`"),
            RunError::MissingInput(_) => Some("give it as `--input KEY=VALUE`"),
            RunError::UndeclaredInput(_) => Some("name it in the graph attribute `inputs`, or leave it out"),
            RunError::Removed(_) => Some("what was there is lost; run the pipeline anew"),
            RunError::Io { .. }
            | RunError::Abandoned
            | RunError::Held { .. }
            | RunError::Exists(_)
            | RunError::Unknown(_)
            | RunError::Ambiguous(_)
            | RunError::Empty(_)
            | RunError::BadId(_)
            | RunError::Refused(_)
            | RunError::StoppedDead => None,
        };
        AppError::Run { error: Box::new(error), help }
    }
}

impl From<ConfigError> for AppError {
    fn from(error: ConfigError) -> AppError {
        match error {
            ConfigError::Read { path, error } => AppError::Read { path, error },
            ConfigError::Content { path, source, range, message, help } => {
                AppError::in_text(shown(&from_here(&path)), source, Some(range), message, help)
            }
        }
    }
}
