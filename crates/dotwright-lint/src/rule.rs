//! What a rule is, and what it gets and gives.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ops::Deref;

use dotwright_diagnostics::Applicability;
use dotwright_diagnostics::{Diagnostic, Fix, Severity, TextEdit, TextRange};
use dotwright_engine::Analysis;
use dotwright_model::{EdgeId, Handler, Level, NodeId, Pipeline, Profile};

use crate::category::Category;
use crate::external::External;
use crate::settings::Settings;
use crate::written::{Pairs, Written, pairs};

/// Whether findings of a rule carry a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fixability {
    /// No finding carries a fix.
    None,
    /// Fixes keep the meaning in every profile.
    Safe,
    /// Fixes need a person's consent.
    Unsafe,
    /// Fixes are shown and never applied.
    Display,
}

impl Fixability {
    /// The word of the rule list.
    pub const fn as_str(self) -> &'static str {
        match self {
            Fixability::None => "none",
            Fixability::Safe => "safe",
            Fixability::Unsafe => "unsafe",
            Fixability::Display => "display",
        }
    }
}

/// A rule: what it is called, when it runs, and what it checks.
#[derive(Debug)]
pub struct Rule {
    /// The name that a person may allow: `ignore(no-fallback-edge)`.
    pub name: &'static str,
    /// What it is about.
    pub category: Category,
    /// Its level in the preset `recommended` and the profile `attractor`; [`Level::Off`] for a rule that has to be
    /// selected. Profiles deviate by [`Profile::severities`].
    pub level: Level,
    /// Its level when it is selected although `level` is off.
    pub selected_level: Level,
    /// The kind of fix that its findings carry.
    pub fixability: Fixability,
    /// The rule's id in section 7.2 of the attractor specification.
    pub spec_id: Option<&'static str>,
    /// True for rules about paths, which say nothing about a graph whose statements are damaged or whose start, exit
    /// or declarations are missing.
    pub needs_sound_graph: bool,
    /// The page of the rule, which `explain` prints and a test executes.
    pub page: &'static str,
    /// Reports the findings of one file.
    pub check: fn(&Context<'_>, &mut Report<'_>),
}

/// What a rule can ask.
#[derive(Debug)]
pub struct Context<'c> {
    /// The pipeline.
    pub pipeline: &'c Pipeline,
    /// What it means.
    pub analysis: &'c LazyAnalysis<'c>,
    /// The configuration of the run.
    pub settings: &'c Settings,
    /// What outside analysers found.
    pub external: &'c External,
    pub(crate) pairs: OnceCell<Pairs<'c>>,
    pub(crate) conditional: OnceCell<Vec<EdgeId>>,
}

/// What a pipeline means, worked out when a rule first asks: checks of syntax alone do not.
#[derive(Debug)]
pub struct LazyAnalysis<'c> {
    pipeline: &'c Pipeline,
    analysis: OnceCell<Analysis<'c>>,
}

impl<'c> LazyAnalysis<'c> {
    pub(crate) fn new(pipeline: &'c Pipeline) -> LazyAnalysis<'c> {
        LazyAnalysis { pipeline, analysis: OnceCell::new() }
    }
}

impl<'c> Deref for LazyAnalysis<'c> {
    type Target = Analysis<'c>;

    fn deref(&self) -> &Analysis<'c> {
        self.analysis.get_or_init(|| Analysis::new(self.pipeline))
    }
}

impl<'c> Context<'c> {
    /// The text of the file.
    pub fn source(&self) -> &'c str {
        self.pipeline.source()
    }

    /// The profile that is asked.
    pub fn profile(&self) -> &'static Profile {
        self.pipeline.profile()
    }

    /// The id of a node.
    pub fn id(&self, node: NodeId) -> &'c str {
        self.pipeline.id(node)
    }

    /// The handler of a node.
    pub fn handler(&self, node: NodeId) -> Handler {
        self.pipeline.handler(node)
    }

    /// The pairs whose value has a type that a text can miss; see [`Pairs::typed`].
    pub(crate) fn typed_pairs(&self) -> &[Written<'c>] {
        &self.pairs.get_or_init(|| pairs(self.pipeline)).typed
    }

    /// The pairs whose key means nothing where it stands; see [`Pairs::unknown`].
    pub(crate) fn unknown_pairs(&self) -> &[Written<'c>] {
        &self.pairs.get_or_init(|| pairs(self.pipeline)).unknown
    }

    /// The first sound edge of each condition that is written. Hops of a chain, and edges under one default block,
    /// share theirs.
    pub(crate) fn conditional_edges(&self) -> &[EdgeId] {
        self.conditional.get_or_init(|| {
            let mut seen = BTreeSet::new();
            let mut last = None;
            let is_new = |&edge: &EdgeId| {
                let Some(condition) = self.pipeline.condition(edge) else { return false };
                let range = condition.attribute.value_range();
                last.replace(range) != Some(range) && seen.insert(range)
            };
            self.sound_edges().filter(is_new).collect()
        })
    }

    /// An edge as messages show it: `a -> b`, without back-ticks.
    pub fn edge(&self, edge: EdgeId) -> String {
        let (source, target) = (self.pipeline.source_of(edge), self.pipeline.target_of(edge));
        format!("{} -> {}", self.id(source), self.id(target))
    }

    /// Nodes that semantic rules look at: those that no damaged statement touches.
    pub fn sound_nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.pipeline.nodes().filter(|&node| !self.pipeline.is_recovered(node))
    }

    /// Edges that semantic rules look at.
    pub fn sound_edges(&self) -> impl Iterator<Item = EdgeId> + '_ {
        self.pipeline.edges().filter(|&edge| !self.pipeline.is_recovered_edge(edge))
    }
}

/// Takes the findings of one rule.
#[derive(Debug)]
pub struct Report<'r> {
    pub(crate) rule: &'static Rule,
    pub(crate) severity: Severity,
    /// True when configuration sets the level, so that variants of the rule do not change it.
    pub(crate) configured: bool,
    /// Findings below are of no use to anybody.
    pub(crate) lowest: Severity,
    pub(crate) findings: &'r mut Vec<Diagnostic>,
    /// Findings of this rule in this file, listed or not.
    pub(crate) found: usize,
    /// How many of them are listed.
    pub(crate) most: usize,
}

impl Report<'_> {
    /// The level at which the rule reports.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// False when findings at the rule's level are of no use, so that a rule need not look for them.
    pub fn is_wanted(&self) -> bool {
        self.severity >= self.lowest
    }

    /// As [`Report::is_wanted`] for findings of a variant.
    pub fn is_variant_wanted(&self, severity: Severity) -> bool {
        let severity = if self.configured { self.severity } else { severity };
        severity >= self.lowest
    }

    /// A finding at the rule's level. Give it to [`Report::push`] when it is complete.
    pub fn finding(&self, range: TextRange, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.rule.name, self.severity, range, message)
    }

    /// A finding of a variant that has a level of its own, unless configuration sets the rule's level.
    pub fn variant(&self, severity: Severity, range: TextRange, message: impl Into<String>) -> Diagnostic {
        let severity = if self.configured { self.severity } else { severity };
        Diagnostic::new(self.rule.name, severity, range, message)
    }

    /// Reports a finding.
    pub fn push(&mut self, finding: Diagnostic) {
        self.found += 1;
        if self.found <= self.most {
            self.findings.push(finding);
        }
    }

    /// False when so many findings are listed that one more only counts. Then it is counted by this call, and the rule
    /// need not build it.
    pub fn has_room(&mut self) -> bool {
        let has_room = self.found < self.most;
        if !has_room {
            self.found += 1;
        }
        has_room
    }

    /// Says how many findings are not listed.
    pub(crate) fn finish(self) {
        let unlisted = self.found.saturating_sub(self.most);
        if unlisted > 0 {
            let message = format!("{unlisted} more findings of this rule in this file are not listed");
            let finding = Diagnostic::new(self.rule.name, self.severity, TextRange::default(), message);
            self.findings.push(finding.help("mend those that are listed, and check again"));
        }
    }
}

/// A fix that keeps the meaning.
pub fn safe_fix(title: impl Into<String>, edits: Vec<TextEdit>) -> Fix {
    Fix { title: title.into(), edits, applicability: Applicability::Safe }
}

/// A fix that a person has to confirm.
pub fn unsafe_fix(title: impl Into<String>, edits: Vec<TextEdit>) -> Fix {
    Fix { title: title.into(), edits, applicability: Applicability::Unsafe }
}

/// A fix that is only shown.
pub fn display_fix(title: impl Into<String>, edits: Vec<TextEdit>) -> Fix {
    Fix { title: title.into(), edits, applicability: Applicability::Display }
}
