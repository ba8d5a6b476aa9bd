//! The Code Quality report of GitLab.

use std::io::{self, Write};

use dotwright_diagnostics::Severity;
use serde_json::json;

use super::Report;
use crate::fingerprint::Fingerprint;
use crate::position::Lines;

pub(super) fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let mut issues = Vec::new();
    for file in report.files.iter().filter(|file| !file.findings.is_empty()) {
        let lines = Lines::new(&file.source);
        for finding in &file.findings {
            let diagnostic = &finding.diagnostic;
            let severity = match diagnostic.severity {
                Severity::Error => "critical",
                Severity::Warning => "major",
                Severity::Info => "minor",
                Severity::Hint => "info",
            };
            // GitLab takes two issues with one fingerprint for the same, also in different files.
            let fingerprint = Fingerprint::of([&*file.name, &Fingerprint::text(finding.fingerprint)]);
            issues.push(json!({
                "description": diagnostic.message,
                "check_name": diagnostic.rule,
                "fingerprint": fingerprint.to_string(),
                "severity": severity,
                "location": {
                    "path": file.name,
                    "lines": {
                        "begin": lines.position(diagnostic.range.start).line,
                        "end": lines.position(diagnostic.range.end).line,
                    },
                },
            }));
        }
    }
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    out.write_all(b"\n")
}
