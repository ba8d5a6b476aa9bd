//! Model steps by a command: the prompt on its input, the answer on its output, the verdict in the status file.

use std::ffi::OsString;
use std::time::Duration;

use dotwright_engine::run::{Evidence, FailureClass, ModelEnd, NodeKey, Plan, StepOutcome, Verdict};
use dotwright_model::Outcome;

use crate::capture::ends_of;
use crate::process::{Ending, Finished};

/// Without any output for this long, a model step is stalled (section 16).
pub(crate) const STALL: Duration = Duration::from_secs(30 * 60);

/// An answer in the context is at most this long.
const ANSWER: usize = 2 << 10;

/// What a backend is told about the model: the node's own attributes, the stylesheet and the defaults count as for
/// everybody else (section 18).
pub(crate) fn variables(plan: &Plan, node: NodeKey) -> Vec<(OsString, OsString)> {
    let named = [
        ("ATTRACTOR_MODEL", "llm_model"),
        ("ATTRACTOR_PROVIDER", "llm_provider"),
        ("ATTRACTOR_REASONING_EFFORT", "reasoning_effort"),
    ];
    let value = |property| {
        let found = plan.pipeline().resolve_property(node.id(), property)?;
        let value = found.text.trim();
        (!value.is_empty()).then(|| value.into())
    };
    named.into_iter().filter_map(|(name, property)| Some((name.into(), value(property)?))).collect()
}

/// The model that a node names, by itself or by a stylesheet.
pub(crate) fn model(plan: &Plan, node: NodeKey) -> Option<String> {
    let named = plan.pipeline().resolve_property(node.id(), "llm_model")?;
    let model = named.text.trim();
    (!model.is_empty()).then(|| model.to_owned())
}

/// Bytes of what a backend that failed says about it.
const COMPLAINT: usize = 300;

/// What the end of a backend proves.
pub(crate) fn evidence(finished: Finished, verdict: Verdict) -> Evidence {
    let response = ends_of(&finished.stdout.text, ANSWER);
    let model = |end, verdict| Evidence::Model {
        end,
        verdict,
        response: response.clone(),
        retry_after: None,
        refuted: None,
    };
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
            // Most programs say in their last line what went wrong.
            let why = ends_of(finished.stderr.last_line.trim(), COMPLAINT);
            let why = if why.is_empty() { why } else { format!(": {why}") };
            let reason = format!("the backend ended with exit code {code}{why}");
            failed(FailureClass::ExitNonzero, reason, verdict)
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dotwright_model::{Pipeline, Profile};

    use super::*;

    #[test]
    fn the_model_of_a_stylesheet_reaches_the_backend_and_an_own_one_wins() {
        let source = "digraph { model_stylesheet=\"* { llm_model: big; llm_provider: some; }\"
            a [prompt=x]; b [prompt=x, llm_model=small, reasoning_effort=low] }";
        let plan = Plan::new(Arc::new(Pipeline::parse(source, Profile::default())));
        let told = |node: &str| {
            let variables = variables(&plan, plan.node_by_name(node).unwrap());
            let shown =
                variables.iter().map(|(name, value)| format!("{}={}", name.display(), value.display()));
            shown.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(told("a"), "ATTRACTOR_MODEL=big ATTRACTOR_PROVIDER=some");
        assert_eq!(told("b"), "ATTRACTOR_MODEL=small ATTRACTOR_PROVIDER=some ATTRACTOR_REASONING_EFFORT=low");
    }
}
