//! What the engine asks for, and what it decided (runner reference, sections 20 and 24).
//!
//! The driver writes the event and its decisions to the log in one batch, and only then carries out the effects.

use dotwright_model::Outcome;
use serde::{Deserialize, Serialize};

use super::budget::Budget;
use super::id::{AttemptId, CallId, EdgeKey, NodeKey, TimerId, VisitId, WalkId};
use super::outcome::{FailureClass, word};

/// What the driver has to do, in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Log it; there is nothing to carry out.
    Decide(Decision),
    /// Start an attempt (sections 2, 15 and 16). Answer with [`super::Event::AttemptEnded`].
    StartAttempt(AttemptSpec),
    /// Stop a running attempt by section 15, rule 4, or close its stream. Answer with [`super::Event::AttemptEnded`]
    /// once nothing of it is left.
    StopAttempt {
        /// Which.
        attempt: AttemptId,
        /// Why.
        why: StopReason,
    },
    /// The call may be made (section 22). Settle it with [`super::Event::CallSettled`].
    AllowCall(CallId),
    /// The call must not be made (section 22). [`Command::StopAttempt`] for its attempt follows.
    RefuseCall {
        /// Which.
        call: CallId,
        /// Whose limit it would exceed.
        budget: Budget,
    },
    /// Start a timer. Answer with [`super::Event::TimerFired`].
    StartTimer {
        /// Its name.
        timer: TimerId,
        /// What for.
        spec: TimerSpec,
    },
    /// The timer is not needed any more.
    DropTimer(TimerId),
    /// A gate is open (section 14): find somebody. Answer with [`super::Event::GateAnswered`] or
    /// [`super::Event::GateUnattended`], whenever that is.
    Ask(GateSpec),
    /// The answer is not taken; the gate is as it was (section 14).
    RejectAnswer {
        /// The gate.
        gate: VisitId,
        /// Why.
        why: Rejection,
    },
    /// A gate needs no answer any more.
    CloseGate {
        /// The gate.
        gate: VisitId,
        /// Why.
        why: GateClosed,
    },
    /// Start the child pipeline of a manager, or attach to it where `stack.child_autostart=false` (section 17). Answer
    /// with [`super::Event::ChildEnded`] or [`super::Event::ChildPaused`]. After a resume the child may exist: go on
    /// with it.
    StartChild(AttemptSpec),
    /// Say what the child does now: answer with [`super::Event::ChildObserved`].
    ObserveChild(AttemptId),
    /// Make a text of the node's prompt and put it into the child's steering queue (section 17).
    SteerChild(AttemptId),
    /// Pause the child: answer with [`super::Event::ChildPaused`] or [`super::Event::ChildEnded`].
    PauseChild(AttemptId),
    /// Cancel the child: answer with [`super::Event::ChildEnded`].
    StopChild {
        /// The manager's attempt.
        attempt: AttemptId,
        /// Why.
        why: StopReason,
    },
    /// Merge the commits of these branches in this order into the tree of `walk` (section 13). Answer with
    /// [`super::Event::WorkMerged`].
    MergeWork {
        /// The visit of the fan-in.
        visit: VisitId,
        /// Whose tree.
        walk: WalkId,
        /// Walks of the branches to merge: the successful ones, or the best one under `merge_work="best"`.
        branches: Vec<WalkId>,
    },
    /// The run rests and can be resumed: exit code 5, 6 or 7. Nothing of it runs (sections 20 and 21).
    Pause(Pause),
    /// The run is over: exit code 0, 1 or 8. Once, and last (sections 20 and 21).
    Finish(End),
}

/// Everything about an attempt that the pipeline does not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptSpec {
    /// Its name; `ATTRACTOR_NODE_ID`, `ATTRACTOR_VISIT` and `ATTRACTOR_ATTEMPT` come from it.
    pub attempt: AttemptId,
    /// The walk it belongs to: ask [`super::State::context`] and [`super::State::branch_path`] with it.
    pub walk: WalkId,
    /// The generation (section 11).
    pub generation: u32,
    /// The step before: `ATTRACTOR_PREV_NODE`. Diamonds count.
    pub previous: Option<NodeKey>,
    /// The forwarded outcome: `ATTRACTOR_PREV_OUTCOME`.
    #[serde(with = "word")]
    pub previous_outcome: Outcome,
    /// The edge taken to this visit, whose `fidelity` and `thread_id` count; `None` after a jump.
    pub edge: Option<EdgeKey>,
    /// How many transient repeats the backend may still make inside this attempt (section 9, one budget for all
    /// layers).
    pub repeats_left: u32,
}

/// Why something is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// Its branch lost (section 12.4).
    LostRace,
    /// The run is cancelled (section 21).
    Cancelled,
    /// A budget is used up (section 22).
    Budget(Budget),
    /// The manager's stop condition holds, or its cycles are used up (section 17).
    Manager,
}

impl StopReason {
    /// Why, in words.
    pub const fn noun(self) -> &'static str {
        match self {
            StopReason::LostRace => "another branch decided the region",
            StopReason::Cancelled => "the run is cancelled",
            StopReason::Budget(budget) => budget.as_str(),
            StopReason::Manager => "its manager ends it",
        }
    }
}

/// What a timer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerSpec {
    /// The delay before an attempt (section 9): draw a factor from 0.5 to 1.5 if `jitter`, report it with
    /// [`super::Event::DelayChosen`], then wait.
    Retry {
        /// Which attempt follows.
        attempt: AttemptId,
        /// In milliseconds, before jitter.
        nominal: u64,
        /// Whether to draw a factor; a provider's own delay is kept as it is.
        jitter: bool,
    },
    /// The deadline of a gate (section 14): wall-clock time that survives a pause. Asked for again after a resume;
    /// then the deadline is the one of the first time.
    Gate {
        /// The gate.
        gate: VisitId,
        /// In milliseconds from its opening.
        millis: u64,
    },
    /// A manager's cycle (section 17).
    Cycle {
        /// The manager's attempt.
        attempt: AttemptId,
        /// In milliseconds.
        millis: u64,
    },
}

/// An open gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateSpec {
    /// Its name.
    pub gate: VisitId,
    /// Which attempt of the visit asks.
    pub attempt: u32,
    /// The walk it belongs to.
    pub walk: WalkId,
    /// What to ask: the gate's choices, or what to do about an attempt that was lost.
    pub question: Question,
    /// Whether a [`TimerSpec::Gate`] runs for it.
    pub has_deadline: bool,
}

/// What a gate asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// The choices of a human gate.
    Choices(Vec<OfferedChoice>),
    /// `on_resume=ask` of a step whose attempt was lost: `R` (rerun) or `F` (fail).
    LostAttempt,
}

/// A choice of a human gate, with a key of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedChoice {
    /// The edge it follows.
    pub edge: EdgeKey,
    /// What chooses it.
    pub key: String,
    /// The label without accelerator, or the target's id.
    pub text: String,
    /// The target.
    pub target: NodeKey,
}

/// Why an answer is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// No such gate is open: it was answered or closed, or never existed.
    NotOpen,
    /// It names no choice.
    NoMatch,
    /// It names several choices.
    Ambiguous,
}

impl Rejection {
    /// Why, in words.
    pub const fn noun(&self) -> &'static str {
        match self {
            Rejection::NotOpen => "the gate is not open",
            Rejection::NoMatch => "it names no choice",
            Rejection::Ambiguous => "it names several choices",
        }
    }
}

/// Why a gate is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateClosed {
    /// It is answered.
    Answered,
    /// Its deadline passed, and its default choice counts.
    Default,
    /// Its deadline passed, or nobody is there, and it fails or asks again.
    NoAnswer,
    /// Its branch lost, or the run is cancelled.
    Cancelled,
}

impl GateClosed {
    /// Why, in words.
    pub const fn noun(self) -> &'static str {
        match self {
            GateClosed::Answered => "it is answered",
            GateClosed::Default => "nobody answered in time, its default choice counts",
            GateClosed::NoAnswer => "nobody answered",
            GateClosed::Cancelled => "its branch lost, or the run is cancelled",
        }
    }
}

/// How an arrival came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The run begins.
    Start,
    /// An edge.
    Edge(EdgeKey),
    /// The first step of a branch, over this edge.
    Branch(EdgeKey),
    /// A jump after a failure.
    Jump(JumpBy),
    /// A jump to the target of an unsatisfied gate.
    Goal(JumpBy),
    /// The end of a region.
    Join,
}

/// Which attribute names the target of a jump (section 8, 4 to 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JumpBy {
    /// The node's `retry_target`, or what the profile reads first.
    NodeTarget,
    /// The node's `fallback_retry_target`.
    NodeFallback,
    /// The graph's `retry_target`.
    GraphTarget,
    /// The graph's `fallback_retry_target`.
    GraphFallback,
}

impl JumpBy {
    /// The attribute as people write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            JumpBy::NodeTarget => "retry_target",
            JumpBy::NodeFallback => "fallback_retry_target",
            JumpBy::GraphTarget => "retry_target of the graph",
            JumpBy::GraphFallback => "fallback_retry_target of the graph",
        }
    }
}

/// What decided about the way on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// Section 5, step 1: a condition holds.
    Condition,
    /// Section 5, step 2: the preferred label.
    Label,
    /// Section 5, step 3: a suggested id.
    Suggestion,
    /// Section 5, steps 4 and 5: weight, then target id.
    Plain,
    /// An answer to a gate (section 14).
    Answer,
    /// A gate's default choice (section 14).
    Default,
    /// A jump after a failure (section 8).
    Jump(JumpBy),
    /// The end of a region (section 12).
    Join,
}

impl From<crate::Step> for DecidedBy {
    fn from(step: crate::Step) -> DecidedBy {
        match step {
            crate::Step::Condition => DecidedBy::Condition,
            crate::Step::Label => DecidedBy::Label,
            crate::Step::Suggestion => DecidedBy::Suggestion,
            crate::Step::Plain => DecidedBy::Plain,
        }
    }
}

/// An out-edge as selection saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Considered {
    /// The edge.
    pub edge: EdgeKey,
    /// Whether its condition holds; `None` without one.
    pub condition: Option<bool>,
}

/// A goal gate at the exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GateCheck {
    /// The gate.
    pub node: NodeKey,
    /// Its last outcome in this generation.
    #[serde(with = "super::optional_word")]
    pub outcome: Option<Outcome>,
    /// Whether it lets the run end well.
    pub satisfied: bool,
}

/// How a branch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BranchEnd {
    /// `success`, `partial_success`, `fail`, or `skipped` for a cancelled branch.
    #[serde(with = "word")]
    pub outcome: Outcome,
    /// Why it failed, or `cancelled`.
    pub class: Option<FailureClass>,
}

/// A decision of the engine with all it was made of, for the log and for `why` (sections 20 and 23).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// A walk arrives at a node (section 4).
    NodeEntered {
        /// The walk.
        walk: WalkId,
        /// The visit.
        visit: VisitId,
        /// How.
        via: Via,
        /// The node before.
        from: Option<NodeKey>,
    },
    /// A visit has its final outcome (section 4). Diamonds have none.
    OutcomeRecorded {
        /// The visit.
        visit: VisitId,
        /// The word.
        #[serde(with = "word")]
        status: Outcome,
        /// Its class.
        class: Option<FailureClass>,
        /// For people.
        reason: String,
    },
    /// The way on is chosen (sections 5, 8, 12 and 14). Candidates are empty where no selection took place.
    EdgeSelected {
        /// The walk.
        walk: WalkId,
        /// The visit it leaves.
        from: VisitId,
        /// The edge; `None` for jumps and joins.
        edge: Option<EdgeKey>,
        /// Where to.
        to: NodeKey,
        /// Why.
        by: DecidedBy,
        /// All out-edges in file order, with what their conditions gave.
        candidates: Vec<Considered>,
        /// Whether it begins a new generation.
        restart: bool,
    },
    /// Another attempt follows (section 9).
    RetryScheduled {
        /// The attempt that follows.
        attempt: AttemptId,
        /// Why; `None` for `retry` without a class.
        class: Option<FailureClass>,
        /// Delay in milliseconds, before jitter.
        nominal: u64,
        /// How many more there can be after it.
        left: u32,
    },
    /// An attempt was lost with its runner; what the node's `on_resume` says is done (section 20.3).
    AttemptLost {
        /// Which.
        attempt: AttemptId,
    },
    /// A branch is opened; it may have to wait for its turn (section 12).
    BranchOpened {
        /// The visit of the fan-out.
        region: VisitId,
        /// Its walk.
        walk: WalkId,
        /// Its entry.
        entry: NodeKey,
    },
    /// A branch is over (section 12.2).
    BranchEnded {
        /// Its walk.
        walk: WalkId,
        /// How.
        end: BranchEnd,
        /// Its last node.
        last: Option<NodeKey>,
    },
    /// A region is over (section 12.4).
    RegionJoined {
        /// The visit of the fan-out.
        region: VisitId,
        /// Status of the region.
        #[serde(with = "word")]
        status: Outcome,
        /// Branches in file order.
        branches: Vec<BranchEnd>,
        /// Keys that were merged.
        merged: Vec<String>,
        /// Keys about which branches disagree under `merge_conflict=error`.
        conflicts: Vec<String>,
    },
    /// The exit is reached (section 10).
    GoalChecked {
        /// Every gate in file order.
        gates: Vec<GateCheck>,
        /// The first unsatisfied one.
        unsatisfied: Option<NodeKey>,
        /// Where the walk jumps because of it.
        target: Option<NodeKey>,
    },
    /// A new generation begins (section 11).
    GenerationStarted {
        /// Its number; the first is 1.
        generation: u32,
        /// Keys that were kept.
        kept: Vec<String>,
    },
    /// A budget refuses to go on (section 22).
    BudgetExceeded {
        /// Which.
        budget: Budget,
        /// The node that asked.
        node: Option<NodeKey>,
    },
    /// A call cost more than was reserved for it.
    ReservationExceeded(CallId),
    /// An impossible event; nothing changed.
    Warning(String),
}

/// Why a run rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Why.
    pub reason: PauseReason,
    /// Where, if it is about one node.
    pub node: Option<NodeKey>,
}

/// Why a run rests, and by that its status (section 21).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// A gate waits for a person (`paused`, 5).
    GateOpen,
    /// The same, and the answers file has an entry that matches nothing (`paused`, 5).
    AnswerUnmatched,
    /// Somebody asked for it (`paused`, 5).
    Requested,
    /// A child pipeline has paused (`paused`, 5).
    Child,
    /// A budget is used up (`budget_exceeded`, 6).
    Budget(Budget),
    /// Credentials, quota or billing (`provider_blocked`, 7).
    Provider,
}

impl PauseReason {
    /// The word that reports use as `reason`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            PauseReason::GateOpen => "gate_open",
            PauseReason::AnswerUnmatched => "answer_unmatched",
            PauseReason::Requested => "pause_requested",
            PauseReason::Child => "child_paused",
            PauseReason::Budget(budget) => budget.as_str(),
            PauseReason::Provider => "provider_blocked",
        }
    }

    /// The reason of a word that reports use.
    pub fn from_word(word: &str) -> Option<PauseReason> {
        let own = [
            PauseReason::GateOpen,
            PauseReason::AnswerUnmatched,
            PauseReason::Requested,
            PauseReason::Child,
            PauseReason::Provider,
        ];
        let own = own.into_iter().find(|reason| reason.as_str() == word);
        own.or_else(|| Budget::from_word(word).map(PauseReason::Budget))
    }

    /// The status of a run that rests for it.
    pub const fn status(&self) -> RunStatus {
        match self {
            PauseReason::GateOpen
            | PauseReason::AnswerUnmatched
            | PauseReason::Requested
            | PauseReason::Child => RunStatus::Paused,
            PauseReason::Budget(_) => RunStatus::BudgetExceeded,
            PauseReason::Provider => RunStatus::ProviderBlocked,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// `success`, `fail` or `cancelled`.
    pub status: RunStatus,
    /// The class of the failure.
    pub class: Option<FailureClass>,
    /// For people.
    pub reason: String,
    /// The node that failed.
    pub node: Option<NodeKey>,
}

/// The status words of section 21 that a started run can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Exit reached, gates satisfied.
    Success,
    /// The pipeline failed.
    Fail,
    /// It waits for a person, or was paused.
    Paused,
    /// A budget is used up.
    BudgetExceeded,
    /// Credentials, quota, billing.
    ProviderBlocked,
    /// Cancelled.
    Cancelled,
}

impl RunStatus {
    /// The word of section 21.
    pub const fn as_str(self) -> &'static str {
        match self {
            RunStatus::Success => "success",
            RunStatus::Fail => "fail",
            RunStatus::Paused => "paused",
            RunStatus::BudgetExceeded => "budget_exceeded",
            RunStatus::ProviderBlocked => "provider_blocked",
            RunStatus::Cancelled => "cancelled",
        }
    }

    /// The exit code of section 21.
    pub const fn exit_code(self) -> u8 {
        match self {
            RunStatus::Success => 0,
            RunStatus::Fail => 1,
            RunStatus::Paused => 5,
            RunStatus::BudgetExceeded => 6,
            RunStatus::ProviderBlocked => 7,
            RunStatus::Cancelled => 8,
        }
    }
}
