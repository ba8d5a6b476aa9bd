//! Flags of the commands that look at runs, end them, or make new ones of them, with the real program (runner
//! reference, section 27).

#![allow(clippy::disallowed_methods, reason = "tests run programs and read files")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests fail loudly")]

use dotwright_tests::checkout::Checkout;
use dotwright_tests::live::{place, tool};
use serde_json::{Value, json};

/// The command of a model backend that does this in a shell.
fn backend(script: &str) -> String {
    format!("sh -c 'cat > /dev/null; {script}'")
}

/// A run `r` of two model steps and a tool step.
fn asked() -> Checkout {
    let (checkout, pipeline) = place(
        &(tool("test", "echo tested")
            + "ask [prompt=\"Say hello\"] tell [prompt=\"Say more\"] start -> ask -> tell -> test -> exit"),
    );
    let script = "echo says $ATTRACTOR_NODE_ID";
    checkout.says(&["run", "--run-id", "r", "--backend", &backend(script), &pipeline], 0);
    checkout
}

#[test]
fn what_models_answered_is_told_of_all_steps_or_of_one() {
    let checkout = asked();
    assert_eq!(checkout.says(&["logs", "r", "--response"], 0), "says ask\nsays tell\n");
    assert_eq!(checkout.says(&["logs", "r", "--node", "tell", "--response"], 0), "says tell\n");
    assert_eq!(checkout.says(&["logs", "r", "--node", "test", "--response"], 0), "");
    checkout.says(&["logs", "r", "--response", "--prompt"], 2);
    assert!(checkout.says(&["logs", "r", "--node", "tel", "--response"], 2).contains("did you mean `tell`?"));
}

const REVIEW: &str = "work [shape=parallelogram, tool_command=\"echo worked\"] \
    review [shape=hexagon, label=\"Ship it?\", timeout=\"2h\"] start -> work -> review \
    review -> exit [label=\"[A] Approve\"] review -> work [label=\"[F] Fix\"]";

/// What the program prints as one JSON object.
#[track_caller]
fn object(checkout: &Checkout, arguments: &[&str], code: i32) -> Value {
    let said = checkout.dotwright(arguments);
    let text = String::from_utf8(said.stdout).unwrap();
    assert_eq!(said.status.code(), Some(code), "{text}{}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_node_is_shown_with_its_visits_attempts_and_files() {
    let (checkout, pipeline) = place(
        &(tool("try", "echo tried; test $ATTRACTOR_ATTEMPT -ge 2")
            + &tool("check", "test $ATTRACTOR_VISIT = 2")
            + "try [max_retries=1] check [max_visits=3]\n\
               start -> try -> check -> exit check -> try [condition=\"outcome=fail\"]"),
    );
    checkout.says(&["run", "--run-id", "r", &pipeline], 0);
    let shown = checkout.says(&["show", "r", "--node", "try"], 0);
    let lines: Vec<&str> = shown.lines().filter(|line| !line.starts_with("    /")).collect();
    let expected = [
        "try, visit 1: success -> check",
        "  attempt 1: exit code 1",
        "  attempt 2: exit code 0",
        "try, visit 2: success -> check",
        "  attempt 1: exit code 1",
        "  attempt 2: exit code 0",
    ];
    assert_eq!(lines, expected, "{shown}");
    let folders = shown.lines().filter(|line| line.starts_with("    /")).map(str::trim);
    let written = folders.map(|folder| std::fs::read_to_string(format!("{folder}/stdout")).unwrap());
    assert_eq!(written.collect::<Vec<_>>(), ["tried\n"; 4]);

    let second = checkout.says(&["show", "r", "--node", "check#2"], 0);
    assert_eq!(second, "check, visit 2: success -> exit\n  attempt 1: exit code 0\n");
    assert!(checkout.says(&["show", "r", "--node", "check#3"], 1).contains("`check` was visited 2 times"));
    assert!(checkout.says(&["show", "r", "--node", "check#x"], 2).contains("`x` is no number of a visit"));
    assert!(checkout.says(&["show", "r", "--node", "chek"], 2).contains("did you mean `check`?"));
    let told = object(&checkout, &["show", "r", "--node", "check#1", "--json"], 0);
    assert_eq!(told["visits"][0]["next"], "try");
    assert_eq!(told["visits"][0]["attempts"][0]["end"], "exit code 1");
}

#[test]
fn open_gates_are_shown_with_choices_and_deadline() {
    let (checkout, pipeline) = place(REVIEW);
    checkout.says(&["run", "--run-id", "r", "--on-gate", "pause", &pipeline], 5);
    for command in [&["show", "r", "--gates"][..], &["answer", "r"]] {
        let shown = checkout.says(command, 0);
        let deadline = shown.strip_prefix("review#1  Ship it?\n  [A] Approve\n  [F] Fix\n").unwrap();
        assert!(deadline.starts_with("  until 2") && deadline.ends_with("Z\n"), "{shown}");
    }
    let told = object(&checkout, &["show", "r", "--gates", "--json"], 0);
    assert_eq!(told, object(&checkout, &["answer", "r", "--json"], 0));
    let gate = &told["gates"][0];
    assert_eq!(gate["choices"][1], json!({"key": "F", "text": "Fix"}));
    assert_eq!((&gate["gate"], &gate["visit"], &gate["run"]), (&json!("review"), &json!(1), &json!("r")));
    assert!(gate["deadline"].is_string());
    checkout.says(&["answer", "r", "review", "A"], 0);
    checkout.says(&["resume", "r"], 0);
    assert_eq!(checkout.says(&["show", "r", "--gates"], 0), "");
    assert_eq!(checkout.says(&["show", "r", "--node", "review"], 0).lines().count(), 2);
}

#[test]
fn the_pipeline_of_a_run_is_shown_as_it_was() {
    let (checkout, pipeline) = place(REVIEW);
    let text = std::fs::read_to_string(&pipeline).unwrap();
    checkout.says(&["run", "--run-id", "r", "--on-gate", "pause", &pipeline], 5);
    std::fs::write(&pipeline, "digraph {}").unwrap();
    assert_eq!(checkout.says(&["show", "r", "--graph"], 0), text);
    assert_eq!(object(&checkout, &["show", "r", "--graph", "--json"], 0)["graph"], text.as_str());
    checkout.says(&["show", "r", "--graph", "--gates"], 2);
}
