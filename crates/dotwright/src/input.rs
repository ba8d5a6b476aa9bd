//! Pipelines as they come from files and standard input.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dotwright_model::{Pipeline, Profile};
use dotwright_syntax::{Parse, SyntaxError, from_bytes, parse};

use crate::error::AppError;

/// Where a pipeline is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    File(PathBuf),
    /// Standard input, with the name that its findings carry.
    Stdin(PathBuf),
}

impl Input {
    /// The path that findings carry and configuration is searched from.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Input::File(path) | Input::Stdin(path) => path,
        }
    }

    /// The path as reports show it: with `/` between folders on every system.
    pub(crate) fn name(&self) -> String {
        shown(self.path())
    }

    pub(crate) fn read(&self) -> Result<Text, AppError> {
        let bytes = match self {
            Input::File(path) => {
                std::fs::read(path).map_err(|error| AppError::Read { path: path.clone(), error })?
            }
            Input::Stdin(_) => {
                let mut bytes = Vec::new();
                let read = std::io::stdin().lock().read_to_end(&mut bytes);
                read.map_err(|error| AppError::ReadInput { error })?;
                bytes
            }
        };
        if u32::try_from(bytes.len()).is_err() {
            return Err(AppError::TooLarge { name: self.name() });
        }
        let (source, errors) = from_bytes(&bytes);
        Ok(Text { source: Arc::from(&*source), errors })
    }
}

/// The text of a file, with the places where it is no text.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) source: Arc<str>,
    errors: Vec<SyntaxError>,
}

impl Text {
    /// A text that is not from a file.
    pub(crate) fn from_source(source: Arc<str>) -> Text {
        Text { source, errors: Vec::new() }
    }

    /// True when every byte of the file is in `source`, so that it may be written back.
    pub(crate) fn is_faithful(&self) -> bool {
        self.errors.is_empty()
    }

    pub(crate) fn parse(&self) -> Parse {
        let mut parse = parse(&self.source);
        if !self.errors.is_empty() {
            parse.errors.extend_from_slice(&self.errors);
            parse.errors.sort_by_key(|error| error.range.start);
        }
        parse
    }

    pub(crate) fn pipeline(&self, profile: &'static Profile) -> Pipeline {
        Pipeline::new(Arc::clone(&self.source), Arc::new(self.parse()), profile)
    }
}

pub(crate) fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace('\\', "/") }
}

/// The path from the working directory, where it lies below it.
pub(crate) fn from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).to_owned()
}
