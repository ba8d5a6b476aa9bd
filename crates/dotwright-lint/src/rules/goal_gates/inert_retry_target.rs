//! A retry target is asked last. Where an edge takes every failure, the jump that its author counts on never happens.

use dotwright_diagnostics::Severity;
use dotwright_model::{AttributeKey, EdgeId, Level, NoRoute, NodeId, Outcome};

use crate::category::Category;
use crate::edits::delete_attribute;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "inert-retry-target",
    category: Category::GoalGates,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: true,
    page: include_str!("../../../../../lints/inert-retry-target.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.sound_nodes() {
        for key in [AttributeKey::RETRY_TARGET, AttributeKey::FALLBACK_RETRY_TARGET] {
            check_target(context, report, node, key);
        }
    }
}

fn check_target(context: &Context<'_>, report: &mut Report<'_>, node: NodeId, key: AttributeKey) {
    let (pipeline, analysis) = (context.pipeline, context.analysis);
    let Some(attribute) = pipeline.own_attribute(node, key) else { return };
    if analysis.is_goal_gate(node) || serves_other_outcomes(context, node) {
        return;
    }
    let Some((edge, is_fail_edge)) = first_taker(context, node) else { return };
    let name = attribute.name();
    let message = format!(
        "`{name}` of `{}` is never used, `{}` takes its failures first",
        context.id(node),
        context.edge(edge)
    );
    let finding = if is_fail_edge {
        report.finding(attribute.value_range(), message)
    } else {
        report.variant(Severity::Hint, attribute.value_range(), message)
    };
    let finding = finding
        .help("delete one of the two")
        .label(pipeline.edge_range(edge), "every failure takes this edge")
        .fix(unsafe_fix(format!("delete `{name}`"), delete_attribute(pipeline, attribute)));
    report.push(finding);
}

/// True where the profile also jumps when no edge fits a success.
fn serves_other_outcomes(context: &Context<'_>, node: NodeId) -> bool {
    context.profile().no_route == NoRoute::NodeTargets && !context.analysis.coverage(node).exhaustive
}

/// The edge that takes every failure of the node, and whether its condition says so.
fn first_taker(context: &Context<'_>, node: NodeId) -> Option<(EdgeId, bool)> {
    let analysis = context.analysis;
    let takers = || {
        let edges = context.pipeline.outgoing(node).iter().copied();
        edges.filter(|&edge| analysis.travels(edge, Outcome::Fail))
    };
    let by_condition = takers().find(|&edge| analysis.takes_every_failure(edge)).map(|edge| (edge, true));
    by_condition.or_else(|| takers().find(|&edge| analysis.carries_failure(edge)).map(|edge| (edge, false)))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use crate::test_support;

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        test_support::check(&super::RULE, source, expect);
    }

    #[track_caller]
    fn around(statements: &str, expect: Expect) {
        check(
            &format!("digraph {{ start [shape=Mdiamond] exit [shape=Msquare] plan\n{statements}\n}}\n"),
            expect,
        );
    }

    #[test]
    fn a_fail_edge_comes_before_both_targets() {
        around(
            "t [retry_target=plan, fallback_retry_target=plan]\n start -> plan -> t -> exit
             t -> plan [condition=\"outcome!=success\"]",
            expect![[r#"
                2:17-2:21 warning: `retry_target` of `t` is never used, `t -> plan` takes its failures first
                  help: delete one of the two
                  4:14-4:54 every failure takes this edge
                  unsafe fix: delete `retry_target`
                  - t [retry_target=plan, fallback_retry_target=plan]
                  + t [fallback_retry_target=plan]
                2:45-2:49 warning: `fallback_retry_target` of `t` is never used, `t -> plan` takes its failures first
                  help: delete one of the two
                  4:14-4:54 every failure takes this edge
                  unsafe fix: delete `fallback_retry_target`
                  - t [retry_target=plan, fallback_retry_target=plan]
                  + t [retry_target=plan]
            "#]],
        );
    }

    #[test]
    fn an_edge_into_a_diamond_that_looks_at_the_outcome_is_a_hint() {
        around(
            "t [retry_target=plan]\n d [shape=diamond] start -> plan -> t -> d
             d -> exit [condition=\"outcome=success\"] d -> plan [condition=\"outcome=fail\"]",
            expect![[r#"
                2:17-2:21 hint: `retry_target` of `t` is never used, `t -> d` takes its failures first
                  help: delete one of the two
                  3:37-3:43 every failure takes this edge
                  unsafe fix: delete `retry_target`
                  - t [retry_target=plan]
                  + t
            "#]],
        );
    }

    #[test]
    fn an_edge_for_some_failures_leaves_the_others_to_the_target() {
        around(
            "t [retry_target=plan] start -> plan -> t -> exit
             t -> plan [condition=\"context.failure_class=timeout\"]",
            expect![[r#""#]],
        );
        around("t [retry_target=plan] start -> plan -> t -> exit", expect![[r#""#]]);
    }

    #[test]
    fn a_goal_gate_uses_its_target_at_the_exit() {
        around(
            "t [retry_target=plan, goal_gate=true] start -> plan -> t -> exit t -> plan [condition=\"outcome=fail\"]",
            expect![[r#""#]],
        );
    }

    #[test]
    fn a_branch_with_a_condition_takes_no_failure() {
        around(
            "f [shape=component, retry_target=plan] a b j [shape=tripleoctagon] start -> plan -> f
             f -> a [condition=\"outcome=fail\"] f -> b a -> j b -> j j -> exit",
            expect![[r#""#]],
        );
    }
}
