//! Two edges of one step with the same condition: one of them is never taken.

use std::cmp::Reverse;
use std::collections::HashMap;

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
    let mut groups: HashMap<Normalised<'_>, Vec<EdgeId>> = HashMap::new();
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
                report.finding(range, message).help(help)
            }
            SeveralConditions::AllIfTheyMeet => {
                let message = format!(
                    "`{one}` and `{other}` have the same condition, both are taken if they meet again"
                );
                let help = "tell the conditions apart, or fan out with a `component` node";
                report.variant(Severity::Info, range, message).help(help)
            }
        };
        report.push(finding.label(pipeline.edge_ends_range(winner), "this one is taken"));
    }
}
