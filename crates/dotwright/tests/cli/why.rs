//! `why`: what a run explains about its visits and its end.

use expect_test::{Expect, expect};

use crate::project::Project;

const LOOP: &str = "digraph a {
    graph [goal=\"x\"]
    start [shape=Mdiamond]
    exit [shape=Msquare]
    test [shape=parallelogram, tool_command=\"test -f ok\", timeout=\"1m\", max_retries=1, goal_gate=true, retry_target=fix]
    gate [shape=diamond]
    fix [shape=parallelogram, tool_command=\"touch ok\", timeout=\"1m\", max_visits=5]
    start -> test -> gate
    test -> gate [condition=\"outcome=fail\"]
    gate -> exit [condition=\"outcome=success\"]
    gate -> fix [condition=\"outcome!=success\"]
    fix -> test
}
";

fn finished() -> Project {
    let project = Project::new(&[("a.dot", LOOP)]);
    let run = project.run("run a.dot --run-id first");
    assert_eq!(run.code, 0, "{}", run.all());
    project
}

#[track_caller]
fn check(project: &Project, arguments: &str, expect: Expect) {
    expect.assert_eq(&project.run(arguments).all());
}

#[test]
fn a_retried_step_tells_its_attempts_and_the_edges_that_were_considered() {
    check(
        &finished(),
        "why first test#1",
        expect![[r#"
        test, visit 1 -> gate                                             step 1 of 5: condition
          arrives from start over its edge                                event 6
          attempt 1: exit code 1                                          event 9
          tried again: exit_nonzero; 200 ms before jitter, 0 attempts after it  event 10
          attempt 2: exit code 1                                          event 16
          outcome fail, exit_nonzero (exit code 1)                        event 17
          -> gate  [outcome=fail]                                         event 18
             no  test -> gate  no condition
             yes test -> gate  outcome=fail  true
          a.dot:5:5   visits: test 1 of 25, gate 1 of 25
        -- exit code 0
    "#]],
    );
}

#[test]
fn a_diamond_tells_whose_outcome_it_hands_on() {
    check(
        &finished(),
        "why first gate#1",
        expect![[r#"
        gate, visit 1 -> fix                                              step 1 of 5: condition
          arrives from test over its edge                                 event 19
          -> fix  [outcome!=success]                                      events 16, 17, 20
             outcome fail forwarded from test (tool, attempt 2: exit code 1)
             no  gate -> exit  outcome=success   false
             yes gate -> fix   outcome!=success  true
          a.dot:6:5   visits: gate 1 of 25, fix 1 of 5
        -- exit code 0
    "#]],
    );
}

#[test]
fn a_goal_check_is_told_at_the_exit_and_at_the_last_visit_of_its_gate() {
    let project = finished();
    check(
        &project,
        "why first exit",
        expect![[r#"
        exit, visit 1
          arrives from gate over its edge                                 event 35
          goal check at the exit                                          event 36
             yes test  success
          a.dot:4:5   visits: exit 1
        -- exit code 0
    "#]],
    );
    check(
        &project,
        "why first test",
        expect![[r#"
        test, visit 2 -> gate                                             step 4 of 5: the one plain edge
          arrives from fix over its edge                                  event 27
          attempt 1: exit code 0                                          event 30
          outcome success                                                 event 31
          -> gate  [plain edge]                                           event 32
             yes test -> gate  no condition
             no  test -> gate  outcome=fail  false
          goal check at the exit                                          event 36
             yes test  success
          a.dot:5:5   visits: test 2 of 25, gate 2 of 25
        -- exit code 0
    "#]],
    );
}

#[test]
fn the_end_is_explained_by_the_step_that_caused_it() {
    let source = LOOP.replace("touch ok", "exit 3");
    let project = Project::new(&[("a.dot", &source)]);
    assert_eq!(project.run("run a.dot --run-id first").code, 1);
    check(
        &project,
        "why first --end",
        expect![[r#"
            fail, exit code 1: exit_nonzero at fix (exit code 3)
              dotwright logs first tells what happened

            fix, visit 1
              arrives from gate over its edge                                 event 21
              attempt 1: exit code 3                                          event 24
              outcome fail, exit_nonzero (exit code 3)                        event 25
                 no  fix -> test  a failure does not take an edge without a condition
              a.dot:7:5   visits: fix 1 of 5
            -- exit code 0
        "#]],
    );
}

#[test]
fn what_did_not_happen_is_said() {
    let project = finished();
    check(
        &project,
        "why first fix#2",
        expect![[r#"
            -- stderr
            `fix` was visited once
            -- exit code 1
        "#]],
    );
    check(
        &project,
        "why first fix#x",
        expect![[r#"
        -- stderr
          error: `x` is no number of a visit
          help: write NODE or NODE#2
        -- exit code 2
    "#]],
    );
    check(
        &project,
        "why first nobody",
        expect![[r#"
        -- stderr
          error: the pipeline has no node `nobody`
          help: `dotwright graph FILE` lists them
        -- exit code 2
    "#]],
    );
}

#[test]
fn the_json_form_says_the_same_with_numbers_and_places() {
    let text = finished().run("why first gate#1 --json").stdout;
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&told["line"], &told["column"]), (&6.into(), &5.into()));
    assert_eq!(told["next"], serde_json::json!({"to": "fix", "rule": "step 1 of 5: condition"}));
    assert_eq!(told["explanation"][0]["text"], "arrives from test over its edge");
}
