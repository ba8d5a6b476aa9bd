//! In a graph or block: nodes, edges, defaults, assignments and braces.

use dotwright_diagnostics::TextRange;

use super::list::intact_list;
use super::{MAX_DEPTH, Open, Repair, State};
use crate::error::SyntaxErrorKind;
use crate::token::{Token, TokenKind};

impl Repair<'_> {
    /// In a graph or block.
    pub(super) fn statement(&mut self) {
        use TokenKind as T;
        let Some(token) = self.peek(0) else {
            self.close_at_end();
            return;
        };
        match token.kind {
            T::Semicolon => {
                self.emit();
                self.state = State::Start;
            }
            T::Id(_) => self.node_or_assignment(),
            T::LBracket => match self.state {
                State::Node | State::Group | State::List => self.open_list(),
                State::Start | State::Operator => self.list_without_owner(),
            },
            T::Arrow | T::Line => self.edge_operator(token),
            T::RBrace => self.close_brace(token),
            T::LBrace => self.block(1),
            T::Subgraph => self.subgraph(),
            T::Node | T::Edge | T::Graph | T::Digraph | T::Strict if self.is_header(0) => self.next_graph(),
            T::Node | T::Edge | T::Graph => self.default_statement(token),
            T::Digraph | T::Strict => self.node_named_by_keyword(),
            T::Comma if self.state == State::Node && self.is_id(1) && self.kind(2) != Some(T::Equals) => {
                self.emit();
                self.state = State::Operator;
            }
            T::Comma => self.drop_token(SyntaxErrorKind::ExtraSeparator),
            T::RBracket => self.drop_token(SyntaxErrorKind::UnmatchedBracket),
            T::Equals => {
                self.drop_token(SyntaxErrorKind::MissingName);
                if self.is_id(0) && !self.starts_line(0) {
                    self.skip();
                }
                self.state = State::Start;
            }
            T::Colon | T::Plus | T::Unknown => self.drop_token(SyntaxErrorKind::Unexpected),
        }
    }

    fn node_or_assignment(&mut self) {
        use TokenKind::{Colon, Equals, LBracket};
        if self.kind(1) == Some(Equals) && self.state != State::Operator {
            self.emit();
            self.emit();
            let absent = self.starts_line(0)
                && self.kind(1).is_some_and(|kind| kind == LBracket || kind.is_edge_operator());
            self.value(absent);
            self.state = State::Start;
            return;
        }
        self.emit_id();
        for _ in 0..2 {
            if self.kind(0) == Some(Colon) && self.is_id(1) {
                self.emit();
                self.emit();
            }
        }
        self.state = State::Node;
        self.insert_missing_list();
    }

    /// The value behind an `=` that was passed on; `absent` when the next id cannot be it.
    pub(super) fn value(&mut self, absent: bool) {
        if self.is_id(0) && !absent {
            self.emit();
        } else if self.kind(0).is_some_and(TokenKind::is_keyword)
            && !self.starts_line(0)
            && self.kind(1) != Some(TokenKind::LBracket)
        {
            self.keyword_as_id();
        } else {
            self.error_here(SyntaxErrorKind::MissingValue);
            self.insert_missing_id();
        }
    }

    fn insert_missing_list(&mut self) {
        if !self.lacks_list(self.at.wrapping_sub(1)) {
            return;
        }
        self.error_here(SyntaxErrorKind::MissingOpenBracket);
        self.insert(TokenKind::LBracket);
        self.open.push((Open::List, TextRange::empty(self.last_end)));
    }

    /// True when a `[` is missing behind the token at `index`.
    fn lacks_list(&self, index: usize) -> bool {
        !self.missing_lists.is_empty() && self.missing_lists.binary_search(&index).is_ok()
    }

    fn open_list(&mut self) {
        let list = self.tokens.get(self.at..).and_then(intact_list).filter(|_| self.queue.len == 0);
        if let Some([.., close]) = list {
            self.last_end = close.range.end;
            self.at += list.map_or(0, <[Token]>::len);
            self.state = State::List;
            return;
        }
        self.emit();
        self.open.push((Open::List, TextRange::new(self.last_end - 1, self.last_end)));
    }

    /// `[...]` with nothing before it: the statement is lost, the next one is not.
    fn list_without_owner(&mut self) {
        use TokenKind::{LBrace, RBrace, RBracket};
        if let Some(token) = self.peek(0) {
            self.error(SyntaxErrorKind::ListWithoutOwner, token.range);
        }
        self.skip();
        while let Some(kind) = self.kind(0) {
            if matches!(kind, LBrace | RBrace) || kind.is_edge_operator() {
                break;
            }
            self.skip();
            if kind == RBracket {
                break;
            }
        }
        self.state = State::Start;
    }

    fn edge_operator(&mut self, token: Token) {
        use TokenKind::{Equals, LBrace, LBracket, Subgraph};
        if !matches!(self.state, State::Node | State::Group) {
            self.drop_token(SyntaxErrorKind::EdgeWithoutSource);
            while self.is_id(0) && self.kind(1) != Some(Equals) {
                self.skip();
                if !self.kind(0).is_some_and(TokenKind::is_edge_operator) {
                    break;
                }
                self.skip();
            }
            if self.kind(0) == Some(LBracket) {
                self.skip_list();
            }
            self.state = State::Start;
            return;
        }
        let has_target = match self.kind(1) {
            Some(LBrace | Subgraph) => self.open.len() < MAX_DEPTH,
            Some(kind) if kind.is_id() => self.kind(2) != Some(Equals),
            Some(kind) => kind.is_keyword() && self.kind(2) != Some(LBracket) && !self.is_header(1),
            None => false,
        };
        if !has_target {
            self.drop_token(SyntaxErrorKind::EdgeWithoutTarget);
            return;
        }
        let wanted = if self.directed { TokenKind::Arrow } else { TokenKind::Line };
        if token.kind == wanted {
            self.emit();
        } else {
            self.error(SyntaxErrorKind::WrongEdgeOperator, token.range);
            self.last_end = token.range.end;
            self.replace(1, Token { kind: wanted, range: token.range });
        }
        self.state = State::Operator;
        if self.kind(0).is_some_and(|kind| kind.is_keyword() && kind != Subgraph) {
            self.node_named_by_keyword();
        }
    }

    fn skip_list(&mut self) {
        while let Some(kind) = self.kind(0) {
            if matches!(kind, TokenKind::LBrace | TokenKind::RBrace) {
                return;
            }
            self.skip();
            if kind == TokenKind::RBracket {
                return;
            }
        }
    }

    fn node_named_by_keyword(&mut self) {
        self.keyword_as_id();
        self.state = State::Node;
    }

    fn default_statement(&mut self, token: Token) {
        use TokenKind::{Equals, LBracket};
        if self.kind(1) == Some(LBracket) {
            self.emit();
            self.open_list();
        } else if self.lacks_list(self.at) {
            self.emit();
            self.insert_missing_list();
        } else if self.kind(1) == Some(Equals) {
            self.keyword_as_id();
            self.emit();
            self.value(false);
            self.state = State::Start;
        } else if self.kind(1).is_some_and(TokenKind::is_edge_operator) || self.state == State::Operator {
            self.node_named_by_keyword();
        } else {
            self.error(SyntaxErrorKind::KeywordWithoutList, token.range);
            self.skip();
            self.state = State::Start;
        }
    }

    fn subgraph(&mut self) {
        let named = usize::from(self.is_id(1));
        if self.kind(1 + named) == Some(TokenKind::LBrace) && self.open.len() >= MAX_DEPTH {
            self.block(2 + named);
            return;
        }
        self.emit();
        if named == 1 {
            self.emit_id();
        } else if self.kind(0).is_some_and(TokenKind::is_keyword) && self.kind(1) == Some(TokenKind::LBrace) {
            self.keyword_as_id();
        }
        self.open_brace(Open::Block);
    }

    /// A block whose opening has `length` tokens.
    fn block(&mut self, length: usize) {
        if self.open.len() < MAX_DEPTH {
            self.open_brace(Open::Block);
            return;
        }
        let range = self.peek(0).map_or(TextRange::empty(self.last_end), |token| token.range);
        if self.dropped_braces == 0 && !self.errors.iter().any(|e| e.kind == SyntaxErrorKind::TooDeep) {
            self.error(SyntaxErrorKind::TooDeep, range);
        }
        self.dropped_braces += 1;
        for _ in 0..length {
            self.skip();
        }
        self.state = State::Start;
    }

    fn close_brace(&mut self, token: Token) {
        if self.dropped_braces > 0 {
            self.dropped_braces -= 1;
            self.skip();
            self.state = State::Start;
            return;
        }
        let closes_graph = matches!(self.open.last(), Some((Open::Graph, _)));
        let more_follows = self.last_brace.is_some_and(|last| last > self.at);
        if closes_graph && more_follows && !self.is_header(1) {
            self.error(SyntaxErrorKind::ExtraCloseBrace, token.range);
            self.skip();
            self.state = State::Start;
            return;
        }
        self.emit();
        self.open.pop();
        self.state = State::Group;
    }
}
