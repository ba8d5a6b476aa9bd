//! One lexeme ahead. The sub-languages inside strings have state machines that look before they take.

use dotwright_diagnostics::TextRange;
use logos::{Lexer, Logos};

/// What a lexer gives next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next<L> {
    Lexeme(L),
    /// A character no lexeme begins with.
    Other,
    End,
}

impl<'t, L: Logos<'t, Error = ()>> Next<L> {
    fn of(lexer: &mut Lexer<'t, L>) -> Next<L> {
        match lexer.next() {
            None => Next::End,
            Some(Ok(lexeme)) => Next::Lexeme(lexeme),
            Some(Err(())) => Next::Other,
        }
    }
}

/// The next lexeme and the lexer behind it; who takes it stores that lexer.
pub(crate) struct Peeked<'t, L: Logos<'t>> {
    pub(crate) lexeme: Next<L>,
    pub(crate) range: TextRange,
    pub(crate) lexer: Lexer<'t, L>,
}

impl<'t, L: Logos<'t, Error = (), Extras = ()> + Clone> Peeked<'t, L> {
    pub(crate) fn new(lexer: &Lexer<'t, L>) -> Self {
        let mut lexer = lexer.clone();
        let lexeme = Next::of(&mut lexer);
        let span = lexer.span();
        Peeked { lexeme, range: TextRange::new(span.start as u32, span.end as u32), lexer }
    }

    /// The lexeme behind this one.
    pub(crate) fn following(&self) -> Next<L> {
        Next::of(&mut self.lexer.clone())
    }
}
