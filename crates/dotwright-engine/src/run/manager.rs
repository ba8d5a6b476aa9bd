//! Manager loops: a child pipeline that is run and watched (runner reference, section 17).

use std::collections::BTreeMap;

use dotwright_model::Outcome;

use super::command::{Command, Pause, PauseReason, RunStatus, StopReason, TimerSpec};
use super::context::{ContextView, Origin, condition_key};
use super::event::ChildProgress;
use super::id::{AttemptId, TimerId, WalkId};
use super::machine::{Machine, Work};
use super::outcome::{FailureClass, StepOutcome};
use super::plan::{Detail, ManagerPlan};
use super::state::{ChildEnding, ChildRun, Next, Phase, Waiting};
use crate::condition::holds;

impl<'m> Machine<'m> {
    fn manager(&self, attempt: AttemptId) -> Option<&'m ManagerPlan> {
        match &self.plan.node(attempt.visit.node)?.detail {
            Detail::Manager(manager) => Some(manager),
            Detail::None
            | Detail::Tool { .. }
            | Detail::Model { .. }
            | Detail::Human(_)
            | Detail::Parallel(_)
            | Detail::FanIn { .. } => None,
        }
    }

    /// The walk of a manager's attempt whose child is not over.
    fn child(&mut self, attempt: AttemptId) -> Option<(WalkId, &mut ChildRun)> {
        let id = self.calls_in(attempt)?;
        let Waiting::Child(child) = &mut self.state.walks.get_mut(&id)?.waiting else { return None };
        Some((id, child))
    }

    pub(crate) fn start_cycle(&mut self, id: WalkId, attempt: AttemptId) -> Option<TimerId> {
        let millis = self.manager(attempt)?.poll;
        let timer = self.new_timer(id);
        self.commands.push(Command::StartTimer { timer, spec: TimerSpec::Cycle { attempt, millis } });
        Some(timer)
    }

    /// A cycle is over.
    pub(crate) fn observe_child(&mut self, id: WalkId) {
        let Some(walk) = self.state.walks.get_mut(&id) else { return };
        let Some(visit) = walk.visit else { return };
        if let Waiting::Child(child) = &mut walk.waiting {
            child.timer = None;
            let attempt = AttemptId { visit: visit.id, attempt: visit.attempt };
            self.commands.push(Command::ObserveChild(attempt));
        }
    }

    pub(crate) fn child_observed(&mut self, attempt: AttemptId, progress: ChildProgress) {
        let Some(manager) = self.manager(attempt) else {
            return self.warn("a child was observed that does not run");
        };
        let draining = self.state.phase != Phase::Running;
        let Some((id, child)) = self.child(attempt) else {
            return self.warn("a child was observed that does not run");
        };
        child.cycles += 1;
        let (cycles, over) = (child.cycles, child.ending.is_some() || child.paused);
        self.count_child(attempt, &progress);
        if manager.observes {
            self.write_child(id, "running", "", &progress);
        }
        if over || draining || self.state.walk(id).is_some_and(|walk| walk.lost) {
            return;
        }
        let ending = if self.stop_condition_holds(id, manager) {
            Some(ChildEnding::Condition)
        } else if cycles >= manager.max_cycles {
            Some(ChildEnding::Cycles)
        } else {
            None
        };
        if ending.is_some() {
            if let Some((_, child)) = self.child(attempt) {
                child.ending = ending;
            }
            return self.commands.push(Command::StopChild { attempt, why: StopReason::Manager });
        }
        if manager.steer_every.is_some_and(|every| u64::from(cycles) % every == 0) {
            self.commands.push(Command::SteerChild(attempt));
        }
        let timer = self.start_cycle(id, attempt);
        if let Some((_, child)) = self.child(attempt) {
            child.timer = timer;
        }
    }

    fn stop_condition_holds(&self, id: WalkId, manager: &ManagerPlan) -> bool {
        let Some((text, condition)) = &manager.stop else { return false };
        let view = ContextView { plan: self.plan, state: self.state, walk: id };
        let recorded = self.state.walk(id).map(|walk| &walk.recorded);
        let status = recorded.and_then(|recorded| recorded.status).unwrap_or(Outcome::Success);
        let label = recorded.map_or("", |recorded| recorded.label.as_str());
        holds(condition, text, |key| condition_key(&view, status, label, key))
    }

    pub(crate) fn child_ended(
        &mut self,
        attempt: AttemptId,
        ended: RunStatus,
        reason: &str,
        progress: ChildProgress,
        outputs: BTreeMap<String, String>,
    ) {
        let Some(manager) = self.manager(attempt) else {
            return self.warn("a child ended that does not run");
        };
        let Some((id, child)) = self.child(attempt) else {
            return self.warn("a child ended that does not run");
        };
        let (ending, timer) = (child.ending, child.timer.take());
        if let Some(timer) = timer {
            self.drop_timer(timer);
        }
        self.count_child(attempt, &progress);
        self.state.budget.close(attempt);
        if self.state.phase == Phase::Cancelling {
            self.drop_visit(id);
            return self.set(id, Waiting::Held { next: Next::Attempt { counts: false }, for_turn: false });
        }
        if self.state.walk(id).is_some_and(|walk| walk.lost) {
            return self.drop_branch(id);
        }
        let succeeded = ended == RunStatus::Success;
        let status = if succeeded { "completed" } else { "failed" };
        self.write_child(id, status, ended.as_str(), &progress);
        for (key, value) in outputs.into_iter().filter(|(key, _)| manager.outputs.contains(key)) {
            self.write(id, format!("stack.child.{key}"), Some(value), Origin::Network);
        }
        let outcome = match ending {
            Some(ChildEnding::Condition) => StepOutcome::success(),
            Some(ChildEnding::Cycles) => {
                let reason = format!("the child was not done after {} cycles", manager.max_cycles);
                StepOutcome::fail(FailureClass::MaxCycles, reason)
            }
            None if succeeded => StepOutcome::success(),
            None => StepOutcome::fail(FailureClass::ChildFailed, reason),
        };
        self.set(id, Waiting::Moving);
        if let Some(next) = self.finish(id, outcome) {
            self.work.push_back(Work::Go(id, next));
        }
    }

    /// Attempts of the child count for the whole tree.
    fn count_child(&mut self, attempt: AttemptId, progress: &ChildProgress) {
        let Some((_, child)) = self.child(attempt) else { return };
        let more = progress.attempts.saturating_sub(child.attempts);
        child.attempts = child.attempts.max(progress.attempts);
        self.state.budget.attempts = self.state.budget.attempts.saturating_add(more);
    }

    fn write_child(&mut self, id: WalkId, status: &str, outcome: &str, progress: &ChildProgress) {
        let keys = [
            ("stack.child.status", status.to_owned()),
            ("stack.child.outcome", outcome.to_owned()),
            ("stack.child.node", progress.node.clone()),
            ("stack.child.visits", progress.visits.to_string()),
            ("stack.child.cost", progress.cost.clone()),
        ];
        for (key, value) in keys {
            self.write(id, key.to_owned(), Some(value), Origin::Engine);
        }
    }

    pub(crate) fn child_paused(&mut self, attempt: AttemptId, why: &PauseReason) {
        let Some((id, child)) = self.child(attempt) else {
            return self.warn("a child paused that does not run");
        };
        let paused = ChildRun { paused: true, timer: None, ..*child };
        if let Some(timer) = child.timer {
            self.drop_timer(timer);
        }
        self.set(id, Waiting::Child(paused));
        let node = Some(attempt.visit.node);
        match *why {
            PauseReason::Budget(budget) if self.state.phase == Phase::Running => self.exceed(budget, node),
            PauseReason::Provider => self.drain(Pause { reason: PauseReason::Provider, node }),
            PauseReason::Budget(_)
            | PauseReason::GateOpen
            | PauseReason::AnswerUnmatched
            | PauseReason::Requested
            | PauseReason::Child => {}
        }
    }
}
