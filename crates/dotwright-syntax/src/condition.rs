//! Edge conditions: the union of the dialects that runners accept (runner.md 6.1).
//!
//! The parser knows more than any one profile allows, so that the linter can name what is not portable instead of
//! reporting a syntax error. Ranges count bytes of the decoded attribute value.

mod literal;
#[cfg(test)]
mod tests;
pub(crate) mod tokens;
pub(crate) mod tree;

use std::borrow::Cow;

use dotwright_diagnostics::TextRange;

pub use tree::{Children, Condition, Expr, ExprId, ExprKind};

use crate::condition::tokens::Tokens;

lalrpop_util::lalrpop_mod!(
    #[allow(
        clippy::all,
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::panic,
        unused,
        rust_2018_idioms
    )]
    grammar,
    "/condition.rs"
);

/// How deep parentheses and negations may nest; deeper ones are left out of the tree and reported.
pub const MAX_NESTING: usize = 256;

/// How many clauses of a condition are read. No person writes as many, and the rules compare them with each other.
pub const MAX_CLAUSES: usize = 10_000;

/// Reads a condition from the decoded text of the attribute.
pub fn parse(text: &str) -> Condition {
    let mut builder = tree::Builder::default();
    let mut tokens = Tokens::new(text);
    let outcome = grammar::ConditionParser::new().parse(&mut builder, &mut tokens);
    let mut errors = tokens.into_errors();
    let root = outcome.unwrap_or_else(|error| {
        let range = lalrpop_range(&error, text);
        errors.push(ConditionError { range, kind: ConditionErrorKind::ExpectedConnective });
        None
    });
    errors.sort_by_key(|error| error.range.start);
    builder.finish(root, errors)
}

/// The place of an error that token repair let through; a back-stop, see the `tokens` module.
fn lalrpop_range<T, E>(error: &lalrpop_util::ParseError<u32, T, E>, text: &str) -> TextRange {
    use lalrpop_util::ParseError::{ExtraToken, InvalidToken, UnrecognizedEof, UnrecognizedToken, User};
    match error {
        UnrecognizedToken { token: (start, _, end), .. } | ExtraToken { token: (start, _, end) } => {
            TextRange::new(*start, *end)
        }
        InvalidToken { location } | UnrecognizedEof { location, .. } => TextRange::empty(*location),
        User { .. } => TextRange::empty(text.len() as u32),
    }
}

/// A key, an operator and a literal, or a bare key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clause {
    /// What is looked at.
    pub key: Key,
    /// How it is compared; none for a bare key.
    pub operator: Option<Operator>,
    /// What it is compared with; there exactly when there is an operator, and then possibly empty.
    pub literal: Option<Literal>,
    /// From the first byte of the key to the last byte of the literal.
    pub range: TextRange,
}

/// A dotted name: `outcome`, `context.tests_passed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Where it is written.
    pub range: TextRange,
}

impl Key {
    /// The name as written; `text` is the condition.
    pub fn text(self, text: &str) -> &str {
        self.range.text(text)
    }
}

/// A comparison operator as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// Which one.
    pub kind: OperatorKind,
    /// True with `!` or `not` in front of a word operator. `!=` is [`OperatorKind::NotEqual`].
    pub negated: bool,
    /// Where it is written, negation included.
    pub range: TextRange,
}

/// The comparison operators of all dialects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperatorKind {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `==`
    DoubleEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `contains`
    Contains,
    /// `startswith`
    StartsWith,
    /// `endswith`
    EndsWith,
    /// `matches`
    Matches,
    /// `in`
    In,
}

impl OperatorKind {
    /// The operator as one writes it.
    pub const fn symbol(self) -> &'static str {
        match self {
            OperatorKind::Equal => "=",
            OperatorKind::NotEqual => "!=",
            OperatorKind::DoubleEqual => "==",
            OperatorKind::Less => "<",
            OperatorKind::LessEqual => "<=",
            OperatorKind::Greater => ">",
            OperatorKind::GreaterEqual => ">=",
            OperatorKind::Contains => "contains",
            OperatorKind::StartsWith => "startswith",
            OperatorKind::EndsWith => "endswith",
            OperatorKind::Matches => "matches",
            OperatorKind::In => "in",
        }
    }

    /// True for `<`, `<=`, `>` and `>=`, which compare numbers.
    pub const fn is_ordering(self) -> bool {
        match self {
            OperatorKind::Less
            | OperatorKind::LessEqual
            | OperatorKind::Greater
            | OperatorKind::GreaterEqual => true,
            OperatorKind::Equal
            | OperatorKind::NotEqual
            | OperatorKind::DoubleEqual
            | OperatorKind::Contains
            | OperatorKind::StartsWith
            | OperatorKind::EndsWith
            | OperatorKind::Matches
            | OperatorKind::In => false,
        }
    }

    /// True for `=`, `!=` and `==`.
    pub const fn is_equality(self) -> bool {
        matches!(self, OperatorKind::Equal | OperatorKind::NotEqual | OperatorKind::DoubleEqual)
    }

    fn of_word(word: &str) -> Option<OperatorKind> {
        match word {
            "contains" => Some(OperatorKind::Contains),
            "startswith" => Some(OperatorKind::StartsWith),
            "endswith" => Some(OperatorKind::EndsWith),
            "matches" => Some(OperatorKind::Matches),
            "in" => Some(OperatorKind::In),
            _ => None,
        }
    }
}

/// The right side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Literal {
    /// How it is written.
    pub kind: LiteralKind,
    /// Where it is written, quotes included, blanks around it not.
    pub range: TextRange,
}

/// How a literal is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LiteralKind {
    /// Text up to the next connective, possibly empty.
    Bare,
    /// `"text"`.
    Quoted,
    /// Begins with a quote that nothing closes. It parses and is compared with the quote, which is hardly meant.
    UnclosedQuote,
}

impl Literal {
    /// The text to compare with, without quotes and escapes; `text` is the condition.
    pub fn decoded(self, text: &str) -> Cow<'_, str> {
        let raw = self.range.text(text);
        match self.kind {
            LiteralKind::Bare | LiteralKind::UnclosedQuote => Cow::Borrowed(raw),
            LiteralKind::Quoted => crate::quoted::unquote(raw),
        }
    }
}

/// Something in a condition that does not parse, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConditionError {
    /// The text at fault; empty where something is missing.
    pub range: TextRange,
    /// What is wrong with it.
    pub kind: ConditionErrorKind,
}

/// What is wrong with a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConditionErrorKind {
    /// An operator stands where a clause should begin: `=success`.
    MissingKey,
    /// Nothing stands where a clause should: `a=1 ||`, `()`, `!`.
    MissingClause,
    /// Something else than a key stands where a clause should begin: `"x"=1`, `$x`.
    ExpectedKey,
    /// Something else than an operator stands behind a key: `outcome is success`.
    ExpectedOperator,
    /// Something stands behind a complete clause: `a="x" b`.
    ExpectedConnective,
    /// A comma stands between two clauses, where `&&` is meant.
    CommaForAnd,
    /// An opening parenthesis that nothing closes.
    UnclosedParenthesis,
    /// A closing parenthesis that closes nothing.
    UnopenedParenthesis,
    /// The literal of `<`, `<=`, `>` or `>=` is no decimal number.
    NeedsNumber(OperatorKind),
    /// The literal of `matches` does not compile as a regular expression.
    InvalidPattern,
    /// More than [`MAX_NESTING`] parentheses and negations inside each other.
    NestingTooDeep,
    /// More than [`MAX_CLAUSES`] clauses; the rest is not read.
    TooManyClauses,
}
