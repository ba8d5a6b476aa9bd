//! Places that features answer with.

use dotwright_diagnostics::{TextEdit, TextRange};

/// A place in this or another file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The path of another file, in the form of [`crate::Files::path`]; `None` for the document itself.
    pub path: Option<String>,
    /// Its bytes.
    pub range: TextRange,
}

impl Location {
    /// A place in the document itself.
    pub(crate) fn here(range: TextRange) -> Location {
        Location { path: None, range }
    }
}

/// Where a jump goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What was under the cursor, in the document itself.
    pub origin: TextRange,
    /// The path of another file; `None` for the document itself.
    pub path: Option<String>,
    /// The name to select.
    pub focus: TextRange,
    /// All of what is jumped to, with `focus` in it.
    pub full: TextRange,
}

/// The edits of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEdits {
    /// The path of another file; `None` for the document itself.
    pub path: Option<String>,
    /// Disjoint edits, sorted.
    pub edits: Vec<TextEdit>,
}

/// A change of one or more files that belongs together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkspaceEdit {
    /// New files with their text, to make first. A path that exists must not be overwritten.
    pub creates: Vec<(String, String)>,
    /// Edits of files that exist.
    pub files: Vec<FileEdits>,
}

impl WorkspaceEdit {
    /// Edits of the document itself.
    pub(crate) fn here(mut edits: Vec<TextEdit>) -> WorkspaceEdit {
        edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        WorkspaceEdit { creates: Vec::new(), files: vec![FileEdits { path: None, edits }] }
    }
}
