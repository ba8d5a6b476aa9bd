//! What a simulated world does: how steps end, what people answer, what it costs.

use std::collections::BTreeMap;

use dotwright_model::{Handler, Outcome};

use super::budget::{Cost, Limits};
use super::id::NodeKey;
use super::outcome::{
    Evidence, FailureClass, ModelEnd, ProcessEnd, Report, StepOutcome, ToolOutput, Updates, Verdict,
};
use super::plan::{Detail, Plan};

/// A scripted world. What it does not mention succeeds at once and costs nothing; a gate that it does not answer stays
/// open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scenario {
    /// By node id, what happens in each visit; the last visit repeats.
    pub steps: BTreeMap<String, Vec<ScriptedVisit>>,
    /// By gate id, the answer of each visit. `-` is nobody; a visit behind the last answer has none.
    pub answers: BTreeMap<String, Vec<String>>,
    /// The initial context by full key.
    pub context: BTreeMap<String, String>,
    /// Budgets.
    pub limits: Limits,
}

/// What happens in one visit: one entry for each attempt, the last one repeating.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptedVisit {
    /// Never empty; see [`ScriptedVisit::of`].
    attempts: Vec<ScriptedAttempt>,
}

impl ScriptedVisit {
    /// A visit with these attempts. Without any it succeeds.
    pub fn of(attempts: Vec<ScriptedAttempt>) -> ScriptedVisit {
        ScriptedVisit { attempts }
    }

    /// Reads `fail/fail/success@Label`: words for the attempts of a visit, each with the label it prefers if it does.
    ///
    /// # Errors
    /// The word that is none.
    pub fn parse(text: &str) -> Result<ScriptedVisit, String> {
        let attempt = |text: &str| {
            let (word, label) = text.split_once('@').unwrap_or((text, ""));
            let end = ScriptedEnd::parse(word.trim())?;
            Ok(ScriptedAttempt { end, label: label.trim().to_owned(), ..ScriptedAttempt::default() })
        };
        Ok(ScriptedVisit { attempts: text.split('/').map(attempt).collect::<Result<_, String>>()? })
    }

    /// The same visit with attempts that all take this long, in milliseconds.
    #[must_use]
    pub fn taking(mut self, takes: u64) -> ScriptedVisit {
        for attempt in &mut self.attempts {
            attempt.takes = takes;
        }
        self
    }

    pub(crate) fn attempt(&self, attempt: u32) -> ScriptedAttempt {
        let index = attempt.saturating_sub(1) as usize;
        self.attempts.get(index).or(self.attempts.last()).cloned().unwrap_or_default()
    }
}

/// What one attempt ends with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptedAttempt {
    /// How it ends.
    pub end: ScriptedEnd,
    /// The label it prefers.
    pub label: String,
    /// Targets it suggests.
    pub next: Vec<String>,
    /// What it writes into the context.
    pub context: Updates,
    /// What it prints or answers: `tool.output` or `last_response`.
    pub output: String,
    /// How long it runs, in milliseconds of simulated time. Longer than the node's `timeout` is a timeout.
    pub takes: u64,
    /// What its one call costs; `None` without a call.
    pub cost: Option<Cost>,
}

impl From<ScriptedEnd> for ScriptedAttempt {
    fn from(end: ScriptedEnd) -> ScriptedAttempt {
        ScriptedAttempt { end, ..ScriptedAttempt::default() }
    }
}

/// How an attempt ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptedEnd {
    /// With an outcome, and for a failure its class if it is not the usual one.
    Outcome(Outcome, Option<FailureClass>),
    /// With an exit code of a command; what that means is for the node to say.
    Exit(i32),
    /// By a signal.
    Signal(i32),
}

impl Default for ScriptedEnd {
    fn default() -> ScriptedEnd {
        ScriptedEnd::Outcome(Outcome::Success, None)
    }
}

impl ScriptedEnd {
    /// Reads `success`, `fail`, `fail:timeout`, `exit:2`, `signal:9` and the other outcome words.
    ///
    /// # Errors
    /// What is wrong with the word.
    pub fn parse(word: &str) -> Result<ScriptedEnd, String> {
        let (head, tail) = word.split_once(':').map_or((word, None), |(head, tail)| (head, Some(tail)));
        let number = |text: &str| text.parse().map_err(|_| format!("`{text}` is no number"));
        match (head, tail) {
            ("exit", Some(code)) => Ok(ScriptedEnd::Exit(number(code)?)),
            ("signal", Some(signal)) => Ok(ScriptedEnd::Signal(number(signal)?)),
            ("fail", Some(class)) => {
                let known = FailureClass::from_word(class);
                let class = known.ok_or_else(|| format!("`{class}` is no failure class"))?;
                Ok(ScriptedEnd::Outcome(Outcome::Fail, Some(class)))
            }
            (word, None) => {
                let known = Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == word);
                let outcome = known.ok_or_else(|| format!("`{word}` is no outcome"))?;
                Ok(ScriptedEnd::Outcome(outcome, None))
            }
            (_, Some(_)) => Err(format!("`{word}` is no outcome")),
        }
    }
}

impl ScriptedAttempt {
    /// The evidence that a real world would give for this end.
    pub(crate) fn evidence(self, plan: &Plan, node: NodeKey) -> Evidence {
        match plan.handler(node) {
            Handler::Tool => self.tool(plan, node),
            Handler::Codergen | Handler::FanIn => self.model(),
            Handler::Start
            | Handler::Exit
            | Handler::Conditional
            | Handler::Human
            | Handler::Parallel
            | Handler::Manager
            | Handler::Custom => Evidence::Reported(Box::new(self.reported())),
        }
    }

    fn tool(self, plan: &Plan, node: NodeKey) -> Evidence {
        let zero = [0];
        let expected = match plan.node(node).map(|node| &node.detail) {
            Some(Detail::Tool { expect_exit }) => expect_exit.as_slice(),
            Some(_) | None => &zero,
        };
        let good = expected.first().copied().unwrap_or(0);
        let bad = (1..126).find(|code| !expected.contains(code)).unwrap_or(1);
        let (end, word) = match self.end {
            ScriptedEnd::Exit(code) => (ProcessEnd::Exited(code), None),
            ScriptedEnd::Signal(signal) => (ProcessEnd::Signalled(signal), None),
            ScriptedEnd::Outcome(Outcome::Success, _) => (ProcessEnd::Exited(good), None),
            ScriptedEnd::Outcome(Outcome::Fail, None | Some(FailureClass::ExitNonzero)) => {
                (ProcessEnd::Exited(bad), None)
            }
            ScriptedEnd::Outcome(Outcome::Fail, Some(FailureClass::Timeout)) => (ProcessEnd::TimedOut, None),
            ScriptedEnd::Outcome(Outcome::Fail, Some(FailureClass::Signal)) => {
                (ProcessEnd::Signalled(9), None)
            }
            ScriptedEnd::Outcome(Outcome::Fail, Some(FailureClass::CommandNotRunnable)) => {
                (ProcessEnd::Exited(127), None)
            }
            ScriptedEnd::Outcome(Outcome::Fail, Some(FailureClass::Reported)) => {
                (ProcessEnd::Exited(good), Some(Outcome::Fail))
            }
            ScriptedEnd::Outcome(Outcome::Fail, Some(FailureClass::InvalidStatus)) => {
                let verdict = Verdict::Invalid("as the scenario says".to_owned());
                let output = Box::new(self.output());
                return Evidence::Tool { end: ProcessEnd::Exited(good), verdict, output };
            }
            ScriptedEnd::Outcome(Outcome::Fail, Some(_)) => {
                return Evidence::Reported(Box::new(self.reported()));
            }
            ScriptedEnd::Outcome(
                outcome @ (Outcome::PartialSuccess | Outcome::Retry | Outcome::Skipped),
                _,
            ) => (ProcessEnd::Exited(good), Some(outcome)),
        };
        let output = Box::new(self.output());
        let fails = !matches!(end, ProcessEnd::Exited(code) if expected.contains(&code));
        let plain = if fails { Outcome::Fail } else { Outcome::Success };
        Evidence::Tool { end, verdict: self.verdict(word, plain), output }
    }

    fn model(self) -> Evidence {
        let response = self.output.clone();
        let (outcome, end) = match self.end {
            ScriptedEnd::Outcome(outcome, None) => (outcome, ModelEnd::Finished),
            ScriptedEnd::Outcome(_, Some(class)) => match model_end(class) {
                Some(end) => (Outcome::Fail, end),
                None => return Evidence::Reported(Box::new(self.reported())),
            },
            ScriptedEnd::Exit(0) => (Outcome::Success, ModelEnd::Finished),
            ScriptedEnd::Exit(_) | ScriptedEnd::Signal(_) => (Outcome::Fail, ModelEnd::Transient),
        };
        let word = (outcome != Outcome::Success && end == ModelEnd::Finished).then_some(outcome);
        Evidence::Model {
            end,
            verdict: self.verdict(word, outcome),
            response,
            retry_after: None,
            refuted: None,
        }
    }

    fn output(&self) -> ToolOutput {
        let output = self.output.trim_end_matches('\n').to_owned();
        let last_line = output.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        ToolOutput { last_line: last_line.trim().to_owned(), output, ..ToolOutput::default() }
    }

    /// A verdict, if there is more to say than the end says by itself.
    fn verdict(self, word: Option<Outcome>, plain: Outcome) -> Verdict {
        let silent = self.label.is_empty() && self.next.is_empty() && self.context.is_empty();
        if silent && word.is_none() {
            return Verdict::Absent;
        }
        Verdict::Given(Report {
            outcome: word.unwrap_or(plain),
            preferred_label: self.label,
            suggested_next_ids: self.next,
            context_updates: self.context,
            notes: String::new(),
            failure_reason: String::new(),
        })
    }

    fn reported(self) -> StepOutcome {
        let (status, class) = match self.end {
            ScriptedEnd::Outcome(outcome, class) => (outcome, class),
            ScriptedEnd::Exit(0) => (Outcome::Success, None),
            ScriptedEnd::Exit(_) | ScriptedEnd::Signal(_) => (Outcome::Fail, None),
        };
        StepOutcome {
            status,
            class,
            preferred_label: self.label,
            suggested_next_ids: self.next,
            context_updates: self.context,
            ..StepOutcome::default()
        }
    }
}

fn model_end(class: FailureClass) -> Option<ModelEnd> {
    match class {
        FailureClass::EmptyAnswer => Some(ModelEnd::Empty),
        FailureClass::Truncated => Some(ModelEnd::Truncated),
        FailureClass::Transient => Some(ModelEnd::Transient),
        FailureClass::ContentRefused => Some(ModelEnd::Refused),
        FailureClass::RequestRejected => Some(ModelEnd::Rejected),
        FailureClass::TurnLimit => Some(ModelEnd::TurnLimit),
        FailureClass::Stalled => Some(ModelEnd::Stalled),
        FailureClass::Timeout => Some(ModelEnd::TimedOut),
        FailureClass::Reported
        | FailureClass::ExitNonzero
        | FailureClass::CommandNotRunnable
        | FailureClass::Signal
        | FailureClass::InvalidStatus
        | FailureClass::NoVerdict
        | FailureClass::VerifyFailed
        | FailureClass::NoAnswer
        | FailureClass::BranchFailed
        | FailureClass::NoBranches
        | FailureClass::MergeConflict
        | FailureClass::NoResults
        | FailureClass::ChildFailed
        | FailureClass::MaxCycles
        | FailureClass::Cancelled
        | FailureClass::HandlerCrash
        | FailureClass::RetriesExhausted
        | FailureClass::NoRoute
        | FailureClass::VisitCap
        | FailureClass::GoalGateUnsatisfied
        | FailureClass::RegionEscape => None,
    }
}
