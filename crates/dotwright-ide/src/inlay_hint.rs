//! What the text leaves out, shown in its place.

use dotwright_diagnostics::TextRange;

use crate::document::Document;
use crate::location::Location;

/// What a hint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HintKind {
    /// The handler of a node that says neither shape nor type.
    Handler,
    /// The model that the stylesheet, a default or the graph gives.
    Model,
    /// A timeout from a default.
    Timeout,
    /// How often a step is tried.
    Attempts,
    /// The place of an edge among its rivals.
    Order,
    /// The label of the node that an edge enters.
    TargetLabel,
}

/// Which hints are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HintKinds {
    /// [`HintKind::Handler`].
    pub handler: bool,
    /// [`HintKind::Model`].
    pub model: bool,
    /// [`HintKind::Timeout`].
    pub timeout: bool,
    /// [`HintKind::Attempts`].
    pub attempts: bool,
    /// [`HintKind::Order`].
    pub order: bool,
    /// [`HintKind::TargetLabel`].
    pub target_label: bool,
}

impl Default for HintKinds {
    fn default() -> Self {
        HintKinds {
            handler: true,
            model: true,
            timeout: true,
            attempts: true,
            order: true,
            target_label: false,
        }
    }
}

/// A hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlayHint {
    /// Where it stands.
    pub offset: u32,
    /// What it says.
    pub text: String,
    /// Of which kind it is.
    pub kind: HintKind,
    /// More about it, in Markdown.
    pub tooltip: String,
    /// What a click leads to.
    pub target: Option<Location>,
}

/// The hints in a range.
pub fn inlay_hints(_document: &Document, _range: TextRange, _kinds: HintKinds) -> Vec<InlayHint> {
    Vec::new()
}
