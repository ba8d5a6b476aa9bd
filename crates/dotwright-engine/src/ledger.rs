//! The ledger of goal gates: how each gate last ended (runner reference, section 10).

use std::collections::BTreeMap;

use dotwright_model::{AttributeKey, NodeId, Outcome, Pipeline, UnvisitedGate};
use serde::{Deserialize, Serialize};

use crate::analysis::Analysis;

/// The last recorded outcome of each node of a generation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ledger {
    /// By number of the node.
    #[serde(with = "crate::run::outcomes")]
    last: BTreeMap<u32, Outcome>,
}

impl Ledger {
    /// Records how a visit ended. A skipped visit leaves an earlier result as it was.
    pub fn record(&mut self, node: NodeId, outcome: Outcome) {
        if outcome != Outcome::Skipped {
            self.last.insert(node.index() as u32, outcome);
        }
    }

    /// How the node last ended.
    pub fn outcome(&self, node: NodeId) -> Option<Outcome> {
        self.last.get(&(node.index() as u32)).copied()
    }

    /// The first goal gate in file order that holds the exit.
    pub fn first_unsatisfied(&self, analysis: &Analysis<'_>) -> Option<NodeId> {
        let pipeline = analysis.pipeline();
        analysis.goal_gates().find(|&gate| !self.satisfies(gate, || may_stay_unvisited(pipeline, gate)))
    }

    /// Whether a gate lets the run end well; `may_stay_unvisited` is asked about one without an entry.
    pub(crate) fn satisfies(&self, gate: NodeId, may_stay_unvisited: impl Fn() -> bool) -> bool {
        match self.outcome(gate) {
            Some(Outcome::Success | Outcome::PartialSuccess) => true,
            Some(Outcome::Fail | Outcome::Retry | Outcome::Skipped) => false,
            None => may_stay_unvisited(),
        }
    }

    /// Takes over the entries of a branch, whose gates count when its region ends.
    pub(crate) fn absorb(&mut self, branch: Ledger) {
        self.last.extend(branch.last);
    }

    /// Forgets everything, as a new generation does.
    pub(crate) fn clear(&mut self) {
        self.last.clear();
    }
}

/// True when a gate that was never visited does not hold the exit.
pub(crate) fn may_stay_unvisited(pipeline: &Pipeline, gate: NodeId) -> bool {
    let own = pipeline.node_attribute(gate, AttributeKey::GOAL_GATE_UNVISITED);
    own.is_some_and(|own| own.text() == "ignore")
        || pipeline.profile().unvisited_gate == UnvisitedGate::Ignored
}
