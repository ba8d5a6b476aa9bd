//! One line per finding, for editors without a language server and for `grep`.

use std::io::{self, Write};

use super::{Report, printable};
use crate::position::Lines;

pub(super) fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    for file in report.files.iter().filter(|file| !file.findings.is_empty()) {
        let lines = Lines::new(&file.source);
        for finding in file.findings.iter().map(|finding| &finding.diagnostic) {
            let at = lines.position(finding.range.start);
            let (line, column, severity, rule) = (at.line, at.column, finding.severity, finding.rule);
            writeln!(
                out,
                "{}:{line}:{column}: {severity}[{rule}] {}",
                file.name,
                printable(&finding.message)
            )?;
        }
    }
    Ok(())
}
