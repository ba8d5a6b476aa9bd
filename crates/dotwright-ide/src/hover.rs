//! What is known about the thing under the cursor.

use dotwright_diagnostics::TextRange;
use dotwright_model::NodeId;

use crate::document::Document;

/// A text about a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// The place.
    pub range: TextRange,
    /// The text, in Markdown.
    pub markdown: String,
}

/// What is known about the thing under the cursor.
pub fn hover(_document: &Document, _offset: u32) -> Option<Hover> {
    None
}

pub(crate) fn node_markdown(document: &Document, node: NodeId) -> String {
    document.pipeline().id(node).to_owned()
}
