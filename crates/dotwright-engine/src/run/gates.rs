//! Human gates (runner reference, section 14): an answer selects an edge, and silence never does.

use dotwright_model::Outcome;

use super::command::{
    Command, DecidedBy, Decision, GateClosed, GateSpec, OfferedChoice, Question, Rejection, TimerSpec,
};
use super::context::{ContextView, Origin};
use super::event::{Answer, GatePolicy, Unanswered};
use super::id::{AttemptId, VisitId, WalkId};
use super::machine::{Machine, Work};
use super::outcome::{FailureClass, StepOutcome};
use super::plan::{Detail, HumanPlan, Plan};
use super::state::{Next, OpenGate, Phase, State, Waiting, Walk};
use crate::gate::{self, Choice};

impl Machine<'_> {
    fn human(&self, visit: VisitId) -> Option<&'_ HumanPlan> {
        match &self.plan.node(visit.node)?.detail {
            Detail::Human(human) => Some(human),
            Detail::None
            | Detail::Tool { .. }
            | Detail::Model { .. }
            | Detail::Parallel(_)
            | Detail::FanIn { .. }
            | Detail::Manager(_) => None,
        }
    }

    /// Opens the gate of the walk's visit, or asks again.
    pub(crate) fn open_gate(&mut self, id: WalkId) -> Option<Next> {
        let open = self.state.walks.get_mut(&id)?.visit.as_mut()?;
        open.attempt += 1;
        open.counted += 1;
        let (visit, attempt) = (open.id, open.attempt);
        if let Some(counts) = self.state.counts.get_mut(visit.node.index()) {
            counts.attempts += 1;
        }
        let offered = self.offered(id, visit);
        if offered.is_empty() {
            let reason = format!("`{}` offers no choice", self.plan.name(visit.node));
            return self.finish(id, StepOutcome::fail(FailureClass::NoAnswer, reason));
        }
        let timeout = self.human(visit)?.timeout;
        self.ask(id, visit, attempt, Question::Choices(offered), timeout);
        None
    }

    /// Asks what to do about a lost attempt (`on_resume=ask`).
    pub(crate) fn ask_about_lost(&mut self, id: WalkId, attempt: AttemptId) {
        self.ask(id, attempt.visit, attempt.attempt, Question::LostAttempt, None);
    }

    fn ask(&mut self, id: WalkId, visit: VisitId, attempt: u32, question: Question, timeout: Option<u64>) {
        self.state.open.insert(visit, id);
        let timer = timeout.map(|millis| {
            let timer = self.new_timer(id);
            let spec = TimerSpec::Gate { gate: visit, millis };
            self.commands.push(Command::StartTimer { timer, spec });
            timer
        });
        let spec = GateSpec { gate: visit, attempt, walk: id, question, has_deadline: timer.is_some() };
        self.commands.push(Command::Ask(spec.clone()));
        self.set(id, Waiting::Gate(Box::new(OpenGate { spec, timer, parked: None })));
        self.leave_turn(id);
    }

    /// The choices of a visit: conditional ones only if they hold for a success with their own label.
    fn offered(&self, id: WalkId, visit: VisitId) -> Vec<OfferedChoice> {
        let Some(human) = self.human(visit) else { return Vec::new() };
        let holds = |choice: &&Choice| {
            self.condition_holds(id, choice.edge.into(), Outcome::Success, &choice.text) != Some(false)
        };
        let mut choices: Vec<Choice> = human.choices.iter().filter(holds).cloned().collect();
        gate::make_keys_distinct(&mut choices);
        let offer = |choice: Choice| {
            let target = self.plan.pipeline().target_of(choice.edge).into();
            OfferedChoice { edge: choice.edge.into(), key: choice.key, text: choice.text, target }
        };
        choices.into_iter().map(offer).collect()
    }

    fn matching(&self, gate: &OpenGate, answer: &str) -> Result<OfferedChoice, Rejection> {
        matching(self.plan, gate, answer)
    }

    pub(crate) fn gate_answered(&mut self, gate: VisitId, answer: &Answer) {
        let Some((id, open)) = self.open_gate_of(gate) else {
            return self.commands.push(Command::RejectAnswer { gate, why: Rejection::NotOpen });
        };
        let open = open.clone();
        if open.spec.question == Question::LostAttempt {
            return self.lost_answered(id, &open, &answer.choice);
        }
        match self.matching(&open, &answer.choice) {
            Err(why) => self.commands.push(Command::RejectAnswer { gate, why }),
            Ok(choice) => {
                self.choose(id, &open, &choice, DecidedBy::Answer, answer.text.clone());
            }
        }
    }

    pub(crate) fn open_gate_of(&self, gate: VisitId) -> Option<(WalkId, &OpenGate)> {
        let id = *self.state.open.get(&gate)?;
        let open = self.state.walk(id)?.gate()?;
        (open.spec.gate == gate).then_some((id, open))
    }

    fn choose(
        &mut self,
        id: WalkId,
        open: &OpenGate,
        choice: &OfferedChoice,
        by: DecidedBy,
        text: Option<String>,
    ) {
        let visit = open.spec.gate;
        let why = if by == DecidedBy::Default { GateClosed::Default } else { GateClosed::Answered };
        self.close_gate(id, open, why);
        let plan = self.plan;
        let label = plan.edge(choice.edge).map(|edge| edge.label.as_str()).filter(|label| !label.is_empty());
        let keys = [
            ("human.gate.selected".to_owned(), choice.key.clone()),
            ("human.gate.label".to_owned(), label.unwrap_or(&choice.text).to_owned()),
            (format!("human.gate.{}.{}", plan.name(visit.node), visit.visit), choice.text.clone()),
        ];
        for (key, value) in keys {
            self.write(id, key, Some(value), Origin::Human);
        }
        // The text of an earlier gate is not the text of this one.
        let view = ContextView { plan, state: self.state, walk: id };
        if text.is_some() || view.get("human.gate.text").is_some() {
            self.write(id, "human.gate.text".to_owned(), text, Origin::Human);
        }
        let outcome = StepOutcome { preferred_label: choice.text.clone(), ..StepOutcome::success() };
        self.record(id, visit, outcome);
        if let Some(next) = self.follow(id, visit, choice.edge, by, Vec::new()) {
            self.take_turn(id, next);
        }
    }

    /// The deadline of a gate passed.
    pub(crate) fn gate_timed_out(&mut self, id: WalkId) {
        let Some(Waiting::Gate(open)) = self.state.walk(id).map(|walk| &walk.waiting) else { return };
        let open = OpenGate { timer: None, ..(**open).clone() };
        let visit = open.spec.gate;
        let default = self.human(visit).and_then(|human| human.default.clone());
        if let Some(choice) = default.and_then(|default| self.matching(&open, &default).ok()) {
            return self.choose(id, &open, &choice, DecidedBy::Default, None);
        }
        let Some(counted) = self.state.walk(id).and_then(|walk| walk.visit).map(|visit| visit.counted) else {
            return;
        };
        let left = self.plan.attempts(visit.node).saturating_sub(counted);
        self.close_gate(id, &open, GateClosed::NoAnswer);
        if left == 0 {
            return self.fail_gate(id, "nobody answered in time");
        }
        let attempt = AttemptId { visit, attempt: open.spec.attempt + 1 };
        let class = Some(FailureClass::NoAnswer);
        self.decide(Decision::RetryScheduled { attempt, class, nominal: 0, left: left - 1 });
        if self.state.phase == Phase::Running {
            self.open_gate(id);
        } else {
            self.set(id, Waiting::Held { next: Next::Attempt { counts: true }, for_turn: false });
        }
    }

    pub(crate) fn gate_unattended(&mut self, gate: VisitId, why: Unanswered, policy: GatePolicy) {
        let Some((id, open)) = self.open_gate_of(gate) else {
            return self.warn("a gate is unattended that is not open");
        };
        let mut open = open.clone();
        match policy {
            GatePolicy::Fail => {
                self.close_gate(id, &open, GateClosed::NoAnswer);
                self.fail_gate(id, "nobody is there to answer");
            }
            GatePolicy::Deadline if open.timer.is_some() => {}
            GatePolicy::Deadline | GatePolicy::Pause => {
                open.parked = Some(why);
                self.set(id, Waiting::Gate(Box::new(open)));
            }
        }
    }

    fn fail_gate(&mut self, id: WalkId, reason: &str) {
        if let Some(next) = self.finish(id, StepOutcome::fail(FailureClass::NoAnswer, reason)) {
            self.take_turn(id, next);
        }
    }

    pub(crate) fn close_gate(&mut self, id: WalkId, open: &OpenGate, why: GateClosed) {
        if let Some(timer) = open.timer {
            self.drop_timer(timer);
        }
        self.commands.push(Command::CloseGate { gate: open.spec.gate, why });
        self.set(id, Waiting::Moving);
    }

    fn lost_answered(&mut self, id: WalkId, open: &OpenGate, choice: &str) {
        let gate = open.spec.gate;
        if is_rerun(choice) {
            self.close_gate(id, open, GateClosed::Answered);
            self.take_turn(id, Next::Attempt { counts: false });
        } else if is_fail(choice) {
            self.close_gate(id, open, GateClosed::Answered);
            if let Some(next) = self.assume_failed(id) {
                self.take_turn(id, next);
            }
        } else {
            self.commands.push(Command::RejectAnswer { gate, why: Rejection::NoMatch });
        }
    }

    /// The attempt was lost and counts as failed.
    pub(crate) fn assume_failed(&mut self, id: WalkId) -> Option<Next> {
        self.set(id, Waiting::Moving);
        self.finish(id, StepOutcome::fail(FailureClass::HandlerCrash, "the attempt was lost with its runner"))
    }

    /// Goes on when there is room among the branches.
    pub(crate) fn take_turn(&mut self, id: WalkId, next: Next) {
        match self.branch_of(id).map(|branch| branch.parent) {
            Some(parent) => self.queue_turn(parent, id, next),
            None => self.work.push_back(Work::Go(id, next)),
        }
    }
}

impl State {
    /// Whether an open gate would take this answer.
    pub fn would_answer(&self, plan: &Plan, gate: VisitId, choice: &str) -> bool {
        let open = self.walks.values().filter_map(Walk::gate).find(|open| open.spec.gate == gate);
        open.is_some_and(|open| match open.spec.question {
            Question::Choices(_) => matching(plan, open, choice).is_ok(),
            Question::LostAttempt => is_rerun(choice) || is_fail(choice),
        })
    }
}

/// The one choice that a text names.
fn matching(plan: &Plan, gate: &OpenGate, answer: &str) -> Result<OfferedChoice, Rejection> {
    let as_choice = |offered: &OfferedChoice| Choice {
        edge: offered.edge.id(),
        key: offered.key.clone(),
        has_accelerator: false,
        text: offered.text.clone(),
        target: plan.name(offered.target).to_owned(),
    };
    let choices: Vec<Choice> = gate.choices().iter().map(as_choice).collect();
    match gate::matching(&choices, answer).as_slice() {
        [] => Err(Rejection::NoMatch),
        [one] => {
            let edge = one.edge.into();
            let found = gate.choices().iter().find(|offered| offered.edge == edge);
            found.cloned().ok_or(Rejection::NoMatch)
        }
        [_, _, ..] => Err(Rejection::Ambiguous),
    }
}

fn is_rerun(choice: &str) -> bool {
    ["r", "rerun"].iter().any(|word| choice.trim().eq_ignore_ascii_case(word))
}

fn is_fail(choice: &str) -> bool {
    ["f", "fail"].iter().any(|word| choice.trim().eq_ignore_ascii_case(word))
}
