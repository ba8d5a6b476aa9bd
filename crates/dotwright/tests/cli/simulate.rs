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
fn a_scenario_is_outcomes_of_steps_and_answers_of_gates() {
    let gate = "digraph { graph [goal=x] start [shape=Mdiamond] exit [shape=Msquare]
        review [shape=hexagon, label=\"Good?\"]
        t [shape=parallelogram, tool_command=\"make test\", timeout=\"1m\", max_visits=3]
        start -> t  t -> review [condition=\"outcome=success\"]  t -> t [condition=\"outcome=fail\"]
        review -> exit [label=\"[A] Accept\"]  review -> t [label=\"[F] Fix\"] }";
    let project = Project::new(&[("a.dot", gate)]);
    let scenario = project.run("simulate a.dot --scenario t=exit:2,success --scenario review=F,A");
    let separate = project.run("simulate a.dot --outcome t=exit:2,success --answer review=F,A");
    assert_eq!((scenario.code, &scenario.stdout), (0, &separate.stdout), "{}", scenario.all());
    assert_eq!(
        project.run("simulate a.dot --json").stdout,
        project.run("simulate a.dot --format json").stdout
    );
    check("simulate a.dot --scenario tt=fail", 2, "did you mean `t`?");
}

#[test]
fn a_scenario_of_a_file_can_be_simulated() {
    let case = |name: &str, t: &str| {
        format!("[[scenario]]\nname = \"{name}\"\noutcomes = {{ t = {t} }}\n[scenario.expect]\n")
    };
    let (one, two) = (case("red", "\"fail\""), case("mended", "[\"fail\", \"success\"]"));
    let both = format!("{one}{two}");
    let project = Project::new(&[("a.dot", LOOP), ("one.test.toml", &one), ("a.test.toml", &both)]);
    assert_eq!(project.run("simulate a.dot --scenario-file one.test.toml").code, 1);
    assert_eq!(project.run("simulate a.dot --scenario-file one.test.toml --scenario t=success").code, 0);
    assert_eq!(project.run("simulate a.dot --scenario-file a.test.toml#mended").code, 0);
    for wrong in ["a.test.toml", "a.test.toml#green"] {
        let run = project.run(&format!("simulate a.dot --scenario-file {wrong}"));
        assert!(run.code == 2 && run.all().contains("`red`, `mended`"), "{}", run.all());
    }
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
fn an_amount_that_is_none_is_no_expectation() {
    let case = "[[scenario]]\nname = \"dear\"\n[scenario.expect]\nmax_cost_usd = \"little\"\n";
    let project = Project::new(&[("a.dot", LOOP), ("a.test.toml", case)]);
    let run = project.run("test a.test.toml");
    assert!(run.code == 2 && run.all().contains("`little` is no amount"), "{}", run.all());
}

#[test]
fn an_estimate_has_a_least_and_a_most() {
    check("estimate a.dot", 0, "executions");
    check("estimate a.dot --success 2", 2, "no probability");
}

#[test]
fn an_estimate_fails_above_a_limit() {
    let of = |model: &str, cap: &str| {
        format!(
            "digraph {{ graph [goal=x] start [shape=Mdiamond] exit [shape=Msquare]
            a [prompt=x, llm_model=\"{model}\" {cap}]
            start -> a  a -> exit [condition=\"outcome=success\"]  a -> a [condition=\"outcome=fail\"] }}"
        )
    };
    let (good, unknown) = (of("o3", ", max_visits=2"), of("nobody-1", ", max_visits=2"));
    let project = Project::new(&[("good.dot", &good), ("unknown.dot", &unknown)]);
    for (file, limit, code) in
        [("good", "1000", 0), ("good", "0", 1), ("unknown", "1000", 1), ("good", "-1", 2), ("good", "nan", 2)]
    {
        let run = project.run(&format!("estimate {file}.dot --fail-above={limit}"));
        assert_eq!(run.code, code, "{file} {limit} {}", run.all());
    }
    assert_eq!(
        project.run("estimate good.dot --json").stdout,
        project.run("estimate good.dot --format json").stdout
    );
}
