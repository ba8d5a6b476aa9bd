//! A condition that asks one key for two values at once never holds.

use std::collections::HashSet;

use dotwright_engine::condition::{contradiction, facts};
use dotwright_model::Level;

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "contradictory-condition",
    category: Category::Routing,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::None,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/contradictory-condition.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut seen = HashSet::new();
    for edge in context.sound_edges() {
        let Some(condition) = context.pipeline.condition(edge) else { continue };
        let clauses = condition.condition.clauses();
        if clauses.len() < 2 || !seen.insert(condition.attribute.value_range()) {
            continue;
        }
        let Some(facts) = facts(condition.condition, condition.text) else { continue };
        let Some((earlier, later)) = contradiction(&facts, context.profile()) else { continue };
        let (Some(earlier), Some(later)) = (clauses.get(earlier), clauses.get(later)) else { continue };
        // The copy of a value in the context may be older than the value itself.
        if earlier.key.text(condition.text) != later.key.text(condition.text) {
            continue;
        }
        let text = |range: dotwright_diagnostics::TextRange| range.text(condition.text).trim();
        let message = format!(
            "`{}` can never hold, `{}` excludes `{}`",
            condition.text.trim(),
            text(earlier.range),
            text(later.range)
        );
        let finding = report
            .finding(condition.source_range(later.range), message)
            .help("split it into two edges, or drop one clause")
            .label(condition.source_range(earlier.range), "excludes it");
        report.push(finding);
    }
}
