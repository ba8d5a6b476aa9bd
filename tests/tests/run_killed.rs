//! A real SIGKILL of the program (runner reference, section 26.1): at moments that its log tells, in pipelines with a
//! child and with worktrees, with orphans, and once more while the run is taken up.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::process::Stdio;
use std::time::{Duration, Instant};

use dotwright_tests::checkout::{Checkout, model, sample_path};
use serde_json::Value;

/// Records in the logs of all runs.
fn records(checkout: &Checkout) -> usize {
    let runs = std::fs::read_dir(checkout.state().join("dotwright/runs")).into_iter().flatten().flatten();
    let logs = runs.map(|run| std::fs::read(run.path().join("events.jsonl")).unwrap_or_default());
    logs.map(|log| log.iter().filter(|byte| **byte == b'\n').count()).sum()
}

/// Starts the program and kills it when there are so many records, if it has not ended before.
fn killed_at(checkout: &Checkout, arguments: &[&str], count: usize) {
    let mut child = checkout.command().args(arguments).stderr(Stdio::null()).spawn().unwrap();
    while records(checkout) < count && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

const RESUME: [&str; 4] = ["resume", "killed", "--on-gate", "pause"];

/// Kills a run once and a second time while it is taken up; then it ends as the one that was not killed.
#[track_caller]
fn survives(make: impl Fn() -> Checkout, pipeline: &str, arguments: &[&str], sample: usize, files: &[&str]) {
    let whole = make();
    let arguments = [&["run", "--run-id", "killed", "--on-gate", "pause"], arguments, &[pipeline]].concat();
    let expected_code = whole.dotwright(&arguments).status.code();
    let expected = whole.report("killed");
    let all = records(&whole);
    for count in (0..all).step_by(all.div_ceil(sample)) {
        let checkout = make();
        killed_at(&checkout, &arguments, count);
        killed_at(&checkout, &RESUME, records(&checkout) + count % 7);
        let mut resumed = checkout.dotwright(&RESUME);
        if resumed.status.code() == Some(2) {
            // Nothing of it was on disk.
            resumed = checkout.dotwright(&arguments);
        }
        let said = String::from_utf8_lossy(&resumed.stderr);
        assert_eq!(resumed.status.code(), expected_code, "killed at {count}: {said}");
        let report = checkout.report("killed");
        for what in ["status", "exit_code", "reason", "visits", "gates"] {
            assert_eq!(report[what], expected[what], "{what}, killed at {count}: {said}");
        }
        for file in files {
            assert_eq!(checkout.read(file), whole.read(file), "{file}, killed at {count}");
        }
        let work = |checkout: &Checkout| {
            let kept = checkout.git(&["for-each-ref", "--format=%(refname)", "refs/dotwright"]);
            let texts = kept.lines().map(|name| checkout.git(&["ls-tree", "-r", name]));
            (checkout.git(&["status", "--porcelain"]), kept.clone(), texts.collect::<String>())
        };
        assert_eq!(work(&checkout), work(&whole), "killed at {count}");
    }
}

fn project() -> Checkout {
    Checkout::new(&[("README.md", "# Project\n"), ("Makefile", "test:\n\ttest -f src/feature\n")])
}

#[test]
fn a_pipeline_with_a_child() {
    let sample = sample_path("every-handler.dot").display().to_string();
    let arguments = ["--backend", &model("write_page#1")];
    let files = [".dotwright/tour/kinds.txt", ".dotwright/tour/introduction.md"];
    survives(project, &sample, &arguments, 12, &files);
}

#[test]
fn a_pipeline_with_a_region_of_model_steps() {
    let sample = sample_path("sprint-execution.dot").display().to_string();
    let arguments = ["--backend", &model("implement_sprint#1")];
    survives(project, &sample, &arguments, 8, &["src/feature", ".dotwright/sprint/report.md"]);
}

const BRANCHES: &str = r#"digraph { graph [goal=test] start [shape=Mdiamond] exit [shape=Msquare]
    node [shape=parallelogram, timeout="30s"] fan [shape=component] join [shape=tripleoctagon]
    before [tool_command="echo before > before.txt"] a [tool_command="cp before.txt a.txt; sleep 0.05"]
    b [tool_command="cp before.txt b.txt"] after [tool_command="cat before.txt a.txt b.txt > all.txt"]
    start -> before -> fan -> { a b } -> join -> after -> exit }"#;

#[test]
fn a_pipeline_in_worktrees() {
    let aside = project();
    let pipeline = aside.aside("branches.dot", BRANCHES);
    survives(project, &pipeline, &["--worktree", "require"], 10, &["all.txt"]);
}

fn is_alive(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !status.is_empty() && !status.rsplit(')').next().unwrap().trim_start().starts_with('Z')
}

fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(20);
    while !is_there() {
        assert!(Instant::now() < patience, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The step of a killed runner, with a grandchild that left its group, is ended before its successor goes on.
#[track_caller]
fn orphans_are_ended(pipeline: &str, more: &[(&str, &str)]) -> Value {
    let checkout = Checkout::new(&[]);
    for (name, text) in more {
        checkout.aside(name, text);
    }
    let pipeline = checkout.aside("pipeline.dot", pipeline);
    let mut child = checkout
        .command()
        .args(["run", "--run-id", "killed", &pipeline])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for("the step begins", || checkout.read("pids").lines().count() == 2);
    child.kill().unwrap();
    child.wait().unwrap();
    let pids = checkout.read("pids");
    assert!(pids.lines().all(is_alive), "they outlive the runner");
    checkout.says(&["resume", "killed"], 0);
    assert!(!pids.lines().any(is_alive), "they do not outlive its successor");
    assert_eq!(checkout.read("trace"), "first\nsecond\n");
    checkout.report("killed")
}

const SLOW: &str = r#"slow [shape=parallelogram, timeout="90s", tool_command="
    if [ -e trace ]; then echo second >> trace; exit 0; fi
    setsid sh -c 'echo $$ >> pids; sleep 60; echo late >> trace' &
    echo $$ >> pids; echo first >> trace; sleep 60; echo late >> trace"]"#;

#[test]
fn orphans_of_a_killed_runner_are_ended() {
    let pipeline = format!(
        "digraph {{ graph [goal=test] start [shape=Mdiamond] exit [shape=Msquare] {SLOW} start -> slow -> exit }}"
    );
    let report = orphans_are_ended(&pipeline, &[]);
    assert_eq!(report["attempts"]["slow"], 2);
}

#[test]
fn orphans_of_a_child_of_a_killed_runner_are_ended() {
    let child = format!(
        "digraph {{ graph [goal=test] start [shape=Mdiamond] exit [shape=Msquare] {SLOW} start -> slow -> exit }}"
    );
    let pipeline = r#"digraph { graph [goal=test] start [shape=Mdiamond] exit [shape=Msquare]
        watch [shape=house, "stack.child_dotfile"="child.dot", "manager.poll_interval"="1s"]
        start -> watch -> exit }"#;
    let report = orphans_are_ended(pipeline, &[("child.dot", &child)]);
    assert_eq!(report["context"]["stack.child.outcome"], "success");
}

/// A step that must not be repeated unasked waits for a person after its runner died.
#[test]
fn a_lost_attempt_is_asked_about_where_the_node_says_so() {
    let checkout = Checkout::new(&[]);
    let pipeline = checkout.aside(
        "pipeline.dot",
        "digraph { graph [goal=test] start [shape=Mdiamond] exit [shape=Msquare]
         pay [shape=parallelogram, timeout=\"60s\", on_resume=ask, tool_command=\"echo paid >> trace; test -e again || sleep 60\"]
         start -> pay -> exit }",
    );
    let run = ["run", "--run-id", "killed", &pipeline];
    let mut child = checkout.command().args(run).stderr(Stdio::null()).spawn().unwrap();
    wait_for("the step begins", || checkout.read("trace") == "paid\n");
    child.kill().unwrap();
    child.wait().unwrap();
    checkout.says(&["resume", "killed", "--on-gate", "pause"], 5);
    let asked = checkout.says(&["answer", "killed"], 0);
    assert!(asked.contains("pay#1") && asked.contains("[R]") && asked.contains("[F]"), "{asked}");
    assert_eq!(checkout.read("trace"), "paid\n", "nothing is repeated before the answer");
    checkout.write("again", "");
    checkout.says(&["answer", "killed", "pay", "R"], 0);
    checkout.says(&["resume", "killed"], 0);
    assert_eq!(checkout.read("trace"), "paid\npaid\n");
}
