//! A number, boolean or duration that is none makes runners guess, and guesses change the route.

use dotwright_diagnostics::{Severity, TextEdit};
use dotwright_model::{
    AttributeKey, Level, QuotedLiterals, ValueType, parse_boolean, parse_duration, parse_integer,
};
use dotwright_syntax::ast::IdKind;

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule, display_fix};
use crate::rules::attributes::duration_without_unit::number_with_word;
use crate::written::{Written, is_read};

pub(crate) static RULE: Rule = Rule {
    name: "wrong-attribute-type",
    category: Category::Attributes,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::Display,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/wrong-attribute-type.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for pair in context.typed_pairs() {
        // `non-boolean-goal-gate` knows more about that key.
        let schema = pair.schema.filter(|schema| is_read(context.profile(), schema));
        let Some(schema) = schema.filter(|schema| schema.key != AttributeKey::GOAL_GATE) else { continue };
        let Some(expected) = Literal::of(schema.value_type) else { continue };
        let Some((value, range)) = pair.plain_value() else { continue };
        let value = value.trim();
        if !expected.fits(value) {
            let key = pair.attribute.name();
            let message = format!("`{key}={value}` on {} is no {}", pair.owner(), expected.noun());
            let finding = report.finding(range, message).help(format!("write {}", expected.example()));
            report.push(match expected.repaired(value) {
                Some(meant) => finding
                    .fix(display_fix(format!("write `{meant}`"), vec![TextEdit::replace(range, meant)])),
                None => finding,
            });
        } else if is_ignored_for_its_quotes(context, pair, expected) {
            let key = pair.attribute.name();
            let message = format!(
                "`{key}={}` on {} is ignored because of its quotes",
                pair.attribute.written(),
                pair.owner()
            );
            let title = "remove the quotes";
            let finding = report.variant(Severity::Warning, range, message).help(title);
            report.push(finding.fix(display_fix(title, vec![TextEdit::replace(range, value)])));
        }
    }
}

/// Types whose text can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Literal {
    Integer,
    Float,
    Boolean,
    Duration,
}

impl Literal {
    fn of(value_type: ValueType) -> Option<Literal> {
        match value_type {
            ValueType::Integer => Some(Literal::Integer),
            ValueType::Float => Some(Literal::Float),
            ValueType::Boolean => Some(Literal::Boolean),
            ValueType::Duration => Some(Literal::Duration),
            ValueType::String
            | ValueType::Template
            | ValueType::Command
            | ValueType::NodeId
            | ValueType::Condition
            | ValueType::Stylesheet
            | ValueType::CommaList
            | ValueType::Path
            | ValueType::Enum
            | ValueType::Shape
            | ValueType::HandlerType
            | ValueType::Fidelity
            | ValueType::Color
            | ValueType::Style
            | ValueType::Json => None,
        }
    }

    /// A duration without unit or with a foreign one is left to `duration-without-unit`.
    fn fits(self, text: &str) -> bool {
        match self {
            Literal::Integer => parse_integer(text).is_some(),
            Literal::Float => text.parse::<f64>().is_ok_and(f64::is_finite),
            Literal::Boolean => parse_boolean(text).is_some(),
            Literal::Duration => parse_duration(text).is_some() || number_with_word(text).is_some(),
        }
    }

    const fn noun(self) -> &'static str {
        match self {
            Literal::Integer => "integer",
            Literal::Float => "number",
            Literal::Boolean => "boolean",
            Literal::Duration => "duration",
        }
    }

    const fn example(self) -> &'static str {
        match self {
            Literal::Integer => "a whole number, such as `3`",
            Literal::Float => "a decimal number, such as `0.5`",
            Literal::Boolean => "`true` or `false`",
            Literal::Duration => "a whole number with `ms`, `s`, `m`, `h` or `d`, such as `600s`",
        }
    }

    /// What an author of this text most probably meant.
    fn repaired(self, text: &str) -> Option<&'static str> {
        if self != Literal::Boolean {
            return None;
        }
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some("true"),
            "false" | "no" | "off" | "0" => Some("false"),
            _ => None,
        }
    }
}

/// Some runners read quoted numbers and booleans as text; durations are text for all of them.
fn is_ignored_for_its_quotes(context: &Context<'_>, pair: &Written<'_>, literal: Literal) -> bool {
    context.profile().quoted_literals == QuotedLiterals::Text
        && literal != Literal::Duration
        && matches!(pair.attribute.value().kind, IdKind::Quoted | IdKind::Concatenated)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    #[test]
    fn values_have_the_type_of_their_key() {
        check(
            &RULE,
            "digraph { a [max_retries=many] }",
            expect![[r#"
            1:26-1:30 error: `max_retries=many` on `a` is no integer
              help: write a whole number, such as `3`
        "#]],
        );
        check(
            &RULE,
            "digraph { a [auto_status=True] }",
            expect![[r#"
            1:26-1:30 error: `auto_status=True` on `a` is no boolean
              help: write `true` or `false`
              display fix: write `true`
              - digraph { a [auto_status=True] }
              + digraph { a [auto_status=true] }
        "#]],
        );
        check(
            &RULE,
            "digraph { a -> b [weight=\"1.5\", loop_restart=yes] }",
            expect![[r#"
            1:26-1:31 error: `weight=1.5` on `a -> b` is no integer
              help: write a whole number, such as `3`
            1:46-1:49 error: `loop_restart=yes` on `a -> b` is no boolean
              help: write `true` or `false`
              display fix: write `true`
              - digraph { a -> b [weight="1.5", loop_restart=yes] }
              + digraph { a -> b [weight="1.5", loop_restart=true] }
        "#]],
        );
        check(
            &RULE,
            "digraph { node [timeout=soon] default_max_retries=\"\" }",
            expect![[r#"
            1:25-1:29 error: `timeout=soon` on `node [...]` is no duration
              help: write a whole number with `ms`, `s`, `m`, `h` or `d`, such as `600s`
            1:51-1:53 error: `default_max_retries=` on the graph is no integer
              help: write a whole number, such as `3`
        "#]],
        );
    }

    #[test]
    fn good_values_templates_and_other_rules_are_left_alone() {
        check(&RULE, "digraph { a [max_retries=\"3\", auto_status=\"false\", timeout=5m] }", expect![[""]]);
        check(&RULE, "digraph { a [max_retries=\"$retries\", timeout=\"{{ t }}\"] }", expect![[""]]);
        check(&RULE, "digraph { a [goal_gate=maybe, timeout=600] b [timeout=5min] }", expect![[""]]);
        check(&RULE, "digraph { a [quorum_fraction=half] }", expect![[""]]);
    }

    #[test]
    fn quotes_hide_literals_from_some_runners() {
        check_in(
            &RULE,
            "fabro",
            "digraph { a [max_retries=\"3\", timeout=\"5m\"] }",
            expect![[r#"
            1:26-1:29 warning: `max_retries="3"` on `a` is ignored because of its quotes
              help: remove the quotes
              display fix: remove the quotes
              - digraph { a [max_retries="3", timeout="5m"] }
              + digraph { a [max_retries=3, timeout="5m"] }
        "#]],
        );
    }
}
