//! What the parser had to mend. Everything else rests on it, so it can be neither ignored nor suppressed.

use std::collections::HashSet;

use dotwright_diagnostics::TextRange;
use dotwright_model::{EdgeLimit, Level};
use dotwright_syntax::SyntaxErrorKind;
use dotwright_syntax::ast::StmtKind;

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule, display_fix};

pub(crate) static RULE: Rule = Rule {
    name: "syntax-error",
    category: Category::Syntax,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::Display,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/syntax-error.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let source = context.source();
    let statements = damaged_statements(context);
    let mut reported = HashSet::new();
    for error in &context.pipeline.syntax().errors {
        // What follows the first mistake in a statement mostly comes from it. Bytes that are no text, and a list that is
        // cut off, are matters of the file.
        let is_of_file = matches!(error.kind, SyntaxErrorKind::NotUtf8 | SyntaxErrorKind::TooMany);
        let at = statements.partition_point(|range| range.start <= error.range.start);
        let statement = at.checked_sub(1).and_then(|at| statements.get(at));
        if !is_of_file
            && statement.is_some_and(|range| range.touches(error.range.start) && !reported.insert(*range))
        {
            continue;
        }
        let mut finding = report.finding(error.range, error.message(source)).help(error.help(source));
        if let Some(opener) = error.opener {
            finding = finding.label(opener, error.opener_message());
        }
        if let Some(edit) = error.edit(source) {
            finding = finding.fix(display_fix(error.help(source), vec![edit]));
        }
        report.push(finding);
    }
    if let Some(unread) = context.pipeline.unread_edges() {
        let (message, help) = match unread.limit {
            EdgeLimit::Groups(edges) => (
                format!("this statement stands for {edges} edges, not all of them are read"),
                "write one edge statement per pair of nodes",
            ),
            EdgeLimit::OutOf(node) => (
                format!("`{}` has more than 10000 edges, they are not read from here on", context.id(node)),
                "delete the copies, or lead over further steps",
            ),
        };
        report.push(report.finding(unread.range, message).help(help));
    }
}

/// The statements that token repair changed, without blocks, in source order.
fn damaged_statements(context: &Context<'_>) -> Vec<TextRange> {
    let statements = context.pipeline.ast().all_statements().iter();
    let damaged = statements.filter(|stmt| stmt.recovered && !matches!(stmt.kind, StmtKind::Subgraph(_)));
    let mut ranges: Vec<TextRange> = damaged.map(|stmt| stmt.range).collect();
    ranges.sort();
    ranges
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
    fn an_arrow_in_an_undirected_graph_is_right_and_the_header_wrong() {
        check(
            "graph { a -> b }",
            expect![[r#"
            1:11-1:13 error: expected `--`, found `->` in an undirected graph
              help: write `digraph` in the header, or `--` here
        "#]],
        );
    }

    #[test]
    fn a_line_in_a_directed_graph_becomes_an_arrow() {
        check(
            "digraph { a -- b }",
            expect![[r#"
            1:13-1:15 error: expected `->`, found `--` in a directed graph
              help: write `->`
              display fix: write `->`
              - digraph { a -- b }
              + digraph { a -> b }
        "#]],
        );
    }

    #[test]
    fn a_statement_is_reported_once() {
        check(
            "digraph { a [label=\"say \"hi\" and \"ho\" \", x] b [y] }",
            expect![[r#"
            1:26-1:28 error: the string ends here, and `hi` follows outside it
              help: write `\"` for each quote inside the text
              1:20-1:21 the string starts here
            1:48-1:49 error: expected `=` and a value after the attribute name `y`
              help: write the value, for example `y=true`
        "#]],
        );
    }

    #[test]
    fn a_quote_behind_a_bare_value_lacks_its_partner() {
        check(
            "digraph {\n  a -> b [label=Fallback\"]\n  b -> a\n}",
            expect![[r#"
            2:17-2:25 error: the value `Fallback` has a closing quote and no opening one
              help: write `"` before `Fallback`
              display fix: write `"` before `Fallback`
              -   a -> b [label=Fallback"]
              +   a -> b [label="Fallback"]
        "#]],
        );
        check(
            "digraph {\n  a [llm_model=gpt-5.2\", prompt=\"Read the file\"]\n  b\n}",
            expect![[r#"
                2:16-2:23 error: the value `gpt-5.2` has a closing quote and no opening one
                  help: write `"` before `gpt-5.2`
                  display fix: write `"` before `gpt-5.2`
                  -   a [llm_model=gpt-5.2", prompt="Read the file"]
                  +   a [llm_model="gpt-5.2", prompt="Read the file"]
            "#]],
        );
    }
}
