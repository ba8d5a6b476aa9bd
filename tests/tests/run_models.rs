//! Model steps by a command, and the command that looks at what they did (runner reference, sections 15 and 16).

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::time::{Duration, Instant};

use dotwright_runner::{Backend, Entry, Note, Record, Report};
use dotwright_tests::runs::Place;

/// A place whose models are this shell script.
fn place(body: &str, script: &str) -> Place {
    let mut place = Place::new(body);
    let words = ["sh", "-c", script].map(str::to_owned).into();
    place.setup.backend = Some(Backend { words, variables: Vec::new() });
    place
}

fn run(body: &str, script: &str) -> (Place, Report) {
    let place = place(body, script);
    let report = place.run();
    (place, report)
}

const ONE: &str = "m [prompt=\"x\", ATTRIBUTES verify_command=\"COMMAND\"]\nstart -> m -> exit";

#[track_caller]
fn verified(attributes: &str, command: &str, status: &str, reason: &str) -> Report {
    let body = ONE.replace("ATTRIBUTES", attributes).replace("COMMAND", command);
    let (_, report) = run(&body, "echo done");
    assert_eq!((report.status.as_str(), report.reason.as_str()), (status, reason), "{report:?}");
    report
}

#[test]
fn an_answer_counts_when_the_command_bears_it_out() {
    let report = verified("", "echo fine", "success", "");
    assert_eq!(report.context["last_response"], "done");
    let report = verified("", "echo no such file; echo really not >&2; exit 3", "fail", "verify_failed");
    assert!(
        report.message.contains("ended with exit code 3: no such file\nreally not"),
        "{}",
        report.message
    );
    assert_eq!(report.context["last_response"], "done", "the answer is kept");
}

#[test]
fn a_verdict_of_failure_needs_no_command() {
    let body = ONE.replace("ATTRIBUTES", "").replace("COMMAND", "touch verified");
    let (place, report) = run(&body, "echo no; echo '{\"outcome\":\"fail\"}' > $ATTRACTOR_STATUS_FILE");
    assert_eq!(report.reason, "reported");
    assert!(!place.path("verified").exists());
}

#[test]
fn the_command_runs_by_the_rules_of_tools() {
    let report = verified("", "test -z \\\"$(cat)\\\" && ! false | true", "fail", "verify_failed");
    assert!(report.message.contains("exit code 1"), "{}", report.message);
    verified("pipefail=true,", "false | true", "fail", "verify_failed");
    verified("", "test \\\"$ATTRACTOR_NODE_ID\\\" = m", "success", "");
    let begun = Instant::now();
    let report = verified(
        "timeout=\"60s\", kill_grace=\"100ms\", verify_timeout=\"200ms\",",
        "sleep 30 & wait",
        "fail",
        "verify_failed",
    );
    assert!(report.message.contains("ran out of time"), "{}", report.message);
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_failed_verification_is_retried_like_any_failure() {
    let body = ONE.replace("ATTRIBUTES", "max_retries=2, retry_policy=none,");
    let body = body.replace("COMMAND", "test $(wc -l < tries) = 2");
    let (_, report) = run(&body, "echo x >> tries; echo done");
    assert_eq!((report.status.as_str(), report.attempts["m"]), ("success", 2));
}

#[test]
fn a_run_that_is_cancelled_stops_the_command_too() {
    let body = ONE.replace("ATTRIBUTES", "kill_grace=\"100ms\",");
    let body = body.replace("COMMAND", "touch verifying; sleep 30; touch survived");
    let place = place(&body, "echo done");
    let begun = Instant::now();
    let report = place.run_with(|control| {
        while !place.path("verifying").exists() && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(10));
        }
        control.ask(dotwright_runner::Request::Cancel { by: "test".to_owned(), now: false });
    });
    assert_eq!(report.status, "cancelled");
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
}

const MANAGER: &str = "c [shape=house, stack.child_dotfile=\"child.dot\", manager.actions=\"observe,steer,wait\",
    manager.poll_interval=\"100ms\", manager.steer_cooldown=\"100ms\", prompt=\"look after it\"]\nstart -> c -> exit";

#[test]
fn what_a_manager_says_stands_in_the_next_prompt_of_its_child() {
    let child = "w [shape=parallelogram, timeout=\"60s\",
        tool_command=\"for i in 1 2 3 4 5 6 7 8 9; do test -e said && sleep 1 && exit; sleep 1; done\"]
        x [prompt=\"build it\"]\nstart -> w -> x -> exit";
    let script =
        "cat >> seen.$ATTRACTOR_NODE_ID; echo \"use rust\"; test $ATTRACTOR_NODE_ID = x || touch said";
    let place = place(MANAGER, script).and_child("c", child);
    let report = place.run();
    assert_eq!(report.status, "success", "{report:?}");
    let told = place.file("seen.c");
    assert!(told.contains("look after it\n\nThe child pipeline is at `w` after 2 visits"), "{told}");
    let told = place.file("seen.x");
    assert!(told.contains("build it"), "{told}");
    assert!(told.contains("\n\nFrom the manager of this run:\nuse rust\n"), "{told}");
    let kinds: Vec<String> = place.history().records.into_iter().map(|record| record.kind).collect();
    assert!(kinds.iter().any(|kind| kind == "steered"), "{kinds:?}");
}

#[test]
fn a_manager_goes_on_without_a_steering_model_that_cannot_be_started() {
    let told = "no steering text for the child of `c`: ";
    // The child goes on when the log of its manager tells that there will be no text.
    let child = "w [shape=parallelogram, timeout=\"60s\",
        tool_command=\"until grep -q 'no steering text' $ATTRACTOR_OUT_DIR/../../../test/events.jsonl; do sleep 0.1; done\"]
        start -> w -> exit";
    let mut place = Place::new(MANAGER).and_child("c", child);
    // Longer than any system takes an argument.
    let words = ["sh", "-c", "cat", &"x".repeat(4 << 20)].map(str::to_owned).into();
    place.setup.backend = Some(Backend { words, variables: Vec::new() });
    let report = place.run();
    assert_eq!(report.status, "success", "{report:?}");
    let is_told = |record: &Record| matches!(&record.entry, Entry::Note(Note::Warning { text }) if text.starts_with(told));
    assert!(place.history().records.iter().any(is_told));
}

#[test]
fn a_manager_that_steers_needs_a_backend_and_a_prompt() {
    let child = "start -> exit";
    let refused = |place: Place| match place.and_child("c", child).try_run(&mut ()) {
        Err(dotwright_runner::RunError::Refused(refusals)) => refusals[0].message.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(Place::new(MANAGER)), "`c` steers its child and no model backend is configured");
    let without = MANAGER.replace(", prompt=\"look after it\"", "");
    assert_eq!(refused(place(&without, "cat")), "`c` steers its child and has no prompt");
}

const SAYS: &str = "cat > seen.$ATTRACTOR_NODE_ID; echo \"answer of $ATTRACTOR_NODE_ID\"";

/// What `b` is told when `a` came before it.
fn told(attributes: &str) -> String {
    let body = "a [prompt=\"first question\", thread_id=t]
        b [prompt=\"second question\", thread_id=t, ATTRIBUTES]\nstart -> a -> b -> exit";
    let (place, report) = run(&body.replace("ATTRIBUTES", attributes), SAYS);
    assert_eq!(report.status, "success", "{report:?}");
    place.file("seen.b")
}

#[test]
fn each_fidelity_tells_as_much_as_it_says() {
    assert_eq!(told("fidelity=truncate"), "Run: test\nGoal: test\n\nsecond question\n");
    assert_eq!(
        told("fidelity=full"),
        "Run: test\nGoal: test\n\nThe conversation so far.\n\nYou were asked:\nfirst question\n\nYou answered:\n\
         answer of a\n\nIt goes on.\n\nsecond question\n"
    );
    let compact = "Run: test\nGoal: test\nSteps so far: start (success), a (success)\n\
                   The last step, a, ended with: success\n\nsecond question\n";
    assert_eq!(told("fidelity=compact"), compact);
    assert_eq!(told(""), compact);
    assert_eq!(
        told("fidelity=\"summary:low\""),
        "Run: test\nGoal: test\nStep start (success) is over.\nStep a (success) is over. It said: answer of a\n\
         The last step, a, ended with: success\n\nsecond question\n"
    );
}

#[test]
fn a_conversation_goes_on_after_a_pause() {
    let body = "graph [default_thread_id=t, default_fidelity=full] a [prompt=\"first question\"]
        g [shape=hexagon, label=go] b [prompt=\"second question\"]
        start -> a -> g\ng -> b [label=\"[Y] Yes\"]\ng -> exit [label=\"[N] No\"]\nb -> exit";
    let mut place = place(body, SAYS);
    assert_eq!(place.run().status, "paused");
    let answers = r#"{"answers": [{"gate": "g", "visit": 1, "choice": "Y"}]}"#;
    place.setup.answers = dotwright_runner::Answers::parse(answers, "answers.json").unwrap();
    let report = place.try_resume(&mut ()).unwrap();
    assert_eq!(report.status, "success", "{report:?}");
    assert!(place.file("seen.b").contains("You answered:\nanswer of a\n"), "{}", place.file("seen.b"));
}

#[test]
fn branches_share_no_conversation() {
    let body = "graph [default_fidelity=full] f [shape=component] j [shape=tripleoctagon]
        a [prompt=one, thread_id=t] b [prompt=two, thread_id=t] c [prompt=three, thread_id=t]
        start -> f\nf -> a -> c -> j\nf -> b -> j\nj -> exit";
    let (place, _) = run(body, SAYS);
    assert!(place.file("seen.c").contains("answer of a") && !place.file("seen.c").contains("answer of b"));
    assert!(!place.file("seen.b").contains("answer of"));
}

#[test]
fn an_unknown_fidelity_is_refused() {
    let place = place("m [prompt=x, fidelity=ful]\nstart -> m -> exit", "cat");
    match place.try_run(&mut ()) {
        Err(dotwright_runner::RunError::Refused(refusals)) => {
            assert_eq!(refusals[0].message, "`m` asks for the fidelity `ful`, which is none");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn hooks_around_tool_calls_that_nobody_sees_are_named() {
    let body = "graph [\"tool_hooks.pre\"=\"true\"] m [prompt=x, \"tool_hooks.post\"=\"true\"]
        t [shape=parallelogram, timeout=\"9s\", tool_command=\"true\"]\nstart -> m -> t -> exit";
    let (place, report) = run(body, SAYS);
    assert_eq!(report.status, "success");
    let warnings = place.history().records.into_iter().filter(|record| record.kind == "warning");
    let texts: Vec<String> = warnings.map(|record| record.data()).collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    let expected =
        "nothing runs `tool_hooks.pre` and `tool_hooks.post` of `m`: its backend makes the tool calls itself";
    assert!(texts[0].contains(expected), "{texts:?}");
}
