//! In a run that nobody watches a gate must say itself what happens when no answer comes.

use dotwright_diagnostics::Severity;
use dotwright_engine::gate::choices;
use dotwright_model::{AttributeKey, Level, NodeId, UnmatchedAnswer};

use crate::category::Category;
use crate::edits::{insert_node_attribute, quoted};
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::rules::humans::{default_choice, default_choice_key, default_value, gates, safe_choice};

pub(crate) static RULE: Rule = Rule {
    name: "unattended-human-gate",
    category: Category::Humans,
    level: Level::Hint,
    selected_level: Level::Hint,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/unattended-human-gate.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    if !context.settings.unattended() && !report.is_wanted() {
        return;
    }
    for gate in gates(context).filter(|&gate| context.analysis.is_reachable(gate)) {
        let Some(silence) = silence(context, gate) else { continue };
        let id = context.id(gate);
        let key = default_choice_key(context);
        let (then, help) = match &silence {
            Silence::TakesFirst(label) => {
                (format!("the first option `{label}` is taken"), format!("set `{key}` to the safe option"))
            }
            Silence::Fails => ("it fails".to_owned(), format!("set `{key}` to the safe option")),
            Silence::Pauses => {
                ("the run pauses there".to_owned(), format!("set `timeout`, and `{key}` to the safe option"))
            }
            Silence::NeverTimesOut => (
                "the run pauses there, because a default choice needs a timeout".to_owned(),
                "set `timeout`, for example `timeout=\"1h\"`".to_owned(),
            ),
        };
        let message = format!("nobody answers `{id}` in an unattended run, {then}");
        let range = context.pipeline.node_range(gate);
        let finding = if context.settings.unattended() {
            report.variant(report.severity().max(Severity::Warning), range, message)
        } else {
            report.finding(range, message)
        };
        let finding = finding.help(help);
        // How long to wait is for a person to say, so a gate that also lacks a timeout has no fix.
        let choice =
            safe_choice(context, gate).filter(|_| matches!(silence, Silence::TakesFirst(_) | Silence::Fails));
        let pair = choice.map(|choice| format!("{key}={}", quoted(&default_value(context, &choice))));
        let fix = pair.and_then(|pair| {
            let edit = insert_node_attribute(context.pipeline, gate, &pair)?;
            Some(unsafe_fix(format!("add `{pair}`"), vec![edit]))
        });
        report.push(match fix {
            Some(fix) => finding.fix(fix),
            None => finding,
        });
    }
}

/// What happens at a gate that nobody answers.
enum Silence {
    /// The run goes on with the option of this label.
    TakesFirst(String),
    /// Its time is up without a default.
    Fails,
    /// It stays open.
    Pauses,
    /// It stays open although it has a default.
    NeverTimesOut,
}

/// What is wrong with that; `None` when the gate says what to do.
fn silence(context: &Context<'_>, gate: NodeId) -> Option<Silence> {
    let timeout = context.pipeline.node_attribute(gate, AttributeKey::TIMEOUT);
    let has_timeout = timeout.is_some_and(|timeout| !timeout.is_blank());
    let has_default = default_choice(context, gate).is_some();
    match context.profile().unmatched_answer {
        UnmatchedAnswer::FirstChoice if has_default => None,
        UnmatchedAnswer::FirstChoice => {
            let first = choices(context.pipeline, gate).into_iter().next()?;
            Some(Silence::TakesFirst(first.text))
        }
        UnmatchedAnswer::Pause => match (has_timeout, has_default) {
            (true, true) => None,
            (true, false) => Some(Silence::Fails),
            (false, true) => Some(Silence::NeverTimesOut),
            (false, false) => Some(Silence::Pauses),
        },
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::settings::{Preset, Selection, Settings};
    use crate::test_support::{check, check_in, check_with};

    const REST: &str =
        "s [shape=Mdiamond]; s -> g; g -> ship [label=\"[A] Approve\"]; g -> fix [label=\"[R] Reject\"] }";

    #[test]
    fn a_gate_says_what_silence_means() {
        check(
            &RULE,
            &format!("digraph {{ g [shape=hexagon]; {REST}"),
            expect![[r#"
            1:11-1:12 hint: nobody answers `g` in an unattended run, the run pauses there
              help: set `timeout`, and `human.default_choice` to the safe option
        "#]],
        );
        check(
            &RULE,
            &format!("digraph {{ g [shape=hexagon, timeout=1h]; {REST}"),
            expect![[r#"
            1:11-1:12 hint: nobody answers `g` in an unattended run, it fails
              help: set `human.default_choice` to the safe option
              unsafe fix: add `human.default_choice="fix"`
              - digraph { g [shape=hexagon, timeout=1h]; s [shape=Mdiamond]; s -> g; g -> ship [label="[A] Approve"]; g -> fix [label="[R] Reject"] }
              + digraph { g [shape=hexagon, timeout=1h, human.default_choice="fix"]; s [shape=Mdiamond]; s -> g; g -> ship [label="[A] Approve"]; g -> fix [label="[R] Reject"] }
        "#]],
        );
        check(
            &RULE,
            &format!("digraph {{ g [shape=hexagon, human.default_choice=fix]; {REST}"),
            expect![[r#"
            1:11-1:12 hint: nobody answers `g` in an unattended run, the run pauses there, because a default choice needs a timeout
              help: set `timeout`, for example `timeout="1h"`
        "#]],
        );
    }

    #[test]
    fn other_runners_take_the_first_option() {
        check_in(
            &RULE,
            "kilroy",
            &format!("digraph {{ g [shape=hexagon]; {REST}"),
            expect![[r#"
            1:11-1:12 hint: nobody answers `g` in an unattended run, the first option `Approve` is taken
              help: set `human.default_choice` to the safe option
              unsafe fix: add `human.default_choice="fix"`
              - digraph { g [shape=hexagon]; s [shape=Mdiamond]; s -> g; g -> ship [label="[A] Approve"]; g -> fix [label="[R] Reject"] }
              + digraph { g [shape=hexagon, human.default_choice="fix"]; s [shape=Mdiamond]; s -> g; g -> ship [label="[A] Approve"]; g -> fix [label="[R] Reject"] }
        "#]],
        );
        check_in(
            &RULE,
            "kilroy",
            &format!("digraph {{ g [shape=hexagon, human.default_choice=fix]; {REST}"),
            expect![[""]],
        );
    }

    #[test]
    fn unattended_runs_make_it_a_warning() {
        let settings = Settings { unattended: true, ..Settings::default() };
        check_with(
            &RULE,
            &format!("digraph {{ g [shape=hexagon]; {REST}"),
            settings,
            expect![[r#"
            1:11-1:12 warning: nobody answers `g` in an unattended run, the run pauses there
              help: set `timeout`, and `human.default_choice` to the safe option
        "#]],
        );
        let selection = Selection { preset: Preset::Ci, ..Selection::default() };
        let settings = Settings { selection, ..Settings::default() };
        check_with(
            &RULE,
            &format!("digraph {{ g [shape=hexagon]; {REST}"),
            settings,
            expect![[r#"
            1:11-1:12 warning: nobody answers `g` in an unattended run, the run pauses there
              help: set `timeout`, and `human.default_choice` to the safe option
        "#]],
        );
    }

    #[test]
    fn gates_with_an_answer_and_gates_that_no_run_reaches_are_fine() {
        check(
            &RULE,
            &format!("digraph {{ g [shape=hexagon, timeout=1h, human.default_choice=fix]; {REST}"),
            expect![[""]],
        );
        check(&RULE, "digraph { s [shape=Mdiamond]; s -> a; g [shape=hexagon]; g -> a }", expect![[""]]);
    }
}
