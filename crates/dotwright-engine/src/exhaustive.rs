//! Pairs of conditions that leave nothing open.

use std::collections::BTreeSet;

use dotwright_model::{EdgeId, Outcome, Pipeline};

use crate::condition::{Fact, Key, facts};

/// True when two of the edges have the conditions `k=v` and `k!=v`, so that one of them always holds.
pub(crate) fn complement_pair(pipeline: &Pipeline, edges: &[EdgeId]) -> bool {
    let mut seen: BTreeSet<Fact<'_>> = BTreeSet::new();
    for condition in edges.iter().filter_map(|&edge| pipeline.condition(edge)) {
        if condition.condition.clauses().len() != 1 {
            continue;
        }
        let Some(fact) = facts(condition.condition, condition.text).and_then(|mut facts| facts.pop()) else {
            continue;
        };
        if seen.contains(&Fact { equal: !fact.equal, ..fact.clone() }) {
            return true;
        }
        seen.insert(fact);
    }
    false
}

/// True when for this outcome some edge always holds: `k=v` and `k!=v`, or `k=a`, `k=b` and `k!=a && k!=b`, each
/// beside clauses on the outcome that it satisfies. A condition that is no plain conjunction may close the gap too, so
/// with one of those nothing is called open.
pub(crate) fn leaves_nothing(pipeline: &Pipeline, edges: &[EdgeId], outcome: Outcome) -> bool {
    let mut required: BTreeSet<Fact<'_>> = BTreeSet::new();
    let mut exclusions: Vec<Vec<Fact<'_>>> = Vec::new();
    for condition in edges.iter().filter_map(|&edge| pipeline.condition(edge)) {
        let Some(facts) = facts(condition.condition, condition.text) else {
            let profile = pipeline.profile();
            let holds =
                crate::condition::holds_for_outcome(condition.condition, condition.text, outcome, profile);
            if holds.is_none() {
                return true;
            }
            continue;
        };
        let satisfied =
            |fact: &Fact<'_>| (pipeline.profile().outcome(&fact.literal) == Some(outcome)) == fact.equal;
        let (on_outcome, others): (Vec<Fact<'_>>, Vec<Fact<'_>>) =
            facts.into_iter().partition(|fact| fact.key == Key::Outcome);
        if !on_outcome.iter().all(satisfied) {
            continue;
        }
        let one_key = others.windows(2).all(|pair| matches!(pair, [a, b] if a.key == b.key));
        match others.as_slice() {
            [fact] if fact.equal => {
                required.insert(fact.clone());
            }
            [] => return true,
            _ if one_key && others.iter().all(|fact| !fact.equal) => exclusions.push(others),
            _ => {}
        }
    }
    exclusions
        .iter()
        .any(|excluded| excluded.iter().all(|fact| required.contains(&Fact { equal: true, ..fact.clone() })))
}
