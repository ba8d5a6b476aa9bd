//! What is known about an edge: when it is taken, and what it competes with.

use dotwright_diagnostics::TextRange;
use dotwright_engine::gate;
use dotwright_model::{EdgeId, Handler};
use dotwright_syntax::ast::{Endpoint, StmtKind};

use super::Hover;
use crate::document::Document;
use crate::wording::{self, code};

/// The edge whose arrow is under the cursor.
pub(super) fn at(document: &Document, offset: u32) -> Option<Hover> {
    let token = document.token_at(offset).filter(|token| token.kind.is_edge_operator())?;
    let edges = edges_at(document, token.range);
    let (&edge, more) = edges.split_first()?;
    let mut markdown = edge_markdown(document, edge);
    if !more.is_empty() {
        markdown.push_str(&format!("\n- stands for {}", wording::counted(edges.len(), "edge")));
    }
    Some(Hover { range: token.range, markdown })
}

/// The edges of the first graph that an arrow stands for.
fn edges_at(document: &Document, arrow: TextRange) -> Vec<EdgeId> {
    let pipeline = document.pipeline();
    let is_edge =
        |id: &dotwright_syntax::ast::StmtId| matches!(document.ast()[*id].kind, StmtKind::Edge { .. });
    let Some(stmt) = document.enclosing(arrow.start).into_iter().rfind(is_edge) else { return Vec::new() };
    let ends = document.ast().endpoints(&document.ast()[stmt]).iter();
    let end = |end: &Endpoint| match end {
        Endpoint::Node(node) => node.id.range.end,
        Endpoint::List(list) => document.ast().listed(*list).last().map_or(0, |node| node.id.range.end),
        Endpoint::Subgraph(group) => document.ast()[*group].range.end,
    };
    let before = ends.filter(|found| end(found) <= arrow.start).count();
    let Some(hop) = before.checked_sub(1) else { return Vec::new() };
    let edges = pipeline.edges();
    edges
        .filter(|&edge| {
            let found = pipeline.edge(edge);
            found.stmt == stmt && found.hop as usize == hop
        })
        .collect()
}

pub(super) fn edge_markdown(document: &Document, edge: EdgeId) -> String {
    let pipeline = document.pipeline();
    let analysis = document.analysis();
    let profile = pipeline.profile();
    let mut text = format!("**{}**\n", code(&wording::edge(pipeline, edge)));
    let mut fact = |line: String| text.push_str(&format!("\n- {line}"));
    match pipeline.condition(edge) {
        Some(condition) => {
            fact(format!("taken when {}", wording::condition(condition.condition, condition.text)));
        }
        None => fact("without condition".to_owned()),
    }
    let source = pipeline.source_of(edge);
    let outcomes = analysis.travelling(edge);
    if outcomes.is_empty() {
        fact(format!("no outcome of {} takes it", code(pipeline.id(source))));
    } else {
        fact(format!("outcomes that take it: {}", outcomes.words(profile)));
    }
    if pipeline.handler(source) == Handler::Human {
        for choice in gate::choices(pipeline, source).into_iter().filter(|choice| choice.edge == edge) {
            fact(format!("answer {} or key {}", code(&choice.text), code(&choice.key)));
        }
    } else if let Some(label) = pipeline.edge_label(edge) {
        fact(format!("preferred by the label {}", code(label.text().trim())));
    }
    let rivals: Vec<EdgeId> = pipeline
        .outgoing(source)
        .iter()
        .copied()
        .filter(|&other| other != edge && !analysis.travelling(other).intersection(outcomes).is_empty())
        .collect();
    if !rivals.is_empty() && pipeline.handler(source) != Handler::Human {
        fact(format!("of several that can be taken: {}", order(document, edge)));
        let shown: Vec<String> = rivals
            .iter()
            .take(5)
            .map(|&rival| {
                let weight = pipeline.edge(rival).weight;
                format!("{} (weight {weight})", code(pipeline.id(pipeline.target_of(rival))))
            })
            .collect();
        fact(format!("weight {} against {}", pipeline.edge(edge).weight, shown.join(", ")));
    }
    text
}

/// What decides between an edge and its rivals.
fn order(document: &Document, edge: EdgeId) -> &'static str {
    let pipeline = document.pipeline();
    if !pipeline.is_plain(edge) {
        return "a condition that holds goes before a label and before edges without condition";
    }
    match pipeline.edge_label(edge) {
        Some(_) => "a condition that holds goes first, then a preferred label, then weight",
        None => {
            "a condition that holds goes first, then a preferred label, then the greatest weight, then the first \
                 target by name"
        }
    }
}
