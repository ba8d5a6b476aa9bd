//! What a user's files say about a run: `dotwright.toml`, and which files hold pipelines.
//!
//! It reads files and knows no terminal: the command line and the language server turn its errors into words on
//! their own screens.

mod files;

pub use files::{FileError, Found, find_files, has_pipeline_extension};
