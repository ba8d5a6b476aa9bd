//! The JSON document, whose schema is published: fields are added, never changed.

use std::io::{self, Write};

use dotwright_diagnostics::{Severity, TextRange};
use serde::Serialize;

use super::{FileReport, Finding, Report, rule_link};
use crate::fingerprint::Fingerprint;
use crate::position::{Lines, Position};

/// The version of the document.
const SCHEMA: u32 = 1;

/// The findings of `dotwright check`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(title = "dotwright check --format json"))]
struct Document<'r> {
    /// The version of this format; it changes only when a field changes its meaning.
    schema: u32,
    /// The program.
    tool: Tool,
    /// The findings by file and place.
    diagnostics: Vec<Entry<'r>>,
    /// The files that were checked.
    files: Vec<&'r str>,
    /// How many findings there are.
    summary: Summary,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Summary {
    errors: usize,
    warnings: usize,
    infos: usize,
    hints: usize,
    /// Findings that comments allow; they are not listed.
    suppressed: usize,
}

/// One finding.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Entry<'r> {
    /// The name of the rule.
    rule: &'r str,
    /// Other names of the rule.
    aliases: Vec<&'static str>,
    /// The category of the rule.
    category: Option<&'static str>,
    #[cfg_attr(test, schemars(with = "SeveritySchema"))]
    severity: &'static str,
    /// The profile under which the file was read.
    profile: &'static str,
    /// The fact.
    message: &'r str,
    /// The instruction.
    help: Option<&'r str>,
    /// The path as it was given, with `/` between folders.
    file: &'r str,
    range: Range,
    /// Further places, in the order in which they explain the finding.
    labels: Vec<LabelEntry<'r>>,
    fix: Option<FixEntry<'r>>,
    /// The page of the rule.
    link: String,
    /// The id of the check in the attractor specification.
    spec: Option<&'static str>,
    /// Stays when lines move.
    fingerprint: String,
}

#[cfg(test)]
#[derive(schemars::JsonSchema)]
#[schemars(rename = "Severity", rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum SeveritySchema {
    Error,
    Warning,
    Info,
    Hint,
}

/// From the first character to the one behind the last.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LabelEntry<'r> {
    range: Range,
    message: &'r str,
}

/// Edits that belong together.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FixEntry<'r> {
    /// What the edits do.
    title: &'r str,
    /// `safe` keeps the meaning, `unsafe` may change it, `display` is only a suggestion.
    applicability: &'static str,
    edits: Vec<EditEntry<'r>>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct EditEntry<'r> {
    range: Range,
    /// What stands there afterwards.
    text: &'r str,
}

pub(super) fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        tool: Tool { name: "dotwright", version: env!("CARGO_PKG_VERSION") },
        diagnostics: report.files.iter().flat_map(entries).collect(),
        files: report.files.iter().map(|file| &*file.name).collect(),
        summary: Summary {
            errors: report.count(Severity::Error),
            warnings: report.count(Severity::Warning),
            infos: report.count(Severity::Info),
            hints: report.count(Severity::Hint),
            suppressed: report.files.iter().map(|file| file.suppressed.len()).sum(),
        },
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")
}

pub(super) fn write_lines(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    for entry in report.files.iter().flat_map(entries) {
        serde_json::to_writer(&mut *out, &entry)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn entries(file: &FileReport) -> Vec<Entry<'_>> {
    if file.findings.is_empty() {
        return Vec::new();
    }
    let lines = Lines::new(&file.source);
    file.findings.iter().map(|finding| entry(file, finding, &lines)).collect()
}

fn entry<'r>(file: &'r FileReport, finding: &'r Finding, lines: &Lines<'_>) -> Entry<'r> {
    let Finding { diagnostic, fingerprint } = finding;
    let rule = dotwright_lint::rule(diagnostic.rule);
    let spec = rule.and_then(|rule| rule.spec_id);
    let range = |range| Range::new(lines, range);
    let labels = diagnostic.labels.iter();
    let fix = diagnostic.fix.as_ref().map(|fix| FixEntry {
        title: &fix.title,
        applicability: fix.applicability.as_str(),
        edits: fix.edits.iter().map(|e| EditEntry { range: range(e.range), text: &e.text }).collect(),
    });
    Entry {
        rule: diagnostic.rule,
        aliases: spec.into_iter().collect(),
        category: rule.map(|rule| rule.category.as_str()),
        severity: diagnostic.severity.as_str(),
        profile: file.profile.name,
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
        file: &file.name,
        range: range(diagnostic.range),
        labels: labels.map(|l| LabelEntry { range: range(l.range), message: &l.message }).collect(),
        fix,
        link: rule_link(diagnostic.rule),
        spec,
        fingerprint: Fingerprint::text(*fingerprint),
    }
}

impl Range {
    fn new(lines: &Lines<'_>, range: TextRange) -> Range {
        Range { start: lines.position(range.start), end: lines.position(range.end) }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_published_schema_describes_the_document() {
        let schema = schemars::schema_for!(super::Document<'_>);
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        expect_test::expect_file!["../../schema/check.schema.json"].assert_eq(&text);
    }
}
