//! Flags that decide how a run begins, how it is found and how it is taken up, with the real program (runner reference,
//! section 27), and what is told while it goes on.

#![allow(clippy::disallowed_methods, reason = "tests run programs and read files")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests fail loudly")]

use dotwright_tests::checkout::{Checkout, route};
use dotwright_tests::live::{begin, place, signal, tool, wait_for};
use serde_json::{Value, json};

fn one_step() -> (Checkout, String) {
    place(&(tool("one", "true") + "start -> one -> exit"))
}

/// The ids of the runs that `ps` lists.
fn listed(checkout: &Checkout, arguments: &[&str]) -> Vec<String> {
    let said = checkout.says(&[&["ps", "--json"], arguments].concat(), 0);
    let runs: Value = serde_json::from_str(&said).unwrap();
    runs["runs"].as_array().unwrap().iter().map(|run| run["run"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn runs_are_found_by_their_labels() {
    let (checkout, pipeline) = one_step();
    checkout.says(&["run", "--run-id", "a", "--label", "team=web", "--label", "night=1", &pipeline], 0);
    checkout.says(&["run", "--run-id", "b", "--label", "team=web", &pipeline], 0);
    checkout.says(&["run", "--run-id", "c", &pipeline], 0);
    assert_eq!(listed(&checkout, &["--label", "team=web"]), ["b", "a"]);
    assert_eq!(listed(&checkout, &["--label", "team=web", "--label", "night=1"]), ["a"]);
    assert!(listed(&checkout, &["--label", "team=core"]).is_empty());
    assert_eq!(listed(&checkout, &["--limit", "2"]), ["c", "b"]);
    assert!(checkout.says(&["run", "--label", "team", &pipeline], 2).contains("KEY=VALUE"));
}

#[test]
fn warnings_refuse_a_strict_run() {
    let (checkout, _) = one_step();
    let endless = checkout.aside(
        "endless.dot",
        "digraph { graph [goal=test] start [shape=Mdiamond] exit [shape=Msquare] \
         one [shape=parallelogram, tool_command=true] start -> one -> exit }",
    );
    checkout.says(&["run", "--run-id", "r", &endless], 0);
    let said = checkout.says_in_a_line(&["run", "--run-id", "s", "--strict", &endless], 3);
    assert!(said.contains("1 warning, so nothing can run: `one` has no timeout"), "{said}");
    assert_eq!(listed(&checkout, &[]), ["r"]);
}

#[test]
fn a_dry_preflight_starts_nothing() {
    let (checkout, pipeline) = place(&(tool("one", "touch begun") + "start -> one -> exit"));
    let report = checkout.path("report.json");
    let report = report.to_str().unwrap();
    checkout.says(&["run", "--dry-preflight", "--report", report, &pipeline], 0);
    let told: Value = serde_json::from_str(&checkout.read("report.json")).unwrap();
    assert_eq!((&told["status"], &told["message"]), (&json!("success"), &json!("nothing was started")));
    assert!(!checkout.path("begun").exists());
    let model = checkout.aside(
        "model.dot",
        "digraph { graph [goal=test] start [shape=Mdiamond] \
         exit [shape=Msquare] write [prompt=\"Write it\", timeout=\"9s\"] start -> write -> exit }",
    );
    checkout.says(&["run", "--dry-preflight", &model], 4);
    let broken = checkout.aside("broken.dot", "digraph { start -> }");
    checkout.says(&["run", "--dry-preflight", &broken], 3);
    assert!(listed(&checkout, &[]).is_empty());
}

#[test]
fn only_the_profile_that_runs_can_run() {
    let (checkout, pipeline) = one_step();
    assert!(checkout.says(&["run", "--profile", "kilroy", &pipeline], 2).contains("cannot run"));
    checkout.says(&["run", "--profile", "attractor", &pipeline], 0);
}

#[test]
fn declared_inputs_are_given_and_no_others() {
    let (checkout, pipeline) = place(
        "graph [inputs=\"name, text\"] say [shape=parallelogram, reads=\"input.name,input.text\", \
         tool_command=\"echo $ATTRACTOR_CTX_INPUT_NAME $ATTRACTOR_CTX_INPUT_TEXT > said\"] start -> say -> exit",
    );
    let run = |more: &[&str], code| checkout.says_in_a_line(&[&["run"], more, &[&pipeline]].concat(), code);
    assert!(run(&["--input", "name=a"], 2).contains("needs the input `text`"));
    let said = run(&["--input", "name=a", "--input", "text=b", "--input", "more=c"], 2);
    assert!(said.contains("declares no input `more`"), "{said}");
    let file = checkout.aside("text.txt", "from a file");
    run(&["--input", "name=a", "--input", &format!("text=@{file}")], 0);
    assert_eq!(checkout.read("said"), "a from a file\n");
}

/// A run whose runner was killed while its second step was under way.
fn killed() -> Checkout {
    let (checkout, pipeline) = place(
        &(tool("one", "true")
            + &tool("two", "touch begun; until [ -e go ]; do sleep 0.02; done")
            + "start -> one -> two -> exit"),
    );
    let run = begin(&checkout, &["run", "--run-id", "r", &pipeline]);
    wait_for("the step begins", || checkout.path("begun").exists());
    signal(&run, "-KILL");
    drop(run.wait_with_output());
    checkout.write("go", "");
    checkout
}

#[test]
fn a_lost_step_is_run_again_or_fails_as_the_person_says() {
    let checkout = killed();
    checkout.says(&["resume", "r", "--on-lost", "assume-failed"], 1);
    assert_eq!(route(&checkout.report("r")["visits"]), "start one two");
    assert!(checkout.says(&["why", "r", "--end"], 0).contains("two"));
    let checkout = killed();
    checkout.says(&["resume", "r", "--on-lost", "rerun"], 0);
    assert_eq!(checkout.report("r")["attempts"]["two"], 2);
}

#[test]
fn a_person_is_asked_about_a_lost_step() {
    let checkout = killed();
    checkout.says(&["resume", "r", "--on-lost", "ask", "--on-gate", "pause"], 5);
    let asked =
        "two#1  an attempt of `two` was lost with its runner\n  [R] run it again\n  [F] count it as failed\n";
    assert_eq!(checkout.says(&["answer", "r"], 0), asked);
    checkout.says(&["answer", "r", "two", "R"], 0);
    checkout.says(&["resume", "r"], 0);
    // Only a gate of the pipeline can be answered before it is known to open.
    let answers =
        checkout.aside("answers.json", r#"{"answers": [{"gate": "two", "visit": 1, "choice": "F"}]}"#);
    assert!(checkout.says(&["resume", "r", "--answers", &answers], 2).contains("no gate `two`"));
}

#[test]
fn branches_are_indented_to_the_last_and_gates_that_hold_the_exit_are_told() {
    let (checkout, pipeline) = place(
        &(tool("a", "true")
            + &tool("b", "true")
            + &tool("gate", "test $ATTRACTOR_VISIT = 2")
            + "fan [shape=component, max_parallel=1, max_visits=3] join [shape=tripleoctagon] \
               gate [goal_gate=true, retry_target=fan] \
               start -> fan fan -> { a b } -> join -> gate gate -> exit [condition=\"outcome!=retry\"]"),
    );
    let said = checkout.says(&["run", "--run-id", "r", &pipeline], 0);
    let lines: Vec<&str> =
        said.lines().filter(|line| line.trim_start().starts_with(['a', 'b', 'g'])).collect();
    let told = [
        "  a: success -> join  [plain edge]",
        "  b: success -> join  [plain edge]",
        "gate: fail, exit_nonzero (exit code 1) -> exit  [outcome!=retry]",
        "goal gate gate is not satisfied -> fan",
        "  a (visit 2): success -> join  [plain edge]",
        "  b (visit 2): success -> join  [plain edge]",
        "gate (visit 2): success -> exit  [outcome!=retry]",
    ];
    assert_eq!(lines, told, "{said}");
}

#[test]
fn a_run_that_fails_says_what_it_cost_and_why_it_ended() {
    let body = "write [prompt=\"Write it\", timeout=\"9s\"] \
                build [shape=parallelogram, tool_command=\"echo no such file >&2; exit 2\", timeout=\"9s\"] \
                start -> write -> build -> exit";
    let (checkout, pipeline) = place(body);
    let model = checkout.aside(
        "model.sh",
        "cat > prompt; printf '{\"outcome\": \"success\", \"usage\": {\"tokens\": 1200, \"cost_usd\": 0.0125}}' \
         > \"$ATTRACTOR_STATUS_FILE\"",
    );
    let said = checkout.says(&["run", "--run-id", "r", "--backend", &format!("sh {model}"), &pipeline], 1);
    let (_, end) = said.split_once("\nfail, ").unwrap();
    assert!(
        end.starts_with("exit code 1: exit_nonzero at build (exit code 2); 1200 tokens; 0.0125 USD\n"),
        "{end}"
    );
    assert!(end.contains("\nbuild, visit 1\n  arrives from write over its edge"), "{end}");
    assert!(end.contains("a failure does not take an edge without a condition"), "{end}");
}
