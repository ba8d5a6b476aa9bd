//! Workflow commands, which GitHub Actions turns into annotations.

use std::io::{self, Write};

use dotwright_diagnostics::Severity;

use super::Report;
use crate::position::Lines;

pub(super) fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    for file in report.files.iter().filter(|file| !file.findings.is_empty()) {
        let lines = Lines::new(&file.source);
        for finding in file.findings.iter().map(|finding| &finding.diagnostic) {
            let command = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info | Severity::Hint => "notice",
            };
            let (start, end) = (lines.position(finding.range.start), lines.position(finding.range.end));
            write!(out, "::{command} file={},line={}", property(&file.name), start.line)?;
            // Columns of a range over several lines are refused.
            match start.line == end.line {
                true => write!(out, ",endLine={},col={},endColumn={}", end.line, start.column, end.column)?,
                false => write!(out, ",endLine={}", end.line)?,
            }
            write!(out, ",title={}::{}", property(finding.rule), data(&finding.message))?;
            match &finding.help {
                Some(help) => writeln!(out, "%0Ahelp: {}", data(help))?,
                None => writeln!(out)?,
            }
        }
    }
    Ok(())
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
