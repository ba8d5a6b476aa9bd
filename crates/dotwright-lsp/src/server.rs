//! The handlers. Each turns its message into an event and pushes it before it waits for anything; none of them
//! decides.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::ls_types::request::{
    GotoDeclarationParams, GotoDeclarationResponse, GotoImplementationParams, GotoImplementationResponse,
    GotoTypeDefinitionParams, GotoTypeDefinitionResponse,
};
use tower_lsp::ls_types::{self as lsp, Uri};
use tower_lsp::{LanguageServer, LspService};

use crate::cancel::{AnswerOnPanic, Cancel, CancelOnDrop, Reply};
use crate::eager::Eager;
use crate::event::{Event, OnEdit, Pace, Request};
use crate::outbox::Outbox;
use crate::owner::Owner;
use crate::snapshot::Snapshot;
use crate::verbatim::{Json, Redeemed, Shelf, Ticket};
use crate::{End, Options, commands, custom, requests};

/// What answers a request on a worker.
trait Work<R>: FnOnce(&Snapshot, &Cancel) -> Result<R> + Send + 'static {}

impl<R, W: FnOnce(&Snapshot, &Cancel) -> Result<R> + Send + 'static> Work<R> for W {}

/// Requests that are worked on at one time before no more are read.
const CONCURRENCY: usize = 64;

/// The end of the event queue that messages come in by.
#[derive(Debug)]
pub(crate) struct Server {
    events: UnboundedSender<Event>,
    options: Options,
    shelf: Shelf,
    /// Whether the client asked to shut down.
    is_shut_down: Arc<AtomicBool>,
}

impl Server {
    /// Serves one client.
    pub(crate) async fn serve(
        input: impl AsyncRead + Unpin,
        output: impl AsyncWrite,
        options: Options,
    ) -> End {
        let (events, inbox) = unbounded_channel();
        let is_shut_down = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&is_shut_down);
        let shelf = Shelf::default();
        let output = Box::pin(Redeemed::new(Box::pin(output), shelf.clone()));
        let service = LspService::build(|client| {
            let outbox = Outbox::new(client, Handle::current(), events.clone(), shelf.clone());
            std::thread::spawn(move || Owner::new(outbox).run(inbox));
            Server { events, options, shelf, is_shut_down }
        });
        let service = service
            .custom_method("dotwright/graph", Server::graph)
            .custom_method("dotwright/renderDot", Server::render_dot)
            .custom_method("dotwright/expand", Server::expand)
            .custom_method("dotwright/long/diagnostic", Server::diagnostic)
            .custom_method("dotwright/long/documentSymbol", Server::document_symbol)
            .custom_method("dotwright/long/foldingRange", Server::folding_range)
            .custom_method("dotwright/long/formatting", Server::formatting)
            .custom_method("dotwright/long/semanticTokensFull", Server::semantic_tokens_full)
            .custom_method("dotwright/long/semanticTokensDelta", Server::semantic_tokens_delta)
            .custom_method("dotwright/long/semanticTokensRange", Server::semantic_tokens_range)
            .custom_method("window/workDoneProgress/cancel", Server::work_done_progress_cancel)
            .custom_method("$/setTrace", Server::set_trace);
        let service = match options.test_requests {
            true => service
                .custom_method("dotwright/test/sleep", Server::sleep)
                .custom_method("dotwright/test/text", Server::text),
            false => service,
        };
        let (service, socket) = service.finish();
        let server = tower_lsp::Server::new(input, output, socket).concurrency_level(CONCURRENCY);
        server.serve(Eager(service)).await;
        if end.load(Ordering::Relaxed) { End::Orderly } else { End::Abrupt }
    }

    fn push(&self, event: Event) {
        // Without the loop there is nobody to tell, and requests answer for themselves.
        drop(self.events.send(event));
    }

    /// A request that an edit of its document makes worthless.
    fn read<R: Send + 'static, W: Work<R>>(
        &self,
        uri: &Uri,
        work: W,
    ) -> impl Future<Output = Result<R>> + Send + use<R, W> {
        self.ask(Some(uri.clone()), OnEdit::Refuse, Pace::Quick, work)
    }

    /// A request whose answer is wanted whatever happens meanwhile.
    fn act<R: Send + 'static, W: Work<R>>(
        &self,
        uri: &Uri,
        work: W,
    ) -> impl Future<Output = Result<R>> + Send + use<R, W> {
        self.ask(Some(uri.clone()), OnEdit::Answer, Pace::Quick, work)
    }

    /// A request about an answer that was given before.
    fn resolve<R: Send + 'static, W: Work<R>>(
        &self,
        work: W,
    ) -> impl Future<Output = Result<R>> + Send + use<R, W> {
        self.ask(None, OnEdit::Answer, Pace::Quick, work)
    }

    /// A request about all files.
    fn search<R: Send + 'static, W: Work<R>>(
        &self,
        work: W,
    ) -> impl Future<Output = Result<R>> + Send + use<R, W> {
        self.ask(None, OnEdit::Answer, Pace::Long, work)
    }

    fn ask<R: Send + 'static, W: Work<R>>(
        &self,
        document: Option<Uri>,
        on_edit: OnEdit,
        pace: Pace,
        work: W,
    ) -> impl Future<Output = Result<R>> + Send + use<R, W> {
        let (reply, answer) = Reply::new();
        let cancel = Cancel::default();
        let refuse = Box::new(reply.clone());
        let run = Box::new(move |snapshot: &Snapshot, cancel: &Cancel| {
            let _answered = AnswerOnPanic(&reply);
            reply.send(work(snapshot, cancel));
        });
        let waits = CancelOnDrop(cancel.clone());
        self.push(Event::Request(Box::new(Request { document, on_edit, pace, run, refuse, cancel })));
        wait(answer, waits, self.options)
    }
}

/// Waits for the answer, and for the deadline.
async fn wait<R>(answer: oneshot::Receiver<Result<R>>, _waits: CancelOnDrop, options: Options) -> Result<R> {
    match tokio::time::timeout(options.deadline, answer).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(Error::internal_error()),
        Err(_) => Err(Error {
            code: ErrorCode::ServerError(-32803),
            message: format!("no answer within {} ms", options.deadline.as_millis()).into(),
            data: None,
        }),
    }
}

impl Server {
    async fn graph(&self, params: custom::Params) -> Result<custom::Graph> {
        self.act(&params.text_document.uri.clone(), move |snapshot, _| custom::graph(snapshot, &params)).await
    }

    async fn render_dot(&self, params: custom::Params) -> Result<custom::Text> {
        self.act(&params.text_document.uri.clone(), move |snapshot, _| custom::render_dot(snapshot, &params))
            .await
    }

    async fn expand(&self, params: custom::Params) -> Result<custom::Text> {
        self.act(&params.text_document.uri.clone(), move |snapshot, _| custom::expand(snapshot, &params))
            .await
    }

    async fn text(&self, params: custom::Params) -> Result<custom::Text> {
        self.act(&params.text_document.uri.clone(), move |snapshot, _| custom::text(snapshot, &params)).await
    }

    async fn sleep(&self, params: custom::Sleep) -> Result<u64> {
        self.resolve(move |_, cancel| Ok(custom::sleep(params, cancel))).await
    }

    async fn work_done_progress_cancel(&self, params: lsp::WorkDoneProgressCancelParams) {
        self.push(Event::ProgressCancelled(params.token));
    }

    /// There is nothing that a trace could tell beside what the client sees.
    async fn set_trace(&self, _: Value) {}
}

/// Requests whose answers may be long.
impl Server {
    /// Has a worker write what it found, too.
    async fn long<R: Serialize, W: Work<R>>(
        &self,
        uri: Uri,
        on_edit: OnEdit,
        pace: Pace,
        work: W,
    ) -> Result<Ticket> {
        let written = move |snapshot: &Snapshot, cancel: &Cancel| Json::new(&work(snapshot, cancel)?);
        let json = self.ask(Some(uri), on_edit, pace, written).await?;
        Ok(self.shelf.put(json))
    }

    async fn diagnostic(&self, params: lsp::DocumentDiagnosticParams) -> Result<Ticket> {
        let uri = params.text_document.uri.clone();
        self.long(uri, OnEdit::Retrigger, Pace::Quick, move |snapshot, _| {
            requests::diagnostic(snapshot, &params)
        })
        .await
    }

    async fn document_symbol(&self, params: lsp::DocumentSymbolParams) -> Result<Ticket> {
        let uri = params.text_document.uri.clone();
        self.long(uri, OnEdit::Refuse, Pace::Large, move |snapshot, _| {
            requests::document_symbol(snapshot, &params)
        })
        .await
    }

    async fn folding_range(&self, params: lsp::FoldingRangeParams) -> Result<Ticket> {
        let uri = params.text_document.uri.clone();
        self.long(uri, OnEdit::Refuse, Pace::Large, move |snapshot, _| {
            requests::folding_range(snapshot, &params)
        })
        .await
    }

    async fn formatting(&self, params: lsp::DocumentFormattingParams) -> Result<Ticket> {
        let uri = params.text_document.uri.clone();
        self.long(uri, OnEdit::Answer, Pace::Large, move |snapshot, _| {
            requests::formatting(snapshot, &params)
        })
        .await
    }

    async fn semantic_tokens_full(&self, params: lsp::SemanticTokensParams) -> Result<Ticket> {
        let uri = params.text_document.uri.clone();
        let work = move |snapshot: &Snapshot, _: &Cancel| requests::semantic_tokens_full(snapshot, &params);
        self.long(uri, OnEdit::Refuse, Pace::Large, work).await
    }

    async fn semantic_tokens_delta(&self, params: lsp::SemanticTokensDeltaParams) -> Result<Ticket> {
        let uri = params.text_document.uri.clone();
        let work = move |snapshot: &Snapshot, _: &Cancel| requests::semantic_tokens_delta(snapshot, &params);
        self.long(uri, OnEdit::Refuse, Pace::Large, work).await
    }

    async fn semantic_tokens_range(&self, params: lsp::SemanticTokensRangeParams) -> Result<Ticket> {
        let uri = params.text_document.uri.clone();
        let work = move |snapshot: &Snapshot, _: &Cancel| requests::semantic_tokens_range(snapshot, &params);
        self.long(uri, OnEdit::Refuse, Pace::Large, work).await
    }
}

impl LanguageServer for Server {
    async fn initialize(&self, params: lsp::InitializeParams) -> Result<lsp::InitializeResult> {
        let (reply, answer) = Reply::new();
        self.push(Event::Initialize(Box::new(params), reply));
        answer.await.unwrap_or_else(|_| Err(Error::internal_error()))
    }

    async fn initialized(&self, _: lsp::InitializedParams) {
        self.push(Event::Initialized);
    }

    async fn shutdown(&self) -> Result<()> {
        self.is_shut_down.store(true, Ordering::Relaxed);
        Ok(())
    }

    async fn did_open(&self, params: lsp::DidOpenTextDocumentParams) {
        let lsp::TextDocumentItem { uri, version, text, .. } = params.text_document;
        self.push(Event::Opened { uri, version, text });
    }

    async fn did_change(&self, params: lsp::DidChangeTextDocumentParams) {
        let lsp::VersionedTextDocumentIdentifier { uri, version } = params.text_document;
        self.push(Event::Changed { uri, version, changes: params.content_changes });
    }

    async fn did_save(&self, _: lsp::DidSaveTextDocumentParams) {
        self.push(Event::Saved);
    }

    async fn did_close(&self, params: lsp::DidCloseTextDocumentParams) {
        self.push(Event::Closed { uri: params.text_document.uri });
    }

    async fn will_save_wait_until(
        &self,
        params: lsp::WillSaveTextDocumentParams,
    ) -> Result<Option<Vec<lsp::TextEdit>>> {
        let uri = params.text_document.uri;
        self.act(&uri.clone(), move |snapshot, _| requests::will_save(snapshot, &uri)).await
    }

    async fn did_change_configuration(&self, params: lsp::DidChangeConfigurationParams) {
        self.push(Event::SettingsChanged(params.settings));
    }

    async fn did_change_watched_files(&self, params: lsp::DidChangeWatchedFilesParams) {
        self.push(Event::FilesChanged(params.changes.into_iter().map(|change| change.uri).collect()));
    }

    async fn did_change_workspace_folders(&self, params: lsp::DidChangeWorkspaceFoldersParams) {
        let lsp::WorkspaceFoldersChangeEvent { added, removed } = params.event;
        self.push(Event::FoldersChanged { added, removed });
    }

    async fn will_rename_files(&self, params: lsp::RenameFilesParams) -> Result<Option<lsp::WorkspaceEdit>> {
        self.search(move |snapshot, cancel| requests::will_rename_files(snapshot, &params, cancel)).await
    }

    async fn did_rename_files(&self, _: lsp::RenameFilesParams) {
        self.push(Event::Forget);
    }

    async fn workspace_diagnostic(
        &self,
        params: lsp::WorkspaceDiagnosticParams,
    ) -> Result<lsp::WorkspaceDiagnosticReportResult> {
        self.search(move |snapshot, cancel| requests::workspace_diagnostic(snapshot, params, cancel)).await
    }

    async fn completion(&self, params: lsp::CompletionParams) -> Result<Option<lsp::CompletionResponse>> {
        let uri = params.text_document_position.text_document.uri.clone();
        self.read(&uri, move |snapshot, _| requests::completion(snapshot, &params)).await
    }

    async fn completion_resolve(&self, item: lsp::CompletionItem) -> Result<lsp::CompletionItem> {
        self.resolve(move |snapshot, _| requests::completion_resolve(snapshot, item)).await
    }

    async fn hover(&self, params: lsp::HoverParams) -> Result<Option<lsp::Hover>> {
        let uri = params.text_document_position_params.text_document.uri.clone();
        self.read(&uri, move |snapshot, _| requests::hover(snapshot, &params)).await
    }

    async fn signature_help(&self, params: lsp::SignatureHelpParams) -> Result<Option<lsp::SignatureHelp>> {
        let uri = params.text_document_position_params.text_document.uri.clone();
        self.read(&uri, move |snapshot, _| requests::signature_help(snapshot, &params)).await
    }

    async fn goto_declaration(
        &self,
        params: GotoDeclarationParams,
    ) -> Result<Option<GotoDeclarationResponse>> {
        let uri = params.text_document_position_params.text_document.uri.clone();
        self.act(&uri, move |snapshot, _| requests::declaration(snapshot, &params)).await
    }

    async fn goto_definition(
        &self,
        params: lsp::GotoDefinitionParams,
    ) -> Result<Option<lsp::GotoDefinitionResponse>> {
        let uri = params.text_document_position_params.text_document.uri.clone();
        self.act(&uri, move |snapshot, _| requests::definition(snapshot, &params)).await
    }

    async fn goto_type_definition(
        &self,
        params: GotoTypeDefinitionParams,
    ) -> Result<Option<GotoTypeDefinitionResponse>> {
        let uri = params.text_document_position_params.text_document.uri.clone();
        self.act(&uri, move |snapshot, _| requests::type_definition(snapshot, &params)).await
    }

    async fn goto_implementation(
        &self,
        params: GotoImplementationParams,
    ) -> Result<Option<GotoImplementationResponse>> {
        let uri = params.text_document_position_params.text_document.uri.clone();
        self.act(&uri, move |snapshot, _| requests::implementation(snapshot, &params)).await
    }

    async fn references(&self, params: lsp::ReferenceParams) -> Result<Option<Vec<lsp::Location>>> {
        let uri = params.text_document_position.text_document.uri.clone();
        self.ask(Some(uri), OnEdit::Answer, Pace::Long, move |snapshot, cancel| {
            requests::references(snapshot, &params, cancel)
        })
        .await
    }

    async fn document_highlight(
        &self,
        params: lsp::DocumentHighlightParams,
    ) -> Result<Option<Vec<lsp::DocumentHighlight>>> {
        let uri = params.text_document_position_params.text_document.uri.clone();
        self.read(&uri, move |snapshot, _| requests::document_highlight(snapshot, &params)).await
    }

    async fn prepare_rename(
        &self,
        params: lsp::TextDocumentPositionParams,
    ) -> Result<Option<lsp::PrepareRenameResponse>> {
        let uri = params.text_document.uri.clone();
        self.act(&uri, move |snapshot, _| requests::prepare_rename(snapshot, &params)).await
    }

    async fn rename(&self, params: lsp::RenameParams) -> Result<Option<lsp::WorkspaceEdit>> {
        let uri = params.text_document_position.text_document.uri.clone();
        self.ask(Some(uri), OnEdit::Answer, Pace::Long, move |snapshot, _| {
            requests::rename(snapshot, &params)
        })
        .await
    }

    async fn linked_editing_range(
        &self,
        params: lsp::LinkedEditingRangeParams,
    ) -> Result<Option<lsp::LinkedEditingRanges>> {
        let uri = params.text_document_position_params.text_document.uri.clone();
        self.read(&uri, move |snapshot, _| requests::linked_editing_range(snapshot, &params)).await
    }

    async fn prepare_call_hierarchy(
        &self,
        params: lsp::CallHierarchyPrepareParams,
    ) -> Result<Option<Vec<lsp::CallHierarchyItem>>> {
        let uri = params.text_document_position_params.text_document.uri.clone();
        self.act(&uri, move |snapshot, _| requests::prepare_call_hierarchy(snapshot, &params)).await
    }

    async fn incoming_calls(
        &self,
        params: lsp::CallHierarchyIncomingCallsParams,
    ) -> Result<Option<Vec<lsp::CallHierarchyIncomingCall>>> {
        self.act(&params.item.uri.clone(), move |snapshot, _| requests::incoming_calls(snapshot, &params))
            .await
    }

    async fn outgoing_calls(
        &self,
        params: lsp::CallHierarchyOutgoingCallsParams,
    ) -> Result<Option<Vec<lsp::CallHierarchyOutgoingCall>>> {
        self.act(&params.item.uri.clone(), move |snapshot, _| requests::outgoing_calls(snapshot, &params))
            .await
    }

    async fn symbol(
        &self,
        params: lsp::WorkspaceSymbolParams,
    ) -> Result<Option<lsp::WorkspaceSymbolResponse>> {
        self.search(move |snapshot, cancel| requests::workspace_symbol(snapshot, &params, cancel)).await
    }

    async fn symbol_resolve(&self, symbol: lsp::WorkspaceSymbol) -> Result<lsp::WorkspaceSymbol> {
        Ok(symbol)
    }

    async fn selection_range(
        &self,
        params: lsp::SelectionRangeParams,
    ) -> Result<Option<Vec<lsp::SelectionRange>>> {
        let uri = params.text_document.uri.clone();
        self.read(&uri, move |snapshot, _| requests::selection_range(snapshot, &params)).await
    }

    async fn inlay_hint(&self, params: lsp::InlayHintParams) -> Result<Option<Vec<lsp::InlayHint>>> {
        let uri = params.text_document.uri.clone();
        self.read(&uri, move |snapshot, _| requests::inlay_hint(snapshot, &params)).await
    }

    async fn inlay_hint_resolve(&self, hint: lsp::InlayHint) -> Result<lsp::InlayHint> {
        Ok(hint)
    }

    async fn code_lens(&self, params: lsp::CodeLensParams) -> Result<Option<Vec<lsp::CodeLens>>> {
        let uri = params.text_document.uri.clone();
        self.read(&uri, move |snapshot, _| requests::code_lens(snapshot, &params)).await
    }

    async fn code_lens_resolve(&self, lens: lsp::CodeLens) -> Result<lsp::CodeLens> {
        Ok(lens)
    }

    async fn document_link(&self, params: lsp::DocumentLinkParams) -> Result<Option<Vec<lsp::DocumentLink>>> {
        let uri = params.text_document.uri.clone();
        self.read(&uri, move |snapshot, _| requests::document_link(snapshot, &params)).await
    }

    async fn document_link_resolve(&self, link: lsp::DocumentLink) -> Result<lsp::DocumentLink> {
        Ok(link)
    }

    async fn document_color(&self, params: lsp::DocumentColorParams) -> Result<Vec<lsp::ColorInformation>> {
        let uri = params.text_document.uri.clone();
        self.read(&uri, move |snapshot, _| requests::document_color(snapshot, &params)).await
    }

    async fn color_presentation(
        &self,
        params: lsp::ColorPresentationParams,
    ) -> Result<Vec<lsp::ColorPresentation>> {
        let uri = params.text_document.uri.clone();
        self.read(&uri, move |snapshot, _| requests::color_presentation(snapshot, &params)).await
    }

    async fn code_action(&self, params: lsp::CodeActionParams) -> Result<Option<lsp::CodeActionResponse>> {
        let uri = params.text_document.uri.clone();
        self.read(&uri, move |snapshot, _| requests::code_action(snapshot, &params)).await
    }

    async fn code_action_resolve(&self, action: lsp::CodeAction) -> Result<lsp::CodeAction> {
        self.resolve(move |snapshot, _| requests::code_action_resolve(snapshot, action)).await
    }

    async fn range_formatting(
        &self,
        params: lsp::DocumentRangeFormattingParams,
    ) -> Result<Option<Vec<lsp::TextEdit>>> {
        let uri = params.text_document.uri.clone();
        self.act(&uri, move |snapshot, _| requests::range_formatting(snapshot, &params)).await
    }

    async fn on_type_formatting(
        &self,
        params: lsp::DocumentOnTypeFormattingParams,
    ) -> Result<Option<Vec<lsp::TextEdit>>> {
        let uri = params.text_document_position.text_document.uri.clone();
        self.act(&uri, move |snapshot, _| requests::on_type_formatting(snapshot, &params)).await
    }

    async fn execute_command(&self, params: lsp::ExecuteCommandParams) -> Result<Option<Value>> {
        self.resolve(move |snapshot, _| commands::execute(snapshot, &params)).await
    }
}
