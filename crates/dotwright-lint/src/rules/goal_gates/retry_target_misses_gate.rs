//! The jump of an unsatisfied gate helps only if the run comes back to the gate: otherwise it jumps until a bound
//! stops the run.

use std::collections::HashMap;

use dotwright_model::{Attribute, Handler, Level, NodeId};

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule};

/// For how many different targets the graph is walked. Targets that dominate their gate need no walk.
const MAX_WALKS: usize = 32;

pub(crate) static RULE: Rule = Rule {
    name: "retry-target-misses-gate",
    category: Category::GoalGates,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::None,
    spec_id: None,
    needs_sound_graph: true,
    page: include_str!("../../../../../lints/retry-target-misses-gate.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let analysis = context.analysis;
    let mut walks: HashMap<NodeId, Vec<bool>> = HashMap::new();
    for gate in analysis.goal_gates() {
        for (attribute, target) in analysis.gate_target_attributes(gate) {
            let Some(target) = target else { continue };
            if context.handler(target) == Handler::Exit {
                push_exit(context, report, gate, attribute, target);
                continue;
            }
            if !comes_back(context, target, gate, &mut walks) {
                push(context, report, gate, attribute, target);
            }
            break;
        }
    }
}

fn comes_back(
    context: &Context<'_>,
    target: NodeId,
    gate: NodeId,
    walks: &mut HashMap<NodeId, Vec<bool>>,
) -> bool {
    if target == gate || context.analysis.dominators().dominates(target, gate) {
        return true;
    }
    if walks.len() >= MAX_WALKS && !walks.contains_key(&target) {
        return true;
    }
    let walk = walks.entry(target).or_insert_with(|| context.analysis.reach(target));
    walk.get(gate.index()).copied().unwrap_or(true)
}

fn push(
    context: &Context<'_>,
    report: &mut Report<'_>,
    gate: NodeId,
    attribute: Attribute<'_>,
    target: NodeId,
) {
    let (node, target) = (context.id(gate), context.id(target));
    let message = format!("`{target}` cannot come back to the goal gate `{node}`, so the gate never passes");
    let finding = report
        .finding(attribute.value_range(), message)
        .help(format!("add an edge back to `{node}`, or use a fail edge to say that the run should stop"))
        .label(context.pipeline.node_range(gate), "the goal gate");
    report.push(finding);
}

fn push_exit(
    context: &Context<'_>,
    report: &mut Report<'_>,
    gate: NodeId,
    attribute: Attribute<'_>,
    exit: NodeId,
) {
    let (node, exit) = (context.id(gate), context.id(exit));
    let message =
        format!("the goal gate `{node}` jumps straight to the exit `{exit}`, where nothing is repaired");
    let finding = report
        .finding(attribute.value_range(), message)
        .help(format!("name a step from which the run comes back to `{node}`"))
        .label(context.pipeline.node_range(gate), "the goal gate");
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

    #[track_caller]
    fn around(statements: &str, expect: Expect) {
        check(
            &format!(
                "digraph {{ start [shape=Mdiamond] exit [shape=Msquare] plan rescue\n{statements}\n}}\n"
            ),
            expect,
        );
    }

    #[test]
    fn a_target_that_leads_past_the_gate_is_reported_at_its_name() {
        around(
            "gate [goal_gate=true, retry_target=rescue] start -> plan -> gate -> exit rescue -> exit",
            expect![[r#"
                2:36-2:42 warning: `rescue` cannot come back to the goal gate `gate`, so the gate never passes
                  help: add an edge back to `gate`, or use a fail edge to say that the run should stop
                  2:1-2:5 the goal gate
            "#]],
        );
    }

    #[test]
    fn a_target_of_the_graph_counts_when_the_gate_has_none() {
        around(
            "retry_target=rescue gate [goal_gate=true] start -> plan -> gate -> exit rescue -> exit",
            expect![[r#"
                2:14-2:20 warning: `rescue` cannot come back to the goal gate `gate`, so the gate never passes
                  help: add an edge back to `gate`, or use a fail edge to say that the run should stop
                  2:21-2:25 the goal gate
            "#]],
        );
    }

    #[test]
    fn an_edge_a_jump_and_the_gate_itself_come_back() {
        around(
            "gate [goal_gate=true, retry_target=rescue] start -> plan -> gate -> exit rescue -> gate",
            expect![[r#""#]],
        );
        around(
            "gate [goal_gate=true, retry_target=rescue] rescue [retry_target=plan]
             start -> plan -> gate -> exit rescue -> exit",
            expect![[r#""#]],
        );
        around("gate [goal_gate=true, retry_target=gate] start -> plan -> gate -> exit", expect![[r#""#]]);
        around("gate [goal_gate=true, retry_target=start] start -> plan -> gate -> exit", expect![[r#""#]]);
    }

    #[test]
    fn the_exit_is_no_place_to_repair_anything() {
        around(
            "gate [goal_gate=true, retry_target=exit, fallback_retry_target=plan] start -> plan -> gate -> exit",
            expect![[r#"
                2:36-2:40 warning: the goal gate `gate` jumps straight to the exit `exit`, where nothing is repaired
                  help: name a step from which the run comes back to `gate`
                  2:1-2:5 the goal gate
            "#]],
        );
    }

    #[test]
    fn an_unknown_target_is_not_reported_here() {
        around("gate [goal_gate=true, retry_target=nowhere] start -> plan -> gate -> exit", expect![[r#""#]]);
    }
}
