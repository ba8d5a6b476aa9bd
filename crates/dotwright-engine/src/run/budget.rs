//! The budget ledger: reserved before a call, settled after it (runner reference, section 22).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::{CallId, NodeKey};

/// Attempts a run may start when nothing else is said.
pub const DEFAULT_MAX_ATTEMPTS: u64 = 1000;

/// What a call costs, or can cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cost {
    /// Tokens of all kinds.
    pub tokens: u64,
    /// Millionths of a dollar; `None` when the price is not known, which never counts as zero.
    pub micro_usd: Option<u64>,
}

/// The budgets of a run, children included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// `--max-nodes`: attempts of tool, model, manager, custom and judge steps.
    pub max_attempts: u64,
    /// `--budget-tokens`
    pub tokens: Option<u64>,
    /// `--budget-usd`, in millionths of a dollar.
    pub micro_usd: Option<u64>,
    /// `--allow-unpriced`: calls of unknown price are made.
    pub allow_unpriced: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { max_attempts: DEFAULT_MAX_ATTEMPTS, tokens: None, micro_usd: None, allow_unpriced: false }
    }
}

/// Which budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Budget {
    /// `--max-nodes`
    MaxNodes,
    /// `--max-wall`
    MaxWall,
    /// `--budget-tokens`
    Tokens,
    /// `--budget-usd`
    Money,
    /// A node's `max_tokens_total`
    NodeTokens,
    /// A node's `max_cost_usd`
    NodeMoney,
    /// A price is not known.
    Unpriced,
}

impl Budget {
    const ALL: [Budget; 7] = [
        Budget::MaxNodes,
        Budget::MaxWall,
        Budget::Tokens,
        Budget::Money,
        Budget::NodeTokens,
        Budget::NodeMoney,
        Budget::Unpriced,
    ];

    /// The budget of a word that reports use.
    pub(crate) fn from_word(word: &str) -> Option<Budget> {
        Budget::ALL.into_iter().find(|budget| budget.as_str() == word)
    }

    /// The word that reports use as reason.
    pub const fn as_str(self) -> &'static str {
        match self {
            Budget::MaxNodes => "max_nodes",
            Budget::MaxWall => "max_wall",
            Budget::Tokens => "budget_tokens",
            Budget::Money => "budget_usd",
            Budget::NodeTokens => "max_tokens_total",
            Budget::NodeMoney => "max_cost_usd",
            Budget::Unpriced => "unpriced",
        }
    }

    /// Why nothing can go on, in words.
    pub const fn refusal(self) -> &'static str {
        match self {
            Budget::MaxNodes => "max_nodes is used up",
            Budget::MaxWall => "max_wall is used up",
            Budget::Tokens => "budget_tokens is used up",
            Budget::Money => "budget_usd is used up",
            Budget::NodeTokens => "max_tokens_total is used up",
            Budget::NodeMoney => "max_cost_usd is used up",
            Budget::Unpriced => "its price is not known",
        }
    }
}

/// A sum of tokens and money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spent {
    /// Tokens.
    pub tokens: u64,
    /// Millionths of a dollar of calls with a known price.
    pub micro_usd: u64,
}

impl Spent {
    pub(crate) fn add(&mut self, cost: Cost) {
        self.tokens = self.tokens.saturating_add(cost.tokens);
        self.micro_usd = self.micro_usd.saturating_add(cost.micro_usd.unwrap_or(0));
    }
}

/// What one node may spend over all its visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct NodeLimit {
    pub(crate) tokens: Option<u64>,
    pub(crate) micro_usd: Option<u64>,
}

/// Reservations and bills of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BudgetLedger {
    /// Attempts started, lost ones included.
    pub attempts: u64,
    /// What is settled.
    pub settled: Spent,
    /// What is settled by node.
    #[serde(with = "super::entries")]
    pub by_node: BTreeMap<NodeKey, Spent>,
    /// Allowed calls that are not settled.
    #[serde(with = "super::entries")]
    reserved: BTreeMap<CallId, Cost>,
    /// Sum of `reserved`.
    pending: Spent,
}

impl BudgetLedger {
    /// What allowed calls can still cost.
    pub fn reserved(&self) -> Spent {
        self.pending
    }

    /// Reserves the worst case of a call, or says which budget refuses it.
    pub(crate) fn reserve(
        &mut self,
        call: CallId,
        worst: Cost,
        limits: &Limits,
        node: NodeLimit,
    ) -> Result<(), Budget> {
        if worst.micro_usd.is_none() && !limits.allow_unpriced {
            return Err(Budget::Unpriced);
        }
        let money = worst.micro_usd.unwrap_or(0);
        let over = |limit: Option<u64>, used: u64, more: u64| {
            limit.is_some_and(|limit| used.saturating_add(more) > limit)
        };
        let key = call.attempt.visit.node;
        let mut own = self.by_node.get(&key).copied().unwrap_or_default();
        for (pending, &cost) in &self.reserved {
            if pending.attempt.visit.node == key {
                own.add(cost);
            }
        }
        let all = Spent {
            tokens: self.settled.tokens.saturating_add(self.pending.tokens),
            micro_usd: self.settled.micro_usd.saturating_add(self.pending.micro_usd),
        };
        if over(limits.tokens, all.tokens, worst.tokens) {
            return Err(Budget::Tokens);
        }
        if over(limits.micro_usd, all.micro_usd, money) {
            return Err(Budget::Money);
        }
        if over(node.tokens, own.tokens, worst.tokens) {
            return Err(Budget::NodeTokens);
        }
        if over(node.micro_usd, own.micro_usd, money) {
            return Err(Budget::NodeMoney);
        }
        self.reserved.insert(call, worst);
        self.pending.add(worst);
        Ok(())
    }

    /// True when the call is allowed and not settled.
    pub(crate) fn is_reserved(&self, call: CallId) -> bool {
        self.reserved.contains_key(&call)
    }

    /// Replaces a reservation by the bill. Gives back the reservation when the bill is higher than it.
    pub(crate) fn settle(&mut self, call: CallId, actual: Cost) -> Option<Cost> {
        let worst = self.release(call)?;
        self.settled.add(actual);
        self.by_node.entry(call.attempt.visit.node).or_default().add(actual);
        let more = actual.tokens > worst.tokens
            || actual.micro_usd.unwrap_or(0) > worst.micro_usd.unwrap_or(u64::MAX);
        more.then_some(worst)
    }

    fn release(&mut self, call: CallId) -> Option<Cost> {
        let worst = self.reserved.remove(&call)?;
        self.pending.tokens = self.pending.tokens.saturating_sub(worst.tokens);
        self.pending.micro_usd = self.pending.micro_usd.saturating_sub(worst.micro_usd.unwrap_or(0));
        Some(worst)
    }

    /// Settles every open call of an ended attempt at its worst case: what is not reported counts in full.
    pub(crate) fn close(&mut self, attempt: super::id::AttemptId) {
        let first = CallId { attempt, call: 0 };
        let last = CallId { attempt, call: u32::MAX };
        while let Some((&call, &worst)) = self.reserved.range(first..=last).next() {
            self.settle(call, worst);
        }
    }
}
