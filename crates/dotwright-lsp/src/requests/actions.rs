//! Fixes and refactorings. What costs something is worked out when it is chosen, where the client can wait that long.

use dotwright_ide::{ActionEdit, CodeAction};
use serde::{Deserialize, Serialize};
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::ls_types::{self as lsp, Uri};

use crate::snapshot::{Buffer, Snapshot};
use crate::{from_proto, to_proto};

/// What leads from an action back to its change.
#[derive(Debug, Serialize, Deserialize)]
struct Chosen {
    uri: Uri,
    range: lsp::Range,
    /// The version that the action was offered for.
    version: Option<i32>,
}

pub(crate) fn code_action(
    snapshot: &Snapshot,
    params: &lsp::CodeActionParams,
) -> Result<Option<lsp::CodeActionResponse>> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    let range = from_proto::range(&snapshot.session, &buffer, params.range);
    let only = params.context.only.as_deref();
    let kinds = only.map(from_proto::action_kinds).unwrap_or_default();
    if only.is_some() && kinds.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let around = snapshot.around(&buffer);
    let actions = dotwright_ide::code_actions(buffer.document(), range, &kinds, &around);
    let actions = actions.into_iter().filter_map(|action| self::action(snapshot, &buffer, params, action));
    Ok(Some(actions.map(lsp::CodeActionOrCommand::CodeAction).collect()))
}

/// An action; `None` when its change is beyond the client.
fn action(
    snapshot: &Snapshot,
    buffer: &Buffer,
    params: &lsp::CodeActionParams,
    action: CodeAction,
) -> Option<lsp::CodeAction> {
    let (session, document) = (&snapshot.session, buffer.document());
    let mut edit = match action.edit {
        ActionEdit::Ready(edit) => Some(to_proto::workspace_edit(snapshot, buffer, &edit)?),
        ActionEdit::OnRequest => None,
    };
    let mut data = None;
    if edit.is_none() && session.resolves_actions {
        let (uri, version) = (buffer.uri.clone(), buffer.version);
        data = serde_json::to_value(Chosen { uri, range: params.range, version }).ok();
    } else if edit.is_none() {
        let range = from_proto::range(session, buffer, params.range);
        let around = snapshot.around(buffer);
        let change = dotwright_ide::resolve_code_action(document, range, &action.title, &around)?;
        edit = Some(to_proto::workspace_edit(snapshot, buffer, &change)?);
    }
    let mended = action.finding.map(|(rule, range)| {
        let (code, range) =
            (lsp::NumberOrString::String(rule.to_owned()), to_proto::range(session, document, range));
        let shown = params.context.diagnostics.iter();
        shown.filter(|shown| shown.code.as_ref() == Some(&code) && shown.range == range).cloned().collect()
    });
    Some(lsp::CodeAction {
        title: action.title,
        kind: Some(to_proto::action_kind(action.kind)),
        diagnostics: mended.filter(|mended: &Vec<_>| !mended.is_empty()),
        is_preferred: action.is_preferred.then_some(true),
        edit,
        data,
        ..lsp::CodeAction::default()
    })
}

pub(crate) fn code_action_resolve(
    snapshot: &Snapshot,
    mut action: lsp::CodeAction,
) -> Result<lsp::CodeAction> {
    let Some(data) = &action.data else { return Ok(action) };
    let chosen = Chosen::deserialize(data).map_err(|error| Error::invalid_params(error.to_string()))?;
    let buffer = snapshot.buffer(&chosen.uri)?;
    if buffer.version != chosen.version {
        return Err(Error::new(ErrorCode::ContentModified));
    }
    let range = from_proto::range(&snapshot.session, &buffer, chosen.range);
    let around = snapshot.around(&buffer);
    let change = dotwright_ide::resolve_code_action(buffer.document(), range, &action.title, &around);
    action.edit = change.and_then(|change| to_proto::workspace_edit(snapshot, &buffer, &change));
    Ok(action)
}
