//! What a check found, and the formats in which it is written.

mod concise;
mod full;
mod github;
mod gitlab;
mod json;
pub(crate) mod junit;
mod rdjson;
mod sarif;
mod statistics;

use std::io::{self, Write};
use std::sync::Arc;

use dotwright_diagnostics::{Applicability, Diagnostic, Severity};
use dotwright_lint::Suppressed;
use dotwright_model::Profile;

use crate::args::Format;
use crate::fingerprint::Fingerprint;

pub(crate) use full::printable;
pub(crate) use statistics::statistics;

/// The findings of a run.
#[derive(Debug)]
pub(crate) struct Report {
    /// Configuration files first, then pipelines by path.
    pub(crate) files: Vec<FileReport>,
}

/// What kind of file was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    Pipeline,
    Configuration,
}

/// The findings of one file.
#[derive(Debug)]
pub(crate) struct FileReport {
    pub(crate) kind: FileKind,
    pub(crate) name: String,
    pub(crate) source: Arc<str>,
    pub(crate) profile: &'static Profile,
    pub(crate) findings: Vec<Finding>,
    pub(crate) suppressed: Vec<Suppressed>,
}

/// A finding, with what makes it the same one in the next version of the file.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) diagnostic: Diagnostic,
    /// `None` in formats that do not tell it.
    pub(crate) fingerprint: Option<Fingerprint>,
}

impl Report {
    pub(crate) fn findings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.files.iter().flat_map(|file| file.findings.iter().map(|finding| &finding.diagnostic))
    }

    /// How many pipelines were checked.
    pub(crate) fn pipelines(&self) -> usize {
        self.files.iter().filter(|file| file.kind == FileKind::Pipeline).count()
    }

    /// How many findings have this severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.findings().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    /// How many findings a fix of this kind removes.
    pub(crate) fn fixable(&self, applicability: Applicability) -> usize {
        let fixes = self.findings().filter_map(|diagnostic| diagnostic.fix.as_ref());
        fixes.filter(|fix| fix.applicability == applicability).count()
    }

    /// The line that ends a run on a terminal.
    pub(crate) fn summary(&self) -> String {
        let counts = SEVERITIES.map(|severity| (self.count(severity), severity.as_str()));
        let counts = counts.into_iter().filter(|(number, _)| *number > 0);
        let parts: Vec<String> = counts.map(|(number, severity)| counted(number, severity)).collect();
        let found = if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") };
        let mut line = format!("{found} in {}", counted(self.pipelines(), "file"));
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

/// All severities, the worst first.
const SEVERITIES: [Severity; 4] = [Severity::Error, Severity::Warning, Severity::Info, Severity::Hint];

/// `1 error`, `2 errors`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Whether a person reads the format, who also wants a summary.
pub(crate) fn is_for_people(format: Format) -> bool {
    match format {
        Format::Full | Format::Concise => true,
        Format::Json
        | Format::Jsonl
        | Format::Sarif
        | Format::Github
        | Format::Gitlab
        | Format::Junit
        | Format::Rdjson => false,
    }
}

/// Writes the findings.
pub(crate) fn write(out: &mut dyn Write, report: &Report, format: Format, colors: bool) -> io::Result<()> {
    match format {
        Format::Full => full::write(out, report, colors),
        Format::Concise => concise::write(out, report),
        Format::Json => json::write(out, report),
        Format::Jsonl => json::write_lines(out, report),
        Format::Sarif => sarif::write(out, report),
        Format::Github => github::write(out, report),
        Format::Gitlab => gitlab::write(out, report),
        Format::Junit => junit::write(out, report),
        Format::Rdjson => rdjson::write(out, report),
    }
}

/// The page of a rule on the web.
fn rule_link(rule: &str) -> String {
    format!("{}/blob/main/lints/{rule}.md", env!("CARGO_PKG_REPOSITORY"))
}
