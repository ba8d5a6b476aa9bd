//! From stylesheet text to a token stream that always fits the grammar.
//!
//! Logos reads everything but values, whose extent depends on the colon in front. A state machine on top reports
//! what does not fit and puts in braces, separators and values where the grammar needs them.

use dotwright_diagnostics::TextRange;
use logos::{Lexer, Logos};
use memchr::memmem;

use super::{Expected, Selector, SelectorKind, StylesheetError, StylesheetErrorKind, Value, ValueKind};
use crate::peek;
use crate::quoted::closing_quote;

/// What the grammar reads.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Token {
    Selector(Selector),
    Open(TextRange),
    Close(TextRange),
    Property(TextRange),
    Colon,
    Value(Value),
    Semicolon,
}

#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
#[logos(skip r"[ \t\r\n\x0C]+")]
#[logos(skip r"/\*([^*]|\*+[^*/])*\*+/")]
enum Lexeme {
    #[token("*")]
    Star,
    #[regex(r#"\.[^ \t\r\n\x0C{}:;,.#*"/]+"#)]
    Class,
    #[regex(r##"#[^ \t\r\n\x0C{}:;,.#*"/]+"##)]
    Id,
    #[regex(r##"[^ \t\r\n\x0C{}:;,.#*"/]+"##)]
    Name,
    #[token("{")]
    Open,
    #[token("}")]
    Close,
    #[token(":")]
    Colon,
    #[token(";")]
    Semicolon,
    #[token("/*")]
    UnclosedComment,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Selector,
    Open,
    Property,
    Colon,
    Value,
    Separator,
    /// The rule is given up: its closing brace is still owed to the grammar.
    GivenUp,
    Done,
}

/// Iterator of tokens with their start and end.
#[derive(Debug)]
pub(crate) struct Tokens<'t> {
    lexer: Lexer<'t, Lexeme>,
    state: State,
    /// The opening brace of the current rule.
    open: Option<TextRange>,
    errors: Vec<StylesheetError>,
}

type Spanned = (u32, Token, u32);

impl<'t> Tokens<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Tokens { lexer: Lexeme::lexer(text), state: State::Selector, open: None, errors: Vec::new() }
    }

    pub(crate) fn into_errors(self) -> Vec<StylesheetError> {
        self.errors
    }

    fn peek(&self) -> Peeked<'t> {
        Peeked::new(&self.lexer)
    }

    fn selector(&mut self) -> Option<Spanned> {
        let next = self.peek();
        let kind = match next.lexeme {
            Next::Lexeme(Lexeme::Star) => SelectorKind::Universal,
            Next::Lexeme(Lexeme::Class) => SelectorKind::Class,
            Next::Lexeme(Lexeme::Id) => SelectorKind::Id,
            Next::Lexeme(Lexeme::Name) => SelectorKind::Shape,
            Next::Lexeme(Lexeme::UnclosedComment) => return self.unclosed_comment(&next),
            Next::Lexeme(Lexeme::Open | Lexeme::Close | Lexeme::Colon | Lexeme::Semicolon) | Next::Other => {
                self.expected(Expected::Selector, next.range);
                self.lexer = next.lexer;
                self.skip_rule(next.lexeme);
                return None;
            }
            Next::End => {
                self.state = State::Done;
                return None;
            }
        };
        let mark = u32::from(matches!(kind, SelectorKind::Class | SelectorKind::Id));
        let name = TextRange::new(next.range.start + mark, next.range.end);
        self.check_name(kind, name, next.lexer.source());
        self.lexer = next.lexer;
        self.state = State::Open;
        let selector = Selector { kind, name, range: next.range };
        Some((next.range.start, Token::Selector(selector), next.range.end))
    }

    fn check_name(&mut self, kind: SelectorKind, name: TextRange, text: &str) {
        let bytes = name.text(text).as_bytes();
        let is_identifier = bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
            && !bytes.first().is_some_and(u8::is_ascii_digit);
        let error = match kind {
            SelectorKind::Universal => None,
            SelectorKind::Shape | SelectorKind::Id => {
                (!is_identifier).then_some(StylesheetErrorKind::SelectorName(kind))
            }
            SelectorKind::Class => {
                if bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-') {
                    None
                } else if bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
                    Some(StylesheetErrorKind::ForeignClassName)
                } else {
                    Some(StylesheetErrorKind::SelectorName(kind))
                }
            }
        };
        if let Some(kind) = error {
            self.error(name, kind);
        }
    }

    fn open(&mut self) -> Option<Spanned> {
        let next = self.peek();
        if next.is(Lexeme::Open) {
            self.lexer = next.lexer;
            return Some(self.opened(next.range));
        }
        if next.is(Lexeme::UnclosedComment) {
            return self.unclosed_comment(&next);
        }
        self.expected(Expected::OpenBrace, next.range);
        let end = TextRange::empty(self.lexer.span().end as u32);
        if next.is(Lexeme::Name) && next.following() == Next::Lexeme(Lexeme::Colon) {
            return Some(self.opened(end));
        }
        if self.skip_to(|lexeme| matches!(lexeme, Lexeme::Open | Lexeme::Close)) == Next::Lexeme(Lexeme::Open)
        {
            return None;
        }
        let token = self.opened(end);
        self.state = State::GivenUp;
        Some(token)
    }

    fn opened(&mut self, range: TextRange) -> Spanned {
        self.open = Some(range).filter(|range| !range.is_empty());
        self.state = State::Property;
        (range.start, Token::Open(range), range.end)
    }

    fn property(&mut self) -> Option<Spanned> {
        let next = self.peek();
        match next.lexeme {
            Next::Lexeme(Lexeme::Name)
                if next.lexer.remainder().starts_with(':')
                    || next.following() != Next::Lexeme(Lexeme::Open) =>
            {
                self.lexer = next.lexer;
                self.state = State::Colon;
                Some((next.range.start, Token::Property(next.range), next.range.end))
            }
            Next::Lexeme(Lexeme::Semicolon) => {
                self.lexer = next.lexer;
                Some((next.range.start, Token::Semicolon, next.range.end))
            }
            Next::Lexeme(Lexeme::Close) => Some(self.closed(next)),
            Next::Lexeme(Lexeme::Name | Lexeme::Star | Lexeme::Class | Lexeme::Id) => {
                self.expected(Expected::CloseBrace, next.range);
                Some(self.close_here())
            }
            Next::End => {
                self.expected(Expected::CloseBrace, next.range);
                Some(self.close_here())
            }
            Next::Lexeme(Lexeme::UnclosedComment) => self.unclosed_comment(&next),
            Next::Lexeme(Lexeme::Open | Lexeme::Colon) | Next::Other => {
                self.expected(Expected::Property, next.range);
                self.lexer = next.lexer;
                self.skip_to(ends_declaration);
                None
            }
        }
    }

    fn colon(&mut self) -> Option<Spanned> {
        let next = self.peek();
        if next.is(Lexeme::UnclosedComment) {
            return self.unclosed_comment(&next);
        }
        self.state = State::Value;
        if next.is(Lexeme::Colon) {
            self.lexer = next.lexer;
        } else {
            self.expected(Expected::Colon, next.range);
        }
        Some((next.range.start, Token::Colon, next.range.end))
    }

    fn value(&mut self) -> Option<Spanned> {
        let next = self.peek();
        if next.is(Lexeme::UnclosedComment) {
            return self.unclosed_comment(&next);
        }
        let before = self.lexer.span().end;
        let start = next.range.start as usize;
        let rest = self.lexer.source().get(start..).unwrap_or("");
        let (length, kind) = self.value_extent(start, rest);
        let range = match length {
            0 => {
                // Behind a missing colon one message is enough.
                if self.lexer.slice() == ":" {
                    self.expected(Expected::Value, next.range);
                }
                TextRange::empty(before as u32)
            }
            _ => TextRange::new(next.range.start, (start + length) as u32),
        };
        self.lexer.bump(if length == 0 { 0 } else { start + length - before });
        self.state = State::Separator;
        Some((range.start, Token::Value(Value { kind, range }), range.end))
    }

    /// Length of the value that `rest` begins with, 0 when there is none.
    fn value_extent(&mut self, start: usize, rest: &str) -> (usize, ValueKind) {
        if rest.starts_with('"') {
            if let Some(close) = closing_quote(rest) {
                return (close + 1, ValueKind::Quoted);
            }
            let quote = TextRange::new(start as u32, start as u32 + 1);
            self.error(quote, StylesheetErrorKind::UnclosedQuote);
            let end = rest.find([';', '}']).unwrap_or(rest.len());
            return (rest.get(..end).unwrap_or("").trim_ascii_end().len(), ValueKind::Bare);
        }
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, ';' | '{' | '}' | '"');
        let word = rest.get(..rest.find(ends).unwrap_or(rest.len())).unwrap_or("");
        (memmem::find(word.as_bytes(), b"/*").unwrap_or(word.len()), ValueKind::Bare)
    }

    fn separator(&mut self) -> Option<Spanned> {
        let next = self.peek();
        match next.lexeme {
            Next::Lexeme(Lexeme::Semicolon) => {
                self.lexer = next.lexer;
                self.state = State::Property;
                Some((next.range.start, Token::Semicolon, next.range.end))
            }
            Next::Lexeme(Lexeme::Close) | Next::End => {
                self.state = State::Property;
                None
            }
            Next::Lexeme(Lexeme::UnclosedComment) => self.unclosed_comment(&next),
            Next::Lexeme(Lexeme::Name) if next.following() == Next::Lexeme(Lexeme::Colon) => {
                let end = self.lexer.span().end as u32;
                self.expected(Expected::Semicolon, TextRange::empty(end));
                self.state = State::Property;
                Some((end, Token::Semicolon, end))
            }
            Next::Lexeme(Lexeme::Star | Lexeme::Class | Lexeme::Id | Lexeme::Name)
                if next.following() == Next::Lexeme(Lexeme::Open) =>
            {
                self.expected(Expected::CloseBrace, next.range);
                Some(self.close_here())
            }
            Next::Lexeme(
                Lexeme::Star | Lexeme::Class | Lexeme::Id | Lexeme::Name | Lexeme::Open | Lexeme::Colon,
            )
            | Next::Other => {
                self.expected(Expected::Semicolon, next.range);
                self.lexer = next.lexer;
                self.skip_to(ends_declaration);
                None
            }
        }
    }

    fn given_up(&mut self) -> Spanned {
        let next = self.peek();
        if next.is(Lexeme::Close) { self.closed(next) } else { self.close_here() }
    }

    fn closed(&mut self, next: Peeked<'t>) -> Spanned {
        self.lexer = next.lexer;
        self.open = None;
        self.state = State::Selector;
        (next.range.start, Token::Close(next.range), next.range.end)
    }

    /// Closes the rule in front of the next token.
    fn close_here(&mut self) -> Spanned {
        let end = self.lexer.span().end as u32;
        self.open = None;
        self.state = State::Selector;
        (end, Token::Close(TextRange::empty(end)), end)
    }

    /// Skips what an unexpected token in place of a selector opens.
    fn skip_rule(&mut self, lexeme: Next) {
        if lexeme == Next::Lexeme(Lexeme::Open) && self.skip_to(|l| l == Lexeme::Close) != Next::End {
            self.lexer = self.peek().lexer;
        }
    }

    /// Moves in front of the next lexeme that `stop` accepts, or to the end.
    fn skip_to(&mut self, stop: impl Fn(Lexeme) -> bool) -> Next {
        loop {
            let next = self.peek();
            match next.lexeme {
                Next::End => return Next::End,
                Next::Lexeme(lexeme) if stop(lexeme) || lexeme == Lexeme::UnclosedComment => {
                    return next.lexeme;
                }
                Next::Lexeme(_) | Next::Other => self.lexer = next.lexer,
            }
        }
    }

    /// An unclosed comment swallows the rest of the text.
    fn unclosed_comment(&mut self, next: &Peeked<'t>) -> Option<Spanned> {
        self.error(next.range, StylesheetErrorKind::UnclosedComment);
        self.lexer.bump(self.lexer.remainder().len());
        None
    }

    fn expected(&mut self, expected: Expected, range: TextRange) {
        self.error(range, StylesheetErrorKind::Expected(expected));
    }

    fn error(&mut self, range: TextRange, kind: StylesheetErrorKind) {
        self.errors.push(StylesheetError { range, kind, open: self.open });
    }
}

fn ends_declaration(lexeme: Lexeme) -> bool {
    matches!(lexeme, Lexeme::Semicolon | Lexeme::Close)
}

impl Iterator for Tokens<'_> {
    type Item = Spanned;

    fn next(&mut self) -> Option<Spanned> {
        loop {
            let token = match self.state {
                State::Selector => self.selector(),
                State::Open => self.open(),
                State::Property => self.property(),
                State::Colon => self.colon(),
                State::Value => self.value(),
                State::Separator => self.separator(),
                State::GivenUp => Some(self.given_up()),
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

impl Peeked<'_> {
    fn is(&self, lexeme: Lexeme) -> bool {
        self.lexeme == Next::Lexeme(lexeme)
    }
}
