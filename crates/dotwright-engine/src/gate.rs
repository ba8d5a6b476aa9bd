//! Human gates: which answers a gate offers, and which answer a text is (runner reference, section 14).

use std::collections::{HashMap, HashSet};

use dotwright_model::{ChoiceMatch, EdgeId, NodeId, Outcome, Pipeline};

use crate::condition::holds_for_outcome;
use crate::label::{accelerator, accelerator_key, label_text, normalise_label};

/// An answer that a human gate offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The edge it follows.
    pub edge: EdgeId,
    /// The key that chooses it, as its label gives it. Keys that collide are replaced by numbers at run time.
    pub key: String,
    /// True when the label carries the key itself.
    pub has_accelerator: bool,
    /// The label without its key, or the target's id.
    pub text: String,
    /// The target's id.
    pub target: String,
}

/// The answers of a human gate in file order: plain out-edges, and labelled ones whose condition can hold for a
/// success. An edge with a condition such as `outcome=fail` is the way of an unanswered gate.
pub fn choices(pipeline: &Pipeline, gate: NodeId) -> Vec<Choice> {
    let offered = |&edge: &EdgeId| match pipeline.condition(edge) {
        None => true,
        Some(condition) => {
            let profile = pipeline.profile();
            pipeline.edge_label(edge).is_some()
                && holds_for_outcome(condition.condition, condition.text, Outcome::Success, profile)
                    != Some(false)
        }
    };
    pipeline
        .outgoing(gate)
        .iter()
        .copied()
        .filter(offered)
        .map(|edge| {
            let target = pipeline.id(pipeline.target_of(edge));
            let label = pipeline.edge_label(edge).map_or(target.into(), |label| label.text());
            Choice {
                edge,
                key: accelerator_key(&label),
                has_accelerator: accelerator(&label).is_some(),
                text: label_text(&label).to_owned(),
                target: target.to_owned(),
            }
        })
        .collect()
}

/// Gives choices whose keys collide numbers instead: their places among the choices, from 1, or the next number that is
/// free.
pub fn make_keys_distinct(choices: &mut [Choice]) {
    let keys: Vec<String> = choices.iter().map(|choice| choice.key.to_uppercase()).collect();
    let mut times: HashMap<&str, u32> = HashMap::new();
    for key in &keys {
        *times.entry(key).or_default() += 1;
    }
    let mut taken: HashSet<String> =
        times.iter().filter(|(_, times)| **times == 1).map(|(key, _)| (*key).to_owned()).collect();
    for (place, (choice, key)) in choices.iter_mut().zip(&keys).enumerate() {
        if times.get(key.as_str()) == Some(&1) {
            continue;
        }
        let numbers = (place + 1..).map(|number| number.to_string());
        if let Some(number) = numbers.into_iter().find(|number| !taken.contains(number)) {
            taken.insert(number.clone());
            choice.key = number;
        }
    }
}

/// The choices that an answer names: by key, else by label, else by target, each without regard to case.
pub fn matching<'c>(choices: &'c [Choice], answer: &str) -> Vec<&'c Choice> {
    let ways = [ChoiceMatch::Key, ChoiceMatch::Label, ChoiceMatch::Target];
    let by = |way| choices.iter().filter(|choice| is_match(choice, answer, way)).collect::<Vec<_>>();
    ways.into_iter().map(by).find(|found| !found.is_empty()).unwrap_or_default()
}

/// True when an answer names a choice in this way, without regard to case.
pub fn is_match(choice: &Choice, answer: &str, way: ChoiceMatch) -> bool {
    let answer = answer.trim();
    match way {
        ChoiceMatch::Key => choice.key.to_lowercase() == answer.to_lowercase(),
        ChoiceMatch::Label => normalise_label(&choice.text) == normalise_label(answer),
        ChoiceMatch::Target => choice.target.to_lowercase() == answer.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use dotwright_model::Profile;

    use super::*;

    #[test]
    fn answers_are_matched_without_regard_to_case_in_every_script() {
        let source =
            "digraph { ask [shape=hexagon] ask -> a [label=\"\u{c4}ndern\"] ask -> b [label=Weiter] }";
        let pipeline = Pipeline::parse(source, Profile::default());
        let choices = choices(&pipeline, pipeline.node_by_id("ask").unwrap());
        for answer in ["\u{e4}", "\u{c4}", "\u{e4}NDERN", "A"] {
            let found: Vec<&str> =
                matching(&choices, answer).into_iter().map(|choice| choice.target.as_str()).collect();
            assert_eq!(found, ["a"], "{answer}");
        }
    }
}
