//! All that changes in a run. Two states are equal if and only if the runs go on in the same way.

use std::collections::{BTreeMap, VecDeque};

use dotwright_model::Outcome;
use serde::{Deserialize, Serialize};

use super::budget::{BudgetLedger, Limits};
use super::command::{BranchEnd, Command, End, GateSpec, OfferedChoice, Pause, Via};
use super::context::{Changes, ContextView, Forwarded, Recorded};
use super::event::{Event, Start, Unanswered};
use super::id::{AttemptId, EdgeKey, NodeKey, TimerId, VisitId, WalkId};
use super::machine::Machine;
use super::outcome::FailureClass;
use super::plan::Plan;
use crate::ledger::Ledger;

/// Where a run is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Before [`Event::Started`].
    #[default]
    New,
    /// Something runs, or waits for the world.
    Running,
    /// Nothing new starts; what runs ends first.
    Draining(Pause),
    /// It rests, see [`Command::Pause`].
    Paused(Pause),
    /// It is being cancelled; what runs ends first.
    Cancelling,
    /// It is over, see [`Command::Finish`].
    Ended(End),
}

/// All that changes in a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct State {
    pub(crate) phase: Phase,
    pub(crate) start: Start,
    pub(crate) generation: u32,
    pub(crate) counts: Vec<Counts>,
    #[serde(with = "super::entries")]
    pub(crate) walks: BTreeMap<WalkId, Walk>,
    /// Walks that the world will call on: see [`Waiting::is_busy`].
    pub(crate) busy: u32,
    /// The walk of each open visit.
    #[serde(with = "super::entries")]
    pub(crate) open: BTreeMap<VisitId, WalkId>,
    #[serde(with = "super::entries")]
    pub(crate) timers: BTreeMap<TimerId, WalkId>,
    pub(crate) next_walk: u32,
    pub(crate) next_timer: u64,
    pub(crate) budget: BudgetLedger,
}

/// How often a node was visited and tried, over the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) visits: u32,
    pub(crate) attempts: u32,
    /// In its last visit.
    pub(crate) retries: u32,
}

/// One thread of control with a position (section 4).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Walk {
    pub(crate) branch: Option<Branch>,
    pub(crate) changes: Changes,
    pub(crate) recorded: Recorded,
    /// Whether `recorded` is forwarded; else the forwarded outcome is a success.
    pub(crate) forwards: bool,
    /// The node it is at or was at last.
    pub(crate) at: Option<NodeKey>,
    pub(crate) ledger: Ledger,
    pub(crate) visit: Option<OpenVisit>,
    /// The region that ended last, for the fan-in it is about to enter.
    pub(crate) result: Option<Box<RegionResult>>,
    pub(crate) waiting: Waiting,
    /// It counts against `max_parallel` of its region.
    pub(crate) has_turn: bool,
    /// Its branch lost; it is over as soon as nothing of it runs.
    pub(crate) lost: bool,
}

impl Walk {
    /// The gate that it waits at.
    pub(crate) fn gate(&self) -> Option<&OpenGate> {
        if let Waiting::Gate(open) = &self.waiting { Some(open) } else { None }
    }

    pub(crate) fn forwarded(&self) -> Forwarded {
        match self.recorded.status {
            Some(status) if self.forwards => {
                Forwarded { status, class: self.recorded.class, node: self.recorded.node }
            }
            Some(_) | None => Forwarded { status: Outcome::Success, class: None, node: None },
        }
    }
}

/// Which branch a walk is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Branch {
    pub(crate) parent: WalkId,
    /// The visit of the fan-out.
    pub(crate) fan_out: VisitId,
    /// The fan-out's region in the plan.
    pub(crate) region: usize,
    pub(crate) entry: NodeKey,
    /// Position among the branches.
    pub(crate) index: usize,
}

/// A visit that is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OpenVisit {
    pub(crate) id: VisitId,
    /// The last attempt, 0 before the first.
    pub(crate) attempt: u32,
    /// Attempts that count against `max_retries`, without lost ones.
    pub(crate) counted: u32,
    pub(crate) edge: Option<EdgeKey>,
    pub(crate) previous: Option<NodeKey>,
}

/// What a walk does next when it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Next {
    /// Enter a node.
    Enter { node: NodeKey, via: Via },
    /// Start the next attempt of its open visit; `counts` against `max_retries` unless the last one was lost.
    Attempt { counts: bool },
}

/// What a walk waits for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Waiting {
    /// Nothing: it moves, within one event.
    #[default]
    Moving,
    /// The end of an attempt.
    Attempt { stopping: Option<Stopping> },
    /// A retry delay.
    Retry { timer: TimerId, nominal: u64, jitter: bool },
    /// A person.
    Gate(Box<OpenGate>),
    /// Its branches.
    Region(Box<RegionRun>),
    /// A child pipeline.
    Child(ChildRun),
    /// The merge of its branches' work.
    Merge { branches: Vec<WalkId> },
    /// The end of a pause, or its turn among the branches.
    Held { next: Next, for_turn: bool },
    /// Nothing any more.
    Over(BranchEnd),
}

impl Waiting {
    /// True when the run cannot rest: the world will send an event for this walk by itself.
    pub(crate) fn is_busy(&self) -> bool {
        match self {
            Waiting::Moving | Waiting::Attempt { .. } | Waiting::Retry { .. } | Waiting::Merge { .. } => true,
            Waiting::Gate(gate) => gate.parked.is_none(),
            Waiting::Child(child) => !child.paused,
            Waiting::Region(_) | Waiting::Held { .. } | Waiting::Over(_) => false,
        }
    }
}

/// Why a running attempt was told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stopping {
    /// Its branch lost or the run is cancelled: no outcome.
    Dropped,
    /// A budget: it is tried again after a resume.
    Again,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OpenGate {
    pub(crate) spec: GateSpec,
    pub(crate) timer: Option<TimerId>,
    /// Nobody will answer as long as this runner lives.
    pub(crate) parked: Option<Unanswered>,
}

impl OpenGate {
    pub(crate) fn choices(&self) -> &[OfferedChoice] {
        match &self.spec.question {
            super::command::Question::Choices(choices) => choices,
            super::command::Question::LostAttempt => &[],
        }
    }
}

/// A region whose branches run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RegionRun {
    pub(crate) visit: VisitId,
    pub(crate) region: usize,
    pub(crate) branches: Vec<WalkId>,
    /// Branches that wait for their turn.
    pub(crate) queue: VecDeque<WalkId>,
    pub(crate) running: u32,
    pub(crate) over: u32,
    pub(crate) succeeded: u32,
    pub(crate) failed: u32,
    /// The join policy is met, or failed fast; the others have lost.
    pub(crate) decided: bool,
}

/// What a fan-in needs to know about the region that ended at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RegionResult {
    #[serde(with = "super::outcome::word")]
    pub(crate) status: Outcome,
    pub(crate) class: Option<FailureClass>,
    pub(crate) reason: String,
    /// Entries of the branches that are candidates, the best first, with their outcomes and walks.
    pub(crate) ranked: Vec<Ranked>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ranked {
    pub(crate) entry: NodeKey,
    #[serde(with = "super::outcome::word")]
    pub(crate) outcome: Outcome,
    pub(crate) walk: WalkId,
    /// Position among the branches.
    pub(crate) index: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChildRun {
    pub(crate) timer: Option<TimerId>,
    pub(crate) cycles: u32,
    pub(crate) attempts: u64,
    pub(crate) paused: bool,
    pub(crate) ending: Option<ChildEnding>,
}

/// Why a manager ends its child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChildEnding {
    /// The stop condition holds.
    Condition,
    /// The cycles are used up.
    Cycles,
}

impl State {
    /// A run before its first event.
    pub fn new() -> State {
        State::default()
    }

    /// Applies an event and appends what there is to do: [`super::step`] without moving the state.
    pub fn apply(&mut self, plan: &Plan, event: Event, commands: &mut Vec<Command>) {
        Machine::new(plan, self, commands).handle(event);
    }

    /// Where the run is.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// How the run began.
    pub fn start(&self) -> &Start {
        &self.start
    }

    /// Budgets in force.
    pub fn limits(&self) -> &Limits {
        &self.start.limits
    }

    /// The generation, from 1 (section 11).
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Reservations and bills.
    pub fn budget(&self) -> &BudgetLedger {
        &self.budget
    }

    /// The goal ledger of the main walk.
    pub fn goals(&self) -> Option<&Ledger> {
        Some(&self.walk(WalkId::MAIN)?.ledger)
    }

    /// How often a node was visited.
    pub fn visits(&self, node: NodeKey) -> u32 {
        self.counts(node).visits
    }

    /// How many attempts of a node were started, lost ones included.
    pub fn attempts(&self, node: NodeKey) -> u32 {
        self.counts(node).attempts
    }

    /// The context as a walk sees it.
    pub fn context<'s>(&'s self, plan: &'s Plan, walk: WalkId) -> ContextView<'s> {
        ContextView { plan, state: self, walk }
    }

    /// Attempts that started and did not end, in the order of their names. After a crash each is lost: end its
    /// processes, then send [`Event::AttemptLost`] (section 20.3).
    pub fn attempts_in_flight(&self) -> Vec<AttemptId> {
        let running = |walk: &&Walk| matches!(walk.waiting, Waiting::Attempt { .. });
        let attempts = self.walks.values().filter(running).filter_map(|walk| walk.visit);
        let mut found: Vec<AttemptId> =
            attempts.map(|visit| AttemptId { visit: visit.id, attempt: visit.attempt }).collect();
        found.sort_unstable();
        found
    }

    /// Gates that wait for an answer, in the order of their walks.
    pub fn open_gates(&self) -> impl Iterator<Item = &GateSpec> {
        self.walks.values().filter_map(Walk::gate).map(|gate| &gate.spec)
    }

    /// Visits of managers whose child pipelines are not over, in the order of their walks. None once the run is over.
    pub fn open_children(&self) -> Vec<VisitId> {
        if matches!(self.phase, Phase::Ended(_)) {
            return Vec::new();
        }
        let watching = |walk: &&Walk| matches!(walk.waiting, Waiting::Child(_));
        self.walks.values().filter(watching).filter_map(|walk| Some(walk.visit?.id)).collect()
    }

    /// The timer of an open gate.
    pub(crate) fn gate_timer(&self, gate: VisitId) -> Option<TimerId> {
        self.walk(*self.open.get(&gate)?)?.gate()?.timer
    }

    /// The branch of a walk as the log writes it, `fan#1/a1`; empty for the main walk.
    pub fn branch_path(&self, plan: &Plan, walk: WalkId) -> String {
        let mut parts = Vec::new();
        let mut branch = self.walk(walk).and_then(|walk| walk.branch.as_ref());
        while let Some(found) = branch {
            let fan_out = found.fan_out;
            parts.push(format!("{}#{}/{}", plan.name(fan_out.node), fan_out.visit, plan.name(found.entry)));
            branch = self.walk(found.parent).and_then(|walk| walk.branch.as_ref());
        }
        parts.reverse();
        parts.join("/")
    }

    /// All walks whose work may still be needed: the main one, the branches of regions that are open, and those that are
    /// being merged.
    pub fn walks(&self) -> impl Iterator<Item = WalkId> {
        let merged = self.walks.values().filter_map(|walk| match &walk.waiting {
            Waiting::Merge { branches } => Some(branches.iter().copied()),
            Waiting::Moving
            | Waiting::Attempt { .. }
            | Waiting::Retry { .. }
            | Waiting::Gate(_)
            | Waiting::Region(_)
            | Waiting::Child(_)
            | Waiting::Held { .. }
            | Waiting::Over(_) => None,
        });
        self.walks.keys().copied().chain(merged.flatten())
    }

    /// How many walks are at a step, or could go on to one without another walk.
    pub fn walks_under_way(&self) -> usize {
        let under_way = |walk: &&Walk| match walk.waiting {
            Waiting::Moving
            | Waiting::Attempt { .. }
            | Waiting::Retry { .. }
            | Waiting::Gate(_)
            | Waiting::Child(_) => true,
            Waiting::Region(_) | Waiting::Merge { .. } | Waiting::Held { .. } | Waiting::Over(_) => false,
        };
        self.walks.values().filter(under_way).count()
    }

    /// The walk that opened a branch; `None` for the main walk and for branches that are over.
    pub fn parent(&self, walk: WalkId) -> Option<WalkId> {
        Some(self.walk(walk)?.branch.as_ref()?.parent)
    }

    pub(crate) fn walk(&self, walk: WalkId) -> Option<&Walk> {
        self.walks.get(&walk)
    }

    pub(crate) fn counts(&self, node: NodeKey) -> Counts {
        self.counts.get(node.index()).copied().unwrap_or_default()
    }
}
