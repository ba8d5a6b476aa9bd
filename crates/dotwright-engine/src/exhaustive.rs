//! Pairs of conditions that leave nothing open.

use dotwright_model::{EdgeId, Outcome, Pipeline};

use crate::condition::{Fact, Key, read_facts};

/// True when two of the edges have the conditions `k=v` and `k!=v`, so that one of them always holds.
pub(crate) fn complement_pair(pipeline: &Pipeline, edges: &[EdgeId]) -> bool {
    let mut facts = Vec::new();
    let mut single: Vec<Fact<'_>> = Vec::with_capacity(edges.len());
    for condition in edges.iter().filter_map(|&edge| pipeline.condition(edge)) {
        let is_single = condition.condition.clauses().len() == 1;
        if is_single && read_facts(condition.condition, condition.text, &mut facts) {
            single.append(&mut facts);
        }
    }
    single.sort_unstable_by(|a, b| (&a.key, &a.literal, a.equal).cmp(&(&b.key, &b.literal, b.equal)));
    single
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a.key == b.key && a.literal == b.literal && a.equal != b.equal))
}

/// True when for this outcome some edge always holds: `k=v` and `k!=v`, or `k=a`, `k=b` and `k!=a && k!=b`, each
/// beside clauses on the outcome that it satisfies. A condition that is no plain conjunction may close the gap too, so
/// with one of those nothing is called open.
pub(crate) fn leaves_nothing(pipeline: &Pipeline, edges: &[EdgeId], outcome: Outcome) -> bool {
    let profile = pipeline.profile();
    let mut required: Vec<Fact<'_>> = Vec::new();
    let mut exclusions: Vec<Vec<Fact<'_>>> = Vec::new();
    let mut facts = Vec::new();
    for condition in edges.iter().filter_map(|&edge| pipeline.condition(edge)) {
        if !read_facts(condition.condition, condition.text, &mut facts) {
            let holds =
                crate::condition::holds_for_outcome(condition.condition, condition.text, outcome, profile);
            if holds.is_none() {
                return true;
            }
            continue;
        }
        let satisfied = |fact: &Fact<'_>| (profile.outcome(&fact.literal) == Some(outcome)) == fact.equal;
        if !facts.iter().filter(|fact| fact.key == Key::Outcome).all(satisfied) {
            continue;
        }
        facts.retain(|fact| fact.key != Key::Outcome);
        let one_key = facts.windows(2).all(|pair| matches!(pair, [a, b] if a.key == b.key));
        match facts.as_slice() {
            [fact] if fact.equal => required.append(&mut facts),
            [] => return true,
            _ if one_key && facts.iter().all(|fact| !fact.equal) => {
                exclusions.push(std::mem::take(&mut facts))
            }
            _ => {}
        }
    }
    required.sort_unstable();
    let is_required = |fact: &Fact<'_>| required.binary_search(&Fact { equal: true, ..fact.clone() }).is_ok();
    exclusions.iter().any(|excluded| excluded.iter().all(is_required))
}
