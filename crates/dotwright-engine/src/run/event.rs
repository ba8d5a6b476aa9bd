//! Facts: what the world tells a run. The driver appends each one to the log before it is applied, and replay feeds the
//! same facts again (runner reference, sections 20 and 24).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::budget::{Cost, Limits};
use super::command::{PauseReason, RunStatus};
use super::id::{AttemptId, CallId, TimerId, VisitId};
use super::outcome::Evidence;

/// A fact. An event that is impossible in the present state gives [`super::Decision::Warning`] and changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The run begins at the start node (section 4). The first event of a log, and only that.
    Started(Start),
    /// An attempt is over and nothing of it is left (sections 3 and 15). Answers [`super::Command::StartAttempt`],
    /// also after [`super::Command::StopAttempt`].
    AttemptEnded {
        /// Which.
        attempt: AttemptId,
        /// What is known about its end.
        evidence: Evidence,
    },
    /// An attempt was running when the runner died, and its processes are gone (section 20.3). Sent before
    /// [`Event::Resumed`] for each of [`super::State::attempts_in_flight`].
    AttemptLost {
        /// Which.
        attempt: AttemptId,
        /// What to do about it; without it the node's `on_resume` decides.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policy: Option<OnLost>,
    },
    /// An attempt wants to make a paid call (section 22). Answered by [`super::Command::AllowCall`] or
    /// [`super::Command::RefuseCall`].
    CallRequested {
        /// Which.
        call: CallId,
        /// The most it can cost.
        worst_case: Cost,
    },
    /// An allowed call is over (section 22).
    CallSettled {
        /// Which.
        call: CallId,
        /// What it cost.
        actual: Cost,
    },
    /// The driver drew the jitter of a retry delay (section 9). For the record; changes nothing.
    DelayChosen {
        /// The timer of the delay.
        timer: TimerId,
        /// With jitter, in milliseconds.
        millis: u64,
    },
    /// A timer of [`super::Command::StartTimer`] ran out. One that was dropped meanwhile is ignored.
    TimerFired {
        /// Which.
        timer: TimerId,
    },
    /// Somebody answers an open gate (section 14). The first matching answer wins; any other one gives
    /// [`super::Command::RejectAnswer`].
    GateAnswered {
        /// The gate.
        gate: VisitId,
        /// The answer.
        answer: Answer,
    },
    /// Nobody is there to answer a gate (section 14). In mode `wait` it is never sent.
    GateUnattended {
        /// The gate.
        gate: VisitId,
        /// Why.
        why: Unanswered,
        /// What to do about it.
        policy: GatePolicy,
    },
    /// A child pipeline is observed at the end of a cycle (section 17). Answers [`super::Command::ObserveChild`].
    ChildObserved {
        /// The manager's attempt.
        attempt: AttemptId,
        /// What it does.
        progress: ChildProgress,
    },
    /// A child pipeline has ended (section 17), by itself or after [`super::Command::StopChild`].
    ChildEnded {
        /// The manager's attempt.
        attempt: AttemptId,
        /// Its run status: `success`, `fail` or `cancelled`.
        status: RunStatus,
        /// The class and reason of its failure, or the empty text.
        reason: String,
        /// Where it ended and what it did.
        progress: ChildProgress,
        /// The keys of `stack.child_outputs`, without prefix.
        outputs: BTreeMap<String, String>,
    },
    /// A child pipeline has paused (sections 12.5 and 17); the parent pauses too.
    ChildPaused {
        /// The manager's attempt.
        attempt: AttemptId,
        /// Why. What the whole tree cannot go on without stops the parent for the same reason.
        why: PauseReason,
    },
    /// The commits of a region are merged (section 13). Answers [`super::Command::MergeWork`].
    WorkMerged {
        /// The visit of the fan-in.
        visit: VisitId,
        /// Paths in conflict; none means the merge stands.
        conflicts: Vec<String>,
    },
    /// Credentials refused, quota or credit used up (sections 3.3 and 21). The attempt is over without an outcome, and
    /// the run stops resumable.
    ProviderBlocked {
        /// Which attempt met it.
        attempt: AttemptId,
        /// What the provider said.
        reason: String,
    },
    /// The wall time of the run is used up (section 22).
    WallTimeUsedUp,
    /// Somebody cancels the run (section 21).
    CancelRequested {
        /// Who or what.
        by: String,
    },
    /// Somebody asks for a pause: what runs may finish, nothing new starts (section 21).
    PauseRequested {
        /// Who or what.
        by: String,
    },
    /// A runner takes the run up again, after a pause or after its predecessor died (section 20.3). Effects without a
    /// fact are asked for once more.
    Resumed {
        /// Budgets from now on; `None` keeps those of the start.
        limits: Option<Limits>,
    },
}

/// What a lost attempt comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnLost {
    /// It is run again.
    Rerun,
    /// Somebody is asked.
    Ask,
    /// It counts as failed.
    AssumeFailed,
}

/// How a run begins.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Start {
    /// The initial context, by full key: `input.KEY`, `run.KEY`. Graph attributes come from the pipeline.
    pub context: BTreeMap<String, String>,
    /// Budgets.
    pub limits: Limits,
    /// Whether branches work in trees of their own, so that a fan-in has work to merge (section 13).
    pub worktrees: bool,
}

/// An answer to a human gate.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// A key, label or target.
    pub choice: String,
    /// Free text for the steps that read `human.gate.text`.
    pub text: Option<String>,
    /// Who answers, or the file.
    pub by: String,
}

/// Why nobody answers a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unanswered {
    /// Nobody is there, or the input ended: reason `gate_open`.
    NobodyThere,
    /// The answers file has an entry for this visit that matches nothing: reason `answer_unmatched`.
    AnswerUnmatched,
}

/// What an unanswered gate does to the run (the table of section 14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatePolicy {
    /// Wait for its own `timeout` if it has one, else pause.
    Deadline,
    /// Pause, also with a `timeout` (`--on-gate pause`).
    Pause,
    /// Fail with class `no_answer` (`--on-gate fail`).
    Fail,
}

/// What a child pipeline did so far.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChildProgress {
    /// The id of the node it is at.
    pub node: String,
    /// Visits so far.
    pub visits: u64,
    /// Attempts so far, which count against `--max-nodes` of the whole tree.
    pub attempts: u64,
    /// Money so far, as text for `stack.child.cost`.
    pub cost: String,
}
