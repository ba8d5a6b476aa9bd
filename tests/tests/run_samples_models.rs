//! The sample pipelines with model steps, run for real to their ends. The model is a script (`data/model.sh`) that
//! writes what the next steps look for, and that does the visits badly which a test names.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail loudly")]

use std::os::unix::fs::PermissionsExt;

use dotwright_tests::checkout::{Checkout, model, route, sample_path};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

/// A project whose build and tests are a look at files.
const PROJECT: &[(&str, &str)] = &[
    ("Makefile", "all:\n\ttest ! -e src/broken\n\ntest:\n\ttest -f src/feature\n"),
    ("README.md", "# Project\n"),
];

/// Runs a sample with a model that has these faults and a person who gives these answers; `NODE#VISIT=CHOICE`.
#[track_caller]
fn run(sample: &str, faults: &str, answers: &str, code: i32, expected: Expect) -> (Checkout, Value) {
    let checkout = Checkout::new(PROJECT);
    let answers = answers.split_whitespace().map(|answer| {
        let (gate, choice) = answer.split_once('=').unwrap_or_default();
        let (gate, visit) = gate.split_once('#').unwrap_or_default();
        json!({"gate": gate, "visit": visit.parse::<u32>().ok(), "choice": choice, "text": format!("{choice}, please")})
    });
    let answers =
        checkout.aside("answers.json", &json!({"answers": answers.collect::<Vec<_>>()}).to_string());
    let arguments = ["--backend", &model(faults), "--answers", &answers, "--on-gate", "pause"];
    let report = checkout.run(sample, &arguments, code);
    let mut found = String::new();
    for word in route(&report["visits"]).split_inclusive(' ') {
        let column = found.len() - found.rfind('\n').map_or(0, |at| at + 1);
        if column + word.len() > 110 {
            found.push('\n');
        }
        found.push_str(word);
    }
    expected.assert_eq(&(found.replace(" \n", "\n") + "\n"));
    (checkout, report)
}

#[track_caller]
fn same(found: &Value, expected: &[(&str, &str)]) {
    for (key, value) in expected {
        assert_eq!(found[key], *value, "{key}");
    }
}

#[test]
fn a_game_is_built_and_checked() {
    let (checkout, report) = run(
        "build-game.dot",
        "",
        "",
        0,
        expect![[r#"
        start plan_game build_game check_game review_game exit
    "#]],
    );
    same(&report["gates"], &[("check_game", "success")]);
    same(
        &report["context"],
        &[
            ("response.plan_game", "plan_game#1 by claude-sonnet-4-5"),
            ("response.build_game", "build_game#1 by claude-opus-4-6"),
            ("response.review_game", "review_game#1 by gpt-5.2"),
        ],
    );
    assert_eq!(checkout.git(&["status", "--porcelain"]), "?? game/\n");
}

#[test]
fn a_game_that_fails_its_check_or_its_review_is_repaired() {
    let (checkout, _) = run(
        "build-game.dot",
        "build_game#1 review_game#1",
        "",
        0,
        expect![[r#"
        start plan_game build_game check_game repair_game check_game review_game repair_game check_game review_game
        exit
    "#]],
    );
    assert!(checkout.read("game/rules.test.js").ends_with("2);\n"));
}

#[test]
fn a_change_is_planned_implemented_reviewed_and_accepted() {
    let answers = "accept_change#1=A";
    let (checkout, report) = run(
        "plan-implement-review.dot",
        "",
        answers,
        0,
        expect![[r#"
        start note_base plan implement run_tests review accept_change summarise exit
    "#]],
    );
    same(&report["context"], &[("human.gate.accept_change.1", "Accept the change")]);
    assert_eq!(checkout.git(&["status", "--porcelain"]), "?? src/\n");
    assert_eq!(checkout.read(".dotwright/change/summary.md"), "Reject unknown keys\n");
}

#[test]
fn tests_reviewer_and_person_send_a_change_back() {
    let faults = "implement#1 review#1";
    let answers = "accept_change#1=C accept_change#2=L";
    let (checkout, _) = run(
        "plan-implement-review.dot",
        faults,
        answers,
        0,
        expect![[r#"
        start note_base plan implement run_tests repair run_tests review revise run_tests review accept_change revise
        run_tests review accept_change leave_for_later exit
    "#]],
    );
    // The wish of the person is there for the step that reads it, and was not before.
    assert_eq!(checkout.read(".dotwright/change/wish_1.txt"), "wish: none\n");
    assert_eq!(checkout.read(".dotwright/change/wish_2.txt"), "wish: C, please\n");
    assert_eq!(checkout.read(".dotwright/change/open.txt"), "?? src/\n");
}

#[test]
fn a_change_waits_for_a_person() {
    let (checkout, report) = run(
        "plan-implement-review.dot",
        "",
        "",
        5,
        expect![[r#"
        start note_base plan implement run_tests review accept_change
    "#]],
    );
    assert_eq!(report["open_gates"], json!(["accept_change#1"]));
    checkout.says(&["answer", "@last", "accept_change", "A"], 0);
    checkout.says(&["resume", "@last"], 0);
    assert_eq!(route(&checkout.report("@last")["visits"]), route(&report["visits"]) + " summarise exit");
}

#[test]
fn a_sprint_is_executed_and_ships() {
    let (checkout, report) = run(
        "sprint-execution.dot",
        "",
        "",
        0,
        expect![[r#"
        start open_sprint plan_sprint implement_sprint run_tests review [review_behaviour | review_design |
        review_tests] join_reviews decide close_sprint exit
    "#]],
    );
    same(&report["gates"], &[("run_tests", "success"), ("decide", "success")]);
    assert_eq!(checkout.read(".dotwright/sprint/report.md"), "# Report\n");
}

#[test]
fn a_sprint_goes_another_round_and_a_reviewer_out_of_reach_does_not_stop_it() {
    let faults = "implement_sprint#1 review_design#1! decide#1";
    let (_, report) = run(
        "sprint-execution.dot",
        faults,
        "",
        0,
        expect![[r#"
        start open_sprint plan_sprint implement_sprint run_tests address_findings run_tests review [review_behaviour
        | review_design | review_tests] join_reviews decide address_findings run_tests review [review_behaviour |
        review_design | review_tests] join_reviews decide close_sprint exit
    "#]],
    );
    assert_eq!(report["attempts"]["review_design"], 3, "one retry, then the second round");
}

#[test]
fn a_sprint_without_any_review_stops() {
    let faults = "review_behaviour#1! review_design#1! review_tests#1!";
    let (_, report) = run(
        "sprint-execution.dot",
        faults,
        "",
        1,
        expect![[r#"
        start open_sprint plan_sprint implement_sprint run_tests review [review_behaviour | review_design |
        review_tests] join_reviews
    "#]],
    );
    same(&report, &[("reason", "branch_failed"), ("reason_node", "join_reviews")]);
}

#[test]
fn a_feature_goes_through_the_whole_life_cycle() {
    let answers = "approve_requirements#1=A approve_design#1=A approve_release#1=A";
    let (checkout, report) = run(
        "development-life-cycle.dot",
        "",
        answers,
        0,
        expect![[r#"
        start survey_repository draft_requirements check_requirements critique_requirements approve_requirements
        explore_designs [design_minimal | design_modular | design_reuse] join_designs choose_design review_design
        approve_design plan_work check_work build_parts [build_core | build_interface | build_storage] join_parts
        integrate_parts build_project write_tests run_unit_tests run_acceptance_tests review_security [scan_secrets |
        scan_calls | model_threats] join_security judge_security write_documents [write_user_guide | write_reference
        | write_changelog] join_documents check_documents final_review prepare_release approve_release record_release
        exit
    "#]],
    );
    let gates = ["run_unit_tests", "run_acceptance_tests", "judge_security", "check_documents"];
    same(&report["gates"], &gates.map(|gate| (gate, "success")));
    let decision = checkout.read(".dotwright/lifecycle/decision.txt");
    assert!(decision.starts_with("released from ") && decision.contains("?? CHANGELOG.md"), "{decision}");
}

#[test]
fn every_phase_of_the_life_cycle_sends_the_feature_back_once() {
    let faults = "draft_requirements#1 critique_requirements#1 review_design#1 plan_work#1 build_interface#1 \
                  integrate_parts#1 write_tests#1 judge_security#1 write_reference#1 final_review#1";
    let answers = "approve_requirements#1=C approve_requirements#2=A approve_design#1=C approve_design#2=A \
                   approve_release#1=C approve_release#2=H";
    let (checkout, report) = run(
        "development-life-cycle.dot",
        faults,
        answers,
        0,
        expect![[r#"
        start survey_repository draft_requirements check_requirements revise_requirements check_requirements
        critique_requirements revise_requirements check_requirements critique_requirements approve_requirements
        revise_requirements check_requirements critique_requirements approve_requirements explore_designs
        [design_minimal | design_modular | design_reuse] join_designs choose_design review_design revise_design
        review_design approve_design revise_design review_design approve_design plan_work check_work plan_work
        check_work build_parts [build_core | build_interface | build_storage] join_parts plan_work check_work
        build_parts [build_core | build_interface | build_storage] join_parts integrate_parts build_project
        repair_build build_project write_tests run_unit_tests repair_code run_unit_tests run_acceptance_tests
        repair_code run_unit_tests run_acceptance_tests review_security [scan_secrets | scan_calls | model_threats]
        join_security judge_security correct_security run_unit_tests run_acceptance_tests review_security
        [scan_secrets | scan_calls | model_threats] join_security judge_security write_documents [write_user_guide |
        write_reference | write_changelog] join_documents correct_documents check_documents final_review repair_code
        run_unit_tests run_acceptance_tests review_security [scan_secrets | scan_calls | model_threats] join_security
        judge_security write_documents [write_user_guide | write_reference | write_changelog] join_documents
        check_documents final_review prepare_release approve_release repair_code run_unit_tests run_acceptance_tests
        review_security [scan_secrets | scan_calls | model_threats] join_security judge_security write_documents
        [write_user_guide | write_reference | write_changelog] join_documents check_documents final_review
        prepare_release approve_release hold_release exit
    "#]],
    );
    same(&report["gates"], &[("check_documents", "success"), ("judge_security", "success")]);
    let decision = checkout.read(".dotwright/lifecycle/decision.txt");
    assert!(decision.starts_with("held"), "{decision}");
}

#[test]
fn a_parked_project_ends_as_failed() {
    // The step that parks it fails on purpose and has no way on.
    let (_, report) = run(
        "development-life-cycle.dot",
        "",
        "approve_requirements#1=P",
        1,
        expect![[r#"
        start survey_repository draft_requirements check_requirements critique_requirements approve_requirements
        park_project
    "#]],
    );
    same(&report, &[("reason", "exit_nonzero"), ("reason_node", "park_project")]);
}

#[test]
fn a_page_is_written_with_a_child_pipeline_and_every_other_handler() {
    let (checkout, report) = run(
        "every-handler.dot",
        "",
        "accept_page#1=K",
        0,
        expect![[r#"
        start look_around [list_files | list_history] join count_kinds write_page check_page page_is_complete
        accept_page exit
    "#]],
    );
    same(&report["context"], &[("stack.child.outcome", "success"), ("stack.child.status", "completed")]);
    assert!(checkout.read(".dotwright/tour/kinds.txt").contains("\tmd\n"));
}

#[test]
fn a_page_that_fails_its_check_or_its_reader_is_written_again() {
    let answers = "accept_page#1=W accept_page#2=K";
    run(
        "every-handler.dot",
        "write_page#1",
        answers,
        0,
        expect![[r#"
        start look_around [list_files | list_history] join count_kinds write_page check_page page_is_complete
        write_page check_page page_is_complete accept_page write_page check_page page_is_complete accept_page exit
    "#]],
    );
}

/// `agents.sh` gives each step to the agent of its provider; programs of their names play them here.
#[test]
fn each_provider_has_its_agent() {
    let checkout = Checkout::new(PROJECT);
    let agents = tempfile::tempdir().unwrap();
    for agent in ["claude", "codex", "gemini"] {
        let path = agents.path().join(agent);
        let play = format!(
            "#!/bin/sh\nif [ -d .dotwright ]; then echo \"{agent} $*\" | sed \"s|$ATTRACTOR_OUT_DIR|OUT|\" >> .dotwright/calls.txt; fi\nexec {}\n",
            model("")
        );
        std::fs::write(&path, play).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    let path = std::env::join_paths(
        std::iter::once(agents.path().to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    let backend = format!("sh {}", sample_path("agents.sh").display());
    let mut run = checkout.command();
    run.env("PATH", path.unwrap()).arg("run").arg(sample_path("sprint-execution.dot"));
    let output = run.args(["--backend", &backend]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let calls = checkout.read(".dotwright/calls.txt");
    let mut calls: Vec<&str> = calls.lines().collect();
    calls.sort_unstable();
    calls.dedup();
    expect![[r#"
        claude -p --model=claude-opus-4-6 --permission-mode acceptEdits --allowedTools Bash --add-dir OUT
        claude -p --model=claude-sonnet-4-5 --permission-mode acceptEdits --allowedTools Bash --add-dir OUT
        codex exec --model=gpt-5.2 --sandbox workspace-write --add-dir OUT -
        gemini --model=gemini-3-flash-preview --approval-mode=yolo --include-directories OUT
    "#]]
    .assert_eq(&(calls.join("\n") + "\n"));
}
