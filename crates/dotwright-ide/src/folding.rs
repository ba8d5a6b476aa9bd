//! What can be folded.

use dotwright_diagnostics::TextRange;

use crate::document::Document;

/// What a fold holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FoldKind {
    /// A graph or subgraph.
    Block,
    /// An attribute list.
    List,
    /// A string over several lines.
    Text,
    /// Comments.
    Comment,
    /// Edges in a row.
    Edges,
}

/// A fold: from the end of its first line to its last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    /// The folded bytes; always over several lines.
    pub range: TextRange,
    /// What they hold.
    pub kind: FoldKind,
}

/// The folds of a document, by offset.
pub fn folding_ranges(_document: &Document) -> Vec<Fold> {
    Vec::new()
}
