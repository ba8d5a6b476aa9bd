//! Tokens of DOT: twelve `Copy` bytes each, a kind and a range. Text stays in the source.

use dotwright_diagnostics::TextRange;

use crate::ast::IdKind;

/// What a token is. Keywords are case-insensitive, as in Graphviz.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TokenKind {
    /// `strict`
    Strict,
    /// `graph`
    Graph,
    /// `digraph`
    Digraph,
    /// `node`
    Node,
    /// `edge`
    Edge,
    /// `subgraph`
    Subgraph,
    /// `{`
    LBrace,
    /// `}`
    RBrace,
    /// `[`
    LBracket,
    /// `]`
    RBracket,
    /// `=`
    Equals,
    /// `;`
    Semicolon,
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// `+` that joins no strings
    Plus,
    /// `->`
    Arrow,
    /// `--`
    Line,
    /// An id or value.
    Id(IdKind),
    /// Bytes that begin no token.
    Unknown,
}

impl TokenKind {
    /// True for `strict graph digraph node edge subgraph`.
    pub fn is_keyword(self) -> bool {
        use TokenKind::{Digraph, Edge, Graph, Node, Strict, Subgraph};
        matches!(self, Strict | Graph | Digraph | Node | Edge | Subgraph)
    }

    /// True for `->` and `--`.
    pub fn is_edge_operator(self) -> bool {
        matches!(self, TokenKind::Arrow | TokenKind::Line)
    }

    /// True for every way to write an id or value.
    pub fn is_id(self) -> bool {
        matches!(self, TokenKind::Id(_))
    }
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its bytes.
    pub range: TextRange,
}

/// How a comment is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommentKind {
    /// `// text`
    Line,
    /// `/* text */`
    Block,
    /// A line that starts with `#`: Graphviz skips it as preprocessor output.
    Hash,
}

/// A comment and where it stands, delimiters included, line break not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// How it is written.
    pub kind: CommentKind,
    /// Its bytes.
    pub range: TextRange,
}

impl Comment {
    /// The text between the delimiters, untrimmed.
    pub fn text(self, source: &str) -> &str {
        let raw = self.range.text(source);
        match self.kind {
            CommentKind::Line => raw.strip_prefix("//").unwrap_or(raw),
            CommentKind::Hash => raw.strip_prefix('#').unwrap_or(raw),
            CommentKind::Block => {
                let body = raw.strip_prefix("/*").unwrap_or(raw);
                body.strip_suffix("*/").unwrap_or(body)
            }
        }
    }
}
