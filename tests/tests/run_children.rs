//! Runs with child pipelines through the real program: budgets that hold for the whole tree, and gates of children.

#![allow(clippy::disallowed_methods, reason = "tests run programs and read files")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests fail loudly")]

use std::time::{Duration, Instant};

use dotwright_tests::checkout::Checkout;
use dotwright_tests::live::{begin, ends, place, tool, wait_for};
use serde_json::json;

/// A pipeline whose manager runs a child with this body.
fn family(child: &str) -> (Checkout, String) {
    let (checkout, parent) =
        place("watch [shape=house, \"stack.child_dotfile\"=\"child.dot\"] start -> watch -> exit");
    let child = format!(
        "digraph {{ graph [goal=test] node [timeout=\"60s\"] start [shape=Mdiamond] exit [shape=Msquare]\n{child}\n}}"
    );
    checkout.aside("child.dot", &child);
    (checkout, parent)
}

#[test]
fn attempts_of_a_child_count_against_the_budget_of_the_whole_tree() {
    let loops = tool("again", "test $ATTRACTOR_VISIT = 5");
    let (checkout, parent) = family(&format!(
        "{loops} start -> again again -> again [condition=\"outcome=fail\"] again -> exit [condition=\"outcome=success\"]"
    ));
    checkout.says(&["run", "--run-id", "r", "--max-nodes", "3", &parent], 6);
    let report = checkout.report("r");
    assert_eq!((&report["status"], &report["reason"]), (&json!("budget_exceeded"), &json!("max_nodes")));
    checkout.says(&["resume", "r"], 6);
    checkout.says(&["resume", "r", "--max-nodes", "20"], 0);
    assert_eq!(checkout.report("r.watch.1")["attempts"]["again"], 5);
}

#[test]
fn the_wall_time_of_the_tree_stops_the_steps_of_a_child() {
    let (checkout, parent) = family(&format!("{} start -> wait -> exit", tool("wait", "exec sleep 50")));
    let begun = Instant::now();
    checkout.says(&["run", "--run-id", "r", "--max-wall", "1s", &parent], 6);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(checkout.report("r")["reason"], "max_wall");
    assert_eq!(checkout.report("r.watch.1")["reason"], "max_wall");
}

const ASKS: &str = "ask [shape=hexagon, label=\"Go on?\"] start -> ask ask -> exit [label=\"[Y] Yes\"]";

#[test]
fn gates_of_a_child_are_listed_and_answered_with_those_of_its_parent() {
    let (checkout, parent) = family(ASKS);
    checkout.says(&["run", "--run-id", "r", "--on-gate", "pause", &parent], 5);
    let report = checkout.report("r");
    assert_eq!((&report["reason"], &report["open_gates"]), (&json!("child_paused"), &json!(["ask#1"])));
    let listed = checkout.says(&["answer", "r"], 0);
    assert!(listed.starts_with("ask#1  Go on?\n  [Y] Yes\n  until "), "{listed}");
    assert!(checkout.says(&["answer", "r", "ask", "no"], 2).contains("none of the choices"));
    assert!(checkout.says(&["answer", "r", "as", "Y"], 2).contains("no node `as`"));
    assert!(checkout.says(&["answer", "r", "ask", "Y", "--visit", "2"], 1).contains("not open"));
    assert!(checkout.says(&["answer", "r", "ask", "Y", "--branch", "fan#1/a"], 1).contains("not open"));
    checkout.says(&["answer", "--visit", "1", "r", "ask", "Y", "--by", "alice"], 0);
    assert!(checkout.says(&["answer", "r", "ask", "Y"], 1).contains("alice answered `Y`"));
    checkout.says(&["resume", "r"], 0);
    assert_eq!(checkout.report("r")["status"], "success");
}

#[test]
fn a_gate_of_a_child_that_is_up_is_answered_through_its_parent() {
    let (checkout, parent) = family(ASKS);
    let run = begin(&checkout, &["run", "--run-id", "r", "--on-gate", "wait", &parent]);
    let is_open = || {
        let said = checkout.command().args(["answer", "r"]).output().unwrap();
        String::from_utf8(said.stdout).unwrap().starts_with("ask#1")
    };
    wait_for("the gate is open", is_open);
    checkout.says(&["answer", "r", "ask", "Y"], 0);
    ends(run, 0);
}

#[test]
fn a_file_answers_gates_of_children_too() {
    let (checkout, parent) = family(ASKS);
    let answers =
        checkout.aside("answers.json", r#"{"answers": [{"gate": "ask", "visit": 1, "choice": "Y"}]}"#);
    checkout.says(&["run", "--run-id", "r", "--answers", &answers, &parent], 0);
}
