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
    // Beside conditions that never hold, those are what is wrong.
    let conditional =
        edges.iter().copied().find(|&edge| !pipeline.is_plain(edge) && analysis.is_feasible(edge))?;
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
    let ends_run = context.handler(pipeline.target_of(plain)) == Handler::Exit;
    if ends_run || analysis.travels(plain, Outcome::Success) {
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
    fn an_edge_that_nothing_takes_is_an_error() {
        found(
            r#"t -> x [condition="outcome=success"]
t -> a"#,
            expect![[r#"
                3:1-3:7 error: a failure of `t` does not take `t -> a`, and nothing else takes it either
                  help: write `condition="outcome!=success"` on `t -> a`, or add `t -> a [condition="outcome=fail"]`
                  2:1-2:7 an edge with a condition
                  unsafe fix: add `condition="outcome!=success"`
                  - t -> a
                  + t -> a [condition="outcome!=success"]
            "#]],
        );
        found(
            r#"t -> x [condition="outcome=success"]
t -> a -> b"#,
            expect![[r#"
                3:1-3:7 error: a failure of `t` does not take `t -> a`, and nothing else takes it either
                  help: write `condition="outcome!=success"` on `t -> a`, or add `t -> a [condition="outcome=fail"]`
                  2:1-2:7 an edge with a condition
                  unsafe fix: add `t -> a [condition="outcome=fail"]`
                  + t -> a [condition="outcome=fail"]
            "#]],
        );
    }

    #[test]
    fn an_edge_for_another_outcome_is_a_warning() {
        found(
            r#"a -> b [condition="outcome=success"]
a -> t"#,
            expect![[r#"
                3:1-3:7 warning: a failure of `a` does not take `a -> t`, the run stops
                  help: write `condition="outcome!=success"` on `a -> t`, or add `a -> t [condition="outcome=fail"]`
                  2:1-2:7 an edge with a condition
                  unsafe fix: add `a -> t [condition="outcome=fail"]`
                  + a -> t [condition="outcome=fail"]
            "#]],
        );
    }

    #[test]
    fn a_retry_target_makes_it_a_hint() {
        found(
            r#"retry_target=a; a -> b [condition="outcome=success"]
a -> t"#,
            expect![[r#"
                3:1-3:7 hint: a failure of `a` does not take `a -> t`, the run jumps to `a`
                  help: write `condition="outcome!=success"` on `a -> t`, or add `a -> t [condition="outcome=fail"]`
                  2:17-2:23 an edge with a condition
                  unsafe fix: add `a -> t [condition="outcome=fail"]`
                  + a -> t [condition="outcome=fail"]
            "#]],
        );
    }

    #[test]
    fn a_failure_that_is_routed_is_fine() {
        found(
            r#"t -> x [condition="outcome!=fail"]
t -> a [condition="outcome=fail"]
t -> b"#,
            expect![[""]],
        );
        found(
            r#"t -> x [condition="context.k=1"]
t -> a"#,
            expect![[""]],
        );
        found(
            r#"d [shape=diamond]; d -> a [condition="outcome=fail"]
t -> x [condition="outcome=success"]
t -> d"#,
            expect![[""]],
        );
        found(
            r#"a -> b [condition="outcome=success"]
a -> t [label="Fix"]"#,
            expect![[""]],
        );
        found(
            r#"t -> x [condition="outcome=retry"]
t -> a"#,
            expect![[""]],
        );
    }

    #[test]
    fn the_exit_is_no_place_for_a_failure() {
        found(
            r#"t -> a [condition="outcome=success"]
t -> x"#,
            expect![[r#"
                3:1-3:7 error: a failure of `t` does not take `t -> x`, and nothing else takes it either
                  help: add an edge out of `t` with `[condition="outcome=fail"]`
                  2:1-2:7 an edge with a condition
            "#]],
        );
    }
}
