//! A gate that nothing can fail looks like a check and is none.

use dotwright_diagnostics::Severity;
use dotwright_model::{AttributeKey, DiamondOutcome, Handler, Level, NodeId, Outcome};

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "vacuous-goal-gate",
    category: Category::GoalGates,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::None,
    spec_id: None,
    needs_sound_graph: true,
    page: include_str!("../../../../../lints/vacuous-goal-gate.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let pipeline = context.pipeline;
    for node in pipeline.nodes() {
        let Some(attribute) = pipeline.node_attribute(node, AttributeKey::GOAL_GATE) else { continue };
        if attribute.text() != "true" {
            continue;
        }
        let Some(Vacuous { reason, severity }) = vacuous(context, node) else { continue };
        let message = format!("the goal gate `{}` can never fail: {reason}", context.id(node));
        let finding = match severity {
            Some(severity) => report.variant(severity, attribute.range(), message),
            None => report.finding(attribute.range(), message),
        };
        let help = match step_that_can_fail(context, node) {
            Some(step) => format!("put `goal_gate=true` on the step that can fail, `{}`", context.id(step)),
            None => "put `goal_gate=true` on the step that can fail".to_owned(),
        };
        let noun = context.handler(node).noun();
        report.push(
            finding.help(help).label(pipeline.node_range(node), format!("`{}`, a {noun}", context.id(node))),
        );
    }
}

struct Vacuous {
    reason: &'static str,
    /// `None` for the level of the rule.
    severity: Option<Severity>,
}

/// Why the gate cannot fail. A tool that hides its exit code is left to the rule about its command.
fn vacuous(context: &Context<'_>, node: NodeId) -> Option<Vacuous> {
    let can_fail = context.analysis.domain(node).contains(Outcome::Fail);
    let because = |reason| Some(Vacuous { reason, severity: None });
    match context.handler(node) {
        Handler::Start => because("a start node does no work"),
        Handler::Exit => because("an exit node does no work"),
        Handler::Conditional if context.profile().diamond_outcome == DiamondOutcome::Forward => {
            because("a diamond does no work of its own")
        }
        Handler::Conditional if !can_fail => because("a diamond always succeeds"),
        Handler::Parallel if !can_fail => because("failed branches make a fan-out a partial success"),
        Handler::Human if !context.analysis.is_in_loop(node) => {
            Some(Vacuous { reason: "every answer leads on", severity: Some(Severity::Hint) })
        }
        Handler::Conditional
        | Handler::Parallel
        | Handler::Human
        | Handler::Codergen
        | Handler::Tool
        | Handler::FanIn
        | Handler::Manager
        | Handler::Custom => None,
    }
}

/// A step before the gate, or the one behind a start, whose failure the gate may be meant for.
fn step_that_can_fail(context: &Context<'_>, node: NodeId) -> Option<NodeId> {
    let pipeline = context.pipeline;
    let can_fail = |&other: &NodeId| {
        other != node
            && context.handler(other) != Handler::Conditional
            && context.analysis.domain(other).contains(Outcome::Fail)
    };
    let before = pipeline.incoming(node).iter().map(|&edge| pipeline.source_of(edge)).find(can_fail);
    before.or_else(|| pipeline.outgoing(node).iter().map(|&edge| pipeline.target_of(edge)).find(can_fail))
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
    fn start_and_exit_do_no_work() {
        check(
            "digraph { start [shape=Mdiamond, goal_gate=true] exit [shape=Msquare, goal_gate=true] a start -> a -> exit }",
            expect![[r#"
                1:34-1:48 warning: the goal gate `start` can never fail: a start node does no work
                  help: put `goal_gate=true` on the step that can fail, `a`
                  1:11-1:16 `start`, a start
                1:71-1:85 warning: the goal gate `exit` can never fail: an exit node does no work
                  help: put `goal_gate=true` on the step that can fail, `a`
                  1:50-1:54 `exit`, a exit
            "#]],
        );
    }

    #[test]
    fn a_diamond_does_no_work_or_always_succeeds() {
        let source = "digraph { start [shape=Mdiamond] exit [shape=Msquare] plan d [shape=diamond, goal_gate=true]
            start -> plan -> d d -> exit [condition=\"outcome=success\"] d -> plan [condition=\"outcome!=success\"] }";
        check(
            source,
            expect![[r#"
            1:78-1:92 warning: the goal gate `d` can never fail: a diamond does no work of its own
              help: put `goal_gate=true` on the step that can fail, `plan`
              1:60-1:61 `d`, a diamond
        "#]],
        );
        test_support::check_in(
            &super::RULE,
            "fabro",
            source,
            expect![[r#"
            1:78-1:92 warning: the goal gate `d` can never fail: a diamond always succeeds
              help: put `goal_gate=true` on the step that can fail, `plan`
              1:60-1:61 `d`, a diamond
        "#]],
        );
    }

    #[test]
    fn a_fan_out_fails_with_its_branches_unless_the_profile_says_otherwise() {
        let source =
            "digraph { start [shape=Mdiamond] exit [shape=Msquare] f [shape=component, goal_gate=true] a b
            j [shape=tripleoctagon] start -> f f -> a -> j f -> b -> j j -> exit }";
        check(source, expect![[r#""#]]);
        test_support::check_in(
            &super::RULE,
            "attractor-literal",
            source,
            expect![[r#"
            1:75-1:89 warning: the goal gate `f` can never fail: failed branches make a fan-out a partial success
              help: put `goal_gate=true` on the step that can fail, `a`
              1:55-1:56 `f`, a fan-out
        "#]],
        );
    }

    #[test]
    fn a_human_gate_is_one_when_an_answer_leads_back() {
        let gate = "h [shape=hexagon, goal_gate=true] start -> plan -> h h -> exit [label=Yes]";
        around(
            &format!("{gate} other h -> other [label=No] other -> exit"),
            expect![[r#"
            2:19-2:33 hint: the goal gate `h` can never fail: every answer leads on
              help: put `goal_gate=true` on the step that can fail, `plan`
              2:1-2:2 `h`, a human gate
        "#]],
        );
        around(&format!("{gate} h -> plan [label=No]"), expect![[r#""#]]);
    }

    #[test]
    fn steps_that_can_fail_are_gates() {
        around("a [goal_gate=true] start -> plan -> a -> exit", expect![[r#""#]]);
        around("a [shape=diamond, goal_gate=false] start -> plan -> a -> exit", expect![[r#""#]]);
    }
}
