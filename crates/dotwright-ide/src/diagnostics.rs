//! Findings as editors show them: with tags and the address of their page.

use dotwright_diagnostics::Diagnostic;
use dotwright_lint::{CheckResult, External};

use crate::document::Document;

/// How a finding is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tag {
    /// Faded: nothing depends on it.
    Unnecessary,
    /// Struck through: an old spelling.
    Deprecated,
}

/// A finding with what editors want beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Rule, level, message, help, ranges and fix.
    pub diagnostic: Diagnostic,
    /// How it is drawn.
    pub tags: Vec<Tag>,
}

/// The findings of a document, by offset. With `external`, outside analysers have been asked.
pub fn diagnostics(document: &Document, external: Option<&External>) -> Vec<Finding> {
    let list = |result: &CheckResult| result.diagnostics.iter().map(|found| finding(document, found)).collect();
    match external {
        None => list(document.findings()),
        Some(external) => list(&document.check(external)),
    }
}

/// A finding of the document with its tags.
pub fn finding(_document: &Document, diagnostic: &Diagnostic) -> Finding {
    Finding { diagnostic: diagnostic.clone(), tags: Vec::new() }
}

/// The page of a rule, in Markdown.
pub fn rule_documentation(rule: &str) -> Option<&'static str> {
    dotwright_lint::rule(rule).map(|rule| rule.page)
}
