//! The list of rules and the names that lead to them.

use dotwright_diagnostics::did_you_mean;

use crate::category::Category;
use crate::rule::Rule;
use crate::rules;
use crate::settings::{Preset, Selector};

/// All rules, by category and then as the catalogue lists them.
pub(crate) static RULES: &[&Rule] = &[
    &rules::syntax::syntax_error::RULE,
    &rules::syntax::missing_comma::RULE,
    &rules::syntax::undirected_or_strict_graph::RULE,
    &rules::syntax::multiple_graphs::RULE,
    &rules::syntax::non_identifier_node_id::RULE,
    &rules::syntax::unquoted_value::RULE,
    &rules::syntax::unknown_escape::RULE,
    &rules::structure::missing_start::RULE,
    &rules::structure::multiple_starts::RULE,
    &rules::structure::missing_exit::RULE,
    &rules::structure::multiple_exits::RULE,
    &rules::structure::undeclared_node::RULE,
    &rules::structure::unreachable_node::RULE,
    &rules::structure::edge_into_start::RULE,
    &rules::structure::edge_out_of_exit::RULE,
    &rules::structure::dead_end::RULE,
    &rules::structure::duplicate_edge::RULE,
    &rules::routing::invalid_condition::RULE,
    &rules::routing::unknown_condition_key::RULE,
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
    &rules::attributes::unknown_type::RULE,
    &rules::attributes::unknown_attribute::RULE,
    &rules::attributes::inert_attribute::RULE,
    &rules::attributes::wrong_attribute_type::RULE,
    &rules::attributes::value_out_of_range::RULE,
    &rules::attributes::duration_without_unit::RULE,
    &rules::attributes::unknown_fidelity::RULE,
    &rules::attributes::missing_prompt::RULE,
    &rules::attributes::unknown_retry_target::RULE,
    &rules::tools::missing_tool_command::RULE,
    &rules::tools::tool_without_timeout::RULE,
    &rules::shell::masked_exit_code::RULE,
    &rules::shell::always_succeeding_command::RULE,
    &rules::shell::bash_syntax_under_sh::RULE,
    &rules::shell::shell_syntax_error::RULE,
    &rules::shell::shellcheck_finding::RULE,
    &rules::humans::unlabelled_option::RULE,
    &rules::humans::accelerator_collision::RULE,
    &rules::humans::unknown_default_choice::RULE,
    &rules::humans::human_timeout_without_default::RULE,
    &rules::humans::unattended_human_gate::RULE,
    &rules::humans::unsafe_first_option::RULE,
    &rules::loops::restart_inside_region::RULE,
    &rules::goal_gates::goal_gate_without_retry::RULE,
    &rules::goal_gates::vacuous_goal_gate::RULE,
    &rules::goal_gates::retry_target_misses_gate::RULE,
    &rules::goal_gates::inert_retry_target::RULE,
    &rules::goal_gates::non_boolean_goal_gate::RULE,
    &rules::models::invalid_stylesheet::RULE,
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
