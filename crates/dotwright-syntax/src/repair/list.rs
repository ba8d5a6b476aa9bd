//! In an attribute list: pairs, what people write instead of them, and lists whose brackets are missing.

use dotwright_diagnostics::TextRange;

use super::{Repair, State};
use crate::ast::IdKind;
use crate::error::SyntaxErrorKind;
use crate::token::{Token, TokenKind};

impl Repair<'_> {
    /// In an attribute list.
    pub(super) fn item(&mut self) {
        use TokenKind as T;
        let Some(token) = self.peek(0) else {
            self.close_at_end();
            return;
        };
        match token.kind {
            T::RBracket => {
                self.emit();
                self.open.pop();
                self.state = State::List;
            }
            T::Id(_) => self.pair(token),
            T::LBrace | T::RBrace => self.close_list(),
            T::Strict | T::Graph | T::Digraph | T::Node | T::Edge | T::Subgraph => match self.kind(1) {
                Some(T::Equals) => {
                    self.keyword_as_id();
                    self.emit();
                    let absent = self.next_is_no_value();
                    self.value(absent);
                    self.separator();
                }
                Some(T::LBracket | T::LBrace | T::Id(_)) => self.close_list(),
                _ => self.drop_token(SyntaxErrorKind::Unexpected),
            },
            T::Equals => {
                self.error(SyntaxErrorKind::MissingName, token.range);
                self.insert_missing_id();
                self.emit();
                let absent = self.next_is_no_value();
                self.value(absent);
                self.separator();
            }
            T::Comma | T::Semicolon => self.drop_token(SyntaxErrorKind::ExtraSeparator),
            T::LBracket | T::Colon | T::Plus | T::Arrow | T::Line | T::Unknown => {
                self.drop_token(SyntaxErrorKind::Unexpected);
            }
        }
    }

    /// `key = value` and what people write instead.
    fn pair(&mut self, token: Token) {
        use TokenKind as T;
        if self.string_ended_early(token) {
            return;
        }
        match self.kind(1) {
            Some(T::Equals) => {
                self.emit();
                self.emit();
                let absent = self.next_is_no_value();
                self.value(absent);
                self.separator();
            }
            Some(T::Comma | T::Semicolon | T::RBracket) | None => self.lone_key(token),
            Some(T::Arrow | T::Line | T::LBracket | T::LBrace) => self.close_list(),
            Some(T::Colon) if self.is_id(2) && self.starts_line(0) => self.close_list(),
            Some(T::RBrace) if self.starts_line(0) => self.close_list(),
            Some(T::Id(_)) => match self.kind(2) {
                Some(T::Equals) => self.lone_key(token),
                Some(T::Arrow | T::Line | T::LBracket | T::LBrace) if self.starts_line(0) => {
                    self.close_list()
                }
                _ => {
                    let unopened = self.unopened_string(token);
                    self.emit_id();
                    match unopened {
                        Some(value) => self.error(SyntaxErrorKind::MissingOpenQuote, value),
                        None => self.error_here(SyntaxErrorKind::MissingEquals),
                    }
                    self.insert(T::Equals);
                    if self.is_id(0) {
                        self.emit()
                    } else {
                        self.insert_missing_id()
                    }
                    self.separator();
                }
            },
            Some(T::Unknown) if self.is_hyphenated() => {
                self.emit_id();
                if self.kind(0) == Some(T::Equals) {
                    self.emit();
                    let absent = self.next_is_no_value();
                    self.value(absent);
                } else if self.kind(0).is_some_and(|kind| kind.is_edge_operator() || kind == T::LBracket) {
                    // The id begins a statement: it cannot be taken back, so it stays as an empty attribute.
                    self.insert(T::Equals);
                    self.insert_missing_id();
                    return;
                } else {
                    self.insert(T::Equals);
                    self.insert_missing_id();
                }
                self.separator();
            }
            Some(_) => self.lone_key(token),
        }
    }

    fn is_hyphenated(&self) -> bool {
        let (Some(hyphen), Some(next)) = (self.peek(1), self.peek(2)) else { return false };
        hyphen.range.text(self.source) == "-" && hyphen.range.end == next.range.start && next.kind.is_id()
    }

    fn lone_key(&mut self, token: Token) {
        match self.unopened_string(token) {
            Some(value) => self.error(SyntaxErrorKind::MissingOpenQuote, value),
            None => self.error(SyntaxErrorKind::MissingEqualsAndValue, token.range),
        }
        self.emit_as_id();
        self.insert(TokenKind::Equals);
        self.insert_missing_id();
        self.separator();
    }

    /// True when the id behind `=` belongs to what comes next: it is a key, or it begins a statement on a new line.
    fn next_is_no_value(&self) -> bool {
        match self.kind(1) {
            Some(TokenKind::Equals) => true,
            Some(TokenKind::Arrow | TokenKind::Line | TokenKind::LBracket | TokenKind::LBrace) => {
                self.starts_line(0)
            }
            _ => false,
        }
    }

    /// An id that touches the closing quote of the value before it, as in `"grep "x" log"`.
    fn string_ended_early(&mut self, token: Token) -> bool {
        let before = self.at.checked_sub(1).and_then(|index| self.tokens.get(index));
        let Some(before) = before else { return false };
        let touches = before.range.end == token.range.start
            && matches!(before.kind, TokenKind::Id(IdKind::Quoted | IdKind::Concatenated));
        if !touches || self.kind(1) == Some(TokenKind::Equals) {
            return false;
        }
        let opener = TextRange::new(before.range.start, before.range.start + 1);
        self.error_at(SyntaxErrorKind::StringEndsEarly, token.range, Some(opener));
        while let Some(kind) = self.kind(0) {
            let ends = match kind {
                TokenKind::Comma | TokenKind::RBracket => !self.touches_word(1),
                TokenKind::LBrace | TokenKind::RBrace => true,
                TokenKind::Id(_) => self.kind(1) == Some(TokenKind::Equals) && self.starts_line(0),
                _ => false,
            };
            if ends {
                break;
            }
            self.skip();
        }
        if self.kind(0) == Some(TokenKind::Comma) {
            self.skip();
        }
        true
    }

    /// The bare value that a string touches, as in `label=Yes", weight="1"`: the quote was meant to close it.
    fn unopened_string(&self, token: Token) -> Option<TextRange> {
        let [.., equals, value] = self.tokens.get(..self.at)? else { return None };
        let is_bare = matches!(value.kind, TokenKind::Id(IdKind::Name | IdKind::Number | IdKind::Dialect));
        let touches = is_bare && value.range.end == token.range.start;
        (touches && equals.kind == TokenKind::Equals && token.kind == TokenKind::Id(IdKind::Quoted))
            .then_some(value.range)
    }

    /// True when the token at `ahead` follows without a blank: text inside the broken string, not structure.
    fn touches_word(&self, ahead: usize) -> bool {
        match (self.peek(ahead - 1), self.peek(ahead)) {
            (Some(token), Some(next)) => token.range.end == next.range.start && next.kind.is_id(),
            _ => false,
        }
    }

    fn separator(&mut self) {
        if matches!(self.kind(0), Some(TokenKind::Comma | TokenKind::Semicolon)) {
            self.emit();
        }
    }

    /// Closes the list before the next token, which belongs to another statement.
    fn close_list(&mut self) {
        self.close_all(None);
    }
}

/// The attribute list that `tokens` begin with, up to its `]`, when nothing in it needs a second look.
pub(super) fn intact_list(tokens: &[Token]) -> Option<&[Token]> {
    use TokenKind::{Comma, Equals, Id, RBracket, Semicolon};
    let mut rest = tokens.get(1..)?;
    loop {
        rest = match rest {
            [Token { kind: RBracket, .. }, behind @ ..] => return tokens.get(..tokens.len() - behind.len()),
            [
                Token { kind: Id(_), .. },
                Token { kind: Equals, .. },
                Token { kind: Id(_), .. },
                behind @ ..,
            ] => match behind {
                [Token { kind: Comma | Semicolon, .. }, behind @ ..] => behind,
                [Token { kind: Id(_) | RBracket, .. }, ..] => behind,
                _ => return None,
            },
            _ => return None,
        };
    }
}

/// Indices of tokens behind which a `[` is missing: the owners of the `key=value` runs that end in a `]` without a
/// partner. A file with as many `[` as `]` has none.
pub(super) fn missing_lists(tokens: &[Token]) -> Vec<usize> {
    let kind = |index: usize| tokens.get(index).map(|token| token.kind);
    let is_id = |index: usize| kind(index).is_some_and(TokenKind::is_id);
    let mut owners = Vec::new();
    let mut open = false;
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::LBracket => open = true,
            TokenKind::RBracket if open => open = false,
            TokenKind::RBracket => {
                let mut at = index;
                while at >= 3 {
                    let end = if matches!(kind(at - 1), Some(TokenKind::Comma | TokenKind::Semicolon)) {
                        at - 1
                    } else {
                        at
                    };
                    if end < 3
                        || !(is_id(end - 1) && kind(end - 2) == Some(TokenKind::Equals) && is_id(end - 3))
                    {
                        break;
                    }
                    at = end - 3;
                }
                let owner =
                    at.checked_sub(1).filter(|&owner| at < index && kind(owner).is_some_and(may_own_list));
                owners.extend(owner);
            }
            _ => {}
        }
    }
    owners
}

fn may_own_list(kind: TokenKind) -> bool {
    use TokenKind::{Edge, Graph, Id, Node};
    matches!(kind, Id(_) | Node | Edge | Graph)
}
