//! The questions on which runners differ, one enum for each, so that rules and the engine ask the profile and never
//! name one.

/// What a diamond hands to its edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiamondOutcome {
    /// The outcome of the step before it.
    Forward,
    /// Always success.
    Success,
}

/// Whether a failed step that no condition takes may follow a plain edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailedStep {
    /// Only into a diamond that inspects the outcome (runner reference, section 8).
    Strict,
    /// Like any other step.
    Follow,
    /// If the step also has a conditional edge.
    FollowBesideConditional,
    /// If the target says so with `runs_on`.
    IfTargetRunsOn,
    /// Never.
    Never,
}

/// What happens when no condition holds, there is no plain edge, and the step did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoute {
    /// The run fails.
    Fail,
    /// The run ends as a success.
    Success,
    /// An edge is taken although its condition is false.
    TakeFalseEdge,
    /// The node's retry targets are tried, then the run fails.
    NodeTargets,
}

/// What a step without out-edges means when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadEnd {
    /// The run fails.
    Fail,
    /// The run ends as a success, without a look at the goal gates.
    Success,
}

/// What a goal gate counts for that was never visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnvisitedGate {
    /// It holds the exit.
    Unsatisfied,
    /// It is not asked.
    Ignored,
}

/// Which edge is taken when several conditions hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeveralConditions {
    /// The highest weight, then the smallest target id.
    WeightThenId,
    /// The first in the file.
    FileOrder,
    /// All of them in parallel if they meet again.
    AllIfTheyMeet,
}

/// Which edges a preferred label is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelRouting {
    /// Edges without condition.
    PlainEdges,
    /// All edges.
    AllEdges,
}

/// How far a branch of a fan-out goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BranchScope {
    /// A walk up to the join, which may be any node.
    SubWalk,
    /// The same in a working tree of its own.
    SubWalkInWorktree,
    /// A walk up to the next fan-in node.
    SubWalkToFanIn,
    /// One handler call.
    SingleNode,
}

/// Status of a `wait_all` region of which some branches failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionFailure {
    /// Failure.
    Fail,
    /// Partial success.
    Partial,
    /// Success as long as one branch succeeded.
    SuccessIfAny,
}

/// Whether a failure is repeated when `max_retries` allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryFailures {
    /// Depends on the failure class.
    ByClass,
    /// Only a step that asks for it is repeated.
    Never,
}

/// What a human gate does with an answer that matches no choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnmatchedAnswer {
    /// Asks again, or stays open and pauses the run.
    Pause,
    /// Takes the first choice.
    FirstChoice,
}

/// What `human.default_choice` may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChoiceMatch {
    /// The accelerator key.
    Key,
    /// The edge label.
    Label,
    /// The id of the target node.
    Target,
}

/// What a duration without unit means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntegerDuration {
    /// Seconds.
    Seconds,
    /// Nothing the text of the program defines.
    Undefined,
    /// Zero.
    Zero,
    /// As if the attribute were absent.
    Ignored,
    /// The step fails.
    Error,
}

/// What quotes do to a number or a boolean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotedLiterals {
    /// Nothing: the attribute decides the type.
    Typed,
    /// They make it text, so the value is not read.
    Text,
}

/// Which keys a condition may name without a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BareKeys {
    /// Those in `condition_keys`.
    Listed,
    /// Any context key.
    Any,
}

/// What a property of the model stylesheet does that is not in `style_properties`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownStyleProperty {
    /// It is kept and reported.
    Reported,
    /// It is dropped.
    Ignored,
    /// It becomes an attribute of the node like any other.
    Read,
    /// The file is refused.
    Refused,
}

/// What a shape outside the table means on a node without `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownShape {
    /// The node is a model step.
    LlmStep,
    /// The file is refused.
    Refused,
}

/// What a `type` means that no handler is registered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownType {
    /// The run does not start.
    Refused,
    /// The shape decides.
    ByShape,
}

/// The shell that runs tool commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shell {
    /// `/bin/sh`
    Sh,
    /// `bash`
    Bash,
}
