//! Runners of pipelines follow arrows. An undirected graph has none, and a strict one drops the second of two edges
//! between the same nodes, which in a pipeline are two decisions.

use dotwright_diagnostics::{TextEdit, TextRange};
use dotwright_model::Level;
use dotwright_syntax::TokenKind;
use dotwright_syntax::ast::Graph;

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "undirected-or-strict-graph",
    category: Category::Syntax,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/undirected-or-strict-graph.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let Some(graph) = context.pipeline.graph_syntax() else { return };
    if let Some(strict) = graph.strict {
        let blanks = TextRange::new(strict.start, behind_blanks(context.source(), strict.end));
        push(context, report, strict, "strict", vec![TextEdit::delete(blanks)]);
    }
    // Token repair also reads a misspelled keyword as an undirected graph, and has then reported it.
    if !graph.directed && graph.keyword.text(context.source()).eq_ignore_ascii_case("graph") {
        push(context, report, graph.keyword, "undirected", directed(context, graph));
    }
}

fn push(
    context: &Context<'_>,
    report: &mut Report<'_>,
    keyword: TextRange,
    kind: &str,
    edits: Vec<TextEdit>,
) {
    let written = keyword.text(context.source());
    let message = format!("`{written}` makes this graph {kind}, pipelines are plain directed graphs");
    let (help, title) = if kind == "strict" {
        ("write `digraph` without `strict`", "delete `strict`")
    } else {
        ("write `digraph`, and `->` instead of `--`", "make the graph a `digraph`")
    };
    report.push(report.finding(keyword, message).help(help).fix(unsafe_fix(title, edits)));
}

/// Makes the graph a `digraph`, each edge in the direction in which it is written.
fn directed(context: &Context<'_>, graph: &Graph) -> Vec<TextEdit> {
    let tokens = &context.pipeline.syntax().tokens;
    let from = tokens.partition_point(|token| token.range.start < graph.range.start);
    let inside = tokens.iter().skip(from).take_while(|token| token.range.end <= graph.range.end);
    let lines = inside.filter(|token| token.kind == TokenKind::Line);
    let arrows = lines.map(|token| TextEdit::replace(token.range, "->"));
    std::iter::once(TextEdit::replace(graph.keyword, "digraph")).chain(arrows).collect()
}

fn behind_blanks(source: &str, offset: u32) -> u32 {
    let rest = source.get(offset as usize..).unwrap_or("");
    offset + (rest.len() - rest.trim_start().len()) as u32
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use crate::test_support;

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        test_support::check(&super::RULE, source, expect);
    }

    #[test]
    fn an_undirected_graph_gets_its_arrows() {
        check(
            "Graph g { a -- b -- c; \"x -- y\" -- c }",
            expect![[r#"
            1:1-1:6 error: `Graph` makes this graph undirected, pipelines are plain directed graphs
              help: write `digraph`, and `->` instead of `--`
              unsafe fix: make the graph a `digraph`
              - Graph g { a -- b -- c; "x -- y" -- c }
              + digraph g { a -> b -> c; "x -- y" -> c }
        "#]],
        );
    }

    #[test]
    fn strict_goes_and_comments_stay() {
        check(
            "strict /* why */ digraph { a -> b }",
            expect![[r#"
            1:1-1:7 error: `strict` makes this graph strict, pipelines are plain directed graphs
              help: write `digraph` without `strict`
              unsafe fix: delete `strict`
              - strict /* why */ digraph { a -> b }
              + /* why */ digraph { a -> b }
        "#]],
        );
        check(
            "strict graph { a -- b }",
            expect![[r#"
            1:1-1:7 error: `strict` makes this graph strict, pipelines are plain directed graphs
              help: write `digraph` without `strict`
              unsafe fix: delete `strict`
              - strict graph { a -- b }
              + graph { a -- b }
            1:8-1:13 error: `graph` makes this graph undirected, pipelines are plain directed graphs
              help: write `digraph`, and `->` instead of `--`
              unsafe fix: make the graph a `digraph`
              - strict graph { a -- b }
              + strict digraph { a -> b }
        "#]],
        );
    }

    #[test]
    fn arrows_in_an_undirected_graph_stay() {
        check(
            "graph { a -> b -- c }",
            expect![[r#"
            1:1-1:6 error: `graph` makes this graph undirected, pipelines are plain directed graphs
              help: write `digraph`, and `->` instead of `--`
              unsafe fix: make the graph a `digraph`
              - graph { a -> b -- c }
              + digraph { a -> b -> c }
        "#]],
        );
    }

    #[test]
    fn digraphs_and_damaged_headers_are_left_to_others() {
        check("digraph { a -- b; graph [x=1]; strict -> b }", expect![[r#""#]]);
        check("grph { a -- b }", expect![[r#""#]]);
        check("{ a -- b }", expect![[r#""#]]);
        check("", expect![[r#""#]]);
    }
}
