//! `dotwright rules`: the list of rules.

use dotwright_lint::page;
use dotwright_lint::{Rule, Selection, all_rules};
use dotwright_model::Level;
use serde_json::json;

use crate::args::{ListFormat, RulesArgs};
use crate::error::AppError;
use crate::{Verdict, output};

pub(crate) fn run(arguments: &RulesArgs) -> Result<Verdict, AppError> {
    let selection = Selection { preset: arguments.preset, layers: Vec::new() };
    let level = |rule: &Rule| level_name(selection.level(rule, arguments.profile).0);
    let text = match arguments.format {
        ListFormat::Text => table(level),
        ListFormat::Json => json(level),
    };
    output::write_stdout(text.as_bytes())?;
    Ok(Verdict::Clean)
}

fn table(level: impl Fn(&Rule) -> &'static str) -> String {
    let width = all_rules().iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let mut table = String::new();
    let mut category = None;
    for rule in all_rules() {
        if category != Some(rule.category) {
            let gap = if category.is_some() { "\n" } else { "" };
            table.push_str(&format!("{gap}{}\n", rule.category.as_str()));
            category = Some(rule.category);
        }
        let fix = rule.fixability.as_str();
        table.push_str(&format!("  {:width$}  {:7}  fix: {fix}\n", rule.name, level(rule)));
    }
    table
}

fn json(level: impl Fn(&Rule) -> &'static str) -> String {
    let rules = all_rules().iter().map(|rule| {
        json!({
            "name": rule.name,
            "category": rule.category.as_str(),
            "level": level(rule),
            "fix": rule.fixability.as_str(),
            "spec": rule.spec_id,
            "summary": page::summary(rule.page),
        })
    });
    let rules: serde_json::Value = rules.collect();
    format!("{rules:#}\n")
}

/// The word for a level.
pub(crate) fn level_name(level: Level) -> &'static str {
    level.severity().map_or("off", |severity| severity.as_str())
}
