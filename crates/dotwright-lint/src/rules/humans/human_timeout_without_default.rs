//! A gate whose time runs out needs an answer for that case, else it fails.

use dotwright_diagnostics::Severity;
use dotwright_model::{AttributeKey, Level, NodeId};

use crate::category::Category;
use crate::edits::{insert_node_attribute, quoted};
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::rules::humans::{default_choice, default_choice_key, default_value, gates, safe_choice};

pub(crate) static RULE: Rule = Rule {
    name: "human-timeout-without-default",
    category: Category::Humans,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/human-timeout-without-default.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for gate in gates(context) {
        let timeout = context.pipeline.node_attribute(gate, AttributeKey::TIMEOUT);
        let Some(timeout) = timeout.filter(|timeout| !timeout.is_blank()) else { continue };
        if default_choice(context, gate).is_some() || context.pipeline.outgoing(gate).is_empty() {
            continue;
        }
        let message = format!(
            "after {} `{}` fails, because it has no default choice",
            timeout.text(),
            context.id(gate)
        );
        let range = timeout.value_range();
        let finding = if failure_goes_on(context, gate) {
            report.variant(Severity::Hint, range, message)
        } else {
            report.finding(range, message)
        };
        let key = default_choice_key(context);
        let Some(choice) = safe_choice(context, gate) else {
            report.push(finding.help(format!("set `{key}` to the safe option")));
            continue;
        };
        let pair = format!("{key}={}", quoted(&default_value(context, &choice)));
        let title = format!("add `{pair}`");
        let finding = finding.help(title.as_str());
        report.push(match insert_node_attribute(context.pipeline, gate, &pair) {
            Some(edit) => finding.fix(unsafe_fix(title, vec![edit])),
            None => finding,
        });
    }
}

/// True when the run has a way on after the gate failed.
fn failure_goes_on(context: &Context<'_>, gate: NodeId) -> bool {
    let edges = context.pipeline.outgoing(gate);
    edges.iter().any(|&edge| context.analysis.is_failure_edge(edge))
        || context.analysis.failure_target(gate).is_some()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    #[test]
    fn a_timeout_needs_a_default() {
        check(
            &RULE,
            "digraph {\n g [shape=hexagon, timeout=2h]\n g -> ship [label=\"Approve\"]\n g -> fix [label=\"Reject\"]\n}",
            expect![[r#"
                2:28-2:30 warning: after 2h `g` fails, because it has no default choice
                  help: add `human.default_choice="fix"`
                  unsafe fix: add `human.default_choice="fix"`
                  -  g [shape=hexagon, timeout=2h]
                  +  g [shape=hexagon, timeout=2h, human.default_choice="fix"]
            "#]],
        );
        check(
            &RULE,
            "digraph { g [shape=hexagon, timeout=\"2h\"]; g -> a [label=\"One\"]; g -> b [label=\"Two\"] }",
            expect![[r#"
                1:37-1:41 warning: after 2h `g` fails, because it has no default choice
                  help: set `human.default_choice` to the safe option
            "#]],
        );
    }

    #[test]
    fn a_way_on_makes_it_a_hint() {
        check(
            &RULE,
            "digraph { g [shape=hexagon, timeout=2h]; g -> a [label=\"One\"]; g -> b [condition=\"outcome=fail\"] }",
            expect![[r#"
                1:37-1:39 hint: after 2h `g` fails, because it has no default choice
                  help: set `human.default_choice` to the safe option
            "#]],
        );
        check(
            &RULE,
            "digraph { g [shape=hexagon, timeout=2h, retry_target=a]; g -> a [label=\"One\"] }",
            expect![[r#"
                1:37-1:39 hint: after 2h `g` fails, because it has no default choice
                  help: set `human.default_choice` to the safe option
            "#]],
        );
    }

    #[test]
    fn runners_have_names_of_their_own_for_it() {
        check_in(
            &RULE,
            "tracker",
            "digraph {\n g [shape=hexagon, timeout=2h]\n g -> a [label=\"Yes\"]\n g -> b [label=\"No\"]\n}",
            expect![[r#"
                2:28-2:30 warning: after 2h `g` fails, because it has no default choice
                  help: add `default_choice="No"`
                  unsafe fix: add `default_choice="No"`
                  -  g [shape=hexagon, timeout=2h]
                  +  g [shape=hexagon, timeout=2h, default_choice="No"]
            "#]],
        );
    }

    #[test]
    fn defaults_and_gates_without_timeout_are_fine() {
        check(
            &RULE,
            "digraph { g [shape=hexagon, timeout=2h, human.default_choice=a]; g -> a }",
            expect![[""]],
        );
        check(
            &RULE,
            "digraph { g [shape=hexagon]; g -> a; t [shape=parallelogram, timeout=2h]; t -> a }",
            expect![[""]],
        );
    }
}
