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
fn a_filter_chooses_scenarios_by_name() {
    check("test --filter ^green", 1, "0 scenarios passed, 1 failed in 1 file");
    check("test --filter red", 2, "no scenario has a name that matches `red`");
    check("test --filter (", 2, "--filter");
}

#[test]
fn coverage_may_have_a_lower_bound() {
    let scenario = "[[scenario]]\nname = \"green\"\n[scenario.expect]\nstatus = \"success\"\n";
    let project = Project::new(&[("a.dot", LOOP), ("a.test.toml", scenario)]);
    for (percent, code) in [("0", 0), ("50", 0), ("50.1", 1), ("101", 2), ("nan", 2), ("half", 2)] {
        let run = project.run(&format!("test --min-coverage {percent}"));
        assert_eq!(run.code, code, "{}", run.all());
    }
    assert!(project.run("test --min-coverage 0").all().contains("2 of 4 edges"));
}

#[test]
fn the_tests_of_pipelines_are_told_to_programs() {
    let scenario = "[[scenario]]\nname = \"a < b & c\"\n[scenario.expect]\nstatus = \"failed\"\n";
    let project = Project::new(&[("a.dot", LOOP), ("a.test.toml", scenario)]);
    let run = project.run("test a.test.toml --json --coverage --junit test.xml");
    assert_eq!(run.code, 1, "{}", run.all());
    let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&found["schema"], &found["cases"][0]["passed"]), (&1.into(), &false.into()));
    assert_eq!(found["cases"][0]["differences"][0], "status is success, expected failed");
    assert_eq!(found["coverage"][0]["edges_left"][0], "t -> fix");
    let xml = project.read("test.xml");
    assert!(xml.contains(r#"<testcase name="a &lt; b &amp; c" classname="a.test.toml"><failure"#), "{xml}");
    assert!(xml.contains(r#"tests="1" failures="1" errors="0""#), "{xml}");
}

#[test]
fn a_refused_pipeline_is_an_error_of_its_file() {
    let scenario = "[[scenario]]\nname = \"x\"\n[scenario.expect]\n";
    let project = Project::new(&[("b.dot", "digraph { a -> b }"), ("b.test.toml", scenario)]);
    assert_eq!(project.run("test --junit test.xml").code, 3);
    let xml = project.read("test.xml");
    assert!(xml.contains(r#"tests="1" failures="0" errors="1""#) && xml.contains("<error message"), "{xml}");
}

#[test]
fn an_estimate_has_a_least_and_a_most() {
    check("estimate a.dot", 0, "executions");
    check("estimate a.dot --success 2", 2, "no probability");
}
