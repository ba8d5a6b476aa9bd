//! Text to tree: lexer, token repair, parsers and syntax trees of DOT and of the languages inside its strings.
//!
//! Parsing never fails and never executes or reads anything. The whole of DOT is accepted as Graphviz reads it, plus
//! what pipeline dialects write; what a profile forbids is the linter's business.

pub mod ast;
pub mod condition;
mod quoted;
pub mod shell;
mod string;
pub mod stylesheet;
pub mod template;
#[cfg(test)]
mod vectors;

pub use string::{StringMap, decode};
