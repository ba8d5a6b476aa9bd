//! Requests to a live runner: small files in the inbox of its run, each renamed into place whole.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::RunError;
use crate::folder::{RunFolder, write_atomically};
use crate::platform::nonce;

/// What a live runner can be asked for from another process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Cancel the run; `now` without grace for its processes.
    Cancel {
        /// Who asks.
        by: String,
        /// Without grace.
        now: bool,
    },
    /// Start nothing new, and rest.
    Pause {
        /// Who asks.
        by: String,
    },
    /// Tell the next model step something.
    Steer {
        /// What.
        text: String,
        /// Who says it.
        by: String,
    },
    /// An answer to a gate.
    Answer {
        /// The node's id.
        gate: String,
        /// Its visit.
        visit: u32,
        /// A key, label or target.
        choice: String,
        /// Free text.
        text: Option<String>,
        /// Who answers.
        by: String,
    },
}

/// Leaves a request for the runner of a run.
///
/// # Errors
/// When the inbox cannot be written.
pub fn send(folder: &RunFolder, request: &Request) -> Result<(), RunError> {
    let path = folder.inbox().join(format!("{:020}-{}.json", crate::platform::now_millis(), nonce()));
    let text = serde_json::to_vec(request).unwrap_or_default();
    write_atomically(&path, &text).map_err(RunError::io("write", &path))
}

/// Takes what lies in the inbox, in the order of its arrival.
pub(crate) fn take(inbox: &Path) -> Vec<Request> {
    let Ok(entries) = std::fs::read_dir(inbox) else { return Vec::new() };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let request = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        // What cannot be taken away would be carried out again and again.
        if std::fs::remove_file(&path).is_ok() {
            found.extend(request);
        }
    }
    found
}
