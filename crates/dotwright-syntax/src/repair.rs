//! Keeps the token stream grammatical, so that LALRPOP always delivers a tree, and says what it mended.
//!
//! One linear pass with a stack of open brackets and three tokens of lookahead. On valid DOT it passes every token on
//! unchanged. On a typing error it inserts or drops as little as keeps the other statements whole: LR recovery would
//! lose the states it pops, gives up at the end of the file, and cannot name the bracket that was left open.

use std::convert::Infallible;

use dotwright_diagnostics::{TextRange, did_you_mean};

use crate::ast::IdKind;
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

impl Iterator for Repair<'_> {
    type Item = Result<(u32, Token, u32), Infallible>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.passed < self.at
                && let Some(&token) = self.tokens.get(self.passed)
            {
                self.passed += 1;
                return Some(Ok((token.range.start, token, token.range.end)));
            }
            if let Some(token) = self.queue.pop() {
                return Some(Ok((token.range.start, token, token.range.end)));
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
    pub(crate) fn new(source: &'a str, tokens: &'a [Token]) -> Repair<'a> {
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
            last_brace: tokens.iter().rposition(|token| token.kind == TokenKind::RBrace),
            missing_lists: missing_lists(tokens),
            last_end: 0,
            graphs: 0,
            errors: Vec::new(),
            damage: Vec::new(),
            dropped_until: usize::MAX,
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

    /// True when a graph header starts at `ahead`.
    fn is_header(&self, ahead: usize) -> bool {
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
    fn outside(&mut self) {
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

    /// In a graph or block.
    fn statement(&mut self) {
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
    fn value(&mut self, absent: bool) {
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

    /// In an attribute list.
    fn item(&mut self) {
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

/// Indices of tokens behind which a `[` is missing: the owners of the `key=value` runs that end in a `]` without a
/// partner. Empty for every file with as many `[` as `]`.
fn missing_lists(tokens: &[Token]) -> Vec<usize> {
    let count = |kind| tokens.iter().filter(|token| token.kind == kind).count();
    if count(TokenKind::RBracket) <= count(TokenKind::LBracket) {
        return Vec::new();
    }
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
