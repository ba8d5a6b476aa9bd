//! What each condition says about outcomes alone, worked out once: half of the analysis asks.

use dotwright_model::{EdgeId, Outcome, Pipeline};

use crate::condition::{holds_for_other_words, holds_for_outcome, tests_only_outcome};
use crate::outcome_set::OutcomeSet;

/// What a condition says when nothing but the outcome is known. Outcomes in neither set depend on something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Outcomes with which it holds for certain.
    pub(crate) holds: OutcomeSet,
    /// Outcomes with which it cannot hold.
    pub(crate) fails: OutcomeSet,
    /// True when every clause looks at the outcome.
    pub(crate) only_outcome: bool,
}

/// The verdicts of a pipeline's conditions.
#[derive(Debug)]
pub(crate) struct Verdicts(Vec<Option<Verdict>>);

impl Verdicts {
    pub(crate) fn new(pipeline: &Pipeline) -> Verdicts {
        let mut verdicts: Vec<Option<Verdict>> = Vec::new();
        for edge in pipeline.edges() {
            let Some(index) = pipeline.condition_index(edge) else { continue };
            if verdicts.len() <= index {
                verdicts.resize(index + 1, None);
            }
            if let Some(verdict) = verdicts.get_mut(index) {
                *verdict = verdict.or_else(|| Verdict::new(pipeline, edge));
            }
        }
        Verdicts(verdicts)
    }

    /// The verdict of an edge's condition; `None` for a plain edge.
    pub(crate) fn get(&self, pipeline: &Pipeline, edge: EdgeId) -> Option<Verdict> {
        self.0.get(pipeline.condition_index(edge)?).copied().flatten()
    }
}

impl Verdict {
    fn new(pipeline: &Pipeline, edge: EdgeId) -> Option<Verdict> {
        let (condition, text) = pipeline.condition(edge).map(|found| (found.condition, found.text))?;
        let profile = pipeline.profile();
        let mut verdict = Verdict {
            holds: OutcomeSet::EMPTY,
            fails: OutcomeSet::EMPTY,
            only_outcome: tests_only_outcome(condition, text),
        };
        for outcome in Outcome::ALL {
            let answer = holds_for_outcome(condition, text, outcome, profile);
            verdict.add(OutcomeSet::of(outcome), answer);
        }
        verdict.add(OutcomeSet::CUSTOM, holds_for_other_words(condition, text, profile));
        Some(verdict)
    }

    fn add(&mut self, outcomes: OutcomeSet, answer: Option<bool>) {
        match answer {
            Some(true) => self.holds = self.holds.union(outcomes),
            Some(false) => self.fails = self.fails.union(outcomes),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use dotwright_model::Profile;

    use super::*;

    #[track_caller]
    fn check(condition: &str, holds: &str, fails: &str, only_outcome: bool) {
        let source = format!("digraph {{ a -> b [condition=\"{condition}\"] }}");
        let pipeline = Pipeline::parse(&source, Profile::default());
        let edge = pipeline.edges().next().unwrap();
        let verdict = Verdicts::new(&pipeline).get(&pipeline, edge).unwrap();
        let named = |outcomes: OutcomeSet| outcomes.intersection(OutcomeSet::ROUTABLE).to_string();
        assert_eq!((named(verdict.holds).as_str(), named(verdict.fails).as_str()), (holds, fails));
        assert_eq!(verdict.only_outcome, only_outcome);
    }

    #[test]
    fn a_condition_on_the_outcome_decides_every_outcome() {
        check("outcome=fail", "fail", "success, partial_success", true);
        check("outcome!=fail", "success, partial_success", "fail", true);
    }

    #[test]
    fn what_the_context_decides_is_in_neither_set() {
        check("context.k=1", "", "", false);
        check("outcome=success && context.k=1", "", "partial_success, fail", false);
    }

    #[test]
    fn a_plain_edge_has_none() {
        let pipeline = Pipeline::parse("digraph { a -> b }", Profile::default());
        let edge = pipeline.edges().next().unwrap();
        assert_eq!(Verdicts::new(&pipeline).get(&pipeline, edge), None);
    }
}
