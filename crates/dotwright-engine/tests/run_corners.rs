//! Corners of a run that few pipelines have: a fan-in with a judge, managers that give up, lost attempts that are asked
//! about, and what a restart keeps.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

use std::collections::BTreeMap;
use std::sync::Arc;

use dotwright_engine::run::{
    Answer, Budget, Command, Event, GateClosed, PauseReason, Plan, Question, Scenario, ScriptedVisit,
    Simulation, Start, VisitId,
};
use dotwright_model::{Pipeline, Profile};

fn plan(body: &str) -> Plan {
    let source = format!(
        "digraph {{ start [shape=Mdiamond] exit [shape=Msquare] node [shape=parallelogram, tool_command=true]\n{body} }}"
    );
    Plan::new(Arc::new(Pipeline::parse(&source, Profile::default())))
}

/// `a: fail, success; b: success@x` with one word for each visit.
fn scenario(steps: &str) -> Scenario {
    let steps = steps.split(';').filter(|step| !step.trim().is_empty()).map(|step| {
        let (node, visits) = step.split_once(':').unwrap();
        let visits = visits.split(',').map(|visit| ScriptedVisit::parse(visit.trim()).unwrap());
        (node.trim().to_owned(), visits.collect())
    });
    Scenario { steps: steps.collect(), ..Scenario::default() }
}

/// How a run ends: status, reason, and the values of these keys.
#[track_caller]
fn check(body: &str, steps: &str, keys: &[&str], expected: &str) {
    let (plan, scenario) = (plan(body), scenario(steps));
    let run = Simulation::run(&plan, &scenario);
    assert_eq!(told(&run, keys), expected);
}

fn told(run: &Simulation<'_>, keys: &[&str]) -> String {
    let context = run.context();
    let status = run.status().map_or("running", |status| status.as_str());
    let values = keys.iter().map(|key| context.get(*key).map_or("-", String::as_str));
    [status, run.reason()].into_iter().chain(values).collect::<Vec<_>>().join(" ").replace("  ", " ")
}

const JUDGED: &str = "fan [shape=component] join [shape=tripleoctagon, prompt=\"which is better?\"]
    a b start -> fan -> { a b } -> join -> exit";
const BEST: &[&str] = &["parallel.fan_in.best_id", "parallel.fan_in.best_outcome"];

#[test]
fn a_judge_chooses_among_the_branches() {
    check(JUDGED, "join: success@b", BEST, "success b success");
    check(JUDGED, "join: success@a", BEST, "success a success");
    // Without a choice the ranking stays.
    check(JUDGED, "join: success", BEST, "success a success");
}

#[test]
fn a_judge_that_fails_fails_its_node_and_one_that_does_not_saves_no_region() {
    check(JUDGED, "join: fail:reported", BEST, "fail reported - -");
    check(JUDGED, "join: success@a; a: fail", BEST, "fail branch_failed a fail");
}

#[test]
fn a_judge_that_names_no_branch_has_given_no_valid_verdict() {
    check(JUDGED, "join: success@nobody", BEST, "fail invalid_status - -");
}

#[test]
fn a_judge_is_asked_once_for_each_region_and_counts_as_an_attempt() {
    let (plan, scenario) = (plan(JUDGED), scenario("join: success@b"));
    let run = Simulation::run(&plan, &scenario);
    assert_eq!(run.state.budget().attempts, 3);
}

fn manager(attributes: &str) -> String {
    format!(
        "watch [shape=house, \"stack.child_dotfile\"=\"child.dot\", \"manager.poll_interval\"=\"1s\", {attributes}]
         start -> watch -> exit"
    )
}

/// A child that takes a minute.
#[track_caller]
fn watched(attributes: &str, expected: &str) {
    let plan = plan(&manager(attributes));
    let visit = ScriptedVisit::parse("success").unwrap().taking(60_000);
    let scenario =
        Scenario { steps: BTreeMap::from([("watch".to_owned(), vec![visit])]), ..Scenario::default() };
    let run = Simulation::run(&plan, &scenario);
    let count = |wanted: fn(&Command) -> bool| run.commands.iter().filter(|command| wanted(command)).count();
    let looks = count(|command| matches!(command, Command::ObserveChild(_)));
    let stops = count(|command| matches!(command, Command::StopChild { .. }));
    assert_eq!(
        format!("{} after {looks} looks, {stops} stops", told(&run, &[])).replace("  ", " "),
        expected
    );
}

#[test]
fn a_manager_gives_up_when_its_cycles_are_used_up() {
    watched("\"manager.max_cycles\"=3", "fail max_cycles after 3 looks, 1 stops");
    watched("\"manager.max_cycles\"=1000", "success after 59 looks, 0 stops");
}

#[test]
fn a_stop_condition_ends_the_child_well() {
    let condition = |text: &str| format!("\"manager.stop_condition\"=\"{text}\"");
    watched(&condition("context.stack.child.status=running"), "success after 1 looks, 1 stops");
    watched(&condition("context.stack.child.status=completed"), "success after 59 looks, 0 stops");
}

#[test]
fn a_child_that_fails_fails_its_manager() {
    let body = manager("label=x");
    check(
        &body,
        "watch: fail",
        &["stack.child.status", "stack.child.outcome"],
        "fail child_failed failed fail",
    );
    check(&body, "watch: success", &["stack.child.status"], "success completed");
}

#[test]
fn a_child_that_its_manager_stopped_is_cancelled() {
    let plan = plan(&manager("\"manager.max_cycles\"=3"));
    let visit = ScriptedVisit::parse("success").unwrap().taking(60_000);
    let scenario =
        Scenario { steps: BTreeMap::from([("watch".to_owned(), vec![visit])]), ..Scenario::default() };
    let run = Simulation::run(&plan, &scenario);
    assert_eq!(told(&run, &["stack.child.outcome"]), "fail max_cycles cancelled");
}

/// How a run rests whose child has paused.
#[track_caller]
fn child_paused(why: PauseReason, expected: &str) {
    let plan = plan(&manager("label=x"));
    let visit = ScriptedVisit::parse("success").unwrap().taking(60_000);
    let scenario =
        Scenario { steps: BTreeMap::from([("watch".to_owned(), vec![visit])]), ..Scenario::default() };
    let mut run = Simulation::new(&plan, &scenario);
    run.feed(Event::Started(Start::default()));
    let attempt = run
        .commands
        .iter()
        .find_map(|command| if let Command::StartChild(spec) = command { Some(spec.attempt) } else { None });
    run.feed(Event::ChildPaused { attempt: attempt.unwrap(), why });
    assert_eq!(told(&run, &[]).trim_end(), expected);
}

#[test]
fn what_a_child_cannot_go_on_without_stops_its_parent_for_the_same_reason() {
    child_paused(PauseReason::Budget(Budget::MaxNodes), "budget_exceeded max_nodes");
    child_paused(PauseReason::Provider, "provider_blocked provider_blocked");
    child_paused(PauseReason::GateOpen, "paused child_paused");
}

#[test]
fn the_text_of_a_gate_is_not_that_of_the_next_one() {
    let plan = plan("ask [shape=hexagon] more [shape=hexagon] start -> ask -> a -> more -> exit");
    let scenario = Scenario::default();
    let mut run = Simulation::new(&plan, &scenario);
    run.feed(Event::Started(Start::default()));
    let answer = |run: &mut Simulation<'_>, gate: &str, choice: &str, text: Option<&str>| {
        run.go_on();
        let gate = VisitId { node: plan.node_by_name(gate).unwrap(), visit: 1 };
        let text = text.map(str::to_owned);
        run.feed(Event::GateAnswered {
            gate,
            answer: Answer { choice: choice.to_owned(), text, ..Answer::default() },
        });
        run.feed(Event::Resumed { limits: None });
    };
    answer(&mut run, "ask", "a", Some("be quick"));
    run.go_on();
    assert_eq!(told(&run, &["human.gate.text"]), "paused gate_open be quick");
    answer(&mut run, "more", "exit", None);
    assert_eq!(told(&run, &["human.gate.text", "human.gate.more.1"]), "success - exit");
}

/// Loses the first attempt of `a` with its runner, and gives the run as it is taken up.
fn lost<'p>(plan: &'p Plan, scenario: &'p Scenario) -> Simulation<'p> {
    let mut run = Simulation::new(plan, scenario);
    run.feed(Event::Started(Start::default()));
    run.lose_driver();
    let attempts = run.state.attempts_in_flight();
    assert_eq!(attempts.len(), 1);
    for attempt in attempts {
        run.feed(Event::AttemptLost { attempt, policy: None });
    }
    run.feed(Event::Resumed { limits: None });
    run.go_on();
    run
}

const LOST: &str = "start -> a -> exit  a -> mend [condition=\"outcome=fail\"] mend -> exit";

#[test]
fn a_lost_attempt_is_run_again_and_uses_up_no_retry() {
    let (plan, scenario) =
        (plan(&format!("a [max_retries=1] mend {LOST}")), scenario("a: fail/fail/success"));
    let run = lost(&plan, &scenario);
    assert_eq!(told(&run, &["last_stage"]), "success a");
    assert_eq!(run.state.attempts(plan.node_by_name("a").unwrap()), 3);
}

#[test]
fn a_lost_attempt_that_is_assumed_to_have_failed_is_routed() {
    let (plan, scenario) = (plan(&format!("a [on_resume=assume_failed] mend {LOST}")), scenario(""));
    let run = lost(&plan, &scenario);
    assert_eq!(told(&run, &["last_stage"]), "success mend");
    assert_eq!(run.state.attempts(plan.node_by_name("a").unwrap()), 1);
}

#[track_caller]
fn asked(answer: &str, expected: &str) {
    let (plan, scenario) = (plan(&format!("a [on_resume=ask] mend {LOST}")), scenario(""));
    let mut run = lost(&plan, &scenario);
    let open: Vec<_> = run.state.open_gates().cloned().collect();
    let [gate] = open.as_slice() else { panic!("{open:?}") };
    assert!(matches!(gate.question, Question::LostAttempt));
    assert_eq!(run.state.attempts(plan.node_by_name("a").unwrap()), 1, "nothing is run before the answer");
    let choice = answer.to_owned();
    run.feed(Event::GateAnswered { gate: gate.gate, answer: Answer { choice, ..Answer::default() } });
    run.feed(Event::Resumed { limits: None });
    run.go_on();
    assert_eq!(told(&run, &["last_stage"]), expected);
    let closed = run.commands.iter().filter(|command| matches!(command, Command::CloseGate { .. })).count();
    assert_eq!(closed, 1);
}

#[test]
fn a_lost_attempt_can_be_asked_about() {
    asked("R", "success a");
    asked("F", "success mend");
}

#[test]
fn an_answer_about_a_lost_attempt_that_matches_nothing_leaves_the_question_open() {
    let (plan, scenario) = (plan(&format!("a [on_resume=ask] mend {LOST}")), scenario(""));
    let mut run = lost(&plan, &scenario);
    let gate = run.state.open_gates().next().unwrap().gate;
    run.feed(Event::GateAnswered { gate, answer: Answer { choice: "?".to_owned(), ..Answer::default() } });
    assert_eq!(run.state.open_gates().count(), 1);
    let is_rejection = |command: &Command| matches!(command, Command::RejectAnswer { .. });
    assert!(run.commands.iter().any(is_rejection));
    run.feed(Event::CancelRequested { by: "test".to_owned() });
    let cancelled =
        |command: &Command| matches!(command, Command::CloseGate { why: GateClosed::Cancelled, .. });
    assert!(run.commands.iter().any(cancelled));
    assert_eq!(told(&run, &[]), "cancelled cancelled");
}

#[test]
fn a_restart_keeps_the_named_keys_and_forgets_the_others() {
    use dotwright_engine::run::ScriptedAttempt;
    let body = |keep: &str| {
        format!(
            "graph [{keep}] a check again [shape=diamond]
             start -> a -> check -> again  again -> exit [condition=\"context.round=2\"]
             again -> a [condition=\"context.round!=2\", loop_restart=true]"
        )
    };
    let writes = |pairs: &[(&str, &str)]| {
        let context =
            pairs.iter().map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned()))).collect();
        ScriptedVisit::of(vec![ScriptedAttempt { context, ..ScriptedAttempt::default() }])
    };
    let scenario = Scenario {
        steps: BTreeMap::from([
            ("a".to_owned(), vec![writes(&[("kept", "1"), ("lost", "1")]), writes(&[])]),
            ("check".to_owned(), vec![writes(&[("round", "1")]), writes(&[("round", "2")])]),
        ]),
        ..Scenario::default()
    };
    let end = |keep: &str| {
        let plan = plan(&body(keep));
        let run = Simulation::run(&plan, &scenario);
        let visits = run.state.visits(plan.node_by_name("a").unwrap());
        format!(
            "{} in generation {} with {visits} visits",
            told(&run, &["kept", "lost"]),
            run.state.generation()
        )
    };
    assert_eq!(end("loop_restart_persist_keys=\"kept, other\""), "success 1 - in generation 2 with 2 visits");
    assert_eq!(end("label=x"), "success - - in generation 2 with 2 visits");
}
