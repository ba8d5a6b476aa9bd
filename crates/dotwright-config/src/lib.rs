//! What a user's files say about a run: `dotwright.toml`, and which files hold pipelines.
//!
//! It reads files and knows no terminal: the command line and the language server turn its errors into words on
//! their own screens.

mod configuration;
mod discovery;
mod error;
mod files;
mod name;
mod pattern;
#[cfg(test)]
mod schema;
mod table;

pub use configuration::{Configuration, Overrides};
pub use discovery::{Discovery, FILE_NAME};
pub use error::ConfigError;
pub use files::{FileError, Found, find_files};
pub use name::Name;
pub use table::{Config, FailOn, Files, Fmt, Handlers, LevelName, ShellcheckMode};

/// The JSON schema of `dotwright.toml`.
pub const SCHEMA: &str = include_str!("../dotwright.schema.json");
