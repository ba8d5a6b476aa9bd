//! One function for each request: find the document, ask the feature, translate its answer.

mod actions;
mod diagnostics;
mod editing;
mod hints;
mod navigation;
mod outline;
mod tokens;
mod writing;

use std::sync::Arc;

use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::TextDocumentPositionParams;

pub(crate) use actions::{code_action, code_action_resolve};
pub(crate) use diagnostics::{DiagnosticReports, diagnostic, findings, workspace_diagnostic};
pub(crate) use editing::{
    formatting, linked_editing_range, on_type_formatting, prepare_rename, range_formatting, rename,
    will_rename_files, will_save,
};
pub(crate) use hints::{code_lens, color_presentation, document_color, document_link, inlay_hint};
pub(crate) use navigation::{
    declaration, definition, document_highlight, implementation, incoming_calls, outgoing_calls,
    prepare_call_hierarchy, references, type_definition,
};
pub(crate) use outline::{document_symbol, folding_range, selection_range, workspace_symbol};
pub(crate) use tokens::{TokenHistory, semantic_tokens_delta, semantic_tokens_full, semantic_tokens_range};
pub(crate) use writing::{completion, completion_resolve, hover, signature_help};

use crate::from_proto;
use crate::snapshot::{Buffer, Snapshot};

/// The document and the offset that a request is about.
fn place(snapshot: &Snapshot, params: &TextDocumentPositionParams) -> Result<(Arc<Buffer>, u32)> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    let offset = from_proto::offset(&snapshot.session, &buffer, params.position);
    Ok((buffer, offset))
}
