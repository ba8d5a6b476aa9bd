//! What can be written at the cursor.

use dotwright_diagnostics::TextEdit;

use crate::document::Document;
use crate::files::Files;

/// What an item stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CompletionKind {
    /// A node id.
    Node,
    /// An attribute name.
    Attribute,
    /// A value of an enum.
    Value,
    /// A keyword.
    Keyword,
    /// An operator of a condition.
    Operator,
    /// A key of a condition.
    ConditionKey,
    /// A class.
    Class,
    /// A property of a stylesheet.
    Property,
    /// A variable of a prompt.
    Variable,
    /// A colour.
    Color,
    /// A file.
    File,
    /// A folder.
    Folder,
    /// Several lines with places to fill in.
    Snippet,
}

/// Something to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionItem {
    /// What the list shows.
    pub label: String,
    /// What it stands for.
    pub kind: CompletionKind,
    /// A few words beside the label.
    pub detail: Option<String>,
    /// The change; a snippet in the syntax of LSP when `is_snippet`.
    pub edit: TextEdit,
    /// What the typed text is compared with, where that is not the label.
    pub filter: Option<String>,
    /// Order in the list; equal ones by label.
    pub rank: u8,
    /// Whether `edit` holds places to fill in.
    pub is_snippet: bool,
    /// Whether it is an old spelling.
    pub is_deprecated: bool,
    /// What [`resolve_completion`] takes; none where there is nothing to add.
    pub documentation: Option<String>,
}

/// The answer of [`completion()`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completion {
    /// What can be written.
    pub items: Vec<CompletionItem>,
    /// True when more typing can bring other items.
    pub is_incomplete: bool,
}

/// What can be written at the cursor.
pub fn completion(_document: &Document, _offset: u32, _files: &dyn Files) -> Completion {
    Completion::default()
}

/// The documentation of an item, in Markdown.
pub fn resolve_completion(_document: &Document, _documentation: &str) -> Option<String> {
    None
}
