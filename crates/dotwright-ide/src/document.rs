//! One immutable text with everything that is known about it, each part worked out when a feature first asks for it.

use std::sync::{Arc, OnceLock};

use dotwright_diagnostics::{Diagnostic, Severity, TextRange};
use dotwright_engine::Analysis;
use dotwright_lint::{Category, CheckResult, External, Layer, Selector, Settings, check};
use dotwright_model::Pipeline;
use dotwright_syntax::ast::Ast;
use dotwright_syntax::{Parse, from_bytes, parse};

use crate::lines::{LineIndex, floor_char_boundary};
use crate::names::NameIndex;

/// Above this length only the syntax of a text is checked.
pub const MAX_CHECKED_BYTES: usize = 2 << 20;

/// One version of a text. Cheap to share, never changed: an edit makes a new one.
#[derive(Debug)]
pub struct Document {
    source: Arc<str>,
    settings: Arc<Settings>,
    parse: Arc<Parse>,
    lines: LineIndex,
    pipeline: OnceLock<Pipeline>,
    findings: OnceLock<CheckResult>,
    names: OnceLock<NameIndex>,
}

impl Document {
    /// Parses a text; everything else waits until it is asked for.
    pub fn new(text: impl Into<Arc<str>>, settings: Arc<Settings>) -> Document {
        let source = text.into();
        let parse = parse(&source);
        Document::of(source, parse, settings)
    }

    /// Reads a file that may not be UTF-8: stray bytes become `?`, each reported.
    pub fn from_bytes(bytes: &[u8], settings: Arc<Settings>) -> Document {
        let (text, errors) = from_bytes(bytes);
        let mut parse = parse(&text);
        parse.errors.extend(errors);
        parse.errors.sort_by_key(|error| error.range.start);
        Document::of(text.into(), parse, settings)
    }

    fn of(source: Arc<str>, parse: Parse, settings: Arc<Settings>) -> Document {
        let lines = LineIndex::new(&source);
        Document {
            source,
            settings,
            parse: Arc::new(parse),
            lines,
            pipeline: OnceLock::new(),
            findings: OnceLock::new(),
            names: OnceLock::new(),
        }
    }

    /// The text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text, shared.
    pub fn shared_source(&self) -> Arc<str> {
        Arc::clone(&self.source)
    }

    /// The settings it is read and checked with.
    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// Tokens, comments, tree and syntax errors.
    pub fn syntax(&self) -> &Parse {
        &self.parse
    }

    /// Its lines.
    pub fn lines(&self) -> &LineIndex {
        &self.lines
    }

    /// The first graph of the text as the profile reads it.
    pub fn pipeline(&self) -> &Pipeline {
        self.pipeline.get_or_init(|| {
            Pipeline::new(Arc::clone(&self.source), Arc::clone(&self.parse), self.settings.profile)
        })
    }

    /// What the pipeline means. Worked out anew at each call.
    pub(crate) fn analysis(&self) -> Analysis<'_> {
        Analysis::new(self.pipeline())
    }

    /// What the linter finds without outside analysers.
    pub fn findings(&self) -> &CheckResult {
        self.findings.get_or_init(|| self.check(&External::default()))
    }

    /// What the linter finds without outside analysers, if somebody has asked for it.
    pub(crate) fn known_findings(&self) -> Option<&CheckResult> {
        self.findings.get()
    }

    /// What the linter finds, with what outside analysers such as shellcheck found.
    pub fn check(&self, external: &External) -> CheckResult {
        if self.source.len() <= MAX_CHECKED_BYTES {
            return check(self.pipeline(), &self.settings, external);
        }
        let others = Category::ALL.into_iter().filter(|category| *category != Category::Syntax);
        let mut settings = Settings::clone(&self.settings);
        let ignore = others.map(Selector::Category).collect();
        settings.selection.layers.push(Layer { ignore, ..Layer::default() });
        let mut result = check(self.pipeline(), &settings, external);
        let message = "only the syntax is checked, because the file is larger than 2 MiB";
        let finding =
            Diagnostic::new("syntax-error", Severity::Info, self.pipeline().header_range(), message);
        result.diagnostics.push(finding.help("split the pipeline, or move its prompts to files"));
        result
    }

    /// Where nodes, classes, context keys and variables are named.
    pub(crate) fn names(&self) -> &NameIndex {
        self.names.get_or_init(|| NameIndex::new(self))
    }

    pub(crate) fn ast(&self) -> &Ast {
        &self.parse.ast
    }

    /// An offset that may come from outside, moved to a character boundary of the text.
    pub(crate) fn clamp(&self, offset: u32) -> u32 {
        floor_char_boundary(&self.source, offset)
    }

    /// The whole text.
    pub(crate) fn range(&self) -> TextRange {
        TextRange::new(0, self.source.len() as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_can_be_shared_between_threads() {
        fn is_shared<T: Send + Sync>() {}
        is_shared::<Document>();
    }

    #[test]
    fn of_a_huge_file_only_the_syntax_is_checked() {
        let prompt = "x".repeat(MAX_CHECKED_BYTES);
        let document = crate::test_support::document(&format!("digraph {{ a [prompt=\"{prompt}\"] "));
        let findings: Vec<_> = document.findings().diagnostics.iter().map(|found| found.severity).collect();
        assert_eq!(findings, [Severity::Error, Severity::Info]);
    }

    #[test]
    fn stray_bytes_are_reported() {
        let document = Document::from_bytes(b"digraph { a\xff }", Arc::new(Settings::default()));
        assert_eq!(document.source(), "digraph { a? }");
        assert!(document.findings().diagnostics.iter().any(|found| found.rule == "syntax-error"));
    }
}
