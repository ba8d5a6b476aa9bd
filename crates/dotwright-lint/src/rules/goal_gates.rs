//! Rules about goal gates and retry targets.

pub(crate) mod goal_gate_without_retry;
pub(crate) mod inert_retry_target;
pub(crate) mod non_boolean_goal_gate;
pub(crate) mod retry_target_misses_gate;
pub(crate) mod vacuous_goal_gate;
