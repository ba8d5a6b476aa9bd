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

use std::collections::BTreeMap;

use dotwright_engine::run::{Plan, State};
use dotwright_runner::{Answers, Flow, Moment, Observer, Report, RunError};
use dotwright_tests::runs::Place;

/// Stops the runner dead at the n-th point where it could die.
struct Dies {
    left: usize,
    points: usize,
}

impl Observer for Dies {
    fn observe(&mut self, _: &Plan, _: &State, moment: Moment<'_>) -> Flow {
        if matches!(moment, Moment::Appending(_) | Moment::Durable(_) | Moment::Done) {
            self.points += 1;
            if self.left == 0 {
                return Flow::Break(());
            }
            self.left -= 1;
        }
        Flow::Continue(())
    }
}

fn dies_after(left: usize) -> Dies {
    Dies { left, points: 0 }
}

/// What must be the same whether or not a runner died on the way.
fn essence(report: &Report) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut context: BTreeMap<String, String> = report.context.clone();
    context.retain(|key, _| !key.starts_with("tool."));
    (
        report.status.clone(),
        report.exit_code,
        report.reason.clone(),
        report.reason_node.clone(),
        serde_json::to_string(&report.visits).unwrap(),
        report.gates.clone(),
        context,
    )
}

/// Lets the runner die at every point, once on the way and once more during the resume.
#[track_caller]
fn survives_every_death(make: impl Fn() -> Place) {
    let whole = make();
    let mut counter = dies_after(usize::MAX);
    let expected = whole.try_run(&mut counter).unwrap();
    assert!(counter.points > 6, "{}", counter.points);
    for point in 0..counter.points {
        let place = make();
        let died = place.try_run(&mut dies_after(point));
        if died.is_ok() {
            // Facts that came together were one batch: there are fewer points this time.
            break;
        }
        assert!(matches!(died, Err(RunError::StoppedDead)), "{point}: {died:?}");
        // Once more, a little later.
        let again = place.try_resume(&mut dies_after(2));
        assert!(matches!(again, Err(RunError::StoppedDead | RunError::Empty(_)) | Ok(_)), "{again:?}");
        let report = match place.try_resume(&mut ()) {
            // Nothing of it was on disk: it is begun anew under the same name.
            Err(RunError::Empty(_)) => place.try_run(&mut ()),
            resumed => resumed,
        };
        let report = report.unwrap_or_else(|error| panic!("point {point}: {error}"));
        assert_eq!(essence(&report), essence(&expected), "point {point}");
        at_most_two_lost(&expected, &report);
        assert!(finished_once(&place), "point {point}");
    }
}

fn at_most_two_lost(expected: &Report, found: &Report) {
    let more = found.cost.attempts - expected.cost.attempts;
    assert!(more <= 6, "{more} attempts more");
}

/// No attempt that has ended was begun or ended again.
fn finished_once(place: &Place) -> bool {
    let history = place.history();
    let mut ended = std::collections::BTreeSet::new();
    history.records.iter().all(|record| match &record.entry {
        dotwright_runner::Entry::Fact(dotwright_engine::run::Event::AttemptEnded { attempt, .. }) => {
            ended.insert(*attempt)
        }
        dotwright_runner::Entry::Note(dotwright_runner::Note::AttemptStarted(started)) => {
            !ended.contains(&started.attempt)
        }
        _ => true,
    })
}

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

fn region() -> Place {
    Place::new(
        &("fan [shape=component] join [shape=tripleoctagon]\n".to_owned()
            + &tool("a", "echo a")
            + &tool("b", "exit 3")
            + &tool("c", "echo c")
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

#[test]
fn a_loop_with_a_goal_gate_survives() {
    survives_every_death(loop_with_gate);
}

#[test]
fn a_parallel_region_survives() {
    survives_every_death(region);
}

#[test]
fn a_human_gate_survives() {
    survives_every_death(human);
}

#[test]
fn a_retry_survives() {
    survives_every_death(retries);
}

/// A log that ends anywhere is a log of a runner that died there.
#[test]
fn a_log_that_is_torn_at_any_byte_goes_on() {
    let whole = loop_with_gate();
    let expected = whole.run();
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
        assert_eq!(essence(&report), essence(&expected), "cut at {length}");
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
    // The first batch starts the step; its third point is behind the opening of the gate.
    assert!(matches!(place.try_run(&mut dies_after(2)), Err(RunError::StoppedDead)));
    while !place.file("trace").contains("begun") {
        std::thread::yield_now();
    }
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!(place.try_resume(&mut ()).unwrap().status, "success");
    std::thread::sleep(std::time::Duration::from_millis(2200));
    assert_eq!(place.file("trace"), "begun\nbegun\n");
}
