//! Steps of registered types: a program that reads one `execute` line and answers with a `result` line (section 2).

use dotwright_engine::run::{AttemptSpec, Evidence, FailureClass, Plan, State, StepOutcome};
use dotwright_model::{Outcome, Pipeline};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::process::{Ending, Finished};
use crate::status_file::updates;

/// The line that starts the step.
pub(crate) fn execute_line(plan: &Plan, state: &State, spec: &AttemptSpec, run: &str) -> Vec<u8> {
    let attempt = spec.attempt;
    let node = attempt.visit.node;
    let line = json!({
        "type": "execute",
        "run": run,
        "node": plan.name(node),
        "visit": attempt.visit.visit,
        "attempt": attempt.attempt,
        "attributes": attributes(plan.pipeline(), spec),
        "context": state.context(plan, spec.walk).all(),
    });
    let mut line = line.to_string().into_bytes();
    line.push(b'\n');
    line
}

fn attributes(pipeline: &Pipeline, spec: &AttemptSpec) -> Map<String, Value> {
    let node = spec.attempt.visit.node.id();
    let written = pipeline.default_attributes(node).chain(pipeline.own_attributes(node));
    written
        .map(|attribute| (attribute.name().into_owned(), Value::from(attribute.text().into_owned())))
        .collect()
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    Event {},
    Result(Box<Written>),
}

#[derive(Deserialize)]
struct Written {
    outcome: String,
    #[serde(default)]
    class: Option<String>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    preferred_label: String,
    #[serde(default)]
    suggested_next_ids: Vec<String>,
    #[serde(default)]
    context_updates: Map<String, Value>,
    #[serde(default)]
    notes: String,
}

/// What the end of the program proves. `output` is all that it wrote.
pub(crate) fn evidence(finished: &Finished, output: &[u8]) -> Evidence {
    let failed = |class, reason: &str| Evidence::Reported(Box::new(StepOutcome::fail(class, reason)));
    match finished.ending {
        Ending::Stopped => return Evidence::Stopped,
        Ending::TimedOut => return failed(FailureClass::Timeout, "out of time"),
        Ending::Stalled => return failed(FailureClass::Stalled, "no progress"),
        Ending::Exited(0) => {}
        Ending::Exited(code) => return Evidence::Crashed(format!("the handler ended with exit code {code}")),
        Ending::Signalled(signal) => {
            return Evidence::Crashed(format!("the handler was ended by signal {signal}"));
        }
    }
    let mut result = None;
    for line in output.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        match (serde_json::from_slice(line), &result) {
            (Ok(Said::Event {}), None) => {}
            (Ok(Said::Result(written)), None) => result = Some(written),
            (Ok(_), Some(_)) => return Evidence::Crashed("the handler went on after its result".to_owned()),
            (Err(error), _) => {
                return Evidence::Crashed(format!("the handler wrote a line that is no message: {error}"));
            }
        }
    }
    let Some(written) = result else { return Evidence::Crashed("the handler gave no result".to_owned()) };
    let Some(status) = Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == written.outcome) else {
        return failed(FailureClass::InvalidStatus, &format!("`{}` is no outcome", written.outcome));
    };
    let class = written.class.as_deref().and_then(FailureClass::from_word);
    Evidence::Reported(Box::new(StepOutcome {
        status,
        class: class.filter(|_| status == Outcome::Fail),
        reason: written.reason,
        preferred_label: written.preferred_label,
        suggested_next_ids: written.suggested_next_ids,
        context_updates: updates(written.context_updates),
        notes: written.notes,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(code: i32) -> Finished {
        Finished {
            ending: Ending::Exited(code),
            stdout: Default::default(),
            stderr: Default::default(),
            began: true,
            leftovers: false,
        }
    }

    #[test]
    fn events_may_come_before_the_result() {
        let output = b"{\"type\":\"event\",\"text\":\"x\"}\n{\"type\":\"result\",\"outcome\":\"success\",\"notes\":\"n\"}\n";
        let expected = StepOutcome { notes: "n".to_owned(), ..StepOutcome::success() };
        assert_eq!(evidence(&ended(0), output), Evidence::Reported(Box::new(expected)));
    }

    #[test]
    fn a_broken_protocol_is_a_crash() {
        for output in ["", "done\n", "{\"type\":\"result\",\"outcome\":\"success\"}\n{\"type\":\"event\"}\n"]
        {
            assert!(matches!(evidence(&ended(0), output.as_bytes()), Evidence::Crashed(_)), "{output}");
        }
        assert!(matches!(evidence(&ended(1), b""), Evidence::Crashed(_)));
    }
}
