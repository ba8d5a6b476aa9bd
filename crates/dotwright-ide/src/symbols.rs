//! Outlines: graphs, subgraphs, nodes and routes.

use dotwright_diagnostics::TextRange;

use crate::document::Document;
use crate::files::Files;
use crate::location::Location;

/// What a symbol is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SymbolKind {
    /// A graph.
    Graph,
    /// A subgraph.
    Subgraph,
    /// A node.
    Node,
    /// A way out of a node.
    Route,
    /// A class.
    Class,
    /// A context key.
    ContextKey,
}

/// An entry of the outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentSymbol {
    /// Its name; never empty.
    pub name: String,
    /// Handler and model, or the condition.
    pub detail: String,
    /// What it is.
    pub kind: SymbolKind,
    /// All of it.
    pub range: TextRange,
    /// Its name in the text, inside `range`.
    pub selection: TextRange,
    /// What it holds.
    pub children: Vec<DocumentSymbol>,
}

/// A symbol of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceSymbol {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// The pipeline or node that it belongs to.
    pub container: String,
    /// Where it is.
    pub location: Location,
}

/// The outline of a document.
pub fn document_symbols(_document: &Document) -> Vec<DocumentSymbol> {
    Vec::new()
}

/// Symbols of all pipelines whose name fits a query. `None` when `is_cancelled` said so.
pub fn workspace_symbols(
    _query: &str,
    _files: &dyn Files,
    _is_cancelled: &dyn Fn() -> bool,
) -> Option<Vec<WorkspaceSymbol>> {
    Some(Vec::new())
}
