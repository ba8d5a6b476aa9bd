//! The crash matrix (runner reference, section 26.1): a runner that stops dead at every point of every batch, and logs
//! that are torn at every byte. The run that goes on ends as the one that was never interrupted.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::time::{Duration, Instant};

use dotwright_runner::{Answers, Backend, RunError};
use dotwright_tests::checkout::model_script;
use dotwright_tests::deaths::{Cut, Dies, Essence, Indices, survives};
use dotwright_tests::runs::Place;

/// Answers for a pipeline without gates.
const NOBODY: &str = r#"{"answers": []}"#;

fn tool(name: &str, command: &str) -> String {
    format!("{name} [shape=parallelogram, timeout=\"30s\", tool_command=\"{command}\"]\n")
}

fn loop_with_gate() -> Place {
    Place::new(
        &(tool("work", "echo work $ATTRACTOR_VISIT")
            + "check [shape=parallelogram, timeout=\"30s\", goal_gate=true, retry_target=work, \
               tool_command=\"test $ATTRACTOR_VISIT -ge 2\"]\n\
               gate [shape=diamond]\n\
               start -> work -> check -> gate\n\
               gate -> exit [condition=\"outcome=success\"]\n\
               gate -> work [condition=\"outcome=fail\"]"),
    )
}

/// By this the processes of [`region`] are known.
const MARK: &str = "# in a region";

fn region() -> Place {
    Place::new(
        &("fan [shape=component] join [shape=tripleoctagon]\n".to_owned()
            + &tool("a", &format!("echo a {MARK}"))
            + &tool("b", &format!("exit 3 {MARK}"))
            + &tool("c", &format!("echo c {MARK}"))
            + &tool("repair", "true")
            + "start -> fan -> { a b } \n a -> c -> join -> exit\n b -> join\n\
               join -> repair [condition=\"outcome=fail\"] repair -> exit"),
    )
}

fn human() -> Place {
    let mut place = Place::new(
        &(tool("work", "true")
            + "review [shape=hexagon]\n\
               start -> work -> review\n\
               review -> work [label=\"[F] Fix\"]\n\
               review -> exit [label=\"[A] Approve\"]"),
    );
    let text = r#"{"answers": [{"gate": "review", "visit": 1, "choice": "F"}, {"gate": "review", "visit": 2, "choice": "A"}]}"#;
    place.setup.answers = Answers::parse(text, "answers.json").unwrap();
    place
}

fn retries() -> Place {
    Place::new(
        "t [shape=parallelogram, timeout=\"30s\", max_retries=20, \
         tool_command=\"test $ATTRACTOR_ATTEMPT -ge 2\"]\nstart -> t -> exit",
    )
}

/// A manager whose child has two steps, and a step behind it.
fn manager() -> Place {
    let child = format!(
        "digraph {{ graph [goal=test] start [shape=Mdiamond] exit [shape=Msquare] {} {} start -> one -> two -> exit }}",
        tool("one", "echo one > one"),
        tool("two", "echo two > two")
    );
    let parent = format!(
        "digraph {{ graph [goal=test] start [shape=Mdiamond] exit [shape=Msquare] \
         watch [shape=house, \"stack.child_dotfile\"=\"child.dot\", \"manager.poll_interval\"=\"1s\"] \
         {} start -> watch -> after -> exit }}",
        tool("after", "cat one two")
    );
    Place::with_child(&parent, Some(("watch", &child)))
}

#[test]
fn a_loop_with_a_goal_gate_survives() {
    survives(Indices::Every, loop_with_gate);
}

#[test]
fn a_parallel_region_survives() {
    survives(Indices::Every, region);
    let late = Instant::now() + Duration::from_secs(20);
    while is_running(MARK) {
        assert!(Instant::now() < late, "a step waits behind the gate of a driver that is dead");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether a process has this in its arguments.
fn is_running(mark: &str) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let mut commands = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    commands.any(|command| String::from_utf8_lossy(&command).contains(mark))
}

#[test]
fn a_human_gate_survives() {
    survives(Indices::Every, human);
}

#[test]
fn a_retry_survives() {
    survives(Indices::Every, retries);
}

/// A sample pipeline in a checkout with these files, with a model that has these faults and with these answers.
fn sample(name: &str, files: &[(&str, &str)], faults: &str, answers: &str) -> Place {
    let mut place = Place::sample(name);
    for (name, text) in files {
        place.write(name, text);
    }
    place.commit();
    let words = ["/bin/sh".to_owned(), model_script().display().to_string()];
    let words = words.into_iter().chain(faults.split_whitespace().map(str::to_owned));
    place.setup.backend = Some(Backend { words: words.collect(), variables: Vec::new() });
    place.setup.answers = Answers::parse(answers, "answers.json").unwrap();
    place
}

const PROJECT: &[(&str, &str)] = &[
    ("Makefile", "all:\n\ttest ! -e src/broken\n\ntest:\n\ttest -f src/feature\n"),
    ("VERSION", "1.2.0\n"),
    ("CHANGELOG.md", "# Changelog\n\n## 1.2.0\n\n- first\n"),
    ("LICENSE", "MIT License\n"),
    ("Cargo.lock", "version = 4\n"),
    ("lib/package.json", "{\"dependencies\": {\"left\": \"*\"}}\n"),
];

#[test]
fn the_vulnerability_scan_survives() {
    survives(Indices::Sample(8), || sample("vulnerability-scan.dot", PROJECT, "", NOBODY));
}

#[test]
fn the_dependency_audit_survives() {
    survives(Indices::Sample(8), || sample("dependency-audit.dot", PROJECT, "", NOBODY));
}

#[test]
fn the_release_checklist_survives() {
    let answers = r#"{"answers": [{"gate": "approve_release", "visit": 1, "choice": "A"}]}"#;
    let done = [PROJECT, &[("src/feature", "done\n")]].concat();
    survives(Indices::Sample(8), || sample("release-checklist.dot", &done, "", answers));
}

#[test]
fn a_game_that_is_repaired_survives() {
    survives(Indices::Sample(8), || sample("build-game.dot", PROJECT, "build_game#1", NOBODY));
}

#[test]
fn a_change_that_is_sent_back_survives() {
    let answers = r#"{"answers": [{"gate": "accept_change", "visit": 1, "choice": "C", "text": "more"},
        {"gate": "accept_change", "visit": 2, "choice": "A"}]}"#;
    survives(Indices::Sample(10), || sample("plan-implement-review.dot", PROJECT, "review#1", answers));
}

#[test]
fn a_sprint_survives() {
    survives(Indices::Sample(8), || sample("sprint-execution.dot", PROJECT, "decide#1", NOBODY));
}

#[test]
fn a_whole_life_cycle_survives() {
    let answers = r#"{"answers": [{"gate": "approve_requirements", "visit": 1, "choice": "A"},
        {"gate": "approve_design", "visit": 1, "choice": "A"},
        {"gate": "approve_release", "visit": 1, "choice": "A"}]}"#;
    survives(Indices::Sample(6), || sample("development-life-cycle.dot", PROJECT, "", answers));
}

#[test]
fn a_child_pipeline_by_itself_survives() {
    survives(Indices::Sample(8), || sample("every-handler-child.dot", PROJECT, "", NOBODY));
}

/// A runner that dies takes the runs of its children with it. Whatever both logs then hold, the run goes on.
#[test]
fn a_manager_goes_on_with_its_child_wherever_both_logs_end() {
    let place = manager();
    let expected = Essence::of(&place, &place.run());
    let child = place.log().with_file_name("").with_file_name("test.watch.1").join("events.jsonl");
    let (parents, childs) = (lines(&place.log()), lines(&child));
    let number =
        |kind: &str| parents.iter().position(|line| line.contains(&format!("\"kind\":\"{kind}\""))).unwrap();
    let (begins, ends) = (number("child_started"), number("child_ended"));
    for kept in 2..=parents.len() {
        let whole = childs.len();
        let reached = if kept <= begins {
            0..=0
        } else if kept <= ends {
            0..=whole
        } else {
            whole..=whole
        };
        for reached in reached {
            std::fs::write(place.log(), parents[..kept].concat()).unwrap();
            // Half a record behind the last whole one.
            let torn =
                childs.get(reached).filter(|_| reached % 2 == 0).map_or("", |line| &line[..line.len() / 2]);
            std::fs::write(&child, childs[..reached].concat() + torn).unwrap();
            let at = format!("{kept} records of the parent, {reached} of the child");
            let report = place.try_resume(&mut ()).unwrap_or_else(|error| panic!("{at}: {error}"));
            Essence::of(&place, &report).assert_is(&expected, &at);
        }
    }
}

/// The lines of a file, with their line breaks.
fn lines(path: &std::path::Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap().split_inclusive('\n').map(str::to_owned).collect()
}

/// A log that ends anywhere is a log of a runner that died there.
#[test]
fn a_log_that_is_torn_at_any_byte_goes_on() {
    let whole = loop_with_gate();
    let expected = Essence::of(&whole, &whole.run());
    let text = std::fs::read(whole.folder().log()).unwrap();
    let lines: Vec<usize> =
        text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    // Every byte of the last two records, and every border of a record before them.
    let tail = lines[lines.len() - 3];
    let cuts: Vec<usize> = lines[2..].iter().copied().filter(|&cut| cut < tail).collect();
    let resumed = |length: usize| {
        let folder = whole.folder();
        std::fs::write(folder.log(), &text[..length]).unwrap();
        let report = whole.try_resume(&mut ()).unwrap_or_else(|error| panic!("cut at {length}: {error}"));
        Essence::of(&whole, &report).assert_is(&expected, &format!("cut at {length}"));
        assert!(whole.try_resume(&mut ()).is_ok(), "the mended log is good, cut at {length}");
    };
    (tail..=text.len()).for_each(resumed);
    cuts.into_iter().for_each(resumed);
}

#[test]
fn a_changed_byte_in_the_middle_is_refused() {
    let place = loop_with_gate();
    place.run();
    let text = std::fs::read(place.folder().log()).unwrap();
    for at in (0..text.len() - 800).step_by(97).filter(|&at| text[at] != b'\n') {
        let mut damaged = text.clone();
        damaged[at] ^= 1;
        std::fs::write(place.folder().log(), &damaged).unwrap();
        let refused = place.try_resume(&mut ());
        assert!(
            matches!(refused, Err(RunError::Damaged { .. } | RunError::Empty(_))),
            "byte {at}: {refused:?}"
        );
    }
}

#[test]
fn two_runners_do_not_share_a_run() {
    let place = Place::new(&(tool("wait", "touch begun; sleep 3") + "start -> wait -> exit"));
    let report = place.run_with(|_| {
        while !place.path("begun").exists() {
            std::thread::yield_now();
        }
        assert!(matches!(place.try_resume(&mut ()), Err(RunError::Held { .. })));
    });
    assert_eq!(report.status, "success");
}

/// The orphan of a runner that died is ended before its successor goes on.
#[test]
fn an_orphan_is_found_and_ended() {
    let command = "echo begun >> trace; if [ $ATTRACTOR_ATTEMPT = 1 ]; then \
                   (setsid sh -c 'sleep 2; echo late >> trace' &) ; sleep 2; echo late >> trace; fi";
    let place = Place::new(&(tool("slow", command) + "start -> slow -> exit"));
    // The first batch starts the step.
    assert!(matches!(place.try_run(&mut Dies::at(&place, Cut::Acted, 0)), Err(RunError::StoppedDead)));
    while !place.file("trace").contains("begun") {
        std::thread::yield_now();
    }
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!(place.try_resume(&mut ()).unwrap().status, "success");
    std::thread::sleep(std::time::Duration::from_millis(2200));
    assert_eq!(place.file("trace"), "begun\nbegun\n");
}
