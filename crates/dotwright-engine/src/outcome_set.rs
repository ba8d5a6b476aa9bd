//! Sets of outcomes, as edges and rules compare them.

use std::fmt;

use dotwright_model::{Outcome, Profile};

/// A set of outcomes, and whether words beside the closed set are possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct OutcomeSet(u8);

impl OutcomeSet {
    /// No outcome.
    pub const EMPTY: OutcomeSet = OutcomeSet(0);
    /// Only success.
    pub const SUCCESS: OutcomeSet = OutcomeSet(1 << Outcome::Success as u8);
    /// Only failure.
    pub const FAIL: OutcomeSet = OutcomeSet(1 << Outcome::Fail as u8);
    /// Success and failure.
    pub const SUCCESS_OR_FAIL: OutcomeSet = Self::SUCCESS.union(Self::FAIL);
    /// Success, partial success and failure: what edge selection can see in the default profile.
    pub const ROUTABLE: OutcomeSet =
        Self::SUCCESS_OR_FAIL.union(OutcomeSet(1 << Outcome::PartialSuccess as u8));
    /// Words of the author's or model's own, which some profiles route.
    pub const CUSTOM: OutcomeSet = OutcomeSet(1 << 7);
    /// Anything at all.
    pub const ANY: OutcomeSet = Self::ROUTABLE.union(Self::CUSTOM);

    /// The outcomes that a profile has, and words beside them.
    pub fn known_to(profile: &Profile) -> OutcomeSet {
        let has = |outcome: &Outcome| profile.outcome_word(*outcome).is_some();
        Outcome::ALL.into_iter().filter(has).fold(Self::CUSTOM, |set, outcome| set.union(Self::of(outcome)))
    }

    /// The set of one outcome.
    pub const fn of(outcome: Outcome) -> OutcomeSet {
        OutcomeSet(1 << outcome as u8)
    }

    /// Both sets.
    #[must_use]
    pub const fn union(self, other: OutcomeSet) -> OutcomeSet {
        OutcomeSet(self.0 | other.0)
    }

    /// What is in both sets.
    #[must_use]
    pub const fn intersection(self, other: OutcomeSet) -> OutcomeSet {
        OutcomeSet(self.0 & other.0)
    }

    /// What is in this set and not in `other`.
    #[must_use]
    pub const fn without(self, other: OutcomeSet) -> OutcomeSet {
        OutcomeSet(self.0 & !other.0)
    }

    /// True when `outcome` is in the set.
    pub const fn contains(self, outcome: Outcome) -> bool {
        self.0 & 1 << outcome as u8 != 0
    }

    /// True when words beside the closed set are possible.
    pub const fn has_custom(self) -> bool {
        self.0 & Self::CUSTOM.0 != 0
    }

    /// True when nothing is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The outcomes of the closed set, in their order.
    pub fn iter(self) -> impl Iterator<Item = Outcome> {
        Outcome::ALL.into_iter().filter(move |&outcome| self.contains(outcome))
    }

    /// The words of a profile for the set, each in back-ticks: "`success` and `fail`".
    pub fn words(self, profile: &Profile) -> String {
        self.joined(profile, "and")
    }

    /// The words of a profile for the set as alternatives: "`success` or `fail`".
    pub fn alternatives(self, profile: &Profile) -> String {
        self.joined(profile, "or")
    }

    fn joined(self, profile: &Profile, conjunction: &str) -> String {
        let count = self.iter().filter(|&outcome| profile.outcome_word(outcome).is_some()).count();
        let mut text = String::with_capacity(20 * count);
        for (index, word) in self.iter().filter_map(|outcome| profile.outcome_word(outcome)).enumerate() {
            let before = match index {
                0 => &[][..],
                last if last + 1 == count => &[" ", conjunction, " "],
                _ => &[", "],
            };
            text.extend(before.iter().copied().chain(["`", word, "`"]));
        }
        text
    }
}

impl fmt::Display for OutcomeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<&str> = self.iter().map(Outcome::as_str).collect();
        if self.has_custom() {
            words.push("other words");
        }
        f.write_str(&words.join(", "))
    }
}
