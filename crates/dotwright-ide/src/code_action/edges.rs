//! Refactorings of edge statements: one per hop, or one chain.

use dotwright_diagnostics::{TextEdit, TextRange};
use dotwright_syntax::ast::{Endpoint, Stmt, StmtId, StmtKind};

use super::attributes::indent;
use super::verify::Keeps;
use super::{CodeActionKind, Refactoring};
use crate::document::Document;

pub(super) fn refactorings(document: &Document, range: TextRange, found: &mut Vec<Refactoring>) {
    let is_edge = |id: &StmtId| matches!(document.ast()[*id].kind, StmtKind::Edge { .. });
    let Some(stmt) = document.enclosing(range.start).into_iter().rfind(is_edge) else { return };
    found.extend(split(document, stmt));
    found.extend(join(document, stmt));
}

/// The ends of an edge statement as they are written, and its attribute lists. `None` with blocks as ends.
fn parts<'d>(document: &'d Document, stmt: &Stmt) -> Option<(Vec<&'d str>, &'d str)> {
    let source = document.source();
    let mut end = stmt.range.start;
    let mut texts = Vec::new();
    for endpoint in document.ast().endpoints(stmt) {
        let nodes = match endpoint {
            Endpoint::Node(node) => std::slice::from_ref(node),
            Endpoint::List(list) => document.ast().listed(*list),
            Endpoint::Subgraph(_) => return None,
        };
        let (first, last) = (nodes.first()?, nodes.last()?);
        let port = document.ast().port(*last);
        end = port.map_or(last.id.range.end, |port| port.compass.unwrap_or(port.name).range.end);
        texts.push(TextRange::new(first.id.range.start, end).text(source));
    }
    let lists = TextRange::new(end, stmt.range.end).text(source).trim();
    Some((texts, lists))
}

/// True when a comment stands in a range, which a rewrite would lose.
fn has_comment(document: &Document, range: TextRange) -> bool {
    let comments = &document.syntax().comments;
    let first = comments.partition_point(|comment| comment.range.start < range.start);
    comments.get(first).is_some_and(|comment| comment.range.start < range.end)
}

fn split(document: &Document, stmt: StmtId) -> Option<Refactoring> {
    let stmt = &document.ast()[stmt];
    let (ends, lists) = parts(document, stmt)?;
    if ends.len() < 3 || has_comment(document, stmt.range) {
        return None;
    }
    let separator = match indent(document, stmt.range.start) {
        Some(indent) => format!("\n{indent}"),
        None => "; ".to_owned(),
    };
    let lists = if lists.is_empty() { String::new() } else { format!(" {lists}") };
    let arrow = arrow(document);
    let hops = ends.windows(2).filter_map(|hop| match hop {
        [from, to] => Some(format!("{from} {arrow} {to}{lists}")),
        _ => None,
    });
    let text = hops.collect::<Vec<_>>().join(&separator);
    let edits = vec![TextEdit::replace(stmt.range, text)];
    Some(Refactoring::new("split the chain", CodeActionKind::RefactorRewrite, Keeps::Model, edits))
}

/// Joins an edge statement with the ones behind it that go on where it ends and have the same attributes.
fn join(document: &Document, first: StmtId) -> Option<Refactoring> {
    let ast = document.ast();
    let (mut ends, lists) = parts(document, &ast[first])?;
    let statements = ast.all_statements();
    let mut range = ast[first].range;
    let mut joined = 1;
    for next in statements.get(first.0 as usize + 1..)? {
        let Some((more, other)) = parts(document, next).filter(|(more, _)| more.len() >= 2) else { break };
        if other != lists || more.first() != ends.last() {
            break;
        }
        ends.extend(more.into_iter().skip(1));
        range = range.cover(next.range);
        joined += 1;
    }
    if joined < 2 || has_comment(document, range) {
        return None;
    }
    let lists = if lists.is_empty() { String::new() } else { format!(" {lists}") };
    let text = format!("{}{lists}", ends.join(&format!(" {} ", arrow(document))));
    let edits = vec![TextEdit::replace(range, text)];
    let title = format!("join {joined} edge statements to a chain");
    Some(Refactoring::new(title, CodeActionKind::RefactorRewrite, Keeps::Model, edits))
}

fn arrow(document: &Document) -> &'static str {
    let directed = document.ast().graphs().first().is_none_or(|graph| graph.directed);
    if directed { "->" } else { "--" }
}
