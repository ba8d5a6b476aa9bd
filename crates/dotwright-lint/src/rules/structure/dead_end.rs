//! A step that ends well and has nowhere to go fails the run, or ends it as a success behind the back of its goal
//! gates, depending on the runner.

use dotwright_diagnostics::Severity;
use dotwright_model::{DeadEnd, Handler, Level, NodeId};

use crate::category::Category;
use crate::edits::{EdgePlace, written_id};
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::wording::names;

pub(crate) static RULE: Rule = Rule {
    name: "dead-end",
    category: Category::Structure,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: true,
    page: include_str!("../../../../../lints/dead-end.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let pipeline = context.pipeline;
    let is_end = |&node: &NodeId| {
        pipeline.outgoing(node).is_empty()
            && context.handler(node) != Handler::Exit
            && context.analysis.is_reachable(node)
    };
    let ends: Vec<NodeId> = pipeline.nodes().filter(is_end).collect();
    if ends.is_empty() {
        return;
    }
    let in_branch = in_branch(context);
    let place = EdgePlace::find(pipeline);
    let gates = names(context.analysis.goal_gates().map(|gate| context.id(gate)));
    let result = match context.profile().dead_end {
        DeadEnd::Fail => "the run fails there".to_owned(),
        DeadEnd::Success if gates.is_empty() => "the run ends there as a success".to_owned(),
        DeadEnd::Success => format!("the run ends there as a success without checking {gates}"),
    };
    let Some(exit) = pipeline.exits().next().map(|exit| written_id(context.id(exit))) else { return };
    for node in ends {
        // A step that fails on purpose ends the run itself, with a reason of its own.
        if in_branch.get(node.index()).copied().unwrap_or(false) || context.analysis.always_fails(node) {
            continue;
        }
        let message = format!("`{}` has no outgoing edge, {result}", context.id(node));
        let range = pipeline.node_range(node);
        let only_failures_get_there = !context.analysis.is_reachable_by_success(node);
        let finding = if only_failures_get_there {
            report.variant(Severity::Warning, range, message)
        } else if !gates.is_empty() {
            report.variant(Severity::Error, range, message)
        } else {
            report.finding(range, message)
        };
        let edge = format!("{} -> {exit}", written_id(context.id(node)));
        let finding = finding.help(format!("add `{edge}`"));
        report.push(match &place {
            Some(place) => finding.fix(unsafe_fix(format!("add `{edge}`"), vec![place.insert(&edge)])),
            None => finding,
        });
    }
}

/// Which nodes lie in a branch of a fan-out, where ends are the business of the rules about regions.
fn in_branch(context: &Context<'_>) -> Vec<bool> {
    let mut in_branch = vec![false; context.pipeline.nodes().len()];
    for &node in context.analysis.regions().iter().flat_map(|region| region.nodes()) {
        if let Some(in_branch) = in_branch.get_mut(node.index()) {
            *in_branch = true;
        }
    }
    in_branch
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
    fn a_step_without_edges_ends_the_run_badly() {
        check(
            "digraph {\n  start [shape=Mdiamond]\n  a\n  exit [shape=Msquare]\n  start -> a\n  start -> exit\n}",
            expect![[r#"
                3:3-3:4 error: `a` has no outgoing edge, the run fails there
                  help: add `a -> exit`
                  unsafe fix: add `a -> exit`
                  +   a -> exit
            "#]],
        );
    }

    #[test]
    fn behind_a_fail_edge_or_a_jump_it_is_a_warning() {
        check(
            "digraph {
                start [shape=Mdiamond] a b c exit [shape=Msquare]
                start -> a -> exit
                a -> b [condition=\"outcome=fail\"]
                a [retry_target=c]
            }",
            expect![[r#"
                2:42-2:43 warning: `b` has no outgoing edge, the run fails there
                  help: add `b -> exit`
                  unsafe fix: add `b -> exit`
                  +                 b -> exit
                2:44-2:45 warning: `c` has no outgoing edge, the run fails there
                  help: add `c -> exit`
                  unsafe fix: add `c -> exit`
                  +                 c -> exit
            "#]],
        );
    }

    #[test]
    fn the_end_of_a_branch_is_not_reported_here() {
        check(
            "digraph {
                start [shape=Mdiamond] fan [shape=component] a b c join [shape=tripleoctagon] exit [shape=Msquare]
                start -> fan -> a -> join -> exit
                fan -> b -> join
                b -> c
            }",
            expect![[r#""#]],
        );
    }

    #[test]
    fn a_step_that_fails_on_purpose_is_an_end() {
        check(
            "digraph { start [shape=Mdiamond] a exit [shape=Msquare] start -> a -> exit
             stop [shape=parallelogram, tool_command=\"echo 'gave up' >&2; exit 1\"]
             a -> stop [condition=\"outcome=fail\"] }",
            expect![[r#""#]],
        );
    }

    #[test]
    fn an_unreachable_end_is_not_reported_here() {
        check("digraph { start [shape=Mdiamond] a exit [shape=Msquare] start -> exit }", expect![[r#""#]]);
    }

    #[test]
    fn where_it_ends_as_a_success_it_is_an_error_only_past_a_goal_gate() {
        let source = "digraph { start [shape=Mdiamond] a exit [shape=Msquare] start -> a start -> exit }";
        test_support::check_in(
            &super::RULE,
            "fabro",
            source,
            expect![[r#"
            1:34-1:35 warning: `a` has no outgoing edge, the run ends there as a success
              help: add `a -> exit`
              unsafe fix: add `a -> exit`
              - digraph { start [shape=Mdiamond] a exit [shape=Msquare] start -> a start -> exit }
              + digraph { start [shape=Mdiamond] a exit [shape=Msquare] start -> a start -> exit a -> exit }
        "#]],
        );
        let source = "digraph { start [shape=Mdiamond] a [goal_gate=true] exit [shape=Msquare] start -> a start -> exit }";
        test_support::check_in(
            &super::RULE,
            "fabro",
            source,
            expect![[r#"
            1:34-1:35 error: `a` has no outgoing edge, the run ends there as a success without checking `a`
              help: add `a -> exit`
              unsafe fix: add `a -> exit`
              - digraph { start [shape=Mdiamond] a [goal_gate=true] exit [shape=Msquare] start -> a start -> exit }
              + digraph { start [shape=Mdiamond] a [goal_gate=true] exit [shape=Msquare] start -> a start -> exit a -> exit }
        "#]],
        );
    }
}
