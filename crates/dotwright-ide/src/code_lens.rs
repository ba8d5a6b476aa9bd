//! Lines above the graph and above nodes: run it, how large it is, how many ways lead in and out.

use dotwright_diagnostics::TextRange;

use crate::document::Document;
use crate::names::{NameKind, Written};
use crate::wording::counted;

/// What a click on a lens does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LensCommand {
    /// Runs the pipeline.
    Run,
    /// Runs it without effects.
    Simulate,
    /// Shows it with everything resolved.
    Explain,
    /// Shows the graph.
    ShowGraph,
    /// Shows where these are.
    ShowPlaces(Vec<TextRange>),
}

/// A line above a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLens {
    /// The place.
    pub range: TextRange,
    /// The text.
    pub title: String,
    /// What a click does.
    pub command: LensCommand,
}

/// The lenses of a document: of the first graph, and of its declared nodes.
pub fn code_lenses(document: &Document) -> Vec<CodeLens> {
    let Some(graph) = document.ast().graphs().first() else { return Vec::new() };
    let pipeline = document.pipeline();
    let findings = &document.findings().diagnostics;
    let size = [
        counted(pipeline.nodes().len(), "node"),
        counted(pipeline.edges().len(), "route"),
        counted(findings.len(), "finding"),
    ];
    let places = findings.iter().map(|finding| finding.range).collect();
    let header = [
        ("run".to_owned(), LensCommand::Run),
        ("dry run".to_owned(), LensCommand::Simulate),
        ("explain".to_owned(), LensCommand::Explain),
        ("graph".to_owned(), LensCommand::ShowGraph),
        (size.join(" · "), LensCommand::ShowPlaces(places)),
    ];
    let range = graph.header();
    let mut lenses: Vec<CodeLens> =
        header.into_iter().map(|(title, command)| CodeLens { range, title, command }).collect();
    for node in pipeline.nodes() {
        if pipeline.node(node).declaration.is_none() {
            continue;
        }
        let range = pipeline.node_range(node);
        let (incoming, outgoing) = (pipeline.incoming(node), pipeline.outgoing(node));
        let edges = incoming.iter().chain(outgoing);
        let places = edges.map(|&edge| pipeline.edge_ends_range(edge)).collect();
        let title = format!("← {} → {}", incoming.len(), outgoing.len());
        lenses.push(CodeLens { range, title, command: LensCommand::ShowPlaces(places) });
    }
    retry_targets(document, &mut lenses);
    lenses.sort_by_key(|lens| lens.range.start);
    lenses
}

/// Nodes that attributes name as the place to go back to.
fn retry_targets(document: &Document, lenses: &mut Vec<CodeLens>) {
    let names = document.names();
    for name in names.names().iter().filter(|name| name.kind == NameKind::Node && name.graph == 0) {
        let places: Vec<TextRange> = names
            .occurrences(name)
            .filter(|found| found.written == Written::Id && found.role == crate::names::Role::Read)
            .map(|found| found.range)
            .filter(|&range| is_behind_equals(document, range))
            .collect();
        let declared = names.declarations(name);
        let Some(declared) = declared.first().filter(|_| !places.is_empty()) else { continue };
        let title = format!("target of {}", counted(places.len(), "attribute"));
        lenses.push(CodeLens { range: declared.range, title, command: LensCommand::ShowPlaces(places) });
    }
}

/// True for a value, by the token before it.
fn is_behind_equals(document: &Document, range: TextRange) -> bool {
    let at = document.token_index(range.start).and_then(|index| index.checked_sub(1));
    let before = at.and_then(|index| document.syntax().tokens.get(index));
    before.is_some_and(|token| token.kind == dotwright_syntax::TokenKind::Equals)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::{document, place};

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        let document = document(source);
        let lenses = code_lenses(&document);
        let lines = lenses.iter().map(|lens| format!("{} {}\n", place(&document, lens.range), lens.title));
        expect.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn graph_and_nodes_have_lenses() {
        check(
            "digraph G { a -> b -> a a b [retry_target=a] }",
            expect![[r#"
            1:1-1:10 `digraph G` run
            1:1-1:10 `digraph G` dry run
            1:1-1:10 `digraph G` explain
            1:1-1:10 `digraph G` graph
            1:1-1:10 `digraph G` 2 nodes · 2 routes · 4 findings
            1:25-1:26 `a` ← 1 → 1
            1:25-1:26 `a` target of 1 attribute
            1:27-1:28 `b` ← 1 → 1
        "#]],
        );
        check("", expect![[r#""#]]);
    }
}
