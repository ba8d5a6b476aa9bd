//! The rules against every real file: how often each one reports is pinned, so that no change of a rule goes unnoticed.
//!
//! `UPDATE_EXPECT=1` writes the table anew; look at every changed number before accepting it.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the table is a file")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::hash::Hasher;
use std::sync::Arc;

use dotwright_diagnostics::{Diagnostic, TextRange};
use dotwright_lint::{External, Settings, all_rules, check};
use dotwright_model::{Pipeline, Profile};
use dotwright_syntax::{from_bytes, parse};
use dotwright_tests::{corpus, workspace};
use siphasher::sip128::{Hasher128, SipHasher13};

/// Files hit and findings.
type Count = (usize, usize);

/// The findings of all profiles by the rule's and the profile's place in their lists.
type Counts = BTreeMap<(usize, usize), Count>;

/// Checks all files in all profiles. What is wrong with a range is an entry of the second part.
fn survey(files: &[(String, Vec<u8>)]) -> (Counts, Vec<String>) {
    let mut counts = Counts::new();
    let mut wrong = Vec::new();
    for (name, bytes) in files {
        let (source, _) = from_bytes(bytes);
        let source: Arc<str> = source.into();
        let syntax = Arc::new(parse(&source));
        for (place, profile) in Profile::all().iter().enumerate() {
            let pipeline = Pipeline::new(source.clone(), syntax.clone(), profile);
            let settings = Settings { profile, ..Settings::default() };
            let mut hits = BTreeMap::new();
            for finding in check(&pipeline, &settings, &External::default()).diagnostics {
                let bad = ranges(&finding).find(|range| source.get(std::ops::Range::from(*range)).is_none());
                wrong.extend(bad.map(|range| format!("{name}: {} at {range:?}", finding.rule)));
                let rule = all_rules().iter().position(|rule| rule.name == finding.rule).unwrap();
                *hits.entry(rule).or_insert(0usize) += 1;
            }
            for (rule, hits) in hits {
                let count = counts.entry((rule, place)).or_default();
                *count = (count.0 + 1, count.1 + hits);
            }
        }
    }
    (counts, wrong)
}

/// All ranges of a finding: its own, those of its labels and those that its fix replaces.
fn ranges(finding: &Diagnostic) -> impl Iterator<Item = TextRange> {
    let labels = finding.labels.iter().map(|label| label.range);
    let edits = finding.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.range);
    std::iter::once(finding.range).chain(labels).chain(edits)
}

/// The first line of the table: which corpus it was made from.
fn identity(files: &[(String, Vec<u8>)]) -> String {
    let mut hasher = SipHasher13::new();
    for (name, bytes) in files {
        for part in [name.as_bytes(), bytes] {
            hasher.write_u64(part.len() as u64);
            hasher.write(part);
        }
    }
    format!("# {} files, {:032x}", files.len(), hasher.finish128().as_u128())
}

fn table(files: &[(String, Vec<u8>)], counts: &Counts) -> String {
    let mut text = format!("{}\nrule\tprofile\tfiles\tfindings\n", identity(files));
    for ((rule, profile), (files, findings)) in counts {
        let (rule, profile) = (all_rules()[*rule].name, Profile::all()[*profile].name);
        writeln!(text, "{rule}\t{profile}\t{files}\t{findings}").unwrap();
    }
    text
}

#[test]
fn findings_about_pipelines_are_as_often_as_the_table_says() {
    let files = corpus("pipelines");
    if files.is_empty() {
        return;
    }
    let (counts, wrong) = survey(&files);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let path = workspace().join("tests/data/corpus-findings.tsv");
    let found = table(&files, &counts);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, found).unwrap();
        return;
    }
    let pinned = std::fs::read_to_string(path).unwrap();
    if pinned.lines().next() != found.lines().next() {
        eprintln!("not compared: the table was made from another corpus");
        return;
    }
    let changes = changes(&pinned, &found);
    assert!(changes.is_empty(), "if this is right, run with UPDATE_EXPECT=1:\n{}", changes.join("\n"));
}

/// The rows that one of two tables lacks, `-` for the first and `+` for the second, those of one rule together.
fn changes(before: &str, after: &str) -> Vec<String> {
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (before.lines().collect(), after.lines().collect());
    old.symmetric_difference(&new)
        .map(|row| format!("{} {row}", if old.contains(row) { '-' } else { '+' }))
        .collect()
}

#[test]
fn a_changed_row_is_shown_before_and_after() {
    assert_eq!(
        changes("# 2 files\na\tx\t1\t1\nb\tx\t1\t2", "# 2 files\na\tx\t1\t1\nb\tx\t1\t3"),
        ["- b\tx\t1\t2", "+ b\tx\t1\t3"]
    );
}

#[test]
fn any_dot_file_can_be_checked() {
    let (_, wrong) = survey(&corpus("graphviz"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
