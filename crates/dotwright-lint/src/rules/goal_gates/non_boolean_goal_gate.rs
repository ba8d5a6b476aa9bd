//! Engines read every `goal_gate` that is not exactly `true` as no gate at all, without a word.

use dotwright_diagnostics::TextEdit;
use dotwright_model::{Attribute, AttributeKey, Level, QuotedLiterals, parse_boolean};
use dotwright_syntax::ast::IdKind;

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::wording::excerpt;

pub(crate) static RULE: Rule = Rule {
    name: "non-boolean-goal-gate",
    category: Category::GoalGates,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/non-boolean-goal-gate.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut reported = Vec::new();
    for node in context.sound_nodes() {
        let Some(attribute) = context.pipeline.node_attribute(node, AttributeKey::GOAL_GATE) else {
            continue;
        };
        if is_boolean(context, attribute) {
            continue;
        }
        // A default block reaches many nodes and is one mistake.
        let range = attribute.value_range();
        if reported.last() == Some(&range) {
            continue;
        }
        reported.push(range);
        let (node, value) = (context.id(node), excerpt(attribute.written()));
        let finding = report
            .finding(range, format!("`goal_gate={value}` on `{node}` is no boolean, so `{node}` is no gate"));
        report.push(if means_true(&attribute.text()) {
            let title = "write `goal_gate=true`";
            finding.help(title).fix(unsafe_fix(title, vec![TextEdit::replace(range, "true")]))
        } else if attribute.text().contains('=') {
            finding.help("write `goal_gate=true`, and put the condition on an edge instead")
        } else {
            finding.help("write `goal_gate=true`, or delete it")
        });
    }
}

fn is_boolean(context: &Context<'_>, attribute: Attribute<'_>) -> bool {
    let typed = match context.profile().quoted_literals {
        QuotedLiterals::Typed => true,
        QuotedLiterals::Text => !matches!(attribute.value().kind, IdKind::Quoted | IdKind::Concatenated),
    };
    typed && parse_boolean(&attribute.text()).is_some()
}

fn means_true(text: &str) -> bool {
    text == "1" || ["true", "yes"].iter().any(|word| word.eq_ignore_ascii_case(text.trim()))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use crate::test_support;

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        test_support::check(&super::RULE, source, expect);
    }

    #[test]
    fn words_that_mean_true_are_replaced() {
        check(
            "digraph { a [goal_gate=True]; b [goal_gate=\"yes\"]; c [goal_gate=1] }",
            expect![[r#"
                1:24-1:28 error: `goal_gate=True` on `a` is no boolean, so `a` is no gate
                  help: write `goal_gate=true`
                  unsafe fix: write `goal_gate=true`
                  - digraph { a [goal_gate=True]; b [goal_gate="yes"]; c [goal_gate=1] }
                  + digraph { a [goal_gate=true]; b [goal_gate="yes"]; c [goal_gate=1] }
                1:44-1:49 error: `goal_gate="yes"` on `b` is no boolean, so `b` is no gate
                  help: write `goal_gate=true`
                  unsafe fix: write `goal_gate=true`
                  - digraph { a [goal_gate=True]; b [goal_gate="yes"]; c [goal_gate=1] }
                  + digraph { a [goal_gate=True]; b [goal_gate=true]; c [goal_gate=1] }
                1:65-1:66 error: `goal_gate=1` on `c` is no boolean, so `c` is no gate
                  help: write `goal_gate=true`
                  unsafe fix: write `goal_gate=true`
                  - digraph { a [goal_gate=True]; b [goal_gate="yes"]; c [goal_gate=1] }
                  + digraph { a [goal_gate=True]; b [goal_gate="yes"]; c [goal_gate=true] }
            "#]],
        );
    }

    #[test]
    fn a_condition_is_no_boolean() {
        check(
            "digraph { a [goal_gate=\"outcome=success\"]; b [goal_gate=\"\"]; c [goal_gate=no] }",
            expect![[r#"
                1:24-1:41 error: `goal_gate="outcome=success"` on `a` is no boolean, so `a` is no gate
                  help: write `goal_gate=true`, and put the condition on an edge instead
                1:57-1:59 error: `goal_gate=""` on `b` is no boolean, so `b` is no gate
                  help: write `goal_gate=true`, or delete it
                1:75-1:77 error: `goal_gate=no` on `c` is no boolean, so `c` is no gate
                  help: write `goal_gate=true`, or delete it
            "#]],
        );
    }

    #[test]
    fn both_booleans_may_be_quoted() {
        check(
            "digraph { a [goal_gate=true]; b [goal_gate=\"true\"]; c [goal_gate=false]; d [goal_gate=\"false\"] }",
            expect![[r#""#]],
        );
    }

    #[test]
    fn quotes_make_text_where_the_profile_says_so() {
        test_support::check_in(
            &super::RULE,
            "fabro",
            "digraph { a [goal_gate=\"true\"] }",
            expect![[r#"
                1:24-1:30 error: `goal_gate="true"` on `a` is no boolean, so `a` is no gate
                  help: write `goal_gate=true`
                  unsafe fix: write `goal_gate=true`
                  - digraph { a [goal_gate="true"] }
                  + digraph { a [goal_gate=true] }
            "#]],
        );
    }

    #[test]
    fn a_default_block_is_one_finding() {
        check(
            "digraph { node [goal_gate=on] a b }",
            expect![[r#"
                1:27-1:29 error: `goal_gate=on` on `a` is no boolean, so `a` is no gate
                  help: write `goal_gate=true`, or delete it
            "#]],
        );
    }
}
