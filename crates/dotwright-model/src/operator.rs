//! The parts of the condition language that a profile may or may not accept.

/// One thing a condition can contain beside keys and literals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operator {
    /// `=`
    Equal,
    /// `==`
    DoubleEqual,
    /// `!=`
    NotEqual,
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
    /// `&&`
    And,
    /// `and`
    AndWord,
    /// `||`
    Or,
    /// `or`
    OrWord,
    /// `!` before a clause or a word operator
    Not,
    /// `not`
    NotWord,
    /// `(` and `)`
    Parentheses,
    /// A key on its own, true unless it is empty, `false` or `0`.
    BareKey,
}

impl Operator {
    /// Every operator, in the order of the declaration.
    pub const ALL: [Operator; 20] = [
        Operator::Equal,
        Operator::DoubleEqual,
        Operator::NotEqual,
        Operator::Less,
        Operator::LessEqual,
        Operator::Greater,
        Operator::GreaterEqual,
        Operator::Contains,
        Operator::StartsWith,
        Operator::EndsWith,
        Operator::Matches,
        Operator::In,
        Operator::And,
        Operator::AndWord,
        Operator::Or,
        Operator::OrWord,
        Operator::Not,
        Operator::NotWord,
        Operator::Parentheses,
        Operator::BareKey,
    ];

    /// As it is written in a condition; `()` and `bare key` for the two that are no token.
    pub const fn as_str(self) -> &'static str {
        match self {
            Operator::Equal => "=",
            Operator::DoubleEqual => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterEqual => ">=",
            Operator::Contains => "contains",
            Operator::StartsWith => "startswith",
            Operator::EndsWith => "endswith",
            Operator::Matches => "matches",
            Operator::In => "in",
            Operator::And => "&&",
            Operator::AndWord => "and",
            Operator::Or => "||",
            Operator::OrWord => "or",
            Operator::Not => "!",
            Operator::NotWord => "not",
            Operator::Parentheses => "()",
            Operator::BareKey => "bare key",
        }
    }
}

/// A set of operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OperatorSet(u32);

impl OperatorSet {
    /// The set of `operators`.
    pub(crate) const fn of(operators: &[Operator]) -> Self {
        let mut bits = 0;
        let mut rest = operators;
        while let [first, others @ ..] = rest {
            bits |= 1 << *first as u32;
            rest = others;
        }
        OperatorSet(bits)
    }

    /// Whether `operator` belongs to the set.
    pub const fn contains(self, operator: Operator) -> bool {
        self.0 & 1 << operator as u32 != 0
    }

    /// The members, in the order of [`Operator::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Operator> {
        Operator::ALL.into_iter().filter(move |&operator| self.contains(operator))
    }
}
