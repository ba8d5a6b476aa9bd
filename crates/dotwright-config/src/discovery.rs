//! Finds the configuration of a file: the nearest `dotwright.toml` upwards, which alone counts.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::configuration::Configuration;
use crate::error::ConfigError;

/// The name of configuration files.
pub const FILE_NAME: &str = "dotwright.toml";

/// Finds configuration files and reads each once.
#[derive(Debug)]
pub struct Discovery {
    /// The configuration of every file, where it is not searched for.
    fixed: Option<Arc<Configuration>>,
    folders: HashMap<PathBuf, Arc<Configuration>>,
    /// That of files without one.
    none: Arc<Configuration>,
}

impl Discovery {
    /// Searches upwards from each file.
    pub fn upwards() -> Discovery {
        Discovery { fixed: None, folders: HashMap::new(), none: Arc::default() }
    }

    /// Ignores all configuration files.
    pub fn isolated() -> Discovery {
        Discovery { fixed: Some(Arc::default()), ..Discovery::upwards() }
    }

    /// Takes one file for everything.
    ///
    /// # Errors
    /// [`ConfigError`] when that file cannot be used.
    pub fn file(path: &Path) -> Result<Discovery, ConfigError> {
        let fixed = Some(Arc::new(Configuration::read(path)?));
        Ok(Discovery { fixed, ..Discovery::upwards() })
    }

    /// The configuration of a file, which need not exist.
    ///
    /// # Errors
    /// [`ConfigError`] when the nearest configuration file cannot be used.
    pub fn configuration(&mut self, file: &Path) -> Result<Arc<Configuration>, ConfigError> {
        if let Some(fixed) = &self.fixed {
            return Ok(Arc::clone(fixed));
        }
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let Some(folder) = file.parent() else { return Ok(Arc::clone(&self.none)) };
        let mut seen = Vec::new();
        let mut found = Arc::clone(&self.none);
        for folder in folder.ancestors() {
            if let Some(known) = self.folders.get(folder) {
                found = Arc::clone(known);
                break;
            }
            seen.push(folder);
            let candidate = folder.join(FILE_NAME);
            if candidate.is_file() {
                found = Arc::new(Configuration::read(&candidate)?);
                break;
            }
        }
        for folder in seen {
            self.folders.insert(folder.to_owned(), Arc::clone(&found));
        }
        Ok(found)
    }

    /// Every configuration file that was read, by path.
    pub fn read_files(&self) -> Vec<Arc<Configuration>> {
        let all = self.fixed.iter().chain(self.folders.values()).filter(|known| known.path().is_some());
        let mut files: Vec<Arc<Configuration>> = all.cloned().collect();
        files.sort_by(|a, b| a.path().cmp(&b.path()));
        files.dedup_by(|a, b| Arc::ptr_eq(a, b));
        files
    }
}
