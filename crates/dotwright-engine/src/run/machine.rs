//! One event: which walk it is about, and what the run as a whole makes of it.

use std::collections::VecDeque;

use super::budget::Budget;
use super::budget::Cost;
use super::command::{Command, Decision, End, Pause, PauseReason, RunStatus, StopReason};
use super::event::{Event, Start};
use super::evidence::judge;
use super::id::{AttemptId, CallId, TimerId, VisitId, WalkId};
use super::outcome::{Evidence, FailureClass};
use super::plan::Plan;
use super::state::{Counts, Next, Phase, State, Stopping, Waiting, Walk};

/// A state with the event that changes it.
pub(crate) struct Machine<'m> {
    pub(crate) plan: &'m Plan,
    pub(crate) state: &'m mut State,
    pub(crate) commands: &'m mut Vec<Command>,
    pub(crate) work: VecDeque<Work>,
    /// Nodes entered in this event.
    pub(crate) entered: u32,
}

/// What is still to be done for the present event. A queue and no recursion: regions nest as deep as their author
/// likes.
#[derive(Debug)]
pub(crate) enum Work {
    /// A walk moves.
    Go(WalkId, Next),
    /// A branch of this walk's region is over.
    Settle(WalkId, WalkId),
}

impl<'m> Machine<'m> {
    pub(crate) fn new(plan: &'m Plan, state: &'m mut State, commands: &'m mut Vec<Command>) -> Machine<'m> {
        Machine { plan, state, commands, work: VecDeque::new(), entered: 0 }
    }

    pub(crate) fn handle(&mut self, event: Event) {
        match (&self.state.phase, &event) {
            (Phase::New, Event::Started(_)) => {}
            (Phase::New, _) => return self.warn("the run has not begun"),
            (_, Event::Started(_)) => return self.warn("the run has begun before"),
            (Phase::Ended(_), _) => return self.warn("the run is over"),
            (Phase::Running | Phase::Draining(_) | Phase::Paused(_) | Phase::Cancelling, _) => {}
        }
        match event {
            Event::Started(start) => self.started(start),
            Event::AttemptEnded { attempt, evidence } => self.attempt_ended(attempt, evidence),
            Event::AttemptLost { attempt, policy } => self.attempt_lost(attempt, policy),
            Event::CallRequested { call, worst_case } => self.call_requested(call, worst_case),
            Event::CallSettled { call, actual } => self.call_settled(call, actual),
            Event::DelayChosen { .. } => {}
            Event::TimerFired { timer } => self.timer_fired(timer),
            Event::GateAnswered { gate, answer } => self.gate_answered(gate, &answer),
            Event::GateUnattended { gate, why, policy } => self.gate_unattended(gate, why, policy),
            Event::ChildObserved { attempt, progress } => self.child_observed(attempt, progress),
            Event::ChildEnded { attempt, status, reason, progress, outputs } => {
                self.child_ended(attempt, status, &reason, progress, outputs);
            }
            Event::ChildPaused { attempt, why } => self.child_paused(attempt, &why),
            Event::WorkMerged { visit, conflicts } => self.work_merged(visit, &conflicts),
            Event::ProviderBlocked { attempt, reason: _ } => self.provider_blocked(attempt),
            Event::WallTimeUsedUp => {
                self.exceed(Budget::MaxWall, None);
                self.stop_running(Budget::MaxWall);
            }
            Event::CancelRequested { by: _ } => self.cancel(),
            Event::PauseRequested { by: _ } => {
                self.drain(Pause { reason: PauseReason::Requested, node: None });
            }
            Event::Resumed { limits } => self.resumed(limits),
        }
        while let Some(work) = self.work.pop_front() {
            match work {
                Work::Go(walk, next) => self.go(walk, next),
                Work::Settle(parent, branch) => self.settle(parent, branch),
            }
        }
        self.rest();
    }

    fn started(&mut self, start: Start) {
        self.state.start = start;
        self.state.generation = 1;
        self.state.counts = vec![Counts::default(); self.plan.len()];
        self.state.next_walk = 1;
        self.state.walks.insert(WalkId::MAIN, Walk::default());
        self.state.busy = 1;
        self.state.phase = Phase::Running;
        match self.plan.start {
            Some(node) => {
                let via = super::command::Via::Start;
                self.work.push_back(Work::Go(WalkId::MAIN, Next::Enter { node, via }));
            }
            None => self.fail_run(FailureClass::NoRoute, "the pipeline has no start node", None),
        }
    }

    pub(crate) fn go(&mut self, walk: WalkId, next: Next) {
        let mut next = Some(next);
        while let Some(now) = next {
            if self.state.walk(walk).is_some_and(|walk| walk.lost) {
                return self.drop_branch(walk);
            }
            if self.state.phase != Phase::Running {
                return self.set(walk, Waiting::Held { next: now, for_turn: false });
            }
            next = match now {
                Next::Enter { node, via } => self.enter(walk, node, via),
                Next::Attempt { counts } => self.start_attempt(walk, counts),
            };
        }
    }

    /// The run rests or is over once nothing is left that the world will report by itself.
    fn rest(&mut self) {
        if self.state.busy > 0 {
            return;
        }
        let pause = match &self.state.phase {
            Phase::New | Phase::Paused(_) | Phase::Ended(_) => return,
            Phase::Cancelling => {
                let walks: Vec<WalkId> = self.state.walks.keys().copied().collect();
                for walk in walks {
                    self.drop_visit(walk);
                }
                return self.finish_run(End {
                    status: RunStatus::Cancelled,
                    class: Some(FailureClass::Cancelled),
                    reason: String::new(),
                    node: None,
                });
            }
            Phase::Draining(pause) => pause.clone(),
            Phase::Running => self.waits_for(),
        };
        self.state.phase = Phase::Paused(pause.clone());
        self.commands.push(Command::Pause(pause));
    }

    /// What a run waits for in which nothing is busy: the first gate, else a child.
    fn waits_for(&self) -> Pause {
        use super::event::Unanswered;
        let mut found = Pause { reason: PauseReason::Child, node: None };
        for walk in self.state.walks.values() {
            if let Waiting::Gate(gate) = &walk.waiting {
                let reason = match gate.parked {
                    Some(Unanswered::AnswerUnmatched) => PauseReason::AnswerUnmatched,
                    Some(Unanswered::NobodyThere) | None => PauseReason::GateOpen,
                };
                return Pause { reason, node: Some(gate.spec.gate.node) };
            }
            if let (Waiting::Child(_), Some(visit)) = (&walk.waiting, walk.visit) {
                found.node = Some(visit.id.node);
            }
        }
        found
    }

    fn attempt_ended(&mut self, attempt: AttemptId, evidence: Evidence) {
        let Some(walk) = self.running(attempt) else {
            return self.warn("an attempt ended that does not run");
        };
        self.state.budget.close(attempt);
        let Some(Walk { waiting: Waiting::Attempt { stopping }, lost, .. }) = self.state.walk(walk) else {
            return self.warn("an attempt ended that does not run");
        };
        let (stopping, lost) = (*stopping, *lost);
        if self.state.phase == Phase::Cancelling {
            self.drop_visit(walk);
            return self.set(walk, Waiting::Held { next: Next::Attempt { counts: false }, for_turn: false });
        }
        if lost {
            return self.drop_branch(walk);
        }
        if stopping == Some(Stopping::Again) && evidence == Evidence::Stopped {
            return self.set(walk, Waiting::Held { next: Next::Attempt { counts: false }, for_turn: false });
        }
        let node = attempt.visit.node;
        let judged = judge(self.plan, node, evidence);
        for (key, text) in judged.updates {
            self.write(walk, key, Some(text), judged.origin);
        }
        if let Some(next) = self.decide_attempt(walk, judged.outcome, judged.retry_after) {
            self.work.push_back(Work::Go(walk, next));
        }
    }

    fn call_requested(&mut self, call: CallId, worst: Cost) {
        if self.calls_in(call.attempt).is_none() || self.state.budget.is_reserved(call) {
            return self.warn("a call was requested by an attempt that does not run, or twice");
        }
        let node = call.attempt.visit.node;
        let limit = self.plan.node(node).map(|node| node.limit).unwrap_or_default();
        match self.state.budget.reserve(call, worst, &self.state.start.limits, limit) {
            Ok(()) => self.commands.push(Command::AllowCall(call)),
            Err(budget) => {
                self.commands.push(Command::RefuseCall { call, budget });
                self.exceed(budget, Some(node));
                self.stop_running(budget);
            }
        }
    }

    fn call_settled(&mut self, call: CallId, actual: Cost) {
        if !self.state.budget.is_reserved(call) {
            return self.warn("a call was settled that is not open");
        }
        if self.state.budget.settle(call, actual).is_some() {
            self.decide(Decision::ReservationExceeded(call));
        }
    }

    fn provider_blocked(&mut self, attempt: AttemptId) {
        let Some(walk) = self.running(attempt) else {
            return self.warn("the provider blocked an attempt that does not run");
        };
        self.state.budget.close(attempt);
        if self.state.walk(walk).is_some_and(|walk| walk.lost) {
            return self.drop_branch(walk);
        }
        self.set(walk, Waiting::Held { next: Next::Attempt { counts: false }, for_turn: false });
        self.drain(Pause { reason: PauseReason::Provider, node: Some(attempt.visit.node) });
    }

    fn timer_fired(&mut self, timer: TimerId) {
        // A timer that was dropped may have fired on its way.
        let Some(walk) = self.state.timers.remove(&timer) else { return };
        let Some(found) = self.state.walk(walk) else { return };
        match &found.waiting {
            Waiting::Retry { timer: own, .. } if *own == timer => {
                self.set(walk, Waiting::Moving);
                self.work.push_back(Work::Go(walk, Next::Attempt { counts: true }));
            }
            Waiting::Gate(gate) if gate.timer == Some(timer) => self.gate_timed_out(walk),
            Waiting::Child(child) if child.timer == Some(timer) => self.observe_child(walk),
            Waiting::Moving
            | Waiting::Attempt { .. }
            | Waiting::Retry { .. }
            | Waiting::Gate(_)
            | Waiting::Region(_)
            | Waiting::Child(_)
            | Waiting::Merge { .. }
            | Waiting::Held { .. }
            | Waiting::Over(_) => self.warn("a timer fired that nothing waits for"),
        }
    }

    /// The walk of an attempt that runs.
    pub(crate) fn running(&self, attempt: AttemptId) -> Option<WalkId> {
        let walk = self.calls_in(attempt)?;
        matches!(self.state.walk(walk)?.waiting, Waiting::Attempt { .. }).then_some(walk)
    }

    /// The walk of an attempt that can make calls.
    pub(crate) fn calls_in(&self, attempt: AttemptId) -> Option<WalkId> {
        let walk = *self.state.open.get(&attempt.visit)?;
        let found = self.state.walk(walk)?;
        let is_last = found.visit.is_some_and(|visit| visit.attempt == attempt.attempt);
        let calls = matches!(found.waiting, Waiting::Attempt { .. } | Waiting::Child(_));
        (is_last && calls).then_some(walk)
    }

    /// A budget refuses to go on: nothing new starts.
    pub(crate) fn exceed(&mut self, budget: Budget, node: Option<super::id::NodeKey>) {
        self.decide(Decision::BudgetExceeded { budget, node });
        self.drain(Pause { reason: PauseReason::Budget(budget), node });
    }

    /// Stops every running attempt; each is tried again after a resume.
    fn stop_running(&mut self, budget: Budget) {
        for walk in self.all_walks() {
            let Some(found) = self.state.walks.get_mut(&walk) else { continue };
            if let (Waiting::Attempt { stopping }, Some(visit)) = (&mut found.waiting, found.visit)
                && stopping.is_none()
            {
                *stopping = Some(Stopping::Again);
                let attempt = AttemptId { visit: visit.id, attempt: visit.attempt };
                self.commands.push(Command::StopAttempt { attempt, why: StopReason::Budget(budget) });
            }
        }
    }

    /// Nothing new starts from now on; the run rests when all that runs has ended.
    pub(crate) fn drain(&mut self, pause: Pause) {
        match self.state.phase {
            Phase::Running => {}
            Phase::Draining(_) | Phase::Paused(_) | Phase::Cancelling | Phase::New | Phase::Ended(_) => {
                return;
            }
        }
        self.state.phase = Phase::Draining(pause);
        for walk in self.all_walks() {
            let Some(found) = self.state.walk(walk) else { continue };
            match &found.waiting {
                Waiting::Retry { timer, .. } => {
                    self.drop_timer(*timer);
                    self.set(walk, Waiting::Held { next: Next::Attempt { counts: true }, for_turn: false });
                }
                Waiting::Gate(gate) => {
                    let mut gate = gate.clone();
                    gate.parked = gate.parked.or(Some(super::event::Unanswered::NobodyThere));
                    self.set(walk, Waiting::Gate(gate));
                }
                Waiting::Child(child) if !child.paused => {
                    let (timer, visit) = (child.timer, found.visit);
                    if let Some(timer) = timer {
                        self.drop_timer(timer);
                    }
                    if let Some(visit) = visit {
                        let attempt = AttemptId { visit: visit.id, attempt: visit.attempt };
                        self.commands.push(Command::PauseChild(attempt));
                    }
                }
                Waiting::Moving
                | Waiting::Attempt { .. }
                | Waiting::Region(_)
                | Waiting::Child(_)
                | Waiting::Merge { .. }
                | Waiting::Held { .. }
                | Waiting::Over(_) => {}
            }
        }
    }

    fn cancel(&mut self) {
        if self.state.phase == Phase::Cancelling {
            return;
        }
        self.state.phase = Phase::Cancelling;
        for walk in self.all_walks() {
            self.stop_waiting(walk, StopReason::Cancelled);
        }
    }

    pub(crate) fn all_walks(&self) -> Vec<WalkId> {
        self.state.walks.keys().copied().collect()
    }

    pub(crate) fn fail_run(
        &mut self,
        class: FailureClass,
        reason: impl Into<String>,
        node: Option<super::id::NodeKey>,
    ) {
        self.finish_run(End { status: RunStatus::Fail, class: Some(class), reason: reason.into(), node });
    }

    pub(crate) fn finish_run(&mut self, end: End) {
        self.state.phase = Phase::Ended(end.clone());
        self.commands.push(Command::Finish(end));
    }

    /// Gives up the open visit of a walk.
    pub(crate) fn drop_visit(&mut self, walk: WalkId) {
        if let Some(visit) = self.take_visit(walk) {
            self.decide(Decision::OutcomeRecorded {
                visit,
                status: dotwright_model::Outcome::Skipped,
                class: Some(FailureClass::Cancelled),
                reason: String::new(),
            });
        }
    }

    pub(crate) fn take_visit(&mut self, walk: WalkId) -> Option<VisitId> {
        let visit = self.state.walks.get_mut(&walk)?.visit.take()?.id;
        self.state.open.remove(&visit);
        Some(visit)
    }

    /// The only place where a walk's waiting changes, so that the count of busy walks is right.
    pub(crate) fn set(&mut self, walk: WalkId, waiting: Waiting) {
        let Some(found) = self.state.walks.get_mut(&walk) else { return };
        let (before, after) = (found.waiting.is_busy(), waiting.is_busy());
        found.waiting = waiting;
        match (before, after) {
            (true, false) => self.state.busy = self.state.busy.saturating_sub(1),
            (false, true) => self.state.busy = self.state.busy.saturating_add(1),
            (true, true) | (false, false) => {}
        }
    }

    pub(crate) fn new_timer(&mut self, walk: WalkId) -> TimerId {
        let timer = TimerId(self.state.next_timer);
        self.state.next_timer += 1;
        self.state.timers.insert(timer, walk);
        timer
    }

    pub(crate) fn drop_timer(&mut self, timer: TimerId) {
        if self.state.timers.remove(&timer).is_some() {
            self.commands.push(Command::DropTimer(timer));
        }
    }

    pub(crate) fn decide(&mut self, decision: Decision) {
        self.commands.push(Command::Decide(decision));
    }

    pub(crate) fn warn(&mut self, text: &str) {
        self.decide(Decision::Warning(text.to_owned()));
    }
}
