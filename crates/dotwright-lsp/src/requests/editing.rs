//! Requests that change text: formatting, renaming, saving.

use std::path::Path;
use std::sync::Arc;

use dotwright_diagnostics::{TextEdit, TextRange, apply_edits};
use dotwright_ide::{Document, RenameError};
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::ls_types::{self as lsp, Uri};

use super::place;
use crate::cancel::Cancel;
use crate::snapshot::{Snapshot, slashed};
use crate::{from_proto, to_proto};

/// The request was understood and cannot be done; the message is for the user.
fn refused(message: String) -> Error {
    Error { code: ErrorCode::ServerError(-32803), message: message.into(), data: None }
}

pub(crate) fn formatting(
    snapshot: &Snapshot,
    params: &lsp::DocumentFormattingParams,
) -> Result<Option<Vec<lsp::TextEdit>>> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    let document = buffer.document();
    let edits = dotwright_ide::format(document, &buffer.settings.format).map_err(refused)?;
    Ok(Some(to_proto::edits(&snapshot.session, document, &edits)))
}

pub(crate) fn range_formatting(
    snapshot: &Snapshot,
    params: &lsp::DocumentRangeFormattingParams,
) -> Result<Option<Vec<lsp::TextEdit>>> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    let document = buffer.document();
    let range = from_proto::range(&snapshot.session, &buffer, params.range);
    let edits = dotwright_ide::format_range(document, range, &buffer.settings.format).map_err(refused)?;
    Ok(Some(to_proto::edits(&snapshot.session, document, &edits)))
}

pub(crate) fn on_type_formatting(
    snapshot: &Snapshot,
    params: &lsp::DocumentOnTypeFormattingParams,
) -> Result<Option<Vec<lsp::TextEdit>>> {
    let (buffer, offset) = place(snapshot, &params.text_document_position)?;
    let Some(typed) = params.ch.chars().next() else { return Ok(None) };
    let document = buffer.document();
    let edits = dotwright_ide::format_on_type(document, offset, typed, &buffer.settings.format);
    Ok(Some(to_proto::edits(&snapshot.session, document, &edits)))
}

/// Fixes and formats a document that is about to be saved, as far as settings wish.
pub(crate) fn will_save(snapshot: &Snapshot, uri: &Uri) -> Result<Option<Vec<lsp::TextEdit>>> {
    let buffer = snapshot.buffer(uri)?;
    let (document, client) = (buffer.document(), &buffer.settings.client);
    let mut current = Arc::clone(document);
    if client.fix_on_save {
        current = changed(&current, &dotwright_ide::fix_all(&current));
    }
    if client.format_on_save
        && let Ok(edits) = dotwright_ide::format(&current, &buffer.settings.format)
    {
        current = changed(&current, &edits);
    }
    let edit = difference(document.source(), current.source());
    let edits: Vec<TextEdit> = edit.into_iter().collect();
    Ok(Some(to_proto::edits(&snapshot.session, document, &edits)))
}

/// The document after edits; as it was when they contradict each other.
fn changed(document: &Arc<Document>, edits: &[TextEdit]) -> Arc<Document> {
    match apply_edits(document.source(), edits) {
        Ok(text) if !edits.is_empty() => Arc::new(Document::new(text, Arc::clone(document.settings()))),
        Ok(_) | Err(_) => Arc::clone(document),
    }
}

/// One edit that turns one text into another, without what is equal at both ends.
fn difference(before: &str, after: &str) -> Option<TextEdit> {
    if before == after {
        return None;
    }
    let equal = before.bytes().zip(after.bytes()).take_while(|(a, b)| a == b).count();
    let start = before.floor_char_boundary(equal);
    let (old, new) = (before.get(start..)?, after.get(start..)?);
    let equal = old.bytes().rev().zip(new.bytes().rev()).take_while(|(a, b)| a == b).count();
    // Both texts are cut at the same distance from their ends, where the bytes are equal.
    let kept = old.len() - old.ceil_char_boundary(old.len() - equal);
    let end = start + old.len() - kept;
    Some(TextEdit::replace(TextRange::new(start as u32, end as u32), new.get(..new.len() - kept)?))
}

pub(crate) fn prepare_rename(
    snapshot: &Snapshot,
    params: &lsp::TextDocumentPositionParams,
) -> Result<Option<lsp::PrepareRenameResponse>> {
    let (buffer, offset) = place(snapshot, params)?;
    let prepared = dotwright_ide::prepare_rename(buffer.document(), offset).map_err(cannot_rename)?;
    Ok(Some(lsp::PrepareRenameResponse::RangeWithPlaceholder {
        range: to_proto::range(&snapshot.session, buffer.document(), prepared.range),
        placeholder: prepared.placeholder,
    }))
}

pub(crate) fn rename(snapshot: &Snapshot, params: &lsp::RenameParams) -> Result<Option<lsp::WorkspaceEdit>> {
    let (buffer, offset) = place(snapshot, &params.text_document_position)?;
    let around = snapshot.around(&buffer);
    let edit = dotwright_ide::rename(buffer.document(), offset, &params.new_name, &around);
    let edit = edit.map_err(cannot_rename)?;
    Ok(to_proto::workspace_edit(snapshot, &buffer, &edit))
}

fn cannot_rename(error: RenameError) -> Error {
    refused(error.message)
}

pub(crate) fn linked_editing_range(
    snapshot: &Snapshot,
    params: &lsp::LinkedEditingRangeParams,
) -> Result<Option<lsp::LinkedEditingRanges>> {
    let (buffer, offset) = place(snapshot, &params.text_document_position_params)?;
    let document = buffer.document();
    Ok(dotwright_ide::linked_editing_ranges(document, offset).map(|linked| {
        let ranges = linked.ranges.iter().map(|&range| to_proto::range(&snapshot.session, document, range));
        lsp::LinkedEditingRanges {
            ranges: ranges.collect(),
            word_pattern: Some(linked.word_pattern.to_owned()),
        }
    }))
}

pub(crate) fn will_rename_files(
    snapshot: &Snapshot,
    params: &lsp::RenameFilesParams,
    cancel: &Cancel,
) -> Result<Option<lsp::WorkspaceEdit>> {
    let path = |uri: &str| from_proto::path(&uri.parse().ok()?);
    let renames: Vec<(String, String)> = params
        .files
        .iter()
        .filter_map(|file| {
            let (old, new) = (path(&file.old_uri)?, path(&file.new_uri)?);
            Some((slashed(&old).into_owned(), slashed(&new).into_owned()))
        })
        .collect();
    let is_cancelled = || cancel.is_cancelled();
    let edit = dotwright_ide::will_rename_files(&renames, &snapshot.everywhere(), &is_cancelled);
    let edit = edit.ok_or_else(Error::request_cancelled)?;
    // Every edit names its file, so which document counts as the one that was asked about does not matter.
    let first = edit.files.first().and_then(|file| snapshot.buffer_at(Path::new(file.path.as_deref()?)));
    Ok(first.and_then(|buffer| to_proto::workspace_edit(snapshot, &buffer, &edit)))
}

#[cfg(test)]
mod tests {
    use dotwright_diagnostics::apply_edits;

    #[track_caller]
    fn check(before: &str, after: &str) {
        let edits: Vec<_> = super::difference(before, after).into_iter().collect();
        assert_eq!(apply_edits(before, &edits).unwrap(), after);
    }

    #[test]
    fn the_difference_of_two_texts_turns_one_into_the_other() {
        check("", "");
        check("abc", "abc");
        check("abc", "aXc");
        check("aa", "aaa");
        check("aaa", "a");
        check("x\u{e9}y", "x\u{e8}y");
        check("\u{1F600}", "\u{1F601}");
        check("\u{4e2d}a", "\u{4e2e}a");
    }
}
