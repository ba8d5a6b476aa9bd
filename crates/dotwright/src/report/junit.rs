//! JUnit XML with one case per file, which every build server can show.

use std::borrow::Cow;
use std::io::{self, Write};

use super::{FileReport, Report};
use crate::position::Lines;

pub(super) fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let failed = report.files.iter().filter(|file| !file.findings.is_empty()).count();
    let total = report.files.len();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="dotwright" tests="{total}" failures="{failed}" errors="0">"#)?;
    writeln!(
        out,
        r#"  <testsuite name="dotwright" tests="{total}" failures="{failed}" errors="0" skipped="0">"#
    )?;
    for file in &report.files {
        write_case(out, file)?;
    }
    writeln!(out, "  </testsuite>")?;
    writeln!(out, "</testsuites>")
}

fn write_case(out: &mut dyn Write, file: &FileReport) -> io::Result<()> {
    let name = escaped(&file.name);
    let Some(worst) = file.findings.iter().map(|finding| finding.diagnostic.severity).max() else {
        return writeln!(out, r#"    <testcase name="{name}" classname="dotwright" file="{name}"/>"#);
    };
    let count = super::counted(file.findings.len(), "finding");
    writeln!(out, r#"    <testcase name="{name}" classname="dotwright" file="{name}">"#)?;
    write!(out, r#"      <failure type="{worst}" message="{count}">"#)?;
    let lines = Lines::new(&file.source);
    for finding in file.findings.iter().map(|finding| &finding.diagnostic) {
        let at = lines.position(finding.range.start);
        let message = escaped(&finding.message);
        write!(out, "\n{name}:{}:{}: {}[{}] {message}", at.line, at.column, finding.severity, finding.rule)?;
        if let Some(help) = &finding.help {
            write!(out, "\n  help: {}", escaped(help))?;
        }
    }
    writeln!(out, "\n      </failure>\n    </testcase>")
}

/// Text for elements and attributes. What XML 1.0 cannot hold at all becomes `?`.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    let special = |c: char| matches!(c, '<' | '>' | '&' | '"' | '\u{FFFE}' | '\u{FFFF}') || (c < ' ');
    if !text.contains(special) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\r' | '\t' => escaped.push_str(&format!("&#{};", u32::from(c))),
            '\u{FFFE}' | '\u{FFFF}' => escaped.push('?'),
            control if control < ' ' => escaped.push('?'),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}
