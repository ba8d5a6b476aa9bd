//! Growing selections.

use dotwright_diagnostics::TextRange;

use crate::document::Document;

/// The ranges around an offset from the smallest to the whole text, each inside the next.
pub fn selection_range(document: &Document, _offset: u32) -> Vec<TextRange> {
    vec![document.range()]
}
