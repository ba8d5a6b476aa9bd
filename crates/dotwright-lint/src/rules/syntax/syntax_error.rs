//! What the parser had to mend. Everything else rests on it, so it can be neither ignored nor suppressed.

use dotwright_model::Level;

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
    for error in &context.pipeline.syntax().errors {
        let mut finding = report.finding(error.range, error.message(source)).help(error.help(source));
        if let Some(opener) = error.opener {
            finding = finding.label(opener, error.opener_message());
        }
        if let Some(edit) = error.edit(source) {
            finding = finding.fix(display_fix(error.help(source), vec![edit]));
        }
        report.push(finding);
    }
    if let Some(group) = context.pipeline.unread_group() {
        let message = format!("this statement stands for {} edges, not all of them are read", group.edges);
        report.push(report.finding(group.range, message).help("write one edge statement per pair of nodes"));
    }
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
}
