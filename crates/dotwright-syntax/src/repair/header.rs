//! Outside any graph: headers, what people write instead of them, and text that does not belong there.

use dotwright_diagnostics::{TextRange, did_you_mean};

use super::{Open, Repair};
use crate::error::SyntaxErrorKind;
use crate::token::{Token, TokenKind};

impl Repair<'_> {
    /// True when a graph header starts at `ahead`.
    pub(super) fn is_header(&self, ahead: usize) -> bool {
        use TokenKind::{Digraph, Graph, LBrace, Strict};
        let next = match self.kind(ahead) {
            Some(Strict) if matches!(self.kind(ahead + 1), Some(Graph | Digraph)) => ahead + 2,
            Some(Graph | Digraph) => ahead + 1,
            _ => return false,
        };
        match self.kind(next) {
            Some(LBrace) => true,
            Some(kind) if kind.is_id() => self.kind(next + 1) == Some(LBrace),
            _ => false,
        }
    }

    /// Outside any graph: a header, or text that does not belong there.
    pub(super) fn outside(&mut self) {
        use TokenKind::{Digraph, Graph, Id, LBrace, Strict};
        let Some(token) = self.peek(0) else { return };
        match token.kind {
            Strict | Graph | Digraph if self.graphs == 0 || self.is_header(0) => self.header(),
            LBrace => {
                self.error(SyntaxErrorKind::MissingGraphKeyword, TextRange::empty(token.range.start));
                self.header();
            }
            Id(_) if self.misspelled_keyword().is_some() => self.header(),
            Id(_) if self.kind(1) == Some(LBrace) => {
                self.error(SyntaxErrorKind::MissingGraphKeyword, TextRange::empty(token.range.start));
                self.header();
            }
            _ => {
                let first = token.range;
                self.skip();
                while self.at < self.tokens.len() && !self.is_header(0) {
                    if self.graphs == 0 && self.kind(0) == Some(LBrace) {
                        break;
                    }
                    self.skip();
                }
                self.error(SyntaxErrorKind::TextOutsideGraph, TextRange::new(first.start, self.last_end));
            }
        }
    }

    /// The header keyword that the next id is a misspelling of.
    fn misspelled_keyword(&self) -> Option<TokenKind> {
        let token = self.peek(0)?;
        let next = if self.is_id(1) || self.kind(1).is_some_and(TokenKind::is_keyword) { 2 } else { 1 };
        if self.kind(next) != Some(TokenKind::LBrace) && !self.is_header(1) {
            return None;
        }
        match did_you_mean(token.range.text(self.source), ["digraph", "graph", "strict"])? {
            "digraph" => Some(TokenKind::Digraph),
            "graph" => Some(TokenKind::Graph),
            _ => Some(TokenKind::Strict),
        }
    }

    /// `strict? (graph | digraph) id? {`
    fn header(&mut self) {
        use TokenKind::{Digraph, Graph, LBrace, Strict};
        self.graphs += 1;
        let mut keyword = self.kind(0);
        if let Some(token) = self.peek(0)
            && token.kind.is_id()
            && let Some(meant) = self.misspelled_keyword()
        {
            let word = if meant == Digraph {
                "digraph"
            } else if meant == Graph {
                "graph"
            } else {
                "strict"
            };
            self.error(SyntaxErrorKind::MisspelledKeyword(word), token.range);
            self.last_end = token.range.end;
            self.replace(1, Token { kind: meant, range: token.range });
            keyword = Some(meant);
        } else if matches!(keyword, Some(Strict)) {
            self.emit();
        }
        if keyword == Some(Strict) {
            keyword = self.kind(0);
        }
        self.directed = keyword != Some(Graph);
        if matches!(self.kind(0), Some(Graph | Digraph)) {
            self.emit();
        } else if !matches!(keyword, Some(Graph | Digraph)) {
            self.insert(Digraph);
        }
        if self.is_id(0) {
            self.emit_id();
        } else if self.kind(0).is_some_and(TokenKind::is_keyword) && self.kind(1) == Some(LBrace) {
            self.keyword_as_id();
        }
        // A few stray words of a name such as `digraph My Pipeline {`.
        let stray = (0..4).find(|&ahead| self.kind(ahead) == Some(LBrace)).unwrap_or(0);
        if (0..stray).all(|ahead| matches!(self.kind(ahead), Some(TokenKind::Id(_) | TokenKind::Unknown))) {
            for _ in 0..stray {
                self.drop_token(SyntaxErrorKind::Unexpected);
            }
        }
        self.open_brace(Open::Graph);
    }
}
