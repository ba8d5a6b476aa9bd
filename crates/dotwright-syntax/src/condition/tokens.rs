//! From condition text to a token stream that always fits the grammar.
//!
//! Logos reads what stands outside literals. On top of it, a state machine knows whether a key, an operator, a
//! literal or a connective is due: it reads literals, tells word operators from keys, reports what does not fit, and
//! puts in [`Token::Missing`] or a closing parenthesis where the grammar needs one.

use dotwright_diagnostics::TextRange;
use logos::{Lexer, Logos};

use super::{
    ConditionError, ConditionErrorKind, Key, Literal, LiteralKind, MAX_CLAUSES, MAX_NESTING, Operator,
    OperatorKind, literal,
};
use crate::peek;

/// What the grammar reads.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Token {
    And,
    Or,
    Not,
    Open,
    Close,
    Key(Key),
    Operator(Operator),
    Literal(Literal),
    Missing,
}

#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
#[logos(skip r"[ \t\r\n\x0C]+")]
enum Lexeme {
    #[token("&&")]
    And,
    #[token("||")]
    Or,
    #[token("!")]
    Bang,
    #[token("(")]
    Open,
    #[token(")")]
    Close,
    #[token(",")]
    Comma,
    #[token("=", |_| OperatorKind::Equal)]
    #[token("!=", |_| OperatorKind::NotEqual)]
    #[token("==", |_| OperatorKind::DoubleEqual)]
    #[token("<", |_| OperatorKind::Less)]
    #[token("<=", |_| OperatorKind::LessEqual)]
    #[token(">", |_| OperatorKind::Greater)]
    #[token(">=", |_| OperatorKind::GreaterEqual)]
    Operator(OperatorKind),
    #[regex(r"[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*")]
    Word,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// A clause is due.
    Operand,
    /// A clause is due and may not be skipped, because a negation stands in front.
    NegatedOperand,
    Operator,
    Literal(OperatorKind),
    Connective,
    /// What follows is left out.
    Rest,
    Done,
}

/// An open parenthesis.
#[derive(Debug, Clone, Copy)]
struct Open {
    range: TextRange,
    /// Nesting of what stands in it.
    inside: usize,
}

/// Iterator of tokens with their start and end.
#[derive(Debug)]
pub(crate) struct Tokens<'t> {
    text: &'t str,
    lexer: Lexer<'t, Lexeme>,
    state: State,
    /// An operand of the current `&&` chain has been seen.
    has_operand: bool,
    nesting: usize,
    open: Vec<Open>,
    /// Parentheses that were left out because they are too deep and that are still to be closed.
    left_out: usize,
    too_deep: bool,
    /// `&&` and `||` so far.
    joins: usize,
    errors: Vec<ConditionError>,
}

type Spanned = (u32, Token, u32);

impl<'t> Tokens<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Tokens {
            text,
            lexer: Lexeme::lexer(text),
            state: if text.trim_ascii().is_empty() { State::Done } else { State::Operand },
            has_operand: false,
            nesting: 0,
            open: Vec::new(),
            left_out: 0,
            too_deep: false,
            joins: 0,
            errors: Vec::new(),
        }
    }

    pub(crate) fn into_errors(self) -> Vec<ConditionError> {
        self.errors
    }

    fn peek(&self) -> Peeked<'t> {
        Peeked::new(&self.lexer)
    }

    fn operand(&mut self, negated: bool) -> Option<Spanned> {
        let next = self.peek();
        match next.lexeme {
            Next::Lexeme(Lexeme::Bang) => self.negation(next),
            Next::Lexeme(Lexeme::Word) => match self.word(&next) {
                "not" if next.is_word_operator() => self.negation(next),
                "and" if next.is_word_operator() => self.empty_clause(next, negated),
                "or" if next.is_word_operator() => self.no_clause(next, negated),
                _ => {
                    let range = next.range;
                    self.lexer = next.lexer;
                    self.has_operand = true;
                    self.state = State::Operator;
                    Some((range.start, Token::Key(Key { range }), range.end))
                }
            },
            Next::Lexeme(Lexeme::Open) => self.open(next),
            Next::Lexeme(Lexeme::And) => self.empty_clause(next, negated),
            Next::Lexeme(Lexeme::Or | Lexeme::Close) | Next::End => self.no_clause(next, negated),
            Next::Lexeme(Lexeme::Operator(_)) => {
                self.error(next.range, ConditionErrorKind::MissingKey);
                self.lexer = next.lexer;
                self.skip_literal();
                Some(self.missing(next.range.start))
            }
            Next::Lexeme(Lexeme::Comma) | Next::Other => {
                self.error(next.range, ConditionErrorKind::ExpectedKey);
                self.skip_to_connective();
                Some(self.missing(next.range.start))
            }
        }
    }

    fn negation(&mut self, next: Peeked<'t>) -> Option<Spanned> {
        self.lexer = next.lexer;
        self.state = State::NegatedOperand;
        if self.is_too_deep(next.range) {
            return None;
        }
        self.nesting += 1;
        Some((next.range.start, Token::Not, next.range.end))
    }

    fn open(&mut self, next: Peeked<'t>) -> Option<Spanned> {
        self.lexer = next.lexer;
        self.state = State::Operand;
        self.has_operand = false;
        if self.is_too_deep(next.range) {
            self.left_out += 1;
            return None;
        }
        self.nesting += 1;
        self.open.push(Open { range: next.range, inside: self.nesting });
        Some((next.range.start, Token::Open, next.range.end))
    }

    /// `&&` where a clause is due: the clause in front of it is empty and skipped, unless it is negated.
    fn empty_clause(&mut self, next: Peeked<'t>, negated: bool) -> Option<Spanned> {
        if negated {
            return self.no_clause(next, negated);
        }
        self.lexer = next.lexer;
        Some((next.range.start, Token::And, next.range.end))
    }

    /// The text goes on with something that ends a clause. Without any operand in the chain one is missing.
    fn no_clause(&mut self, next: Peeked<'t>, negated: bool) -> Option<Spanned> {
        if !negated && self.has_operand {
            self.state = State::Connective;
            return None;
        }
        let at = next.range.start.min(self.lexer.span().end as u32);
        self.error(TextRange::empty(at), ConditionErrorKind::MissingClause);
        Some(self.missing(next.range.start))
    }

    fn missing(&mut self, at: u32) -> Spanned {
        self.has_operand = true;
        self.state = State::Connective;
        (at, Token::Missing, at)
    }

    fn operator(&mut self) -> Option<Spanned> {
        let next = self.peek();
        match next.lexeme {
            Next::Lexeme(Lexeme::Operator(kind)) => {
                Some(self.take_operator(kind, false, next.range, next.lexer))
            }
            Next::Lexeme(Lexeme::Bang) => match next.word_operator() {
                Some((kind, end, lexer)) => {
                    Some(self.take_operator(kind, true, TextRange::new(next.range.start, end), lexer))
                }
                None => self.unexpected(next.range, ConditionErrorKind::ExpectedOperator),
            },
            Next::Lexeme(Lexeme::Word) if next.is_followed_by_blank() => match self.word(&next) {
                "and" | "or" => {
                    self.state = State::Connective;
                    None
                }
                "not" => match next.word_operator() {
                    Some((kind, end, lexer)) => {
                        Some(self.take_operator(kind, true, TextRange::new(next.range.start, end), lexer))
                    }
                    None => self.unexpected(next.range, ConditionErrorKind::ExpectedOperator),
                },
                word => match OperatorKind::of_word(word) {
                    Some(kind) => Some(self.take_operator(kind, false, next.range, next.lexer)),
                    None => self.unexpected(next.range, ConditionErrorKind::ExpectedOperator),
                },
            },
            Next::Lexeme(Lexeme::Word | Lexeme::Open) | Next::Other => {
                self.unexpected(next.range, ConditionErrorKind::ExpectedOperator)
            }
            Next::Lexeme(Lexeme::And | Lexeme::Or | Lexeme::Close | Lexeme::Comma) | Next::End => {
                self.state = State::Connective;
                None
            }
        }
    }

    fn take_operator(
        &mut self,
        kind: OperatorKind,
        negated: bool,
        range: TextRange,
        lexer: Lexer<'t, Lexeme>,
    ) -> Spanned {
        self.lexer = lexer;
        self.state = State::Literal(kind);
        (range.start, Token::Operator(Operator { kind, negated, range }), range.end)
    }

    fn literal(&mut self, operator: OperatorKind) -> Spanned {
        let end_of_operator = self.lexer.span().end as u32;
        let rest = self.lexer.remainder();
        let blanks = rest.len() - rest.trim_ascii_start().len();
        let (length, kind) = literal::scan(rest.get(blanks..).unwrap_or(""));
        let start = end_of_operator + blanks as u32;
        let range = match length {
            0 => TextRange::empty(end_of_operator),
            _ => TextRange::new(start, start + length as u32),
        };
        self.lexer.bump(blanks + length);
        self.state = State::Connective;
        let literal = Literal { kind, range };
        self.check_literal(operator, literal);
        (range.start, Token::Literal(literal), range.end)
    }

    fn check_literal(&mut self, operator: OperatorKind, literal: Literal) {
        if operator.is_ordering() {
            if !literal::is_decimal(literal.decoded(self.text).trim_ascii()) {
                self.error(literal.range, ConditionErrorKind::NeedsNumber(operator));
            }
        } else if operator == OperatorKind::Matches {
            if regex_lite::Regex::new(&literal.decoded(self.text)).is_err() {
                self.error(literal.range, ConditionErrorKind::InvalidPattern);
            }
        } else if operator.is_equality()
            && literal.kind == LiteralKind::Bare
            && let Some(comma) = literal::comma_for_and(literal.range.text(self.text))
        {
            let at = literal.range.start + comma as u32;
            self.error(TextRange::new(at, at + 1), ConditionErrorKind::CommaForAnd);
        }
    }

    fn connective(&mut self) -> Option<Spanned> {
        let next = self.peek();
        match next.lexeme {
            Next::Lexeme(Lexeme::And) => self.joined(Token::And, next),
            Next::Lexeme(Lexeme::Or) => self.joined(Token::Or, next),
            Next::Lexeme(Lexeme::Word) if next.is_followed_by_blank() && self.word(&next) == "and" => {
                self.joined(Token::And, next)
            }
            Next::Lexeme(Lexeme::Word) if next.is_followed_by_blank() && self.word(&next) == "or" => {
                self.joined(Token::Or, next)
            }
            Next::Lexeme(Lexeme::Comma) => {
                self.error(next.range, ConditionErrorKind::CommaForAnd);
                self.joined(Token::And, next)
            }
            Next::Lexeme(Lexeme::Close) => self.close(next),
            Next::Lexeme(Lexeme::Bang | Lexeme::Open | Lexeme::Operator(_) | Lexeme::Word) | Next::Other => {
                self.unexpected(next.range, ConditionErrorKind::ExpectedConnective)
            }
            Next::End => self.close_at_end(next.range.start),
        }
    }

    /// Leaves the rest out, with the parentheses that it may close.
    fn give_up(&mut self, range: TextRange) -> Option<Spanned> {
        self.error(range, ConditionErrorKind::TooManyClauses);
        self.lexer.bump(self.lexer.remainder().len());
        self.state = State::Rest;
        None
    }

    fn joined(&mut self, token: Token, next: Peeked<'t>) -> Option<Spanned> {
        self.joins += 1;
        if self.joins >= MAX_CLAUSES {
            return self.give_up(next.range);
        }
        self.lexer = next.lexer;
        self.state = State::Operand;
        self.has_operand = matches!(token, Token::And);
        self.nesting = self.outer_nesting();
        Some((next.range.start, token, next.range.end))
    }

    fn close(&mut self, next: Peeked<'t>) -> Option<Spanned> {
        self.lexer = next.lexer;
        if self.left_out > 0 {
            self.left_out -= 1;
            return None;
        }
        if self.open.pop().is_none() {
            self.error(next.range, ConditionErrorKind::UnopenedParenthesis);
            return None;
        }
        self.nesting = self.outer_nesting();
        self.has_operand = true;
        Some((next.range.start, Token::Close, next.range.end))
    }

    fn close_at_end(&mut self, end: u32) -> Option<Spanned> {
        let Some(open) = self.open.pop() else {
            self.state = State::Done;
            return None;
        };
        if !matches!(self.state, State::Rest) {
            self.error(open.range, ConditionErrorKind::UnclosedParenthesis);
        }
        Some((end, Token::Close, end))
    }

    /// Reports a token that does not fit and goes on behind everything up to the next connective.
    fn unexpected(&mut self, range: TextRange, kind: ConditionErrorKind) -> Option<Spanned> {
        let at_word = self.word_at(range);
        self.error(at_word, kind);
        self.skip_to_connective();
        self.state = State::Connective;
        None
    }

    /// Widens the range of a stray character to the word it stands in.
    fn word_at(&self, range: TextRange) -> TextRange {
        let rest = self.text.get(range.start as usize..).unwrap_or("");
        let word = rest.find(|c: char| c.is_whitespace() || matches!(c, '&' | '|' | '(' | ')' | ','));
        let length = word.unwrap_or(rest.len()) as u32;
        range.cover(TextRange::new(range.start, range.start + length))
    }

    fn skip_literal(&mut self) {
        let rest = self.lexer.remainder();
        let blanks = rest.len() - rest.trim_ascii_start().len();
        let (length, _) = literal::scan(rest.get(blanks..).unwrap_or(""));
        self.lexer.bump(blanks + length);
    }

    fn skip_to_connective(&mut self) {
        self.lexer.bump(literal::connective(self.lexer.remainder()));
    }

    fn is_too_deep(&mut self, range: TextRange) -> bool {
        let too_deep = self.nesting >= MAX_NESTING;
        if too_deep && !self.too_deep {
            self.too_deep = true;
            self.error(range, ConditionErrorKind::NestingTooDeep);
        }
        too_deep
    }

    /// Nesting of a clause that no negation stands in front of.
    fn outer_nesting(&self) -> usize {
        self.open.last().map_or(0, |open| open.inside)
    }

    fn error(&mut self, range: TextRange, kind: ConditionErrorKind) {
        self.errors.push(ConditionError { range, kind });
    }

    fn word(&self, next: &Peeked<'t>) -> &'t str {
        next.range.text(self.text)
    }
}

impl Iterator for Tokens<'_> {
    type Item = Spanned;

    fn next(&mut self) -> Option<Spanned> {
        loop {
            let token = match self.state {
                State::Operand => self.operand(false),
                State::NegatedOperand => self.operand(true),
                State::Operator => self.operator(),
                State::Literal(operator) => Some(self.literal(operator)),
                State::Connective => self.connective(),
                State::Rest => self.close_at_end(self.text.len() as u32),
                State::Done => return None,
            };
            if token.is_some() {
                return token;
            }
        }
    }
}

type Next = peek::Next<Lexeme>;
type Peeked<'t> = peek::Peeked<'t, Lexeme>;

impl<'t> Peeked<'t> {
    fn is_followed_by_blank(&self) -> bool {
        self.lexer.remainder().bytes().next().is_none_or(|b| b.is_ascii_whitespace())
    }

    /// True for `not`, `and` and `or` where a key could stand too: with an operator behind it the word is a key.
    fn is_word_operator(&self) -> bool {
        let next = self.lexer.remainder().trim_ascii_start();
        self.is_followed_by_blank() && !next.starts_with(['=', '<', '>']) && !next.starts_with("!=")
    }

    /// The word operator behind this lexeme, a negation, with its end.
    fn word_operator(&self) -> Option<(OperatorKind, u32, Lexer<'t, Lexeme>)> {
        let mut lexer = self.lexer.clone();
        if lexer.next() != Some(Ok(Lexeme::Word)) {
            return None;
        }
        let kind = OperatorKind::of_word(lexer.slice())?;
        let behind = lexer.remainder().bytes().next();
        let end = lexer.span().end as u32;
        behind.is_none_or(|b| b.is_ascii_whitespace()).then_some((kind, end, lexer))
    }
}
