//! Conformance vectors of the rules: which of the specification's findings a pipeline has, by the ids of its section
//! 7.2.
//!
//! A case that agrees with the specification is checked at the specification's levels. For the others only presence
//! and absence count, and each is read as the project reads it that asserts the case.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the test reads the vectors"
)]

use std::collections::{BTreeMap, BTreeSet};

use dotwright_lint::{External, Preset, Settings, all_rules, check};
use dotwright_model::{Pipeline, Profile};
use dotwright_tests::shared;
use serde_json::Value;

/// The profile that a case belongs to.
fn profile(case: &Value) -> &'static Profile {
    let source = case["source"][0].as_str().unwrap_or("");
    // The folders behind the revision are often called `attractor`, whatever the runner.
    let project = source.split('@').next().unwrap_or("");
    let dialect = Profile::all().iter().find(|profile| !agrees(case) && project.contains(profile.name));
    dialect.unwrap_or(Profile::default())
}

fn agrees(case: &Value) -> bool {
    case["spec"] == "agrees"
}

/// The levels that each id of the specification is reported at.
fn findings(case: &Value) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut settings = Settings { profile: profile(case), ..Settings::default() };
    settings.selection.preset = Preset::Spec;
    let pipeline = Pipeline::parse(case["dot"].as_str().unwrap(), settings.profile);
    let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for diagnostic in check(&pipeline, &settings, &External::default()).diagnostics {
        let rule = all_rules().iter().find(|rule| rule.name == diagnostic.rule);
        if let Some(id) = rule.and_then(|rule| rule.spec_id) {
            found.entry(id).or_default().insert(diagnostic.severity.to_string());
        }
    }
    found
}

/// What is wrong with a case.
fn verdict(case: &Value) -> Result<(), String> {
    let found = findings(case);
    for must in case["must"].as_array().unwrap() {
        let (id, level) = (must["rule"].as_str().unwrap(), must["severity"].as_str().unwrap());
        match found.get(id) {
            // The edge that was misspelt may be the one to the node that nothing leads to.
            None if id == "reachability" && found.contains_key("edge_target_exists") => {}
            None => return Err(format!("no `{id}` in {found:?}")),
            Some(levels) if agrees(case) && !levels.contains(level) => {
                return Err(format!("`{id}` is reported as {levels:?}, not as {level}"));
            }
            Some(_) => {}
        }
    }
    let unwanted = case["must_not"].as_array().unwrap().iter().filter_map(Value::as_str);
    match unwanted.into_iter().find(|id| found.contains_key(id)) {
        Some(id) => Err(format!("`{id}` in {found:?}")),
        None => Ok(()),
    }
}

#[test]
fn pipelines_have_the_findings_of_the_specification() {
    let Some(folder) = shared("DOTWRIGHT_VECTORS", "vectors") else { return };
    let text = std::fs::read_to_string(folder.join("validate.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(!cases.is_empty());
    let wrong: Vec<String> =
        cases.iter().filter_map(|case| Some(format!("{}: {}", case["id"], verdict(case).err()?))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
