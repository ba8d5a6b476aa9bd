//! A misspelt name in an ignore comment silently allows nothing.

use dotwright_model::Level;

use crate::category::Category;
use crate::rule::{Fixability, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "unknown-rule-name",
    category: Category::Meta,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/unknown-rule-name.md"),
    // Found where ignore comments are read: `crate::suppression` reports it.
    check: |_, _| {},
};
