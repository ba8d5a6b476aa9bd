//! The rules, one file each, by category.

pub(crate) mod goal_gates;
pub(crate) mod meta;
pub(crate) mod structure;
pub(crate) mod syntax;
