//! What is expected behind `key=`, in a condition and in a stylesheet.

use dotwright_diagnostics::TextRange;

use crate::document::Document;

/// One part of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterHelp {
    /// Its bytes in [`SignatureHelp::label`].
    pub range: TextRange,
    /// What goes there, in Markdown.
    pub documentation: String,
}

/// A signature and the part that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureHelp {
    /// `key operator literal`.
    pub label: String,
    /// More about it, in Markdown.
    pub documentation: String,
    /// Its parts.
    pub parameters: Vec<ParameterHelp>,
    /// The part at the cursor.
    pub active: u32,
}

/// The signature of what is being written at the cursor.
pub fn signature_help(_document: &Document, _offset: u32) -> Option<SignatureHelp> {
    None
}
