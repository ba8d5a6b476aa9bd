//! Rules about what other runners make of a file.

pub(crate) mod semantics_differ;
