//! A default that names no option leaves the gate without one when its time is up.

use dotwright_diagnostics::{Severity, did_you_mean};
use dotwright_engine::gate::{Choice, choices, is_match, matching};
use dotwright_model::{ChoiceMatch, Level};

use crate::category::Category;
use crate::edits::replace_value;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::rules::humans::{default_choice, default_value, gates};
use crate::wording::{names, suggestion};

pub(crate) static RULE: Rule = Rule {
    name: "unknown-default-choice",
    category: Category::Humans,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/unknown-default-choice.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for gate in gates(context) {
        let Some(written) = default_choice(context, gate) else { continue };
        let value = written.text();
        let choices = choices(context.pipeline, gate);
        let ways = context.profile().default_choice;
        let is_named = |choice: &Choice| ways.iter().any(|&way| is_match(choice, &value, way));
        // A gate without options has another problem, and a template names its option at run time.
        if choices.is_empty() || value.contains('$') || choices.iter().any(is_named) {
            continue;
        }
        let elsewhere = matching(&choices, &value).into_iter().next();
        let labels =
            choices.iter().map(|choice| choice.text.as_str()).filter(|_| ways.contains(&ChoiceMatch::Label));
        let targets = choices
            .iter()
            .map(|choice| choice.target.as_str())
            .filter(|_| ways.contains(&ChoiceMatch::Target));
        let meant = match elsewhere {
            Some(choice) => Some(default_value(context, choice)),
            None => did_you_mean(&value, labels.chain(targets)).map(str::to_owned),
        };
        let key = written.name();
        let near = suggestion(meant.as_deref());
        let message = format!("`{key}={value}` of `{}` is none of its options{near}", context.id(gate));
        let range = written.value_range();
        let finding = if elsewhere.is_some() {
            report.variant(Severity::Warning, range, message)
        } else {
            report.finding(range, message)
        };
        let options = names(choices.iter().map(|choice| default_value(context, choice)));
        let finding = finding.help(format!("use one of its options, {options}"));
        report.push(match meant {
            Some(meant) => {
                let edit = replace_value(written, &meant);
                finding.fix(unsafe_fix(format!("write `{meant}`"), vec![edit]))
            }
            None => finding,
        });
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    const GATE: &str = "g -> ship [label=\"[A] Approve\"]; g -> fix [label=\"[R] Reject\"] }";

    #[test]
    fn a_default_names_an_option() {
        let source = format!("digraph {{ g [shape=hexagon, human.default_choice=\"shp\"]; {GATE}");
        check(
            &RULE,
            &source,
            expect![[r#"
                1:50-1:55 error: `human.default_choice=shp` of `g` is none of its options; did you mean `ship`?
                  help: use one of its options, `ship` and `fix`
                  unsafe fix: write `ship`
                  - digraph { g [shape=hexagon, human.default_choice="shp"]; g -> ship [label="[A] Approve"]; g -> fix [label="[R] Reject"] }
                  + digraph { g [shape=hexagon, human.default_choice="ship"]; g -> ship [label="[A] Approve"]; g -> fix [label="[R] Reject"] }
            "#]],
        );
        let source = format!("digraph {{ g [shape=hexagon, human.default_choice=later]; {GATE}");
        check(
            &RULE,
            &source,
            expect![[r#"
                1:50-1:55 error: `human.default_choice=later` of `g` is none of its options
                  help: use one of its options, `ship` and `fix`
            "#]],
        );
    }

    #[test]
    fn keys_labels_and_targets_are_names() {
        for choice in ["r", "reject", "[R] Reject", "fix", "FIX", "$choice"] {
            let source = format!("digraph {{ g [shape=hexagon, human.default_choice=\"{choice}\"]; {GATE}");
            check(&RULE, &source, expect![[""]]);
        }
    }

    #[test]
    fn some_runners_take_fewer_names() {
        let source = format!("digraph {{ g [shape=hexagon, human.default_choice=\"R\"]; {GATE}");
        check_in(
            &RULE,
            "fabro",
            &source,
            expect![[r#"
                1:50-1:53 warning: `human.default_choice=R` of `g` is none of its options; did you mean `fix`?
                  help: use one of its options, `ship` and `fix`
                  unsafe fix: write `fix`
                  - digraph { g [shape=hexagon, human.default_choice="R"]; g -> ship [label="[A] Approve"]; g -> fix [label="[R] Reject"] }
                  + digraph { g [shape=hexagon, human.default_choice="fix"]; g -> ship [label="[A] Approve"]; g -> fix [label="[R] Reject"] }
            "#]],
        );
        let source = format!("digraph {{ g [shape=hexagon, default_choice=\"fix\"]; {GATE}");
        check_in(
            &RULE,
            "tracker",
            &source,
            expect![[r#"
                1:44-1:49 warning: `default_choice=fix` of `g` is none of its options; did you mean `Reject`?
                  help: use one of its options, `Approve` and `Reject`
                  unsafe fix: write `Reject`
                  - digraph { g [shape=hexagon, default_choice="fix"]; g -> ship [label="[A] Approve"]; g -> fix [label="[R] Reject"] }
                  + digraph { g [shape=hexagon, default_choice="Reject"]; g -> ship [label="[A] Approve"]; g -> fix [label="[R] Reject"] }
            "#]],
        );
    }

    #[test]
    fn a_gate_without_options_is_left_alone() {
        check(&RULE, "digraph { g [shape=hexagon, human.default_choice=x] }", expect![[""]]);
    }
}
