//! A runner reads one pipeline from a file, the first. What a second graph says is never run, and nobody is told.

use dotwright_model::Level;
use dotwright_syntax::ast::Graph;
use dotwright_syntax::decode;

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "multiple-graphs",
    category: Category::Syntax,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::None,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/multiple-graphs.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    // Token repair opens a graph where statements stand behind the end of one, and has then reported it.
    let mut graphs = context.pipeline.ast().graphs().iter().filter(|graph| !graph.keyword.is_empty());
    let (Some(first), Some(second)) = (graphs.next(), graphs.next()) else { return };
    let name = |graph: &Graph| graph.id.map(|id| format!("`{}`", decode(context.source(), id)));
    let fact = name(second).unwrap_or_else(|| "this".to_owned());
    let kept = name(first).unwrap_or_else(|| "the first".to_owned());
    let moved = name(second).unwrap_or_else(|| "it".to_owned());
    let mut finding = report
        .finding(second.header(), format!("{fact} is a second graph in this file, only {kept} is read"))
        .help(format!("move {moved} into its own file and run it from a manager step"))
        .label(first.header(), "the graph that is read");
    for more in graphs {
        finding = finding.label(more.header(), "another graph");
    }
    report.push(finding);
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
    fn all_further_graphs_are_one_finding() {
        check(
            "digraph a { }\ndigraph \"b c\" { }\nstrict graph d { }",
            expect![[r#"
            2:1-2:14 error: `b c` is a second graph in this file, only `a` is read
              help: move `b c` into its own file and run it from a manager step
              1:1-1:10 the graph that is read
              3:1-3:15 another graph
        "#]],
        );
    }

    #[test]
    fn graphs_need_no_name() {
        check(
            "digraph { }\ndigraph { }",
            expect![[r#"
            2:1-2:8 error: this is a second graph in this file, only the first is read
              help: move it into its own file and run it from a manager step
              1:1-1:8 the graph that is read
        "#]],
        );
    }

    #[test]
    fn one_graph_with_subgraphs_is_fine() {
        check("digraph { subgraph a { b } { c } graph [x=1] }", expect![[r#""#]]);
    }

    #[test]
    fn a_brace_too_many_makes_no_second_graph() {
        check("digraph { a } b -> c }", expect![[r#""#]]);
    }
}
