//! `dotwright replay`: the recorded facts of a run, decided once more by its own graph and by edited ones.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use dotwright_tests::checkout::{Checkout, model, sample_path};
use dotwright_tests::live::{place, tool};
use serde_json::Value;

fn looped(check: &str, edges: &str) -> String {
    tool("check", check) + &tool("mend", "touch mended") + edges
}

const CHECK: &str = "test -e mended";
const EDGES: &str = "start -> check check -> exit [condition=\"outcome=success\"] \
                     check -> mend [condition=\"outcome=fail\"] mend -> check";

/// A run that mends once, and what replay says about it with an edited pipeline.
#[track_caller]
fn check_against(body: &str, code: i32) -> String {
    let (checkout, pipeline) = place(&looped(CHECK, EDGES));
    checkout.says(&["run", "--run-id", "r", &pipeline], 0);
    let edited = format!(
        "digraph {{ graph [goal=test] node [timeout=\"60s\"] start [shape=Mdiamond] exit [shape=Msquare]\n{body}\n}}"
    );
    let edited = checkout.aside("edited.dot", &edited);
    checkout.says(&["replay", "r", "--against", &edited], code)
}

#[test]
fn a_run_is_decided_again_as_it_was() {
    let (checkout, pipeline) = place(&looped(CHECK, EDGES));
    checkout.says(&["run", "--run-id", "r", &pipeline], 0);
    let all = checkout.says(&["replay", "r"], 0);
    assert_eq!(all, "4 facts and 17 decisions agree\n");
    let json: Value = serde_json::from_str(&checkout.says(&["replay", "r", "--json"], 0)).unwrap();
    assert_eq!((&json["facts"], &json["decisions"]), (&4.into(), &17.into()));
    assert!(json["difference"].is_null());
    assert_eq!(checkout.says(&["replay", "r", "--until", "1"], 0), "0 facts and 0 decisions agree\n");
}

#[test]
fn a_log_is_replayed_from_a_file_with_its_graph_beside_it() {
    let (checkout, pipeline) = place(&looped(CHECK, EDGES));
    checkout.says(&["run", "--run-id", "r", &pipeline], 0);
    let run = checkout.state().join("dotwright/runs/r");
    let log = std::fs::read_to_string(run.join("events.jsonl")).unwrap();
    let graph = std::fs::read_to_string(run.join("graph.dot")).unwrap();
    checkout.write("kept/events.jsonl", &log);
    assert!(checkout.says_in_a_line(&["replay", "kept/events.jsonl"], 9).contains("graph.dot"));
    checkout.write("kept/graph.dot", &graph);
    checkout.says(&["replay", "kept/events.jsonl"], 0);
    checkout.write("kept/graph.dot", &graph.replace("touch", "rm"));
    assert!(checkout.says_in_a_line(&["replay", "kept/events.jsonl"], 9).contains("is not the pipeline"));
    checkout.write("kept/graph.dot", &graph);
    checkout.write("kept/events.jsonl", &log.replacen("decision", "decasion", 1));
    assert!(checkout.says_in_a_line(&["replay", "kept/events.jsonl"], 9).contains("is damaged"));
    checkout.says(&["replay", "kept/nothing.jsonl"], 9);
    checkout.says(&["replay", "nothing"], 2);
}

#[test]
fn an_edit_that_changes_no_choice_agrees() {
    let elsewhere = "other -> exit check -> other [condition=\"outcome=skipped\"]";
    let body = tool("other", "true") + &looped("test -e other/file", &format!("{EDGES} {elsewhere}"));
    assert!(check_against(&body, 0).ends_with("agree\n"));
}

#[test]
fn an_edit_that_changes_a_choice_is_found() {
    let turned = "start -> check check -> mend check -> exit [condition=\"outcome=fail\"] mend -> check";
    let said = check_against(&looped(CHECK, turned), 1);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[1], "  recorded  edge_selected  check  -> mend", "{said}");
    assert_eq!(lines[2], "  replay    edge_selected  check  -> exit", "{said}");
    assert!(lines[0].starts_with("record ") && lines[3].ends_with("before it agree"), "{said}");
}

#[test]
fn a_node_that_the_run_visited_must_be_there() {
    let body = tool("check", CHECK) + "start -> check -> exit";
    let said = check_against(&body, 2);
    assert!(said.contains("the run enters `mend`"), "{said}");
}

#[test]
fn a_graph_with_errors_decides_nothing() {
    check_against("start -> nowhere", 3);
}

#[test]
fn branches_gates_and_models_are_decided_again() {
    let checkout = Checkout::new(&[("Makefile", "test:\n\ttest -f src/feature\n")]);
    let sample = sample_path("every-handler.dot").display().to_string();
    checkout.dotwright(&["run", "--run-id", "r", "--backend", &model(""), "--on-gate", "pause", &sample]);
    assert!(checkout.says(&["replay", "r"], 0).ends_with("agree\n"));
    assert!(checkout.says(&["replay", "r", "--against", &sample], 0).ends_with("agree\n"));
}
