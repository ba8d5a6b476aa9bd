//! Logs that are damaged in their middle: refused, and taken up with `--accept-damage` (runner reference, section 20.2).

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::path::PathBuf;

use dotwright_tests::checkout::{Checkout, route};
use dotwright_tests::live::{place, tool};
use dotwright_tests::logs::sealed;

/// A run of three steps, and its log.
fn ran() -> (Checkout, PathBuf) {
    let step = |name: &str| tool(name, &format!("echo {name} >> trace"));
    let (checkout, pipeline) = place(&(step("a") + &step("b") + &step("c") + "start -> a -> b -> c -> exit"));
    checkout.says(&["run", "--run-id", "r", &pipeline], 0);
    let log = checkout.state().join("dotwright/runs/r/events.jsonl");
    (checkout, log)
}

/// The number, the beginning and the text of the record that says that a step has ended.
fn ended(log: &str, node: &str) -> (usize, usize, String) {
    let mut offset = 0;
    for (index, line) in log.lines().enumerate() {
        if line.contains("\"kind\":\"attempt_ended\"") && line.contains(&format!("\"node\":\"{node}\"")) {
            return (index + 1, offset, line.to_owned());
        }
        offset += line.len() + 1;
    }
    panic!("`{node}` has ended")
}

#[test]
fn a_damaged_run_goes_on_from_before_the_damage_when_that_is_accepted() {
    let (checkout, log) = ran();
    let whole = std::fs::read_to_string(&log).unwrap();
    let (seq, offset, line) = ended(&whole, "b");
    let damaged = whole.replace(&line, &line.replacen("attempt_ended", "attempt_endet", 1));
    std::fs::write(&log, &damaged).unwrap();

    let refused = checkout.says_in_a_line(&["resume", "r"], 9);
    assert!(refused.contains(&format!("record {seq} of")), "{refused}");
    assert!(refused.contains(&format!("byte {offset},")) && refused.contains("--accept-damage"), "{refused}");
    assert_eq!(std::fs::read_to_string(&log).unwrap(), damaged, "nothing is changed without it");

    let resumed = checkout.says(&["resume", "r", "--accept-damage"], 0);
    assert!(resumed.contains(&format!("warning: record {seq} at byte {offset}")), "{resumed}");
    assert_eq!(checkout.read("trace"), "a\nb\nc\nb\nc\n", "what came before the damage is not repeated");
    assert_eq!(route(&checkout.report("r")["visits"]), "start a b c exit");
    assert!(checkout.says(&["logs", "r", "--kind", "warning"], 0).contains("was damaged"));
    let aside = log.with_file_name(format!("events.damaged-{seq}.jsonl"));
    assert_eq!(std::fs::read_to_string(aside).unwrap(), damaged);
    checkout.says(&["replay", "r"], 0);
    checkout.says(&["resume", "r", "--accept-damage"], 0);
}

#[test]
fn damage_anywhere_can_be_accepted_if_something_was_started_before_it() {
    let (checkout, log) = ran();
    let whole = std::fs::read(&log).unwrap();
    let started = String::from_utf8_lossy(&whole).find("\"kind\":\"started\"").unwrap();
    let started = started + whole[started..].iter().position(|&byte| byte == b'\n').unwrap();
    let accept = ["resume", "r", "--accept-damage"];
    for at in (0..whole.len()).step_by(whole.len() / 12) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(&log, &damaged).unwrap();
        if at <= started {
            assert!(checkout.says_in_a_line(&accept, 9).contains("nothing was started"));
            assert_eq!(std::fs::read(&log).unwrap(), damaged);
        } else {
            checkout.says(&accept, 0);
            assert_eq!(checkout.report("r")["status"], "success", "byte {at}");
        }
    }
}

#[test]
fn a_good_log_and_a_torn_one_need_no_acceptance() {
    let (checkout, log) = ran();
    let whole = std::fs::read(&log).unwrap();
    checkout.says(&["resume", "r", "--accept-damage"], 0);
    assert_eq!(std::fs::read(&log).unwrap(), whole);
    std::fs::write(&log, &whole[..whole.len() - 40]).unwrap();
    checkout.says(&["resume", "r", "--accept-damage"], 0);
    let beside = std::fs::read_dir(log.parent().unwrap()).unwrap().flatten();
    let names = beside.map(|entry| entry.file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.starts_with("events.")).count(), 1);
}

#[test]
fn a_decision_that_the_engine_does_not_make_is_shown_and_can_be_cut_off() {
    let (checkout, log) = ran();
    let whole = std::fs::read_to_string(&log).unwrap();
    assert_eq!(sealed(&whole, |_| ()).lines().count(), whole.lines().count());
    let edited = sealed(&whole, |record| {
        if record["kind"] == "outcome_recorded" && record["node"] == "b" {
            record["data"]["decide"]["outcome_recorded"]["status"] = "fail".into();
        }
    });
    std::fs::write(&log, &edited).unwrap();
    let differs = checkout.says(&["replay", "r"], 1);
    let lines: Vec<&str> = differs.lines().map(str::trim).collect();
    assert_eq!(
        lines[1..3],
        ["recorded  outcome_recorded  b  fail", "replay    outcome_recorded  b  success"]
    );
    assert!(checkout.says_in_a_line(&["resume", "r"], 9).contains("decides otherwise"));
    checkout.says(&["resume", "r", "--accept-damage"], 0);
    assert_eq!(checkout.read("trace"), "a\nb\nc\nc\n", "the fact that `b` has ended is good");
    checkout.says(&["replay", "r"], 0);
}
