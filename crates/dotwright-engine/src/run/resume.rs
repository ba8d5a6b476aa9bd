//! Taking a run up again (runner reference, section 20.3): lost attempts, and effects that have no fact yet.

use super::budget::Limits;
use super::command::{Command, Decision, TimerSpec};
use super::event::OnLost;
use super::id::{AttemptId, WalkId};
use super::machine::{Machine, Work};
use super::state::{ChildRun, Next, OpenGate, Phase, Waiting};

impl Machine<'_> {
    pub(crate) fn attempt_lost(&mut self, attempt: AttemptId, policy: Option<OnLost>) {
        let Some(id) = self.running(attempt) else {
            return self.warn("an attempt was lost that does not run");
        };
        self.state.budget.close(attempt);
        self.decide(Decision::AttemptLost { attempt });
        let again = Next::Attempt { counts: false };
        if self.state.phase == Phase::Cancelling {
            self.drop_visit(id);
            return self.set(id, Waiting::Held { next: again, for_turn: false });
        }
        if self.state.walk(id).is_some_and(|walk| walk.lost) {
            return self.drop_branch(id);
        }
        let own = || self.plan.node(attempt.visit.node).map_or(OnLost::Rerun, |node| node.on_resume);
        match policy.unwrap_or_else(own) {
            OnLost::Rerun => {
                self.set(id, Waiting::Moving);
                self.work.push_back(Work::Go(id, again));
            }
            OnLost::Ask => self.ask_about_lost(id, attempt),
            OnLost::AssumeFailed => {
                if let Some(next) = self.assume_failed(id) {
                    self.work.push_back(Work::Go(id, next));
                }
            }
        }
    }

    pub(crate) fn resumed(&mut self, limits: Option<Limits>) {
        if let Some(limits) = limits {
            self.state.start.limits = limits;
        }
        if self.state.phase != Phase::Cancelling {
            self.state.phase = Phase::Running;
        }
        for id in self.all_walks() {
            self.reissue(id);
        }
    }

    /// Asks once more for what a walk waits for.
    fn reissue(&mut self, id: WalkId) {
        let Some(walk) = self.state.walk(id) else { return };
        let attempt = walk.visit.map(|visit| AttemptId { visit: visit.id, attempt: visit.attempt });
        match &walk.waiting {
            Waiting::Held { next, for_turn: false } if self.state.phase == Phase::Running => {
                let next = *next;
                self.set(id, Waiting::Moving);
                self.work.push_back(Work::Go(id, next));
            }
            Waiting::Gate(open) => {
                let open = OpenGate { parked: None, ..(**open).clone() };
                let gate = open.spec.gate;
                if let (Some(timer), Some(millis)) = (open.timer, self.plan.gate_timeout(gate.node)) {
                    let spec = TimerSpec::Gate { gate, millis };
                    self.commands.push(Command::StartTimer { timer, spec });
                }
                self.commands.push(Command::Ask(open.spec.clone()));
                self.set(id, Waiting::Gate(Box::new(open)));
            }
            &Waiting::Retry { timer, nominal, jitter } => {
                if let Some(last) = attempt {
                    let attempt = AttemptId { attempt: last.attempt + 1, ..last };
                    let spec = TimerSpec::Retry { attempt, nominal, jitter };
                    self.commands.push(Command::StartTimer { timer, spec });
                }
            }
            &Waiting::Child(child) => self.reissue_child(id, child),
            Waiting::Merge { branches } => {
                let branches = branches.clone();
                if let Some(attempt) = attempt {
                    self.commands.push(Command::MergeWork { visit: attempt.visit, walk: id, branches });
                }
            }
            Waiting::Moving
            | Waiting::Attempt { .. }
            | Waiting::Region(_)
            | Waiting::Held { .. }
            | Waiting::Over(_) => {}
        }
    }

    fn reissue_child(&mut self, id: WalkId, child: ChildRun) {
        let Some(spec) = self.spec(id) else { return };
        let attempt = spec.attempt;
        self.commands.push(Command::StartChild(spec));
        if let Some(timer) = child.timer {
            self.drop_timer(timer);
        }
        let timer = self.start_cycle(id, attempt);
        self.set(id, Waiting::Child(ChildRun { timer, paused: false, ..child }));
    }
}
