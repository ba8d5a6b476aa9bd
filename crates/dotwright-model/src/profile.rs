//! A profile: how one runner reads pipelines. The answers are in `data/profiles.toml` and `data/shapes.toml`.

use dotwright_diagnostics::Severity;

use crate::{
    AttributeKey, AttributeSchema, BareKeys, BranchScope, ChoiceMatch, DeadEnd, DiamondOutcome, FailedStep,
    Handler, IntegerDuration, LabelRouting, NoRoute, Operator, OperatorSet, Outcome, QuotedLiterals,
    RegionFailure, RetryFailures, Scope, SeveralConditions, Shell, UnknownShape, UnknownStyleProperty,
    UnknownType, UnmatchedAnswer, UnvisitedGate,
};

/// How one runner reads pipelines.
#[derive(Debug, PartialEq, Eq)]
pub struct Profile {
    /// The name that configuration and `--profile` take.
    pub name: &'static str,
    /// One line about it.
    pub docs: &'static str,
    /// The name of the program in [`AttributeSchema::readers`].
    pub reader: &'static str,

    /// Shapes it knows, with their handlers.
    pub shapes: &'static [(&'static str, Handler)],
    /// Values of `type` it knows, with their handlers.
    pub types: &'static [(&'static str, Handler)],
    /// Handler of a node without `shape` and `type`; `None` where that is refused.
    pub omitted_shape: Option<Handler>,
    /// What any other shape means.
    pub unknown_shape: UnknownShape,
    /// What any other `type` means.
    pub unknown_type: UnknownType,
    /// Ids that make a node without shape and type the start.
    pub start_ids: &'static [&'static str],
    /// Ids that make a node without shape and type the exit.
    pub exit_ids: &'static [&'static str],
    /// Whether letter case counts in the two lists of ids.
    pub ids_ignore_case: bool,
    /// Whether a graph may have several exits.
    pub multiple_exits: bool,
    /// Attribute names it reads in place of another.
    pub aliases: &'static [Alias],

    /// Its words for outcomes; an outcome it does not have is absent.
    pub outcome_words: &'static [OutcomeWord],
    /// Whether letter case counts in them.
    pub outcomes_ignore_case: bool,
    /// Whether a model step may make up words of its own.
    pub custom_outcomes: bool,
    /// Whether the condition key `outcome` is the preferred label if there is one.
    pub outcome_reads_label: bool,
    /// What its conditions may contain.
    pub operators: OperatorSet,
    /// Condition keys without prefix that it knows.
    pub condition_keys: &'static [&'static str],
    /// Prefixes of condition keys, with the dot.
    pub condition_prefixes: &'static [&'static str],
    /// Which other keys a condition may name.
    pub bare_keys: BareKeys,

    /// Stylesheet properties it knows.
    pub style_properties: &'static [&'static str],
    /// What any other property does.
    pub unknown_style_property: UnknownStyleProperty,
    /// Whether a shape name selects nodes in a stylesheet.
    pub shape_selectors: bool,
    /// Whether a class selector may contain `_`.
    pub underscore_in_classes: bool,
    /// Whether blanks separate the names in `class`, beside commas.
    pub blanks_separate_classes: bool,
    /// Values of `join_policy`.
    pub join_policies: &'static [&'static str],
    /// Values of `error_policy`.
    pub error_policies: &'static [&'static str],
    /// Values of `fidelity`.
    pub fidelity_modes: &'static [&'static str],
    /// Values of `reasoning_effort`.
    pub reasoning_efforts: &'static [&'static str],
    /// What runs tool commands.
    pub shell: Shell,
    /// Whether it does so with `pipefail` unless told otherwise.
    pub pipefail: bool,
    /// What quotes do to numbers and booleans.
    pub quoted_literals: QuotedLiterals,
    /// Units of time it reads as written.
    pub duration_units: &'static [&'static str],
    /// What a duration without unit means.
    pub integer_duration: IntegerDuration,

    /// What a diamond hands to its edges.
    pub diamond_outcome: DiamondOutcome,
    /// Attributes that make a diamond do work of its own.
    pub diamond_runs: &'static [AttributeKey],
    /// Whether a failed step may follow a plain edge.
    pub failed_step: FailedStep,
    /// Handlers that do not follow one although [`Profile::failed_step`] says others do.
    pub failed_step_stops: &'static [Handler],
    /// Where a failure jumps that no edge takes, in order; after them the run fails.
    pub failure_targets: &'static [JumpTarget],
    /// Where an unsatisfied goal gate at the exit jumps, in order.
    pub gate_targets: &'static [JumpTarget],
    /// What happens when no edge can be taken and the step did not fail.
    pub no_route: NoRoute,
    /// What a step without out-edges means.
    pub dead_end: DeadEnd,
    /// What a goal gate counts for that was never visited.
    pub unvisited_gate: UnvisitedGate,
    /// Which edge is taken when several conditions hold.
    pub several_conditions: SeveralConditions,
    /// Which edges a preferred label is compared with.
    pub label_routing: LabelRouting,
    /// How far a branch of a fan-out goes.
    pub branch_scope: BranchScope,
    /// Status of a `wait_all` region of which some branches failed.
    pub region_failure: RegionFailure,
    /// Whether a failure is repeated.
    pub retry_failures: RetryFailures,
    /// What a human gate does with an answer that matches no choice.
    pub unmatched_answer: UnmatchedAnswer,
    /// What the default choice of a human gate may name.
    pub default_choice: &'static [ChoiceMatch],
    /// Attributes that bound a loop.
    pub loop_bounds: &'static [AttributeKey],
    /// Visits a node may have when nothing else is said; `None` without such a cap.
    pub default_visit_cap: Option<u32>,

    /// Levels of rules that differ from the rule's own, by rule name.
    pub severities: &'static [(&'static str, Level)],
}

/// An attribute name that a program reads in place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alias {
    /// The name it reads.
    pub key: AttributeKey,
    /// The name it stands for. The program may not read that one: ask [`Profile::reads`].
    pub stands_for: AttributeKey,
    /// Where.
    pub scope: Scope,
    /// Whether it wins where both are present.
    pub wins: bool,
}

/// An attribute that names the node to jump to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JumpTarget {
    /// [`Scope::Node`] for the step or gate itself, else [`Scope::Graph`].
    pub scope: Scope,
    /// The attribute.
    pub key: AttributeKey,
}

/// What a program calls an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutcomeWord {
    /// The outcome.
    pub outcome: Outcome,
    /// The word it writes, which is also the one to recommend.
    pub word: &'static str,
    /// Other words it takes for the same.
    pub synonyms: &'static [&'static str],
    /// Whether a condition ever sees this outcome.
    pub routable: bool,
}

/// How a rule reports under a profile, or that it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// The rule does not run.
    Off,
    /// [`Severity::Hint`].
    Hint,
    /// [`Severity::Info`].
    Info,
    /// [`Severity::Warning`].
    Warning,
    /// [`Severity::Error`].
    Error,
}

impl Level {
    /// The severity of a finding at this level.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Level::Off => None,
            Level::Hint => Some(Severity::Hint),
            Level::Info => Some(Severity::Info),
            Level::Warning => Some(Severity::Warning),
            Level::Error => Some(Severity::Error),
        }
    }
}

impl Profile {
    /// Every profile, the default one first.
    pub fn all() -> &'static [Profile] {
        &PROFILES
    }

    /// The profile of the bundled runner, `attractor`.
    #[expect(clippy::should_implement_trait, reason = "a profile is only ever a reference to a static")]
    pub fn default() -> &'static Profile {
        let [first, ..] = &PROFILES;
        first
    }

    /// The profile of that name.
    pub fn by_name(name: &str) -> Option<&'static Profile> {
        PROFILES.iter().find(|profile| profile.name == name)
    }

    /// The handler of a shape, if the profile has it in its table.
    pub fn shape_handler(&self, shape: &str) -> Option<Handler> {
        lookup(self.shapes, shape)
    }

    /// The handler of a `type`, if the profile knows it.
    pub fn type_handler(&self, type_name: &str) -> Option<Handler> {
        lookup(self.types, type_name)
    }

    /// Whether this id makes a node without shape and type the start.
    pub fn is_start_id(&self, id: &str) -> bool {
        self.start_ids.iter().any(|start| self.same_id(start, id))
    }

    /// Whether this id makes a node without shape and type the exit.
    pub fn is_exit_id(&self, id: &str) -> bool {
        self.exit_ids.iter().any(|exit| self.same_id(exit, id))
    }

    fn same_id(&self, known: &str, id: &str) -> bool {
        if self.ids_ignore_case { known.eq_ignore_ascii_case(id) } else { known == id }
    }

    /// The outcome that a word stands for.
    pub fn outcome(&self, word: &str) -> Option<Outcome> {
        let same = |known: &str| {
            if self.outcomes_ignore_case { known.eq_ignore_ascii_case(word) } else { known == word }
        };
        self.outcome_words
            .iter()
            .find(|entry| same(entry.word) || entry.synonyms.iter().any(|synonym| same(synonym)))
            .map(|entry| entry.outcome)
    }

    /// The word for an outcome, if the program has that outcome.
    pub fn outcome_word(&self, outcome: Outcome) -> Option<&'static str> {
        self.outcome_words.iter().find(|entry| entry.outcome == outcome).map(|entry| entry.word)
    }

    /// Whether a condition may name this key.
    pub fn knows_condition_key(&self, key: &str) -> bool {
        self.bare_keys == BareKeys::Any
            || self.condition_keys.contains(&key)
            || self
                .condition_prefixes
                .iter()
                .any(|prefix| key.len() > prefix.len() && key.starts_with(prefix))
    }

    /// Whether the program reads the attribute.
    pub fn reads(&self, schema: &AttributeSchema) -> bool {
        schema.readers.contains(&self.reader)
    }

    /// The level that this profile gives a rule in place of its own.
    pub fn severity(&self, rule: &str) -> Option<Level> {
        lookup(self.severities, rule)
    }
}

fn lookup<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == name).map(|&(_, value)| value)
}

include!(concat!(env!("OUT_DIR"), "/profiles.rs"));
