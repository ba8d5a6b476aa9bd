//! Properties of the logs of real runs (runner reference, section 26.2): what a log stands for, what every prefix of it
//! stands for, and what is in it exactly once.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests fail loudly")]

use std::collections::BTreeMap;

use dotwright_engine::run::{
    AttemptId, Command, Decision, Event, Limits, State, TimerId, TimerSpec, VisitId, WalkId,
};
use dotwright_model::Handler;
use dotwright_runner::{Answers, Backend, Entry, History, Note, Record};
use dotwright_tests::checkout::model_script;
use dotwright_tests::runs::Place;

/// Real runs: a sample with its faults and answers, and a budget that is not used up.
fn runs() -> Vec<Place> {
    let answers = |gates: &[(&str, &str)]| {
        let one = |(gate, choice): &(&str, &str)| {
            format!("{{\"gate\": \"{gate}\", \"visit\": \"*\", \"choice\": \"{choice}\"}}")
        };
        let all: Vec<String> = gates.iter().map(one).collect();
        Answers::parse(&format!("{{\"answers\": [{}]}}", all.join(",")), "answers.json").unwrap()
    };
    let approved =
        answers(&[("approve_requirements", "A"), ("approve_design", "A"), ("approve_release", "A")]);
    let samples = [
        ("vulnerability-scan.dot", "", Answers::default()),
        ("build-game.dot", "build_game#1 review_game#1", Answers::default()),
        ("sprint-execution.dot", "implement_sprint#1 decide#1", Answers::default()),
        ("every-handler.dot", "write_page#1", answers(&[("accept_page", "K")])),
        ("development-life-cycle.dot", "build_interface#1 integrate_parts#1 judge_security#1", approved),
    ];
    let run = |(name, faults, answers): (&str, &str, Answers)| {
        let mut place = Place::sample(name);
        place.write("Makefile", "all:\n\ttest ! -e src/broken\n\ntest:\n\ttest -f src/feature\n");
        place.commit();
        let words = ["/bin/sh".to_owned(), model_script().display().to_string()];
        let words = words.into_iter().chain(faults.split_whitespace().map(str::to_owned)).collect();
        place.setup.backend = Some(Backend { words, variables: Vec::new() });
        place.setup.answers = answers;
        place.setup.limits = Some(Limits { tokens: Some(1_000_000), ..Limits::default() });
        let report = place.run();
        assert_eq!(report.status, "success", "{name}: {} at {}", report.reason, report.reason_node);
        place
    };
    samples.into_iter().map(run).collect()
}

fn bytes(state: &State) -> String {
    serde_json::to_string(state).unwrap()
}

fn facts(records: &[Record]) -> impl Iterator<Item = &Event> {
    records.iter().filter_map(|record| match &record.entry {
        Entry::Fact(event) => Some(event),
        Entry::Decision(_) | Entry::Note(_) => None,
    })
}

fn decisions(records: &[Record]) -> impl Iterator<Item = &Command> {
    records.iter().filter_map(|record| match &record.entry {
        Entry::Decision(command) => Some(command),
        Entry::Fact(_) | Entry::Note(_) => None,
    })
}

#[test]
fn every_prefix_of_a_log_and_the_facts_behind_it_give_the_whole() {
    for place in runs() {
        let history = place.history();
        let plan = place.plan();
        let whole = bytes(&history.fold(&plan, None).unwrap().0);
        assert_eq!(bytes(&history.fold(&plan, None).unwrap().0), whole, "folded twice");
        let records = &history.records;
        let step = (records.len() / 60).max(1);
        for cut in (1..=records.len()).step_by(step) {
            let (mut state, _) = history.fold(&plan, Some(cut as u64)).unwrap();
            // A state survives being written and read.
            state = serde_json::from_str(&bytes(&state)).unwrap();
            let mut made = Vec::new();
            for event in facts(&records[cut..]) {
                state.apply(&plan, event.clone(), &mut made);
            }
            assert_eq!(bytes(&state), whole, "cut behind record {cut}");
            // What was decided behind the next fact is decided again.
            let next = records[cut..].iter().position(|record| matches!(record.entry, Entry::Fact(_)));
            let behind = next.map_or(records.len(), |next| cut + next);
            assert!(decisions(&records[behind..]).eq(&made), "cut behind record {cut}");
        }
    }
}

#[test]
fn everything_that_begins_ends_once() {
    for place in runs() {
        let history = place.history();
        let plan = place.plan();
        let mut visits: BTreeMap<VisitId, i32> = BTreeMap::new();
        let mut attempts: BTreeMap<AttemptId, i32> = BTreeMap::new();
        let mut gates: BTreeMap<VisitId, i32> = BTreeMap::new();
        let mut branches: BTreeMap<WalkId, i32> = BTreeMap::new();
        let mut timers: BTreeMap<TimerId, i32> = BTreeMap::new();
        let mut ends = 0;
        for command in decisions(&history.records) {
            match command {
                Command::Decide(Decision::NodeEntered { visit, .. })
                    if !matches!(plan.handler(visit.node), Handler::Exit | Handler::Conditional) =>
                {
                    *visits.entry(*visit).or_default() += 1;
                }
                Command::Decide(Decision::OutcomeRecorded { visit, .. }) => {
                    *visits.entry(*visit).or_default() -= 1
                }
                Command::Decide(Decision::BranchOpened { walk, .. }) => {
                    *branches.entry(*walk).or_default() += 1
                }
                Command::Decide(Decision::BranchEnded { walk, .. }) => {
                    *branches.entry(*walk).or_default() -= 1
                }
                Command::StartAttempt(spec) | Command::StartChild(spec) => {
                    *attempts.entry(spec.attempt).or_default() += 1;
                }
                Command::Ask(gate) => *gates.entry(gate.gate).or_default() += 1,
                Command::CloseGate { gate, .. } => *gates.entry(*gate).or_default() -= 1,
                Command::StartTimer { timer, spec: TimerSpec::Gate { .. } | TimerSpec::Cycle { .. } } => {
                    *timers.entry(*timer).or_default() += 1;
                }
                Command::DropTimer(timer) => *timers.entry(*timer).or_default() -= 1,
                Command::Finish(_) => ends += 1,
                _ => {}
            }
        }
        for event in facts(&history.records) {
            match event {
                Event::AttemptEnded { attempt, .. }
                | Event::AttemptLost { attempt, .. }
                | Event::ChildEnded { attempt, .. } => *attempts.entry(*attempt).or_default() -= 1,
                Event::TimerFired { timer } => *timers.entry(*timer).or_default() -= 1,
                _ => {}
            }
        }
        let open = |name: &str, all: Vec<i32>| {
            assert!(!all.iter().any(|balance| *balance != 0), "{name}: {all:?}");
        };
        open("visits", visits.into_values().collect());
        open("attempts", attempts.into_values().collect());
        open("gates", gates.into_values().collect());
        open("branches", branches.into_values().collect());
        open("timers", timers.into_values().collect());
        assert_eq!(ends, 1);
        let last = history.records.last().unwrap();
        assert_eq!(last.kind, "run_ended");
    }
}

#[test]
fn budgets_and_caps_hold_after_every_record() {
    for place in runs() {
        let history = place.history();
        let plan = place.plan();
        let mut state = State::new();
        let mut commands = Vec::new();
        for event in facts(&history.records) {
            state.apply(&plan, event.clone(), &mut commands);
            let (budget, limits) = (state.budget(), state.limits());
            let tokens = budget.settled.tokens + budget.reserved().tokens;
            assert!(limits.tokens.is_none_or(|limit| tokens <= limit), "{tokens} tokens");
            assert!(budget.attempts <= limits.max_attempts);
        }
        assert_eq!(state.budget().reserved().tokens, 0, "nothing stays reserved");
    }
}

#[test]
fn every_attempt_is_recorded_before_it_ends_and_has_a_folder_of_its_own() {
    for place in runs() {
        let history = place.history();
        let mut folders = BTreeMap::new();
        for record in &history.records {
            match &record.entry {
                Entry::Note(Note::AttemptStarted(started)) => {
                    let folder = started.folder.clone();
                    assert_eq!(folders.insert(folder.clone(), started.attempt), None, "{folder}");
                }
                Entry::Fact(Event::AttemptEnded { attempt, .. }) => {
                    assert!(folders.values().any(|begun| begun == attempt), "{attempt:?}");
                }
                Entry::Fact(_) | Entry::Decision(_) | Entry::Note(_) => {}
            }
        }
        assert!(folders.len() > 3);
    }
}

/// Steps of a region belong to a branch in every record about them, also in the last ones of the branch that ends last.
#[test]
fn records_about_steps_of_a_region_name_their_branch() {
    for place in runs() {
        let history: History = place.history();
        let plan = place.plan();
        let mut inside: BTreeMap<String, String> = BTreeMap::new();
        for record in history.records.iter().filter(|record| record.kind == "node_entered") {
            if !record.branch.is_empty() {
                inside.insert(record.node.clone(), record.branch.clone());
            }
        }
        for record in history.records.iter().filter(|record| inside.contains_key(&record.node)) {
            let at = format!("{} {}: {}", record.seq, record.kind, record.summary(&plan));
            let entry = inside[&record.node].rsplit('/').next().unwrap();
            assert!(record.branch.ends_with(entry), "{at}: `{}`", record.branch);
        }
    }
}
