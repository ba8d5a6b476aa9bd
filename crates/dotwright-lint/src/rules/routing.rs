//! Rules about which edge a step takes.

pub(crate) mod contradictory_condition;
pub(crate) mod dead_diamond_outcome;
pub(crate) mod duplicate_condition;
pub(crate) mod else_edge_skips_failure;
pub(crate) mod failure_reaches_exit;
pub(crate) mod impossible_outcome;
pub(crate) mod invalid_condition;
pub(crate) mod miscased_outcome;
pub(crate) mod no_fallback_edge;
pub(crate) mod outcome_test;
pub(crate) mod swallowed_failure;
pub(crate) mod unknown_condition_key;
pub(crate) mod unroutable_retry_outcome;
pub(crate) mod unrouted_failure;
pub(crate) mod unused_weight;
