//! Where a runner takes the first option when no answer fits, the option that lets work pass may be the wrong one to list
//! later, and the one that sends it back the wrong one to list first.

use dotwright_diagnostics::Severity;
use dotwright_engine::gate::choices;
use dotwright_model::{EdgeId, Level, UnmatchedAnswer};
use dotwright_syntax::ast::Endpoint;

use crate::category::Category;
use crate::edits::exchange_statements;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::rules::humans::{NEGATIVE, POSITIVE, default_choice, default_choice_key, gates, has_word};

pub(crate) static RULE: Rule = Rule {
    name: "unsafe-first-option",
    category: Category::Humans,
    level: Level::Hint,
    selected_level: Level::Hint,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/unsafe-first-option.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    // The order of the edges means nothing to a runner that waits for an answer.
    if context.profile().unmatched_answer != UnmatchedAnswer::FirstChoice {
        return;
    }
    let pipeline = context.pipeline;
    for gate in gates(context) {
        if default_choice(context, gate).is_some() {
            continue;
        }
        let choices = choices(pipeline, gate);
        let Some((first, later)) = choices.split_first() else { continue };
        let positive = || later.iter().find(|choice| has_word(&choice.text, &POSITIVE));
        let sends_back = has_word(&first.text, &NEGATIVE) && !has_word(&first.text, &POSITIVE);
        let range = |edge: EdgeId| {
            pipeline.edge_label(edge).map_or(pipeline.target_range(edge), |label| label.value_range())
        };
        let message = format!(
            "auto-approval of `{}` takes `{}`, because it is listed first",
            context.id(gate),
            first.text
        );
        let key = default_choice_key(context);
        let range_of_first = range(first.edge);
        let Some(meant) = positive().filter(|_| sends_back) else {
            let target = pipeline.target_of(first.edge);
            let leads_outward = || context.analysis.leads_outward().get(target.index()) == Some(&true);
            if !later.is_empty() && leads_outward() {
                let finding = report.variant(Severity::Warning, range_of_first, message);
                let finding = finding.help(format!("set `{key}` to the option that publishes nothing"));
                report.push(
                    finding.label(pipeline.node_range(target), "something leaves the project from here on"),
                );
            }
            continue;
        };
        let help = format!("list `{}` first, or set `{key}`", meant.text);
        let finding = report.finding(range_of_first, message).help(help);
        let finding = finding.label(range(meant.edge), "this may be meant");
        let (one, other) = (pipeline.edge(first.edge).stmt, pipeline.edge(meant.edge).stmt);
        report.push(if is_single(context, first.edge) && is_single(context, meant.edge) {
            let edits = exchange_statements(pipeline, one, other);
            finding.fix(unsafe_fix(format!("list `{}` first", meant.text), edits))
        } else {
            finding
        });
    }
}

/// True for an edge with a statement of its own.
fn is_single(context: &Context<'_>, edge: EdgeId) -> bool {
    let ast = context.pipeline.ast();
    let ends = ast.endpoints(&ast[context.pipeline.edge(edge).stmt]);
    ends.len() == 2 && ends.iter().all(|end| matches!(end, Endpoint::Node(_)))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    #[test]
    fn the_first_option_is_the_one_that_is_taken() {
        check_in(
            &RULE,
            "kilroy",
            "digraph {\n g [shape=hexagon]\n g -> fix [label=\"[R] Reject\"] // back\n g -> ship [label=\"[A] Approve\"]\n}",
            expect![[r#"
                3:18-3:30 hint: auto-approval of `g` takes `Reject`, because it is listed first
                  help: list `Approve` first, or set `human.default_choice`
                  4:19-4:32 this may be meant
                  unsafe fix: list `Approve` first
                  -  g -> fix [label="[R] Reject"] // back
                  -  g -> ship [label="[A] Approve"]
                  +  g -> ship [label="[A] Approve"] // back
                  +  g -> fix [label="[R] Reject"]
            "#]],
        );
        check_in(
            &RULE,
            "kilroy",
            "digraph { g [shape=hexagon]; edge [label=No]; g -> {fix}; g -> ship [label=Yes] }",
            expect![[r#"
                1:42-1:44 hint: auto-approval of `g` takes `No`, because it is listed first
                  help: list `Yes` first, or set `human.default_choice`
                  1:76-1:79 this may be meant
            "#]],
        );
    }

    #[test]
    fn an_option_that_publishes_is_no_default() {
        const PUSH: &str = "push [shape=parallelogram, tool_command=\"git push\"]; pack -> push";
        check_in(
            &RULE,
            "amplifier",
            &format!("digraph {{ g [shape=hexagon]; g -> pack [label=Yes]; g -> b [label=No]; {PUSH} }}"),
            expect![[r#"
                1:47-1:50 warning: auto-approval of `g` takes `Yes`, because it is listed first
                  help: set `human.default_choice` to the option that publishes nothing
                  1:35-1:39 something leaves the project from here on
            "#]],
        );
        check_in(
            &RULE,
            "amplifier",
            &format!(
                "digraph {{ g [shape=hexagon]; h [shape=hexagon]; g -> h [label=Yes]; g -> b [label=No]; h -> pack; {PUSH} }}"
            ),
            expect![[""]],
        );
    }

    #[test]
    fn good_orders_defaults_and_patient_runners_are_fine() {
        check_in(
            &RULE,
            "kilroy",
            "digraph { g [shape=hexagon]; g -> a [label=Yes]; g -> b [label=No] }",
            expect![[""]],
        );
        check_in(
            &RULE,
            "kilroy",
            "digraph { g [shape=hexagon]; g -> a [label=No]; g -> b [label=Later] }",
            expect![[""]],
        );
        check_in(
            &RULE,
            "kilroy",
            "digraph { g [shape=hexagon, human.default_choice=b]; g -> a [label=No]; g -> b [label=Yes] }",
            expect![[""]],
        );
        check(&RULE, "digraph { g [shape=hexagon]; g -> a [label=No]; g -> b [label=Yes] }", expect![[""]]);
    }
}
