//! What a request sees: the documents and settings of one moment, never changed, with the disk behind them.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use dotwright_config::{Configuration, find_files};
use dotwright_ide::{Document, Entry, Files, FormatOptions};
use dotwright_lint::Settings;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{self as lsp, Uri};

use crate::client_settings::ClientSettings;
use crate::configurations::Configurations;
use crate::disk::{self, Disk};
use crate::outbox::Outbox;
use crate::progress::Bars;
use crate::requests::{DiagnosticReports, TokenHistory};
use crate::session::Session;
use crate::{from_proto, requests, to_proto};

/// Everything that a request can ask.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) session: Arc<Session>,
    pub(crate) workspace: Workspace,
    pub(crate) open: HashMap<Uri, Arc<Buffer>>,
    pub(crate) outbox: Outbox,
}

/// One version of a document.
#[derive(Debug)]
pub(crate) struct Buffer {
    pub(crate) uri: Uri,
    /// `None` when it is no file.
    pub(crate) path: Option<PathBuf>,
    /// `None` when it is not open.
    pub(crate) version: Option<i32>,
    pub(crate) settings: Arc<FileSettings>,
    text: Arc<str>,
    document: OnceLock<Arc<Document>>,
}

/// How one file is read.
#[derive(Debug)]
pub(crate) struct FileSettings {
    pub(crate) settings: Arc<Settings>,
    pub(crate) format: FormatOptions,
    pub(crate) client: Arc<ClientSettings>,
    configuration: Arc<Configuration>,
}

/// Roots and settings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workspace {
    pub(crate) roots: Vec<Root>,
    /// Settings of files outside of all roots, and of roots without their own.
    pub(crate) client: Arc<ClientSettings>,
    pub(crate) caches: Arc<Caches>,
}

/// A folder that the client works in.
#[derive(Debug, Clone)]
pub(crate) struct Root {
    pub(crate) path: PathBuf,
    /// Its own settings, where the client has any.
    pub(crate) client: Option<Arc<ClientSettings>>,
}

/// What is kept from one snapshot to the next.
#[derive(Debug, Default)]
pub(crate) struct Caches {
    pub(crate) configurations: Configurations,
    pub(crate) disk: Disk,
    pub(crate) tokens: TokenHistory,
    pub(crate) reports: DiagnosticReports,
    pub(crate) bars: Bars,
    settings: Mutex<HashMap<PathBuf, Arc<FileSettings>>>,
    pipelines: Mutex<Option<(Instant, Arc<Vec<PathBuf>>)>>,
}

/// How long a list of files counts. Long enough for the requests that belong to one action of the user.
const LISTED: Duration = Duration::from_secs(2);

impl Buffer {
    pub(crate) fn new(
        uri: Uri,
        path: Option<PathBuf>,
        version: Option<i32>,
        text: Arc<str>,
        settings: Arc<FileSettings>,
    ) -> Buffer {
        Buffer { uri, path, version, settings, text, document: OnceLock::new() }
    }

    /// Its text when it is a configuration file, and no pipeline.
    pub(crate) fn configuration(&self) -> Option<(&Path, &Arc<str>)> {
        let path = self.path.as_deref()?;
        (path.file_name()? == dotwright_config::FILE_NAME).then_some((path, &self.text))
    }

    /// The document, parsed when somebody first asks.
    pub(crate) fn document(&self) -> &Arc<Document> {
        self.document.get_or_init(|| {
            Arc::new(Document::new(Arc::clone(&self.text), Arc::clone(&self.settings.settings)))
        })
    }

    /// The document, if somebody asked for it.
    pub(crate) fn known_document(&self) -> Option<&Document> {
        self.document.get().map(|document| &**document)
    }
}

impl Caches {
    /// Looks at the disk anew.
    pub(crate) fn forget(&self) {
        self.configurations.forget();
        self.disk.forget();
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.forget_pipelines();
    }

    /// Looks for pipelines anew.
    pub(crate) fn forget_pipelines(&self) {
        *self.pipelines.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Workspace {
    /// How the file at a path is read; the same object until that changes.
    pub(crate) fn settings(&self, path: Option<&Path>) -> Arc<FileSettings> {
        let path = path.unwrap_or(Path::new(""));
        let configuration = self.caches.configurations.of(path);
        let client = self.client_settings(path);
        let mut known = self.caches.settings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(path)
            && Arc::ptr_eq(&known.configuration, &configuration)
            && Arc::ptr_eq(&known.client, &client)
        {
            return Arc::clone(known);
        }
        let settings = Arc::new(FileSettings {
            settings: Arc::new(configuration.settings(path, &client.overrides())),
            format: FormatOptions::from(&configuration.config.fmt),
            client,
            configuration,
        });
        known.insert(path.to_owned(), Arc::clone(&settings));
        settings
    }

    /// The settings of the innermost root around a file.
    fn client_settings(&self, path: &Path) -> Arc<ClientSettings> {
        let around = self.roots.iter().filter(|root| path.starts_with(&root.path));
        let innermost = around.max_by_key(|root| root.path.components().count());
        let own = innermost.and_then(|root| root.client.as_ref());
        Arc::clone(own.unwrap_or(&self.client))
    }

    /// The pipelines below all roots, sorted.
    fn pipelines(&self) -> Arc<Vec<PathBuf>> {
        let lock = || self.caches.pipelines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((when, known)) = &*lock()
            && when.elapsed() < LISTED
        {
            return Arc::clone(known);
        }
        let mut found = BTreeSet::new();
        for root in &self.roots {
            let accept = |path: &Path| self.caches.configurations.of(path).includes(path);
            // A root that is gone holds nothing.
            let files = find_files(std::slice::from_ref(&root.path), accept).unwrap_or_default();
            found.extend(files.into_iter().filter(|file| !file.named).map(|file| file.path));
        }
        let found = Arc::new(found.into_iter().collect());
        *lock() = Some((Instant::now(), Arc::clone(&found)));
        found
    }
}

impl Snapshot {
    /// A document by its name: the open buffer, else the file.
    ///
    /// # Errors
    /// When there is neither.
    pub(crate) fn buffer(&self, uri: &Uri) -> Result<Arc<Buffer>> {
        if let Some(buffer) = self.open.get(uri) {
            return Ok(Arc::clone(buffer));
        }
        let path = from_proto::path(uri);
        let buffer = path.and_then(|path| self.buffer_at(&path));
        buffer.ok_or_else(|| {
            Error::invalid_params(format!("`{}` is no open document and no file", uri.as_str()))
        })
    }

    /// A document by its path.
    pub(crate) fn buffer_at(&self, path: &Path) -> Option<Arc<Buffer>> {
        if let Some(open) = self.open_at(path) {
            return Some(Arc::clone(open));
        }
        let settings = self.workspace.settings(Some(path));
        let document = self.workspace.caches.disk.document(path, &settings.settings)?;
        let buffer = Buffer::new(
            to_proto::uri(path)?,
            Some(path.to_owned()),
            None,
            document.shared_source(),
            settings,
        );
        // A new buffer has no document yet.
        drop(buffer.document.set(document));
        Some(Arc::new(buffer))
    }

    /// The findings of a file as it is on disk. What was worked out for them is not kept.
    pub(crate) fn swept(&self, path: &Path) -> Option<lsp::PublishDiagnosticsParams> {
        let settings = self.workspace.settings(Some(path));
        let buffer =
            Buffer::new(to_proto::uri(path)?, Some(path.to_owned()), None, disk::read(path)?, settings);
        let diagnostics = requests::findings(&self.session, &buffer);
        Some(lsp::PublishDiagnosticsParams { uri: buffer.uri, diagnostics, version: None })
    }

    pub(crate) fn open_at(&self, path: &Path) -> Option<&Arc<Buffer>> {
        self.open.values().find(|buffer| buffer.path.as_deref() == Some(path))
    }

    /// The name of the file at a path, as the client spells it.
    pub(crate) fn uri(&self, path: &Path) -> Option<Uri> {
        self.open_at(path).map(|buffer| buffer.uri.clone()).or_else(|| to_proto::uri(path))
    }

    /// The pipelines of the workspace, open ones included.
    pub(crate) fn pipelines(&self) -> Vec<PathBuf> {
        let on_disk = self.workspace.pipelines();
        let below = |path: &Path| self.workspace.roots.iter().any(|root| path.starts_with(&root.path));
        let open = self.open.values().filter_map(|buffer| buffer.path.clone());
        let unsaved = open.filter(|path| on_disk.binary_search(path).is_err() && below(path));
        let mut found = on_disk.to_vec();
        found.extend(unsaved);
        found
    }

    /// What lies around a document.
    pub(crate) fn around<'s>(&'s self, buffer: &'s Buffer) -> Around<'s> {
        Around { snapshot: self, path: buffer.path.as_deref().map_or(Cow::Borrowed(""), slashed) }
    }

    /// What lies around no document in particular.
    pub(crate) fn everywhere(&self) -> Around<'_> {
        Around { snapshot: self, path: Cow::Borrowed("") }
    }
}

/// A path as features write it.
pub(crate) fn slashed(path: &Path) -> Cow<'_, str> {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text } else { Cow::Owned(text.replace('\\', "/")) }
}

/// The files around a document: open buffers, and the disk behind them.
#[derive(Debug)]
pub(crate) struct Around<'s> {
    snapshot: &'s Snapshot,
    path: Cow<'s, str>,
}

impl Files for Around<'_> {
    fn path(&self) -> &str {
        &self.path
    }

    fn read(&self, path: &str) -> Option<Arc<str>> {
        match self.snapshot.open_at(Path::new(path)) {
            Some(open) => Some(Arc::clone(&open.text)),
            None => disk::read(Path::new(path)),
        }
    }

    fn exists(&self, path: &str) -> bool {
        let path = Path::new(path);
        self.snapshot.open_at(path).is_some() || path.exists()
    }

    fn list(&self, folder: &str) -> Vec<Entry> {
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut entries: Vec<Entry> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let name = entry.file_name().to_str()?.to_owned();
                Some(Entry { name, is_folder: entry.path().is_dir() })
            })
            .collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }

    fn document(&self, path: &str) -> Option<Arc<Document>> {
        let buffer = self.snapshot.buffer_at(Path::new(path))?;
        Some(Arc::clone(buffer.document()))
    }

    fn pipelines(&self) -> Vec<String> {
        self.snapshot.pipelines().iter().map(|path| slashed(path).into_owned()).collect()
    }
}
