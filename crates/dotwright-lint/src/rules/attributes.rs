//! Rules about names and values of attributes.

pub(crate) mod duration_without_unit;
pub(crate) mod inert_attribute;
pub(crate) mod missing_prompt;
pub(crate) mod unknown_attribute;
pub(crate) mod unknown_fidelity;
pub(crate) mod unknown_retry_target;
pub(crate) mod unknown_type;
pub(crate) mod value_out_of_range;
pub(crate) mod wrong_attribute_type;
