//! Outcomes as a run records them, and how evidence becomes one (runner reference, section 3).

use std::fmt;

use dotwright_model::Outcome;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a step failed, or that it was stopped: the closed set of section 3.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The step looked and said no.
    Reported,
    /// A command ended with an exit code that its node does not expect.
    ExitNonzero,
    /// Exit code 126 or 127, or the command could not be started.
    CommandNotRunnable,
    /// A command was ended by a signal that is not ours.
    Signal,
    /// Our own time limit fired.
    Timeout,
    /// A status file that cannot be read, or a verdict outside the offered set.
    InvalidStatus,
    /// `require_verdict=true` and none was given.
    NoVerdict,
    /// A model said nothing.
    EmptyAnswer,
    /// A model stopped at its output limit.
    Truncated,
    /// The connection, the provider or its rate limit.
    Transient,
    /// A content filter.
    ContentRefused,
    /// The provider rejected the request.
    RequestRejected,
    /// The round or turn limit of a model step.
    TurnLimit,
    /// No progress for `stall_timeout`.
    Stalled,
    /// The `verify_command` of a model step did not end with exit code 0.
    VerifyFailed,
    /// Nobody answered a human gate.
    NoAnswer,
    /// A region whose join policy was not met.
    BranchFailed,
    /// A fan-out with no edge to start.
    NoBranches,
    /// Branches disagree about a merged key, or their work does not merge.
    MergeConflict,
    /// A fan-in that no region ended at.
    NoResults,
    /// A child pipeline failed.
    ChildFailed,
    /// A manager used up its cycles.
    MaxCycles,
    /// Stopped from outside. Goes with `skipped`.
    Cancelled,
    /// A handler panicked or broke its protocol.
    HandlerCrash,
    /// A step asked for another attempt and none was left.
    RetriesExhausted,
    /// No edge out of a step that did not fail.
    NoRoute,
    /// An arrival above the visit cap.
    VisitCap,
    /// The exit was reached with an unsatisfied gate and nowhere to go.
    GoalGateUnsatisfied,
    /// A branch left its region.
    RegionEscape,
}

impl FailureClass {
    /// Every class, in the order of the declaration.
    pub const ALL: [FailureClass; 29] = [
        FailureClass::Reported,
        FailureClass::ExitNonzero,
        FailureClass::CommandNotRunnable,
        FailureClass::Signal,
        FailureClass::Timeout,
        FailureClass::InvalidStatus,
        FailureClass::NoVerdict,
        FailureClass::EmptyAnswer,
        FailureClass::Truncated,
        FailureClass::Transient,
        FailureClass::ContentRefused,
        FailureClass::RequestRejected,
        FailureClass::TurnLimit,
        FailureClass::Stalled,
        FailureClass::VerifyFailed,
        FailureClass::NoAnswer,
        FailureClass::BranchFailed,
        FailureClass::NoBranches,
        FailureClass::MergeConflict,
        FailureClass::NoResults,
        FailureClass::ChildFailed,
        FailureClass::MaxCycles,
        FailureClass::Cancelled,
        FailureClass::HandlerCrash,
        FailureClass::RetriesExhausted,
        FailureClass::NoRoute,
        FailureClass::VisitCap,
        FailureClass::GoalGateUnsatisfied,
        FailureClass::RegionEscape,
    ];

    /// The word of section 3.3, which is also the value of `failure_class`.
    pub const fn as_str(self) -> &'static str {
        match self {
            FailureClass::Reported => "reported",
            FailureClass::ExitNonzero => "exit_nonzero",
            FailureClass::CommandNotRunnable => "command_not_runnable",
            FailureClass::Signal => "signal",
            FailureClass::Timeout => "timeout",
            FailureClass::InvalidStatus => "invalid_status",
            FailureClass::NoVerdict => "no_verdict",
            FailureClass::EmptyAnswer => "empty_answer",
            FailureClass::Truncated => "truncated",
            FailureClass::Transient => "transient",
            FailureClass::ContentRefused => "content_refused",
            FailureClass::RequestRejected => "request_rejected",
            FailureClass::TurnLimit => "turn_limit",
            FailureClass::Stalled => "stalled",
            FailureClass::VerifyFailed => "verify_failed",
            FailureClass::NoAnswer => "no_answer",
            FailureClass::BranchFailed => "branch_failed",
            FailureClass::NoBranches => "no_branches",
            FailureClass::MergeConflict => "merge_conflict",
            FailureClass::NoResults => "no_results",
            FailureClass::ChildFailed => "child_failed",
            FailureClass::MaxCycles => "max_cycles",
            FailureClass::Cancelled => "cancelled",
            FailureClass::HandlerCrash => "handler_crash",
            FailureClass::RetriesExhausted => "retries_exhausted",
            FailureClass::NoRoute => "no_route",
            FailureClass::VisitCap => "visit_cap",
            FailureClass::GoalGateUnsatisfied => "goal_gate_unsatisfied",
            FailureClass::RegionEscape => "region_escape",
        }
    }

    /// The class of a word.
    pub fn from_word(word: &str) -> Option<FailureClass> {
        FailureClass::ALL.into_iter().find(|class| class.as_str() == word)
    }

    /// Whether a failure of this class is tried again without the node saying so (section 9).
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            FailureClass::Transient
                | FailureClass::Timeout
                | FailureClass::ExitNonzero
                | FailureClass::Signal
                | FailureClass::Stalled
                | FailureClass::VerifyFailed
        )
    }

    /// Whether a node may add the class to its retries with `retry_on`.
    pub const fn may_be_added(self) -> bool {
        matches!(self, FailureClass::Truncated | FailureClass::EmptyAnswer | FailureClass::TurnLimit)
    }
}

/// A change to a context key: `None` removes it.
pub type Updates = Vec<(String, Option<String>)>;

/// What a step ended with (section 3.1). Usage is settled by the budget ledger, not here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepOutcome {
    /// One of the five words.
    #[serde(with = "word")]
    pub status: Outcome,
    /// Why, for `fail` and for stopped steps.
    pub class: Option<FailureClass>,
    /// One sentence for people.
    pub reason: String,
    /// The label that the step prefers, or the empty text.
    pub preferred_label: String,
    /// Targets it suggests, the best one first.
    pub suggested_next_ids: Vec<String>,
    /// What it writes into the context.
    pub context_updates: Updates,
    /// Free text, never used for routing.
    pub notes: String,
}

impl Default for StepOutcome {
    fn default() -> StepOutcome {
        StepOutcome {
            status: Outcome::Success,
            class: None,
            reason: String::new(),
            preferred_label: String::new(),
            suggested_next_ids: Vec::new(),
            context_updates: Vec::new(),
            notes: String::new(),
        }
    }
}

impl StepOutcome {
    /// A success with nothing to add.
    pub fn success() -> StepOutcome {
        StepOutcome::default()
    }

    /// A failure.
    pub fn fail(class: FailureClass, reason: impl Into<String>) -> StepOutcome {
        StepOutcome {
            status: Outcome::Fail,
            class: Some(class),
            reason: reason.into(),
            ..StepOutcome::default()
        }
    }
}

/// How the process of a tool step, or of a command-line agent, ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessEnd {
    /// By itself, with this exit code.
    Exited(i32),
    /// By a signal that is not ours.
    Signalled(i32),
    /// By us, when `timeout` fired.
    TimedOut,
    /// It could not be started.
    NotStarted,
}

impl fmt::Display for ProcessEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProcessEnd::Exited(code) => write!(f, "exit code {code}"),
            ProcessEnd::Signalled(signal) => write!(f, "ended by signal {signal}"),
            ProcessEnd::TimedOut => f.write_str("stopped at its timeout"),
            ProcessEnd::NotStarted => f.write_str("could not be started"),
        }
    }
}

/// How a model step ended by itself (section 3.3). Trouble with credentials or quota is no outcome: see
/// [`super::Event::ProviderBlocked`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelEnd {
    /// Normally, with text.
    Finished,
    /// Normally, without text.
    Empty,
    /// At the output limit.
    Truncated,
    /// Without its terminal event, or by trouble of connection or provider.
    Transient,
    /// Blocked by a content filter.
    Refused,
    /// The request was rejected.
    Rejected,
    /// At the round or turn limit.
    TurnLimit,
    /// Without progress for `stall_timeout`.
    Stalled,
    /// By us, when `timeout` fired.
    TimedOut,
}

impl fmt::Display for ModelEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ModelEnd::Finished => "answered",
            ModelEnd::Empty => "answered without text",
            ModelEnd::Truncated => "answered up to the output limit",
            ModelEnd::Transient => "broken off by trouble that may pass",
            ModelEnd::Refused => "blocked by a content filter",
            ModelEnd::Rejected => "the request was rejected",
            ModelEnd::TurnLimit => "stopped at the limit of its turns",
            ModelEnd::Stalled => "stopped for want of progress",
            ModelEnd::TimedOut => "stopped at its timeout",
        })
    }
}

/// What the status file of an attempt says (section 3.4), or the `report_outcome` call of a model.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// There is none.
    #[default]
    Absent,
    /// There is one that is no JSON object, has an unknown word or breaks the offered set; with what is wrong.
    Invalid(String),
    /// A verdict. The engine looks after reserved keys itself.
    Given(Report),
}

/// The content of a status file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// One of the five words.
    #[serde(with = "word")]
    pub outcome: Outcome,
    /// See [`StepOutcome::preferred_label`].
    #[serde(default)]
    pub preferred_label: String,
    /// See [`StepOutcome::suggested_next_ids`].
    #[serde(default)]
    pub suggested_next_ids: Vec<String>,
    /// Values that are no texts come as their compact JSON, `null` as `None`.
    #[serde(default)]
    pub context_updates: Updates,
    /// See [`StepOutcome::notes`].
    #[serde(default)]
    pub notes: String,
    /// See [`StepOutcome::reason`].
    #[serde(default)]
    pub failure_reason: String,
}

/// The context keys of a tool attempt (section 15), shortened by the driver where they are long.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ToolOutput {
    /// `tool.output`
    pub output: String,
    /// `tool.stderr`
    pub stderr: String,
    /// `tool.last_line`
    pub last_line: String,
    /// `tool.output_blob`
    pub output_blob: String,
    /// `tool.stderr_blob`
    pub stderr_blob: String,
}

/// What the world says about the end of an attempt. The engine makes the outcome of it, so that run, simulation and
/// test read section 3.3 in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A command ended.
    Tool {
        /// How.
        end: ProcessEnd,
        /// What its status file says.
        verdict: Verdict,
        /// What it wrote.
        output: Box<ToolOutput>,
    },
    /// A model step ended.
    Model {
        /// How.
        end: ModelEnd,
        /// Its verdict, by tool call or status file.
        verdict: Verdict,
        /// The answer, shortened to 2 KiB.
        response: String,
        /// What the provider says about when to come back, in milliseconds; longer than a minute ends the attempts.
        retry_after: Option<u64>,
        /// Why the `verify_command` of the step does not bear out the answer; `None` where it does, or nobody asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refuted: Option<String>,
    },
    /// A registered handler, a judge or a script reports an outcome as it is.
    Reported(Box<StepOutcome>),
    /// The attempt was stopped as [`super::Command::StopAttempt`] asked, and nothing of it is left.
    Stopped,
    /// The handler panicked or broke its protocol; with what is known.
    Crashed(String),
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = |f: &mut fmt::Formatter<'_>, verdict: &Verdict| match verdict {
            Verdict::Absent => Ok(()),
            Verdict::Invalid(what) => write!(f, ", with an invalid status file: {what}"),
            Verdict::Given(report) => write!(f, ", reports {}", report.outcome.as_str()),
        };
        match self {
            Evidence::Tool { end, verdict: said, .. } => write!(f, "{end}").and_then(|()| verdict(f, said)),
            Evidence::Model { end, verdict: said, .. } => write!(f, "{end}").and_then(|()| verdict(f, said)),
            Evidence::Reported(outcome) => write!(f, "reports {}", outcome.status.as_str()),
            Evidence::Stopped => f.write_str("stopped"),
            Evidence::Crashed(what) => write!(f, "crashed: {what}"),
        }
    }
}

/// Outcomes by their word, for values that lie in the log.
pub(crate) mod word {
    use super::{Deserialize, Deserializer, Outcome, Serializer};

    pub(crate) fn serialize<S: Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(outcome.as_str())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Outcome, D::Error> {
        let word = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let known = Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == word);
        known.ok_or_else(|| serde::de::Error::custom(format!("`{word}` is no outcome")))
    }
}
