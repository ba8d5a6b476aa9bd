//! The visits of a run in the form that reports and conformance cases use (runner reference, section 20.4).

use std::collections::BTreeMap;

use dotwright_model::Outcome;
use serde::{Deserialize, Serialize};

use super::command::{BranchEnd, Command, Decision, End, Pause};
use super::id::{EdgeKey, NodeKey, VisitId, WalkId};
use super::outcome::FailureClass;
use super::plan::Plan;

/// An entry of a list of visits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visited {
    /// An arrival.
    Node(VisitId),
    /// The branches of a region, directly behind its fan-out.
    Region {
        /// The fan-out.
        fan_out: VisitId,
        /// The walks of its branches in file order.
        branches: Vec<WalkId>,
    },
}

/// An entry of `visits` in a report (section 20.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ReportedVisit {
    /// The id of the node.
    Node(String),
    /// The branches of a region in file order.
    Region {
        /// The id of the fan-out.
        region: String,
        /// The visits of each branch.
        branches: Vec<Vec<ReportedVisit>>,
    },
}

/// What happened so far, gathered from the commands of a run. It is no part of the state: a step does not become dearer
/// with the number of visits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    walks: BTreeMap<WalkId, Vec<Visited>>,
    ends: BTreeMap<WalkId, BranchEnd>,
    /// Edges taken, in order, those of branches by the order of their steps.
    pub edges: Vec<EdgeKey>,
    /// The class and reason of the last outcome of each node that failed last.
    pub failures: BTreeMap<NodeKey, (FailureClass, String)>,
    /// Final outcomes of visits. Diamonds have none.
    pub outcomes: BTreeMap<VisitId, Outcome>,
    /// How it ended.
    pub end: Option<End>,
    /// Why it rests.
    pub pause: Option<Pause>,
}

impl Trace {
    /// Takes note of a command.
    pub fn observe(&mut self, command: &Command) {
        match command {
            Command::Decide(Decision::NodeEntered { walk, visit, via, .. }) => {
                self.walks.entry(*walk).or_default().push(Visited::Node(*visit));
                if let super::command::Via::Branch(edge) = via {
                    self.edges.push(*edge);
                }
            }
            Command::Decide(Decision::EdgeSelected { edge: Some(edge), .. }) => self.edges.push(*edge),
            Command::Decide(Decision::BranchOpened { region, walk, .. }) => self.branch(*region, *walk),
            Command::Decide(Decision::BranchEnded { walk, end, .. }) => {
                self.ends.insert(*walk, *end);
            }
            Command::Decide(Decision::OutcomeRecorded { visit, status, class, reason }) => {
                self.outcomes.insert(*visit, *status);
                match class {
                    Some(class) => {
                        self.failures.insert(visit.node, (*class, reason.clone()));
                    }
                    None => {
                        self.failures.remove(&visit.node);
                    }
                }
            }
            Command::Pause(pause) => self.pause = Some(pause.clone()),
            Command::Finish(end) => {
                self.end = Some(end.clone());
                self.pause = None;
            }
            Command::StartAttempt(_) | Command::StartChild(_) => self.pause = None,
            Command::Decide(_)
            | Command::StopAttempt { .. }
            | Command::AllowCall(_)
            | Command::RefuseCall { .. }
            | Command::StartTimer { .. }
            | Command::DropTimer(_)
            | Command::Ask(_)
            | Command::RejectAnswer { .. }
            | Command::CloseGate { .. }
            | Command::ObserveChild(_)
            | Command::SteerChild(_)
            | Command::PauseChild(_)
            | Command::StopChild { .. }
            | Command::MergeWork { .. } => {}
        }
    }

    fn branch(&mut self, fan_out: VisitId, walk: WalkId) {
        let holds_fan_out = |visits: &&mut Vec<Visited>| {
            visits.iter().rev().take(2).any(|visited| match visited {
                Visited::Node(visit) => *visit == fan_out,
                Visited::Region { fan_out: known, .. } => *known == fan_out,
            })
        };
        let Some(visits) = self.walks.values_mut().find(holds_fan_out) else { return };
        match visits.last_mut() {
            Some(Visited::Region { fan_out: known, branches }) if *known == fan_out => branches.push(walk),
            Some(_) | None => visits.push(Visited::Region { fan_out, branches: vec![walk] }),
        }
    }

    /// The visits of a walk.
    pub fn visits(&self, walk: WalkId) -> &[Visited] {
        self.walks.get(&walk).map_or(&[], Vec::as_slice)
    }

    /// The visits of the main walk as reports write them, with the branches of each region behind its fan-out.
    pub fn report(&self, plan: &Plan) -> Vec<ReportedVisit> {
        // A branch has a higher number than the walk around it, so the inner lists are made first.
        let mut made: BTreeMap<WalkId, Vec<ReportedVisit>> = BTreeMap::new();
        for (&walk, visits) in self.walks.iter().rev() {
            let entry = |visited: &Visited| match visited {
                Visited::Node(visit) => ReportedVisit::Node(plan.name(visit.node).to_owned()),
                Visited::Region { fan_out, branches } => ReportedVisit::Region {
                    region: plan.name(fan_out.node).to_owned(),
                    branches: branches.iter().map(|walk| made.remove(walk).unwrap_or_default()).collect(),
                },
            };
            let list = visits.iter().map(entry).collect();
            made.insert(walk, list);
        }
        made.remove(&WalkId::MAIN).unwrap_or_default()
    }

    /// Nodes that were entered.
    pub(crate) fn entered(&self) -> impl Iterator<Item = NodeKey> {
        self.all_visits().map(|visit| visit.node)
    }

    /// Every arrival, walk by walk.
    pub fn all_visits(&self) -> impl Iterator<Item = VisitId> {
        self.walks.values().flatten().filter_map(|visited| match visited {
            Visited::Node(visit) => Some(*visit),
            Visited::Region { .. } => None,
        })
    }

    /// How a branch ended.
    pub fn branch_end(&self, walk: WalkId) -> Option<BranchEnd> {
        self.ends.get(&walk).copied()
    }
}
