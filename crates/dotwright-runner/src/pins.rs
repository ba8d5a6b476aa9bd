//! `lock.json`: what a run was begun with, as hashes, beside its log. It is written once, so that a person or a program
//! can tell two runs of the same thing from runs of different things without reading a log (section 20.4).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::RunError;
use crate::folder::{RunFolder, write_atomically};
use crate::platform::sha256;
use crate::record::RunCreated;
use crate::setup::Setup;

/// What a run was begun with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pins {
    /// Version of this form.
    pub schema: u32,
    /// SHA-256 of the pipeline's source, which is `graph.dot`.
    pub graph_sha256: String,
    /// The profile by name.
    pub profile: String,
    /// Version of the program.
    pub tool_version: String,
    /// SHA-256 of the table of model prices.
    pub catalogue_sha256: String,
    /// SHA-256 of the value of each input by its key. The values themselves are in the log only.
    pub inputs_sha256: BTreeMap<String, String>,
}

impl Pins {
    pub(crate) fn new(setup: &Setup, created: &RunCreated) -> Pins {
        Pins {
            schema: 1,
            graph_sha256: created.graph_sha256.clone(),
            profile: created.profile.clone(),
            tool_version: created.tool_version.clone(),
            catalogue_sha256: setup.catalogue.sha256.clone(),
            inputs_sha256: setup.inputs.iter().map(|(key, value)| (key.clone(), sha256(value))).collect(),
        }
    }

    /// Writes the file as a whole.
    pub(crate) fn write(&self, folder: &RunFolder) -> Result<(), RunError> {
        let path = folder.pins();
        let text = serde_json::to_string_pretty(self).map_err(std::io::Error::other);
        let written = text.and_then(|text| write_atomically(&path, (text + "\n").as_bytes()));
        written.map_err(RunError::io("write", &path))
    }

    /// Reads the file of a run. One that was forked from a run without has none.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn read(folder: &RunFolder) -> Result<Option<Pins>, RunError> {
        let path = folder.pins();
        match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|error| RunError::io("read", &path)(std::io::Error::other(error))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(RunError::io("read", &path)(error)),
        }
    }

    /// Graph and profile have to be those that the log names, or one of the two files is of another run.
    pub(crate) fn check(folder: &RunFolder, created: &RunCreated) -> Result<(), RunError> {
        let Some(pins) = Pins::read(folder)? else { return Ok(()) };
        let pairs = [
            ("graph_sha256", &pins.graph_sha256, &created.graph_sha256),
            ("profile", &pins.profile, &created.profile),
        ];
        match pairs.into_iter().find(|(_, pinned, logged)| pinned != logged) {
            Some((what, pinned, logged)) => Err(RunError::OtherPins {
                path: folder.pins(),
                what,
                pinned: pinned.clone(),
                logged: logged.clone(),
            }),
            None => Ok(()),
        }
    }
}
