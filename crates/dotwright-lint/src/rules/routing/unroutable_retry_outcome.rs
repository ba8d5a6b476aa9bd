//! The retry loop around a step uses `retry` up before an edge is chosen, so no edge ever sees it.

use std::collections::HashSet;

use dotwright_diagnostics::TextEdit;
use dotwright_model::{AttributeKey, Handler, Level, NodeId, Outcome};

use super::outcome_test::outcome_tests;
use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule, display_fix};

pub(crate) static RULE: Rule = Rule {
    name: "unroutable-retry-outcome",
    category: Category::Routing,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Display,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/unroutable-retry-outcome.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let (pipeline, profile) = (context.pipeline, context.profile());
    let mut seen = HashSet::new();
    for test in outcome_tests(context).filter(|test| test.equal) {
        let outcome = match profile.outcome(&test.word) {
            Some(outcome @ (Outcome::Retry | Outcome::Skipped)) => outcome,
            Some(Outcome::Success | Outcome::PartialSuccess | Outcome::Fail) | None => continue,
        };
        let is_routable =
            profile.outcome_words.iter().any(|entry| entry.outcome == outcome && entry.routable);
        let range = test.word_range();
        if is_routable || !seen.insert(range) {
            continue;
        }
        let node = pipeline.source_of(test.edge);
        let result = result(context, node);
        let id = context.id(node);
        let has_attempts = context.handler(node) != Handler::Conditional;
        let end = match (outcome == Outcome::Retry, has_attempts) {
            (true, true) => format!("exhausted retries of `{id}` become `{result}`"),
            (true, false) => format!("`{id}` sees exhausted retries as `{result}`"),
            (false, _) => format!("`{id}` is left with another outcome"),
        };
        let message = format!("`{}` never reaches edge selection, {end}", test.word);
        let help = if has_attempts {
            format!("route `outcome={result}` and set `max_retries` on `{id}`")
        } else {
            format!("route `outcome={result}` and set `max_retries` on the step before `{id}`")
        };
        let fix = display_fix(format!("write `{result}`"), vec![TextEdit::replace(range, result)]);
        report.push(report.finding(range, message).help(help).fix(fix));
    }
}

/// What is left when the attempts of a step are used up.
fn result(context: &Context<'_>, node: NodeId) -> &'static str {
    let allows_partial = context
        .pipeline
        .node_attribute(node, AttributeKey::ALLOW_PARTIAL)
        .is_some_and(|attribute| attribute.text() == "true");
    let outcome = if allows_partial { Outcome::PartialSuccess } else { Outcome::Fail };
    context.profile().outcome_word(outcome).unwrap_or(outcome.as_str())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    const HEAD: &str = "digraph { s [shape=Mdiamond]; x [shape=Msquare]; a; b; t [shape=parallelogram, tool_command=make]; s -> t\n";

    #[track_caller]
    fn found(body: &str, expect: expect_test::Expect) {
        check(&RULE, &format!("{HEAD}{body}\n}}"), expect);
    }

    #[track_caller]
    fn found_in(profile: &str, body: &str, expect: expect_test::Expect) {
        check_in(&RULE, profile, &format!("{HEAD}{body}\n}}"), expect);
    }

    #[test]
    fn retries_are_used_up() {
        found(
            r#"t -> a [condition="outcome=retry"]"#,
            expect![[r#"
            2:28-2:33 warning: `retry` never reaches edge selection, exhausted retries of `t` become `fail`
              help: route `outcome=fail` and set `max_retries` on `t`
              display fix: write `fail`
              - t -> a [condition="outcome=retry"]
              + t -> a [condition="outcome=fail"]
        "#]],
        );
        found(
            r#"t [allow_partial=true]; t -> a [condition="outcome=retry"]"#,
            expect![[r#"
            2:52-2:57 warning: `retry` never reaches edge selection, exhausted retries of `t` become `partial_success`
              help: route `outcome=partial_success` and set `max_retries` on `t`
              display fix: write `partial_success`
              - t [allow_partial=true]; t -> a [condition="outcome=retry"]
              + t [allow_partial=true]; t -> a [condition="outcome=partial_success"]
        "#]],
        );
        found(
            r#"d [shape=diamond]; d -> a [condition="outcome=retry"]"#,
            expect![[r#"
            2:47-2:52 warning: `retry` never reaches edge selection, `d` sees exhausted retries as `fail`
              help: route `outcome=fail` and set `max_retries` on the step before `d`
              display fix: write `fail`
              - d [shape=diamond]; d -> a [condition="outcome=retry"]
              + d [shape=diamond]; d -> a [condition="outcome=fail"]
        "#]],
        );
        found_in(
            "kilroy",
            r#"t -> a [condition="outcome=skipped"]"#,
            expect![[r#"
            2:28-2:35 hint: `skipped` never reaches edge selection, `t` is left with another outcome
              help: route `outcome=fail` and set `max_retries` on `t`
              display fix: write `fail`
              - t -> a [condition="outcome=skipped"]
              + t -> a [condition="outcome=fail"]
        "#]],
        );
    }

    #[test]
    fn a_status_file_may_skip_a_step() {
        found(r#"t -> a [condition="outcome=skipped"]"#, expect![[""]]);
        found(r#"t -> a [condition="outcome!=retry"]"#, expect![[""]]);
    }
}
