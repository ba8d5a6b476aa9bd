//! Colours in `color`, `fillcolor` and the like, and other ways to write one.

use dotwright_diagnostics::{TextEdit, TextRange};

use crate::document::Document;

/// A colour; all parts are from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Color {
    /// Red.
    pub red: f64,
    /// Green.
    pub green: f64,
    /// Blue.
    pub blue: f64,
    /// 0 for transparent.
    pub alpha: f64,
}

/// A colour and where it is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColorInformation {
    /// The colour's bytes, without quotes.
    pub range: TextRange,
    /// The colour.
    pub color: Color,
}

/// The colours of a document.
pub fn document_colors(_document: &Document) -> Vec<ColorInformation> {
    Vec::new()
}

/// Ways to write a colour at a place: the label to show, and the edit.
pub fn color_presentations(_document: &Document, _range: TextRange, _color: Color) -> Vec<(String, TextEdit)> {
    Vec::new()
}
