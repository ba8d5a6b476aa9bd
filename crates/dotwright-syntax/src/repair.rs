//! Keeps the token stream grammatical, so that LALRPOP always delivers a tree, and says what it mended.
//!
//! One linear pass with a stack of open brackets and three tokens of lookahead. On valid DOT it passes every token on
//! unchanged. On a typing error it inserts or drops as little as keeps the other statements whole: LR recovery would
//! lose the states it pops, gives up at the end of the file, and cannot name the bracket that was left open.

mod header;
mod list;
mod statement;

use std::convert::Infallible;

use dotwright_diagnostics::TextRange;

use self::list::missing_lists;
use crate::ast::{Id, IdKind};
use crate::census::Census;
use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::token::{Token, TokenKind};

/// How deep braces may nest. What is nested deeper is read as if it stood at this depth.
pub const MAX_DEPTH: usize = 256;

/// How many errors of one file are reported.
pub(crate) const MAX_ERRORS: usize = 100;

/// What the statement level can continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing: the next token begins a statement.
    Start,
    /// A node id, which can become an edge, a list of ids or get attributes.
    Node,
    /// A closed subgraph, which can become an edge.
    Group,
    /// A closed attribute list, which another list may follow.
    List,
    /// An edge operator or the comma of an id list: an end follows, as lookahead has made sure.
    Operator,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Graph,
    Block,
    List,
}

/// What LALRPOP reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Terminal<'t> {
    Token(Token),
    /// An intact attribute list, brackets included.
    List(&'t [Token]),
    /// An intact `key=value`. A separator behind it is part of it, because it means nothing.
    Pair(Id, Id),
}

/// The token stream for LALRPOP.
#[derive(Debug)]
pub(crate) struct Repair<'a> {
    source: &'a str,
    tokens: &'a [Token],
    at: usize,
    /// Tokens from here up to `at` are passed on as they are. On valid DOT nothing else happens.
    passed: usize,
    /// What goes out instead where something was mended.
    queue: Queue,
    open: Vec<(Open, TextRange)>,
    state: State,
    directed: bool,
    /// Braces dropped because of [`MAX_DEPTH`] and not yet closed.
    dropped_braces: usize,
    /// Index of the last `}` of the file.
    last_brace: Option<usize>,
    /// Tokens behind which a `[` is missing.
    missing_lists: Vec<usize>,
    /// End of the last token that was passed on or dropped.
    last_end: u32,
    graphs: usize,
    pub(crate) errors: Vec<SyntaxError>,
    /// Where statements were changed, in source order.
    pub(crate) damage: Vec<u32>,
    /// The index behind the last dropped token, to report a run of them once.
    dropped_until: usize,
}

/// A few tokens on their way out; the longest unit is a pair with its separator or a node with two ports.
#[derive(Debug, Default)]
struct Queue {
    tokens: [Option<Token>; 8],
    first: usize,
    len: usize,
}

impl Queue {
    fn push(&mut self, token: Token) {
        if let Some(slot) = self.tokens.get_mut((self.first + self.len) % 8) {
            *slot = Some(token);
            self.len += 1;
        }
    }

    fn pop(&mut self) -> Option<Token> {
        if self.len == 0 {
            return None;
        }
        let token = self.tokens.get_mut(self.first).and_then(Option::take);
        self.first = (self.first + 1) % 8;
        self.len -= 1;
        token
    }
}

impl<'a> Iterator for Repair<'a> {
    type Item = Result<(u32, Terminal<'a>, u32), Infallible>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(terminal) = self.pass() {
                return Some(Ok(terminal));
            }
            if let Some(token) = self.queue.pop() {
                return Some(Ok((token.range.start, Terminal::Token(token), token.range.end)));
            }
            match self.open.last() {
                None => {
                    if self.at >= self.tokens.len() {
                        self.require_graph();
                        return None;
                    }
                    self.outside();
                }
                Some((Open::List, _)) => self.item(),
                Some((Open::Graph | Open::Block, _)) => self.statement(),
            }
        }
    }
}

impl<'a> Repair<'a> {
    pub(crate) fn new(source: &'a str, tokens: &'a [Token], census: &Census) -> Repair<'a> {
        let lacks_lists = census.list_ends > census.lists;
        Repair {
            source,
            tokens,
            at: 0,
            passed: 0,
            queue: Queue::default(),
            open: Vec::new(),
            state: State::Start,
            directed: true,
            dropped_braces: 0,
            last_brace: census.last_brace,
            missing_lists: if lacks_lists { missing_lists(tokens) } else { Vec::new() },
            last_end: 0,
            graphs: 0,
            errors: Vec::new(),
            damage: Vec::new(),
            dropped_until: usize::MAX,
        }
    }

    /// The next of the tokens that are passed on as they are.
    fn pass(&mut self) -> Option<(u32, Terminal<'a>, u32)> {
        use TokenKind::{Comma, Equals, Id as Written, LBracket, Semicolon};
        match self.tokens.get(self.passed..self.at)? {
            [
                Token { kind: Written(key), range: key_range },
                Token { kind: Equals, .. },
                Token { kind: Written(value), range: value_range },
                rest @ ..,
            ] => {
                let has_separator = matches!(rest, [Token { kind: Comma | Semicolon, .. }, ..]);
                self.passed += 3 + usize::from(has_separator);
                let key = Id { kind: *key, range: *key_range };
                let value = Id { kind: *value, range: *value_range };
                Some((key_range.start, Terminal::Pair(key, value), value_range.end))
            }
            // Only whole lists are passed on with what they hold.
            list @ [Token { kind: LBracket, range: open }, .., Token { range: close, .. }] => {
                self.passed = self.at;
                Some((open.start, Terminal::List(list), close.end))
            }
            [token, ..] => {
                self.passed += 1;
                Some((token.range.start, Terminal::Token(*token), token.range.end))
            }
            [] => None,
        }
    }

    fn peek(&self, ahead: usize) -> Option<Token> {
        self.tokens.get(self.at + ahead).copied()
    }

    fn kind(&self, ahead: usize) -> Option<TokenKind> {
        self.peek(ahead).map(|token| token.kind)
    }

    fn is_id(&self, ahead: usize) -> bool {
        self.kind(ahead).is_some_and(TokenKind::is_id)
    }

    /// True when a line break stands between the token at `ahead` and the one before it.
    fn starts_line(&self, ahead: usize) -> bool {
        let before = (self.at + ahead).checked_sub(1).and_then(|index| self.tokens.get(index));
        let (Some(before), Some(token)) = (before, self.peek(ahead)) else { return true };
        let gap = TextRange::new(before.range.end, token.range.start).text(self.source);
        gap.bytes().any(|byte| matches!(byte, b'\n' | b'\r'))
    }

    /// Passes the next token on.
    fn emit(&mut self) {
        if let Some(token) = self.peek(0) {
            self.last_end = token.range.end;
            if self.queue.len == 0 {
                self.at += 1;
            } else {
                self.replace(1, token);
            }
        }
    }

    /// Passes the next token on as an id, whatever it is.
    fn emit_as_id(&mut self) {
        if let Some(token) = self.peek(0) {
            let kind = if token.kind.is_id() { token.kind } else { TokenKind::Id(IdKind::Dialect) };
            self.last_end = token.range.end;
            self.replace(1, Token { kind, range: token.range });
        }
    }

    /// Passes `token` on in place of the next `count` tokens.
    fn replace(&mut self, count: usize, token: Token) {
        // What was to be passed on as it is goes first.
        for passed in self.tokens.get(self.passed..self.at).unwrap_or(&[]) {
            self.queue.push(*passed);
        }
        self.queue.push(token);
        self.at += count;
        self.passed = self.at;
    }

    /// Puts a token in behind the last one.
    fn insert(&mut self, kind: TokenKind) {
        self.replace(0, Token { kind, range: TextRange::empty(self.last_end) });
    }

    fn insert_missing_id(&mut self) {
        self.insert(TokenKind::Id(IdKind::Missing));
    }

    /// Drops the next token without a word.
    fn skip(&mut self) {
        if let Some(token) = self.peek(0) {
            self.last_end = token.range.end;
            for passed in self.tokens.get(self.passed..self.at).unwrap_or(&[]) {
                self.queue.push(*passed);
            }
            self.at += 1;
            self.passed = self.at;
        }
    }

    /// Drops the next token; a run of dropped tokens is one error.
    fn drop_token(&mut self, kind: SyntaxErrorKind) {
        let Some(token) = self.peek(0) else { return };
        let continues = self.dropped_until == self.at;
        self.skip();
        self.dropped_until = self.at;
        if !continues {
            self.error(kind, token.range);
        }
    }

    fn error(&mut self, kind: SyntaxErrorKind, range: TextRange) {
        self.error_at(kind, range, None);
    }

    fn error_at(&mut self, kind: SyntaxErrorKind, range: TextRange, opener: Option<TextRange>) {
        self.damage.push(range.start);
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(SyntaxError { kind, range, opener });
        } else if self.errors.len() == MAX_ERRORS {
            self.errors.push(SyntaxError { kind: SyntaxErrorKind::TooMany, range, opener: None });
        }
    }

    /// An error behind the last token.
    fn error_here(&mut self, kind: SyntaxErrorKind) {
        self.error(kind, TextRange::empty(self.last_end));
    }

    fn require_graph(&mut self) {
        if self.graphs == 0 && self.errors.is_empty() {
            let end = self.source.len() as u32;
            self.error(SyntaxErrorKind::NoGraph, TextRange::new(0, end.min(1)));
        }
    }

    /// The `{` that has to follow, put in when it is missing.
    fn open_brace(&mut self, open: Open) {
        if self.kind(0) != Some(TokenKind::LBrace) {
            self.error_here(SyntaxErrorKind::MissingOpenBrace);
            self.insert(TokenKind::LBrace);
            self.open.push((open, TextRange::empty(self.last_end)));
        } else {
            self.emit();
            self.open.push((open, TextRange::new(self.last_end - 1, self.last_end)));
        }
        self.state = State::Start;
    }

    /// Passes on an id, with the parts of `my-node` as one.
    fn emit_id(&mut self) {
        let Some(first) = self.peek(0) else { return };
        let mut range = first.range;
        let mut parts = 1;
        while first.kind == TokenKind::Id(IdKind::Name)
            && let (Some(hyphen), Some(next)) = (self.peek(parts), self.peek(parts + 1))
            && hyphen.kind == TokenKind::Unknown
            && hyphen.range.text(self.source) == "-"
            && next.kind.is_id()
            && range.end == hyphen.range.start
            && hyphen.range.end == next.range.start
        {
            range.end = next.range.end;
            parts += 2;
        }
        if parts == 1 {
            self.emit();
            return;
        }
        self.error(SyntaxErrorKind::HyphenInId, range);
        self.last_end = range.end;
        self.replace(parts, Token { kind: TokenKind::Id(IdKind::Dialect), range });
    }

    fn keyword_as_id(&mut self) {
        if let Some(token) = self.peek(0) {
            self.error(SyntaxErrorKind::KeywordAsName, token.range);
            self.emit_as_id();
        }
    }

    /// A graph header inside an open graph: what is open ends here.
    fn next_graph(&mut self) {
        self.close_all(None);
    }

    fn close_at_end(&mut self) {
        self.close_all(Some(self.source.len() as u32));
    }

    /// Closes the innermost open bracket; the others follow with the next calls.
    fn close_all(&mut self, at: Option<u32>) {
        let Some((open, range)) = self.open.pop() else { return };
        let here = TextRange::empty(self.last_end);
        match open {
            Open::List => {
                self.error_at(SyntaxErrorKind::UnclosedBracket, here, Some(range));
                self.insert(TokenKind::RBracket);
                self.state = State::List;
            }
            Open::Graph | Open::Block => {
                self.error_at(SyntaxErrorKind::UnclosedBrace, range, None);
                let end = at.map_or(here, TextRange::empty);
                self.replace(0, Token { kind: TokenKind::RBrace, range: end });
                self.state = State::Group;
                self.dropped_braces = 0;
            }
        }
    }
}
