//! Texts with a cursor, and ranges drawn back into them, for the tests of every feature.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use dotwright_diagnostics::{TextEdit, TextRange, apply_edits};
use dotwright_lint::Settings;

use crate::document::Document;
use crate::files::{Entry, Files};

pub(crate) fn document(source: &str) -> Document {
    Document::new(source, Arc::new(Settings::default()))
}

/// The document of a text without its `$0`, and where that stood.
#[track_caller]
pub(crate) fn cursor(source: &str) -> (Document, u32) {
    let offset = source.find("$0").expect("`$0` marks the cursor");
    (document(&source.replacen("$0", "", 1)), offset as u32)
}

/// `line:column-line:column `text``, from 1.
pub(crate) fn place(document: &Document, range: TextRange) -> String {
    let at = |offset| {
        let position = document.lines().position(document.source(), offset, crate::Encoding::Utf8);
        format!("{}:{}", position.line + 1, position.column + 1)
    };
    format!("{}-{} `{}`", at(range.start), at(range.end), range.text(document.source()).escape_debug())
}

pub(crate) fn places(document: &Document, ranges: impl IntoIterator<Item = TextRange>) -> String {
    let mut text = String::new();
    for range in ranges {
        writeln!(text, "{}", place(document, range)).unwrap();
    }
    text
}

#[track_caller]
pub(crate) fn edited(document: &Document, edits: &[TextEdit]) -> String {
    apply_edits(document.source(), edits).expect("edits fit")
}

/// A workspace in memory.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) path: String,
    pub(crate) texts: BTreeMap<String, String>,
}

impl Workspace {
    pub(crate) fn new(path: &str, texts: &[(&str, &str)]) -> Workspace {
        let texts = texts.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Workspace { path: path.to_owned(), texts: texts.collect() }
    }
}

impl Files for Workspace {
    fn path(&self) -> &str {
        &self.path
    }

    fn read(&self, path: &str) -> Option<Arc<str>> {
        self.texts.get(path).map(|text| text.as_str().into())
    }

    fn exists(&self, path: &str) -> bool {
        self.texts.contains_key(path)
    }

    fn list(&self, folder: &str) -> Vec<Entry> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut entries = BTreeMap::new();
        for rest in self.texts.keys().filter_map(|path| path.strip_prefix(&prefix)) {
            match rest.split_once('/') {
                Some((name, _)) => entries.insert(name.to_owned(), true),
                None => entries.insert(rest.to_owned(), false),
            };
        }
        entries.into_iter().map(|(name, is_folder)| Entry { name, is_folder }).collect()
    }

    fn document(&self, path: &str) -> Option<Arc<Document>> {
        self.texts.get(path).map(|text| Arc::new(document(text)))
    }

    fn pipelines(&self) -> Vec<String> {
        self.texts.keys().filter(|path| path.ends_with(".dot")).cloned().collect()
    }
}
