//! `simulate`, `test` and `estimate`: exit codes, and what a failing scenario tells.

use crate::project::Project;

const LOOP: &str = "digraph { graph [goal=x] start [shape=Mdiamond] exit [shape=Msquare]
    t [shape=parallelogram, tool_command=\"make test\", timeout=\"1m\"]
    fix [shape=parallelogram, tool_command=\"make fix\", timeout=\"1m\", max_visits=2]
    start -> t  t -> exit [condition=\"outcome=success\"]  t -> fix [condition=\"outcome=fail\"]  fix -> t }";

#[track_caller]
fn check(arguments: &str, code: i32, contains: &str) {
    let scenario =
        "[[scenario]]\nname = \"green at once\"\n[scenario.expect]\npath = [\"start\", \"exit\"]\n";
    let project =
        Project::new(&[("a.dot", LOOP), ("a.test.toml", scenario), ("b.dot", "digraph { a -> b }")]);
    let run = project.run(arguments);
    assert!(run.code == code && run.all().contains(contains), "{}", run.all());
}

#[test]
fn the_exit_code_is_that_of_the_simulated_run() {
    check("simulate a.dot --outcome t=fail,success", 0, "success, exit code 0");
    check("simulate a.dot --outcome t=fail", 1, "visit_cap at fix");
    check("simulate a.dot --all", 0, "4 nodes entered, 4 edges taken");
}

#[test]
fn what_cannot_be_simulated_is_named() {
    check("simulate a.dot --outcome tt=fail", 2, "no node `tt`");
    check("simulate a.dot --outcome t=maybe", 2, "`maybe` is no outcome");
    check("simulate b.dot", 3, "so nothing can run");
}

#[test]
fn a_failing_scenario_tells_what_happened() {
    check("test", 1, "path is start t exit, expected start exit");
    check("test --coverage", 1, "no scenario takes t -> fix");
}

#[test]
fn an_estimate_has_a_least_and_a_most() {
    check("estimate a.dot", 0, "executions");
    check("estimate a.dot --success 2", 2, "no probability");
}
