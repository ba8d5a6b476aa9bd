//! A data file and the place in it, for messages.

use std::fs;

use serde::de::DeserializeOwned;

/// Where a row stands: file, table and, once known, key.
#[derive(Clone)]
pub(crate) struct Place {
    file: &'static str,
    table: String,
}

impl Place {
    pub(crate) fn new(file: &'static str, table: impl Into<String>) -> Self {
        Place { file, table: table.into() }
    }

    /// A message about one key of the table.
    pub(crate) fn problem(&self, key: &str, what: impl std::fmt::Display) -> String {
        format!("{}: [{}] {key}: {what}", self.file, self.table)
    }

    /// Reads one table as a typed row.
    pub(crate) fn row<T: DeserializeOwned>(&self, table: toml::Value) -> Result<T, String> {
        table.try_into().map_err(|error: toml::de::Error| format!("{}: [{}] {error}", self.file, self.table))
    }
}

/// Reads a whole file as a table of tables.
pub(crate) fn read(file: &'static str) -> Result<toml::Table, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    text.parse().map_err(|error| format!("{file}: {error}"))
}
