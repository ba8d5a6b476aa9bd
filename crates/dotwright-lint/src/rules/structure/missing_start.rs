//! A run begins at the start node. Without one the runner refuses the file, and no rule about paths can say anything.

use dotwright_model::{Level, NodeId};

use crate::category::Category;
use crate::edits::{insert_first, written_id};
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "missing-start",
    category: Category::Structure,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::Unsafe,
    spec_id: Some("start_node"),
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/missing-start.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let pipeline = context.pipeline;
    let damaged = pipeline.nodes().any(|node| pipeline.is_recovered(node));
    if pipeline.start().is_some() || pipeline.graph_syntax().is_none() || damaged {
        return;
    }
    let header = pipeline.header_range();
    let Some(first) = pipeline.nodes().next() else {
        let message = "the pipeline has no start node, it has no nodes at all";
        let help = "add `start [shape=Mdiamond]`, `exit [shape=Msquare]` and the steps between them";
        report.push(report.finding(header, message).help(help));
        return;
    };
    let finding = report.finding(header, "the pipeline has no start node");
    if pipeline.node_by_id("start").is_some() {
        report.push(finding.help("make `start` the start node: `start [shape=Mdiamond]`"));
        return;
    }
    let only = only_entry(context);
    let entry = written_id(context.id(only.unwrap_or(first)));
    let finding = finding.help(format!("add `start [shape=Mdiamond]` and the edge `start -> {entry}`"));
    let statements = ["start [shape=Mdiamond]".to_owned(), format!("start -> {entry}")];
    let edit = only.and_then(|_| insert_first(pipeline, &statements));
    report.push(match edit {
        Some(edit) => finding.fix(unsafe_fix(format!("add a start node before `{entry}`"), vec![edit])),
        None => finding,
    });
}

/// The only declared node that no edge enters.
fn only_entry(context: &Context<'_>) -> Option<NodeId> {
    let pipeline = context.pipeline;
    let mut entries = pipeline
        .nodes()
        .filter(|&node| pipeline.node(node).declaration.is_some() && pipeline.incoming(node).is_empty());
    let first = entries.next()?;
    entries.next().is_none().then_some(first)
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
    fn the_fix_needs_one_step_that_no_edge_enters() {
        check(
            "digraph p {\n a\n b\n exit [shape=Msquare]\n a -> exit\n b -> exit\n}",
            expect![[r#"
            1:1-1:10 error: the pipeline has no start node
              help: add `start [shape=Mdiamond]` and the edge `start -> a`
        "#]],
        );
        check(
            "digraph p {\n a\n exit [shape=Msquare]\n a -> exit\n}",
            expect![[r#"
            1:1-1:10 error: the pipeline has no start node
              help: add `start [shape=Mdiamond]` and the edge `start -> a`
              unsafe fix: add a start node before `a`
              +  start [shape=Mdiamond]
              +  start -> a
        "#]],
        );
    }

    #[test]
    fn a_step_called_start_is_to_become_the_start() {
        check(
            "digraph { start [shape=hexagon] exit [shape=Msquare] start -> exit }",
            expect![[r#"
            1:1-1:8 error: the pipeline has no start node
              help: make `start` the start node: `start [shape=Mdiamond]`
        "#]],
        );
    }

    #[test]
    fn an_empty_graph_has_no_nodes_at_all() {
        check(
            "digraph {}",
            expect![[r#"
            1:1-1:8 error: the pipeline has no start node, it has no nodes at all
              help: add `start [shape=Mdiamond]`, `exit [shape=Msquare]` and the steps between them
        "#]],
        );
    }

    #[test]
    fn a_start_by_id_counts_and_a_damaged_file_is_left_to_the_syntax_rule() {
        check("digraph { start -> exit }", expect![[r#""#]]);
        check("digraph { a [shape=box exit [shape=Msquare] }", expect![[r#""#]]);
        check("", expect![[r#""#]]);
    }
}
