//! The jump of an unsatisfied gate helps only if the run comes back to the gate: otherwise it jumps until a bound
//! stops the run.

use std::collections::{BTreeMap, HashMap};

use dotwright_diagnostics::TextRange;
use dotwright_model::{Handler, Level, NodeId};

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
    let mut missed: BTreeMap<TextRange, Missed> = BTreeMap::new();
    for gate in analysis.goal_gates() {
        for (attribute, target) in analysis.gate_target_attributes(gate) {
            let Some(target) = target else { continue };
            let is_exit = context.handler(target) == Handler::Exit;
            if is_exit || !comes_back(context, target, gate, &mut walks) {
                let missed = missed.entry(attribute.value_range());
                missed.or_insert(Missed { target, is_exit, gates: Vec::new() }).gates.push(gate);
            }
            // An exit is no target to a runner: it tries the next one.
            if !is_exit {
                break;
            }
        }
    }
    for (range, missed) in missed {
        push(context, report, range, &missed);
    }
}

/// A retry target from which no way leads back to these gates.
struct Missed {
    target: NodeId,
    is_exit: bool,
    gates: Vec<NodeId>,
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

fn push(context: &Context<'_>, report: &mut Report<'_>, range: TextRange, missed: &Missed) {
    let Some(&first) = missed.gates.first() else { return };
    let (gate, target) = (context.id(first), context.id(missed.target));
    let (message, help) = if missed.is_exit {
        (
            format!(
                "the goal gate `{gate}` cannot go back to `{target}`, an exit is passed over as retry target"
            ),
            format!("name a step from which the run comes back to `{gate}`"),
        )
    } else {
        (
            format!("`{target}` cannot come back to the goal gate `{gate}`, so the gate never passes"),
            format!("add an edge back to `{gate}`, or use a fail edge to say that the run should stop"),
        )
    };
    let mut finding = report.finding(range, message).help(help);
    for &gate in &missed.gates {
        let message = format!("the goal gate `{}`", context.id(gate));
        finding = finding.label(context.pipeline.node_range(gate), message);
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
                  2:1-2:5 the goal gate `gate`
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
                  2:21-2:25 the goal gate `gate`
            "#]],
        );
    }

    #[test]
    fn one_target_of_several_gates_is_one_finding() {
        around(
            "retry_target=exit a [goal_gate=true] b [goal_gate=true] start -> plan -> a -> b -> exit",
            expect![[r#"
                2:14-2:18 warning: the goal gate `a` cannot go back to `exit`, an exit is passed over as retry target
                  help: name a step from which the run comes back to `a`
                  2:19-2:20 the goal gate `a`
                  2:38-2:39 the goal gate `b`
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
                2:36-2:40 warning: the goal gate `gate` cannot go back to `exit`, an exit is passed over as retry target
                  help: name a step from which the run comes back to `gate`
                  2:1-2:5 the goal gate `gate`
            "#]],
        );
    }

    #[test]
    fn an_unknown_target_is_not_reported_here() {
        around("gate [goal_gate=true, retry_target=nowhere] start -> plan -> gate -> exit", expect![[r#""#]]);
    }
}
