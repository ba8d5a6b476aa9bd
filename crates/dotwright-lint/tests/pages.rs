//! Executes the rule pages: what their examples claim is what the linter says.
//!
//! In an example, a comment line with carets is an assertion about the line above it: the findings of the page's rule
//! have exactly these ranges, levels and messages. `// <-` asserts a finding at the start of the file. A block without
//! assertions is clean under all default rules. The block behind "Use instead:" is what the fixes of the rule make of
//! the block before it, unless its info string says `by-hand`. Other words of an info string: `profile=NAME`,
//! `preset=NAME`, `select` (the rule is off by default), `unattended`, `no-shellcheck`, and `shellcheck`: the first command
//! of the block has the comments of the page's ` ```shellcheck ` block, one a line, as in
//! `1:1-1:7 warning SC2164: text`.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the test reads the pages"
)]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "tests fail loudly")]

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use dotwright_diagnostics::{Diagnostic, TextRange, apply_edits};
use dotwright_lint::{
    External, Fixability, Layer, Preset, Rule, Selector, Settings, ShellcheckComment, ShellcheckLevel,
    ShellcheckRun, SkipReason, all_rules, check, shell_scripts,
};
use dotwright_model::{Pipeline, Profile};

struct Block<'p> {
    info: &'p str,
    text: String,
    line: usize,
}

impl Block<'_> {
    fn has(&self, word: &str) -> bool {
        self.info.split_whitespace().any(|found| found == word)
    }

    fn option(&self, name: &str) -> Option<&str> {
        self.info.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    #[expect(clippy::expect_used, reason = "a wrong info word fails the test of its page")]
    fn settings(&self, rule: &'static Rule) -> Settings {
        let mut settings = Settings { unattended: self.has("unattended"), ..Settings::default() };
        if let Some(profile) = self.option("profile") {
            settings.profile = Profile::by_name(profile).expect("a profile");
        }
        if let Some(preset) = self.option("preset") {
            settings.selection.preset = Preset::from_name(preset).expect("a preset");
        }
        if self.has("select") {
            let select = vec![Selector::Rule(rule.name)];
            settings.selection.layers.push(Layer { select, ..Layer::default() });
        }
        settings
    }

    fn findings(&self, text: &str, rule: &'static Rule) -> Vec<Diagnostic> {
        let settings = self.settings(rule);
        let pipeline = Pipeline::parse(text, settings.profile);
        let shellcheck = if self.has("no-shellcheck") {
            ShellcheckRun::Skipped(SkipReason::NotInstalled)
        } else if self.has("shellcheck") {
            let script = shell_scripts(&pipeline, settings.shell(), usize::MAX).unwrap().swap_remove(0);
            ShellcheckRun::Done(HashMap::from([(script, comments(rule.page))]))
        } else {
            ShellcheckRun::Off
        };
        check(&pipeline, &settings, &External { shellcheck }).diagnostics
    }
}

/// The ` ```dot ` blocks of a page.
fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<Block<'_>> = None;
    for (number, line) in page.lines().enumerate() {
        if let Some(block) = &mut open {
            if line == "```" {
                blocks.extend(open.take());
            } else {
                block.text.push_str(line);
                block.text.push('\n');
            }
        } else if let Some(info) = line.strip_prefix("```dot") {
            open = Some(Block { info, text: String::new(), line: number + 1 });
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// The comments in the ` ```shellcheck ` block of a page.
fn comments(page: &str) -> Vec<ShellcheckComment> {
    let lines = page.lines().skip_while(|line| *line != "```shellcheck").skip(1);
    lines.take_while(|line| *line != "```").filter_map(comment).collect()
}

fn comment(line: &str) -> Option<ShellcheckComment> {
    let (place, rest) = line.split_once(' ')?;
    let (level, rest) = rest.split_once(" SC")?;
    let (code, message) = rest.split_once(": ")?;
    let numbers: Vec<u32> = place.split([':', '-']).filter_map(|number| number.parse().ok()).collect();
    let [line, column, end_line, end_column] = numbers[..] else { return None };
    let level = match level {
        "style" => ShellcheckLevel::Style,
        "info" => ShellcheckLevel::Info,
        "warning" => ShellcheckLevel::Warning,
        "error" => ShellcheckLevel::Error,
        _ => return None,
    };
    let message = message.to_owned();
    Some(ShellcheckComment { line, column, end_line, end_column, level, code: code.parse().ok()?, message })
}

/// An asserted or found finding: line, first and last column from 0, level and message.
type Fact = (usize, usize, usize, String);

/// Splits a block into the text without assertion lines and the assertions.
fn assertions(text: &str) -> (String, BTreeSet<Fact>) {
    let mut source = String::new();
    let mut facts = BTreeSet::new();
    let mut lines = 0;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("// <- ") {
            facts.insert((0, 0, 0, rest.to_owned()));
            continue;
        }
        let carets = line.strip_prefix("//").map(str::trim_start).filter(|rest| rest.starts_with('^'));
        if let Some(carets) = carets {
            let start = line.len() - carets.len();
            let width = carets.bytes().take_while(|&byte| byte == b'^').count();
            let message = carets[width..].trim().to_owned();
            let above: &str = source.lines().last().unwrap_or("");
            // An empty range is drawn as one caret; a caret behind the end of the line can only mean that.
            let end = if start >= above.len() { start } else { start + width };
            facts.insert((lines - 1, start, end, message));
            continue;
        }
        source.push_str(line);
        source.push('\n');
        lines += 1;
    }
    (source, facts)
}

fn fact(source: &str, finding: &Diagnostic, asserted: &BTreeSet<Fact>) -> Fact {
    let TextRange { start, end } = finding.range;
    let message = format!("{}: {}", finding.severity, finding.message);
    let before = &source[..start as usize];
    let line = before.matches('\n').count();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = start as usize - line_start;
    if start == 0 && end == 0 && asserted.iter().any(|fact| fact.3 == message) {
        return (0, 0, 0, message);
    }
    // Carets mark the part on the first line of a longer range, and one place for an empty one.
    let line_end = source[start as usize..].find('\n').map_or(source.len(), |at| start as usize + at);
    let end = (end as usize).min(line_end).max(start as usize) - line_start;
    let drawn =
        (line, column, end.max(column + usize::from(column < line_end - line_start)), message.clone());
    // The slashes of an assertion hide the first two columns.
    let behind_slashes = (line, 2, end, message.clone());
    if asserted.contains(&drawn) {
        drawn
    } else if column == 0 && asserted.contains(&behind_slashes) {
        behind_slashes
    } else {
        (line, column, end, message)
    }
}

fn check_page(rule: &'static Rule, wrong: &mut Vec<String>) {
    let page = rule.page;
    if page.lines().next() != Some(&format!("# {}", rule.name)) {
        wrong.push(format!("{}: the first line is not the name of the rule", rule.name));
    }
    for heading in ["## Why this is bad", "## Example"] {
        if !page.contains(heading) {
            wrong.push(format!("{}: no `{heading}`", rule.name));
        }
    }
    let blocks = blocks(page);
    let mut bad_blocks = 0;
    let mut fixed = false;
    for (index, block) in blocks.iter().enumerate() {
        let place = format!("lints/{}.md:{}", rule.name, block.line);
        let (source, asserted) = assertions(&block.text);
        let findings = block.findings(&source, rule);
        if asserted.is_empty() {
            wrong.extend(findings.iter().map(|finding| {
                let at = fact(&source, finding, &asserted);
                format!("{place}: a clean block has {} at {}:{}: {}", finding.rule, at.0 + 1, at.1 + 1, at.3)
            }));
            continue;
        }
        bad_blocks += 1;
        let own: Vec<&Diagnostic> = findings.iter().filter(|finding| finding.rule == rule.name).collect();
        let found: BTreeSet<Fact> = own.iter().map(|finding| fact(&source, finding, &asserted)).collect();
        wrong.extend(
            asserted.difference(&found).map(|fact| format!("{place}: asserted, not found: {fact:?}")),
        );
        wrong.extend(
            found.difference(&asserted).map(|fact| format!("{place}: found, not asserted: {fact:?}")),
        );
        for finding in &own {
            let style =
                [(&finding.message, "message"), (finding.help.as_ref().unwrap_or(&finding.message), "help")];
            for (text, what) in style {
                if text.ends_with('.') || text.starts_with(char::is_uppercase) || text.contains("``") {
                    wrong.push(format!("{place}: {what} is not in house style: {text}"));
                }
            }
            if finding.help.is_none() {
                wrong.push(format!("{place}: no help with {}", finding.message));
            }
        }
        let edits: Vec<_> =
            own.iter().filter_map(|f| f.fix.as_ref()).flat_map(|fix| fix.edits.clone()).collect();
        match rule.fixability {
            Fixability::None if !edits.is_empty() => {
                wrong.push(format!("{place}: a fix, though the rule has none"))
            }
            Fixability::None | Fixability::Display => {}
            Fixability::Safe | Fixability::Unsafe => {
                let Some(good) = blocks.get(index + 1).filter(|next| !next.has("by-hand")) else { continue };
                let (expected, _) = assertions(&good.text);
                match apply_edits(&source, &edits) {
                    Ok(result) if result == expected => fixed = true,
                    Ok(result) => wrong.push(format!("{place}: the fixes make\n{result}\nnot\n{expected}")),
                    Err(error) => wrong.push(format!("{place}: {error}")),
                }
            }
        }
    }
    if bad_blocks == 0 {
        wrong.push(format!("{}: no example with a finding", rule.name));
    }
    if matches!(rule.fixability, Fixability::Safe | Fixability::Unsafe) && !fixed {
        let by_hand = rule.name == "unknown-rule-name";
        if !by_hand {
            wrong.push(format!("{}: no example shows its fix", rule.name));
        }
    }
}

#[test]
fn pages_say_what_the_rules_do() {
    let mut wrong = Vec::new();
    for rule in all_rules() {
        check_page(rule, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_belongs_to_a_rule() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lints");
    let pages: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".md").map(str::to_owned))
        .collect();
    let rules: BTreeSet<String> = all_rules().iter().map(|rule| rule.name.to_owned()).collect();
    assert_eq!(pages, rules);
}

#[test]
fn profiles_name_only_rules_that_exist() {
    let mut unknown = Vec::new();
    for profile in Profile::all() {
        let names = profile.severities.iter().map(|(name, _)| *name);
        unknown.extend(names.filter(|name| dotwright_lint::rule(name).is_none()));
    }
    assert!(unknown.is_empty(), "{unknown:?}");
}
