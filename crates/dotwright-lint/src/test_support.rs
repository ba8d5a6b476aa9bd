//! Runs one rule over one text and prints what an author would see, for the tests below each rule.

use std::collections::HashMap;
use std::fmt::Write;

use dotwright_diagnostics::{TextRange, apply_edits};
use dotwright_model::{Pipeline, Profile};
use expect_test::Expect;

use crate::{
    External, Layer, Rule, Selector, Settings, ShellcheckComment, ShellcheckRun, check as run, shell_scripts,
};

/// Checks `source` in the default profile, with `rule` selected.
#[track_caller]
pub(crate) fn check(rule: &'static Rule, source: &str, expect: Expect) {
    check_with(rule, source, Settings::default(), expect);
}

/// Checks `source` in another profile, with `rule` selected.
#[track_caller]
pub(crate) fn check_in(rule: &'static Rule, profile: &str, source: &str, expect: Expect) {
    let profile = Profile::by_name(profile).expect("a profile");
    check_with(rule, source, Settings { profile, ..Settings::default() }, expect);
}

/// Checks `source` with these settings, with `rule` selected.
#[track_caller]
pub(crate) fn check_with(rule: &'static Rule, source: &str, settings: Settings, expect: Expect) {
    check_all(rule, source, settings, &External::default(), expect);
}

/// Checks `source`, the first tool of which shellcheck has commented.
#[track_caller]
pub(crate) fn check_after_shellcheck(
    rule: &'static Rule,
    source: &str,
    comments: Vec<ShellcheckComment>,
    expect: Expect,
) {
    let settings = Settings::default();
    let pipeline = Pipeline::parse(source, settings.profile);
    let script = shell_scripts(&pipeline, settings.shell(), 1).unwrap().swap_remove(0);
    let shellcheck = ShellcheckRun::Done(HashMap::from([(script, comments)]));
    check_all(rule, source, settings, &External { shellcheck }, expect);
}

#[track_caller]
fn check_all(rule: &'static Rule, source: &str, mut settings: Settings, external: &External, expect: Expect) {
    let select = vec![Selector::Rule(rule.name)];
    settings.selection.layers.push(Layer { select, ..Layer::default() });
    let pipeline = Pipeline::parse(source, settings.profile);
    let result = run(&pipeline, &settings, external);
    let mut text = String::new();
    for finding in result.diagnostics.iter().filter(|finding| finding.rule == rule.name) {
        writeln!(text, "{} {}: {}", place(source, finding.range), finding.severity, finding.message).unwrap();
        if let Some(help) = &finding.help {
            writeln!(text, "  help: {help}").unwrap();
        }
        for label in &finding.labels {
            writeln!(text, "  {} {}", place(source, label.range), label.message).unwrap();
        }
        if let Some(fix) = &finding.fix {
            writeln!(text, "  {} fix: {}", fix.applicability.as_str(), fix.title).unwrap();
            let fixed = apply_edits(source, &fix.edits).unwrap();
            for line in changed_lines(source, &fixed) {
                writeln!(text, "  {line}").unwrap();
            }
        }
    }
    expect.assert_eq(&text);
}

/// `line:column-line:column`, from 1, columns in bytes.
fn place(source: &str, range: TextRange) -> String {
    let at = |offset: u32| {
        let before = &source[..offset as usize];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        format!("{}:{}", before.matches('\n').count() + 1, before.len() - line_start + 1)
    };
    format!("{}-{}", at(range.start), at(range.end))
}

/// The lines between the common head and the common tail of two texts, as a diff shows them.
fn changed_lines(before: &str, after: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let removed = old[head..old.len() - tail].iter().map(|line| format!("- {line}"));
    let added = new[head..new.len() - tail].iter().map(|line| format!("+ {line}"));
    removed.chain(added).collect()
}
