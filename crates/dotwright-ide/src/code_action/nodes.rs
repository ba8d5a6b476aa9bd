//! Refactorings of nodes: into a subgraph, to a tool, with a way for failures.

use std::collections::HashSet;

use dotwright_diagnostics::{TextEdit, TextRange};
use dotwright_engine::OutcomeSet;
use dotwright_lint::edits::{
    EdgePlace, delete_pair, edge_statement, insert_attribute, quoted, replace_value,
};
use dotwright_model::{AttributeKey, Handler, NodeId, Outcome};
use dotwright_syntax::ast::{StmtId, StmtKind};

use super::attributes::respell;
use super::verify::Keeps;
use super::{CodeActionKind, Refactoring};
use crate::document::Document;
use crate::navigation::node_at;

pub(super) fn refactorings(document: &Document, range: TextRange, found: &mut Vec<Refactoring>) {
    found.extend(wrapped(document, range));
    if let Some((node, _)) = node_at(document, range.start) {
        found.extend(to_tool(document, node));
        found.extend(failure_edge(document, node));
    }
    found.extend(respell(document, range.start));
}

/// The selected statements, in a subgraph of their own.
fn wrapped(document: &Document, range: TextRange) -> Option<Refactoring> {
    let ast = document.ast();
    let graph = ast.graphs().first()?;
    let touches = |inner: TextRange| range.start < inner.end && inner.start < range.end;
    let is_selected =
        |stmt: TextRange| range.contains(stmt) || (range.is_empty() && stmt.touches(range.start));
    let mut selected: Option<TextRange> = None;
    let mut skip_until = StmtId(0);
    for (id, stmt) in ast.statements(graph) {
        if id < skip_until {
            continue;
        }
        match stmt.kind {
            StmtKind::Subgraph(group) if is_selected(stmt.range) && !range.is_empty() => {
                skip_until = group.end
            }
            StmtKind::Subgraph(_) => continue,
            StmtKind::Node(_) | StmtKind::Edge { .. } | StmtKind::Default(_) | StmtKind::Assign => {}
        }
        if is_selected(stmt.range) {
            selected = Some(selected.map_or(stmt.range, |before| before.cover(stmt.range)));
        } else if touches(stmt.range) {
            return None;
        }
    }
    let selected = selected?;
    let lines = document.lines();
    let (first, last) = (lines.line(selected.start), lines.line(selected.end));
    let start = lines.start(first);
    let indent = TextRange::new(start, selected.start).text(document.source());
    let end = lines.range(document.source(), last).end;
    let rest = TextRange::new(selected.end, end).text(document.source()).trim();
    let is_rest_empty = matches!(rest, "" | ";" | ",") || rest.starts_with("//") || rest.starts_with(";");
    if !indent.trim().is_empty() || !is_rest_empty {
        return None;
    }
    let names: HashSet<_> = ast.subgraph_ids().map(|id| document.text(id)).collect();
    let mut free = (1..).map(|number| format!("cluster_{number}"));
    let name = free.find(|name| !names.contains(name.as_str()))?;
    let mut edits = vec![TextEdit::insert(start, format!("{indent}subgraph {name} {{\n"))];
    for line in first..=last {
        let at = lines.start(line);
        let in_string =
            document.token_at(at).is_some_and(|token| token.range.start < at && at < token.range.end);
        if !in_string && !lines.range(document.source(), line).is_empty() {
            edits.push(TextEdit::insert(at, "    "));
        }
    }
    edits.push(TextEdit::insert(end, format!("\n{indent}}}")));
    Some(Refactoring::new("wrap in a subgraph", CodeActionKind::RefactorExtract, Keeps::Model, edits))
}

/// A model step as a tool whose command is still to be written: it fails until then.
fn to_tool(document: &Document, node: NodeId) -> Option<Refactoring> {
    let pipeline = document.pipeline();
    let declaration = pipeline.node(node).declaration?;
    let shape = Handler::Tool.shape()?;
    if pipeline.handler(node) != Handler::Codergen
        || pipeline.own_attribute(node, AttributeKey::TYPE).is_some()
        || pipeline.own_attribute(node, AttributeKey::TOOL_COMMAND).is_some()
    {
        return None;
    }
    let prompt = pipeline.own_attribute(node, AttributeKey::PROMPT);
    let mut edits = Vec::new();
    for &property in pipeline.profile().style_properties {
        let own = AttributeKey::from_name(property).and_then(|key| pipeline.own_attribute(node, key));
        if let Some(own) = own {
            edits.extend(delete_pair(pipeline, own.range()));
        }
    }
    let command = format!("tool_command={}", quoted("false"));
    match (pipeline.own_attribute(node, AttributeKey::SHAPE), prompt) {
        (Some(old), Some(prompt)) => {
            edits.push(replace_value(old, shape));
            edits.push(TextEdit::replace(prompt.range(), command));
        }
        (Some(old), None) => {
            edits.push(replace_value(old, shape));
            edits.push(insert_attribute(pipeline, declaration, &command));
        }
        (None, Some(prompt)) => {
            edits.push(TextEdit::replace(prompt.range(), format!("shape={shape}, {command}")));
        }
        (None, None) => {
            edits.push(insert_attribute(pipeline, declaration, &format!("shape={shape}, {command}")));
        }
    }
    let title = format!("convert `{}` to a tool", pipeline.id(node));
    Some(Refactoring::new(title, CodeActionKind::RefactorRewrite, Keeps::Nothing, edits))
}

/// An edge for failures that no edge takes: back to the step before, else to the exit.
fn failure_edge(document: &Document, node: NodeId) -> Option<Refactoring> {
    let pipeline = document.pipeline();
    let analysis = document.analysis();
    let outgoing = pipeline.outgoing(node);
    let can_fail = analysis.domain(node).contains(Outcome::Fail);
    let is_taken = outgoing.iter().any(|&edge| analysis.travels(edge, Outcome::Fail));
    if !can_fail || is_taken || pipeline.handler(node) == Handler::Exit || outgoing.is_empty() {
        return None;
    }
    let before = pipeline.incoming(node).iter().map(|&edge| pipeline.source_of(edge));
    let mut before = before.filter(|&source| source != node && pipeline.handler(source) != Handler::Start);
    let target =
        analysis.failure_target(node).or_else(|| before.next()).or_else(|| pipeline.exits().next())?;
    let fail = OutcomeSet::FAIL.words(pipeline.profile()).replace('`', "");
    let list = format!("condition={}", quoted(&format!("outcome={fail}")));
    let statement = format!("{} [{list}]", edge_statement(pipeline, node, target));
    let edit = EdgePlace::find(pipeline)?.insert(&statement);
    let title = format!("add `{}` for failures", edge_statement(pipeline, node, target));
    Some(Refactoring::new(title, CodeActionKind::RefactorRewrite, Keeps::Nothing, vec![edit]))
}
