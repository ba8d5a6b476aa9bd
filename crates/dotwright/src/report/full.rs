//! Findings drawn in their source by codespan-reporting.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;

use anstyle::{AnsiColor, Reset, Style};
use codespan_reporting::diagnostic::{Diagnostic as Drawing, Label, LabelStyle, Severity as DrawnSeverity};
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::{Chars, Config, WriteStyle, emit_to_write_style};
use dotwright_diagnostics::{Diagnostic, Severity};

use super::{FileReport, Report};
use crate::position::Lines;

/// Longer lines, in bytes, are not drawn.
const LONGEST_LINE: u32 = 4 * 1024;

/// How many secondary places of one finding are drawn. A thousand on one line are a wall, and take a second each.
const MOST_LABELS: usize = 12;

/// How many findings of one rule are drawn in one run. Later ones are the same picture again: they are told in short.
const MOST_DRAWINGS: usize = 25;

pub(super) fn write(out: &mut dyn Write, report: &Report, colors: bool) -> io::Result<()> {
    let config = Config { chars: Chars::ascii(), ..Config::default() };
    let mut drawn: BTreeMap<&'static str, usize> = BTreeMap::new();
    for file in report.files.iter().filter(|file| !file.findings.is_empty()) {
        let source = DrawnFile::new(file);
        for finding in file.findings.iter().map(|finding| &finding.diagnostic) {
            let drawn = drawn.entry(finding.rule).or_default();
            *drawn += 1;
            if *drawn > MOST_DRAWINGS || source.is_on_long_line(finding) {
                undrawn(out, &source, finding, colors)?;
                continue;
            }
            let mut pen = Pen { out, colors, severity: finding.severity, in_header: false };
            emit_to_write_style(&mut pen, &config, &source, &drawing(finding)).map_err(io::Error::other)?;
        }
    }
    Ok(())
}

/// A finding without its source: a line of a megabyte helps nobody, least of all once for each of its edges, and
/// nobody reads the hundredth drawing of one rule.
fn undrawn(
    out: &mut dyn Write,
    source: &DrawnFile<'_>,
    finding: &Diagnostic,
    colors: bool,
) -> io::Result<()> {
    let at = source.lines.position(finding.range.start);
    let (head, bold, reset) = if colors {
        let head = color(drawn_severity(finding.severity)).on_default().bold();
        (head.render().to_string(), Style::new().bold().render().to_string(), Reset.render().to_string())
    } else {
        Default::default()
    };
    let (severity, rule, message) = (finding.severity, finding.rule, printable(&finding.message));
    writeln!(out, "{head}{severity}[{rule}]{bold}: {message}{reset}")?;
    writeln!(out, " --> {}:{}:{}", source.name, at.line, at.column)?;
    if let Some(help) = &finding.help {
        writeln!(out, "  = help: {}", printable(help))?;
    }
    writeln!(out)
}

fn drawing(finding: &Diagnostic) -> Drawing<()> {
    let primary = Label::primary((), finding.range);
    let secondary =
        finding.labels.iter().take(MOST_LABELS).map(|label| {
            Label::secondary((), label.range).with_message(printable(&label.message).into_owned())
        });
    let help = finding.help.iter().map(|help| format!("help: {}", printable(help)));
    let left_out = finding.labels.len().saturating_sub(MOST_LABELS);
    let more = (left_out > 0).then(|| format!("and {left_out} more places, `--format json` lists them"));
    Drawing::new(drawn_severity(finding.severity))
        .with_code(finding.rule)
        .with_message(printable(&finding.message).into_owned())
        .with_labels(std::iter::once(primary).chain(secondary).collect())
        .with_notes(more.into_iter().chain(help).collect())
}

fn drawn_severity(severity: Severity) -> DrawnSeverity {
    match severity {
        Severity::Error => DrawnSeverity::Error,
        Severity::Warning => DrawnSeverity::Warning,
        Severity::Info => DrawnSeverity::Note,
        Severity::Hint => DrawnSeverity::Help,
    }
}

/// Text without characters that a terminal obeys: a pipeline may come from anywhere. Its length in bytes stays.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let obeyed = |byte: &u8| byte.is_ascii_control() & !matches!(byte, b'\n' | b'\r' | b'\t');
    // Whole files go through here: without an early exit inside a chunk the compiler can use vectors.
    let any = |chunk: &[u8]| chunk.iter().fold(false, |found, byte| found | obeyed(byte));
    if !text.as_bytes().chunks(256).any(any) {
        return Cow::Borrowed(text);
    }
    text.chars()
        .map(|c| if c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t') { '?' } else { c })
        .collect()
}

/// The one file of a drawing.
struct DrawnFile<'f> {
    name: &'f str,
    written: &'f str,
    /// What is drawn of it. Most files of a long run are told in short.
    printable: OnceCell<Cow<'f, str>>,
    lines: Lines<'f>,
}

impl<'f> DrawnFile<'f> {
    fn new(file: &'f FileReport) -> DrawnFile<'f> {
        let lines = Lines::new(&file.source);
        DrawnFile { name: &file.name, written: &file.source, printable: OnceCell::new(), lines }
    }

    fn is_on_long_line(&self, finding: &Diagnostic) -> bool {
        let ranges = std::iter::once(finding.range).chain(finding.labels.iter().map(|label| label.range));
        ranges.into_iter().any(|range| self.lines.is_longer_than(LONGEST_LINE, range.start))
    }
}

impl<'f> Files<'f> for DrawnFile<'_> {
    type FileId = ();
    type Name = &'f str;
    type Source = &'f str;

    fn name(&'f self, (): ()) -> Result<&'f str, Error> {
        Ok(self.name)
    }

    fn source(&'f self, (): ()) -> Result<&'f str, Error> {
        Ok(self.printable.get_or_init(|| printable(self.written)))
    }

    fn line_index(&'f self, (): (), offset: usize) -> Result<usize, Error> {
        Ok(self.lines.index(offset as u32))
    }

    fn line_range(&'f self, (): (), index: usize) -> Result<Range<usize>, Error> {
        let line = self.lines.range(index).map(Into::into);
        line.ok_or(Error::LineTooLarge { given: index, max: index })
    }
}

/// Writes colours, and our words for severities where codespan-reporting has its own.
struct Pen<'o> {
    out: &'o mut dyn Write,
    colors: bool,
    severity: Severity,
    /// True until the severity, the first word of the header, is written.
    in_header: bool,
}

impl Pen<'_> {
    fn style(&mut self, style: Style) -> io::Result<()> {
        if self.colors { write!(self.out, "{style}") } else { Ok(()) }
    }
}

impl Write for Pen<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.in_header) {
            self.out.write_all(self.severity.as_str().as_bytes())?;
            return Ok(bytes.len());
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn color(severity: DrawnSeverity) -> AnsiColor {
    match severity {
        DrawnSeverity::Bug | DrawnSeverity::Error => AnsiColor::BrightRed,
        DrawnSeverity::Warning => AnsiColor::BrightYellow,
        DrawnSeverity::Note => AnsiColor::BrightBlue,
        DrawnSeverity::Help => AnsiColor::BrightCyan,
    }
}

impl WriteStyle for Pen<'_> {
    fn set_header(&mut self, severity: DrawnSeverity) -> io::Result<()> {
        self.style(color(severity).on_default().bold())?;
        self.in_header = true;
        Ok(())
    }

    fn set_header_message(&mut self) -> io::Result<()> {
        self.style(Style::new().bold())
    }

    fn set_line_number(&mut self) -> io::Result<()> {
        self.style(AnsiColor::Blue.on_default())
    }

    fn set_note_bullet(&mut self) -> io::Result<()> {
        self.style(AnsiColor::Blue.on_default())
    }

    fn set_source_border(&mut self) -> io::Result<()> {
        self.style(AnsiColor::Blue.on_default())
    }

    fn set_label(&mut self, severity: DrawnSeverity, style: LabelStyle) -> io::Result<()> {
        match style {
            LabelStyle::Primary => self.style(color(severity).on_default()),
            LabelStyle::Secondary => self.style(AnsiColor::Blue.on_default()),
        }
    }

    fn reset(&mut self) -> io::Result<()> {
        if self.colors { write!(self.out, "{Reset}") } else { Ok(()) }
    }
}
