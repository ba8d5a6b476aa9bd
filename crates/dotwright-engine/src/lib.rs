//! What a pipeline means: conditions, outcomes, edge selection, reachability, regions, goal gates.
//!
//! Linter, simulator, tests, runner and editor ask this crate and nothing else, so that they cannot drift apart. It is
//! pure: no input, output, clock or randomness.

mod analysis;
mod checked;
mod command;
pub mod condition;
pub mod context;
mod effect;
mod exhaustive;
pub mod gate;
mod label;
mod ledger;
mod outcome_set;
mod region;
pub mod run;
mod select;
mod verdict;

pub use analysis::{Analysis, Coverage, FailureUse};
pub use checked::Checked;
pub use command::{
    AlwaysSucceeds, ShellTraits, ToolCommand, always_succeeding_end, always_succeeds, mask_templates,
};
pub use effect::outward_effect;
pub use label::{accelerator, accelerator_key, label_text, normalise_label};
pub use ledger::Ledger;
pub use outcome_set::OutcomeSet;
pub use region::{Dominators, Region};
pub use select::{Candidate, Ended, Step, select_edge};
