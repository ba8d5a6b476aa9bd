//! A simulated run as a person would tell it: one line for each visit, with the reason for the way on.

use std::collections::BTreeMap;

use dotwright_engine::run::{Command, DecidedBy, Decision, EdgeKey, Plan, Simulation, VisitId, WalkId};
use dotwright_model::{Handler, Outcome};
use serde::Serialize;

/// A visit in the story.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    /// How deep in regions it lies.
    #[serde(skip)]
    depth: usize,
    node: String,
    visit: u32,
    /// The outcome; `forwards` a diamond's.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'static str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// Why it goes on there.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    attempts: u32,
}

/// The visits of a run in the order in which they were entered.
pub(crate) fn steps(plan: &Plan, simulation: &Simulation<'_>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut places: BTreeMap<VisitId, usize> = BTreeMap::new();
    let mut depths = Depths::default();
    for command in &simulation.commands {
        match command {
            Command::Decide(Decision::BranchOpened { region, walk, .. }) => {
                depths.opened(*region, *walk);
            }
            Command::Decide(Decision::NodeEntered { walk, visit, .. }) => {
                depths.entered(plan, *walk, *visit);
                places.insert(*visit, steps.len());
                let diamond = plan.handler(visit.node) == Handler::Conditional;
                steps.push(Step {
                    depth: depths.of(*walk).unwrap_or(0),
                    node: plan.name(visit.node).to_owned(),
                    visit: visit.visit,
                    outcome: diamond.then_some("forwards"),
                    class: None,
                    reason: String::new(),
                    next: None,
                    because: None,
                    attempts: 0,
                });
            }
            Command::StartAttempt(spec) | Command::StartChild(spec) => {
                let step = places.get(&spec.attempt.visit).and_then(|&place| steps.get_mut(place));
                if let Some(step) = step {
                    step.attempts += 1;
                }
            }
            Command::Decide(Decision::OutcomeRecorded { visit, status, class, reason }) => {
                if let Some(step) = places.get(visit).and_then(|&place| steps.get_mut(place)) {
                    step.outcome = Some(status.as_str());
                    step.class = class.map(|class| class.as_str());
                    step.reason.clone_from(reason);
                }
            }
            Command::Decide(Decision::EdgeSelected { from, edge, to, by, .. }) => {
                if let Some(step) = places.get(from).and_then(|&place| steps.get_mut(place)) {
                    step.next = Some(plan.name(*to).to_owned());
                    step.because = Some(because(plan, *edge, *by));
                }
            }
            Command::Decide(Decision::GoalChecked { unsatisfied: Some(gate), target, .. }) => {
                if let Some(step) = steps.last_mut() {
                    step.reason = format!("goal gate {} is not satisfied", plan.name(*gate));
                    step.next = target.map(|target| plan.name(target).to_owned());
                }
            }
            Command::Decide(
                Decision::RetryScheduled { .. }
                | Decision::AttemptLost { .. }
                | Decision::BranchEnded { .. }
                | Decision::RegionJoined { .. }
                | Decision::GoalChecked { unsatisfied: None, .. }
                | Decision::GenerationStarted { .. }
                | Decision::BudgetExceeded { .. }
                | Decision::ReservationExceeded(_)
                | Decision::Warning(_),
            )
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
            | Command::MergeWork { .. }
            | Command::Pause(_)
            | Command::Finish(_) => {}
        }
    }
    steps
}

/// How deep in regions walks are, also those that are over.
#[derive(Debug, Default)]
pub(crate) struct Depths {
    walks: BTreeMap<WalkId, usize>,
    /// The walks that came to fan-outs.
    openers: BTreeMap<VisitId, WalkId>,
}

impl Depths {
    /// A walk came to a node.
    pub(crate) fn entered(&mut self, plan: &Plan, walk: WalkId, visit: VisitId) {
        if plan.handler(visit.node) == Handler::Parallel {
            self.openers.insert(visit, walk);
        }
    }

    /// A fan-out started a walk.
    pub(crate) fn opened(&mut self, region: VisitId, walk: WalkId) {
        let around = self.openers.get(&region).and_then(|walk| self.of(*walk)).unwrap_or(0);
        self.walks.insert(walk, around + 1);
    }

    /// `None` for a walk that no fan-out was seen to start.
    pub(crate) fn of(&self, walk: WalkId) -> Option<usize> {
        self.walks.get(&walk).copied()
    }
}

/// Why a walk goes on there.
pub(crate) fn because(plan: &Plan, edge: Option<EdgeKey>, by: DecidedBy) -> String {
    let condition = || {
        let found = edge.and_then(|edge| plan.pipeline().condition(edge.id()));
        found.map(|condition| condition.text.to_owned()).unwrap_or_default()
    };
    match by {
        DecidedBy::Condition => condition(),
        DecidedBy::Label => "preferred label".to_owned(),
        DecidedBy::Suggestion => "suggested".to_owned(),
        DecidedBy::Plain => "plain edge".to_owned(),
        DecidedBy::Answer => "answer".to_owned(),
        DecidedBy::Default => "default choice, nobody answered in time".to_owned(),
        DecidedBy::Jump(by) => by.as_str().to_owned(),
        DecidedBy::Join => "end of the region".to_owned(),
    }
}

impl Step {
    /// The line of a visit.
    pub(crate) fn line(&self) -> String {
        let mut line = "  ".repeat(self.depth);
        line.push_str(&self.node);
        if self.visit > 1 {
            line.push_str(&format!(" (visit {})", self.visit));
        }
        let mut said = String::new();
        if let Some(outcome) = self.outcome.filter(|&outcome| outcome != "forwards") {
            said.push_str(outcome);
            if let Some(class) = self.class {
                said.push_str(&format!(", {class}"));
            }
            if self.attempts > 1 {
                said.push_str(&format!(", after {} attempts", self.attempts));
            }
        }
        if !self.reason.is_empty() && self.outcome != Some(Outcome::Fail.as_str()) {
            said.push_str(&self.reason);
        }
        if let Some(next) = &self.next {
            let arrow = if said.is_empty() { "-> " } else { " -> " };
            said.push_str(&format!("{arrow}{next}"));
            if let Some(because) = &self.because {
                said.push_str(&format!("  [{because}]"));
            }
        }
        if said.is_empty() { line } else { format!("{line}: {said}") }
    }
}

/// The last line: how it ended, and why.
pub(crate) fn ending(plan: &Plan, simulation: &Simulation<'_>) -> String {
    let Some(status) = simulation.status() else {
        return "given up: the run did not end".to_owned();
    };
    let mut text = format!("{}, exit code {}", status.as_str(), status.exit_code());
    let node = simulation.end().and_then(|end| end.node);
    let node = node.or_else(|| simulation.pause().and_then(|pause| pause.node));
    let reason = simulation.reason();
    if !reason.is_empty() {
        text.push_str(&format!(": {reason}"));
    }
    if let Some(node) = node {
        text.push_str(&format!(" at {}", plan.name(node)));
    }
    if let Some(end) = simulation.end().filter(|end| !end.reason.is_empty()) {
        text.push_str(&format!(" ({})", end.reason));
    }
    text
}
