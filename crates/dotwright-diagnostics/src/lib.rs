//! The vocabulary of findings: where, how bad, what to say and what to write instead.
//!
//! This crate is the leaf of the workspace. It knows byte offsets and text, nothing of DOT, rules, files or
//! terminals, so that the parser, the linter, the formatter and the editors can all speak it.

mod edit;
mod range;
mod suggest;

pub use edit::{EditError, TextEdit, apply_edits};
pub use range::TextRange;
pub use suggest::{did_you_mean, edit_distance};

/// How much a finding matters. The order is the order of concern: `Hint < Info < Warning < Error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Advice, shown in editors and on request; never counts for an exit code.
    Hint,
    /// Worth knowing.
    Info,
    /// Very probably a defect, or a defect on some paths.
    Warning,
    /// The runner fails or does something else than the text says.
    Error,
}

impl Severity {
    /// The word that users write and read: `hint`, `info`, `warning`, `error`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Hint => "hint",
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Who may apply a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Applicability {
    /// Keeps the meaning of the file in every profile: `--fix` applies it.
    Safe,
    /// May change what the pipeline does: a person confirms it, or `--unsafe-fixes` does.
    Unsafe,
    /// Shown as a suggestion, never applied.
    Display,
}

impl Applicability {
    /// The word used in output formats: `safe`, `unsafe`, `display`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
            Applicability::Display => "display",
        }
    }
}

/// A second place that belongs to a finding, with what it has to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Byte range in the same file.
    pub range: TextRange,
    /// Lower case, no full stop.
    pub message: String,
}

/// A repair: edits of one file that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What the edits do, as an imperative: "insert `,` after `a=1`".
    pub title: String,
    /// Disjoint edits in the file of the finding.
    pub edits: Vec<TextEdit>,
    /// Who may apply it.
    pub applicability: Applicability,
}

/// One finding about one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Name of the rule, in kebab case.
    pub rule: &'static str,
    /// Level after profile, preset and configuration had their say.
    pub severity: Severity,
    /// One fact, with the names in it.
    pub message: String,
    /// One instruction.
    pub help: Option<String>,
    /// Primary byte range.
    pub range: TextRange,
    /// Secondary places, in the order in which they explain the finding.
    pub labels: Vec<Label>,
    /// The repair, where there is one.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A finding without help, labels or fix.
    pub fn new(rule: &'static str, severity: Severity, range: TextRange, message: impl Into<String>) -> Self {
        Diagnostic {
            rule,
            severity,
            message: message.into(),
            help: None,
            range,
            labels: Vec::new(),
            fix: None,
        }
    }

    /// Adds the instruction.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a secondary place.
    #[must_use]
    pub fn label(mut self, range: TextRange, message: impl Into<String>) -> Self {
        self.labels.push(Label { range, message: message.into() });
        self
    }

    /// Adds the repair.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }
}
