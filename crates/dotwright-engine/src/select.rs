//! Edge selection: which out-edge a step takes (runner reference, sections 5 and 8, steps 1 to 3).

use dotwright_model::Outcome;

use crate::label::normalise_label;

/// An out-edge as selection sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate<'c> {
    /// The id of its target.
    pub target: &'c str,
    /// Whether its condition holds; `None` without a condition.
    pub condition: Option<bool>,
    /// Its label, or the empty text.
    pub label: &'c str,
    /// Its weight.
    pub weight: i32,
    /// Whether it carries a failure although it is plain: into a diamond that inspects the outcome, or out of a
    /// diamond.
    pub carries_failure: bool,
}

/// What a step says about its way on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended<'c> {
    /// How it ended.
    pub outcome: Outcome,
    /// The label it prefers, or the empty text.
    pub preferred_label: &'c str,
    /// Targets it suggests, the best one first.
    pub suggested: &'c [&'c str],
}

/// The step of section 5 that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A condition holds.
    Condition,
    /// The preferred label names the edge.
    Label,
    /// A suggested id names the target.
    Suggestion,
    /// A plain edge, by weight and then by target id.
    Plain,
}

/// The index of the edge that is taken, and why. `None` when no edge can be taken.
pub fn select_edge(candidates: &[Candidate<'_>], ended: &Ended<'_>) -> Option<(usize, Step)> {
    if let Some(index) = best(candidates, |candidate| candidate.condition == Some(true)) {
        return Some((index, Step::Condition));
    }
    let plain = |candidate: &Candidate<'_>| candidate.condition.is_none();
    if !ended.preferred_label.is_empty() {
        let wanted = normalise_label(ended.preferred_label);
        let labelled =
            |c: &Candidate<'_>| plain(c) && !c.label.is_empty() && normalise_label(c.label) == wanted;
        if let Some(index) = candidates.iter().position(labelled) {
            return Some((index, Step::Label));
        }
    }
    for suggested in ended.suggested {
        if let Some(index) = candidates.iter().position(|c| plain(c) && c.target == *suggested) {
            return Some((index, Step::Suggestion));
        }
    }
    let failed = ended.outcome == Outcome::Fail;
    best(candidates, |c| plain(c) && (!failed || c.carries_failure)).map(|index| (index, Step::Plain))
}

/// The highest weight, then the smallest target id, then the first in the file.
fn best(candidates: &[Candidate<'_>], eligible: impl Fn(&Candidate<'_>) -> bool) -> Option<usize> {
    let eligible = candidates.iter().enumerate().filter(|(_, candidate)| eligible(candidate));
    let rank = |candidate: &Candidate<'_>| std::cmp::Reverse(candidate.weight);
    eligible
        .min_by(|(i, a), (j, b)| (rank(a), a.target.as_bytes(), i).cmp(&(rank(b), b.target.as_bytes(), j)))
        .map(|(index, _)| index)
}
