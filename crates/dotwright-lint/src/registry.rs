//! The list of rules and the names that lead to them.

use dotwright_diagnostics::did_you_mean;

use crate::category::Category;
use crate::rule::Rule;
use crate::rules;
use crate::settings::{Preset, Selector};

/// All rules, by category and then as the catalogue lists them.
pub(crate) static RULES: &[&Rule] = &[
    &rules::syntax::syntax_error::RULE,
    &rules::routing::invalid_condition::RULE,
    &rules::routing::no_fallback_edge::RULE,
    &rules::routing::unrouted_failure::RULE,
    &rules::routing::else_edge_skips_failure::RULE,
    &rules::routing::swallowed_failure::RULE,
    &rules::routing::duplicate_condition::RULE,
    &rules::routing::contradictory_condition::RULE,
    &rules::routing::dead_diamond_outcome::RULE,
    &rules::routing::impossible_outcome::RULE,
    &rules::routing::miscased_outcome::RULE,
    &rules::routing::unroutable_retry_outcome::RULE,
    &rules::routing::unused_weight::RULE,
    &rules::routing::failure_reaches_exit::RULE,
    &rules::portability::semantics_differ::RULE,
    &rules::meta::unused_suppression::RULE,
    &rules::meta::unknown_rule_name::RULE,
    &rules::meta::skipped_analyser::RULE,
];

/// All rules, by category and then as the catalogue lists them.
pub fn rules() -> &'static [&'static Rule] {
    RULES
}

/// The rule of that name. Ids of section 7.2 of the specification are no rule names; see [`resolve_name`].
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name).copied()
}

/// What a name in configuration or a comment stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// One rule, all rules of a category, or the one or two rules of a specification id.
    Selectors(Vec<Selector>),
    /// Nothing; with the name that may be meant.
    Unknown(Option<&'static str>),
}

/// Looks a rule name, specification id or category up.
pub fn resolve_name(name: &str) -> Resolved {
    if let Some(rule) = rule(name) {
        return Resolved::Selectors(vec![Selector::Rule(rule.name)]);
    }
    if let Some(category) = Category::ALL.into_iter().find(|category| category.as_str() == name) {
        return Resolved::Selectors(vec![Selector::Category(category)]);
    }
    let by_id = RULES.iter().filter(|rule| rule.spec_id == Some(name));
    let selectors: Vec<Selector> = by_id.map(|rule| Selector::Rule(rule.name)).collect();
    if !selectors.is_empty() {
        return Resolved::Selectors(selectors);
    }
    let known = RULES.iter().map(|rule| rule.name).chain(Category::ALL.map(Category::as_str));
    Resolved::Unknown(did_you_mean(name, known.chain(Preset::ALL.map(Preset::as_str))))
}
