//! What comes of feeding the recorded facts of a run to the engine once more (sections 20 and 27).

use std::fmt;

use dotwright_engine::run::Command;

/// How far a run and its replay are the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Facts that were fed.
    pub facts: u64,
    /// Decisions that are the same.
    pub decisions: u64,
    /// Where they part.
    pub difference: Option<Difference>,
}

/// A record at which the engine does not decide what was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The record. Where it is a fact, a decision is missing before it.
    pub seq: u64,
    /// What the engine decides there, if anything.
    pub replayed: Option<Command>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.replayed {
            Some(_) => "the engine decides otherwise there",
            None => "the engine decides nothing there",
        })
    }
}
