//! Applies fixes until nothing changes, and takes back what did harm.
//!
//! A fix is computed on one text and may meet the edits of another one, so each round applies only fixes that touch
//! different statements, parses and checks the result, and undoes a fix that broke the parse, kept its finding or
//! brought a new error.

use std::collections::{BTreeMap, HashMap, HashSet};

use dotwright_diagnostics::{Applicability, Diagnostic, Fix, Severity, TextEdit, TextRange, apply_edits};
use dotwright_model::Pipeline;
use dotwright_syntax::ast::{Ast, StmtKind};

use crate::check::check;
use crate::external::External;
use crate::settings::Settings;

/// Rounds after which a text that still changes is left as it is.
const MAX_ROUNDS: usize = 10;

/// Which fixes may be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FixMode {
    /// Those that keep the meaning in every profile.
    Safe,
    /// Also those that a person has to confirm.
    Unsafe,
}

impl FixMode {
    fn allows(self, applicability: Applicability) -> bool {
        match applicability {
            Applicability::Safe => true,
            Applicability::Unsafe => self == FixMode::Unsafe,
            Applicability::Display => false,
        }
    }
}

/// The text after the fixes, and what is left.
#[derive(Debug, Clone)]
pub struct FixOutcome {
    /// The text of the file.
    pub source: String,
    /// How many fixes were applied.
    pub applied: usize,
    /// The findings about the new text.
    pub remaining: Vec<Diagnostic>,
}

/// Applies the fixes that `mode` allows. `external` runs the outside analysers on each text that is tried.
pub fn fix(
    source: &str,
    settings: &Settings,
    external: &dyn Fn(&Pipeline) -> External,
    mode: FixMode,
) -> FixOutcome {
    // What is not listed would not be mended either.
    let settings = &Settings { most_findings: usize::MAX, ..settings.clone() };
    let read = |source: String| Version::read(source, settings, external);
    let mut version = read(source.to_owned());
    let mut applied = 0;
    let mut undone = HashSet::new();
    for _ in 0..MAX_ROUNDS {
        let candidates = candidates(&version, mode, &undone);
        if candidates.is_empty() {
            break;
        }
        let Some((next, taken)) = next_version(&version, &candidates, &mut undone, &read) else { continue };
        applied += taken.len();
        let edits: Vec<&TextEdit> = taken.iter().flat_map(|repair| &repair.fix.edits).collect();
        undone = undone.into_iter().map(|(rule, offset)| (rule, shifted(offset, &edits))).collect();
        version = next;
    }
    FixOutcome { source: version.source, applied, remaining: version.findings }
}

/// The text with as many of the fixes as do no harm, and those fixes; the others are noted as undone.
fn next_version<'f>(
    version: &Version,
    candidates: &[Repair<'f>],
    undone: &mut Undone,
    read: Reader<'_>,
) -> Option<(Version, Vec<Repair<'f>>)> {
    if let Some(next) = try_all(version, candidates, read) {
        return Some((next, candidates.to_vec()));
    }
    let (good, bad) = harmless(version, candidates, read);
    undone.extend(bad.into_iter().map(Repair::key));
    let together: Vec<Repair<'f>> = good.iter().flatten().copied().collect();
    if let Some(next) = try_all(version, &together, read) {
        return Some((next, together));
    }
    // What is harmless in parts may do harm as a whole. Mostly the fixes of one rule give another one new findings, so
    // this round takes one rule; the next round goes on from there.
    if let Some(one_rule) = most_common_rule(&together)
        && let Some(next) = try_all(version, &one_rule, read)
    {
        return Some((next, one_rule));
    }
    let first = good.into_iter().next()?;
    Some((try_all(version, &first, read)?, first))
}

/// The fixes of the rule that offers most of them.
fn most_common_rule<'f>(repairs: &[Repair<'f>]) -> Option<Vec<Repair<'f>>> {
    let mut by_rule: BTreeMap<&str, Vec<Repair<'f>>> = BTreeMap::new();
    for repair in repairs {
        by_rule.entry(repair.rule).or_default().push(*repair);
    }
    by_rule.into_values().max_by_key(Vec::len)
}

/// Where an offset lies after edits before it.
fn shifted(offset: u32, edits: &[&TextEdit]) -> u32 {
    let before = edits.iter().filter(|edit| edit.range.end <= offset);
    before.fold(offset, |offset, edit| (offset + edit.text.len() as u32).saturating_sub(edit.range.len()))
}

/// Fixes that did harm, by rule and offset.
type Undone = HashSet<(&'static str, u32)>;

/// One text with what is known about it.
struct Version {
    source: String,
    syntax_errors: usize,
    statements: Vec<TextRange>,
    findings: Vec<Diagnostic>,
}

impl Version {
    fn read(source: String, settings: &Settings, external: &dyn Fn(&Pipeline) -> External) -> Version {
        let pipeline = Pipeline::parse(&source, settings.profile);
        let findings = check(&pipeline, settings, &external(&pipeline)).diagnostics;
        let syntax_errors = pipeline.syntax().errors.len();
        let statements = statements(pipeline.ast());
        Version { source, syntax_errors, statements, findings }
    }

    /// The index of the innermost statement at an offset.
    fn statement(&self, offset: u32) -> Option<usize> {
        let index = self.statements.partition_point(|range| range.start <= offset).checked_sub(1)?;
        self.statements.get(index).filter(|range| range.touches(offset)).map(|_| index)
    }

    /// How often a rule reports, and how often at level error.
    fn counts(&self) -> BTreeMap<&'static str, (usize, usize)> {
        let mut counts = BTreeMap::new();
        for finding in &self.findings {
            let (all, errors) = counts.entry(finding.rule).or_insert((0, 0));
            *all += 1;
            *errors += usize::from(finding.severity == Severity::Error);
        }
        counts
    }
}

fn statements(ast: &Ast) -> Vec<TextRange> {
    let statements = ast.all_statements().iter().filter(|stmt| !matches!(stmt.kind, StmtKind::Subgraph(_)));
    let mut ranges: Vec<TextRange> = statements.map(|stmt| stmt.range).collect();
    ranges.sort();
    ranges
}

/// The fix of one finding.
#[derive(Debug, Clone, Copy)]
struct Repair<'f> {
    rule: &'static str,
    fix: &'f Fix,
}

impl Repair<'_> {
    fn start(self) -> u32 {
        self.fix.edits.iter().map(|edit| edit.range.start).min().unwrap_or(0)
    }

    fn key(self) -> (&'static str, u32) {
        (self.rule, self.start())
    }
}

/// The fixes of one round: by offset, without the later one of two that overlap, or that touch one statement and are
/// not both safe.
fn candidates<'v>(version: &'v Version, mode: FixMode, undone: &Undone) -> Vec<Repair<'v>> {
    let offered = version.findings.iter().filter_map(|finding| {
        let fix = finding.fix.as_ref()?;
        let repair = Repair { rule: finding.rule, fix };
        let wanted = mode.allows(fix.applicability) && !fix.edits.is_empty();
        (wanted && !undone.contains(&repair.key())).then_some(repair)
    });
    let mut offered: Vec<Repair<'_>> = offered.collect();
    offered.sort_by_key(|repair| repair.start());
    let mut taken = BTreeMap::new();
    // Safe fixes keep the meaning, so one statement can take several of them in one round; any other wants it alone.
    let mut touched: HashMap<usize, Applicability> = HashMap::new();
    offered.retain(|repair| {
        let edits = &repair.fix.edits;
        let statements: HashSet<usize> =
            edits.iter().filter_map(|edit| version.statement(edit.range.start)).collect();
        let both_safe =
            |other: &Applicability| [*other, repair.fix.applicability] == [Applicability::Safe; 2];
        let free = statements.iter().all(|statement| touched.get(statement).is_none_or(both_safe))
            && edits.iter().all(|edit| is_free(&taken, edit.range));
        if free {
            touched.extend(statements.into_iter().map(|statement| (statement, repair.fix.applicability)));
            taken.extend(edits.iter().map(|edit| (edit.range.start, edit.range.end)));
        }
        free
    });
    offered
}

/// True when a range neither overlaps nor touches one that is taken; `taken` maps starts to ends.
fn is_free(taken: &BTreeMap<u32, u32>, range: TextRange) -> bool {
    taken.range(..=range.end).next_back().is_none_or(|(_, end)| *end < range.start)
}

type Reader<'r> = &'r dyn Fn(String) -> Version;

/// Parts the fixes into groups that each do no harm, and single fixes that do.
fn harmless<'f>(
    version: &Version,
    repairs: &[Repair<'f>],
    read: Reader<'_>,
) -> (Vec<Vec<Repair<'f>>>, Vec<Repair<'f>>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    let mut waiting = vec![repairs];
    while let Some(group) = waiting.pop() {
        if try_all(version, group, read).is_some() {
            good.push(group.to_vec());
        } else if let [single] = group {
            bad.push(*single);
        } else {
            let (first, second) = group.split_at(group.len() / 2);
            waiting.extend([second, first]);
        }
    }
    (good, bad)
}

/// The text with all these fixes, unless that does harm.
fn try_all(before: &Version, repairs: &[Repair<'_>], read: Reader<'_>) -> Option<Version> {
    let edits: Vec<TextEdit> = repairs.iter().flat_map(|repair| repair.fix.edits.iter().cloned()).collect();
    let after = read(apply_edits(&before.source, &edits).ok()?);
    if repairs.is_empty() || after.syntax_errors > before.syntax_errors {
        return None;
    }
    let (old, new) = (before.counts(), after.counts());
    let count = |counts: &BTreeMap<_, _>, rule| counts.get(rule).copied().unwrap_or((0, 0));
    let no_new_error = new.keys().all(|rule| count(&new, *rule).1 <= count(&old, *rule).1);
    let findings_gone = repairs.iter().all(|repair| {
        let fixed = repairs.iter().filter(|other| other.rule == repair.rule).count();
        count(&new, repair.rule).0 + fixed <= count(&old, repair.rule).0
    });
    (no_new_error && findings_gone).then_some(after)
}

#[cfg(test)]
mod tests {
    use dotwright_model::Profile;

    use super::{FixMode, fix};
    use crate::{External, Settings};

    const FIXED: &str =
        "digraph {\n    start [shape=Mdiamond]\n    exit [shape=Msquare]\n    start -> exit\n}\n";

    #[track_caller]
    fn check(source: &str, mode: FixMode, applied: usize, expected: &str) {
        let outcome = fix(source, &Settings::default(), &|_| External::default(), mode);
        assert_eq!((&*outcome.source, outcome.applied), (expected, applied));
        let again = fix(&outcome.source, &Settings::default(), &|_| External::default(), mode);
        assert_eq!((&*again.source, again.applied), (expected, 0));
    }

    #[test]
    fn a_text_without_findings_stays() {
        check(FIXED, FixMode::Unsafe, 0, FIXED);
    }

    #[test]
    fn comments_that_suppress_nothing_go_and_all_else_stays() {
        let source = FIXED.replace("Msquare]\n", "Msquare] // dotwright: ignore(skipped-analyser) why\n");
        check(&source, FixMode::Safe, 1, FIXED);
    }

    #[test]
    fn fixes_that_touch_take_a_round_each() {
        let source =
            FIXED.replace("exit\n}", "exit // dotwright: ignore(skipped-analyser, shellcheck-finding)\n}");
        let outcome = fix(&source, &Settings::default(), &|_| External::default(), FixMode::Safe);
        assert!(!outcome.source.contains("skipped-analyser"), "{}", outcome.source);
    }

    #[test]
    fn doubtful_fixes_need_consent() {
        let source = FIXED.replace("exit\n}", "exit // dotwright: ignore(skiped-analyser)\n}");
        check(&source, FixMode::Safe, 0, &source);
        // The name is mended first; then the comment allows nothing and goes.
        check(&source, FixMode::Unsafe, 2, FIXED);
    }

    #[test]
    fn safe_fixes_share_a_statement() {
        let pairs: Vec<String> = (0..20).map(|n| format!("key{n}=1")).collect();
        let source = FIXED.replace("shape=Msquare", &format!("shape=Msquare {}", pairs.join(" ")));
        let fixed = FIXED.replace("shape=Msquare", &format!("shape=Msquare, {}", pairs.join(", ")));
        check(&source, FixMode::Safe, 20, &fixed);
    }

    #[test]
    fn fixes_that_give_another_rule_new_findings_converge() {
        let mut source = "digraph {\nstart [shape=Mdiamond]\nexit [shape=Msquare]\nstart -> a0\n".to_owned();
        for step in 0..20 {
            source.push_str(&format!("a{step} [prompt=\"do it\"]\na{step} -> a{}\n", step + 1));
        }
        source.push_str("a20 [prompt=\"decide\"]\n");
        source.push_str("a20 -> exit [condition=\"outcome=succeeded\"]\n");
        source.push_str("a20 -> a0 [condition=\"outcome=partially_succeeded\"]\n}\n");
        let settings = Settings { profile: Profile::by_name("fabro").unwrap(), ..Settings::default() };
        let first = fix(&source, &settings, &|_| External::default(), FixMode::Unsafe);
        let second = fix(&first.source, &settings, &|_| External::default(), FixMode::Unsafe);
        assert_eq!(first.applied, 40, "{}", first.source);
        assert_eq!(second.applied, 0, "{}", second.source);
    }

    #[test]
    fn damaged_texts_are_fixed_no_further_than_they_are_read() {
        let source = "digraph { a [shape=box b [ // dotwright: ignore(skipped-analyser)\n}";
        let outcome = fix(source, &Settings::default(), &|_| External::default(), FixMode::Unsafe);
        assert!(outcome.remaining.iter().any(|finding| finding.rule == "syntax-error"));
    }
}
