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
    fn a_step_in_a_loop_gets_an_edge_to_its_entry() {
        found(
            r#"s -> a -> b
b -> a [condition="outcome!=fail"]"#,
            expect![[r#"
                1:53-1:54 hint: nothing takes a failure of `b`, the run stops there
                  help: if stopping is not intended, add `b -> a [condition="outcome=fail"]`
                  3:1-3:7 takes its success
                  unsafe fix: add `b -> a [condition="outcome=fail"]`
                  + b -> a [condition="outcome=fail"]
            "#]],
        );
    }

    #[test]
    fn a_diamond_that_forgets_is_worse() {
        found(
            r#"d [shape=diamond]; t -> d
d -> x [condition="outcome=success"]"#,
            expect![[r#"
                2:1-2:2 warning: nothing takes a failure of `d`, the run stops there
                  help: if stopping is not intended, add an edge out of `d` with `[condition="outcome=fail"]`
                  3:1-3:7 takes its success
            "#]],
        );
    }

    #[test]
    fn stopping_at_a_plain_edge_is_a_design() {
        found(r#"t -> a"#, expect![[""]]);
        found(
            r#"t -> a [condition="outcome=success"]
t -> b"#,
            expect![[""]],
        );
        found(r#"t -> a [condition="context.x=1"]"#, expect![[""]]);
    }

    #[test]
    fn a_retry_target_takes_it() {
        found(r#"t [retry_target=a]; t -> x [condition="outcome=success"]"#, expect![[""]]);
        found(r#"retry_target=a; t -> x [condition="outcome=success"]"#, expect![[""]]);
    }

    #[test]
    fn kilroy_takes_a_false_edge() {
        found_in(
            "kilroy",
            r#"t -> x [condition="outcome=success"]"#,
            expect![[r#"
            1:56-1:57 warning: nothing takes a failure of `t`, `t -> x` would be taken although it failed
              help: if stopping is not intended, add an edge out of `t` with `[condition="outcome=fail"]`
              2:1-2:7 takes its success
        "#]],
        );
    }
}
