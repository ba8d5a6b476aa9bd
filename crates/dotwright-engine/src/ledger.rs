//! The ledger of goal gates: how each gate last ended (runner reference, section 10).

use std::collections::HashMap;

use dotwright_model::{AttributeKey, NodeId, Outcome, Pipeline, UnvisitedGate};

use crate::analysis::Analysis;

/// The last recorded outcome of each node of a generation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    last: HashMap<NodeId, Outcome>,
}

impl Ledger {
    /// Records how a visit ended. A skipped visit leaves an earlier result as it was.
    pub fn record(&mut self, node: NodeId, outcome: Outcome) {
        if outcome != Outcome::Skipped {
            self.last.insert(node, outcome);
        }
    }

    /// How the node last ended.
    pub fn outcome(&self, node: NodeId) -> Option<Outcome> {
        self.last.get(&node).copied()
    }

    /// The first goal gate in file order that holds the exit.
    pub fn first_unsatisfied(&self, analysis: &Analysis<'_>) -> Option<NodeId> {
        let pipeline = analysis.pipeline();
        analysis.goal_gates().find(|&gate| match self.outcome(gate) {
            Some(Outcome::Success | Outcome::PartialSuccess) => false,
            Some(Outcome::Fail | Outcome::Retry | Outcome::Skipped) => true,
            None => !may_stay_unvisited(pipeline, gate),
        })
    }
}

/// True when a gate that was never visited does not hold the exit.
pub(crate) fn may_stay_unvisited(pipeline: &Pipeline, gate: NodeId) -> bool {
    let own = pipeline.node_attribute(gate, AttributeKey::GOAL_GATE_UNVISITED);
    own.is_some_and(|own| own.text() == "ignore")
        || pipeline.profile().unvisited_gate == UnvisitedGate::Ignored
}
