//! A run in a scripted world with a clock of its own: the same [`super::step`] as a real run, and nothing is started.

use std::collections::{BTreeMap, BTreeSet};

use dotwright_model::{Handler, Outcome};

use super::command::{AttemptSpec, Command, End, GateSpec, Pause, PauseReason, RunStatus, TimerSpec};
use super::event::{Answer, ChildProgress, Event, GatePolicy, Start, Unanswered};
use super::id::{AttemptId, CallId, TimerId, WalkId};
use super::outcome::{Evidence, FailureClass};
use super::plan::Plan;
use super::scenario::{Scenario, ScriptedAttempt, ScriptedEnd};
use super::state::{Phase, State};
use super::trace::Trace;

/// Events that a simulation may take. Only a loop without any cap comes here.
pub const MAX_EVENTS: usize = 200_000;

/// A simulated run.
#[derive(Debug)]
pub struct Simulation<'p> {
    plan: &'p Plan,
    scenario: &'p Scenario,
    /// Where the run is.
    pub state: State,
    /// Its visits.
    pub trace: Trace,
    /// Every event so far, as a log would hold them.
    pub events: Vec<Event>,
    /// Every command so far.
    pub commands: Vec<Command>,
    /// Milliseconds of simulated time.
    pub clock: u64,
    /// True when it was given up because it did not come to an end.
    pub given_up: bool,
    /// What will happen, by time and then by order of its start.
    agenda: BTreeMap<(u64, u64), Happening>,
    next: u64,
    stopped: BTreeSet<AttemptId>,
    dropped: BTreeSet<TimerId>,
}

#[derive(Debug)]
enum Happening {
    Attempt(AttemptSpec, Box<ScriptedAttempt>),
    Event(Event),
    Timer(TimerId),
}

impl<'p> Simulation<'p> {
    /// A run that has not begun.
    pub fn new(plan: &'p Plan, scenario: &'p Scenario) -> Simulation<'p> {
        Simulation {
            plan,
            scenario,
            state: State::new(),
            trace: Trace::default(),
            events: Vec::new(),
            commands: Vec::new(),
            clock: 0,
            given_up: false,
            agenda: BTreeMap::new(),
            next: 0,
            stopped: BTreeSet::new(),
            dropped: BTreeSet::new(),
        }
    }

    /// Runs a scenario until it ends or rests.
    pub fn run(plan: &'p Plan, scenario: &'p Scenario) -> Simulation<'p> {
        let mut simulation = Simulation::new(plan, scenario);
        let start = Start { context: scenario.context.clone(), limits: scenario.limits, worktrees: false };
        simulation.feed(Event::Started(start));
        simulation.go_on();
        simulation
    }

    /// Lets the world go on until nothing more happens.
    pub fn go_on(&mut self) {
        while self.advance() {}
    }

    /// Lets the next thing happen. False when nothing more does, or the run is given up.
    pub fn advance(&mut self) -> bool {
        let Some(((time, _), happening)) = self.agenda.pop_first() else { return false };
        if self.events.len() >= MAX_EVENTS {
            self.given_up = true;
            return false;
        }
        self.clock = self.clock.max(time);
        match happening {
            Happening::Attempt(spec, scripted) => self.end_attempt(&spec, *scripted),
            Happening::Timer(timer) if self.dropped.remove(&timer) => {}
            Happening::Timer(timer) => self.feed(Event::TimerFired { timer }),
            Happening::Event(event) => self.feed(event),
        }
        true
    }

    /// Tells the run a fact, and plans what follows from its commands.
    pub fn feed(&mut self, event: Event) {
        self.events.push(event.clone());
        let first = self.commands.len();
        self.state.apply(self.plan, event, &mut self.commands);
        let new: Vec<Command> = self.commands.get(first..).unwrap_or_default().to_vec();
        for command in new {
            self.trace.observe(&command);
            self.carry_out(command);
        }
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::StartAttempt(spec) | Command::StartChild(spec) => {
                let scripted = self.scripted(&spec);
                let takes = self.limited(&spec, scripted.takes);
                self.plan_for(takes, Happening::Attempt(spec, Box::new(scripted)));
            }
            Command::StopAttempt { attempt, .. } => {
                self.stopped.insert(attempt);
                self.plan_for(
                    0,
                    Happening::Event(Event::AttemptEnded { attempt, evidence: Evidence::Stopped }),
                );
            }
            Command::StopChild { attempt, .. } => {
                self.stopped.insert(attempt);
                let event = Event::ChildEnded {
                    attempt,
                    status: RunStatus::Cancelled,
                    reason: "cancelled".to_owned(),
                    progress: ChildProgress::default(),
                    outputs: BTreeMap::new(),
                };
                self.plan_for(0, Happening::Event(event));
            }
            Command::PauseChild(attempt) => {
                self.plan_for(
                    0,
                    Happening::Event(Event::ChildPaused { attempt, why: PauseReason::Requested }),
                );
            }
            Command::ObserveChild(attempt) => {
                let progress = ChildProgress::default();
                self.plan_for(0, Happening::Event(Event::ChildObserved { attempt, progress }));
            }
            Command::StartTimer { timer, spec } => {
                self.dropped.remove(&timer);
                let millis = match spec {
                    TimerSpec::Retry { nominal, .. } => nominal,
                    TimerSpec::Gate { millis, .. } | TimerSpec::Cycle { millis, .. } => millis,
                };
                self.plan_for(millis, Happening::Timer(timer));
            }
            Command::DropTimer(timer) => {
                self.dropped.insert(timer);
            }
            Command::Ask(gate) => {
                let event = self.answer(&gate);
                self.plan_for(0, Happening::Event(event));
            }
            Command::MergeWork { visit, .. } => {
                self.plan_for(0, Happening::Event(Event::WorkMerged { visit, conflicts: Vec::new() }));
            }
            Command::Decide(_)
            | Command::AllowCall(_)
            | Command::RefuseCall { .. }
            | Command::RejectAnswer { .. }
            | Command::CloseGate { .. }
            | Command::SteerChild(_)
            | Command::Pause(_)
            | Command::Finish(_) => {}
        }
    }

    fn plan_for(&mut self, millis: u64, happening: Happening) {
        self.agenda.insert((self.clock.saturating_add(millis), self.next), happening);
        self.next += 1;
    }

    /// The script of an attempt, with a timeout where it runs too long.
    fn scripted(&self, spec: &AttemptSpec) -> ScriptedAttempt {
        let AttemptId { visit, attempt } = spec.attempt;
        let visits = self.scenario.steps.get(self.plan.name(visit.node)).map_or(&[][..], Vec::as_slice);
        let index = visit.visit.saturating_sub(1) as usize;
        let mut scripted =
            visits.get(index).or(visits.last()).map(|visit| visit.attempt(attempt)).unwrap_or_default();
        if self.plan.step_timeout(visit.node).is_some_and(|limit| scripted.takes > limit) {
            scripted.end = ScriptedEnd::Outcome(Outcome::Fail, Some(FailureClass::Timeout));
        }
        scripted
    }

    fn limited(&self, spec: &AttemptSpec, takes: u64) -> u64 {
        self.plan.step_timeout(spec.attempt.visit.node).map_or(takes, |limit| takes.min(limit))
    }

    fn end_attempt(&mut self, spec: &AttemptSpec, scripted: ScriptedAttempt) {
        let attempt = spec.attempt;
        if self.stopped.contains(&attempt) {
            return;
        }
        if let Some(cost) = scripted.cost {
            let call = CallId { attempt, call: 1 };
            self.feed(Event::CallRequested { call, worst_case: cost });
            if self.stopped.contains(&attempt) {
                return;
            }
            self.feed(Event::CallSettled { call, actual: cost });
        }
        let node = attempt.visit.node;
        if self.plan.handler(node) == Handler::Manager {
            let succeeded = scripted.end == ScriptedEnd::default() || scripted.end == ScriptedEnd::Exit(0);
            let reason = if succeeded { String::new() } else { "as the scenario says".to_owned() };
            let outputs =
                scripted.context.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
            let progress = ChildProgress::default();
            let status = if succeeded { RunStatus::Success } else { RunStatus::Fail };
            return self.feed(Event::ChildEnded { attempt, status, reason, progress, outputs });
        }
        self.feed(Event::AttemptEnded { attempt, evidence: scripted.evidence(self.plan, node) });
    }

    fn answer(&self, spec: &GateSpec) -> Event {
        let gate = spec.gate;
        let answers = self.scenario.answers.get(self.plan.name(gate.node));
        let found = answers.and_then(|answers| answers.get(gate.visit.saturating_sub(1) as usize));
        match found.map(String::as_str) {
            None | Some("-") => {
                Event::GateUnattended { gate, why: Unanswered::NobodyThere, policy: GatePolicy::Deadline }
            }
            Some(choice) if self.state.would_answer(self.plan, gate, choice) => {
                let answer = Answer { choice: choice.to_owned(), text: None, by: "scenario".to_owned() };
                Event::GateAnswered { gate, answer }
            }
            Some(_) => {
                Event::GateUnattended { gate, why: Unanswered::AnswerUnmatched, policy: GatePolicy::Deadline }
            }
        }
    }

    /// The driver dies: nothing that was under way will report any more.
    pub fn lose_driver(&mut self) {
        self.agenda.clear();
    }

    /// How it ended, if it did.
    pub fn end(&self) -> Option<&End> {
        match self.state.phase() {
            Phase::Ended(end) => Some(end),
            Phase::New | Phase::Running | Phase::Draining(_) | Phase::Paused(_) | Phase::Cancelling => None,
        }
    }

    /// Why it rests, if it does.
    pub fn pause(&self) -> Option<&Pause> {
        match self.state.phase() {
            Phase::Paused(pause) => Some(pause),
            Phase::New | Phase::Running | Phase::Draining(_) | Phase::Cancelling | Phase::Ended(_) => None,
        }
    }

    /// Its status; `None` for one that was given up.
    pub fn status(&self) -> Option<RunStatus> {
        let ended = self.end().map(|end| end.status);
        ended.or_else(|| self.pause().map(|pause| pause.reason.status()))
    }

    /// The word for why it ended or rests, or the empty text.
    pub fn reason(&self) -> &'static str {
        let class = self.end().and_then(|end| end.class).map(FailureClass::as_str);
        class.or_else(|| self.pause().map(|pause| pause.reason.as_str())).unwrap_or_default()
    }

    /// The final context of the main walk.
    pub fn context(&self) -> BTreeMap<String, String> {
        self.state.context(self.plan, WalkId::MAIN).all()
    }

    /// Nodes and edges that the run used, each once: for coverage over several runs.
    pub fn covered(&self) -> (BTreeSet<super::NodeKey>, BTreeSet<super::EdgeKey>) {
        let nodes = self.trace.all_visits().map(|visit| visit.node).collect();
        (nodes, self.trace.edges.iter().copied().collect())
    }
}
