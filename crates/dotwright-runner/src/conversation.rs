//! Conversations of model steps under `full` fidelity (section 18): which one a step belongs to, and what was said.
//!
//! A command keeps nothing between two steps, so it gets the whole conversation as text.

use std::collections::BTreeMap;

use dotwright_engine::run::{AttemptSpec, Plan, State, WalkId};
use dotwright_model::{AttributeKey, class_of_label};
use serde::{Deserialize, Serialize};

use crate::attributes::{graph, text};
use crate::blobs::Blobs;
use crate::capture::ends_of;

/// What is given of one turn at most.
const LONGEST: usize = 256 << 10;

/// What was asked and what was answered, as digests of blobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Without what went before.
    pub prompt: String,
    /// All of it.
    pub answer: String,
}

/// The turns of each conversation, oldest first.
pub(crate) type Conversations = BTreeMap<String, Vec<Turn>>;

/// The conversation that a step goes on with. Two branches never share one.
pub(crate) fn thread(plan: &Plan, state: &State, spec: &AttemptSpec) -> String {
    let pipeline = plan.pipeline();
    let node = spec.attempt.visit.node;
    let on_edge = spec.edge.and_then(|edge| pipeline.edge_attribute(edge.id(), AttributeKey::THREAD_ID));
    let key = text(pipeline, node, AttributeKey::THREAD_ID)
        .or_else(|| on_edge.filter(|key| !key.is_blank()).map(|key| key.text().into_owned()))
        .or_else(|| graph(pipeline, AttributeKey::DEFAULT_THREAD_ID))
        .or_else(|| class_around(plan, spec))
        .or_else(|| spec.previous.map(|previous| plan.name(previous).to_owned()))
        .unwrap_or_default();
    match spec.walk {
        WalkId::MAIN => key,
        walk => format!("{key} {}", state.branch_path(plan, walk)),
    }
}

/// The class of the nearest subgraph with a label.
fn class_around(plan: &Plan, spec: &AttemptSpec) -> Option<String> {
    let pipeline = plan.pipeline();
    let label = |subgraph| pipeline.subgraph_attribute(subgraph, AttributeKey::LABEL);
    let around = pipeline.subgraphs_around(spec.attempt.visit.node.id());
    around.filter_map(label).map(|label| class_of_label(&label.text())).find(|class| !class.is_empty())
}

/// A conversation as text; the empty text for one that has not begun.
pub(crate) fn transcript(turns: &[Turn], blobs: &Blobs) -> std::io::Result<String> {
    let mut text = String::new();
    for turn in turns {
        for (who, digest) in [("You were asked", &turn.prompt), ("You answered", &turn.answer)] {
            let said = blobs.get(digest)?;
            let said = ends_of(String::from_utf8_lossy(&said).trim(), LONGEST);
            text.push_str(&format!("{who}:\n{said}\n\n"));
        }
    }
    if !text.is_empty() {
        text = format!("The conversation so far.\n\n{text}It goes on.\n\n");
    }
    Ok(text)
}
