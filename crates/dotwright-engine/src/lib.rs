//! What a pipeline means: conditions, outcomes, edge selection, reachability, regions, goal gates.
//!
//! Linter, simulator, tests, runner and editor ask this crate and nothing else, so that they cannot drift apart. It is
//! pure: no input, output, clock or randomness.

mod analysis;

pub use analysis::Analysis;
