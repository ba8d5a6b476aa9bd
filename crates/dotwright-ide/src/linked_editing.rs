//! Equal spellings of a node id, to be typed over together.

use dotwright_diagnostics::TextRange;

use crate::document::Document;

/// Ranges with the same text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedRanges {
    /// The ranges, by offset.
    pub ranges: Vec<TextRange>,
    /// A regular expression for what can be typed there.
    pub word_pattern: &'static str,
}

/// The places that are edited together with the id under the cursor.
pub fn linked_editing_ranges(_document: &Document, _offset: u32) -> Option<LinkedRanges> {
    None
}
