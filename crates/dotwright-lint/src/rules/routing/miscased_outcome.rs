//! Outcomes are compared letter by letter, so `SUCCESS` is not `success`.

use std::collections::HashSet;

use dotwright_diagnostics::TextEdit;
use dotwright_model::Level;

use super::outcome_test::outcome_tests;
use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule, safe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "miscased-outcome",
    category: Category::Routing,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Safe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/miscased-outcome.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let profile = context.profile();
    let mut seen = HashSet::new();
    for test in outcome_tests(context).filter(|test| profile.outcome(&test.word).is_none()) {
        let mut words =
            profile.outcome_words.iter().flat_map(|entry| [&entry.word].into_iter().chain(entry.synonyms));
        let Some(word) = words.find(|word| word.eq_ignore_ascii_case(&test.word)) else { continue };
        let range = test.word_range();
        if !seen.insert(range) {
            continue;
        }
        let message = format!("`{}` is not `{word}`, outcomes are compared case-sensitively", test.word);
        let finding = report.finding(range, message).help(format!("write `outcome={word}`"));
        report.push(finding.fix(safe_fix(format!("write `{word}`"), vec![TextEdit::replace(range, *word)])));
    }
}
