//! Which branch a record is about, as its envelope says (section 20.1). It is worked out from the decisions alone: when the
//! last records of a branch are written, its walk is over.

use std::collections::BTreeMap;

use dotwright_engine::run::{Command, Decision, Plan, VisitId, WalkId};

use crate::record::{Line, subject};

/// The branches of a run so far and the visits in them.
#[derive(Debug, Default)]
pub(crate) struct Branches {
    walks: BTreeMap<WalkId, String>,
    visits: BTreeMap<VisitId, String>,
}

impl Branches {
    /// The branch of a record as `fan#1/a`, and those around it in front; empty in the main walk.
    pub(crate) fn of(&mut self, plan: &Plan, line: &Line<'_>) -> &str {
        if let Line::Decision(Command::Decide(decision)) = line {
            self.learn(plan, decision);
        }
        let (visit, walk) = subject(line);
        let walk = walk.and_then(|walk| self.walks.get(&walk));
        let found = walk.or_else(|| visit.and_then(|visit| self.visits.get(&visit)));
        found.map_or("", String::as_str)
    }

    fn learn(&mut self, plan: &Plan, decision: &Decision) {
        if let Decision::BranchOpened { region, walk, entry, .. } = decision {
            let own = format!("{}#{}/{}", plan.name(region.node), region.visit, plan.name(*entry));
            let path = self.visits.get(region).map_or(own.clone(), |around| format!("{around}/{own}"));
            self.walks.insert(*walk, path);
        }
        if let Decision::NodeEntered { walk, visit, .. } = decision
            && let Some(path) = self.walks.get(walk)
        {
            self.visits.insert(*visit, path.clone());
        }
    }
}
