//! The pipeline as the runner sees it: defaults, stylesheet and variables applied, as a text to read.

use crate::document::Document;

/// The expanded text.
pub fn expand(_document: &Document) -> String {
    String::new()
}
