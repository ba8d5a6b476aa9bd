//! Links to prompts, scripts, child pipelines and web pages.

use dotwright_diagnostics::TextRange;

use crate::document::Document;
use crate::files::Files;

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkTarget {
    /// A file that exists, by its path.
    File(String),
    /// A web page.
    Url(String),
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentLink {
    /// What to click.
    pub range: TextRange,
    /// Where it leads.
    pub target: LinkTarget,
    /// What it is.
    pub tooltip: String,
}

/// The links of a document. Files that are missing are no links.
pub fn document_links(_document: &Document, _files: &dyn Files) -> Vec<DocumentLink> {
    Vec::new()
}
