//! Findings for clients that ask: of one document, or of every pipeline in the workspace.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use dotwright_config::Configuration;
use serde_json::json;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types as lsp;

use crate::cancel::Cancel;
use crate::disk::Stamp;
use crate::progress::Bar;
use crate::session::Session;
use crate::snapshot::{Buffer, FileSettings, Snapshot};
use crate::to_proto;

/// Reports of a partial answer that are sent together.
const BATCH: usize = 50;

/// The id of the last report on each file that is not open, so that a file that did not change is not even read.
#[derive(Debug, Default)]
pub(crate) struct DiagnosticReports(Mutex<HashMap<PathBuf, Known>>);

#[derive(Debug)]
struct Known {
    stamp: Stamp,
    settings: Arc<FileSettings>,
    id: String,
}

/// The findings of a document as the client shows them.
pub(crate) fn findings(session: &Session, buffer: &Buffer) -> Vec<lsp::Diagnostic> {
    if let Some((path, text)) = buffer.configuration() {
        let error = Configuration::parse(path, Arc::clone(text)).err();
        return to_proto::configuration(session, error.as_ref());
    }
    let found = dotwright_ide::diagnostics(buffer.document(), None);
    to_proto::diagnostics(session, buffer, &found)
}

/// The same, with an id that is equal as long as they are.
fn identified(snapshot: &Snapshot, buffer: &Buffer) -> (String, Vec<lsp::Diagnostic>) {
    let items = findings(&snapshot.session, buffer);
    let mut hasher = DefaultHasher::new();
    // What cannot be written is sent to nobody.
    serde_json::to_string(&items).unwrap_or_default().hash(&mut hasher);
    (format!("{:016x}", hasher.finish()), items)
}

pub(crate) fn diagnostic(
    snapshot: &Snapshot,
    params: &lsp::DocumentDiagnosticParams,
) -> Result<lsp::DocumentDiagnosticReportResult> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    let (id, items) = identified(snapshot, &buffer);
    let report = if params.previous_result_id.as_ref() == Some(&id) {
        lsp::DocumentDiagnosticReport::Unchanged(lsp::RelatedUnchangedDocumentDiagnosticReport {
            related_documents: None,
            unchanged_document_diagnostic_report: lsp::UnchangedDocumentDiagnosticReport { result_id: id },
        })
    } else {
        lsp::DocumentDiagnosticReport::Full(lsp::RelatedFullDocumentDiagnosticReport {
            related_documents: None,
            full_document_diagnostic_report: lsp::FullDocumentDiagnosticReport { result_id: Some(id), items },
        })
    };
    Ok(lsp::DocumentDiagnosticReportResult::Report(report))
}

/// A client asks again as soon as it has an answer, so files that did not change must cost next to nothing.
pub(crate) fn workspace_diagnostic(
    snapshot: &Snapshot,
    params: lsp::WorkspaceDiagnosticParams,
    cancel: &Cancel,
) -> Result<lsp::WorkspaceDiagnosticReportResult> {
    let before: HashMap<lsp::Uri, String> =
        params.previous_result_ids.into_iter().map(|known| (known.uri, known.value)).collect();
    let pipelines = snapshot.pipelines();
    let token = params.work_done_progress_params.work_done_token;
    let mut bar = Bar::new(snapshot, token, "checking pipelines", pipelines.len(), cancel);
    let partial = params.partial_result_params.partial_result_token;
    let mut items = Vec::new();
    for (done, path) in pipelines.iter().enumerate() {
        if cancel.is_cancelled() {
            return Err(Error::request_cancelled());
        }
        bar.report(done, pipelines.len());
        items.extend(report(snapshot, path, &before));
        if let Some(token) = partial.as_ref().filter(|_| items.len() >= BATCH) {
            snapshot.outbox.progress(token, json!({ "items": std::mem::take(&mut items) }));
        }
    }
    for path in snapshot.workspace.caches.configurations.files() {
        items.extend(report(snapshot, &path, &before));
    }
    Ok(lsp::WorkspaceDiagnosticReportResult::Report(lsp::WorkspaceDiagnosticReport { items }))
}

fn report(
    snapshot: &Snapshot,
    path: &Path,
    before: &HashMap<lsp::Uri, String>,
) -> Option<lsp::WorkspaceDocumentDiagnosticReport> {
    let uri = snapshot.uri(path)?;
    let before = before.get(&uri);
    let lock = || snapshot.workspace.caches.reports.0.lock().unwrap_or_else(PoisonError::into_inner);
    let is_open = snapshot.open_at(path).is_some();
    let stamp = Stamp::of(path);
    let settings = snapshot.workspace.settings(Some(path));
    if !is_open
        && let Some(before) = before
        && let Some(known) = lock().get(path)
        && Some(known.stamp) == stamp
        && Arc::ptr_eq(&known.settings, &settings)
        && known.id == *before
    {
        return Some(unchanged(uri, None, before.clone()));
    }
    let buffer = snapshot.buffer_at(path)?;
    let (id, items) = identified(snapshot, &buffer);
    if let Some(stamp) = stamp.filter(|_| !is_open) {
        lock().insert(path.to_owned(), Known { stamp, settings, id: id.clone() });
    }
    let version = buffer.version.map(i64::from);
    if before == Some(&id) {
        return Some(unchanged(uri, version, id));
    }
    let report = lsp::FullDocumentDiagnosticReport { result_id: Some(id), items };
    Some(lsp::WorkspaceDocumentDiagnosticReport::Full(lsp::WorkspaceFullDocumentDiagnosticReport {
        uri,
        version,
        full_document_diagnostic_report: report,
    }))
}

fn unchanged(uri: lsp::Uri, version: Option<i64>, id: String) -> lsp::WorkspaceDocumentDiagnosticReport {
    let report = lsp::UnchangedDocumentDiagnosticReport { result_id: id };
    lsp::WorkspaceDocumentDiagnosticReport::Unchanged(lsp::WorkspaceUnchangedDocumentDiagnosticReport {
        uri,
        version,
        unchanged_document_diagnostic_report: report,
    })
}
