//! Comments that allow a finding: above its statement, behind its line, or for the whole file.

use dotwright_diagnostics::{Diagnostic, TextEdit};
use dotwright_lint::{Category, rule};
use dotwright_syntax::ast::StmtKind;

use crate::document::Document;

/// Titles and insertions; none for findings that no comment can allow.
pub(super) fn comments(document: &Document, finding: &Diagnostic) -> Vec<(String, TextEdit)> {
    let name = finding.rule;
    if name == "syntax-error" || rule(name).is_none_or(|rule| rule.category == Category::Meta) {
        return Vec::new();
    }
    let comment = format!("// dotwright: ignore({name})");
    let here = above(document, finding, &comment).or_else(|| behind(document, finding, &comment));
    let here = here.map(|edit| (format!("allow `{name}` here"), edit));
    let file = TextEdit::insert(0, format!("// dotwright: ignore-file({name})\n"));
    here.into_iter().chain([(format!("allow `{name}` in this file"), file)]).collect()
}

/// On a line of its own above the statement, or above the graph for findings about its header.
fn above(document: &Document, finding: &Diagnostic, comment: &str) -> Option<TextEdit> {
    let source = document.source();
    let is_whole =
        |id: &dotwright_syntax::ast::StmtId| !matches!(document.ast()[*id].kind, StmtKind::Subgraph(_));
    let statement = document.enclosing(finding.range.start).into_iter().rfind(is_whole);
    let start = match statement {
        Some(stmt) => document.ast()[stmt].range.start,
        None => {
            let header = document.pipeline().header_range();
            header.touches(finding.range.start).then_some(header.start)?
        }
    };
    let line = document.lines().start(document.lines().line(start));
    let indent = source.get(line as usize..start as usize)?;
    indent.trim().is_empty().then(|| TextEdit::insert(line, format!("{indent}{comment}\n")))
}

/// At the end of the line on which the finding starts, unless a string or a comment goes on there.
fn behind(document: &Document, finding: &Diagnostic, comment: &str) -> Option<TextEdit> {
    let line = document.lines().range(document.source(), document.lines().line(finding.range.start));
    let token = document.token_at(line.end);
    let in_string = token.is_some_and(|token| token.range.start < line.end && line.end < token.range.end);
    let in_comment = document.comment_at(line.end).is_some();
    (!in_string && !in_comment).then(|| TextEdit::insert(line.end, format!(" {comment}")))
}
