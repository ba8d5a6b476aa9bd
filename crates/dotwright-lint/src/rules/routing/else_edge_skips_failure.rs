//! A plain edge beside conditional ones looks like an else branch, but a failed step does not take it.

use dotwright_diagnostics::Severity;
use dotwright_model::{EdgeId, Handler, Level, NodeId, Outcome};

use crate::category::Category;
use crate::edits;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "else-edge-skips-failure",
    category: Category::Routing,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: true,
    page: include_str!("../../../../../lints/else-edge-skips-failure.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.sound_nodes() {
        if let Some((plain, conditional)) = else_edge(context, node) {
            check_edge(context, report, node, plain, conditional);
        }
    }
}

/// The plain edge of a step that can fail and has conditional edges, none of which a failure can take.
fn else_edge(context: &Context<'_>, node: NodeId) -> Option<(EdgeId, EdgeId)> {
    let (pipeline, analysis) = (context.pipeline, context.analysis);
    let runs = match context.handler(node) {
        Handler::Start | Handler::Exit | Handler::Conditional | Handler::Human | Handler::Parallel => false,
        Handler::Codergen | Handler::Tool | Handler::FanIn | Handler::Manager | Handler::Custom => true,
    };
    let edges = pipeline.outgoing(node);
    let routes_failure = || edges.iter().any(|&edge| analysis.travels(edge, Outcome::Fail));
    if !runs || edges.len() < 2 || !analysis.domain(node).contains(Outcome::Fail) || routes_failure() {
        return None;
    }
    let plain = edges.iter().copied().find(|&edge| pipeline.is_plain(edge))?;
    let conditional = edges.iter().copied().find(|&edge| !pipeline.is_plain(edge))?;
    Some((plain, conditional))
}

fn check_edge(
    context: &Context<'_>,
    report: &mut Report<'_>,
    node: NodeId,
    plain: EdgeId,
    conditional: EdgeId,
) {
    let (pipeline, analysis) = (context.pipeline, context.analysis);
    let target = analysis.failure_target(node);
    let is_dead = !analysis.is_feasible(plain);
    let (severity, consequence) = match target {
        _ if is_dead => (Severity::Error, "and nothing else takes it either".to_owned()),
        Some(target) => (Severity::Hint, format!("the run jumps to `{}`", context.id(target))),
        None => (report.severity(), "the run stops".to_owned()),
    };
    let (id, edge) = (context.id(node), context.edge(plain));
    let message = format!("a failure of `{id}` does not take `{edge}`, {consequence}");
    let finding = report.variant(severity, pipeline.edge_ends_range(plain), message);
    let finding = finding.label(pipeline.edge_ends_range(conditional), "an edge with a condition");
    let word = |outcome: Outcome| context.profile().outcome_word(outcome).unwrap_or(outcome.as_str());
    let (success, fail) = (word(Outcome::Success), word(Outcome::Fail));
    let pair = format!("[condition=\"outcome={fail}\"]");
    if analysis.travels(plain, Outcome::Success) {
        // The plain edge is a way of success too, so a failure needs an edge of its own.
        let help = format!("add an edge out of `{id}` with `{pair}`");
        report.push(finding.help(help));
        return;
    }
    let statement = format!("{} {pair}", edits::edge_statement(pipeline, node, pipeline.target_of(plain)));
    let help = format!("write `condition=\"outcome!={success}\"` on `{edge}`, or add `{statement}`");
    let fix = if is_dead && edits::is_sole_edge(pipeline, plain) {
        let condition = format!("condition=\"outcome!={success}\"");
        let edit = edits::insert_attribute(pipeline, pipeline.edge(plain).stmt, &condition);
        unsafe_fix(format!("add `{condition}`"), vec![edit])
    } else {
        unsafe_fix(format!("add `{statement}`"), vec![edits::insert_behind_edge(pipeline, plain, &statement)])
    };
    report.push(finding.help(help).fix(fix));
}
