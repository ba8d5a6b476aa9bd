//! Evidence to outcome: the table of section 3.3. Absence of evidence is failure, and nothing depends on words in free
//! text.

use dotwright_model::Outcome;

use super::context::Origin;
use super::id::NodeKey;
use super::outcome::{
    Evidence, FailureClass, ModelEnd, ProcessEnd, Report, StepOutcome, ToolOutput, Verdict,
};
use super::plan::{Detail, Plan};
use crate::context::reserved_writer;

/// An outcome with what the handler itself writes into the context.
pub(crate) struct Judged {
    pub(crate) outcome: StepOutcome,
    pub(crate) updates: Vec<(String, String)>,
    pub(crate) origin: Origin,
    pub(crate) retry_after: Option<u64>,
}

/// What an attempt of the node ended with.
pub(crate) fn judge(plan: &Plan, node: NodeKey, evidence: Evidence) -> Judged {
    let origin = Origin::of(plan.handler(node));
    let detail = plan.node(node).map(|node| &node.detail);
    let (outcome, updates, retry_after) = match evidence {
        Evidence::Tool { end, verdict, output } => {
            let success = [0];
            let expected = match detail {
                Some(Detail::Tool { expect_exit }) => expect_exit.as_slice(),
                Some(_) | None => &success,
            };
            (tool(end, verdict, expected), tool_keys(end, *output), None)
        }
        Evidence::Model { end, verdict, response, retry_after, refuted } => {
            let flags = match detail {
                Some(Detail::Model { require_verdict, auto_status }) => *require_verdict && !*auto_status,
                Some(_) | None => false,
            };
            let updates = match response.is_empty() {
                true => Vec::new(),
                false => vec![
                    (format!("response.{}", plan.name(node)), response.clone()),
                    ("last_response".to_owned(), response),
                ],
            };
            (verified(model(end, verdict, flags), refuted), updates, retry_after)
        }
        Evidence::Reported(outcome) => (reported(*outcome), Vec::new(), None),
        Evidence::Stopped => {
            let class = Some(FailureClass::Cancelled);
            let outcome = StepOutcome { status: Outcome::Skipped, class, ..StepOutcome::default() };
            (outcome, Vec::new(), None)
        }
        Evidence::Crashed(what) => (StepOutcome::fail(FailureClass::HandlerCrash, what), Vec::new(), None),
    };
    Judged { outcome, updates, origin, retry_after }
}

/// A command that says otherwise turns what would let the walk go on into a failure; what failed by itself stays as it is.
fn verified(outcome: StepOutcome, refuted: Option<String>) -> StepOutcome {
    match (outcome.status, refuted) {
        (Outcome::Success | Outcome::PartialSuccess | Outcome::Skipped, Some(reason)) => {
            StepOutcome { status: Outcome::Fail, class: Some(FailureClass::VerifyFailed), reason, ..outcome }
        }
        (Outcome::Fail | Outcome::Retry, Some(_)) | (_, None) => outcome,
    }
}

fn tool(end: ProcessEnd, verdict: Verdict, expected: &[i32]) -> StepOutcome {
    match end {
        ProcessEnd::Exited(code) if expected.contains(&code) => after_success(verdict),
        ProcessEnd::Exited(code @ (126 | 127)) => {
            let reason = format!("the command could not be run (exit code {code})");
            after_failure(FailureClass::CommandNotRunnable, reason, verdict)
        }
        ProcessEnd::Exited(code) => {
            after_failure(FailureClass::ExitNonzero, format!("exit code {code}"), verdict)
        }
        ProcessEnd::Signalled(signal) => {
            after_failure(FailureClass::Signal, format!("ended by signal {signal}"), verdict)
        }
        ProcessEnd::TimedOut => after_failure(FailureClass::Timeout, "out of time".to_owned(), verdict),
        ProcessEnd::NotStarted => after_failure(
            FailureClass::CommandNotRunnable,
            "the command could not be started".to_owned(),
            verdict,
        ),
    }
}

fn model(end: ModelEnd, verdict: Verdict, needs_verdict: bool) -> StepOutcome {
    let failed = |class, reason: &str, verdict| after_failure(class, reason.to_owned(), verdict);
    match (end, verdict) {
        (ModelEnd::Finished, Verdict::Absent) if needs_verdict => {
            StepOutcome::fail(FailureClass::NoVerdict, "the model gave no verdict")
        }
        (ModelEnd::Finished, Verdict::Absent) => {
            StepOutcome { notes: "implicit verdict".to_owned(), ..StepOutcome::success() }
        }
        (ModelEnd::Empty, Verdict::Absent) => {
            StepOutcome::fail(FailureClass::EmptyAnswer, "the model said nothing")
        }
        (ModelEnd::Finished | ModelEnd::Empty, verdict) => after_success(verdict),
        (ModelEnd::Truncated, verdict) => {
            failed(FailureClass::Truncated, "the answer reached the output limit", verdict)
        }
        (ModelEnd::Transient, verdict) => {
            failed(FailureClass::Transient, "the connection or the provider failed", verdict)
        }
        (ModelEnd::Refused, verdict) => {
            failed(FailureClass::ContentRefused, "a content filter blocked the answer", verdict)
        }
        (ModelEnd::Rejected, verdict) => {
            failed(FailureClass::RequestRejected, "the provider rejected the request", verdict)
        }
        (ModelEnd::TurnLimit, verdict) => failed(FailureClass::TurnLimit, "out of turns", verdict),
        (ModelEnd::Stalled, verdict) => failed(FailureClass::Stalled, "no progress", verdict),
        (ModelEnd::TimedOut, verdict) => failed(FailureClass::Timeout, "out of time", verdict),
    }
}

/// A step that did its work by itself: the verdict may name any word (section 3.4).
fn after_success(verdict: Verdict) -> StepOutcome {
    match verdict {
        Verdict::Absent => StepOutcome::success(),
        Verdict::Invalid(what) => StepOutcome::fail(FailureClass::InvalidStatus, what),
        Verdict::Given(report) => reported(outcome_of(report)),
    }
}

/// A step that failed by itself: the verdict can add to the failure or ask for a retry, and never rescues it.
fn after_failure(class: FailureClass, reason: String, verdict: Verdict) -> StepOutcome {
    let failure = StepOutcome::fail(class, reason);
    match verdict {
        Verdict::Absent | Verdict::Invalid(_) => failure,
        Verdict::Given(report) if has_reserved(&report.context_updates) => failure,
        Verdict::Given(report) if report.outcome == Outcome::Retry => outcome_of(report),
        Verdict::Given(report) => {
            let said = outcome_of(report);
            let reason = if said.reason.is_empty() { failure.reason } else { said.reason };
            StepOutcome { status: Outcome::Fail, class: Some(class), reason, ..said }
        }
    }
}

fn outcome_of(report: Report) -> StepOutcome {
    StepOutcome {
        status: report.outcome,
        class: None,
        reason: report.failure_reason,
        preferred_label: report.preferred_label,
        suggested_next_ids: report.suggested_next_ids,
        context_updates: report.context_updates,
        notes: report.notes,
    }
}

/// An outcome as a step reports it, with a class where the step gives none.
fn reported(outcome: StepOutcome) -> StepOutcome {
    if has_reserved(&outcome.context_updates) {
        return StepOutcome::fail(FailureClass::InvalidStatus, "the step writes a reserved context key");
    }
    match outcome.status {
        Outcome::Fail => {
            StepOutcome { class: Some(outcome.class.unwrap_or(FailureClass::Reported)), ..outcome }
        }
        Outcome::Success | Outcome::PartialSuccess | Outcome::Retry | Outcome::Skipped => outcome,
    }
}

fn has_reserved(updates: &[(String, Option<String>)]) -> bool {
    updates.iter().any(|(key, _)| reserved_writer(key).is_some())
}

/// All keys of section 15, on every attempt, so that none is stale.
fn tool_keys(end: ProcessEnd, output: ToolOutput) -> Vec<(String, String)> {
    let (code, signal) = match end {
        ProcessEnd::Exited(code) => (code.to_string(), String::new()),
        ProcessEnd::Signalled(signal) => (String::new(), signal.to_string()),
        ProcessEnd::TimedOut | ProcessEnd::NotStarted => (String::new(), String::new()),
    };
    [
        ("tool.exit_code", code),
        ("tool.signal", signal),
        ("tool.output", output.output),
        ("tool.stderr", output.stderr),
        ("tool.last_line", output.last_line),
        ("tool.output_blob", output.output_blob),
        ("tool.stderr_blob", output.stderr_blob),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}
