//! What the program itself can fail on. Findings about pipelines are no errors in this sense.

use std::io;
use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

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
