//! A run ends well only at an exit. Without one every run fails at its last step, after all the work is paid for.

use dotwright_model::{Level, NodeId};

use crate::category::Category;
use crate::edits::{EdgePlace, insert_first, written_id};
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::wording::names;

pub(crate) static RULE: Rule = Rule {
    name: "missing-exit",
    category: Category::Structure,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::Unsafe,
    spec_id: Some("terminal_node"),
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/missing-exit.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let pipeline = context.pipeline;
    let damaged = pipeline.nodes().any(|node| pipeline.is_recovered(node));
    if pipeline.exits().next().is_some() || pipeline.graph_syntax().is_none() || damaged {
        return;
    }
    let mut finding = report.finding(pipeline.header_range(), "the pipeline has no exit node");
    let Some(last) = pipeline.nodes().last() else {
        report.push(finding.help("add `exit [shape=Msquare]` and the steps before it"));
        return;
    };
    let ends: Vec<NodeId> = pipeline.nodes().filter(|&node| pipeline.outgoing(node).is_empty()).collect();
    for &end in &ends {
        finding = finding.label(pipeline.node_range(end), format!("nothing follows `{}`", context.id(end)));
    }
    if pipeline.node_by_id("exit").is_some() {
        report.push(finding.help("make `exit` the exit node: `exit [shape=Msquare]`"));
        return;
    }
    let last = if ends.is_empty() { vec![last] } else { ends.clone() };
    let routed = names(last.iter().map(|&node| context.id(node)));
    let finding = finding.help(format!("add `exit [shape=Msquare]` and route {routed} to it"));
    let place = EdgePlace::find(pipeline);
    let edges = ends
        .iter()
        .map(|&end| Some(place.as_ref()?.insert(&format!("{} -> exit", written_id(context.id(end))))));
    let node = insert_first(pipeline, &["exit [shape=Msquare]".to_owned()]);
    let edits: Option<Vec<_>> = std::iter::once(node).chain(edges).collect();
    report.push(match edits.filter(|_| !ends.is_empty()) {
        Some(edits) => finding.fix(unsafe_fix("add an exit node behind the last steps", edits)),
        None => finding,
    });
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
    fn each_step_without_successor_is_routed_to_the_new_exit() {
        check(
            "digraph {\n start [shape=Mdiamond]\n a\n b\n start -> a\n start -> b\n}",
            expect![[r#"
                1:1-1:8 error: the pipeline has no exit node
                  help: add `exit [shape=Msquare]` and route `a` and `b` to it
                  3:2-3:3 nothing follows `a`
                  4:2-4:3 nothing follows `b`
                  unsafe fix: add an exit node behind the last steps
                  -  start [shape=Mdiamond]
                  -  a
                  -  b
                  -  start -> a
                  -  start -> b
                  +  exit [shape=Msquare]
                  +  start [shape=Mdiamond]
                  +  a
                  +  b
                  +  start -> a
                  +  start -> b
                  +  a -> exit
                  +  b -> exit
            "#]],
        );
    }

    #[test]
    fn a_pipeline_that_only_loops_gets_no_fix() {
        check(
            "digraph { start [shape=Mdiamond] a b start -> a a -> b b -> a }",
            expect![[r#"
            1:1-1:8 error: the pipeline has no exit node
              help: add `exit [shape=Msquare]` and route `b` to it
        "#]],
        );
    }

    #[test]
    fn a_step_called_exit_is_to_become_the_exit() {
        check(
            "digraph { start [shape=Mdiamond] exit [shape=hexagon] start -> exit }",
            expect![[r#"
            1:1-1:8 error: the pipeline has no exit node
              help: make `exit` the exit node: `exit [shape=Msquare]`
              1:34-1:38 nothing follows `exit`
        "#]],
        );
    }

    #[test]
    fn an_exit_by_id_counts_and_an_empty_graph_gets_no_fix() {
        check("digraph { start -> end }", expect![[r#""#]]);
        check(
            "digraph {}",
            expect![[r#"
            1:1-1:8 error: the pipeline has no exit node
              help: add `exit [shape=Msquare]` and the steps before it
        "#]],
        );
    }
}
