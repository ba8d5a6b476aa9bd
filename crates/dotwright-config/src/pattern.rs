//! File patterns as `.gitignore` users know them.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

use crate::error::Mistake;
use crate::name::Name;

/// One pattern.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    glob: GlobMatcher,
    /// Without `/` it is compared with file names.
    names_only: bool,
}

impl Pattern {
    pub(crate) fn new(name: &Name) -> Result<Pattern, Mistake> {
        let text = name.text.strip_prefix("./").unwrap_or(&name.text);
        let whole_folder = text.strip_suffix('/').map(|folder| format!("{folder}/**"));
        let text = whole_folder.as_deref().unwrap_or(text);
        let built = GlobBuilder::new(text).literal_separator(true).build();
        match built {
            Ok(glob) => Ok(Pattern { glob: glob.compile_matcher(), names_only: !text.contains('/') }),
            Err(error) => Err(Mistake {
                range: name.range,
                message: format!("`{text}` is no file pattern: {}", error.kind()),
                help: None,
            }),
        }
    }

    pub(crate) fn all(names: &[Name]) -> Result<Vec<Pattern>, Mistake> {
        names.iter().map(Pattern::new).collect()
    }

    /// Compares with a path from the folder of the configuration file.
    pub(crate) fn matches(&self, path: &Path) -> bool {
        if self.names_only {
            return path.file_name().is_some_and(|name| self.glob.is_match(name)) || self.glob.is_match(path);
        }
        self.glob.is_match(path)
    }
}
