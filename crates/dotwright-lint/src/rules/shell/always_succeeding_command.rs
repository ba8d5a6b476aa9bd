//! A command that ends in `|| true` succeeds whatever happened, so nothing that waits for its failure ever happens.

use dotwright_diagnostics::{Severity, TextEdit, TextRange};
use dotwright_engine::FailureUse;
use dotwright_model::{AttributeKey, Level, NodeId};

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::wording::excerpt;

pub(crate) static RULE: Rule = Rule {
    name: "always-succeeding-command",
    category: Category::Shell,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/always-succeeding-command.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let pipeline = context.pipeline;
    for node in context.sound_nodes() {
        let Some(end) = context.analysis.always_succeeds(node) else { continue };
        let Some(written) = pipeline.node_attribute(node, AttributeKey::TOOL_COMMAND) else { continue };
        let usage = context.analysis.failure_use(node);
        if !matches!(usage, Some(FailureUse::Edge(_))) && routes_on_output(context, node) {
            continue;
        }
        let sentinel = excerpt(&end.text);
        let range = written.inner_range(end.range);
        let message = format!("`{}` can never fail because of `{sentinel}`", context.id(node));
        let mut finding = match usage {
            Some(usage) => report.finding(range, format!("{message}, so {}", consequence(context, usage))),
            None if prints_only(context, node) => continue,
            None => report.variant(Severity::Hint, range, message),
        };
        match usage {
            Some(FailureUse::Edge(edge)) => {
                finding = finding.label(pipeline.edge_ends_range(edge), "this asks for the outcome");
            }
            Some(FailureUse::GoalGate) => {
                let gate = pipeline.node_attribute(node, AttributeKey::GOAL_GATE);
                let range = gate.map_or(pipeline.node_range(node), |gate| gate.range());
                finding = finding.label(range, "this gate is always satisfied");
            }
            Some(FailureUse::Target(_)) | None => {}
        }
        let title = format!("remove `{sentinel}`");
        let edit = TextEdit::delete(written.inner_range(with_blanks_before(&written.text(), end.range)));
        report.push(finding.help(title.as_str()).fix(unsafe_fix(title, vec![edit])));
    }
}

fn consequence(context: &Context<'_>, usage: FailureUse) -> String {
    match usage {
        FailureUse::Edge(edge) if context.analysis.is_failure_edge(edge) => {
            format!("`{}` never fires", context.edge(edge))
        }
        FailureUse::Edge(edge) => format!("no failure reaches `{}`", context.edge(edge)),
        FailureUse::GoalGate => "the gate cannot catch anything".to_owned(),
        FailureUse::Target(target) => format!("the run never goes back to `{}`", context.id(target)),
    }
}

/// True when edges out of the step, or out of a diamond behind it, have conditions: those of a step that cannot fail
/// look at something else.
fn routes_on_output(context: &Context<'_>, node: NodeId) -> bool {
    let pipeline = context.pipeline;
    let has_condition = |node| pipeline.outgoing(node).iter().any(|&edge| !pipeline.is_plain(edge));
    has_condition(node) || pipeline.outgoing(node).iter().any(|&edge| has_condition(pipeline.target_of(edge)))
}

/// True for a command that has nothing to hide.
fn prints_only(context: &Context<'_>, node: NodeId) -> bool {
    context.analysis.command(node).is_some_and(|command| {
        let names =
            command.shell().all_commands().iter().map(|part| command.shell().name(part, &command.text));
        let is_harmless = |name: &str| matches!(name, "echo" | "printf" | "true" | ":" | "exit" | "sleep");
        names.into_iter().all(|name| name.is_some_and(|name| is_harmless(&name)))
    })
}

fn with_blanks_before(text: &str, range: TextRange) -> TextRange {
    let before = text.get(..range.start as usize).unwrap_or("");
    TextRange::new(before.trim_end_matches([' ', '\t']).len() as u32, range.end)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::check;

    #[test]
    fn what_waits_for_a_failure_is_named() {
        check(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"make || true\"]; t -> a; t -> b [condition=\"outcome=fail\"] }",
            expect![[r#"
                1:54-1:61 warning: `t` can never fail because of `|| true`, so `t -> b` never fires
                  help: remove `|| true`
                  1:73-1:79 this asks for the outcome
                  unsafe fix: remove `|| true`
                  - digraph { t [shape=parallelogram, tool_command="make || true"]; t -> a; t -> b [condition="outcome=fail"] }
                  + digraph { t [shape=parallelogram, tool_command="make"]; t -> a; t -> b [condition="outcome=fail"] }
            "#]],
        );
        check(
            &RULE,
            "digraph { t [shape=parallelogram, goal_gate=true, tool_command=\"make; exit 0\"] }",
            expect![[r#"
                1:69-1:77 warning: `t` can never fail because of `; exit 0`, so the gate cannot catch anything
                  help: remove `; exit 0`
                  1:35-1:49 this gate is always satisfied
                  unsafe fix: remove `; exit 0`
                  - digraph { t [shape=parallelogram, goal_gate=true, tool_command="make; exit 0"] }
                  + digraph { t [shape=parallelogram, goal_gate=true, tool_command="make"] }
            "#]],
        );
        check(
            &RULE,
            "digraph { retry_target=a t [shape=parallelogram, tool_command=\"make \\\"x\\\"; echo done\"]; t -> a }",
            expect![[r#"
                1:74-1:85 warning: `t` can never fail because of `; echo done`, so the run never goes back to `a`
                  help: remove `; echo done`
                  unsafe fix: remove `; echo done`
                  - digraph { retry_target=a t [shape=parallelogram, tool_command="make \"x\"; echo done"]; t -> a }
                  + digraph { retry_target=a t [shape=parallelogram, tool_command="make \"x\""]; t -> a }
            "#]],
        );
        check(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"make || :\"]; t -> a [condition=\"outcome=success\"] }",
            expect![[r#"
                1:54-1:58 warning: `t` can never fail because of `|| :`, so no failure reaches `t -> a`
                  help: remove `|| :`
                  1:62-1:68 this asks for the outcome
                  unsafe fix: remove `|| :`
                  - digraph { t [shape=parallelogram, tool_command="make || :"]; t -> a [condition="outcome=success"] }
                  + digraph { t [shape=parallelogram, tool_command="make"]; t -> a [condition="outcome=success"] }
            "#]],
        );
    }

    #[test]
    fn a_diamond_may_wait_for_it() {
        check(
            &RULE,
            "digraph { d [shape=diamond]; t [shape=parallelogram, tool_command=\"make || true\"]; t -> d; d -> b [condition=\"outcome=fail\"]; d -> a }",
            expect![[r#"
                1:73-1:80 warning: `t` can never fail because of `|| true`, so `d -> b` never fires
                  help: remove `|| true`
                  1:92-1:98 this asks for the outcome
                  unsafe fix: remove `|| true`
                  - digraph { d [shape=diamond]; t [shape=parallelogram, tool_command="make || true"]; t -> d; d -> b [condition="outcome=fail"]; d -> a }
                  + digraph { d [shape=diamond]; t [shape=parallelogram, tool_command="make"]; t -> d; d -> b [condition="outcome=fail"]; d -> a }
            "#]],
        );
    }

    #[test]
    fn without_use_it_is_a_hint() {
        check(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"make || true\"]; t -> a }",
            expect![[r#"
                1:54-1:61 hint: `t` can never fail because of `|| true`
                  help: remove `|| true`
                  unsafe fix: remove `|| true`
                  - digraph { t [shape=parallelogram, tool_command="make || true"]; t -> a }
                  + digraph { t [shape=parallelogram, tool_command="make"]; t -> a }
            "#]],
        );
    }

    #[test]
    fn a_command_that_only_prints_hides_nothing() {
        check(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"sleep 1; echo done\"]; t -> a }",
            expect![[""]],
        );
    }

    #[test]
    fn a_step_that_is_read_by_its_output_may_succeed() {
        check(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"make || echo bad\"]; t -> a [condition=\"context.tool.last_line=bad\"]; t -> b }",
            expect![[""]],
        );
        check(
            &RULE,
            "digraph { d [shape=diamond]; t [shape=parallelogram, tool_command=\"make; echo $?\"]; t -> d; d -> a [condition=\"context.tool.last_line=1\"]; d -> b }",
            expect![[""]],
        );
    }
}
