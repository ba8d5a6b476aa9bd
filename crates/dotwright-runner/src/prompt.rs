//! What a model is told: what went before, the author's prompt, and how to report (sections 16 and 18).

use dotwright_engine::run::{AttemptSpec, ChildProgress, Plan, State, Trace};
use dotwright_model::AttributeKey;

use crate::attributes::{graph, list, text};
use crate::fidelity::{Fidelity, carried_over};

/// The prompt of an attempt in two parts.
pub(crate) struct Prompt {
    /// What went before.
    pub(crate) before: String,
    /// What is asked now.
    pub(crate) now: String,
}

/// The prompt of an attempt.
pub(crate) fn prompt(
    plan: &Plan,
    state: &State,
    trace: &Trace,
    spec: &AttemptSpec,
    run: &str,
    mode: Fidelity,
) -> Prompt {
    let node = spec.attempt.visit.node;
    let pipeline = plan.pipeline();
    let own =
        text(pipeline, node, AttributeKey::PROMPT).or_else(|| text(pipeline, node, AttributeKey::LABEL));
    let goal = graph(pipeline, AttributeKey::GOAL).unwrap_or_default();
    let mut parts = vec![with_goal(&own.unwrap_or_else(|| plan.name(node).to_owned()), &goal)];
    parts.extend(values(plan, state, spec));
    parts.extend(how_to_report(plan, spec));
    let before = carried_over(plan, state, trace, spec, run, mode) + "\n\n";
    Prompt { before, now: parts.join("\n\n") + "\n" }
}

/// The prompt of a manager whose model steers the child.
pub(crate) fn steering(
    plan: &Plan,
    state: &State,
    trace: &Trace,
    spec: &AttemptSpec,
    run: &str,
    child: &ChildProgress,
) -> String {
    let pipeline = plan.pipeline();
    let own = text(pipeline, spec.attempt.visit.node, AttributeKey::PROMPT).unwrap_or_default();
    let goal = graph(pipeline, AttributeKey::GOAL).unwrap_or_default();
    let before = carried_over(plan, state, trace, spec, run, Fidelity::Compact);
    let mut parts = vec![before, with_goal(&own, &goal)];
    parts.push(format!(
        "The child pipeline is at `{}` after {} visits. What you write is handed to its next model step.",
        child.node, child.visits
    ));
    parts.extend(values(plan, state, spec));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n") + "\n"
}

/// `$goal` in a text, in one pass and where no letter, digit or underscore follows.
fn with_goal(text: &str, goal: &str) -> String {
    let mut pieces = text.split("$goal");
    let mut made = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let goes_on = piece.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        made.push_str(if goes_on { "$goal" } else { goal });
        made.push_str(piece);
    }
    made
}

/// The context keys that the node reads.
fn values(plan: &Plan, state: &State, spec: &AttemptSpec) -> Option<String> {
    let context = state.context(plan, spec.walk);
    let keys = list(plan.pipeline(), spec.attempt.visit.node, AttributeKey::READS);
    let lines: Vec<String> =
        keys.iter().filter_map(|key| Some(format!("{key}:\n{}", context.get(key)?))).collect();
    (!lines.is_empty()).then(|| lines.join("\n\n"))
}

/// What the model can report, where the graph asks for it.
fn how_to_report(plan: &Plan, spec: &AttemptSpec) -> Option<String> {
    let pipeline = plan.pipeline();
    let node = spec.attempt.visit.node;
    let out = pipeline.outgoing(node.id());
    let tests = out.iter().any(|&edge| {
        let condition = pipeline.condition(edge);
        condition
            .is_some_and(|found| found.text.contains("outcome") || found.text.contains("preferred_label"))
    });
    let plain = out.iter().filter(|&&edge| pipeline.condition(edge).is_none());
    let labels: Vec<String> = plain
        .filter_map(|&edge| Some(pipeline.edge_label(edge)?.text().into_owned()))
        .filter(|label| !label.trim().is_empty())
        .collect();
    if !tests && labels.is_empty() {
        return None;
    }
    let mut text = "When you are done, write one JSON object to the file that the environment variable \
                    ATTRACTOR_STATUS_FILE names: {\"outcome\": \"success\"}. The outcome is one of success, \
                    partial_success, fail, retry; for the last two add \"failure_reason\"."
        .to_owned();
    if !labels.is_empty() {
        let quoted: Vec<String> = labels.iter().map(|label| format!("\"{label}\"")).collect();
        text.push_str(&format!(
            " To choose the way on, add \"preferred_label\", one of {}.",
            quoted.join(", ")
        ));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::with_goal;

    #[test]
    fn the_goal_needs_the_end_of_a_word_and_is_not_read_again() {
        assert_eq!(with_goal("do $goal, not $goals", "a $goal"), "do a $goal, not $goals");
        assert_eq!(with_goal("$goal", ""), "");
    }
}
