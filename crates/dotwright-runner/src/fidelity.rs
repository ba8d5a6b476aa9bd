//! How much of the past a model step sees (section 18): which mode counts for it, and the text that the mode gives.

use dotwright_engine::run::{AttemptSpec, EdgeKey, NodeKey, Plan, State, Trace, Visited, WalkId};
use dotwright_model::{AttributeKey, Pipeline};

use crate::attributes::{graph, text};
use crate::capture::ends_of;

/// Bytes of a token, by and large.
const TOKEN: usize = 4;

/// How much of the past a model step sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fidelity {
    /// The conversation goes on.
    Full,
    /// Goal and run only.
    Truncate,
    /// A list of the steps and their outcomes.
    Compact,
    /// Prose of about this many tokens.
    Summary(usize),
}

/// A mode that nobody knows.
pub(crate) struct Unknown(pub(crate) String);

impl Fidelity {
    fn parse(word: &str) -> Result<Fidelity, Unknown> {
        match word.trim() {
            "full" => Ok(Fidelity::Full),
            "truncate" => Ok(Fidelity::Truncate),
            "compact" => Ok(Fidelity::Compact),
            "summary:low" => Ok(Fidelity::Summary(600)),
            "summary:medium" => Ok(Fidelity::Summary(1500)),
            "summary:high" => Ok(Fidelity::Summary(3000)),
            other => Err(Unknown(other.to_owned())),
        }
    }

    /// The mode of a step that was reached over an edge, or by a jump.
    pub(crate) fn of(pipeline: &Pipeline, node: NodeKey, edge: Option<EdgeKey>) -> Result<Fidelity, Unknown> {
        let on_edge = edge.and_then(|edge| pipeline.edge_attribute(edge.id(), AttributeKey::FIDELITY));
        let word = on_edge
            .filter(|written| !written.is_blank())
            .map(|written| written.text().into_owned())
            .or_else(|| text(pipeline, node, AttributeKey::FIDELITY))
            .or_else(|| graph(pipeline, AttributeKey::DEFAULT_FIDELITY));
        word.map_or(Ok(Fidelity::Compact), |word| Fidelity::parse(&word))
    }
}

/// What stands in front of the author's prompt. `full` has its conversation besides.
pub(crate) fn carried_over(
    plan: &Plan,
    state: &State,
    trace: &Trace,
    spec: &AttemptSpec,
    run: &str,
    mode: Fidelity,
) -> String {
    let mut lines = vec![format!("Run: {run}")];
    lines.extend(graph(plan.pipeline(), AttributeKey::GOAL).map(|goal| format!("Goal: {goal}")));
    match mode {
        Fidelity::Full | Fidelity::Truncate => {}
        Fidelity::Compact => lines.extend(list(plan, state, trace, spec)),
        Fidelity::Summary(tokens) => lines.extend(prose(plan, state, trace, spec, tokens * TOKEN)),
    }
    lines.join("\n")
}

/// Steps that are over, with their outcomes.
fn steps(plan: &Plan, trace: &Trace, spec: &AttemptSpec) -> Vec<(NodeKey, String)> {
    let mut visits: Vec<_> = trace.visits(WalkId::MAIN).iter().collect();
    if spec.walk != WalkId::MAIN {
        visits.extend(trace.visits(spec.walk));
    }
    let over = visits.into_iter().filter_map(|visited| match visited {
        Visited::Node(visit) if *visit == spec.attempt.visit => None,
        Visited::Node(visit) => {
            let outcome = trace.outcomes.get(visit).map(|outcome| format!(" ({})", outcome.as_str()));
            Some((visit.node, format!("{}{}", plan.name(visit.node), outcome.unwrap_or_default())))
        }
        Visited::Region { .. } => None,
    });
    over.collect()
}

fn list(plan: &Plan, state: &State, trace: &Trace, spec: &AttemptSpec) -> Vec<String> {
    let steps: Vec<String> = steps(plan, trace, spec).into_iter().map(|(_, text)| text).collect();
    let mut lines = Vec::new();
    if !steps.is_empty() {
        lines.push(format!("Steps so far: {}", steps.join(", ")));
    }
    lines.extend(last_step(plan, state, spec));
    lines
}

fn last_step(plan: &Plan, state: &State, spec: &AttemptSpec) -> Vec<String> {
    let context = state.context(plan, spec.walk);
    let mut lines = Vec::new();
    if let (Some(stage), Some(outcome)) = (context.get("last_stage"), context.get("outcome")) {
        lines.push(format!("The last step, {stage}, ended with: {outcome}"));
    }
    lines.extend(context.get("failure_reason").map(|reason| format!("Its reason: {reason}")));
    lines
}

/// The same as sentences, with what the models said. The last steps matter most, so they are told first of all, and what
/// has no room any more are the oldest ones.
fn prose(plan: &Plan, state: &State, trace: &Trace, spec: &AttemptSpec, bytes: usize) -> Vec<String> {
    let context = state.context(plan, spec.walk);
    let steps = steps(plan, trace, spec);
    let share = bytes / 4;
    let mut told = Vec::new();
    let mut room = bytes;
    let mut said: Vec<NodeKey> = Vec::new();
    for (node, step) in steps.iter().rev() {
        let mut sentence = format!("Step {step} is over.");
        let answer = context.get(&format!("response.{}", plan.name(*node)));
        if let Some(answer) = answer.filter(|_| !said.contains(node)) {
            said.push(*node);
            sentence.push_str(&format!(" It said: {}", ends_of(answer.trim(), share)));
        }
        if sentence.len() > room {
            told.push(format!("{} earlier steps are left out.", steps.len() - told.len()));
            break;
        }
        room -= sentence.len();
        told.push(sentence);
    }
    told.reverse();
    told.extend(last_step(plan, state, spec));
    told
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dotwright_model::Profile;

    use super::*;

    #[track_caller]
    fn check(source: &str, expected: &str) {
        let plan = Plan::new(Arc::new(Pipeline::parse(source, Profile::default())));
        let edge = plan.pipeline().edges().next().map(EdgeKey::from);
        let found = Fidelity::of(plan.pipeline(), plan.node_by_name("b").unwrap(), edge);
        let found = found.map_or_else(|Unknown(word)| format!("unknown {word}"), |mode| format!("{mode:?}"));
        assert_eq!(found, expected, "{source}");
    }

    #[test]
    fn the_edge_counts_before_the_node_and_the_node_before_the_graph() {
        check("digraph { a -> b }", "Compact");
        check("digraph { default_fidelity=truncate a -> b }", "Truncate");
        check("digraph { default_fidelity=truncate b [fidelity=full] a -> b }", "Full");
        check(
            "digraph { default_fidelity=truncate b [fidelity=full] a -> b [fidelity=\"summary:low\"] }",
            "Summary(600)",
        );
        check("digraph { b [fidelity=\"\"] a -> b [fidelity=\" \"] }", "Compact");
        check("digraph { b [fidelity=ful] a -> b }", "unknown ful");
    }
}
