//! The visits of a run in the form that reports and conformance cases use (runner reference, section 20.4).

use std::collections::BTreeMap;

use super::command::{BranchEnd, Command, Decision, End, Pause};
use super::id::{EdgeKey, NodeKey, VisitId, WalkId};
use super::outcome::FailureClass;

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
            Command::Decide(Decision::OutcomeRecorded { visit, class, reason, .. }) => match class {
                Some(class) => {
                    self.failures.insert(visit.node, (*class, reason.clone()));
                }
                None => {
                    self.failures.remove(&visit.node);
                }
            },
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

    /// How a branch ended.
    pub fn branch_end(&self, walk: WalkId) -> Option<BranchEnd> {
        self.ends.get(&walk).copied()
    }
}
