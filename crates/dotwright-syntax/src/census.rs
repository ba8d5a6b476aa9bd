//! Counts the tokens of a file before it is parsed: vectors that grow are copied, and what they leave behind adds to the
//! memory that a file takes.

use crate::token::{Token, TokenKind};

/// How many tokens of the kinds that make room necessary a file has.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Census {
    ids: usize,
    /// `=`
    pub(crate) pairs: usize,
    /// `=` outside of brackets.
    assignments: usize,
    /// `->` and `--`
    pub(crate) edge_operators: usize,
    /// `{` and the keywords that begin statements.
    openers: usize,
    /// `[`
    pub(crate) lists: usize,
    /// `]`
    pub(crate) list_ends: usize,
    /// Index of the last `}`.
    pub(crate) last_brace: Option<usize>,
}

impl Census {
    pub(crate) fn new(tokens: &[Token]) -> Census {
        let mut census = Census::default();
        for (index, token) in tokens.iter().enumerate() {
            match token.kind {
                TokenKind::Id(_) => census.ids += 1,
                TokenKind::Equals => {
                    census.pairs += 1;
                    census.assignments += usize::from(census.lists <= census.list_ends);
                }
                TokenKind::Arrow | TokenKind::Line => census.edge_operators += 1,
                TokenKind::LBracket => census.lists += 1,
                TokenKind::RBracket => census.list_ends += 1,
                TokenKind::RBrace => census.last_brace = Some(index),
                TokenKind::LBrace | TokenKind::Graph | TokenKind::Node | TokenKind::Edge => {
                    census.openers += 1;
                }
                TokenKind::Strict
                | TokenKind::Digraph
                | TokenKind::Subgraph
                | TokenKind::Semicolon
                | TokenKind::Comma
                | TokenKind::Colon
                | TokenKind::Plus
                | TokenKind::Unknown => {}
            }
        }
        census
    }

    /// About how many statements the file has; exactly, where no id is a port or the name of a block.
    pub(crate) fn statements(&self) -> usize {
        // A pair has two ids, and an edge one more than operators.
        let named = self.ids.saturating_sub(2 * self.pairs + self.edge_operators);
        named + self.assignments + self.openers
    }
}
