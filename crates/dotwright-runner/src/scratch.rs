//! The folder that an attempt may write in, and what of it stays to be looked at (sections 3.4 and 20.4).
//!
//! Most steps leave nothing in their folder, and a file system that has lost many files a moment ago can take longer for a
//! new folder than a shell takes to start. So a folder that is empty in the end serves the next attempt, under another
//! name: every attempt gets a path that nobody knew before. One that holds something becomes the view of its attempt below
//! `nodes`, with links to what it wrote, and stays where it was by a link.

use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Empty folders of attempts that are over.
#[derive(Debug, Default)]
pub(crate) struct Spares(Mutex<Vec<PathBuf>>);

impl Spares {
    pub(crate) fn give(&self, folder: PathBuf) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(folder);
    }

    pub(crate) fn take(&self) -> Option<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Removes them at the end of a run.
    pub(crate) fn remove(&self) {
        while let Some(folder) = self.take() {
            // One that holds something by now has to stay.
            let _kept = std::fs::remove_dir(folder);
        }
    }
}

/// Where an attempt may write, and where what it leaves is to be seen.
#[derive(Debug, Clone)]
pub(crate) struct Scratch {
    pub(crate) path: PathBuf,
    pub(crate) view: PathBuf,
}

/// What an attempt wrote: the name in its view, and the digest of the text.
pub(crate) type Written = (&'static str, String);

impl Scratch {
    /// Makes the folder, from an empty one if there is one. The folder around it has to be there: a folder of a run that is
    /// gone does not come back.
    pub(crate) fn open(&self, spare: Option<&Path>) -> Result<()> {
        match spare.map(|spare| std::fs::rename(spare, &self.path)) {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => owned_folder(&self.path),
        }
    }

    /// Makes a view of what the attempt leaves, or gives the folder back, which is empty.
    pub(crate) fn close(&self, written: &[Written]) -> Result<Option<PathBuf>> {
        match std::fs::symlink_metadata(&self.path) {
            Ok(found) if found.is_dir() => {}
            // The step removed it or put something else in its place.
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        }
        if written.is_empty() && std::fs::read_dir(&self.path)?.next().is_none() {
            return Ok(Some(self.path.clone()));
        }
        if let Some(node) = self.view.parent() {
            owned_folder(node).or_else(unless_there)?;
        }
        std::fs::rename(&self.path, &self.view)?;
        symlink(link(&self.view, "..", 3), &self.path)?;
        for (name, digest) in written {
            let blob = Path::new("../../../blobs/sha256").join(digest);
            // A file of this name that the step made itself stays.
            symlink(blob, self.view.join(name)).or_else(unless_there)?;
        }
        Ok(None)
    }
}

/// The way to the last `count` parts of a path.
fn link(path: &Path, to: &str, count: usize) -> PathBuf {
    let parts: Vec<_> = path.components().collect();
    let last = parts.get(parts.len().saturating_sub(count)..).unwrap_or_default();
    Path::new(to).components().chain(last.iter().copied()).collect()
}

fn owned_folder(path: &Path) -> Result<()> {
    std::fs::DirBuilder::new().mode(0o700).create(path)
}

fn unless_there(error: Error) -> Result<()> {
    if error.kind() == ErrorKind::AlreadyExists { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of a run with what attempts need.
    fn run() -> tempfile::TempDir {
        let run = tempfile::tempdir().unwrap();
        for folder in ["scratch", "nodes", "blobs/sha256"] {
            std::fs::create_dir_all(run.path().join(folder)).unwrap();
        }
        std::fs::write(run.path().join("blobs/sha256/abc"), "said").unwrap();
        run
    }

    fn scratch(run: &tempfile::TempDir, name: &str) -> Scratch {
        Scratch {
            path: run.path().join("scratch").join(name),
            view: run.path().join("nodes/work").join(name),
        }
    }

    #[test]
    fn an_empty_folder_serves_the_next_attempt_under_its_own_name() {
        let run = run();
        let (first, second) = (scratch(&run, "1"), scratch(&run, "2"));
        first.open(None).unwrap();
        let spare = first.close(&[]).unwrap();
        assert_eq!(spare.as_ref(), Some(&first.path));
        second.open(spare.as_deref()).unwrap();
        assert!(second.path.is_dir() && !first.path.exists());
        assert_eq!(std::fs::read_dir(run.path().join("nodes")).unwrap().count(), 0);
    }

    #[test]
    fn what_a_step_leaves_is_seen_below_nodes_and_where_it_was() {
        let run = run();
        let scratch = scratch(&run, "1");
        scratch.open(None).unwrap();
        std::fs::write(scratch.path.join("report"), "found").unwrap();
        assert_eq!(scratch.close(&[("stdout", "abc".to_owned())]).unwrap(), None);
        let read = |path: PathBuf| std::fs::read_to_string(path).unwrap();
        assert_eq!(read(scratch.view.join("report")), "found");
        assert_eq!(read(scratch.view.join("stdout")), "said");
        assert_eq!(read(scratch.path.join("report")), "found");
        assert!(!std::fs::symlink_metadata(&scratch.view).unwrap().is_symlink());
    }

    #[test]
    fn a_spare_folder_that_is_gone_is_made_anew() {
        let run = run();
        scratch(&run, "2").open(Some(&run.path().join("scratch/1"))).unwrap();
        assert!(run.path().join("scratch/2").is_dir());
    }

    #[test]
    fn a_link_in_place_of_the_folder_is_neither_kept_nor_used_again() {
        let run = run();
        let scratch = scratch(&run, "1");
        symlink(run.path().join("nodes"), &scratch.path).unwrap();
        assert_eq!(scratch.close(&[]).unwrap(), None);
    }

    #[test]
    fn a_file_that_the_step_made_itself_stays() {
        let run = run();
        let scratch = scratch(&run, "1");
        scratch.open(None).unwrap();
        std::fs::write(scratch.path.join("stdout"), "own").unwrap();
        scratch.close(&[("stdout", "abc".to_owned())]).unwrap();
        assert_eq!(std::fs::read_to_string(scratch.view.join("stdout")).unwrap(), "own");
    }
}
