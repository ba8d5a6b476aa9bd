//! Full texts by their SHA-256: streams of commands, prompts and answers (section 20.1).

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use sha2::{Digest, Sha256};

use crate::folder::write_atomically;
use crate::platform::hex;

/// The blobs of a run.
#[derive(Debug)]
pub(crate) struct Blobs {
    folder: PathBuf,
    /// Blobs that are known to be there, so that a text that comes again costs no system call.
    known: Mutex<BTreeSet<String>>,
}

impl Blobs {
    pub(crate) fn new(folder: PathBuf) -> Blobs {
        Blobs { folder, known: Mutex::new(BTreeSet::new()) }
    }

    /// Stores a text and gives its digest.
    pub(crate) fn put(&self, bytes: &[u8]) -> std::io::Result<String> {
        let digest = hex(&Sha256::digest(bytes));
        self.store(&digest, |path| write_atomically(path, bytes))?;
        Ok(digest)
    }

    /// Takes over a file whose digest is known.
    pub(crate) fn adopt(&self, digest: &str, file: &Path) -> std::io::Result<()> {
        self.store(digest, |path| std::fs::rename(file, path))
    }

    /// A stored text.
    pub(crate) fn get(&self, digest: &str) -> std::io::Result<Vec<u8>> {
        std::fs::read(self.folder.join(digest))
    }

    fn store(&self, digest: &str, write: impl FnOnce(&Path) -> std::io::Result<()>) -> std::io::Result<()> {
        let known = |set: &Mutex<BTreeSet<String>>| set.lock().is_ok_and(|set| set.contains(digest));
        if known(&self.known) {
            return Ok(());
        }
        let path = self.folder.join(digest);
        if !path.exists() {
            write(&path)?;
        }
        if let Ok(mut set) = self.known.lock() {
            set.insert(digest.to_owned());
        }
        Ok(())
    }
}

/// The digest of a text that is written piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Hasher(Sha256);

impl Hasher {
    pub(crate) fn digest(self) -> String {
        hex(&self.0.finalize())
    }
}

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
