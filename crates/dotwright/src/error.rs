//! What the program itself can fail on. Findings about pipelines are no errors in this sense.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use dotwright_config::ConfigError;
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
    #[error("`{name}` is larger than 4 GiB")]
    #[diagnostic(help("a pipeline of that size is most likely another file"))]
    TooLarge { name: String },
    #[error("{message}")]
    Config {
        message: String,
        #[source_code]
        source_code: NamedSource<Arc<str>>,
        #[label]
        place: SourceSpan,
        #[help]
        help: Option<String>,
    },
    #[error("`{name}` is {message}")]
    Format {
        name: String,
        message: String,
        #[source_code]
        source_code: NamedSource<Arc<str>>,
        #[label]
        place: Option<SourceSpan>,
        #[help]
        help: Option<String>,
    },
    #[error("{message}")]
    Usage {
        message: String,
        #[help]
        help: Option<String>,
    },
}

impl AppError {
    pub(crate) fn usage(message: impl Into<String>, help: impl Into<String>) -> AppError {
        AppError::Usage { message: message.into(), help: Some(help.into()) }
    }
}

impl From<ConfigError> for AppError {
    fn from(error: ConfigError) -> AppError {
        match error {
            ConfigError::Read { path, error } => AppError::Read { path, error },
            ConfigError::Content { path, source, range, message, help } => AppError::Config {
                message,
                source_code: NamedSource::new(shown(&from_here(&path)), source),
                place: SourceSpan::new((range.start as usize).into(), range.len() as usize),
                help,
            },
        }
    }
}
