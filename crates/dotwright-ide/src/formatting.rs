//! Formatting, by the formatter of the command line.

use dotwright_diagnostics::{TextEdit, TextRange};
pub use dotwright_fmt::Options as FormatOptions;

use crate::document::Document;

/// The edits that format the document; the reason when it is not formatted.
///
/// # Errors
/// A sentence for the user when the file has syntax errors or would change its meaning.
pub fn format(document: &Document, options: &FormatOptions) -> Result<Vec<TextEdit>, String> {
    dotwright_fmt::format(document.source(), document.syntax(), options)
        .map_err(|refusal| refusal.message(document.source()))
}

/// The edits that format the statements which `range` touches.
///
/// # Errors
/// As [`format()`].
pub fn format_range(
    document: &Document,
    range: TextRange,
    options: &FormatOptions,
) -> Result<Vec<TextEdit>, String> {
    dotwright_fmt::format_range(document.source(), document.syntax(), options, range)
        .map_err(|refusal| refusal.message(document.source()))
}

/// The edits after `typed` was typed in front of `offset`: a line break, `}` or `]`.
pub fn format_on_type(
    _document: &Document,
    _offset: u32,
    _typed: char,
    _options: &FormatOptions,
) -> Vec<TextEdit> {
    Vec::new()
}
