//! A failed goal gate without a way back throws away everything the run did before it.

use dotwright_model::{EdgeId, Handler, Level, NodeId, Outcome};

use crate::category::Category;
use crate::edits::{insert_node_attribute, quoted};
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::settings::Preset;

/// How far up the dominators a step to go back to is looked for: a run of more gates than this has none nearby.
const MAX_DOMINATORS: usize = 64;

pub(crate) static RULE: Rule = Rule {
    name: "goal-gate-without-retry",
    category: Category::GoalGates,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: Some("goal_gate_has_retry"),
    needs_sound_graph: true,
    page: include_str!("../../../../../lints/goal-gate-without-retry.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let analysis = context.analysis;
    let strictly = context.settings.selection.preset == Preset::Spec;
    for gate in analysis.goal_gates() {
        if !analysis.domain(gate).contains(Outcome::Fail)
            || analysis.gate_target_attributes(gate).next().is_some()
        {
            continue;
        }
        let has_fail_edge = ways_on(context, gate).iter().any(|&edge| takes_failure(context, edge));
        if !has_fail_edge || strictly {
            push(context, report, gate, has_fail_edge);
        }
    }
}

fn push(context: &Context<'_>, report: &mut Report<'_>, gate: NodeId, has_fail_edge: bool) {
    let pipeline = context.pipeline;
    let Some(attribute) = pipeline.node_attribute(gate, dotwright_model::AttributeKey::GOAL_GATE) else {
        return;
    };
    let node = context.id(gate);
    let message = if has_fail_edge {
        format!("an unsatisfied goal gate `{node}` ends the run at the exit, it has no `retry_target`")
    } else {
        format!("a failure of the goal gate `{node}` ends the run, it has no `retry_target` and no fail edge")
    };
    let finding = report
        .finding(attribute.range(), message)
        .label(pipeline.node_range(gate), format!("the goal gate `{node}`"));
    let Some(step) = step_before(context, gate).map(|step| context.id(step)) else {
        report
            .push(finding.help(format!("set `retry_target` on `{node}` to the step that repairs its work")));
        return;
    };
    let pair = format!("retry_target={}", quoted(step));
    let finding = finding.help(format!("set `{pair}` on `{node}`"));
    report.push(match insert_node_attribute(pipeline, gate, &pair) {
        Some(edit) => finding.fix(unsafe_fix(format!("set `{pair}` on `{node}`"), vec![edit])),
        None => finding,
    });
}

/// The edges that take the gate's outcome: for a fan-out those of the fan-in that its region ends at.
fn ways_on<'c>(context: &Context<'c>, gate: NodeId) -> &'c [EdgeId] {
    if context.handler(gate) != Handler::Parallel {
        return context.pipeline.outgoing(gate);
    }
    let region = context.analysis.regions().iter().find(|region| region.fan_out == gate);
    let join = region.and_then(|region| region.join).filter(|&join| context.handler(join) == Handler::FanIn);
    join.map_or(&[], |join| context.pipeline.outgoing(join))
}

/// True for an edge that a failure is meant to take: by its condition, or into a diamond that looks at the outcome.
fn takes_failure(context: &Context<'_>, edge: EdgeId) -> bool {
    let meant = !context.pipeline.is_plain(edge) || context.analysis.carries_failure(edge);
    meant && context.analysis.travels(edge, Outcome::Fail)
}

/// The nearest step that every way to the gate passes and that can do its work again.
fn step_before(context: &Context<'_>, gate: NodeId) -> Option<NodeId> {
    let does_work = |node: NodeId| match context.handler(node) {
        Handler::Start | Handler::Exit | Handler::Conditional | Handler::FanIn => false,
        Handler::Codergen
        | Handler::Tool
        | Handler::Human
        | Handler::Parallel
        | Handler::Manager
        | Handler::Custom => !context.analysis.is_goal_gate(node),
    };
    context.analysis.dominators().of(gate).take(MAX_DOMINATORS).find(|&node| does_work(node))
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
    fn the_nearest_step_before_the_gate_is_the_target() {
        around(
            "a [goal_gate=true]\n b [goal_gate=true]\n start -> plan -> a -> b -> exit",
            expect![[r#"
            2:4-2:18 warning: a failure of the goal gate `a` ends the run, it has no `retry_target` and no fail edge
              help: set `retry_target="plan"` on `a`
              2:1-2:2 the goal gate `a`
              unsafe fix: set `retry_target="plan"` on `a`
              - a [goal_gate=true]
              + a [goal_gate=true, retry_target="plan"]
            3:5-3:19 warning: a failure of the goal gate `b` ends the run, it has no `retry_target` and no fail edge
              help: set `retry_target="plan"` on `b`
              3:2-3:3 the goal gate `b`
              unsafe fix: set `retry_target="plan"` on `b`
              -  b [goal_gate=true]
              +  b [goal_gate=true, retry_target="plan"]
        "#]],
        );
    }

    #[test]
    fn a_gate_behind_the_start_gets_no_fix() {
        around(
            "a [goal_gate=true]\n start -> a -> plan -> exit",
            expect![[r#"
            2:4-2:18 warning: a failure of the goal gate `a` ends the run, it has no `retry_target` and no fail edge
              help: set `retry_target` on `a` to the step that repairs its work
              2:1-2:2 the goal gate `a`
        "#]],
        );
    }

    #[test]
    fn a_target_at_any_level_is_enough() {
        around("a [goal_gate=true, fallback_retry_target=plan] start -> plan -> a -> exit", expect![[r#""#]]);
        around("retry_target=plan a [goal_gate=true] start -> plan -> a -> exit", expect![[r#""#]]);
    }

    #[test]
    fn a_fail_edge_is_enough_directly_or_behind_a_diamond() {
        around(
            "a [goal_gate=true] start -> plan -> a -> exit a -> plan [condition=\"outcome=fail\"]",
            expect![[r#""#]],
        );
        around(
            "a [goal_gate=true] d [shape=diamond] start -> plan -> a -> d
             d -> exit [condition=\"outcome=success\"] d -> plan [condition=\"outcome!=success\"]",
            expect![[r#""#]],
        );
    }

    #[test]
    fn the_spec_preset_wants_a_target_beside_a_fail_edge() {
        let mut settings = crate::Settings::default();
        settings.selection.preset = crate::Preset::Spec;
        test_support::check_with(
            &super::RULE,
            "digraph { start [shape=Mdiamond] exit [shape=Msquare] plan a [goal_gate=true]
                start -> plan -> a -> exit a -> plan [condition=\"outcome=fail\"] }",
            settings,
            expect![[r#"
                1:63-1:77 warning: an unsatisfied goal gate `a` ends the run at the exit, it has no `retry_target`
                  help: set `retry_target="plan"` on `a`
                  1:60-1:61 the goal gate `a`
                  unsafe fix: set `retry_target="plan"` on `a`
                  - digraph { start [shape=Mdiamond] exit [shape=Msquare] plan a [goal_gate=true]
                  + digraph { start [shape=Mdiamond] exit [shape=Msquare] plan a [goal_gate=true, retry_target="plan"]
            "#]],
        );
    }

    #[test]
    fn the_fail_edge_of_a_fan_in_is_that_of_its_fan_out() {
        around(
            "f [shape=component, goal_gate=true] b c j [shape=tripleoctagon]
             start -> plan -> f f -> b -> j f -> c -> j j -> exit j -> plan [condition=\"outcome=fail\"]",
            expect![[r#""#]],
        );
    }

    #[test]
    fn a_gate_that_cannot_fail_is_not_reported_here() {
        around(
            "a [shape=parallelogram, tool_command=\"make || true\", goal_gate=true] start -> plan -> a -> exit",
            expect![[r#""#]],
        );
    }
}
