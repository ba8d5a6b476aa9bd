//! The rules, one file each, by category.

pub(crate) mod attributes;
pub(crate) mod goal_gates;
pub(crate) mod humans;
pub(crate) mod loops;
pub(crate) mod meta;
pub(crate) mod models;
pub(crate) mod portability;
pub(crate) mod routing;
pub(crate) mod shell;
pub(crate) mod structure;
pub(crate) mod syntax;
pub(crate) mod tools;
