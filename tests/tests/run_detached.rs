//! `dotwright run --detach`: the foreground returns when the run is on disk, or with what refuses it.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use dotwright_tests::checkout::{Checkout, route};
use dotwright_tests::live::{place, tool, wait_for};
use serde_json::Value;

const WAITS: &str = "touch begun; until [ -e go ]; do sleep 0.02; done";

fn runner_log(checkout: &Checkout, run: &str) -> String {
    let path = checkout.state().join("dotwright/runs").join(run).join("runner.log");
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn a_detached_run_goes_on_after_its_id_is_printed() {
    let (checkout, pipeline) = place(&(tool("one", WAITS) + "start -> one -> exit"));
    let said = checkout.dotwright(&["run", "--run-id", "r", "--detach", &pipeline]);
    assert_eq!((said.status.code(), said.stdout.as_slice()), (Some(0), b"r\n".as_slice()));
    assert!(checkout.says(&["logs", "r"], 0).contains("run_created"), "it is on disk by now");
    wait_for("the step begins", || checkout.path("begun").exists());
    assert!(checkout.says(&["ps"], 0).contains("running"));
    let refused = checkout.says(&["run", "--run-id", "r", "--detach", &pipeline], 2);
    assert!(refused.contains("already"), "{refused}");
    checkout.write("go", "");
    checkout.says(&["wait", "r"], 0);
    assert_eq!(route(&checkout.report("r")["visits"]), "start one exit");
    wait_for("the runner says how it ended", || {
        runner_log(&checkout, "r").ends_with("one: success -> exit  [plain edge]\nsuccess, exit code 0\n")
    });
}

#[test]
fn a_detached_runner_has_a_session_of_its_own_and_nothing_of_the_terminal() {
    let (checkout, pipeline) = place(&(tool("one", WAITS) + "start -> one -> exit"));
    checkout.says(&["run", "--run-id", "r", "--detach", &pipeline], 0);
    let lock = checkout.state().join("dotwright/runs/r/run.lock");
    let lock: Value = serde_json::from_str(&std::fs::read_to_string(lock).unwrap()).unwrap();
    let pid = lock["pid"].to_string();
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let session = stat.rsplit(')').next().unwrap().split_whitespace().nth(3).unwrap().to_owned();
    assert_eq!(session, pid);
    let open = |number: u8| {
        let link = std::fs::read_link(format!("/proc/{pid}/fd/{number}")).unwrap();
        link.file_name().unwrap().to_str().unwrap().to_owned()
    };
    assert_eq!([open(0), open(1), open(2)], ["null", "null", "runner.log"]);
    checkout.write("go", "");
    checkout.says(&["wait", "r"], 0);
}

#[test]
fn what_refuses_a_detached_run_is_said_here() {
    let (checkout, pipeline) = place("a [prompt=\"a $goal\"] start -> a -> exit");
    let preflight = checkout.says(&["run", "--detach", &pipeline], 4);
    assert!(preflight.contains("no model backend is configured"), "{preflight}");
    let broken = checkout.aside("broken.dot", "digraph { a -> b }");
    assert!(checkout.says(&["run", "--detach", &broken], 3).contains("dotwright check"));
    assert!(checkout.says(&["run", "--detach", "-"], 2).contains("standard input"));
    checkout.says(&["run", "--detach", "--input", "a=@-", &pipeline], 2);
    assert_eq!(checkout.says(&["ps", "--all"], 0), "");
}

#[test]
fn a_gate_of_a_detached_run_pauses_it() {
    let gate = "review [shape=hexagon, label=\"Ship it?\", timeout=\"60s\"] \
                start -> review -> exit review -> start2 [label=Again] start2 [shape=parallelogram, \
                tool_command=true] start2 -> review";
    let (checkout, pipeline) = place(gate);
    checkout.says(&["run", "--run-id", "r", "--detach", "--on-gate", "ask", &pipeline], 0);
    checkout.says(&["wait", "r"], 5);
    assert_eq!(checkout.report("r")["open_gates"][0], "review#1");
    let json: Value =
        serde_json::from_str(&checkout.says(&["run", "--detach", "--json", &pipeline], 0)).unwrap();
    checkout.says(&["wait", json["run"].as_str().unwrap()], 5);
}
