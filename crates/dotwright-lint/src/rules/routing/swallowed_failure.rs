//! Some runners let a failed step follow a plain edge, so that the run goes on as if nothing had happened.

use dotwright_diagnostics::Severity;
use dotwright_model::{AttributeKey, EdgeId, Handler, Level, NoRoute, NodeId, Outcome};

use crate::category::Category;
use crate::edits;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "swallowed-failure",
    category: Category::Routing,
    level: Level::Off,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: true,
    page: include_str!("../../../../../lints/swallowed-failure.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.sound_nodes() {
        let work = match context.handler(node) {
            Handler::Tool => AttributeKey::TOOL_COMMAND,
            Handler::Codergen => AttributeKey::PROMPT,
            Handler::Start
            | Handler::Exit
            | Handler::Conditional
            | Handler::Human
            | Handler::Parallel
            | Handler::FanIn
            | Handler::Manager
            | Handler::Custom => continue,
        };
        if let Some(edge) = swallowing_edge(context, node) {
            check_edge(context, report, node, edge, work);
        }
    }
}

/// The edge that a failure of the step takes although it is plain, in a step that has no other edges.
fn swallowing_edge(context: &Context<'_>, node: NodeId) -> Option<EdgeId> {
    let (pipeline, analysis) = (context.pipeline, context.analysis);
    let edges = pipeline.outgoing(node);
    if !analysis.domain(node).contains(Outcome::Fail)
        || analysis.is_goal_gate(node)
        || edges.iter().any(|&edge| !pipeline.is_plain(edge))
    {
        return None;
    }
    let taken = edges.iter().copied().filter(|&edge| analysis.carries_failure(edge)).min_by_key(|&edge| {
        (std::cmp::Reverse(pipeline.edge(edge).weight), context.id(pipeline.target_of(edge)))
    })?;
    let target = pipeline.target_of(taken);
    // A diamond that looks at the outcome decides what a failure means, where it sees one.
    let examines = analysis.inspects_outcome(target) && analysis.domain(target).contains(Outcome::Fail);
    (!examines).then_some(taken)
}

fn check_edge(
    context: &Context<'_>,
    report: &mut Report<'_>,
    node: NodeId,
    edge: EdgeId,
    work: AttributeKey,
) {
    let pipeline = context.pipeline;
    let target = pipeline.target_of(edge);
    let end = if context.handler(target) == Handler::Exit { " and ends as a success" } else { "" };
    let message =
        format!("if `{}` fails, the run goes on to `{}`{end}", context.id(node), context.id(target));
    let range = pipeline.edge_ends_range(edge);
    let mut finding = if context.handler(node) == Handler::Tool {
        report.finding(range, message)
    } else {
        report.variant(Severity::Hint, range, message)
    };
    if let Some(work) = pipeline.node_attribute(node, work) {
        finding = finding.label(work.value_range(), "what can fail");
    }
    let fail = context.profile().outcome_word(Outcome::Fail).unwrap_or("fail");
    let route = format!("add an edge out of `{}` with `[condition=\"outcome={fail}\"]`", context.id(node));
    let condition = format!("condition=\"outcome!={fail}\"");
    if context.profile().no_route == NoRoute::TakeFalseEdge {
        report.push(finding.help(route));
        return;
    }
    finding = finding.help(format!("{route}, or write `{condition}` on `{}`", context.edge(edge)));
    if pipeline.outgoing(node).len() == 1 && edits::is_sole_edge(pipeline, edge) {
        let edit = edits::insert_attribute(pipeline, pipeline.edge(edge).stmt, &condition);
        finding = finding.fix(unsafe_fix(format!("add `{condition}`"), vec![edit]));
    }
    report.push(finding);
}
