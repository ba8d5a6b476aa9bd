//! The diagnostics of reviewdog, with suggestions that a reviewer applies by a click.

use std::io::{self, Write};

use dotwright_diagnostics::{Severity, TextRange};
use serde_json::{Value, json};

use super::{Report, rule_link};
use crate::position::Lines;

pub(super) fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let mut diagnostics = Vec::new();
    for file in report.files.iter().filter(|file| !file.findings.is_empty()) {
        let lines = Lines::new(&file.source);
        for finding in file.findings.iter().map(|finding| &finding.diagnostic) {
            let severity = match finding.severity {
                Severity::Error => "ERROR",
                Severity::Warning => "WARNING",
                Severity::Info | Severity::Hint => "INFO",
            };
            let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
            let suggestions: Vec<Value> =
                edits.map(|edit| json!({ "range": range(&lines, edit.range), "text": edit.text })).collect();
            diagnostics.push(json!({
                "message": finding.message,
                "location": { "path": file.name, "range": range(&lines, finding.range) },
                "severity": severity,
                "code": { "value": finding.rule, "url": rule_link(finding.rule) },
                "suggestions": suggestions,
            }));
        }
    }
    let document = json!({
        "source": { "name": "dotwright", "url": env!("CARGO_PKG_REPOSITORY") },
        "diagnostics": diagnostics,
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")
}

/// reviewdog counts columns in bytes.
fn range(lines: &Lines<'_>, range: TextRange) -> Value {
    let place = |offset: u32| {
        let start = lines.range(lines.index(offset)).map_or(0, |line| line.start);
        json!({ "line": lines.position(offset).line, "column": offset - start + 1 })
    };
    json!({ "start": place(range.start), "end": place(range.end) })
}
