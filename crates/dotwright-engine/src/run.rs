//! Running a pipeline: `step(State, Event) -> (State, Vec<Command>)`, the normative text of which is the runner
//! reference, sections 3 to 22.
//!
//! Runner, simulator, tests, estimate and replay drive this one function. A [`Plan`] is what never changes in a run, a
//! [`State`] all that does; [`Event`]s are facts of the world and [`Command`]s what to do about them. Replaying the
//! events of a log gives the same state and the same commands, byte for byte.

mod budget;
mod command;
mod context;
mod event;
mod evidence;
mod explore;
mod gates;
mod id;
mod join;
mod machine;
mod manager;
mod outcome;
mod plan;
mod regions;
mod renumber;
mod resume;
mod scenario;
mod serial;
mod simulate;
mod state;
mod texts;
mod trace;
mod walk;

pub use budget::{Budget, BudgetLedger, Cost, DEFAULT_MAX_ATTEMPTS, Limits, Spent};
pub use command::{
    AttemptSpec, BranchEnd, Command, Considered, DecidedBy, Decision, End, GateCheck, GateClosed, GateSpec,
    JumpBy, OfferedChoice, Pause, PauseReason, Question, Rejection, RunStatus, StopReason, TimerSpec, Via,
};
pub use context::{ContextView, Origin};
pub use event::{Answer, ChildProgress, Event, GatePolicy, OnLost, Start, Unanswered};
pub use explore::{Bounds, Exploration, RunEnd, Told, explore};
pub use id::{AttemptId, CallId, EdgeKey, NodeKey, TimerId, VisitId, WalkId};
pub use outcome::{
    Evidence, FailureClass, ModelEnd, ProcessEnd, Report, StepOutcome, ToolOutput, Updates, Verdict,
};
pub use plan::{Plan, micro_usd};
pub use renumber::Renumbering;
pub use scenario::{Scenario, ScriptedAttempt, ScriptedEnd, ScriptedVisit};
pub(crate) use serial::{entries, optional_word, outcomes};
pub use simulate::Simulation;
pub use state::{Phase, State};
pub use trace::{ReportedVisit, Trace, Visited};

/// What an event changes, and what there is to do about it.
///
/// Total and deterministic: an event that is impossible in the present state is a [`Decision::Warning`] and changes
/// nothing. `plan` must be the one that the state began with.
#[must_use]
pub fn step(plan: &Plan, mut state: State, event: Event) -> (State, Vec<Command>) {
    let mut commands = Vec::new();
    state.apply(plan, event, &mut commands);
    (state, commands)
}
