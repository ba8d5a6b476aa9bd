//! The rules, one file each, by category.

pub(crate) mod meta;
pub(crate) mod portability;
pub(crate) mod routing;
pub(crate) mod syntax;
