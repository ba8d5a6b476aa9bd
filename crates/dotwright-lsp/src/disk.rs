//! Files beside the open buffers: prompts, child pipelines and the pipelines of the workspace.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use dotwright_ide::Document;
use dotwright_lint::Settings;
use dotwright_syntax::from_bytes;

/// Bytes of sources whose analysis is kept.
const KEPT: usize = 16 << 20;

/// What tells one content of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
}

impl Stamp {
    /// The stamp of a file; `None` when there is none.
    pub(crate) fn of(path: &Path) -> Option<Stamp> {
        let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        Some(Stamp { modified: metadata.modified().ok(), length: metadata.len() })
    }
}

/// Analysed files, each as long as it does not change.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    documents: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    documents: HashMap<PathBuf, (Stamp, Arc<Document>)>,
    bytes: usize,
}

impl Disk {
    /// The pipeline in a file.
    pub(crate) fn document(&self, path: &Path, settings: &Arc<Settings>) -> Option<Arc<Document>> {
        let stamp = Stamp::of(path)?;
        let lock = || self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, document)) = lock().documents.get(path)
            && *known == stamp
            && Arc::ptr_eq(document.settings(), settings)
        {
            return Some(Arc::clone(document));
        }
        let document = Arc::new(Document::new(read(path)?, Arc::clone(settings)));
        let mut kept = lock();
        if kept.bytes > KEPT {
            *kept = Kept::default();
        }
        kept.bytes += document.source().len();
        kept.documents.insert(path.to_owned(), (stamp, Arc::clone(&document)));
        Some(document)
    }

    /// Reads everything anew.
    pub(crate) fn forget(&self) {
        *self.documents.lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }
}

/// The text of a file; what is no text in it is replaced.
pub(crate) fn read(path: &Path) -> Option<Arc<str>> {
    let bytes = std::fs::read(path).ok().filter(|bytes| u32::try_from(bytes.len()).is_ok())?;
    let (text, _) = from_bytes(&bytes);
    Some(Arc::from(&*text))
}
