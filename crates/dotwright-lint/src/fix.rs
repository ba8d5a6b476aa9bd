//! Applies fixes until nothing changes, and takes back what did harm.
//!
//! A fix is computed on one text and may meet another one's edits, so each round applies only fixes that touch
//! different statements, parses and checks the result, and undoes a fix that broke the parse, kept its finding or
//! brought a new error.

use dotwright_diagnostics::Diagnostic;

/// Which fixes may be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FixMode {
    /// Those that keep the meaning in every profile.
    Safe,
    /// Also those that a person has to confirm.
    Unsafe,
}

/// The text after the fixes, and what is left.
#[derive(Debug, Clone)]
pub struct FixOutcome {
    /// The text of the file.
    pub source: String,
    /// How many fixes were applied.
    pub applied: usize,
    /// The findings about the new text.
    pub remaining: Vec<Diagnostic>,
}
