//! Text to tree: lexer, token repair, parsers and syntax trees of DOT and of the languages inside its strings.
//!
//! Parsing never fails and never executes or reads anything. The whole of DOT is accepted as Graphviz reads it, plus
//! what pipeline dialects write; what a profile forbids is the linter's business.

pub mod ast;
mod builder;
mod census;
pub mod condition;
mod error;
mod grammar;
mod lexer;
mod parse;
mod peek;
mod quoted;
mod repair;
pub mod shell;
mod string;
pub mod stylesheet;
pub mod template;
mod token;
#[cfg(test)]
mod vectors;

pub use error::{SyntaxError, SyntaxErrorKind};
pub use lexer::{Lexed, Unclosed, UnclosedKind, lex};
pub use parse::{Parse, from_bytes, parse};
pub use repair::MAX_DEPTH;
pub use string::{StringMap, decode, may_have_unknown_escapes, unknown_escapes};
pub use token::{Comment, CommentKind, Token, TokenKind};
