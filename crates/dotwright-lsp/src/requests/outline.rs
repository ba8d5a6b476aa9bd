//! Requests about the shape of a document and the names in the workspace.

use dotwright_diagnostics::TextRange;
use dotwright_ide::{Document, DocumentSymbol, FoldKind, SymbolKind};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types as lsp;

use crate::cancel::Cancel;
use crate::session::Session;
use crate::snapshot::{Buffer, Snapshot};
use crate::{from_proto, to_proto};

/// Symbols of the workspace that one answer holds; a longer query finds the others.
const SYMBOLS: usize = 1000;

/// Entries of an outline above which nobody looks for a single route, and a client takes seconds to draw them all.
const OUTLINE: usize = 10_000;

pub(crate) fn document_symbol(
    snapshot: &Snapshot,
    params: &lsp::DocumentSymbolParams,
) -> Result<Option<lsp::DocumentSymbolResponse>> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    let (session, document) = (&snapshot.session, buffer.document());
    let mut symbols = dotwright_ide::document_symbols(document);
    if is_longer(&symbols, OUTLINE) {
        drop_routes(&mut symbols);
    }
    if session.hierarchical_symbols {
        let symbols = symbols.iter().map(|symbol| nested(session, document, symbol)).collect();
        return Ok(Some(lsp::DocumentSymbolResponse::Nested(symbols)));
    }
    Ok(Some(lsp::DocumentSymbolResponse::Flat(flat(session, &buffer, &symbols))))
}

/// Whether an outline has more than `most` entries.
fn is_longer(symbols: &[DocumentSymbol], most: usize) -> bool {
    let mut count = 0;
    let mut waiting: Vec<&DocumentSymbol> = symbols.iter().collect();
    while let Some(symbol) = waiting.pop() {
        count += 1;
        if count > most {
            return true;
        }
        waiting.extend(&symbol.children);
    }
    false
}

fn drop_routes(symbols: &mut Vec<DocumentSymbol>) {
    let mut waiting = vec![symbols];
    while let Some(symbols) = waiting.pop() {
        symbols.retain(|symbol| symbol.kind != SymbolKind::Route);
        waiting.extend(symbols.iter_mut().map(|symbol| &mut symbol.children));
    }
}

/// As deep as subgraphs nest, which the parser limits.
#[expect(deprecated, reason = "the field has to be written")]
fn nested(session: &Session, document: &Document, symbol: &DocumentSymbol) -> lsp::DocumentSymbol {
    let children: Vec<_> = symbol.children.iter().map(|child| nested(session, document, child)).collect();
    lsp::DocumentSymbol {
        name: symbol.name.clone(),
        detail: Some(symbol.detail.clone()).filter(|detail| !detail.is_empty()),
        kind: to_proto::symbol_kind(symbol.kind),
        tags: None,
        deprecated: None,
        range: to_proto::range(session, document, symbol.range),
        selection_range: to_proto::range(session, document, symbol.selection),
        children: Some(children).filter(|children| !children.is_empty()),
    }
}

/// The same for clients that know no nesting, in the order of the text.
#[expect(deprecated, reason = "the field has to be written")]
fn flat(session: &Session, buffer: &Buffer, symbols: &[DocumentSymbol]) -> Vec<lsp::SymbolInformation> {
    let mut found = Vec::new();
    let mut waiting: Vec<(&DocumentSymbol, Option<&str>)> =
        symbols.iter().rev().map(|symbol| (symbol, None)).collect();
    while let Some((symbol, container)) = waiting.pop() {
        found.push(lsp::SymbolInformation {
            name: symbol.name.clone(),
            kind: to_proto::symbol_kind(symbol.kind),
            tags: None,
            deprecated: None,
            location: lsp::Location {
                uri: buffer.uri.clone(),
                range: to_proto::range(session, buffer.document(), symbol.range),
            },
            container_name: container.map(str::to_owned),
        });
        waiting.extend(symbol.children.iter().rev().map(|child| (child, Some(symbol.name.as_str()))));
    }
    found
}

pub(crate) fn workspace_symbol(
    snapshot: &Snapshot,
    params: &lsp::WorkspaceSymbolParams,
    cancel: &Cancel,
) -> Result<Option<lsp::WorkspaceSymbolResponse>> {
    let is_cancelled = || cancel.is_cancelled();
    let found = dotwright_ide::workspace_symbols(&params.query, &snapshot.everywhere(), &is_cancelled);
    let mut found = found.ok_or_else(Error::request_cancelled)?;
    found.truncate(SYMBOLS);
    let symbols = found.into_iter().filter_map(|symbol| {
        let path = symbol.location.path.as_deref()?;
        let buffer = snapshot.buffer_at(std::path::Path::new(path))?;
        let range = to_proto::range(&snapshot.session, buffer.document(), symbol.location.range);
        Some(lsp::WorkspaceSymbol {
            name: symbol.name,
            kind: to_proto::symbol_kind(symbol.kind),
            tags: None,
            container_name: Some(symbol.container).filter(|container| !container.is_empty()),
            location: lsp::OneOf::Left(lsp::Location { uri: buffer.uri.clone(), range }),
            data: None,
        })
    });
    Ok(Some(lsp::WorkspaceSymbolResponse::Nested(symbols.collect())))
}

pub(crate) fn folding_range(
    snapshot: &Snapshot,
    params: &lsp::FoldingRangeParams,
) -> Result<Option<Vec<lsp::FoldingRange>>> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    let (session, document) = (&snapshot.session, buffer.document());
    let folds = dotwright_ide::folding_ranges(document);
    let folds = folds.iter().map(|fold| {
        let range = to_proto::range(session, document, fold.range);
        let character = |position: lsp::Position| (!session.line_folding_only).then_some(position.character);
        lsp::FoldingRange {
            start_line: range.start.line,
            start_character: character(range.start),
            end_line: range.end.line,
            end_character: character(range.end),
            kind: match fold.kind {
                FoldKind::Comment => Some(lsp::FoldingRangeKind::Comment),
                FoldKind::Block | FoldKind::List | FoldKind::Text | FoldKind::Edges => None,
            },
            collapsed_text: None,
        }
    });
    Ok(Some(folds.collect()))
}

pub(crate) fn selection_range(
    snapshot: &Snapshot,
    params: &lsp::SelectionRangeParams,
) -> Result<Option<Vec<lsp::SelectionRange>>> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    let session = &snapshot.session;
    let ranges = params.positions.iter().map(|&position| {
        let offset = from_proto::offset(session, &buffer, position);
        let ranges = dotwright_ide::selection_range(buffer.document(), offset);
        selection(session, buffer.document(), &ranges, position)
    });
    Ok(Some(ranges.collect()))
}

/// The ranges from the outermost inwards, each with the one around it.
fn selection(
    session: &Session,
    document: &Document,
    ranges: &[TextRange],
    position: lsp::Position,
) -> lsp::SelectionRange {
    let mut around = None;
    for &range in ranges.iter().rev() {
        let range = to_proto::range(session, document, range);
        around = Some(Box::new(lsp::SelectionRange { range, parent: around }));
    }
    let nothing =
        || Box::new(lsp::SelectionRange { range: lsp::Range::new(position, position), parent: None });
    *around.unwrap_or_else(nothing)
}
