//! Requests that lead from one place to others.

use dotwright_ide::{Call, CallItem};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types as lsp;

use super::place;
use crate::cancel::Cancel;
use crate::snapshot::{Buffer, Snapshot};
use crate::{from_proto, to_proto};

type Jump = Result<Option<lsp::GotoDefinitionResponse>>;

pub(crate) fn declaration(snapshot: &Snapshot, params: &lsp::GotoDefinitionParams) -> Jump {
    let (buffer, offset) = place(snapshot, &params.text_document_position_params)?;
    let targets = dotwright_ide::declaration(buffer.document(), offset, &snapshot.around(&buffer));
    Ok(to_proto::targets(snapshot, &buffer, &targets))
}

pub(crate) fn definition(snapshot: &Snapshot, params: &lsp::GotoDefinitionParams) -> Jump {
    let (buffer, offset) = place(snapshot, &params.text_document_position_params)?;
    let targets = dotwright_ide::definition(buffer.document(), offset, &snapshot.around(&buffer));
    Ok(to_proto::targets(snapshot, &buffer, &targets))
}

pub(crate) fn type_definition(snapshot: &Snapshot, params: &lsp::GotoDefinitionParams) -> Jump {
    let (buffer, offset) = place(snapshot, &params.text_document_position_params)?;
    let targets = dotwright_ide::type_definition(buffer.document(), offset);
    Ok(to_proto::targets(snapshot, &buffer, &targets))
}

pub(crate) fn implementation(snapshot: &Snapshot, params: &lsp::GotoDefinitionParams) -> Jump {
    let (buffer, offset) = place(snapshot, &params.text_document_position_params)?;
    let targets = dotwright_ide::implementation(buffer.document(), offset, &snapshot.around(&buffer));
    Ok(to_proto::targets(snapshot, &buffer, &targets))
}

pub(crate) fn references(
    snapshot: &Snapshot,
    params: &lsp::ReferenceParams,
    cancel: &Cancel,
) -> Result<Option<Vec<lsp::Location>>> {
    let (buffer, offset) = place(snapshot, &params.text_document_position)?;
    let around = snapshot.around(&buffer);
    let declaration = params.context.include_declaration;
    let is_cancelled = || cancel.is_cancelled();
    let found = dotwright_ide::references(buffer.document(), offset, declaration, &around, &is_cancelled);
    let found = found.ok_or_else(Error::request_cancelled)?;
    Ok(Some(found.iter().filter_map(|one| to_proto::location(snapshot, &buffer, one)).collect()))
}

pub(crate) fn document_highlight(
    snapshot: &Snapshot,
    params: &lsp::DocumentHighlightParams,
) -> Result<Option<Vec<lsp::DocumentHighlight>>> {
    let (buffer, offset) = place(snapshot, &params.text_document_position_params)?;
    let document = buffer.document();
    let highlights = dotwright_ide::document_highlight(document, offset);
    let highlights = highlights.iter().map(|highlight| lsp::DocumentHighlight {
        range: to_proto::range(&snapshot.session, document, highlight.range),
        kind: Some(to_proto::highlight_kind(highlight.kind)),
    });
    Ok(Some(highlights.collect()))
}

pub(crate) fn prepare_call_hierarchy(
    snapshot: &Snapshot,
    params: &lsp::CallHierarchyPrepareParams,
) -> Result<Option<Vec<lsp::CallHierarchyItem>>> {
    let (buffer, offset) = place(snapshot, &params.text_document_position_params)?;
    let item = dotwright_ide::call_item(buffer.document(), offset);
    Ok(item.map(|item| vec![to_proto::call_item(&snapshot.session, &buffer, &item)]))
}

pub(crate) fn incoming_calls(
    snapshot: &Snapshot,
    params: &lsp::CallHierarchyIncomingCallsParams,
) -> Result<Option<Vec<lsp::CallHierarchyIncomingCall>>> {
    let buffer = snapshot.buffer(&params.item.uri)?;
    let offset = from_proto::offset(&snapshot.session, &buffer, params.item.selection_range.start);
    let calls = dotwright_ide::incoming_calls(buffer.document(), offset);
    let calls = calls.iter().map(|call| {
        let (from, from_ranges) = self::call(snapshot, &buffer, call);
        lsp::CallHierarchyIncomingCall { from, from_ranges }
    });
    Ok(Some(calls.collect()))
}

pub(crate) fn outgoing_calls(
    snapshot: &Snapshot,
    params: &lsp::CallHierarchyOutgoingCallsParams,
) -> Result<Option<Vec<lsp::CallHierarchyOutgoingCall>>> {
    let buffer = snapshot.buffer(&params.item.uri)?;
    let offset = from_proto::offset(&snapshot.session, &buffer, params.item.selection_range.start);
    let calls = dotwright_ide::outgoing_calls(buffer.document(), offset);
    let calls = calls.iter().map(|call| {
        let (to, from_ranges) = self::call(snapshot, &buffer, call);
        lsp::CallHierarchyOutgoingCall { to, from_ranges }
    });
    Ok(Some(calls.collect()))
}

fn call(snapshot: &Snapshot, buffer: &Buffer, call: &Call) -> (lsp::CallHierarchyItem, Vec<lsp::Range>) {
    let item: &CallItem = &call.item;
    let ranges =
        call.ranges.iter().map(|&range| to_proto::range(&snapshot.session, buffer.document(), range));
    (to_proto::call_item(&snapshot.session, buffer, item), ranges.collect())
}
