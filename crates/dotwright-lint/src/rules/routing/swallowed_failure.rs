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
    fn a_tool_whose_failure_goes_on() {
        found_in(
            "attractor-literal",
            r#"t -> x"#,
            expect![[r#"
            2:1-2:7 warning: if `t` fails, the run goes on to `x` and ends as a success
              help: add an edge out of `t` with `[condition="outcome=fail"]`, or write `condition="outcome!=fail"` on `t -> x`
              1:93-1:97 what can fail
              unsafe fix: add `condition="outcome!=fail"`
              - t -> x
              + t -> x [condition="outcome!=fail"]
        "#]],
        );
        found_in(
            "fabro",
            r#"t -> a"#,
            expect![[r#"
            2:1-2:7 warning: if `t` fails, the run goes on to `a`
              help: add an edge out of `t` with `[condition="outcome=failed"]`, or write `condition="outcome!=failed"` on `t -> a`
              1:93-1:97 what can fail
              unsafe fix: add `condition="outcome!=failed"`
              - t -> a
              + t -> a [condition="outcome!=failed"]
        "#]],
        );
        found_in(
            "kilroy",
            r#"t -> a"#,
            expect![[r#"
            2:1-2:7 warning: if `t` fails, the run goes on to `a`
              help: add an edge out of `t` with `[condition="outcome=fail"]`
              1:93-1:97 what can fail
        "#]],
        );
        found_in(
            "attractor-literal",
            r#"t -> a -> x"#,
            expect![[r#"
            2:1-2:7 warning: if `t` fails, the run goes on to `a`
              help: add an edge out of `t` with `[condition="outcome=fail"]`, or write `condition="outcome!=fail"` on `t -> a`
              1:93-1:97 what can fail
            2:6-2:12 hint: if `a` fails, the run goes on to `x` and ends as a success
              help: add an edge out of `a` with `[condition="outcome=fail"]`, or write `condition="outcome!=fail"` on `a -> x`
        "#]],
        );
    }

    #[test]
    fn what_looks_at_the_outcome_is_fine() {
        found_in(
            "kilroy",
            r#"d [shape=diamond]; t -> d
d -> a [condition="outcome=fail"]"#,
            expect![[""]],
        );
        found_in("attractor-literal", r#"t [goal_gate=true]; t -> x"#, expect![[""]]);
        found_in("attractor-literal", r#"t -> x [condition="outcome!=fail"]"#, expect![[""]]);
        found(r#"t -> x"#, expect![[""]]);
    }
}
