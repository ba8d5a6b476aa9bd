//! What a machine does to a runner: a disk that is full, folders that vanish or cannot be written, numbers of processes
//! that are used again, clocks that jump (runner reference, section 26.3).

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use dotwright_tests::checkout::{Checkout, route};
use dotwright_tests::dotwright_folder;
use dotwright_tests::live::{begin, ends, is_alive, place, signal, tool, wait_for};
use dotwright_tests::logs::sealed;
use serde_json::Value;

/// What was broken across lines for the terminal, in one.
fn in_a_line(said: &str) -> String {
    said.split_whitespace().filter(|word| *word != "|").collect::<Vec<_>>().join(" ")
}

fn log(checkout: &Checkout) -> PathBuf {
    checkout.state().join("dotwright/runs/r/events.jsonl")
}

/// Two branches: one goes round in a loop, the other one sleeps with a grandchild, both until they are healed.
fn busy() -> (Checkout, String) {
    place(
        &("fan [shape=component] join [shape=tripleoctagon] node [max_visits=0]\n".to_owned()
            + &tool(
                "sleeps",
                "if [ -e healed ]; then exit 0; fi; sleep 60 & echo $! >> pids; echo $$ >> pids; wait",
            )
            + &tool("counts", "[ -e healed ]")
            + &tool("again", "true")
            + "start -> fan -> sleeps -> join fan -> counts counts -> join [condition=\"outcome=success\"] \
               counts -> again [condition=\"outcome=fail\"] again -> counts join -> exit"),
    )
}

fn pids_are_gone(checkout: &Checkout) -> bool {
    !checkout.read("pids").lines().any(is_alive)
}

#[track_caller]
fn heals(checkout: &Checkout) {
    checkout.write("healed", "");
    let before = std::fs::read_to_string(log(checkout)).unwrap();
    let good = before.rfind('\n').map_or("", |end| &before[..=end]);
    checkout.says(&["resume", "r", "--max-nodes", "100000"], 0);
    let after = std::fs::read_to_string(log(checkout)).unwrap();
    assert!(after.starts_with(good), "what was there is kept");
    checkout.says(&["replay", "r"], 0);
}

#[test]
fn a_log_that_cannot_grow_ends_the_runner_and_not_the_run() {
    let (checkout, pipeline) = busy();
    let program = dotwright_folder().join("dotwright").display().to_string();
    let limited = format!(
        "ulimit -f 64; exec {program} run --run-id r --report report.json --max-nodes 100000 {pipeline}"
    );
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(&limited).current_dir(checkout.path(".")).env("XDG_STATE_HOME", checkout.state());
    let run = shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let said = in_a_line(&ends(run, 9));
    assert!(said.contains("cannot write `") && said.contains("File too large"), "{said}");
    assert!(pids_are_gone(&checkout), "{said}");
    assert!(checkout.says(&["ps"], 0).contains("crashed"));
    let report: Value = serde_json::from_str(&checkout.read("report.json")).unwrap();
    assert_eq!((&report["status"], &report["run_id"]), (&"internal_error".into(), &"r".into()));
    heals(&checkout);
}

/// The same on a file system that is full, where this machine lets a test mount one.
#[test]
fn a_full_disk_ends_the_runner_and_not_the_run() {
    let (checkout, pipeline) = busy();
    let state = checkout.state().display().to_string();
    std::fs::create_dir_all(&state).unwrap();
    let program = dotwright_folder().join("dotwright").display().to_string();
    let script = format!(
        "mount -t tmpfs -o size=160k tmpfs {state} || exit 77\n\
         {program} run --run-id r --max-nodes 100000 {pipeline} 2> full; echo $? > code\n\
         mount -o remount,size=64m {state}\ntouch healed\n\
         {program} resume r --max-nodes 100000 2> resumed && {program} replay r"
    );
    let mut inside = Command::new("unshare");
    inside.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]);
    inside.current_dir(checkout.path(".")).env("XDG_STATE_HOME", &state).stdin(Stdio::null());
    let output = match inside.output() {
        Ok(output) if output.status.code() != Some(77) && checkout.path("code").exists() => output,
        Ok(_) | Err(_) => return eprintln!("skipped: no file system can be mounted here"),
    };
    let said = in_a_line(&checkout.read("full"));
    assert_eq!(checkout.read("code"), "9\n", "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    assert!(pids_are_gone(&checkout), "{said}");
    assert!(output.status.success(), "{}", checkout.read("resumed"));
}

#[test]
fn a_run_whose_folder_is_removed_ends_with_its_processes() {
    let (checkout, pipeline) = busy();
    let run = begin(&checkout, &["run", "--run-id", "r", "--max-nodes", "100000", &pipeline]);
    wait_for("both branches work", || checkout.read("pids").lines().count() == 2);
    let folder = log(&checkout).parent().unwrap().to_owned();
    wait_for("the folder goes", || std::fs::remove_dir_all(&folder).is_ok());
    let said = in_a_line(&ends(run, 9));
    assert!(said.contains("was removed while the run went on") || said.contains("No such file"), "{said}");
    assert!(pids_are_gone(&checkout), "{said}");
    assert!(!folder.exists(), "it does not come back");
}

/// The program as somebody whom file modes stop, which they do not do to root.
fn mortal(checkout: &Checkout, arguments: &[&str]) -> Option<Child> {
    let mut command = checkout.command();
    if std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
        let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
        let state = checkout.state();
        std::fs::create_dir_all(&state).unwrap();
        for folder in [checkout.path("."), state.clone(), state.parent().unwrap().to_owned()] {
            std::os::unix::fs::chown(folder, Some(65534), Some(65534)).unwrap();
        }
        command = Command::new("setpriv");
        command.args(nobody).arg(dotwright_folder().join("dotwright")).current_dir(checkout.path("."));
        command.env("XDG_STATE_HOME", state).stdin(Stdio::null());
    }
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().ok()
}

fn set_mode(folder: &Path, mode: &str) {
    let done = Command::new("chmod").args(["-R", mode]).arg(folder).status().unwrap();
    assert!(done.success());
}

#[test]
fn a_run_whose_folder_becomes_read_only_ends_with_its_processes_and_goes_on_later() {
    let (checkout, pipeline) = busy();
    std::fs::set_permissions(&pipeline, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let Some(run) = mortal(&checkout, &["run", "--run-id", "r", "--max-nodes", "100000", &pipeline]) else {
        return eprintln!("skipped: no other user can be taken on here");
    };
    wait_for("both branches work", || checkout.read("pids").lines().count() == 2);
    let folder = log(&checkout).parent().unwrap().to_owned();
    set_mode(&folder, "a-w");
    let said = in_a_line(&ends(run, 9));
    assert!(said.contains("cannot write `") && said.contains("Permission denied"), "{said}");
    assert!(pids_are_gone(&checkout), "{said}");
    set_mode(&folder, "u+w");
    heals(&checkout);
}

/// A step that waits for `go`, whose runner and processes were killed while it did.
fn killed() -> (Checkout, String) {
    let (checkout, pipeline) = place(
        &(tool("one", "true")
            + &tool("two", "echo $$ >> pids; until [ -e go ]; do sleep 0.02; done")
            + "start -> one -> two -> exit"),
    );
    let run = begin(&checkout, &["run", "--run-id", "r", &pipeline]);
    wait_for("the step begins", || checkout.read("pids").lines().count() == 1);
    signal(&run, "-KILL");
    let group = format!("-{}", checkout.read("pids").trim());
    assert!(Command::new("kill").args(["-KILL", "--", &group]).status().unwrap().success());
    wait_for("the step is gone", || pids_are_gone(&checkout));
    drop(run.wait_with_output());
    checkout.write("go", "");
    (checkout, pipeline)
}

#[test]
fn a_process_that_only_has_the_number_of_a_lost_step_is_left_alone() {
    let (checkout, _) = killed();
    let mut innocent = Command::new("sleep");
    let mut innocent =
        std::os::unix::process::CommandExt::process_group(&mut innocent, 0).arg("60").spawn().unwrap();
    let text = std::fs::read_to_string(log(&checkout)).unwrap();
    let edited = sealed(&text, |record| {
        if record["kind"] == "attempt_started" {
            let process = &mut record["data"]["attempt_started"]["process"];
            process["pid"] = innocent.id().into();
            // Start times are counted in ticks of 10 ms, and the step can have begun and ended in the tick of the other one.
            process["start"] = (process["start"].as_u64().unwrap() - 1).into();
        }
    });
    assert_ne!(edited, text);
    std::fs::write(log(&checkout), edited).unwrap();
    checkout.says(&["resume", "r"], 0);
    assert!(innocent.try_wait().unwrap().is_none(), "it runs");
    assert!(!checkout.says(&["logs", "r"], 0).contains("fenced"));
    innocent.kill().unwrap();
    innocent.wait().unwrap();
}

#[test]
fn times_in_a_log_that_jump_change_nothing() {
    let (checkout, _) = killed();
    let text = std::fs::read_to_string(log(&checkout)).unwrap();
    let clocks: [&dyn Fn(u64) -> String; 3] = [
        &|seq| format!("{:04}-01-01T00:00:00Z", 2300 - seq),
        &|_| "9999-12-30T23:59:59.999999999Z".to_owned(),
        &|seq| if seq % 2 == 0 { "0001-01-01T00:00:00Z".to_owned() } else { String::new() },
    ];
    for (number, clock) in clocks.into_iter().enumerate() {
        let edited = sealed(&text, |record| {
            record["ts"] = clock(record["seq"].as_u64().unwrap()).into();
            if record["kind"] == "run_created" {
                record["data"]["run_created"]["created"] = u64::MAX.into();
                record["data"]["run_created"]["max_wall"] = 3_600_000.into();
            }
        });
        std::fs::write(log(&checkout), edited).unwrap();
        let said: Vec<String> = [
            &["show", "r"][..],
            &["cost", "r"],
            &["ps"],
            &["why", "r"],
            &["why", "r", "two"],
            &["logs", "r"],
        ]
        .iter()
        .map(|command| checkout.says(command, 0))
        .collect();
        assert!(!said.concat().contains("panicked"), "{said:?}");
        checkout.says(&["resume", "r"], 0);
        assert_eq!(route(&checkout.report("r")["visits"]), "start one two exit", "clock {number}");
        checkout.says(&["replay", "r"], 0);
    }
}
