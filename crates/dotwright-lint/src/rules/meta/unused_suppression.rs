//! An ignore comment outlives its reason; one that suppresses nothing hides the next real finding.

use dotwright_model::Level;

use crate::category::Category;
use crate::rule::{Fixability, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "unused-suppression",
    category: Category::Meta,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Safe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/unused-suppression.md"),
    // Known only when every other rule has run: `crate::suppression` reports it.
    check: |_, _| {},
};
