//! The loop that owns all state. It applies events in their order, hands requests with a snapshot to workers, and
//! looks for findings when there is nothing else to apply.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;
use tower_lsp::jsonrpc::{Error, ErrorCode};
use tower_lsp::ls_types::{
    ConfigurationItem, ConfigurationParams, DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher,
    GlobPattern, InitializeParams, InitializeResult, PublishDiagnosticsParams, Registration,
    RegistrationParams, Uri, WorkspaceFolder, request,
};

use crate::cancel::{Cancel, Refuse};
use crate::client_settings::ClientSettings;
use crate::documents::OpenDocument;
use crate::event::{Checked, Event, OnEdit, Pace, Request, Swept};
use crate::outbox::{Outbox, WrittenFindings};
use crate::session::Session;
use crate::snapshot::{Root, Snapshot, Workspace};
use crate::sweep::{Step, Sweep};
use crate::workers::Workers;
use crate::{capabilities, from_proto, requests, to_proto};

/// The state of the server.
pub(crate) struct Owner {
    outbox: Outbox,
    session: Arc<Session>,
    workspace: Workspace,
    /// Whether the client says when files change.
    is_watching: bool,
    /// By name, so that findings of several documents come in one order.
    documents: BTreeMap<Uri, OpenDocument>,
    /// The state as requests see it, until something changes.
    snapshot: Option<Arc<Snapshot>>,
    waiting: Vec<Waiting>,
    /// Answer requests about one document.
    workers: Workers,
    /// Answers requests whose work takes memory that grows with the document: one thread, so that the memory is that of
    /// one such request, since threads do not share what they have freed.
    writer: Workers,
    /// Answer requests about all files.
    searchers: Workers,
    /// Pipelines that are not open.
    sweep: Sweep,
    /// Looks for findings, so that a few slow requests cannot delay them.
    checker: Workers,
}

/// A request that is not answered yet.
struct Waiting {
    document: Option<Uri>,
    on_edit: OnEdit,
    refuse: Box<dyn Refuse>,
    cancel: Cancel,
}

impl Owner {
    pub(crate) fn new(outbox: Outbox) -> Owner {
        let cores = std::thread::available_parallelism().map_or(2, NonZero::get);
        Owner {
            outbox,
            session: Arc::default(),
            workspace: Workspace::default(),
            is_watching: false,
            documents: BTreeMap::new(),
            snapshot: None,
            waiting: Vec::new(),
            workers: Workers::new(cores.clamp(2, 8)),
            writer: Workers::new(1),
            searchers: Workers::new(2),
            sweep: Sweep::default(),
            checker: Workers::new(1),
        }
    }

    /// Applies events until there will be no more. Findings are looked for when none is left, so a burst of edits
    /// costs about as much as one.
    pub(crate) fn run(mut self, mut inbox: UnboundedReceiver<Event>) {
        while let Some(event) = inbox.blocking_recv() {
            self.apply(event);
            while let Ok(event) = inbox.try_recv() {
                self.apply(event);
            }
            self.look_for_findings();
            self.sweep();
            self.tell_problems();
        }
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Initialize(params, reply) => reply.send(Ok(self.initialize(&params))),
            Event::Initialized => self.initialized(),
            Event::Opened { uri, version, text } => self.open(uri, version, text),
            Event::Changed { uri, version, changes } => {
                self.supersede(&uri);
                if let Some(document) = self.documents.get_mut(&uri) {
                    document.apply(version, changes, self.session.encoding.0);
                    self.snapshot = None;
                }
            }
            Event::Saved => self.saved(),
            Event::Closed { uri } => self.close(&uri),
            Event::FilesChanged(uris) => self.files_changed(&uris),
            Event::FoldersChanged { added, removed } => self.folders_changed(&added, &removed),
            Event::SettingsChanged(value) => self.settings_changed(&value),
            Event::SettingsAnswered { roots, values } => self.settings_answered(roots, &values),
            Event::Watching(is_watching) => {
                self.is_watching = is_watching;
                self.workspace.caches.configurations.watched(is_watching);
            }
            Event::Request(request) => self.dispatch(*request),
            Event::Checked(checked) => self.report(checked),
            Event::Forget => self.forget(),
            Event::ProgressCancelled(token) => self.workspace.caches.bars.cancel(&token),
            Event::Listed(pipelines) => {
                for uri in self.sweep.listed(pipelines) {
                    if !self.documents.contains_key(&uri) {
                        self.take_back(uri);
                    }
                }
            }
            Event::Swept(swept) => self.tell_swept(swept),
        }
    }

    fn initialize(&mut self, params: &InitializeParams) -> InitializeResult {
        self.session = Arc::new(Session::new(params));
        let client = params.initialization_options.as_ref().and_then(|options| self.read_settings(options));
        self.workspace.client = Arc::new(client.unwrap_or_default());
        self.workspace.roots = roots(params);
        self.snapshot = None;
        capabilities::initialize_result(&self.session)
    }

    /// What only a client that said so can do. All of it may be refused, and nothing depends on it.
    fn initialized(&mut self) {
        if self.session.registers_watchers {
            self.outbox.ask::<request::RegisterCapability>(watchers(), |agreed| {
                Some(Event::Watching(agreed.is_some()))
            });
        }
        if self.session.registers_configuration {
            let registration = Registration {
                id: "dotwright-settings".to_owned(),
                method: "workspace/didChangeConfiguration".to_owned(),
                register_options: Some(serde_json::json!({ "section": "dotwright" })),
            };
            let params = RegistrationParams { registrations: vec![registration] };
            self.outbox.ask::<request::RegisterCapability>(params, |_| None);
        }
        self.ask_for_settings();
        self.sweep.want();
    }

    fn open(&mut self, uri: Uri, version: i32, text: String) {
        let path = from_proto::path(&uri);
        let settings = self.workspace.settings(path.as_deref());
        self.sweep.opened(&uri);
        self.documents.insert(uri.clone(), OpenDocument::new(uri, version, text, settings));
        self.snapshot = None;
    }

    /// A configuration file may be what was written.
    fn saved(&mut self) {
        if self.configure() {
            self.refresh();
        }
    }

    fn close(&mut self, uri: &Uri) {
        self.supersede(uri);
        self.workspace.caches.tokens.forget(uri);
        if let Some(document) = self.documents.remove(uri).filter(|_| !self.session.pulls) {
            self.take_back(uri.clone());
            let is_below =
                |path: &PathBuf| self.workspace.roots.iter().any(|root| path.starts_with(&root.path));
            if let Some(path) = document.path.filter(is_below) {
                self.sweep.want_one((path, uri.clone()));
            }
        }
        self.snapshot = None;
    }

    /// Tells the client that a document has no findings.
    fn take_back(&self, uri: Uri) {
        let none = PublishDiagnosticsParams { uri, diagnostics: Vec::new(), version: None };
        WrittenFindings::new(&none).into_iter().for_each(|none| self.outbox.diagnostics(none));
    }

    fn files_changed(&mut self, uris: &[Uri]) {
        if uris.iter().all(|uri| self.documents.contains_key(uri)) {
            return;
        }
        self.forget();
    }

    /// Reads everything on disk anew.
    fn forget(&mut self) {
        self.workspace.caches.forget();
        self.configure();
        for document in self.documents.values_mut() {
            document.touch();
        }
        self.snapshot = None;
        self.refresh();
    }

    fn folders_changed(&mut self, added: &[WorkspaceFolder], removed: &[WorkspaceFolder]) {
        let gone: Vec<PathBuf> = removed.iter().filter_map(|folder| from_proto::path(&folder.uri)).collect();
        self.workspace.roots.retain(|root| !gone.contains(&root.path));
        self.workspace.roots.extend(added.iter().filter_map(root));
        self.workspace.caches.forget_pipelines();
        self.configure();
        self.sweep.want();
        self.ask_for_settings();
    }

    fn settings_changed(&mut self, value: &Value) {
        if let Some(settings) = self.read_settings(value) {
            self.workspace.client = Arc::new(settings);
            self.configure();
            self.refresh();
        }
        self.ask_for_settings();
    }

    /// Asks for the settings of each root, and of what lies outside of them.
    fn ask_for_settings(&self) {
        if !self.session.answers_configuration {
            return;
        }
        let roots: Vec<PathBuf> = self.workspace.roots.iter().map(|root| root.path.clone()).collect();
        let scopes = roots.iter().map(|root| to_proto::uri(root)).chain([None]);
        let section = || Some("dotwright".to_owned());
        let items = scopes.map(|scope_uri| ConfigurationItem { scope_uri, section: section() }).collect();
        self.outbox.ask::<request::WorkspaceConfiguration>(ConfigurationParams { items }, |values| {
            values.map(|values| Event::SettingsAnswered { roots, values })
        });
    }

    fn settings_answered(&mut self, roots: Vec<PathBuf>, values: &[Value]) {
        let mut changed = false;
        for (index, value) in values.iter().enumerate() {
            let Some(settings) = self.read_settings(value).map(Arc::new) else { continue };
            match roots.get(index) {
                Some(path) => {
                    let root = self.workspace.roots.iter_mut().find(|root| root.path == *path);
                    if let Some(root) = root.filter(|root| root.client.as_ref() != Some(&settings)) {
                        root.client = Some(settings);
                        changed = true;
                    }
                }
                None if self.workspace.client != settings => {
                    self.workspace.client = settings;
                    changed = true;
                }
                None => {}
            }
        }
        if changed {
            self.configure();
            self.refresh();
        }
    }

    fn read_settings(&self, value: &Value) -> Option<ClientSettings> {
        ClientSettings::read(value).unwrap_or_else(|error| {
            self.outbox.warn(error);
            None
        })
    }

    /// Gives every open document the settings that hold now, and says whether any of them changed.
    fn configure(&mut self) -> bool {
        let mut changed = false;
        for document in self.documents.values_mut() {
            let before = document.state;
            document.configure(self.workspace.settings(document.path.as_deref()));
            changed |= document.state != before;
        }
        self.snapshot = None;
        changed
    }

    /// Tells the client to ask again for what it asked for before; what it does not ask for is looked for again.
    fn refresh(&mut self) {
        self.sweep.want();
        let refreshes = self.session.refreshes;
        if refreshes.diagnostics && self.session.pulls {
            self.outbox.ask::<request::WorkspaceDiagnosticRefresh>((), |_| None);
        }
        if refreshes.semantic_tokens {
            self.outbox.ask::<request::SemanticTokensRefresh>((), |_| None);
        }
        if refreshes.inlay_hints {
            self.outbox.ask::<request::InlayHintRefreshRequest>((), |_| None);
        }
        if refreshes.code_lenses {
            self.outbox.ask::<request::CodeLensRefresh>((), |_| None);
        }
    }

    /// Answers requests about a document that an edit has overtaken.
    fn supersede(&mut self, uri: &Uri) {
        self.waiting.retain(|waiting| {
            if waiting.cancel.is_cancelled() {
                return false;
            }
            let error = match waiting.on_edit {
                OnEdit::Refuse => Error::new(ErrorCode::ContentModified),
                OnEdit::Retrigger => server_cancelled(),
                OnEdit::Answer => return true,
            };
            if waiting.document.as_ref() != Some(uri) {
                return true;
            }
            waiting.cancel.cancel();
            waiting.refuse.refuse(error);
            false
        });
    }

    fn dispatch(&mut self, request: Request) {
        let Request { document, on_edit, pace, run, refuse, cancel } = request;
        if !self.is_watching
            && let Some(open) = document.as_ref().and_then(|uri| self.documents.get_mut(uri))
        {
            let before = open.state;
            open.configure(self.workspace.settings(open.path.as_deref()));
            if open.state != before {
                self.snapshot = None;
            }
        }
        let snapshot = self.snapshot();
        self.waiting.retain(|waiting| !waiting.cancel.is_cancelled());
        self.waiting.push(Waiting { document, on_edit, refuse, cancel: cancel.clone() });
        let workers = match pace {
            Pace::Quick => &self.workers,
            Pace::Large => &self.writer,
            Pace::Long => &self.searchers,
        };
        workers.run(Box::new(move || {
            if !cancel.is_cancelled() {
                run(&snapshot, &cancel);
            }
        }));
    }

    fn snapshot(&mut self) -> Arc<Snapshot> {
        if let Some(snapshot) = &self.snapshot {
            return Arc::clone(snapshot);
        }
        let open: HashMap<_, _> =
            self.documents.iter_mut().map(|(uri, document)| (uri.clone(), document.buffer())).collect();
        let snapshot = Arc::new(Snapshot {
            session: Arc::clone(&self.session),
            workspace: self.workspace.clone(),
            open,
            outbox: self.outbox.clone(),
        });
        self.snapshot = Some(Arc::clone(&snapshot));
        snapshot
    }

    /// Has every document checked whose findings the client does not have, one check at a time for each.
    fn look_for_findings(&mut self) {
        if self.session.pulls {
            return;
        }
        let mut due = Vec::new();
        for document in self.documents.values_mut() {
            if document.is_checked || document.reported == Some(document.state) {
                continue;
            }
            if !self.is_watching {
                document.configure(self.workspace.settings(document.path.as_deref()));
            }
            document.is_checked = true;
            due.push((document.state, document.buffer()));
        }
        for (state, buffer) in due {
            let (session, outbox) = (Arc::clone(&self.session), self.outbox.clone());
            self.checker.run(Box::new(move || {
                let look = || {
                    let diagnostics = requests::findings(&session, &buffer);
                    let version = buffer.version.filter(|_| session.versioned_findings);
                    let uri = buffer.uri.clone();
                    WrittenFindings::new(&PublishDiagnosticsParams { uri, diagnostics, version })
                };
                let findings = catch_unwind(AssertUnwindSafe(look)).ok().flatten();
                outbox.post(Event::Checked(Checked { uri: buffer.uri.clone(), state, findings }));
            }));
        }
    }

    /// Has the next pipeline checked that is not open, when no open one waits.
    fn sweep(&mut self) {
        if self.session.pulls || self.documents.values().any(|document| document.is_checked) {
            return;
        }
        let Some(step) = self.sweep.next(|uri| self.documents.contains_key(uri)) else { return };
        let snapshot = self.snapshot();
        self.checker.run(Box::new(move || {
            let event = match step {
                Step::List => {
                    let named = |path: PathBuf| Some((path.clone(), snapshot.uri(&path)?));
                    Event::Listed(snapshot.pipelines().into_iter().filter_map(named).collect())
                }
                Step::Check((path, uri)) => {
                    let found = catch_unwind(AssertUnwindSafe(|| snapshot.swept(&path))).ok().flatten();
                    let is_clean = found.as_ref().is_none_or(|found| found.diagnostics.is_empty());
                    let findings = found.and_then(|found| WrittenFindings::new(&found));
                    Event::Swept(Swept { uri, is_clean, findings })
                }
            };
            snapshot.outbox.post(event);
        }));
    }

    /// Sends the findings of a pipeline on disk, unless a buffer was opened for it meanwhile.
    fn tell_swept(&mut self, swept: Swept) {
        let is_news = self.sweep.checked(&swept.uri, swept.is_clean);
        if self.documents.contains_key(&swept.uri) {
            self.sweep.opened(&swept.uri);
        } else if is_news {
            match swept.findings {
                Some(findings) => self.outbox.diagnostics(findings),
                None => self.take_back(swept.uri),
            }
        }
    }

    /// Says what is wrong with configuration files, each time it changes: to the user, and at its place in the file.
    fn tell_problems(&mut self) {
        for problem in self.workspace.caches.configurations.take_problems() {
            if let Some(message) = problem.message() {
                self.outbox.warn(message);
            }
            let uri = to_proto::uri(&problem.path).filter(|uri| !self.documents.contains_key(uri));
            if let Some(uri) = uri.filter(|_| !self.session.pulls) {
                let diagnostics = to_proto::configuration(&self.session, problem.error.as_deref());
                let findings = PublishDiagnosticsParams { uri, diagnostics, version: None };
                WrittenFindings::new(&findings).into_iter().for_each(|found| self.outbox.diagnostics(found));
            }
        }
    }

    /// Sends findings, unless the document has changed since.
    fn report(&mut self, checked: Checked) {
        let Some(document) = self.documents.get_mut(&checked.uri) else { return };
        document.is_checked = false;
        if document.state == checked.state {
            document.reported = Some(checked.state);
            match checked.findings {
                Some(findings) => self.outbox.diagnostics(findings),
                None => self.outbox.log(format!("a rule failed on `{}`", checked.uri.as_str())),
            }
        }
    }
}

/// Overtaken by an edit; the client should ask again.
fn server_cancelled() -> Error {
    Error {
        code: ErrorCode::ServerError(-32802),
        message: "the document changed".into(),
        data: Some(serde_json::json!({ "retriggerRequest": true })),
    }
}

fn roots(params: &InitializeParams) -> Vec<Root> {
    if let Some(folders) = params.workspace_folders.as_ref().filter(|folders| !folders.is_empty()) {
        return folders.iter().filter_map(root).collect();
    }
    #[expect(deprecated, reason = "clients without workspace folders say their one root here")]
    let path = params.root_uri.as_ref().and_then(from_proto::path);
    path.map(|path| Root { path, client: None }).into_iter().collect()
}

fn root(folder: &WorkspaceFolder) -> Option<Root> {
    from_proto::path(&folder.uri).map(|path| Root { path, client: None })
}

/// The wish to hear of configuration files, pipelines, and what pipelines name: prompts and scripts.
fn watchers() -> RegistrationParams {
    let patterns = ["**/dotwright.toml", "**/*.{dot,gv,fabro,md,txt,sh}"];
    let watchers = patterns.map(|pattern| FileSystemWatcher {
        glob_pattern: GlobPattern::String(pattern.to_owned()),
        kind: None,
    });
    let options = DidChangeWatchedFilesRegistrationOptions { watchers: watchers.to_vec() };
    let registration = Registration {
        id: "dotwright-files".to_owned(),
        method: "workspace/didChangeWatchedFiles".to_owned(),
        register_options: serde_json::to_value(options).ok(),
    };
    RegistrationParams { registrations: vec![registration] }
}
