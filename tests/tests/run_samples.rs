//! The sample pipelines, run for real in a repository of their own: those without a model as they are, those with one
//! with a scripted backend. Also the real SIGKILL of section 26.1 of the runner reference.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use dotwright_tests::{dotwright_folder, workspace};
use serde_json::Value;

struct Repository {
    folder: tempfile::TempDir,
    aside: tempfile::TempDir,
}

impl Repository {
    fn new(files: &[(&str, &str)]) -> Repository {
        let repository =
            Repository { folder: tempfile::tempdir().unwrap(), aside: tempfile::tempdir().unwrap() };
        for (name, text) in files {
            std::fs::write(repository.path(name), text).unwrap();
        }
        repository.git(&["init", "-q"]);
        repository.git(&["add", "-A"]);
        repository.git(&["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "one"]);
        repository
    }

    fn git(&self, arguments: &[&str]) {
        assert!(Command::new("git").args(arguments).current_dir(&self.folder).status().unwrap().success());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(dotwright_folder().join("dotwright"));
        command
            .current_dir(&self.folder)
            .env("XDG_STATE_HOME", self.aside.path().join("state"))
            .stdin(Stdio::null());
        command
    }

    fn dotwright(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }

    /// Runs a sample and expects this exit code.
    #[track_caller]
    fn run(&self, sample: &str, arguments: &[&str], code: i32) -> Value {
        let sample = sample_path(sample);
        let output = self.dotwright(&[&["run", sample.to_str().unwrap()], arguments].concat());
        assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
        let shown = self.dotwright(&["show", "@last", "--json"]);
        serde_json::from_slice(&shown.stdout).unwrap()
    }

    fn aside(&self, name: &str, text: &str) -> String {
        let path = self.aside.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn sample_path(name: &str) -> PathBuf {
    workspace().join("pipelines").join(name)
}

const CARGO: &[(&str, &str)] = &[
    ("Cargo.toml", "[package]\nname = \"x\"\nversion = \"0.1.0\"\n[dependencies]\nserde = \"1\"\n"),
    ("Cargo.lock", "version = 4\n"),
];

#[test]
fn the_vulnerability_scan_writes_its_report_and_every_step_is_explained() {
    let repository = Repository::new(CARGO);
    let report = repository.run("vulnerability-scan.dot", &[], 0);
    let text = std::fs::read_to_string(repository.path("vulnerability-report.md")).unwrap();
    assert!(text.starts_with("# Vulnerability report\n"), "{text}");
    for node in report["attempts"].as_object().unwrap().keys() {
        let why = repository.dotwright(&["why", "@last", node]);
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
    let repository = Repository::new(&[("settings", &secret)]);
    let report = repository.run("vulnerability-scan.dot", &[], 1);
    assert_eq!(report["reason_node"], "enforce_threshold");
}

#[test]
fn the_dependency_audit_writes_its_report() {
    let repository = Repository::new(CARGO);
    repository.run("dependency-audit.dot", &[], 0);
    let text = std::fs::read_to_string(repository.path("dependency-report.md")).unwrap();
    assert!(text.contains("serde"), "{text}");
}

#[test]
fn the_release_checklist_asks_before_it_writes_notes() {
    let repository = Repository::new(&[
        ("VERSION", "1.2.0\n"),
        ("Makefile", "test:\n\ttrue\n"),
        ("CHANGELOG.md", "# Changelog\n\n## 1.2.0\n\n- first\n"),
        ("LICENSE", "MIT License\n"),
    ]);
    let paused = repository.run("release-checklist.dot", &["--on-gate", "pause"], 5);
    let gate = paused["open_gates"][0].as_str().unwrap().split('#').next().unwrap().to_owned();
    assert!(!repository.path("release-notes.md").exists());
    assert!(repository.dotwright(&["answer", "@last", &gate, "A"]).status.success());
    assert_eq!(repository.dotwright(&["resume", "@last"]).status.code(), Some(0));
    assert!(repository.path("release-notes.md").exists());
}

#[test]
fn every_handler_runs_with_a_scripted_backend() {
    let repository = Repository::new(CARGO);
    let backend = repository.aside(
        "backend.sh",
        "cat > /dev/null\nprintf '# Introduction\\n## Where things are\\n## What happened lately\\n## Where to begin\\n' \
         > .dotwright/tour/introduction.md\necho written\n",
    );
    let answers = repository.aside(
        "answers.json",
        r#"{"answers": [{"gate": "accept_page", "visit": 1, "choice": "Keep the page"}]}"#,
    );
    let backend = format!("/bin/sh {backend}");
    let report = repository.run("every-handler.dot", &["--backend", &backend, "--answers", &answers], 0);
    assert_eq!(report["context"]["stack.child.outcome"], "success");
    assert_eq!(report["gates"]["check_page"], "success");
    assert_eq!(report["context"]["last_response"], "written");
}

#[test]
fn samples_with_a_model_are_refused_without_a_backend() {
    let repository = Repository::new(CARGO);
    let samples =
        ["build-game.dot", "plan-implement-review.dot", "sprint-execution.dot", "development-life-cycle.dot"];
    for sample in samples {
        let output = repository.dotwright(&["run", sample_path(sample).to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(4), "{sample}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("no model backend"), "{sample}");
    }
}

/// A model that claims success and does nothing does not get past the checks: every loop ends at its cap.
#[test]
fn samples_do_not_believe_an_idle_model() {
    for sample in ["build-game.dot", "plan-implement-review.dot", "sprint-execution.dot"] {
        let repository = Repository::new(&[("Makefile", "test:\n\tfalse\n")]);
        let arguments = ["--backend", "/bin/sh -c 'cat >/dev/null; echo done'", "--on-gate", "pause"];
        let report = repository.run(sample, &arguments, 1);
        assert_eq!(report["reason"], "visit_cap", "{sample}");
    }
}

/// A real SIGKILL, early and late; the run that goes on ends as one that was never killed.
#[test]
fn a_killed_runner_loses_nothing() {
    let whole = Repository::new(CARGO).run("vulnerability-scan.dot", &[], 0);
    for delay in [0, 5, 10, 20, 30, 45, 60, 80, 110, 150, 200] {
        let repository = Repository::new(CARGO);
        let sample = sample_path("vulnerability-scan.dot");
        let mut command = repository.command();
        command.args(["run", "--run-id", "killed"]).arg(&sample);
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        let resumed = repository.dotwright(&["resume", "killed"]);
        if resumed.status.code() == Some(2) {
            // Nothing of it was on disk.
            repository.run("vulnerability-scan.dot", &["--run-id", "killed"], 0);
        }
        let shown = repository.dotwright(&["show", "killed", "--json"]);
        let report: Value = serde_json::from_slice(&shown.stdout).unwrap();
        for what in ["status", "exit_code", "visits", "gates"] {
            assert_eq!(report[what], whole[what], "{what} after {delay} ms");
        }
        assert!(Path::new(&repository.path("vulnerability-report.md")).exists());
    }
}
