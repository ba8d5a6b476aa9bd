//! SARIF 2.1.0, the exchange format of code scanning, with rules, fixes and suppressed findings.

use std::collections::BTreeSet;
use std::io::{self, Write};

use dotwright_diagnostics::{Diagnostic, Severity, TextRange};
use dotwright_lint::page;
use dotwright_lint::{Rule, Suppressed};
use serde_json::{Value, json};

use super::{FileReport, Report, rule_link};
use crate::position::Lines;

pub(super) fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let suppressed = report.files.iter().flat_map(|file| &file.suppressed).map(|s| s.diagnostic.rule);
    let names: BTreeSet<&str> = report.findings().map(|finding| finding.rule).chain(suppressed).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let rules: Vec<Value> = names.iter().filter_map(|name| Some(rule(dotwright_lint::rule(name)?))).collect();
    let results: Vec<Value> = report.files.iter().flat_map(|file| results(file, &names)).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "dotwright",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")
}

fn rule(rule: &Rule) -> Value {
    let level = rule.level.severity().or(rule.selected_level.severity()).map_or("none", level);
    json!({
        "id": rule.name,
        "shortDescription": { "text": page::summary(rule.page) },
        "help": { "text": page::reason(rule.page), "markdown": rule.page },
        "helpUri": rule_link(rule.name),
        "defaultConfiguration": { "level": level },
        "properties": { "category": rule.category.as_str(), "tags": [rule.category.as_str()] },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info | Severity::Hint => "note",
    }
}

fn results(file: &FileReport, names: &[&str]) -> Vec<Value> {
    let lines = Lines::new(&file.source);
    let found = file.findings.iter().map(|finding| {
        let mut result = result(file, &lines, &finding.diagnostic, names);
        set(&mut result, "partialFingerprints", json!({ "dotwright/v1": finding.fingerprint.to_string() }));
        result
    });
    let suppressed = file.suppressed.iter().map(|Suppressed { diagnostic, reason }| {
        let mut result = result(file, &lines, diagnostic, names);
        set(&mut result, "suppressions", json!([{ "kind": "inSource", "justification": reason }]));
        result
    });
    found.chain(suppressed).collect()
}

fn result(file: &FileReport, lines: &Lines<'_>, finding: &Diagnostic, names: &[&str]) -> Value {
    let text = match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    };
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": [location(file, lines, finding.range)],
    });
    if let Ok(index) = names.binary_search(&finding.rule) {
        set(&mut result, "ruleIndex", json!(index));
    }
    if !finding.labels.is_empty() {
        let related = finding.labels.iter().map(|label| {
            let mut location = location(file, lines, label.range);
            set(&mut location, "message", json!({ "text": label.message }));
            location
        });
        set(&mut result, "relatedLocations", related.collect());
    }
    if let Some(fix) = &finding.fix {
        let replacements: Vec<Value> = fix
            .edits
            .iter()
            .map(|edit| json!({ "deletedRegion": region(lines, edit.range), "insertedContent": { "text": edit.text } }))
            .collect();
        let change = json!({ "artifactLocation": artifact(&file.name), "replacements": replacements });
        set(
            &mut result,
            "fixes",
            json!([{ "description": { "text": fix.title }, "artifactChanges": [change] }]),
        );
    }
    result
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(fields) = object {
        fields.insert(key.to_owned(), value);
    }
}

fn location(file: &FileReport, lines: &Lines<'_>, range: TextRange) -> Value {
    json!({ "physicalLocation": { "artifactLocation": artifact(&file.name), "region": region(lines, range) } })
}

fn region(lines: &Lines<'_>, range: TextRange) -> Value {
    let (start, end) = (lines.position(range.start), lines.position(range.end));
    json!({
        "startLine": start.line, "startColumn": start.column,
        "endLine": end.line, "endColumn": end.column,
        "byteOffset": range.start, "byteLength": range.len(),
    })
}

/// A path as URI reference: everything but unreserved characters and `/` is percent-encoded.
fn artifact(path: &str) -> Value {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(byte.into())
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    json!({ "uri": uri })
}
