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
