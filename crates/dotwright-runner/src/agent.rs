//! Model steps by a command: the prompt on its input, the answer on its output, the verdict in the status file.

use std::ffi::OsString;
use std::time::Duration;

use dotwright_engine::run::{Evidence, FailureClass, ModelEnd, NodeKey, Plan, StepOutcome, Verdict};
use dotwright_model::{AttributeKey, Outcome};

use crate::attributes::text;
use crate::capture::ends_of;
use crate::process::{Ending, Finished};

/// Without any output for this long, a model step is stalled (section 16).
pub(crate) const STALL: Duration = Duration::from_secs(30 * 60);

/// An answer in the context is at most this long.
const ANSWER: usize = 2 << 10;

/// What a backend is told about the model, by the attributes of the node.
pub(crate) fn variables(plan: &Plan, node: NodeKey) -> Vec<(OsString, OsString)> {
    let named = [
        ("ATTRACTOR_MODEL", AttributeKey::LLM_MODEL),
        ("ATTRACTOR_PROVIDER", AttributeKey::LLM_PROVIDER),
        ("ATTRACTOR_REASONING_EFFORT", AttributeKey::REASONING_EFFORT),
    ];
    let value = |key| text(plan.pipeline(), node, key);
    named.into_iter().filter_map(|(name, key)| Some((name.into(), value(key)?.into()))).collect()
}

/// What the end of a backend proves.
pub(crate) fn evidence(finished: Finished, verdict: Verdict) -> Evidence {
    let response = ends_of(&finished.stdout.text, ANSWER);
    let model =
        |end, verdict| Evidence::Model { end, verdict, response: response.clone(), retry_after: None };
    match finished.ending {
        Ending::Exited(0) if response.trim().is_empty() => model(ModelEnd::Empty, verdict),
        Ending::Exited(0) => model(ModelEnd::Finished, verdict),
        Ending::TimedOut => model(ModelEnd::TimedOut, verdict),
        Ending::Stalled => model(ModelEnd::Stalled, verdict),
        Ending::Stopped => Evidence::Stopped,
        Ending::Exited(code @ (126 | 127)) => {
            let reason = format!("the backend could not be run (exit code {code})");
            failed(FailureClass::CommandNotRunnable, reason, verdict)
        }
        Ending::Exited(code) => {
            failed(FailureClass::ExitNonzero, format!("the backend ended with exit code {code}"), verdict)
        }
        Ending::Signalled(signal) => {
            failed(FailureClass::Signal, format!("the backend was ended by signal {signal}"), verdict)
        }
    }
}

/// A backend that failed by itself: its status file can add to that, and ask for a retry (section 3.4).
fn failed(class: FailureClass, reason: String, verdict: Verdict) -> Evidence {
    let mut outcome = StepOutcome::fail(class, reason);
    if let Verdict::Given(report) = verdict {
        outcome.preferred_label = report.preferred_label;
        outcome.suggested_next_ids = report.suggested_next_ids;
        outcome.notes = report.notes;
        if !report.failure_reason.is_empty() {
            outcome.reason = report.failure_reason;
        }
        if report.outcome == Outcome::Retry {
            (outcome.status, outcome.class) = (Outcome::Retry, None);
        }
    }
    Evidence::Reported(Box::new(outcome))
}
