//! Processes as they are in the world (runner reference, section 26.3).

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use dotwright_runner::{Backend, Report, Request};
use dotwright_tests::runs::Place;

fn step(attributes: &str, command: &str) -> Place {
    let command = command.replace('\\', "\\\\").replace('"', "\\\"");
    Place::new(&format!(
        "t [shape=parallelogram, {attributes} tool_command=\"{command}\"]\nstart -> t -> exit"
    ))
}

/// Runs one command; gives the report and how long it took.
fn run(attributes: &str, command: &str) -> (Place, Report, Duration) {
    let place = step(attributes, command);
    let begun = Instant::now();
    let report = place.run();
    (place, report, begun.elapsed())
}

#[track_caller]
fn fails(command: &str, class: &str) -> Report {
    let (_, report, _) = run("timeout=\"30s\",", command);
    assert_eq!((report.status.as_str(), report.reason.as_str()), ("fail", class), "{command}");
    report
}

#[track_caller]
fn succeeds(command: &str) -> (Place, Report) {
    let (place, report, _) = run("timeout=\"30s\",", command);
    assert_eq!((report.status.as_str(), report.reason.as_str()), ("success", ""), "{command}");
    (place, report)
}

#[test]
fn exit_code_signal_and_what_cannot_be_run_are_kept_apart() {
    assert_eq!(fails("exit 7", "exit_nonzero").context["tool.exit_code"], "7");
    let report = fails("kill -SEGV $$", "signal");
    assert_eq!(
        (report.context["tool.exit_code"].as_str(), report.context["tool.signal"].as_str()),
        ("", "11")
    );
    fails("no-such-program-here", "command_not_runnable");
    fails("if", "exit_nonzero");
}

#[test]
fn the_command_is_the_authors_text_and_nothing_else() {
    let (_, report) = succeeds("echo $# \"$0\" ${x-unset}; # a comment");
    assert_eq!(report.context["tool.output"], "0 /bin/sh unset");
    succeeds("\n# a comment first\ntrue");
    let (_, report) = succeeds("cat <<END\ntext\nEND\nif true\nthen echo end; fi");
    assert_eq!(report.context["tool.output"], "text\nend");
    let long = format!("echo {} | wc -c", "x".repeat(300_000));
    let (_, report) = succeeds(&long);
    assert_eq!(report.context["tool.output"].trim(), "300001");
}

#[test]
fn a_grandchild_that_ignores_term_is_gone_after_a_timeout() {
    let command = "(trap '' TERM; sleep 4; echo survivor >> trace) & wait";
    let (place, report, took) = run("timeout=\"300ms\", kill_grace=\"300ms\",", command);
    assert_eq!(report.reason, "timeout");
    assert!(took < Duration::from_secs(3), "{took:?}");
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(place.file("trace"), "");
}

#[test]
fn a_stopped_group_is_ended_too() {
    let (_, report, took) = run("timeout=\"300ms\", kill_grace=\"1s\",", "sleep 20 & kill -STOP $$");
    assert_eq!(report.reason, "timeout");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_daemon_that_holds_the_pipe_does_not_hold_the_step() {
    let (place, report, took) = run("timeout=\"30s\",", "echo before; setsid sleep 5 & sleep 0.3");
    assert_eq!((report.status.as_str(), report.context["tool.output"].as_str()), ("success", "before"));
    assert!(took < Duration::from_secs(4), "{took:?}");
    let kinds: Vec<String> = place.history().records.into_iter().map(|record| record.kind).collect();
    assert!(kinds.iter().any(|kind| kind == "leftover_processes"), "{kinds:?}");
}

#[test]
fn background_processes_stay_only_where_the_node_says_so() {
    let command = "(sleep 0.5; echo late >> trace) >/dev/null 2>&1 &";
    let (gone, _, _) = run("timeout=\"30s\",", command);
    let (kept, _, _) = run("timeout=\"30s\", keep_background=true,", command);
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!((gone.file("trace").as_str(), kept.file("trace").as_str()), ("", "late\n"));
}

#[test]
fn ten_megabytes_on_each_stream_are_kept_whole() {
    let command = "awk 'BEGIN { for (i = 0; i < 600000; i++) { print \"0123456789abcde\" i; print \"err\" i > \"/dev/stderr\" } }'";
    let (place, report) = succeeds(command);
    let history = place.history();
    let whole = history.blob(&report.context["tool.output_blob"]).unwrap();
    assert!(whole.len() > 10_000_000, "{}", whole.len());
    assert!(report.context["tool.output"].len() < 70_000);
    assert_eq!(report.context["tool.last_line"], "0123456789abcde599999");
    assert!(report.context["tool.stderr"].ends_with("err599999"));
}

#[test]
fn output_without_line_breaks_or_without_utf8_is_taken_as_it_is() {
    let (_, report) = succeeds("head -c 5000000 /dev/zero | tr '\\0' x");
    assert!(report.context["tool.output"].starts_with("xxx"));
    let (_, report) = succeeds("printf 'a\\377b'");
    assert_eq!(report.context["tool.output"], "a\u{fffd}b");
}

#[test]
fn a_process_that_closes_its_streams_goes_on() {
    let (place, _) = succeeds("exec >&- 2>&-; sleep 0.3; echo done > trace");
    assert_eq!(place.file("trace"), "done\n");
}

#[test]
fn a_working_directory_that_is_gone_fails_the_step() {
    let place = Place::new(
        "a [shape=parallelogram, timeout=\"9s\", tool_command=\"rmdir \\\"$ATTRACTOR_WORKDIR\\\"\"]\n\
         b [shape=parallelogram, timeout=\"9s\", tool_command=true]\nstart -> a -> b -> exit",
    );
    let report = place.run();
    assert_eq!((report.reason.as_str(), report.reason_node.as_str()), ("command_not_runnable", "b"));
}

#[test]
fn two_hundred_steps_run_side_by_side() {
    let names: Vec<String> = (0..200).map(|index| format!("s{index}")).collect();
    let steps: String = names
        .iter()
        .map(|name| format!("{name} [shape=parallelogram, timeout=\"60s\", tool_command=\"sleep 0.2\"] fan -> {name} -> join\n"))
        .collect();
    let place = Place::new(&format!(
        "fan [shape=component, max_parallel=200] join [shape=tripleoctagon]\n{steps} start -> fan join -> exit"
    ));
    let report = place.run();
    assert_eq!((report.status.as_str(), report.cost.attempts), ("success", 200));
}

#[test]
fn cancel_ends_the_steps_and_the_run() {
    let place = step("", "touch begun; trap '' TERM; sleep 30 & wait; sleep 30");
    let begun = Instant::now();
    let report = place.run_with(|control| {
        while !place.path("begun").exists() {
            std::thread::yield_now();
        }
        control.ask(Request::Cancel { by: "test".to_owned(), now: false });
        std::thread::sleep(Duration::from_millis(100));
        control.kill();
    });
    assert_eq!((report.status.as_str(), report.exit_code), ("cancelled", 8));
    assert!(begun.elapsed() < Duration::from_secs(4));
}

#[test]
fn the_run_folder_is_for_its_owner() {
    let (place, _) = succeeds("true");
    let mode = place.folder().path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

fn model(attributes: &str, backend: &str) -> Place {
    let mut place = Place::new(&format!("m [prompt=\"do $goal\", {attributes}]\nstart -> m -> exit"));
    let words = ["/bin/sh", "-c", backend].map(str::to_owned).to_vec();
    place.setup.backend = Some(Backend { words, variables: Vec::new() });
    place
}

#[test]
fn a_backend_reads_the_prompt_and_writes_the_answer() {
    let place = model(
        "llm_model=\"m-1\", llm_provider=\"p\",",
        "cat > prompt; echo \"$ATTRACTOR_MODEL $ATTRACTOR_PROVIDER\"",
    );
    let report = place.run();
    assert_eq!((report.status.as_str(), report.context["last_response"].as_str()), ("success", "m-1 p"));
    assert!(place.file("prompt").contains("do test\n"), "{}", place.file("prompt"));
}

#[test]
fn a_large_prompt_reaches_a_backend_that_writes_first() {
    let place = Place::new(&format!("m [prompt=\"{}\"]\nstart -> m -> exit", "word ".repeat(60_000)));
    let mut place = place;
    let backend = "head -c 300000 /dev/zero | tr '\\0' y; wc -c";
    let words = ["/bin/sh", "-c", backend].map(str::to_owned).to_vec();
    place.setup.backend = Some(Backend { words, variables: Vec::new() });
    let report = place.run();
    assert!(report.context["last_response"].trim_end().ends_with(|last: char| last.is_ascii_digit()));
}

#[test]
fn an_answer_is_evidence_only_if_there_is_one() {
    let reason = |attributes: &str, backend: &str| model(attributes, backend).run().reason;
    assert_eq!(reason("", "true"), "empty_answer");
    assert_eq!(reason("", "echo x; exit 3"), "exit_nonzero");
    assert_eq!(reason("require_verdict=true,", "echo x"), "no_verdict");
    assert_eq!(reason("timeout=\"200ms\",", "sleep 5"), "timeout");
    assert_eq!(reason("stall_timeout=\"200ms\",", "sleep 5"), "stalled");
    let status = "echo x; echo '{\"outcome\": \"fail\"}' > \"$ATTRACTOR_STATUS_FILE\"";
    assert_eq!(reason("", status), "reported");
}

#[test]
fn a_registered_handler_speaks_json_lines() {
    let mut place = Place::new("d [type=deploy, label=\"D\"]\nstart -> d -> exit");
    let program = "read -r line; echo '{\"type\":\"event\"}'; \
                   echo '{\"type\":\"result\",\"outcome\":\"success\",\"context_updates\":{\"url\":\"x\"}}'";
    place.setup.handlers.insert("deploy".to_owned(), ["/bin/sh", "-c", program].map(str::to_owned).to_vec());
    let report = place.run();
    assert_eq!((report.status.as_str(), report.context["url"].as_str()), ("success", "x"));
}
