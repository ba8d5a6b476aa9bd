//! Where runs lie: one folder each below the state directory, for the owner only (section 20.4).

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::error::RunError;
use crate::log;
use crate::platform::nonce;
use crate::record::{Entry, Record};
use crate::scratch::Scratch;

/// The folder with all runs of a person.
#[derive(Debug, Clone)]
pub struct Root(PathBuf);

impl Root {
    /// `$XDG_STATE_HOME/dotwright/runs`, by default below `~/.local/state`.
    pub fn from_environment() -> Root {
        let absolute =
            |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let state = absolute("XDG_STATE_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
            .unwrap_or_else(|| PathBuf::from("/tmp/dotwright-state"));
        Root(state.join("dotwright/runs"))
    }

    /// A folder for runs of its own.
    pub fn at(path: PathBuf) -> Root {
        Root(path)
    }

    /// The one that a run lies in.
    pub(crate) fn around(run: &RunFolder) -> Root {
        Root(run.path.parent().map(Path::to_owned).unwrap_or_default())
    }

    /// Whether it is below a folder, links followed: the steps of a run must not reach its log.
    pub(crate) fn is_inside(&self, folder: &Path) -> bool {
        let existing = self.0.ancestors().find_map(|path| path.canonicalize().ok());
        // What does not exist yet is below what does.
        existing.zip(folder.canonicalize().ok()).is_some_and(|(own, folder)| own.starts_with(folder))
    }

    /// Where a run of this id lies, if there is one.
    pub fn folder_of(&self, id: &str) -> PathBuf {
        self.0.join(id)
    }

    /// A new folder for a run.
    ///
    /// # Errors
    /// When there is one that was begun, or the disk says no.
    pub fn create(&self, id: &str) -> Result<RunFolder, RunError> {
        check_id(id)?;
        private_folder(&self.0).map_err(RunError::io("create", &self.0))?;
        let folder = RunFolder { id: id.to_owned(), path: self.0.join(id) };
        let taken = std::fs::symlink_metadata(&folder.path).is_ok();
        if folder.is_begun() || (taken && !folder.path.is_dir()) {
            return Err(RunError::Exists(id.to_owned()));
        }
        for path in [folder.path.clone(), folder.blobs(), folder.nodes(), folder.scratch(), folder.inbox()] {
            private_folder(&path).map_err(RunError::io("create", &path))?;
        }
        Ok(folder)
    }

    /// The folder of a run by its whole id.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(&self, id: &str) -> Result<RunFolder, RunError> {
        check_id(id)?;
        let path = self.0.join(id);
        let is_folder = std::fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir());
        if is_folder {
            Ok(RunFolder { id: id.to_owned(), path })
        } else {
            Err(RunError::Unknown(id.to_owned()))
        }
    }

    /// The run that a person means: an id, a unique beginning of one, or `@last`, which is no child of another one.
    ///
    /// # Errors
    /// When there is none, or several.
    pub fn find(&self, text: &str) -> Result<RunFolder, RunError> {
        if text == "@last" {
            let runs = self.list()?;
            let is_child = |run: &RunFolder| {
                let parents = run.id.match_indices('.').filter_map(|(at, _)| run.id.get(..at));
                parents.into_iter().any(|parent| runs.iter().any(|other| other.id == parent))
            };
            let last = runs.iter().find(|run| !is_child(run)).cloned();
            return last.ok_or_else(|| RunError::Unknown(text.to_owned()));
        }
        if let Ok(folder) = self.open(text) {
            return Ok(folder);
        }
        let mut runs = self.list()?.into_iter().filter(|run| run.id.starts_with(text));
        match (runs.next(), runs.next()) {
            (Some(run), None) => Ok(run),
            (Some(_), Some(_)) => Err(RunError::Ambiguous(text.to_owned())),
            (None, _) => Err(RunError::Unknown(text.to_owned())),
        }
    }

    /// All runs, the last one begun first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> Result<Vec<RunFolder>, RunError> {
        let entries = match std::fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(RunError::io("read", &self.0)(error)),
        };
        let mut runs = Vec::new();
        for entry in entries.flatten() {
            let Ok(id) = entry.file_name().into_string() else { continue };
            let Ok(folder) = self.open(&id) else { continue };
            let begun = std::fs::metadata(folder.source()).and_then(|source| source.modified());
            runs.push((begun.ok(), folder));
        }
        runs.sort_by(|(a, left), (b, right)| b.cmp(a).then_with(|| right.id.cmp(&left.id)));
        Ok(runs.into_iter().map(|(_, folder)| folder).collect())
    }
}

/// The folder of one run.
#[derive(Debug, Clone)]
pub struct RunFolder {
    /// The id of the run.
    pub id: String,
    /// Where it is.
    pub path: PathBuf,
}

impl RunFolder {
    /// The event log.
    pub fn log(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    /// The exact source of the pipeline.
    pub fn source(&self) -> PathBuf {
        self.path.join("graph.dot")
    }

    /// What the run was begun with.
    pub(crate) fn pins(&self) -> PathBuf {
        self.path.join("lock.json")
    }

    /// The report, written when the run ends or rests.
    pub fn report(&self) -> PathBuf {
        self.path.join("final.json")
    }

    /// Whether there is something in its log to go on from. A runner that died in the middle of its first write has left
    /// nothing; the run can be begun anew under its name.
    pub(crate) fn is_begun(&self) -> bool {
        let is_fact = |record: &Record| matches!(record.entry, Entry::Fact(_));
        log::read_whole(&self.log()).map_or(true, |contents| contents.records.iter().any(is_fact))
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.path.join("run.lock")
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.path.join("blobs/sha256")
    }

    pub(crate) fn nodes(&self) -> PathBuf {
        self.path.join("nodes")
    }

    /// Where requests to a live runner are left.
    pub(crate) fn inbox(&self) -> PathBuf {
        self.path.join("inbox")
    }

    /// Where attempts may write as long as they run.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.path.join("scratch")
    }

    /// The folder of an attempt, whose name holds a nonce, so that nothing can be waiting in it.
    pub(crate) fn attempt(&self, node: &str, place: &str, nonce: &str) -> Scratch {
        let name = format!("{place}-{nonce}");
        let mut view = self.nodes();
        view.push(file_name(node));
        view.push(&name);
        Scratch { path: self.scratch().join(name), view }
    }
}

/// An id for a run that was not given one: its time, so that ids sort, and a little randomness.
pub fn new_run_id() -> String {
    let now = jiff::Timestamp::now().to_string();
    let digits: String = now.chars().filter(char::is_ascii_digit).take(14).collect();
    let (day, time) = digits.split_at_checked(8).unwrap_or((&digits, ""));
    let random: String = nonce().chars().take(4).collect();
    format!("{day}-{time}-{random}")
}

fn check_id(id: &str) -> Result<(), RunError> {
    let plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    if id.is_empty() || id.starts_with('.') || id.len() > 200 || !id.chars().all(plain) {
        return Err(RunError::BadId(id.to_owned()));
    }
    Ok(())
}

/// Creates a folder and those above it; the folder itself is for the owner only.
pub(crate) fn private_folder(path: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// A node id as the name of a file. Ids may hold anything; two of them never give the same name.
pub fn file_name(node: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    if !node.is_empty() && node.len() <= 100 && node.chars().all(plain) {
        return node.to_owned();
    }
    let kept: String = node.chars().filter(|&character| plain(character)).take(60).collect();
    format!("{kept}.{:08x}", crc32fast::hash(node.as_bytes()))
}

/// Replaces a file as a whole.
pub(crate) fn write_atomically(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", nonce()));
    let fresh = path.with_file_name(name);
    let written = std::fs::write(&fresh, text).and_then(|()| std::fs::rename(&fresh, path));
    if written.is_err() {
        // The error that counts is the first one.
        let _left = std::fs::remove_file(&fresh);
    }
    written
}
