//! Rules about suppressions, configuration and analysers.

pub(crate) mod skipped_analyser;
pub(crate) mod unknown_rule_name;
pub(crate) mod unused_suppression;
