//! The flat tree of a condition. Operands are linked as siblings, so that `a || b || c ...` of any length is one
//! level deep and building it allocates two vectors.

use std::ops::Index;

use dotwright_diagnostics::TextRange;

use super::{Clause, ConditionError, Key, Literal, Operator};

/// A parsed condition. Ranges refer to the text it was parsed from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Condition {
    exprs: Vec<Expr>,
    clauses: Vec<Clause>,
    root: Option<ExprId>,
    /// What does not parse, in the order of the text. A condition with errors refuses the graph.
    pub errors: Vec<ConditionError>,
}

/// Index of an expression in a [`Condition`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExprId(u32);

/// One node of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// From its first to its last byte, parentheses included.
    pub range: TextRange,
    next: Option<ExprId>,
}

/// The kinds of nodes. [`Condition::children`] gives the operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExprKind {
    /// Two or more operands joined by `||` or `or`; the first is given.
    Or(ExprId),
    /// Two or more operands joined by `&&` or `and`; the first is given.
    And(ExprId),
    /// `!` or `not`.
    Not(ExprId),
    /// Index into [`Condition::clauses`].
    Clause(u32),
    /// A clause that is missing or does not parse; there is an error at this place.
    Missing,
}

impl Condition {
    /// The outermost expression; none for a blank text, which means no condition.
    pub fn root(&self) -> Option<ExprId> {
        self.root
    }

    /// All clauses in the order of the text.
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// The operands of an expression; none for a clause.
    pub fn children(&self, id: ExprId) -> Children<'_> {
        let next = match self[id].kind {
            ExprKind::Or(first) | ExprKind::And(first) | ExprKind::Not(first) => Some(first),
            ExprKind::Clause(_) | ExprKind::Missing => None,
        };
        Children { condition: self, next }
    }

    /// The clause of an expression that is one.
    pub fn clause(&self, id: ExprId) -> Option<&Clause> {
        match self[id].kind {
            ExprKind::Clause(index) => self.clauses.get(index as usize),
            ExprKind::Or(_) | ExprKind::And(_) | ExprKind::Not(_) | ExprKind::Missing => None,
        }
    }

    /// True when the condition is one clause or clauses joined by `&&` only.
    pub fn is_conjunction(&self) -> bool {
        let Some(root) = self.root else { return false };
        match self[root].kind {
            ExprKind::Clause(_) => true,
            ExprKind::And(_) => self.children(root).all(|id| self.clause(id).is_some()),
            ExprKind::Or(_) | ExprKind::Not(_) | ExprKind::Missing => false,
        }
    }

    /// The clauses that must all hold for the condition to hold: the root, or those operands of an outermost `&&`
    /// that are clauses.
    pub fn top_level_clauses(&self) -> impl Iterator<Item = &Clause> {
        let root = self.root;
        let single = root.and_then(|id| self.clause(id));
        let operands = root.filter(|id| matches!(self[*id].kind, ExprKind::And(_)));
        let joined = operands.into_iter().flat_map(|id| self.children(id)).filter_map(|id| self.clause(id));
        single.into_iter().chain(joined)
    }
}

impl Index<ExprId> for Condition {
    type Output = Expr;

    #[expect(clippy::indexing_slicing, reason = "an `ExprId` is only made by the builder of the same tree")]
    fn index(&self, id: ExprId) -> &Expr {
        &self.exprs[id.0 as usize]
    }
}

/// Iterator over the operands of an expression.
#[derive(Debug, Clone)]
pub struct Children<'c> {
    condition: &'c Condition,
    next: Option<ExprId>,
}

impl Iterator for Children<'_> {
    type Item = ExprId;

    fn next(&mut self) -> Option<ExprId> {
        let id = self.next?;
        self.next = self.condition[id].next;
        Some(id)
    }
}

/// Operands that are being joined.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chain {
    first: ExprId,
    last: ExprId,
}

impl Chain {
    pub(crate) fn of(id: ExprId) -> Chain {
        Chain { first: id, last: id }
    }
}

/// Builds the tree bottom-up; the grammar calls it.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    tree: Condition,
}

impl Builder {
    pub(crate) fn finish(self, root: Option<ExprId>, errors: Vec<ConditionError>) -> Condition {
        Condition { root, errors, ..self.tree }
    }

    pub(crate) fn append(&mut self, chain: Chain, next: ExprId) -> Chain {
        if let Some(last) = self.tree.exprs.get_mut(chain.last.0 as usize) {
            last.next = Some(next);
        }
        Chain { first: chain.first, last: next }
    }

    pub(crate) fn or(&mut self, chain: Chain) -> ExprId {
        self.join(chain, ExprKind::Or)
    }

    pub(crate) fn and(&mut self, chain: Chain) -> ExprId {
        self.join(chain, ExprKind::And)
    }

    pub(crate) fn not(&mut self, start: u32, operand: ExprId) -> ExprId {
        let range = TextRange::new(start, self.tree[operand].range.end);
        self.push(ExprKind::Not(operand), range)
    }

    pub(crate) fn group(&mut self, start: u32, inner: ExprId, end: u32) -> ExprId {
        if let Some(expr) = self.tree.exprs.get_mut(inner.0 as usize) {
            expr.range = TextRange::new(start, end);
        }
        inner
    }

    pub(crate) fn missing(&mut self, at: u32) -> ExprId {
        self.push(ExprKind::Missing, TextRange::empty(at))
    }

    pub(crate) fn key(&mut self, key: Key) -> ExprId {
        self.clause(Clause { key, operator: None, literal: None, range: key.range })
    }

    pub(crate) fn comparison(&mut self, key: Key, operator: Operator, literal: Literal) -> ExprId {
        let range = key.range.cover(operator.range).cover(literal.range);
        self.clause(Clause { key, operator: Some(operator), literal: Some(literal), range })
    }

    fn clause(&mut self, clause: Clause) -> ExprId {
        let index = self.tree.clauses.len() as u32;
        self.tree.clauses.push(clause);
        self.push(ExprKind::Clause(index), clause.range)
    }

    fn join(&mut self, chain: Chain, kind: fn(ExprId) -> ExprKind) -> ExprId {
        if chain.first == chain.last {
            return chain.first;
        }
        let range = self.tree[chain.first].range.cover(self.tree[chain.last].range);
        self.push(kind(chain.first), range)
    }

    fn push(&mut self, kind: ExprKind, range: TextRange) -> ExprId {
        let id = ExprId(self.tree.exprs.len() as u32);
        self.tree.exprs.push(Expr { kind, range, next: None });
        id
    }
}
