//! What fixes promise, on real files, on real files with one token deleted, and on the bad examples of the rule pages:
//! they mend their own finding, bring no error, touch nothing else, and the safe ones keep the meaning.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use dotwright_diagnostics::{Applicability, Diagnostic, Fix, Severity, apply_edits};
use dotwright_lint::{
    Category, External, FixMode, Fixability, Layer, Selector, Settings, all_rules, check, fix, rule,
};
use dotwright_model::{Attribute, EdgeId, NodeId, Pipeline, Profile};
use dotwright_syntax::ast::StmtKind;
use dotwright_syntax::{Parse, from_bytes, parse};
use dotwright_tests::corpus;

/// A text that is fixed, with the settings that go with it.
struct Case {
    name: String,
    source: String,
    settings: Settings,
}

impl Case {
    fn findings(&self, source: &str) -> Vec<Diagnostic> {
        let pipeline = Pipeline::parse(source, self.settings.profile);
        check(&pipeline, &self.settings, &External::default()).diagnostics
    }

    fn fixed(&self, source: &str, mode: FixMode) -> (String, usize) {
        let outcome = fix(source, &self.settings, &|_| External::default(), mode);
        (outcome.source, outcome.applied)
    }
}

fn files() -> Vec<(String, String)> {
    let files = corpus("pipelines").into_iter();
    files.map(|(name, bytes)| (name, from_bytes(&bytes).0.into_owned())).collect()
}

fn profiles() -> Vec<&'static str> {
    Profile::all().iter().map(|profile| profile.name).collect()
}

/// The corpus in these profiles.
fn corpus_cases(profiles: &[&str]) -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, source) in files() {
        for profile in profiles {
            let settings = Settings { profile: Profile::by_name(profile).unwrap(), ..Settings::default() };
            cases.push(Case { name: format!("{name} in {profile}"), source: source.clone(), settings });
        }
    }
    cases
}

/// The corpus, each file without one of its tokens.
fn mutants() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    for (name, source) in files() {
        let tokens = parse(&source).tokens;
        for _ in 0..12 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let token = tokens[(seed % tokens.len() as u64) as usize];
            let mut mutant = source.clone();
            mutant.replace_range(Range::from(token.range), " ");
            let name = format!("{name} without {:?} at {}", token.kind, token.range.start);
            cases.push(Case { name, source: mutant, settings: Settings::default() });
        }
    }
    cases
}

/// The ` ```dot ` blocks of the rule pages, each with its rule selected.
fn examples() -> Vec<Case> {
    let mut cases = Vec::new();
    for rule in all_rules() {
        for (number, block) in rule.page.split("```dot").skip(1).enumerate() {
            let (info, text) = block.split_once('\n').unwrap();
            let source = text.split("```").next().unwrap().to_owned();
            let mut settings = Settings::default();
            if let Some(profile) = info.split_whitespace().find_map(|word| word.strip_prefix("profile=")) {
                settings.profile = Profile::by_name(profile).unwrap();
            }
            let select = vec![Selector::Rule(rule.name)];
            settings.selection.layers.push(Layer { select, ..Layer::default() });
            cases.push(Case { name: format!("{} block {}", rule.name, number + 1), source, settings });
        }
    }
    cases
}

fn errors(findings: &[Diagnostic]) -> BTreeMap<&'static str, usize> {
    let mut errors = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.severity == Severity::Error) {
        *errors.entry(finding.rule).or_insert(0) += 1;
    }
    errors
}

/// The rules with more errors than before.
fn new_errors(before: &[Diagnostic], after: &[Diagnostic]) -> Vec<&'static str> {
    let before = errors(before);
    let more = errors(after).into_iter().filter(|(rule, count)| before.get(rule).unwrap_or(&0) < count);
    more.map(|(rule, _)| rule).collect()
}

/// Applies all fixes of a mode. One run must be enough, and it must bring no error.
fn check_runs(case: &Case, mode: FixMode, wrong: &mut Vec<String>) {
    let (source, applied) = case.fixed(&case.source, mode);
    if applied == 0 {
        if source != case.source {
            wrong.push(format!("{}: {mode:?} fixes changed the text and say they did not", case.name));
        }
        return;
    }
    let (again, applied) = case.fixed(&source, mode);
    if applied > 0 || again != source {
        wrong.push(format!("{}: a second run with {mode:?} fixes applies {applied} more", case.name));
    }
    let (before, after) = (parse(&case.source).errors.len(), parse(&source).errors.len());
    let errors = new_errors(&case.findings(&case.source), &case.findings(&source));
    if after > before || !errors.is_empty() {
        wrong.push(format!("{}: {mode:?} fixes bring errors: {errors:?}", case.name));
    }
}

#[test]
fn one_run_of_fixes_is_enough_and_brings_no_error() {
    let mut wrong = Vec::new();
    for case in corpus_cases(&profiles()).iter().chain(&mutants()).chain(&examples()) {
        check_runs(case, FixMode::Safe, &mut wrong);
        check_runs(case, FixMode::Unsafe, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How strong a promise is.
fn strength(applicability: Applicability) -> u8 {
    match applicability {
        Applicability::Display => 1,
        Applicability::Unsafe => 2,
        Applicability::Safe => 3,
    }
}

fn declared(fixability: Fixability) -> u8 {
    match fixability {
        Fixability::None => 0,
        Fixability::Display => strength(Applicability::Display),
        Fixability::Unsafe => strength(Applicability::Unsafe),
        Fixability::Safe => strength(Applicability::Safe),
    }
}

/// Rules that mend what keeps others silent: a graph without start and exit has no paths to judge, and a word that is
/// no outcome goes nowhere. What those others say then was true before.
const REVEALING: &[&str] = &["missing-start", "missing-exit", "undeclared-node", "miscased-outcome"];

/// Applies one fix alone and says what is wrong with it.
fn wrong_with(case: &Case, before: &[Diagnostic], finding: &Diagnostic, fix: &Fix) -> Option<String> {
    let mended = rule(finding.rule).unwrap();
    if strength(fix.applicability) > declared(mended.fixability) {
        return Some(format!("the rule declares {}", mended.fixability.as_str()));
    }
    let after = match apply_edits(&case.source, &fix.edits) {
        Ok(after) => after,
        Err(error) => return Some(error.to_string()),
    };
    let (old, new) = (parse(&case.source), parse(&after));
    // Suppressions are comments, and a damaged text falls into other tokens when it is mended.
    if mended.category != Category::Meta
        && mended.name != "syntax-error"
        && let Some(lost) = lost_outside(&case.source, &old, &after, &new, fix)
    {
        return Some(lost);
    }
    if fix.applicability == Applicability::Display {
        return None;
    }
    let findings = case.findings(&after);
    let own = |findings: &[Diagnostic]| findings.iter().filter(|other| other.rule == finding.rule).count();
    if own(&findings) >= own(before) {
        return Some(format!("{} findings of the rule stay", own(&findings)));
    }
    let mut errors = new_errors(before, &findings);
    if REVEALING.contains(&finding.rule) {
        errors
            .retain(|name| !matches!(rule(name).unwrap().category, Category::Structure | Category::Routing));
    }
    if new.errors.len() > old.errors.len() || !errors.is_empty() {
        return Some(format!("new errors: {errors:?}"));
    }
    if fix.applicability == Applicability::Safe {
        return Profile::all().iter().find_map(|profile| {
            let (before, after) = (Meaning::of(&case.source, profile), Meaning::of(&after, profile));
            (before != after)
                .then(|| format!("another meaning in {}: {}", profile.name, before.differs(&after)))
        });
    }
    None
}

#[test]
fn a_fix_alone_mends_its_finding_and_nothing_else() {
    let mut wrong = Vec::new();
    let mut fixes: BTreeMap<&str, usize> = BTreeMap::new();
    for case in corpus_cases(&profiles()).iter().chain(&mutants()).chain(&examples()) {
        let findings = case.findings(&case.source);
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in &findings {
            let Some(fix) = &finding.fix else { continue };
            // Files with hundreds of equal mistakes say no more than the first few.
            let seen = seen.entry(finding.rule).or_insert(0);
            *seen += 1;
            if *seen > 4 {
                continue;
            }
            *fixes.entry(finding.rule).or_insert(0) += 1;
            if let Some(why) = wrong_with(case, &findings, finding, fix) {
                wrong.push(format!("{}: {} at {}: {why}", case.name, finding.rule, finding.range.start));
            }
        }
    }
    let unseen: Vec<&str> = all_rules()
        .iter()
        .filter(|rule| rule.fixability != Fixability::None && !fixes.contains_key(rule.name))
        .map(|rule| rule.name)
        .collect();
    assert!(wrong.is_empty(), "{} of {fixes:?}\n{}", wrong.len(), wrong.join("\n"));
    assert!(unseen.is_empty(), "rules whose fix was never seen: {unseen:?}");
}

/// What the edits of a fix take away although it lies outside of them: a token, or a comment anywhere.
fn lost_outside(source: &str, old: &Parse, after: &str, new: &Parse, fix: &Fix) -> Option<String> {
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut shift = 0i64;
    let mut inserted = Vec::new();
    let mut replaced = Vec::new();
    for edit in edits {
        let start = i64::from(edit.range.start) + shift;
        inserted.push((start, start + edit.text.len() as i64));
        replaced.push((i64::from(edit.range.start), i64::from(edit.range.end)));
        shift += edit.text.len() as i64 - i64::from(edit.range.len());
    }
    let outside = |ranges: &[(i64, i64)], start: u32, end: u32| {
        let (start, end) = (i64::from(start), i64::from(end));
        !ranges.iter().any(|range| range.0 < end && start < range.1)
    };
    let tokens = |text: &str, parse: &Parse, ranges: &[(i64, i64)]| -> Vec<String> {
        let kept = parse.tokens.iter().filter(|t| outside(ranges, t.range.start, t.range.end));
        kept.map(|token| token.range.text(text).to_owned()).collect()
    };
    if tokens(source, old, &replaced) != tokens(after, new, &inserted) {
        return Some("other tokens outside of the edits".to_owned());
    }
    let comments = |text: &str, parse: &Parse| -> Vec<String> {
        parse.comments.iter().map(|comment| comment.range.text(text).to_owned()).collect()
    };
    let (old, new) = (comments(source, old), comments(after, new));
    (old != new).then(|| "other comments".to_owned())
}

/// What a pipeline says, however it is written: nodes with their handlers and attributes, and for each node its
/// conditional and its plain edges in the order in which they are preferred.
#[derive(Debug, PartialEq, Eq)]
struct Meaning {
    graph: Vec<BTreeMap<String, String>>,
    nodes: BTreeMap<String, (String, BTreeMap<String, String>)>,
    edges: BTreeMap<(String, bool), Vec<String>>,
}

impl Meaning {
    fn of(source: &str, profile: &'static Profile) -> Meaning {
        let pipeline = Pipeline::parse(source, profile);
        let graph = pipeline.subgraphs().map(|(id, _)| texts(pipeline.subgraph_attributes(id))).collect();
        let nodes = pipeline.nodes().map(|node| (pipeline.id(node).to_owned(), said_of(&pipeline, node)));
        let mut edges: BTreeMap<(String, bool), Vec<String>> = BTreeMap::new();
        let mut by_preference: Vec<EdgeId> = pipeline.edges().collect();
        by_preference.sort_by_key(|&edge| {
            (-i64::from(pipeline.edge(edge).weight), pipeline.id(pipeline.target_of(edge)).to_owned())
        });
        for edge in by_preference {
            let key = (pipeline.id(pipeline.source_of(edge)).to_owned(), pipeline.is_plain(edge));
            let said = said_of_edge(&pipeline, edge);
            let known = edges.entry(key).or_default();
            if !known.contains(&said) {
                known.push(said);
            }
        }
        Meaning { graph, nodes: nodes.collect(), edges }
    }

    /// The first entries that differ.
    fn differs(&self, other: &Meaning) -> String {
        let mine: BTreeSet<String> = self.lines().collect();
        let theirs: BTreeSet<String> = other.lines().collect();
        let only = mine.symmetric_difference(&theirs).take(2);
        only.map(|line| line.chars().take(200).collect::<String>()).collect::<Vec<_>>().join(" / ")
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        let nodes = self.nodes.iter().map(|node| format!("{node:?}"));
        let edges = self.edges.iter().map(|edges| format!("{edges:?}"));
        self.graph.iter().map(|graph| format!("{graph:?}")).chain(nodes).chain(edges)
    }
}

/// Attributes by name; the later one counts.
fn texts<'p>(attributes: impl Iterator<Item = Attribute<'p>>) -> BTreeMap<String, String> {
    attributes.map(|pair| (pair.name().into_owned(), pair.text().into_owned())).collect()
}

fn said_of(pipeline: &Pipeline, node: NodeId) -> (String, BTreeMap<String, String>) {
    let written = pipeline.default_attributes(node).chain(pipeline.own_attributes(node));
    let place = pipeline.node(node).subgraph.0;
    (format!("{:?} in {place}", pipeline.handler(node)), texts(written))
}

fn said_of_edge(pipeline: &Pipeline, edge: EdgeId) -> String {
    let stmt = pipeline.edge(edge).stmt;
    assert!(matches!(pipeline.ast()[stmt].kind, StmtKind::Edge { .. }));
    let written = pipeline.default_edge_attributes(edge).chain(pipeline.statement_attributes(stmt));
    let mut attributes = texts(written);
    attributes.remove("weight");
    format!("{} {attributes:?}", pipeline.id(pipeline.target_of(edge)))
}
