//! Where the end-to-end tests find their data.
//!
//! Shared data lies beside the project (`../shared`) or where `DOTWRIGHT_CORPUS`, `DOTWRIGHT_VECTORS` and
//! `DOTWRIGHT_PROBES` say. A user's clone has none of it; the tests then say so and pass.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests read files and fail loudly"
)]

pub mod checkout;
pub mod deaths;
mod language_client;
pub mod live;
pub mod logs;
mod positions;
pub mod runs;
mod tools;

use std::path::{Path, PathBuf};

pub use language_client::{Answers, LanguageClient};
pub use positions::{Encoding, offset, places, wrong_ranges};
pub use tools::{dotwright_folder, path_with_dotwright, tool};

/// The root of the workspace.
pub fn workspace() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().map_or_else(|| tests.to_owned(), Path::to_owned)
}

/// The folder that `variable` names, by default `../shared/<name>`. `None`, with a line on standard error, when it
/// does not exist.
pub fn shared(variable: &str, name: &str) -> Option<PathBuf> {
    let folder =
        std::env::var_os(variable).map_or_else(|| workspace().join("../shared").join(name), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no {name} at {}, set {variable}", folder.display());
    None
}

/// The files of a shared corpus folder (`pipelines` or `graphviz`) with one of the DOT suffixes, sorted by name.
///
/// # Panics
/// When the folder exists but cannot be read.
pub fn corpus(folder: &str) -> Vec<(String, Vec<u8>)> {
    let Some(corpus) = shared("DOTWRIGHT_CORPUS", "corpus") else { return Vec::new() };
    let folder = corpus.join(folder);
    let Ok(entries) = std::fs::read_dir(&folder) else { panic!("cannot read {}", folder.display()) };
    let mut files: Vec<(String, Vec<u8>)> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?.to_owned();
            let is_dot = ["dot", "gv"].contains(&path.extension()?.to_str()?);
            is_dot.then(|| std::fs::read(&path).map(|bytes| (name, bytes)).ok())?
        })
        .collect();
    files.sort();
    files
}
