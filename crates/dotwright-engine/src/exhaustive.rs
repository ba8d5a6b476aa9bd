//! Pairs of conditions that leave nothing open.

use std::collections::HashSet;

use dotwright_model::{EdgeId, Pipeline};

use crate::condition::{Fact, facts};

/// True when two of the edges have the conditions `k=v` and `k!=v`, so that one of them always holds.
pub(crate) fn complement_pair(pipeline: &Pipeline, edges: &[EdgeId]) -> bool {
    let mut seen: HashSet<Fact<'_>> = HashSet::new();
    for condition in edges.iter().filter_map(|&edge| pipeline.condition(edge)) {
        let Some(mut facts) = facts(condition.condition, condition.text) else { continue };
        let (Some(fact), 0) = (facts.pop(), facts.len()) else { continue };
        if seen.contains(&Fact { equal: !fact.equal, ..fact.clone() }) {
            return true;
        }
        seen.insert(fact);
    }
    false
}
