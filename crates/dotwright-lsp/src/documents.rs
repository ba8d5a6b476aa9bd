//! Open buffers, kept equal to the client's.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use dotwright_ide::{Encoding, LineIndex};
use tower_lsp::ls_types::{TextDocumentContentChangeEvent, Uri};

use crate::from_proto;
use crate::snapshot::{Buffer, FileSettings};

/// A buffer of the client.
#[derive(Debug)]
pub(crate) struct OpenDocument {
    pub(crate) uri: Uri,
    pub(crate) path: Option<PathBuf>,
    pub(crate) version: i32,
    text: String,
    pub(crate) settings: Arc<FileSettings>,
    /// The state as requests see it, until the next edit.
    current: Option<Arc<Buffer>>,
    /// Counts edits and changes of settings; what a worker found for another state is old.
    pub(crate) state: u64,
    /// The state whose findings the client has, or is about to get.
    pub(crate) reported: Option<u64>,
    /// Whether a worker looks for findings.
    pub(crate) is_checked: bool,
}

impl OpenDocument {
    pub(crate) fn new(uri: Uri, version: i32, text: String, settings: Arc<FileSettings>) -> OpenDocument {
        let path = from_proto::path(&uri);
        let (current, reported) = (None, None);
        OpenDocument { uri, path, version, text, settings, current, state: 0, reported, is_checked: false }
    }

    /// Applies edits in their order; each counts from what the one before left.
    pub(crate) fn apply(
        &mut self,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) {
        // Where the lines start is known for a text that was looked at, and one edit is what most changes are.
        let known = self.current.take();
        let known = known.as_ref().and_then(|buffer| buffer.known_document());
        let mut known = known.map(|document| document.lines());
        for change in changes {
            apply(&mut self.text, known.take(), change, encoding);
        }
        self.version = version;
        self.touch();
    }

    /// Takes other settings.
    pub(crate) fn configure(&mut self, settings: Arc<FileSettings>) {
        if !Arc::ptr_eq(&self.settings, &settings) {
            self.settings = settings;
            self.touch();
        }
    }

    /// Makes what is known about the document old.
    pub(crate) fn touch(&mut self) {
        self.state += 1;
        self.current = None;
    }

    /// The document as it is now.
    pub(crate) fn buffer(&mut self) -> Arc<Buffer> {
        let current = self.current.get_or_insert_with(|| {
            let text = Arc::from(self.text.as_str());
            Arc::new(Buffer::new(
                self.uri.clone(),
                self.path.clone(),
                Some(self.version),
                text,
                Arc::clone(&self.settings),
            ))
        });
        Arc::clone(current)
    }
}

/// Applies one edit. `known` are the lines of the text, where somebody has them.
fn apply(
    text: &mut String,
    known: Option<&LineIndex>,
    change: TextDocumentContentChangeEvent,
    encoding: Encoding,
) {
    let Some(range) = change.range else {
        *text = change.text;
        return;
    };
    let lines = known.map_or_else(|| Cow::Owned(LineIndex::new(text)), Cow::Borrowed);
    let start = lines.offset(text, from_proto::position(range.start), encoding) as usize;
    let end = lines.offset(text, from_proto::position(range.end), encoding) as usize;
    text.replace_range(start.min(end)..end.max(start), &change.text);
}

#[cfg(test)]
mod tests {
    use dotwright_ide::Encoding;
    use tower_lsp::ls_types::{Position, Range, TextDocumentContentChangeEvent};

    #[track_caller]
    fn check(before: &str, from: (u32, u32), to: (u32, u32), new: &str, after: &str) {
        let mut text = before.to_owned();
        let range = Range::new(Position::new(from.0, from.1), Position::new(to.0, to.1));
        let change =
            TextDocumentContentChangeEvent { range: Some(range), range_length: None, text: new.to_owned() };
        super::apply(&mut text, None, change, Encoding::Utf16);
        assert_eq!(text, after);
    }

    #[test]
    fn a_change_replaces_its_range() {
        check("ab\ncd", (0, 1), (1, 1), "-", "a-d");
    }

    #[test]
    fn columns_count_utf16_units() {
        check("x\u{1F600}y", (0, 3), (0, 4), "z", "x\u{1F600}z");
    }

    #[test]
    fn a_range_behind_the_text_means_its_end() {
        check("a", (7, 7), (9, 9), "b", "ab");
    }

    #[test]
    fn a_range_that_is_the_wrong_way_round_is_turned() {
        check("abc", (0, 2), (0, 1), "", "ac");
    }
}
