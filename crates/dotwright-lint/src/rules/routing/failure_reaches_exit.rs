//! An edge that sends a failure to the exit turns a failed run into a successful one.

use dotwright_model::{AttributeKey, EdgeId, FailedStep, Handler, Level, NodeId, Outcome};

use crate::category::Category;
use crate::edits;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "failure-reaches-exit",
    category: Category::Routing,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: true,
    page: include_str!("../../../../../lints/failure-reaches-exit.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let (pipeline, analysis) = (context.pipeline, context.analysis);
    let mut exits = None;
    for edge in context.sound_edges() {
        if !analysis.is_failure_edge(edge) || !analysis.travels(edge, Outcome::Fail) {
            continue;
        }
        let exits = exits.get_or_insert_with(|| exits_behind_failures(context));
        let target = pipeline.target_of(edge);
        let Some(exit) = exits.get(target.index()).copied().flatten() else { continue };
        let source = pipeline.source_of(edge);
        if context.handler(source) != Handler::Human && !runs_always(context, target) {
            check_edge(context, report, edge, exit);
        }
    }
}

fn check_edge(context: &Context<'_>, report: &mut Report<'_>, edge: EdgeId, exit: NodeId) {
    let pipeline = context.pipeline;
    let source = pipeline.source_of(edge);
    let failing = failing_steps(context, source);
    // An unsatisfied goal gate holds the exit, whichever edge leads to it.
    if !failing.is_empty() && failing.iter().all(|&step| context.analysis.is_goal_gate(step)) {
        return;
    }
    let step = match failing.as_slice() {
        [step] => *step,
        _ => source,
    };
    let message = format!(
        "a failure of `{}` reaches `{}`, and the run ends as a success",
        context.id(step),
        context.id(exit)
    );
    let mut finding = report
        .finding(pipeline.edge_ends_range(edge), message)
        .help("send it to a repair step or a human gate, or delete the edge so that the run fails")
        .label(pipeline.node_range(step), "the step that failed");
    if pipeline.outgoing(source).len() > 1
        && let Some(edits) = edits::delete_edge(pipeline, edge)
    {
        finding = finding.fix(unsafe_fix(format!("delete `{}`", context.edge(edge)), edits));
    }
    report.push(finding);
}

/// The steps whose failure a node hands on: itself, or those before a diamond; four at most.
fn failing_steps(context: &Context<'_>, node: NodeId) -> Vec<NodeId> {
    let (pipeline, analysis) = (context.pipeline, context.analysis);
    let mut steps = Vec::new();
    let mut seen = vec![node];
    let mut queue = vec![node];
    while let Some(node) = queue.pop() {
        if context.handler(node) != Handler::Conditional {
            steps.push(node);
            continue;
        }
        for &edge in pipeline.incoming(node) {
            let source = pipeline.source_of(edge);
            if analysis.travels(edge, Outcome::Fail) && !seen.contains(&source) && seen.len() < 5 {
                seen.push(source);
                queue.push(source);
            }
        }
    }
    steps
}

/// For each node the exit that a failure entering it reaches unexamined: over diamonds, and over steps that cannot
/// fail themselves.
fn exits_behind_failures(context: &Context<'_>) -> Vec<Option<NodeId>> {
    let (pipeline, analysis) = (context.pipeline, context.analysis);
    let mut found: Vec<Option<NodeId>> = vec![None; pipeline.nodes().len()];
    let mut queue: Vec<(NodeId, NodeId)> = pipeline.exits().map(|exit| (exit, exit)).collect();
    while let Some((node, exit)) = queue.pop() {
        let Some(known @ None) = found.get_mut(node.index()) else { continue };
        *known = Some(exit);
        for &edge in pipeline.incoming(node) {
            // The edge for failures out of a diamond has a finding of its own.
            if !analysis.is_failure_edge(edge) && hands_failure_on(context, edge) {
                queue.push((pipeline.source_of(edge), exit));
            }
        }
    }
    found
}

fn hands_failure_on(context: &Context<'_>, edge: EdgeId) -> bool {
    let analysis = context.analysis;
    let source = context.pipeline.source_of(edge);
    match context.handler(source) {
        Handler::Conditional => analysis.travels(edge, Outcome::Fail),
        Handler::Codergen | Handler::Tool => {
            !analysis.domain(source).contains(Outcome::Fail) && context.pipeline.is_plain(edge)
        }
        Handler::Start
        | Handler::Exit
        | Handler::Human
        | Handler::Parallel
        | Handler::FanIn
        | Handler::Manager
        | Handler::Custom => false,
    }
}

/// True for a target that asks for failures, where the profile reads that.
fn runs_always(context: &Context<'_>, target: NodeId) -> bool {
    context.profile().failed_step == FailedStep::IfTargetRunsOn
        && context
            .pipeline
            .node_attribute(target, AttributeKey::RUNS_ON)
            .is_some_and(|value| value.text() == "always")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::check;

    const HEAD: &str = "digraph { s [shape=Mdiamond]; x [shape=Msquare]; a; b; t [shape=parallelogram, tool_command=make]; s -> t\n";

    #[track_caller]
    fn found(body: &str, expect: expect_test::Expect) {
        check(&RULE, &format!("{HEAD}{body}\n}}"), expect);
    }

    #[test]
    fn directly_or_over_what_cannot_fail() {
        found(
            r#"t -> a [condition="outcome=success"]
t -> x [condition="outcome=fail"]"#,
            expect![[r#"
                3:1-3:7 warning: a failure of `t` reaches `x`, and the run ends as a success
                  help: send it to a repair step or a human gate, or delete the edge so that the run fails
                  1:56-1:57 the step that failed
                  unsafe fix: delete `t -> x`
                  - t -> x [condition="outcome=fail"]
            "#]],
        );
        found(
            r#"r [shape=parallelogram, tool_command="make report || true"]; t -> a [condition="outcome=success"]
t -> r [condition="outcome!=success"]
r -> x"#,
            expect![[r#"
                3:1-3:7 warning: a failure of `t` reaches `x`, and the run ends as a success
                  help: send it to a repair step or a human gate, or delete the edge so that the run fails
                  1:56-1:57 the step that failed
                  unsafe fix: delete `t -> r`
                  - t -> r [condition="outcome!=success"]
            "#]],
        );
        found(
            r#"d [shape=diamond]; t -> d
d -> a [condition="outcome=success"]
d -> x [condition="outcome=fail"]"#,
            expect![[r#"
                4:1-4:7 warning: a failure of `t` reaches `x`, and the run ends as a success
                  help: send it to a repair step or a human gate, or delete the edge so that the run fails
                  1:56-1:57 the step that failed
                  unsafe fix: delete `d -> x`
                  - d -> x [condition="outcome=fail"]
            "#]],
        );
    }

    #[test]
    fn gates_people_and_steps_in_between_are_fine() {
        found(r#"t [goal_gate=true]; t -> x [condition="outcome=fail"]"#, expect![[""]]);
        found(
            r#"h [shape=hexagon]; t -> h [condition="outcome=fail"]
h -> x"#,
            expect![[""]],
        );
        found(
            r#"t -> a [condition="outcome=fail"]
a -> x"#,
            expect![[""]],
        );
        found(r#"t -> x [condition="outcome=success"]"#, expect![[""]]);
        found(
            r#"d [shape=diamond]; t [goal_gate=true]; t -> d
d -> x [condition="outcome=fail"]"#,
            expect![[""]],
        );
    }
}
