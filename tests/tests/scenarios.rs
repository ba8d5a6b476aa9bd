//! The scenario files of the sample pipelines: all pass, and together they take every edge that can be taken.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the test runs the program")]
#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use std::collections::BTreeSet;
use std::process::Command;

use dotwright_tests::{path_with_dotwright, workspace};

fn pipelines_ending_in(suffix: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(workspace().join("pipelines")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| Some(name.strip_suffix(suffix)?.to_owned())).collect()
}

#[test]
fn every_sample_pipeline_has_scenarios() {
    assert_eq!(pipelines_ending_in(".test.toml"), pipelines_ending_in(".dot"));
}

#[test]
fn scenarios_of_the_sample_pipelines_pass_and_take_every_edge() {
    let output = Command::new("dotwright")
        .args(["test", "--coverage", "pipelines"])
        .current_dir(workspace())
        .env("PATH", path_with_dotwright())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
}

#[test]
fn exploring_the_sample_pipelines_reaches_every_node_and_edge() {
    for name in pipelines_ending_in(".dot") {
        let output = Command::new("dotwright")
            .args(["simulate", "--all", &format!("pipelines/{name}.dot")])
            .current_dir(workspace())
            .env("PATH", path_with_dotwright())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && !text.contains("never"), "{name}:\n{text}");
    }
}
