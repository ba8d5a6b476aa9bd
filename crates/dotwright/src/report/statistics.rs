//! How often each rule reports.

use std::collections::BTreeMap;
use std::fmt::Write;

use dotwright_diagnostics::Applicability;

use super::Report;

#[derive(Debug, Default)]
struct Row {
    findings: usize,
    fixable: usize,
    suppressed: usize,
}

/// A table with one line per rule, the most frequent first.
pub(crate) fn statistics(report: &Report) -> String {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for finding in report.findings() {
        let row = rows.entry(finding.rule).or_default();
        row.findings += 1;
        let fix = finding.fix.as_ref();
        row.fixable += usize::from(fix.is_some_and(|fix| fix.applicability != Applicability::Display));
    }
    for suppressed in report.files.iter().flat_map(|file| &file.suppressed) {
        rows.entry(suppressed.diagnostic.rule).or_default().suppressed += 1;
    }
    let mut rows: Vec<(&str, Row)> = rows.into_iter().collect();
    rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.findings));
    let mut table = format!("{:>8} {:>8} {:>10}  rule\n", "findings", "fixable", "suppressed");
    for (rule, row) in rows {
        // Writing to a string cannot fail.
        let _infallible =
            writeln!(table, "{:>8} {:>8} {:>10}  {rule}", row.findings, row.fixable, row.suppressed);
    }
    table
}
