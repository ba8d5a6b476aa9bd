//! The `dotwright.toml` of a file: the nearest one upwards, read again when it changed.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dotwright_config::{ConfigError, Configuration, FILE_NAME};

use crate::disk::Stamp;

/// All configuration files that were needed so far.
#[derive(Debug, Default)]
pub(crate) struct Configurations {
    state: Mutex<State>,
    /// That of files without one.
    none: Arc<Configuration>,
}

#[derive(Debug, Default)]
struct State {
    files: HashMap<PathBuf, Read>,
    /// The configuration file of each folder; only while the client says when files change.
    folders: Option<HashMap<PathBuf, Option<PathBuf>>>,
    /// Files of which the client knows that something is wrong.
    broken: HashSet<PathBuf>,
    /// What became of files and was not told yet.
    problems: Vec<Problem>,
}

/// What is wrong with a configuration file, or that nothing is any more.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) path: PathBuf,
    pub(crate) error: Option<Arc<ConfigError>>,
}

impl Problem {
    /// What the user should know; nothing when the file was mended.
    pub(crate) fn message(&self) -> Option<String> {
        let error = self.error.as_ref()?;
        Some(format!("`{}` cannot be used: {error}", self.path.display()))
    }
}

#[derive(Debug)]
struct Read {
    stamp: Stamp,
    /// The last content that could be used.
    configuration: Option<Arc<Configuration>>,
}

impl Configurations {
    /// The configuration of a file, which need not exist. One that cannot be used is as it was before.
    pub(crate) fn of(&self, file: &Path) -> Arc<Configuration> {
        let mut state = self.lock();
        let found = file.parent().and_then(|folder| state.find(folder));
        found.and_then(|path| state.read(&path)).unwrap_or_else(|| Arc::clone(&self.none))
    }

    /// Whether the client says when files change; until then every question looks at the disk.
    pub(crate) fn watched(&self, watched: bool) {
        self.lock().folders = watched.then(HashMap::new);
    }

    /// Looks for files anew.
    pub(crate) fn forget(&self) {
        let mut state = self.lock();
        if let Some(folders) = &mut state.folders {
            folders.clear();
        }
        state.files.clear();
    }

    /// What is wrong with configuration files, each time it changes.
    pub(crate) fn take_problems(&self) -> Vec<Problem> {
        let mut state = self.lock();
        let mut problems = std::mem::take(&mut state.problems);
        let gone = state.broken.extract_if(|path| !path.is_file());
        problems.extend(gone.map(|path| Problem { path, error: None }));
        problems
    }

    /// The files that were read, sorted.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = self.lock().files.keys().cloned().collect();
        files.sort();
        files
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn find(&mut self, folder: &Path) -> Option<PathBuf> {
        if let Some(found) = self.folders.as_ref().and_then(|folders| folders.get(folder)) {
            return found.clone();
        }
        let found = folder.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file());
        if let Some(folders) = &mut self.folders {
            folders.insert(folder.to_owned(), found.clone());
        }
        found
    }

    fn read(&mut self, path: &Path) -> Option<Arc<Configuration>> {
        let known = self.files.get(path);
        if let (Some(known), Some(_)) = (known, &self.folders) {
            return known.configuration.clone();
        }
        let stamp = Stamp::of(path)?;
        if let Some(known) = known.filter(|known| known.stamp == stamp) {
            return known.configuration.clone();
        }
        let configuration = match Configuration::read(path) {
            Ok(configuration) => {
                if self.broken.remove(path) {
                    self.problems.push(Problem { path: path.to_owned(), error: None });
                }
                Some(Arc::new(configuration))
            }
            Err(error) => {
                self.broken.insert(path.to_owned());
                self.problems.push(Problem { path: path.to_owned(), error: Some(Arc::new(error)) });
                known.and_then(|known| known.configuration.clone())
            }
        };
        self.files.insert(path.to_owned(), Read { stamp, configuration: configuration.clone() });
        configuration
    }
}
