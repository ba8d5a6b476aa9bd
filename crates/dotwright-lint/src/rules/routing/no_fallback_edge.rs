//! Out of a step whose edges all have conditions there may be a case that none of them takes; the run ends there.

use dotwright_diagnostics::Severity;
use dotwright_engine::OutcomeSet;
use dotwright_engine::condition::{Key, facts};
use dotwright_model::{AttributeKey, EdgeId, Handler, Level, NoRoute, NodeId, Outcome};

use crate::category::Category;
use crate::edits;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::wording::{alternatives, listed};

pub(crate) static RULE: Rule = Rule {
    name: "no-fallback-edge",
    category: Category::Routing,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: true,
    page: include_str!("../../../../../lints/no-fallback-edge.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.sound_nodes() {
        if may_end_open(context, node) {
            check_node(context, report, node);
        }
    }
}

fn may_end_open(context: &Context<'_>, node: NodeId) -> bool {
    let pipeline = context.pipeline;
    let edges = pipeline.outgoing(node);
    let selects = match context.handler(node) {
        Handler::Start | Handler::Exit | Handler::Human | Handler::Parallel => false,
        Handler::Codergen
        | Handler::Tool
        | Handler::Conditional
        | Handler::FanIn
        | Handler::Manager
        | Handler::Custom => true,
    };
    selects && !edges.is_empty() && edges.iter().all(|&edge| !pipeline.is_plain(edge))
}

fn check_node(context: &Context<'_>, report: &mut Report<'_>, node: NodeId) {
    let (pipeline, analysis, profile) = (context.pipeline, context.analysis, context.profile());
    let coverage = analysis.coverage(node);
    let edges = pipeline.outgoing(node);
    let known = coverage.missing.without(OutcomeSet::CUSTOM);
    if coverage.exhaustive || known.without(OutcomeSet::FAIL).is_empty() {
        return;
    }
    // A failure that no edge can ever take is what `unrouted-failure` reports.
    let fails_open = edges.iter().any(|&edge| analysis.travels(edge, Outcome::Fail));
    let cases = if fails_open { known } else { known.without(OutcomeSet::FAIL) };
    let when = if coverage.by_context { when_none_of(context, edges) } else { String::new() };
    let message = format!(
        "no edge out of `{}` matches {}{when}; {}",
        context.id(node),
        alternatives(cases, profile),
        consequence(context, node)
    );
    let range = pipeline.node_range(node);
    let partial_only =
        coverage.missing.without(OutcomeSet::CUSTOM) == OutcomeSet::of(Outcome::PartialSuccess);
    let allows_partial = pipeline
        .node_attribute(node, AttributeKey::ALLOW_PARTIAL)
        .is_some_and(|attribute| attribute.text() == "true");
    let mut finding = if partial_only && !allows_partial {
        report.variant(Severity::Hint, range, message)
    } else {
        report.finding(range, message)
    };
    for &edge in edges.iter().take(5) {
        let covers = analysis.travelling(edge).words(profile);
        let covers = if covers.is_empty() { "covers nothing".to_owned() } else { format!("covers {covers}") };
        finding = finding.label(pipeline.edge_ends_range(edge), covers);
    }
    let first = cases.iter().find_map(|outcome| profile.outcome_word(outcome)).unwrap_or("success");
    let fallback = edges.iter().copied().find(|&edge| analysis.is_failure_edge(edge));
    let Some(fallback) = fallback else {
        let help = format!(
            "add an edge without a condition out of `{}`, or cover the case with `condition=\"outcome={first}\"`",
            context.id(node)
        );
        report.push(finding.help(help));
        return;
    };
    let edge = context.edge(fallback);
    let help = format!(
        "add an edge without a condition, `{edge}`, or cover the case with `condition=\"outcome={first}\"`"
    );
    let statement = edits::edge_statement(pipeline, node, pipeline.target_of(fallback));
    let last = edges.last().copied().unwrap_or(fallback);
    let edit = edits::insert_behind_edge(pipeline, last, &statement);
    report.push(finding.help(help).fix(unsafe_fix(format!("add `{edge}`"), vec![edit])));
}

/// The values that conditions on one key leave out.
fn when_none_of(context: &Context<'_>, edges: &[EdgeId]) -> String {
    let mut keys: Vec<&str> = Vec::new();
    let mut values: Vec<String> = Vec::new();
    for condition in edges.iter().filter_map(|&edge| context.pipeline.condition(edge)) {
        let Some(facts) = facts(condition.condition, condition.text) else { continue };
        for fact in facts.iter().filter(|fact| fact.key != Key::Outcome) {
            if !fact.equal {
                return " when no condition on the context holds".to_owned();
            }
            let name = match fact.key {
                Key::Outcome => "outcome",
                Key::PreferredLabel => "preferred_label",
                Key::Context(name) => name,
            };
            if !keys.contains(&name) && keys.len() < 2 {
                keys.push(name);
            }
            values.push(fact.literal.to_string());
        }
    }
    values.sort();
    values.dedup();
    match (keys.as_slice(), values.as_slice()) {
        ([key], [value]) => format!(" when `{key}` is not `{value}`"),
        ([key], values) => format!(" when `{key}` is none of {}", listed(values.iter().map(String::as_str))),
        _ => " when no condition on the context holds".to_owned(),
    }
}

fn consequence(context: &Context<'_>, node: NodeId) -> String {
    let pipeline = context.pipeline;
    match context.profile().no_route {
        NoRoute::Fail => "the run would fail there".to_owned(),
        NoRoute::NodeTargets => match context.analysis.failure_target(node) {
            Some(target) => format!("the run would jump to `{}`", context.id(target)),
            None => "the run would fail there".to_owned(),
        },
        NoRoute::Success => {
            let gates = listed(context.analysis.goal_gates().map(|gate| context.id(gate)));
            let past = if gates.is_empty() { String::new() } else { format!(", past {gates}") };
            format!("the run would end there as a success{past}")
        }
        NoRoute::TakeFalseEdge => {
            let edges = pipeline.outgoing(node).iter().copied();
            let target = |edge: EdgeId| context.id(pipeline.target_of(edge));
            let best =
                edges.min_by_key(|&edge| (std::cmp::Reverse(pipeline.edge(edge).weight), target(edge)));
            match best {
                Some(edge) => {
                    format!("`{}` would be taken although its condition is false", context.edge(edge))
                }
                None => "the run would fail there".to_owned(),
            }
        }
    }
}
