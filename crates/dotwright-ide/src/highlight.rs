//! Other places of what is under the cursor.

use dotwright_diagnostics::TextRange;

use crate::document::Document;

/// What happens at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HighlightKind {
    /// It is declared or set.
    Write,
    /// It is used.
    Read,
    /// Neither, as for brackets.
    Text,
}

/// A place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Highlight {
    /// Its bytes.
    pub range: TextRange,
    /// What happens there.
    pub kind: HighlightKind,
}

/// All places of the name under the cursor in this document, or a bracket with its partner.
pub fn document_highlight(_document: &Document, _offset: u32) -> Vec<Highlight> {
    Vec::new()
}
