//! Reads the shared test vectors, which live outside the repository.

#![allow(clippy::disallowed_methods, reason = "the vectors are files outside the crate")]

use std::path::PathBuf;

/// One test vector: a JSON object.
#[derive(Debug)]
pub(crate) struct Case(serde_json::Value);

impl Case {
    #[track_caller]
    pub(crate) fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap()
    }

    #[track_caller]
    pub(crate) fn flag(&self, field: &str) -> bool {
        self.0[field].as_bool().unwrap()
    }

    pub(crate) fn number(&self, field: &str) -> Option<u64> {
        self.0[field].as_u64()
    }

    pub(crate) fn is(&self, field: &str, text: &str) -> bool {
        self.0[field].as_str() == Some(text)
    }
}

/// The cases of one file of `DOTWRIGHT_VECTORS`, else of `../shared/vectors` beside the workspace.
pub(crate) fn load(file: &str) -> Option<Vec<Case>> {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let default = workspace.join("../shared/vectors");
    let folder = std::env::var_os("DOTWRIGHT_VECTORS").map_or(default, PathBuf::from);
    let Ok(text) = std::fs::read_to_string(folder.join(file)) else {
        eprintln!("skipped: no vectors at {}", folder.join(file).display());
        return None;
    };
    let cases: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    Some(cases.into_iter().map(Case).collect())
}
