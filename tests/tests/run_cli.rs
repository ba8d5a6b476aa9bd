//! The commands around a run, with the real program: looking at runs, answering, pausing, cancelling, forking, budgets,
//! signals, and state directories that cannot be used.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use dotwright_tests::checkout::{Checkout, model, route, sample_path};
use dotwright_tests::live::{begin, ends, is_alive, place, signal, tool, wait_for};
use serde_json::{Value, json};

const REVIEW: &str = "work [shape=parallelogram, tool_command=\"echo worked\"] review [shape=hexagon, label=\"Ship it?\"] \
    start -> work -> review review -> exit [label=\"[A] Approve\"] review -> work [label=\"[F] Fix\"]";

#[test]
fn runs_are_listed_by_status_and_named_by_beginnings() {
    let (checkout, pipeline) = place(REVIEW);
    let answers = r#"{"answers": [{"gate": "review", "visit": "*", "choice": "A"}]}"#;
    let answers = checkout.aside("answers.json", answers);
    checkout.says(&["run", "--run-id", "first-ends", "--answers", &answers, &pipeline], 0);
    checkout.says(&["run", "--run-id", "first-waits", "--on-gate", "pause", &pipeline], 5);
    checkout.says(&["run", "--run-id", "other", "--on-gate", "fail", &pipeline], 1);
    let listed = checkout.says(&["ps"], 0);
    let words: Vec<Vec<&str>> =
        listed.lines().map(|line| line.split_whitespace().take(3).collect()).collect();
    assert_eq!(words[0][..2], ["other", "fail"]);
    assert_eq!(words[1], ["first-waits", "paused", "review"]);
    assert_eq!(words[2][..2], ["first-ends", "success"]);
    let paused: Value =
        serde_json::from_str(&checkout.says(&["ps", "--status", "paused", "--json"], 0)).unwrap();
    assert_eq!(paused["runs"][0]["run"], "first-waits");
    assert_eq!(paused["runs"].as_array().unwrap().len(), 1);
    assert!(checkout.says(&["show", "first-w"], 0).contains("open     review#1"));
    assert!(checkout.says(&["show", "first"], 2).contains("several"));
    assert!(checkout.says(&["show", "none"], 2).contains("no run `none`"));
    assert_eq!(checkout.report("@last")["run_id"], "other");
    assert_eq!(checkout.says(&["wait", "first-e"], 0), "");
    checkout.says(&["wait", "first-w"], 5);
    checkout.says(&["wait", "other"], 1);
}

#[test]
fn the_last_run_is_no_child_of_another_one() {
    let checkout = Checkout::new(&[]);
    let child = "digraph { graph [goal=test] start [shape=Mdiamond] exit [shape=Msquare] \
                 one [shape=parallelogram, timeout=\"9s\", tool_command=true] start -> one -> exit }";
    checkout.aside("child.dot", child);
    let parent = "digraph { graph [goal=test] start [shape=Mdiamond] exit [shape=Msquare] \
                  watch [shape=house, \"stack.child_dotfile\"=\"child.dot\"] start -> watch -> exit }";
    let parent = checkout.aside("parent.dot", parent);
    checkout.says(&["run", "--run-id", "parent", &parent], 0);
    assert_eq!(checkout.report("@last")["run_id"], "parent");
    assert_eq!(checkout.report("parent.watch.1")["status"], "success");
}

#[test]
fn an_answer_is_taken_once_and_only_if_it_is_a_choice() {
    let (checkout, pipeline) = place(REVIEW);
    checkout.says(&["run", "--run-id", "r", "--on-gate", "pause", &pipeline], 5);
    let listed = checkout.says(&["answer", "r"], 0);
    assert!(listed.starts_with("review#1  Ship it?\n  [A] Approve\n  [F] Fix\n  until "), "{listed}");
    let log = || std::fs::read(checkout.state().join("dotwright/runs/r/events.jsonl")).unwrap();
    let before = log();
    assert!(checkout.says(&["answer", "r", "review", "yes"], 2).contains("none of the choices"));
    assert!(checkout.says(&["answer", "r", "nowhere", "A"], 2).contains("nowhere"));
    assert_eq!(log(), before, "nothing has changed");
    checkout.says(&["answer", "r", "review", "fix", "--by", "alice", "--text", "more"], 0);
    let late = checkout.says(&["answer", "r", "review", "A", "--by", "bob"], 1);
    assert!(late.contains("alice answered `fix`"), "{late}");
    checkout.says(&["resume", "r", "--on-gate", "pause"], 5);
    assert_eq!(checkout.report("r")["open_gates"], json!(["review#2"]));
    checkout.says(&["answer", "r", "review", "exit"], 0);
    checkout.says(&["resume", "r"], 0);
    let late = checkout.says(&["answer", "r", "review", "F"], 1);
    assert!(late.contains("answered `exit`"), "{late}");
    assert_eq!(route(&checkout.report("r")["visits"]), "start work review work review exit");
}

#[test]
fn a_live_run_is_followed_and_answered_from_another_process() {
    let (checkout, pipeline) = place(REVIEW);
    let run = begin(&checkout, &["run", "--run-id", "r", "--on-gate", "wait", &pipeline]);
    let open = || checkout.dotwright(&["answer", "r"]).stdout.starts_with(b"review#1");
    wait_for("the gate opens", open);
    assert!(checkout.says(&["ps"], 0).contains("running"));
    let mut follower = checkout.command();
    let follower = follower.args(["logs", "r", "-f"]).stdout(Stdio::piped()).spawn().unwrap();
    assert!(checkout.says(&["wait", "r", "--timeout", "1s"], 1).contains("goes on"));
    assert!(checkout.says(&["resume", "r"], 2).contains("in the hands of process"));
    checkout.says(&["answer", "r", "review", "Approve"], 0);
    ends(run, 0);
    let followed = String::from_utf8(follower.wait_with_output().unwrap().stdout).unwrap();
    for kind in ["run_created", "gate_opened", "gate_answered", "run_ended"] {
        assert!(followed.contains(kind), "{followed}");
    }
}

#[test]
fn a_run_is_paused_and_cancelled_from_another_process() {
    let (checkout, pipeline) = place(
        &(tool("one", "touch begun; until [ -e go ]; do sleep 0.02; done")
            + &tool("two", "true")
            + "start -> one -> two -> exit"),
    );
    let run = begin(&checkout, &["run", "--run-id", "r", &pipeline]);
    wait_for("the step begins", || checkout.path("begun").exists());
    checkout.says(&["pause", "r"], 0);
    // What runs may end, and it is told before it does.
    wait_for("the pause is in the log", || {
        checkout.dotwright(&["logs", "r", "--kind", "pause_requested"]).stdout.len() > 10
    });
    checkout.write("go", "");
    ends(run, 5);
    let report = checkout.report("r");
    assert_eq!(
        (report["status"].as_str(), route(&report["visits"])),
        (Some("paused"), "start one".to_owned())
    );
    checkout.says(&["pause", "r"], 1);
    checkout.says(&["resume", "r"], 0);
    assert_eq!(checkout.report("r")["attempts"]["one"], 1);
    assert!(checkout.says(&["cancel", "r"], 1).contains("over"));

    std::fs::remove_file(checkout.path("go")).unwrap();
    std::fs::remove_file(checkout.path("begun")).unwrap();
    let run = begin(&checkout, &["run", "--run-id", "live", &pipeline]);
    wait_for("the step begins", || checkout.path("begun").exists());
    checkout.says(&["cancel", "live"], 0);
    ends(run, 8);
    assert_eq!(checkout.report("live")["status"], "cancelled");
    checkout.says(&["resume", "live"], 8);
}

#[test]
fn a_run_that_rests_is_cancelled_without_a_runner() {
    let (checkout, pipeline) = place(REVIEW);
    checkout.says(&["run", "--run-id", "r", "--on-gate", "pause", &pipeline], 5);
    checkout.says(&["cancel", "r"], 0);
    let report = checkout.report("r");
    assert_eq!((report["status"].as_str(), &report["open_gates"]), (Some("cancelled"), &json!([])));
    checkout.says(&["cancel", "r"], 1);
    checkout.says(&["answer", "r", "review", "A"], 1);
}

#[test]
fn a_run_is_forked_compared_and_cleaned_away() {
    let (checkout, pipeline) =
        place(&(tool("one", "echo one") + &tool("two", "test -e there") + "start -> one -> two -> exit"));
    checkout.says(&["run", "--run-id", "old", &pipeline], 1);
    let old = checkout.report("old");
    checkout.write("there", "");
    assert_eq!(checkout.says(&["fork", "old", "--run-id", "new"], 0), "new\n");
    checkout.says(&["resume", "new"], 0);
    let new = checkout.report("new");
    assert_eq!(route(&new["visits"]), "start one two exit");
    assert_eq!(new["attempts"]["one"], 1, "what came before is not repeated");
    assert_eq!(checkout.report("old"), old, "the old run stays as it was");
    let differ = checkout.says(&["diff", "old", "new"], 1);
    assert!(differ.contains("exit") && differ.contains("success"), "{differ}");
    checkout.says(&["diff", "new", "new"], 0);
    checkout.says(&["fork", "old", "--at", "one#1", "--run-id", "again"], 0);
    checkout.says(&["resume", "again"], 0);
    checkout.says(&["fork", "old", "--at", "9999"], 2);
    checkout.says(&["fork", "old", "--at", "nowhere"], 2);
    let cost: Value = serde_json::from_str(&checkout.says(&["cost", "old", "new", "--json"], 0)).unwrap();
    assert!(cost.to_string().contains("\"one\""), "{cost}");

    checkout.says(&["run", "--run-id", "rests", "--max-nodes", "1", &pipeline], 6);
    let removed = checkout.says(&["clean"], 0);
    assert_eq!((removed.lines().count(), checkout.report("old")["run_id"].as_str()), (3, Some("old")));
    checkout.says(&["clean", "--yes"], 0);
    checkout.says(&["show", "old"], 2);
    assert_eq!(checkout.report("rests")["status"], "budget_exceeded", "one that can go on is kept");
    checkout.says(&["clean", "rests", "--yes"], 0);
    assert_eq!(checkout.says(&["ps", "--all"], 0), "");
}

#[test]
fn a_fork_of_a_run_in_worktrees_has_the_work_that_came_before() {
    let (checkout, pipeline) = place(
        &("fan [shape=component] join [shape=tripleoctagon]\n".to_owned()
            + &tool("before", "echo before > before.txt")
            + &tool("a", "cp before.txt a.txt")
            + &tool("b", "cp before.txt b.txt")
            + &tool("after", "cat a.txt b.txt > all.txt")
            + "start -> before -> fan -> { a b } -> join -> after -> exit"),
    );
    checkout.says(&["run", "--run-id", "old", "--worktree", "require", &pipeline], 0);
    for (number, point) in ["before", "fan", "a", "b", "join", "after"].into_iter().enumerate() {
        let new = format!("new{number}");
        checkout.says(&["fork", "old", "--at", point, "--run-id", &new], 0);
        checkout.says(&["resume", &new], 0);
        let all = checkout.git(&["show", &format!("refs/dotwright/{new}/main:all.txt")]);
        assert_eq!(all, "before\nbefore\n", "forked at {point}");
    }
    // Between the end of one branch and that of the other, too.
    let ended = checkout.says(&["logs", "old", "--kind", "branch_ended", "--json"], 0);
    for (number, line) in ended.lines().enumerate() {
        let record: Value = serde_json::from_str(line).unwrap();
        let (new, point) = (format!("between{number}"), record["seq"].to_string());
        checkout.says(&["fork", "old", "--at", &point, "--run-id", &new], 0);
        checkout.says(&["resume", &new], 0);
        let all = checkout.git(&["show", &format!("refs/dotwright/{new}/main:all.txt")]);
        assert_eq!(all, "before\nbefore\n", "forked at {point}");
    }
    // A run that takes an old name does not find old work.
    checkout.says(&["clean", "old", "--yes"], 0);
    checkout.says(&["run", "--run-id", "old", "--worktree", "require", &pipeline], 0);
}

#[test]
fn a_run_is_shown_at_any_record_with_its_context_and_streams() {
    let (checkout, pipeline) = place(
        &(tool("one", "echo out; echo err >&2") + &tool("two", "true") + "start -> one -> two -> exit"),
    );
    checkout.says(&["run", "--run-id", "r", &pipeline], 0);
    assert_eq!(checkout.says(&["logs", "r", "--node", "one", "--stdout"], 0), "out\n");
    assert_eq!(checkout.says(&["logs", "r", "--node", "one", "--stderr"], 0), "err\n");
    assert!(checkout.says(&["show", "r", "--context"], 0).contains("tool.exit_code = 0\n"));
    let entered: Vec<Value> = checkout
        .says(&["logs", "r", "--kind", "node_entered", "--json"], 0)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let two = entered.iter().find(|record| record["node"] == "two").unwrap()["seq"].to_string();
    let then = checkout.says(&["show", "r", "--at", &two], 0);
    assert!(then.contains("status   running") && then.contains("visits   start -> one -> two\n"), "{then}");
    let late = checkout.says(&["logs", "r", "--since", &two], 0);
    assert!(!late.contains("run_created") && late.contains("run_ended"), "{late}");
}

#[test]
fn what_an_attempt_leaves_is_seen_in_a_folder_of_its_node_and_where_it_was() {
    let (checkout, pipeline) = place(
        &(tool("silent", "ls -A $ATTRACTOR_OUT_DIR | wc -l > silent.txt")
            + &tool("says", "echo hello; echo oops >&2; ls -A $ATTRACTOR_OUT_DIR | wc -l > says.txt")
            + &tool("leaves", "echo found > $ATTRACTOR_OUT_DIR/report; echo $ATTRACTOR_OUT_DIR > where.txt")
            + &tool("reads", "cat $(cat where.txt)/report > read.txt")
            + "start -> silent -> says -> leaves -> reads -> exit"),
    );
    checkout.says(&["run", "--run-id", "r", &pipeline], 0);
    assert_eq!([checkout.read("silent.txt"), checkout.read("says.txt")], ["0\n"; 2], "a folder begins empty");
    assert_eq!(checkout.read("read.txt"), "found\n");
    let nodes = checkout.state().join("dotwright/runs/r/nodes");
    let names = |folder: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&nodes), ["leaves", "says"]);
    let attempt = |node: &str| {
        let name = names(&nodes.join(node)).pop().unwrap();
        assert!(name.starts_with("1.1.1-"), "{name}");
        nodes.join(node).join(name)
    };
    assert_eq!(names(&attempt("says")), ["stderr", "stdout"]);
    assert_eq!(std::fs::read_to_string(attempt("says").join("stdout")).unwrap(), "hello\n");
    assert_eq!(std::fs::read_to_string(attempt("says").join("stderr")).unwrap(), "oops\n");
    assert_eq!(names(&attempt("leaves")), ["report"]);
}

#[test]
fn what_a_model_was_asked_and_wrote_is_in_the_log() {
    let (checkout, pipeline) = place("ask [prompt=\"Say hello\"]\nstart -> ask -> exit");
    let backend = |script: &str| format!("sh -c 'cat > /dev/null; {script}'");
    checkout
        .says(&["run", "--run-id", "good", "--backend", &backend("echo hello; echo hm >&2"), &pipeline], 0);
    assert_eq!(checkout.says(&["logs", "good", "--node", "ask", "--stdout"], 0), "hello\n");
    assert_eq!(checkout.says(&["logs", "good", "--node", "ask", "--stderr"], 0), "hm\n");
    assert!(checkout.says(&["logs", "good", "--prompt"], 0).contains("Say hello"));

    checkout
        .says(&["run", "--run-id", "bad", "--backend", &backend("echo no key >&2; exit 4"), &pipeline], 1);
    assert_eq!(checkout.says(&["logs", "bad", "--stderr"], 0), "no key\n");
    let why = checkout.says(&["why", "bad"], 0);
    assert!(why.contains("the backend ended with exit code 4: no key"), "{why}");
}

#[test]
fn every_node_of_the_vulnerability_scan_is_explained() {
    let checkout = Checkout::new(&[("Cargo.lock", "version = 4\n")]);
    let report = checkout.run("vulnerability-scan.dot", &[], 0);
    let nodes = route(&report["visits"]).replace(['[', ']', '|'], " ");
    assert!(nodes.split_whitespace().count() > 10, "{nodes}");
    for node in nodes.split_whitespace() {
        let why = checkout.says(&["why", "@last", node], 0);
        assert!(why.starts_with(&format!("{node}, visit 1")), "{why}");
        assert!(node == "start" || why.contains("arrives from") || why.contains("joins"), "{why}");
        assert!(node == "exit" || why.contains("->"), "{why}");
        let json: Value = serde_json::from_str(&checkout.says(&["why", "@last", node, "--json"], 0)).unwrap();
        assert!(json.is_object(), "{json}");
    }
    assert!(checkout.says(&["why", "@last"], 0).contains("success"));
    checkout.says(&["why", "@last", "record_gaps"], 1);
    checkout.says(&["why", "@last", "nowhere"], 2);
}

/// A step with a grandchild, both of which write their numbers; `trapped` ones ignore TERM.
fn family(trapped: bool) -> (Checkout, String) {
    let trap = if trapped { "trap '' TERM INT HUP; " } else { "" };
    let command =
        format!("{trap}sh -c '{trap}echo $$ >> pids; sleep 60; sleep 60' & echo $$ >> pids; sleep 60; wait");
    place(&(tool("slow", &command) + "start -> slow -> exit"))
}

#[track_caller]
fn cancelled_by(name: &str, trapped: bool, more: usize) {
    let (checkout, pipeline) = family(trapped);
    let run = begin(&checkout, &["run", "--run-id", "r", &pipeline]);
    wait_for("the step begins", || checkout.read("pids").lines().count() == 2);
    let begun = Instant::now();
    signal(&run, name);
    for _ in 0..more {
        std::thread::sleep(Duration::from_millis(300));
        signal(&run, name);
    }
    ends(run, 8);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(if more > 0 { 2 } else { 5 }), "{took:?}");
    assert!(!checkout.read("pids").lines().any(is_alive), "{name}");
    let report = checkout.report("r");
    assert_eq!((report["status"].as_str(), report["partial"].as_bool()), (Some("cancelled"), Some(false)));
    let why = checkout.says(&["why", "r"], 0);
    assert!(why.contains(&format!("SIG{}", &name[1..])), "{why}");
}

#[test]
fn a_signal_cancels_the_run_and_its_processes() {
    for name in ["-INT", "-TERM", "-HUP"] {
        cancelled_by(name, false, 0);
    }
}

#[test]
fn a_second_signal_takes_the_grace_away() {
    cancelled_by("-INT", true, 1);
}

#[test]
fn processes_that_ignore_a_signal_are_gone_after_the_grace() {
    cancelled_by("-INT", true, 0);
}

#[test]
fn a_run_out_of_wall_time_can_go_on_with_more() {
    let (checkout, pipeline) = place(
        &(tool("slow", "if [ -e again ]; then exit 0; fi; touch again; echo $$ > pids; sleep 60")
            + "start -> slow -> exit"),
    );
    let report = checkout.aside("report.json", "");
    checkout.says(&["run", "--run-id", "r", "--max-wall", "1s", "--report", &report, &pipeline], 6);
    assert!(!checkout.read("pids").lines().any(is_alive));
    let written: Value = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
    assert_eq!(
        (written["status"].as_str(), written["exit_code"].as_u64()),
        (Some("budget_exceeded"), Some(6))
    );
    checkout.says(&["resume", "r", "--max-wall", "10m"], 0);
}

#[test]
fn a_run_out_of_attempts_can_go_on_with_more() {
    let (checkout, pipeline) = place(
        &(tool("one", "true")
            + &tool("two", "true")
            + &tool("three", "true")
            + "start -> one -> two -> three -> exit"),
    );
    checkout.says(&["run", "--run-id", "r", "--max-nodes", "2", &pipeline], 6);
    checkout.says(&["resume", "r"], 6);
    checkout.says(&["resume", "r", "--max-nodes", "3"], 0);
    assert_eq!(checkout.report("r")["cost"]["attempts"], 3);
}

/// Three model steps of 40 tokens and 2 cents each, by a model with a price.
fn models() -> (Checkout, String, String) {
    let (checkout, pipeline) = place(
        "node [llm_model=\"gpt-5.2\"] a [prompt=\"a $goal\"] b [prompt=\"b $goal\"] c [prompt=\"c $goal\"] \
         start -> a -> b -> c -> exit",
    );
    let backend = checkout.aside(
        "backend.sh",
        "cat > /dev/null\necho $ATTRACTOR_NODE_ID >> calls\necho done\n\
         echo '{\"outcome\": \"success\", \"usage\": {\"tokens\": 40, \"cost_usd\": 0.02}}' > \"$ATTRACTOR_STATUS_FILE\"\n",
    );
    (checkout, pipeline, format!("/bin/sh {backend}"))
}

#[track_caller]
fn goes_on_with_more(flag: &str, little: &str, much: &str) {
    let (checkout, pipeline, backend) = models();
    checkout.says(&["run", "--run-id", "r", "--backend", &backend, flag, little, &pipeline], 6);
    let report = checkout.report("r");
    assert_eq!(report["status"], "budget_exceeded");
    let calls = checkout.read("calls").lines().count();
    assert!((1..3).contains(&calls), "{calls}");
    checkout.says(&["resume", "r", flag, much], 0);
    let cost = checkout.report("r")["cost"].clone();
    assert_eq!((&cost["tokens"], &cost["micro_usd"]), (&json!(120), &json!(60_000)));
    assert_eq!(checkout.read("calls"), "a\nb\nc\n", "no call is made twice");
    let table = checkout.says(&["cost", "r"], 0);
    assert!(table.contains("40") && table.contains('c'), "{table}");
}

#[test]
fn a_run_out_of_tokens_or_money_can_go_on_with_more() {
    goes_on_with_more("--budget-tokens", "80", "1000");
    goes_on_with_more("--budget-usd", "0.04", "1");
}

/// A model step that costs nobody knows what, and what the program says about it.
#[track_caller]
fn refused_without_a_price(model: &str, said: &str) {
    let (checkout, pipeline) = place(&format!("a [prompt=\"a $goal\"{model}] start -> a -> exit"));
    let backend = checkout.aside("backend.sh", "cat > /dev/null\necho called >> calls\necho done\n");
    let backend = format!("/bin/sh {backend}");
    let run = ["run", "--run-id", "r", "--backend", &backend, "--budget-usd", "1", &pipeline];
    let refused = checkout.says(&run, 6);
    assert!(refused.contains(said) && refused.contains("resume r --allow-unpriced"), "{refused}");
    let report = checkout.report("r");
    assert_eq!((&report["reason"], &report["reason_node"]), (&json!("unpriced"), &json!("a")));
    assert_eq!(checkout.read("calls"), "");
    checkout.says(&["resume", "r"], 6);
    checkout.says(&["resume", "r", "--allow-unpriced"], 0);
    assert_eq!(checkout.read("calls"), "called\n");
    let cost = checkout.says(&["cost", "r"], 0);
    assert!(cost.contains("not in the money: 1 call of a"), "{cost}");
    let allowed = ["run", "--allow-unpriced", "--backend", &backend, "--budget-usd", "1", &pipeline];
    assert!(checkout.says(&allowed, 0).contains("only if the backend says what it cost"));
    checkout.says(&["run", "--backend", &backend, "--budget-tokens", "9", &pipeline], 0);
}

#[test]
fn a_call_without_a_price_is_refused_under_a_budget_of_money() {
    refused_without_a_price("", "`a` names no model");
    refused_without_a_price(", llm_model=unheard-of", "`unheard-of` of `a` is not in the price table");
}

#[test]
fn a_backend_that_says_only_its_tokens_is_billed_by_the_table() {
    let (checkout, pipeline) =
        place("a [prompt=\"a $goal\", llm_model=\"claude-opus-4-6\"] start -> a -> exit");
    let backend = checkout.aside(
        "backend.sh",
        "cat > /dev/null\necho done\n\
         echo '{\"outcome\": \"success\", \"usage\": {\"tokens\": 1000}}' > \"$ATTRACTOR_STATUS_FILE\"\n",
    );
    let backend = format!("/bin/sh {backend}");
    checkout.says(&["run", "--run-id", "r", "--backend", &backend, "--budget-usd", "1", &pipeline], 0);
    assert_eq!(checkout.report("r")["cost"]["micro_usd"], 25_000, "at the price of what it writes");
}

#[test]
fn what_calls_used_counts_without_a_budget_too() {
    let (checkout, pipeline, backend) = models();
    checkout.says(&["run", "--run-id", "r", "--backend", &backend, &pipeline], 0);
    let cost = checkout.report("r")["cost"].clone();
    assert_eq!((&cost["tokens"], &cost["micro_usd"]), (&json!(120), &json!(60_000)));
    assert_eq!(checkout.says(&["logs", "r", "--kind", "warning"], 0), "");
}

#[test]
fn what_a_node_may_spend_holds_without_a_budget_of_the_run() {
    let (checkout, pipeline) = place(
        "a [prompt=\"a $goal\", llm_model=\"gpt-5.2\", max_cost_usd=\"0.05\", max_visits=9] t [shape=parallelogram, \
         tool_command=\"false\"] start -> a -> t t -> exit [condition=\"outcome=success\"] t -> a [condition=\"outcome=fail\"]",
    );
    let backend = checkout.aside(
        "backend.sh",
        "cat > /dev/null\necho called >> calls\necho done\n\
         echo '{\"outcome\": \"success\", \"usage\": {\"tokens\": 4, \"cost_usd\": 0.02}}' > \"$ATTRACTOR_STATUS_FILE\"\n",
    );
    let backend = format!("/bin/sh {backend}");
    checkout.says(&["run", "--run-id", "r", "--backend", &backend, &pipeline], 6);
    assert_eq!(checkout.report("r")["reason"], "max_cost_usd");
    assert_eq!(checkout.read("calls").lines().count(), 3, "the third one goes over, and there is no fourth");
}

#[test]
fn branches_with_models_share_a_budget() {
    let (checkout, _, backend) = models();
    let pipeline = checkout.aside(
        "region.dot",
        "digraph { graph [goal=test] node [timeout=\"60s\"] start [shape=Mdiamond] exit [shape=Msquare]
         fan [shape=component] join [shape=tripleoctagon] a [prompt=\"a $goal\"] b [prompt=\"b $goal\"]
         start -> fan -> { a b } -> join -> exit }",
    );
    checkout.says(&["run", "--run-id", "r", "--backend", &backend, "--budget-tokens", "1000", &pipeline], 0);
    assert_eq!(checkout.report("r")["cost"]["tokens"], 80);
}

#[test]
fn the_state_directory_has_to_be_outside_of_the_workspace() {
    let (checkout, pipeline) = place(REVIEW);
    let run = |state: &str| {
        let output =
            checkout.command().env("XDG_STATE_HOME", state).args(["run", &pipeline]).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let inside = checkout.path("state/deep");
    let (code, said) = run(inside.to_str().unwrap());
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("XDG_STATE_HOME") && !checkout.path("state").exists(), "{said}");
    let link = checkout.aside("unused", "") + ".link";
    std::os::unix::fs::symlink(checkout.path("."), &link).unwrap();
    assert_eq!(run(&link).0, Some(4));
    // Nobody can make a folder there, not even root.
    let (code, said) = run("/proc");
    assert_eq!(code, Some(9), "{said}");
    assert!(said.contains("cannot create"), "{said}");
}

#[test]
fn two_runners_do_not_share_a_name() {
    let (checkout, pipeline) = place(&(tool("one", "touch begun; sleep 2") + "start -> one -> exit"));
    let run = begin(&checkout, &["run", "--run-id", "r", &pipeline]);
    wait_for("the step begins", || checkout.path("begun").exists());
    assert!(checkout.says(&["run", "--run-id", "r", &pipeline], 2).contains("there is a run `r` already"));
    ends(run, 0);
}

#[test]
fn the_sample_with_a_budget_stops_and_goes_on() {
    let checkout = Checkout::new(&[("Makefile", "test:\n\ttest -f src/feature\n")]);
    let sample = sample_path("plan-implement-review.dot").display().to_string();
    let answers = r#"{"answers": [{"gate": "accept_change", "visit": 1, "choice": "A"}]}"#;
    let answers = checkout.aside("answers.json", answers);
    let arguments = ["run", "--backend", &model(""), "--answers", &answers, "--max-nodes", "3", &sample];
    checkout.says(&arguments, 6);
    checkout.says(&["resume", "@last", "--answers", &answers, "--max-nodes", "100"], 0);
}
