//! What a check found, and the formats in which it is written.

mod concise;
mod full;

use std::io::{self, Write};
use std::sync::Arc;

use dotwright_diagnostics::{Applicability, Diagnostic, Severity};

use crate::args::Format;

/// The findings of a run.
#[derive(Debug)]
pub(crate) struct Report {
    /// By path.
    pub(crate) files: Vec<FileReport>,
}

/// The findings of one file.
#[derive(Debug)]
pub(crate) struct FileReport {
    pub(crate) name: String,
    pub(crate) source: Arc<str>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Report {
    pub(crate) fn findings(&self) -> impl Iterator<Item = (&FileReport, &Diagnostic)> {
        self.files.iter().flat_map(|file| file.diagnostics.iter().map(move |diagnostic| (file, diagnostic)))
    }

    /// How many findings have this severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.findings().filter(|(_, diagnostic)| diagnostic.severity == severity).count()
    }

    /// How many findings a fix of this kind removes.
    pub(crate) fn fixable(&self, applicability: Applicability) -> usize {
        let fixes = self.findings().filter_map(|(_, diagnostic)| diagnostic.fix.as_ref());
        fixes.filter(|fix| fix.applicability == applicability).count()
    }

    /// The line that ends a run on a terminal.
    pub(crate) fn summary(&self) -> String {
        let severities = [Severity::Error, Severity::Warning, Severity::Info, Severity::Hint];
        let counts = severities.map(|severity| (self.count(severity), severity.as_str()));
        let parts: Vec<String> = counts.into_iter().filter(|(n, _)| *n > 0).map(|(n, s)| counted(n, s)).collect();
        let found = if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") };
        let mut line = format!("{found} in {}", counted(self.files.len(), "file"));
        let (safe, doubtful) = (self.fixable(Applicability::Safe), self.fixable(Applicability::Unsafe));
        if safe > 0 {
            line.push_str(&format!("; {safe} fixable with `--fix`"));
        }
        if doubtful > 0 {
            line.push_str(&format!("; {doubtful} fixable with `--fix --unsafe-fixes`"));
        }
        line.push('\n');
        line
    }
}

/// `1 error`, `2 errors`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Whether a person reads the format, who also wants a summary.
pub(crate) fn is_for_people(format: Format) -> bool {
    match format {
        Format::Full | Format::Concise => true,
    }
}

/// Writes the findings.
pub(crate) fn write(out: &mut dyn Write, report: &Report, format: Format, colors: bool) -> io::Result<()> {
    match format {
        Format::Full => full::write(out, report, colors),
        Format::Concise => concise::write(out, report),
    }
}
