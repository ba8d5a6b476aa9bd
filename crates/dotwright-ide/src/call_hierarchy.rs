//! Predecessors and successors of a node as incoming and outgoing calls, retry jumps included.

use dotwright_diagnostics::TextRange;

use crate::document::Document;

/// A node as an item of the hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallItem {
    /// Its id.
    pub name: String,
    /// Its handler.
    pub detail: String,
    /// Its statement.
    pub range: TextRange,
    /// Its id where it is declared; asking about this offset leads back to the item.
    pub selection: TextRange,
}

/// A way between two nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The other node; its detail is the condition.
    pub item: CallItem,
    /// Where the way is written: edges, or the attribute that names a jump.
    pub ranges: Vec<TextRange>,
}

/// The node under the cursor.
pub fn call_item(_document: &Document, _offset: u32) -> Option<CallItem> {
    None
}

/// Ways into the node at an offset.
pub fn incoming_calls(_document: &Document, _offset: u32) -> Vec<Call> {
    Vec::new()
}

/// Ways out of the node at an offset.
pub fn outgoing_calls(_document: &Document, _offset: u32) -> Vec<Call> {
    Vec::new()
}
