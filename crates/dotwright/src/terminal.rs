//! A run at a terminal: a line for each visit, and questions to the person before it.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Write};

use dotwright_engine::run::{Command, Decision, Plan, State, VisitId};
use dotwright_runner::{Asked, Asker, Flow, Moment, Observer, Reply};

use crate::output;
use crate::story::{self, Depths};

/// Writes a line for each visit and retry to standard error, or each record to standard output.
#[derive(Default)]
pub(crate) struct Lines {
    json: bool,
    /// What is known of a visit whose way on is not.
    outcomes: BTreeMap<VisitId, String>,
    depths: Depths,
}

impl Lines {
    pub(crate) fn new(json: bool) -> Lines {
        Lines { json, ..Lines::default() }
    }

    /// What a person reads about a command, if anything.
    pub(crate) fn line(&mut self, plan: &Plan, state: &State, command: &Command) -> Option<String> {
        let named = |visit: VisitId| match visit.visit {
            1 => plan.name(visit.node).to_owned(),
            number => format!("{} (visit {number})", plan.name(visit.node)),
        };
        match command {
            Command::Decide(Decision::BranchOpened { region, walk, .. }) => {
                self.depths.opened(*region, *walk);
                None
            }
            Command::Decide(Decision::NodeEntered { walk, visit, .. }) => {
                self.depths.entered(plan, *walk, *visit);
                None
            }
            Command::Decide(Decision::OutcomeRecorded { visit, status, class, reason }) => {
                let mut said = status.as_str().to_owned();
                if let Some(class) = class {
                    said.push_str(&format!(", {}", class.as_str()));
                    if !reason.is_empty() {
                        said.push_str(&format!(" ({reason})"));
                    }
                }
                self.outcomes.insert(*visit, said);
                None
            }
            Command::Decide(Decision::EdgeSelected { walk, from, edge, to, by, .. }) => {
                let said = self.outcomes.remove(from).map(|said| format!(": {said}")).unwrap_or_default();
                // A branch that was opened before the run was taken up is not over.
                let open = || state.branch_path(plan, *walk).split('/').count() / 2;
                let indent = "  ".repeat(self.depths.of(*walk).unwrap_or_else(open));
                let because = story::because(plan, *edge, *by);
                Some(format!("{indent}{}{said} -> {}  [{because}]", named(*from), plan.name(*to)))
            }
            Command::Decide(Decision::RetryScheduled { attempt, class, nominal, left }) => {
                let class = class.map_or("retry", |class| class.as_str());
                let left = if *left == 1 { "1 more".to_owned() } else { format!("{left} more") };
                Some(format!(
                    "{}: {class}, attempt {} in about {nominal} ms, {left} after it",
                    named(attempt.visit),
                    attempt.attempt
                ))
            }
            Command::Decide(Decision::AttemptLost { attempt }) => Some(format!(
                "{}: attempt {} was lost with its runner",
                named(attempt.visit),
                attempt.attempt
            )),
            Command::Decide(Decision::BudgetExceeded { budget, node }) => {
                let node = node.map(|node| format!("{}: ", plan.name(node))).unwrap_or_default();
                Some(format!("{node}{}", budget.refusal()))
            }
            Command::Decide(Decision::GoalChecked { unsatisfied: Some(gate), target, .. }) => {
                let target = target.map(|target| format!(" -> {}", plan.name(target))).unwrap_or_default();
                Some(format!("goal gate {} is not satisfied{target}", plan.name(*gate)))
            }
            Command::Ask(gate) => Some(format!("{}: waits for an answer", named(gate.gate))),
            Command::Decide(
                Decision::BranchEnded { .. }
                | Decision::RegionJoined { .. }
                | Decision::GoalChecked { unsatisfied: None, .. }
                | Decision::GenerationStarted { .. }
                | Decision::ReservationExceeded(_)
                | Decision::Warning(_),
            )
            | Command::StartAttempt(_)
            | Command::StartChild(_)
            | Command::StopAttempt { .. }
            | Command::AllowCall(_)
            | Command::RefuseCall { .. }
            | Command::StartTimer { .. }
            | Command::DropTimer(_)
            | Command::RejectAnswer { .. }
            | Command::CloseGate { .. }
            | Command::ObserveChild(_)
            | Command::SteerChild(_)
            | Command::PauseChild(_)
            | Command::StopChild { .. }
            | Command::MergeWork { .. }
            | Command::Pause(_)
            | Command::Finish(_) => None,
        }
    }
}

impl Observer for Lines {
    fn observe(&mut self, plan: &Plan, state: &State, moment: Moment<'_>) -> Flow {
        match moment {
            Moment::Begun { run } if !self.json => output::write_stderr(&format!("run {run}\n")),
            Moment::Command(command) if !self.json => {
                if let Some(line) = self.line(plan, state, command) {
                    output::write_stderr(&format!("{line}\n"));
                }
            }
            Moment::Durable(records) if self.json => {
                // A reader that went away does not end the run.
                let _closed = output::write_stdout(records);
            }
            Moment::Begun { .. }
            | Moment::Command(_)
            | Moment::Durable(_)
            | Moment::Fact(_)
            | Moment::Appending(_)
            | Moment::Done => {}
        }
        Flow::Continue(())
    }
}

/// The person before the terminal, if there is one.
pub(crate) fn person() -> Option<Person> {
    (std::io::stdin().is_terminal() && std::io::stderr().is_terminal()).then_some(Person)
}

/// The person before the terminal.
pub(crate) struct Person;

impl Asker for Person {
    fn ask(&self, asked: &Asked) -> Reply {
        let mut text = String::new();
        if asked.again {
            text.push_str("that is none of the choices\n");
        } else {
            text.push_str(&format!("\n{}\n", asked.question));
            for (key, choice) in &asked.choices {
                text.push_str(&format!("  [{key}] {choice}\n"));
            }
        }
        text.push_str("> ");
        output::write_stderr(&text);
        let _flushed = std::io::stderr().flush();
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => Reply::Nobody,
            Ok(_) => Reply::Choice(line.trim().to_owned()),
        }
    }
}
