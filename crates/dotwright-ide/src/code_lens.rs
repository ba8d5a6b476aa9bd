//! Lines above the graph and above nodes: run it, how large it is, how many ways lead in and out.

use dotwright_diagnostics::TextRange;

use crate::document::Document;

/// What a click on a lens does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LensCommand {
    /// Runs the pipeline.
    Run,
    /// Runs it without effects.
    Simulate,
    /// Shows it with everything resolved.
    Explain,
    /// Shows the graph.
    ShowGraph,
    /// Shows where these are.
    ShowPlaces(Vec<TextRange>),
}

/// A line above a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLens {
    /// The place.
    pub range: TextRange,
    /// The text.
    pub title: String,
    /// What a click does.
    pub command: LensCommand,
}

/// The lenses of a document.
pub fn code_lenses(_document: &Document) -> Vec<CodeLens> {
    Vec::new()
}
