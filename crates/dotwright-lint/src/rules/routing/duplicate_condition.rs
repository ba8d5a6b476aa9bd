//! Two edges of one step with the same condition: one of them is never taken.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use dotwright_diagnostics::Severity;
use dotwright_engine::condition::{Normalised, normalise};
use dotwright_model::{EdgeId, Handler, Level, NodeId, Outcome, SeveralConditions};

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "duplicate-condition",
    category: Category::Routing,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::None,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/duplicate-condition.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.sound_nodes() {
        // Every out-edge of a fan-out whose condition holds starts a branch.
        if context.handler(node) != Handler::Parallel && context.pipeline.outgoing(node).len() > 1 {
            check_node(context, report, node);
        }
    }
}

fn check_node(context: &Context<'_>, report: &mut Report<'_>, node: NodeId) {
    let pipeline = context.pipeline;
    if pipeline.outgoing(node).iter().filter(|&&edge| !pipeline.is_plain(edge)).count() < 2 {
        return;
    }
    let mut groups: BTreeMap<Normalised<'_>, Vec<EdgeId>> = BTreeMap::new();
    for &edge in pipeline.outgoing(node) {
        let Some(condition) = pipeline.condition(edge) else { continue };
        if condition.condition.errors.is_empty() && !is_answer(context, node, edge) {
            groups.entry(normalise(condition.condition, condition.text)).or_default().push(edge);
        }
    }
    for edges in groups.into_values().filter(|edges| edges.len() > 1) {
        check_group(context, report, &edges);
    }
}

/// The answer to a human gate chooses among edges, whatever their conditions have in common.
fn is_answer(context: &Context<'_>, node: NodeId, edge: EdgeId) -> bool {
    context.handler(node) == Handler::Human && context.analysis.travels(edge, Outcome::Success)
}

fn check_group(context: &Context<'_>, report: &mut Report<'_>, edges: &[EdgeId]) {
    let pipeline = context.pipeline;
    let target = |edge: EdgeId| context.id(pipeline.target_of(edge));
    let several = context.profile().several_conditions;
    let winner = match several {
        SeveralConditions::FileOrder => edges.first().copied(),
        SeveralConditions::WeightThenId | SeveralConditions::AllIfTheyMeet => {
            edges.iter().copied().min_by_key(|&edge| (Reverse(pipeline.edge(edge).weight), target(edge)))
        }
    };
    let Some(winner) = winner else { return };
    for &edge in edges.iter().filter(|&&edge| target(edge) != target(winner)) {
        let (one, other) = (context.edge(edge), context.edge(winner));
        let range = pipeline.edge_ends_range(edge);
        let finding = match several {
            SeveralConditions::WeightThenId | SeveralConditions::FileOrder => {
                let message =
                    format!("`{one}` and `{other}` have the same condition, only `{other}` is taken");
                let help =
                    "merge the two targets, tell the conditions apart, or fan out with a `component` node";
                let finding = report.finding(range, message).help(help);
                finding.label(pipeline.edge_ends_range(winner), "this one is taken")
            }
            SeveralConditions::AllIfTheyMeet => {
                let message = format!(
                    "`{one}` and `{other}` have the same condition, both are taken if they meet again"
                );
                let help = "tell the conditions apart, or fan out with a `component` node";
                let finding = report.variant(Severity::Info, range, message).help(help);
                finding.label(pipeline.edge_ends_range(winner), "the same condition")
            }
        };
        report.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    const HEAD: &str = "digraph { s [shape=Mdiamond]; x [shape=Msquare]; a; b; t [shape=parallelogram, tool_command=make]; s -> t\n";

    #[track_caller]
    fn found(body: &str, expect: expect_test::Expect) {
        check(&RULE, &format!("{HEAD}{body}\n}}"), expect);
    }

    #[track_caller]
    fn found_in(profile: &str, body: &str, expect: expect_test::Expect) {
        check_in(&RULE, profile, &format!("{HEAD}{body}\n}}"), expect);
    }

    #[test]
    fn weight_and_then_the_id_decide() {
        found(
            r#"t -> b [condition="outcome=success && context.k=1"]
t -> a [condition="context.k=1&&outcome=success"]"#,
            expect![[r#"
                2:1-2:7 warning: `t -> b` and `t -> a` have the same condition, only `t -> a` is taken
                  help: merge the two targets, tell the conditions apart, or fan out with a `component` node
                  3:1-3:7 this one is taken
            "#]],
        );
        found(
            r#"t -> b [condition="outcome=success", weight=2]
t -> a [condition="outcome=success"]"#,
            expect![[r#"
                3:1-3:7 warning: `t -> a` and `t -> b` have the same condition, only `t -> b` is taken
                  help: merge the two targets, tell the conditions apart, or fan out with a `component` node
                  2:1-2:7 this one is taken
            "#]],
        );
        found_in(
            "tracker",
            r#"t -> b [condition="outcome=success"]
t -> a [condition="outcome=success"]"#,
            expect![[r#"
                3:1-3:7 warning: `t -> a` and `t -> b` have the same condition, only `t -> b` is taken
                  help: merge the two targets, tell the conditions apart, or fan out with a `component` node
                  2:1-2:7 this one is taken
            "#]],
        );
        found_in(
            "kilroy",
            r#"t -> b [condition="outcome=success"]
t -> a [condition="outcome=success"]"#,
            expect![[r#"
                2:1-2:7 info: `t -> b` and `t -> a` have the same condition, both are taken if they meet again
                  help: tell the conditions apart, or fan out with a `component` node
                  3:1-3:7 the same condition
            "#]],
        );
    }

    #[test]
    fn answers_branches_and_one_target_are_fine() {
        found(
            r#"h [shape=hexagon]; h -> a [label=A, condition="outcome=success"]
h -> b [label=B, condition="outcome=success"]"#,
            expect![[""]],
        );
        found(
            r#"f [shape=component]; f -> a [condition="context.k=1"]
f -> b [condition="context.k=1"]"#,
            expect![[""]],
        );
        found(
            r#"t -> a [condition="outcome=success"]
t -> a [condition="outcome=success"]"#,
            expect![[""]],
        );
    }
}
