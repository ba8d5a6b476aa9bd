//! What an editor asks about a pipeline: diagnostics, completion, hover, rename, refactoring and the like.
//!
//! Everything speaks byte offsets and text edits over an immutable [`Document`]; the protocol of an editor, files and
//! threads are somebody else's business. Every feature answers for any text and any offset, possibly with nothing.
//!
//! A file may hold several graphs. Syntax and names are known of all of them; handlers, models and routes only of the
//! first one, which is the one that runners read.

mod call_hierarchy;
mod code_action;
mod code_lens;
mod color;
mod completion;
mod cursor;
mod diagnostics;
mod document;
mod document_link;
mod expand;
mod files;
mod folding;
mod formatting;
mod graph;
mod highlight;
mod hover;
mod inlay_hint;
mod lines;
mod linked_editing;
mod location;
mod names;
mod navigation;
mod references;
mod rename;
mod selection_range;
mod semantic_tokens;
mod signature_help;
mod symbols;
#[cfg(test)]
mod test_support;
mod will_rename;
mod wording;

pub use call_hierarchy::{Call, CallItem, call_item, incoming_calls, outgoing_calls};
pub use code_action::{ActionEdit, CodeAction, CodeActionKind, code_actions, fix_all, resolve_code_action};
pub use code_lens::{CodeLens, LensCommand, code_lenses};
pub use color::{Color, ColorInformation, color_presentations, document_colors};
pub use completion::{Completion, CompletionItem, CompletionKind, completion, resolve_completion};
pub use diagnostics::{Finding, Tag, diagnostics, finding, rule_documentation};
pub use document::{Document, MAX_CHECKED_BYTES};
pub use document_link::{DocumentLink, LinkTarget, document_links};
pub use expand::expand;
pub use files::{Entry, Files, NoFiles, resolve_path};
pub use folding::{Fold, FoldKind, folding_ranges};
pub use formatting::{FormatOptions, format, format_on_type, format_range};
pub use graph::{
    GraphEdge, GraphFinding, GraphNode, GraphProperty, GraphSubgraph, PipelineGraph, graph, render_dot,
};
pub use highlight::{Highlight, HighlightKind, document_highlight};
pub use hover::{Hover, hover};
pub use inlay_hint::{HintKind, HintKinds, InlayHint, inlay_hints};
pub use lines::{Encoding, LineColumn, LineIndex};
pub use linked_editing::{LinkedRanges, linked_editing_ranges};
pub use location::{FileEdits, Location, Target, WorkspaceEdit};
pub use navigation::{declaration, definition, implementation, type_definition};
pub use references::references;
pub use rename::{Prepared, RenameError, prepare_rename, rename};
pub use selection_range::selection_range;
pub use semantic_tokens::{
    SemanticModifier, SemanticModifiers, SemanticToken, SemanticType, semantic_tokens, semantic_tokens_in,
};
pub use signature_help::{ParameterHelp, SignatureHelp, signature_help};
pub use symbols::{DocumentSymbol, SymbolKind, WorkspaceSymbol, document_symbols, workspace_symbols};
pub use will_rename::will_rename_files;
