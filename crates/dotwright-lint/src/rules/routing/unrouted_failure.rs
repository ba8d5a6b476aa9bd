//! A step that routes its successes by condition and forgets the failure: the run stops there.

use dotwright_diagnostics::Severity;
use dotwright_model::{EdgeId, Handler, Level, NoRoute, NodeId, Outcome};

use crate::category::Category;
use crate::edits;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "unrouted-failure",
    category: Category::Routing,
    level: Level::Hint,
    selected_level: Level::Hint,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: true,
    page: include_str!("../../../../../lints/unrouted-failure.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.sound_nodes() {
        if forgets_failure(context, node) {
            check_node(context, report, node);
        }
    }
}

fn forgets_failure(context: &Context<'_>, node: NodeId) -> bool {
    let (pipeline, analysis) = (context.pipeline, context.analysis);
    let edges = pipeline.outgoing(node);
    // The edges of a human gate are answers and those of a fan-out branches.
    let selects = match context.handler(node) {
        Handler::Start | Handler::Exit | Handler::Human | Handler::Parallel => false,
        Handler::Codergen
        | Handler::Tool
        | Handler::Conditional
        | Handler::FanIn
        | Handler::Manager
        | Handler::Custom => true,
    };
    selects
        && !edges.is_empty()
        && analysis.domain(node).contains(Outcome::Fail)
        && edges.iter().all(|&edge| !pipeline.is_plain(edge) && !analysis.travels(edge, Outcome::Fail))
        && analysis.failure_target(node).is_none()
}

fn check_node(context: &Context<'_>, report: &mut Report<'_>, node: NodeId) {
    let (pipeline, analysis) = (context.pipeline, context.analysis);
    let id = context.id(node);
    let edges = pipeline.outgoing(node);
    let rank =
        |edge: EdgeId| (std::cmp::Reverse(pipeline.edge(edge).weight), context.id(pipeline.target_of(edge)));
    let wrong_way = edges.iter().copied().min_by_key(|&edge| rank(edge));
    let consequence = match (context.profile().no_route, wrong_way) {
        (NoRoute::TakeFalseEdge, Some(edge)) => {
            format!("`{}` would be taken although it failed", context.edge(edge))
        }
        (NoRoute::Fail | NoRoute::Success | NoRoute::NodeTargets | NoRoute::TakeFalseEdge, _) => {
            "the run stops there".to_owned()
        }
    };
    let message = format!("nothing takes a failure of `{id}`, {consequence}");
    let range = pipeline.node_range(node);
    let mut finding = if context.handler(node) == Handler::Conditional {
        report.variant(Severity::Warning, range, message)
    } else {
        report.finding(range, message)
    };
    if let Some(&success) = edges.iter().find(|&&edge| analysis.travels(edge, Outcome::Success)) {
        finding = finding.label(pipeline.edge_ends_range(success), "takes its success");
    }
    let word = context.profile().outcome_word(Outcome::Fail).unwrap_or("fail");
    let pair = format!("[condition=\"outcome={word}\"]");
    let Some(entry) = analysis.loop_entry(node).filter(|&entry| entry != node) else {
        let help = format!("if stopping is not intended, add an edge out of `{id}` with `{pair}`");
        report.push(finding.help(help));
        return;
    };
    let statement = format!("{} {pair}", edits::edge_statement(pipeline, node, entry));
    let help = format!("if stopping is not intended, add `{statement}`");
    let Some(&last) = edges.last() else { return };
    let edit = edits::insert_behind_edge(pipeline, last, &statement);
    report.push(finding.help(help).fix(unsafe_fix(format!("add `{statement}`"), vec![edit])));
}
