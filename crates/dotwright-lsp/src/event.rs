//! Everything that can happen to the server, in the order in which it happens.

use std::path::PathBuf;

use serde_json::Value;
use tower_lsp::ls_types::{
    InitializeParams, InitializeResult, ProgressToken, TextDocumentContentChangeEvent, Uri, WorkspaceFolder,
};

use crate::cancel::{Cancel, Refuse, Reply};
use crate::outbox::WrittenFindings;
use crate::snapshot::Snapshot;
use crate::sweep::Pipeline;

/// One thing that happened.
pub(crate) enum Event {
    /// The client introduces itself.
    Initialize(Box<InitializeParams>, Reply<InitializeResult>),
    /// It has read the answer.
    Initialized,
    /// A buffer is open.
    Opened { uri: Uri, version: i32, text: String },
    /// A buffer was edited.
    Changed { uri: Uri, version: i32, changes: Vec<TextDocumentContentChangeEvent> },
    /// A buffer was written to its file.
    Saved,
    /// A buffer is gone, and its file counts again.
    Closed { uri: Uri },
    /// Files changed on disk.
    FilesChanged(Vec<Uri>),
    /// Folders of the workspace came and went.
    FoldersChanged { added: Vec<WorkspaceFolder>, removed: Vec<WorkspaceFolder> },
    /// Settings were changed; the client may send them along.
    SettingsChanged(Value),
    /// The client answered a question about settings: those of each root, asked in this order.
    SettingsAnswered { roots: Vec<PathBuf>, values: Vec<Value> },
    /// Whether the client reports changes of files.
    Watching(bool),
    /// A request.
    Request(Box<Request>),
    /// A worker has the findings of an open document.
    Checked(Checked),
    /// Whatever was read from disk may be old.
    Forget,
    /// The user ended the work behind a bar.
    ProgressCancelled(ProgressToken),
    /// A worker knows which pipelines the workspace has.
    Listed(Vec<Pipeline>),
    /// A worker has the findings of a pipeline that was not open.
    Swept(Swept),
}

/// What answers a request, on a worker.
pub(crate) type Work = Box<dyn FnOnce(&Snapshot, &Cancel) + Send>;

/// A request on its way to a worker.
pub(crate) struct Request {
    /// The document that it is about.
    pub(crate) document: Option<Uri>,
    /// What an edit of that document does to it.
    pub(crate) on_edit: OnEdit,
    /// How long it may take.
    pub(crate) pace: Pace,
    /// Answers it.
    pub(crate) run: Work,
    /// Answers it with an error.
    pub(crate) refuse: Box<dyn Refuse>,
    /// Set when nobody waits any more.
    pub(crate) cancel: Cancel,
}

/// Which requests may wait for which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// About one document.
    Quick,
    /// About one document, with an answer as large as that.
    Large,
    /// About all files, which quick ones must not wait for.
    Long,
}

/// What becomes of a request when its document is edited before it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnEdit {
    /// The client gets `ContentModified` and asks again if it still wants to know.
    Refuse,
    /// The client gets `ServerCancelled` with the wish that it asks again.
    Retrigger,
    /// It is answered from the text as it was.
    Answer,
}

/// The findings of a pipeline on disk.
#[derive(Debug)]
pub(crate) struct Swept {
    pub(crate) uri: Uri,
    pub(crate) is_clean: bool,
    /// `None` when looking for them failed, or the file is gone.
    pub(crate) findings: Option<WrittenFindings>,
}

/// The findings of one version of an open document.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) uri: Uri,
    /// The state of the document for which they hold.
    pub(crate) state: u64,
    /// `None` when looking for them failed.
    pub(crate) findings: Option<WrittenFindings>,
}
