//! The clauses of conditions that compare the outcome with a word, which several routing rules look at.

use std::borrow::Cow;

use dotwright_diagnostics::TextRange;
use dotwright_engine::condition::Key;
use dotwright_model::{ConditionRef, EdgeId};
use dotwright_syntax::condition::{Clause, Literal, LiteralKind, OperatorKind};

use crate::rule::Context;

/// A clause such as `outcome=fail` on one edge.
pub(crate) struct OutcomeTest<'c> {
    /// The edge; hops of one statement share the clause.
    pub(crate) edge: EdgeId,
    /// The word that the outcome is compared with.
    pub(crate) word: Cow<'c, str>,
    /// True for `=` and `==`, false for `!=`.
    pub(crate) equal: bool,
    condition: ConditionRef<'c>,
    clause: Clause,
    literal: Literal,
}

impl OutcomeTest<'_> {
    /// Where the word is written, without quotes.
    pub(crate) fn word_range(&self) -> TextRange {
        let range = self.literal.range;
        let inner = match self.literal.kind {
            LiteralKind::Quoted => TextRange::new(range.start + 1, range.end.saturating_sub(1)),
            LiteralKind::Bare | LiteralKind::UnclosedQuote => range,
        };
        self.condition.source_range(inner)
    }

    /// Where the clause is written.
    pub(crate) fn clause_range(&self) -> TextRange {
        self.condition.source_range(self.clause.range)
    }
}

/// All comparisons of the outcome by `=`, `==` and `!=`, in file order.
pub(crate) fn outcome_tests<'c>(context: &Context<'c>) -> impl Iterator<Item = OutcomeTest<'c>> {
    let pipeline = context.pipeline;
    let edges = pipeline.edges().filter(|&edge| !pipeline.is_recovered_edge(edge));
    edges.flat_map(move |edge| tests_of(pipeline, edge))
}

/// The comparisons of the outcome on one edge.
pub(crate) fn tests_of(
    pipeline: &dotwright_model::Pipeline,
    edge: EdgeId,
) -> impl Iterator<Item = OutcomeTest<'_>> {
    let condition = pipeline.condition(edge).filter(|condition| condition.condition.errors.is_empty());
    condition.into_iter().flat_map(move |condition| {
        condition.condition.clauses().iter().filter_map(move |&clause| {
            let operator = clause.operator?;
            let literal = clause.literal?;
            let is_outcome = Key::new(clause.key.text(condition.text)) == Key::Outcome;
            (is_outcome && operator.kind.is_equality()).then(|| OutcomeTest {
                edge,
                word: literal.decoded(condition.text),
                equal: operator.kind != OperatorKind::NotEqual,
                condition,
                clause,
                literal,
            })
        })
    })
}
