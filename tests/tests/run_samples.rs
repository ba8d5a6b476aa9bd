//! The sample pipelines without a model, run for real in a repository of their own, and what those with one do without a
//! backend or with an idle one. Also the real SIGKILL of section 26.1 of the runner reference.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use dotwright_tests::checkout::{Checkout, sample_path};
use serde_json::Value;

const CARGO: &[(&str, &str)] = &[
    ("Cargo.toml", "[package]\nname = \"x\"\nversion = \"0.1.0\"\n[dependencies]\nserde = \"1\"\n"),
    ("Cargo.lock", "version = 4\n"),
];

#[test]
fn the_vulnerability_scan_writes_its_report_and_every_step_is_explained() {
    let checkout = Checkout::new(CARGO);
    let report = checkout.run("vulnerability-scan.dot", &[], 0);
    let text = std::fs::read_to_string(checkout.path("vulnerability-report.md")).unwrap();
    assert!(text.starts_with("# Vulnerability report\n"), "{text}");
    for node in report["attempts"].as_object().unwrap().keys() {
        let why = checkout.dotwright(&["why", "@last", node]);
        let why = String::from_utf8(why.stdout).unwrap();
        assert!(
            why.contains("arrives from") && why.contains("outcome success") && why.contains("->"),
            "{why}"
        );
    }
}

#[test]
fn a_finding_fails_the_vulnerability_scan_at_its_threshold() {
    let secret = format!("key = AKI{}\n", "A1234567890ABCDEF");
    let checkout = Checkout::new(&[("settings", &secret)]);
    let report = checkout.run("vulnerability-scan.dot", &[], 1);
    assert_eq!(report["reason_node"], "enforce_threshold");
}

#[test]
fn the_dependency_audit_writes_its_report() {
    let checkout = Checkout::new(CARGO);
    checkout.run("dependency-audit.dot", &[], 0);
    let text = std::fs::read_to_string(checkout.path("dependency-report.md")).unwrap();
    assert!(text.contains("serde"), "{text}");
}

#[test]
fn the_release_checklist_asks_before_it_writes_notes() {
    let checkout = Checkout::new(&[
        ("VERSION", "1.2.0\n"),
        ("Makefile", "test:\n\ttrue\n"),
        ("CHANGELOG.md", "# Changelog\n\n## 1.2.0\n\n- first\n"),
        ("LICENSE", "MIT License\n"),
    ]);
    let paused = checkout.run("release-checklist.dot", &["--on-gate", "pause"], 5);
    let gate = paused["open_gates"][0].as_str().unwrap().split('#').next().unwrap().to_owned();
    assert!(!checkout.path("release-notes.md").exists());
    assert!(checkout.dotwright(&["answer", "@last", &gate, "A"]).status.success());
    assert_eq!(checkout.dotwright(&["resume", "@last"]).status.code(), Some(0));
    assert!(checkout.path("release-notes.md").exists());
}

#[test]
fn samples_with_a_model_are_refused_without_a_backend() {
    let checkout = Checkout::new(CARGO);
    let samples =
        ["build-game.dot", "plan-implement-review.dot", "sprint-execution.dot", "development-life-cycle.dot"];
    for sample in samples {
        let output = checkout.dotwright(&["run", sample_path(sample).to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(4), "{sample}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("no model backend"), "{sample}");
    }
}

/// A model that claims success and does nothing does not get past the checks: every loop ends at its cap.
#[test]
fn samples_do_not_believe_an_idle_model() {
    for sample in ["build-game.dot", "plan-implement-review.dot", "sprint-execution.dot"] {
        let checkout = Checkout::new(&[("Makefile", "test:\n\tfalse\n")]);
        let arguments = ["--backend", "/bin/sh -c 'cat >/dev/null; echo done'", "--on-gate", "pause"];
        let report = checkout.run(sample, &arguments, 1);
        assert_eq!(report["reason"], "visit_cap", "{sample}");
    }
}

/// A real SIGKILL, early and late; the run that goes on ends as one that was never killed.
#[test]
fn a_killed_runner_loses_nothing() {
    let whole = Checkout::new(CARGO).run("vulnerability-scan.dot", &[], 0);
    for delay in [0, 5, 10, 20, 30, 45, 60, 80, 110, 150, 200] {
        let checkout = Checkout::new(CARGO);
        let sample = sample_path("vulnerability-scan.dot");
        let mut command = checkout.command();
        command.args(["run", "--run-id", "killed"]).arg(&sample);
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        let resumed = checkout.dotwright(&["resume", "killed"]);
        if resumed.status.code() == Some(2) {
            // Nothing of it was on disk.
            checkout.run("vulnerability-scan.dot", &["--run-id", "killed"], 0);
        }
        let shown = checkout.dotwright(&["show", "killed", "--json"]);
        let report: Value = serde_json::from_slice(&shown.stdout).unwrap();
        for what in ["status", "exit_code", "visits", "gates"] {
            assert_eq!(report[what], whole[what], "{what} after {delay} ms");
        }
        assert!(Path::new(&checkout.path("vulnerability-report.md")).exists());
    }
}
