//! A fidelity mode that does not exist is read as `compact`, so the step gets another carry-over than its author wrote.

use dotwright_diagnostics::did_you_mean;
use dotwright_model::{Level, ValueType};

use crate::category::Category;
use crate::edits::replace_value;
use crate::rule::{Context, Fixability, Report, Rule, display_fix};
use crate::wording::{all_names, suggestion};

pub(crate) static RULE: Rule = Rule {
    name: "unknown-fidelity",
    category: Category::Attributes,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Display,
    spec_id: Some("fidelity_valid"),
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/unknown-fidelity.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let modes = context.profile().fidelity_modes;
    for pair in context.typed_pairs() {
        if pair.schema.is_none_or(|schema| schema.value_type != ValueType::Fidelity) {
            continue;
        }
        let Some((value, range)) = pair.plain_value() else { continue };
        if modes.contains(&value.as_ref()) {
            continue;
        }
        let meant = did_you_mean(&value, modes.iter().copied());
        let key = pair.attribute.name();
        let message = format!("`{key}={value}` is no fidelity mode, `compact` is used{}", suggestion(meant));
        let finding = report.finding(range, message).help(format!("use one of {}", all_names(modes)));
        report.push(match meant {
            Some(meant) => {
                let edit = replace_value(pair.attribute, meant);
                finding.fix(display_fix(format!("write `{meant}`"), vec![edit]))
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

    #[test]
    fn modes_are_words_of_the_spec() {
        check(
            &RULE,
            "digraph { a [fidelity=ful] }",
            expect![[r#"
            1:23-1:26 warning: `fidelity=ful` is no fidelity mode, `compact` is used; did you mean `full`?
              help: use one of `full`, `truncate`, `compact`, `summary:low`, `summary:medium`, `summary:high`
              display fix: write `full`
              - digraph { a [fidelity=ful] }
              + digraph { a [fidelity=full] }
        "#]],
        );
        check(
            &RULE,
            "digraph { default_fidelity=\"summary\" }",
            expect![[r#"
            1:28-1:37 warning: `default_fidelity=summary` is no fidelity mode, `compact` is used
              help: use one of `full`, `truncate`, `compact`, `summary:low`, `summary:medium`, `summary:high`
        "#]],
        );
        check(
            &RULE,
            "digraph { a -> b [fidelity=\"summary:hihg\"] }",
            expect![[r#"
            1:28-1:42 warning: `fidelity=summary:hihg` is no fidelity mode, `compact` is used; did you mean `summary:high`?
              help: use one of `full`, `truncate`, `compact`, `summary:low`, `summary:medium`, `summary:high`
              display fix: write `summary:high`
              - digraph { a -> b [fidelity="summary:hihg"] }
              + digraph { a -> b [fidelity="summary:high"] }
        "#]],
        );
    }

    #[test]
    fn known_modes_and_templates_are_fine() {
        check(
            &RULE,
            "digraph { default_fidelity=compact a [fidelity=\"summary:low\"] b [fidelity=\"$f\"] }",
            expect![[""]],
        );
        check_in(&RULE, "mammoth", "digraph { a [fidelity=detailed] }", expect![[""]]);
    }
}
