//! Finds the pipelines among the files that a person names.
//!
//! A file that is named is taken whatever it is called; a folder is searched for names that hold pipelines, and what
//! version control ignores is left out, so that a copy in `node_modules` is nobody's finding.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

/// Endings of file names that hold pipelines unless configuration says otherwise.
pub(crate) const EXTENSIONS: [&str; 3] = ["dot", "gv", "fabro"];

/// A file to work on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The path, below the one that was named.
    pub path: PathBuf,
    /// True when it was named itself and not found in a folder.
    pub named: bool,
}

/// A path that cannot be searched.
#[derive(Debug)]
pub struct FileError {
    /// The path.
    pub path: PathBuf,
    /// Why not.
    pub error: io::Error,
}

/// The files that `paths` stand for, sorted and each once. `accept` decides about files found in folders.
///
/// # Errors
/// [`FileError`] for the first path that does not exist or cannot be read.
pub fn find_files(paths: &[PathBuf], mut accept: impl FnMut(&Path) -> bool) -> Result<Vec<Found>, FileError> {
    let mut found = Vec::new();
    for path in paths {
        let metadata = std::fs::metadata(path).map_err(|error| FileError { path: path.clone(), error })?;
        if metadata.is_dir() {
            search(path, &mut accept, &mut found)?;
        } else {
            found.push(Found { path: path.clone(), named: true });
        }
    }
    found.sort_by(|a, b| (&a.path, !a.named).cmp(&(&b.path, !b.named)));
    found.dedup_by(|later, first| later.path == first.path);
    Ok(found)
}

fn search(
    folder: &Path,
    accept: &mut impl FnMut(&Path) -> bool,
    found: &mut Vec<Found>,
) -> Result<(), FileError> {
    let walk = WalkBuilder::new(folder)
        .hidden(false)
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != OsStr::new(".git"))
        .build();
    for entry in walk {
        let entry = entry.map_err(|error| FileError {
            path: folder.to_owned(),
            error: error.into_io_error().unwrap_or_else(|| io::Error::other("it cannot be searched")),
        })?;
        if entry.file_type().is_some_and(|kind| !kind.is_dir()) {
            let path = entry.path();
            let path = path.strip_prefix(".").unwrap_or(path);
            if accept(path) {
                found.push(Found { path: path.to_owned(), named: false });
            }
        }
    }
    Ok(())
}

/// Whether a file has one of [`EXTENSIONS`].
pub(crate) fn has_pipeline_extension(path: &Path) -> bool {
    path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known))
}
