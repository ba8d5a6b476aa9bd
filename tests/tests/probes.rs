//! The conformance cases of `../shared/probes`, driven through the engine without processes.
//!
//! Every case of the folder has a row in [`CASES`]. What its commands do is scripted; the engine, the checker and the
//! driver are those of a real run. A row says what of its case only a runner with real processes can show, so that
//! nothing is silently left out.

#![allow(clippy::disallowed_methods, reason = "tests read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use dotwright_engine::run::{
    Answer, Event, Limits, Plan, RunStatus, Scenario, ScriptedAttempt, ScriptedVisit, Simulation, State,
    VisitId,
};
use dotwright_lint::{External, Settings, checked};
use dotwright_model::{Handler, Pipeline, Profile};
use dotwright_tests::shared;
use serde_json::{Value, json};

/// What of a case needs the real runner.
#[derive(Clone, Copy, PartialEq)]
enum Needs {
    /// Nothing: all of it shows here.
    Nothing,
    /// Walk, status, reason, attempts and context are compared here; this is not.
    Runner(&'static str),
    /// It is refused by the preflight of the runner: exit code 4.
    Preflight(&'static str),
    /// The checker refuses it: exit code 3.
    Checker,
}
use Needs::{Checker, Nothing, Preflight, Runner};

/// The world of a case.
#[derive(Default)]
struct World {
    scenario: Scenario,
    then: Vec<Then>,
}

/// What happens from outside.
enum Then {
    /// The runner dies while a node has an attempt in flight, and another one takes over.
    Die(&'static str, u32),
    /// Somebody answers while the run rests, and it is resumed.
    AnswerAndResume(&'static str, &'static str),
    /// The same with a fact, while an attempt of the node runs.
    During(&'static str, Event),
}

impl World {
    /// Visits of a node, as `dotwright simulate --outcome` reads them.
    fn step(mut self, node: &str, visits: &str) -> World {
        let visits = visits.split(',').map(|visit| ScriptedVisit::parse(visit).unwrap()).collect();
        self.scenario.steps.insert(node.to_owned(), visits);
        self
    }

    fn attempts(mut self, node: &str, visits: Vec<ScriptedAttempt>) -> World {
        let visits = visits.into_iter().map(|attempt| ScriptedVisit::of(vec![attempt])).collect();
        self.scenario.steps.insert(node.to_owned(), visits);
        self
    }

    fn output(self, node: &str, output: &str) -> World {
        self.attempts(node, vec![ScriptedAttempt { output: output.to_owned(), ..Default::default() }])
    }

    fn takes(self, node: &str, takes: u64) -> World {
        self.attempts(node, vec![ScriptedAttempt { takes, ..Default::default() }])
    }

    fn writes(self, node: &str, keys: &[(&str, &str)]) -> World {
        self.attempts(node, vec![writing(keys)])
    }

    fn then(mut self, then: Then) -> World {
        self.then.push(then);
        self
    }
}

fn writing(keys: &[(&str, &str)]) -> ScriptedAttempt {
    let context = keys.iter().map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned()))).collect();
    ScriptedAttempt { context, ..Default::default() }
}

fn world() -> World {
    World::default()
}

type Case = (&'static str, Needs, fn() -> World);

const FILES: Needs = Runner("the files that the commands write");

/// Every case. Its commands succeed unless the row says otherwise.
const CASES: &[Case] = &[
    ("budget_max_nodes", FILES, || {
        let mut world = world().step("t", "fail");
        world.scenario.limits = Limits { max_attempts: 3, ..Limits::default() };
        world
    }),
    ("budget_max_wall", Runner("the clock, and that the step is gone"), || {
        world().takes("a", 8000).then(Then::During("a", Event::WallTimeUsedUp))
    }),
    ("diamond_blind_to_outcome", Nothing, || world().step("check", "fail")),
    ("diamond_chain", Nothing, || world().step("check", "fail")),
    ("diamond_else_edge", Nothing, || world().step("check", "fail")),
    ("diamond_forwards_label", Nothing, || world().step("review", "success@Fix")),
    ("diamond_forwards_success", Nothing, world),
    ("diamond_without_failure_edge", Nothing, || world().step("check", "fail")),
    ("fail_edge", Nothing, || world().step("a", "exit:3")),
    ("fail_edge_before_target", Nothing, || world().step("a", "fail")),
    ("fail_explicit_label", Nothing, || world().step("a", "fail:reported@Fix")),
    ("fail_fallback_target", Nothing, || world().step("a", "fail,success")),
    ("fail_graph_target", Nothing, || world().step("a", "fail,success")),
    ("fail_retry_target", Nothing, || world().step("a", "fail,success")),
    ("goal_jump_then_pass", Nothing, || world().step("verify", "fail,success")),
    ("goal_last_outcome_counts", Nothing, || world().step("verify", "success,fail")),
    ("goal_partial_counts", Nothing, || world().step("verify", "partial_success")),
    ("goal_without_target", Nothing, || world().step("verify", "fail")),
    ("human_answer_matches_nothing", Nothing, world),
    ("human_answers_file", Nothing, world),
    ("human_answers_run_out", Nothing, world),
    ("human_default_needs_timeout", Nothing, world),
    ("human_pause_answer_resume", Runner("`answer` and `resume` from the shell"), || {
        world().then(Then::AnswerAndResume("review", "A"))
    }),
    ("human_timeout_default", Runner("the clock"), world),
    ("human_timeout_without_default", Runner("the clock"), world),
    ("life_bad_condition", Checker, world),
    ("life_cancel", Runner("the signal, and that no process is left"), || {
        world().takes("a", 7000).then(Then::During("a", Event::CancelRequested { by: "SIGINT".to_owned() }))
    }),
    ("life_ids_without_shapes", Nothing, world),
    ("life_missing_start", Checker, world),
    ("life_pause_in_branch", Runner("`answer` and `resume` from the shell"), || {
        world().takes("work", 300).then(Then::AnswerAndResume("ask", "G"))
    }),
    ("life_resume_after_kill", Runner("SIGKILL, the lock, the fence around the orphan"), || {
        world().takes("slow", 3000).then(Then::Die("slow", 1))
    }),
    ("life_resume_keeps_counters", Runner("SIGKILL, the lock, the fence around the orphan"), || {
        world().step("t", "fail").then(Then::Die("t", 2))
    }),
    ("life_undeclared_target", Checker, world),
    ("life_unknown_type", Preflight("the registry of handlers"), world),
    ("loop_graph_cap", Nothing, || world().step("t", "fail")),
    ("loop_max_visits_exact", Nothing, || world().step("t", "fail")),
    ("loop_restart_clears_context", Nothing, || {
        world().attempts("a", vec![writing(&[("note", "old")]), writing(&[])]).step("b", "fail,success")
    }),
    ("loop_restart_keeps_counters", Nothing, || world().step("a", "fail")),
    ("loop_until_green", Nothing, || world().step("t", "fail,fail,success")),
    ("mgr_child_fails", Runner("the child pipeline itself"), || world().step("boss", "fail")),
    ("mgr_child_succeeds", Runner("the child pipeline itself"), world),
    ("p01_diamond_after_failure", Nothing, || world().step("check", "fail")),
    ("p01b_diamond_explicit_edges", Nothing, || world().step("check", "fail")),
    ("p03_two_node_branches", Nothing, world),
    ("p05_timeout_kills_group", Runner("the process group"), || world().takes("t", 6000)),
    ("p06_unvisited_goal_gate", Nothing, || world().step("a", "fail")),
    ("p07_goal_gate_never_passes", Nothing, || world().step("a", "fail")),
    ("p08_failure_does_not_fall_through", Nothing, || world().step("a", "exit:7")),
    ("p09_no_backend_refused", Preflight("the backend"), world),
    ("p10_reject_listed_first", Nothing, world),
    ("par_branch_rules_are_the_same", Nothing, || world().step("a", "fail/success").step("b", "fail")),
    ("par_context_isolated", Nothing, || world().output("base", "base").output("a1", "A").output("b1", "B")),
    ("par_declared_merge", Nothing, || {
        let first = [("size", "10"), ("scratch", "a")];
        world().writes("a", &first).writes("b", &[("color", "red"), ("scratch", "b")])
    }),
    ("par_failed_join_routed", Nothing, || world().takes("b", 300).step("a", "fail")),
    ("par_first_success_cancels", Runner("that the loser's processes are gone"), || {
        world().takes("slow", 9000).takes("fast", 500)
    }),
    ("par_first_success_none", Nothing, || world().step("a", "exit:1").step("b", "exit:2")),
    ("par_join_on_plain_node", Nothing, world),
    ("par_max_parallel_one", FILES, || world().takes("b1", 200)),
    ("par_nested", Nothing, world),
    ("par_one_branch_fails", Nothing, || world().step("a", "fail").takes("b1", 400)),
    ("par_partial_allowed", Nothing, || world().step("a", "fail").takes("b", 300)),
    ("par_really_parallel", Runner("the clock"), || world().takes("a", 2000).takes("b", 2000)),
    ("retry_allow_partial", Nothing, || world().step("a", "retry")),
    ("retry_allow_partial_not_for_failure", Nothing, || world().step("a", "fail")),
    ("retry_exhausted", Nothing, || world().step("a", "fail")),
    ("retry_graph_default", Nothing, || world().step("a", "fail").step("b", "fail")),
    ("retry_until_success", Nothing, || world().step("a", "fail/fail/success")),
    ("route_case_sensitive", Nothing, || world().output("a", "ok\n")),
    ("route_condition_beats_weight", Nothing, world),
    ("route_label_does_not_linger", Nothing, || world().step("a", "success@Fix")),
    ("route_label_not_on_conditional", Nothing, || world().step("a", "success@Go")),
    ("route_missing_key_is_empty", Nothing, world),
    ("route_nothing_matches", Nothing, world),
    ("route_preferred_label", Nothing, || {
        world()
            .attempts("a", vec![ScriptedAttempt { label: "  yes, DEPLOY ".to_owned(), ..Default::default() }])
    }),
    ("route_quoted_literal", Nothing, || world().output("a", "x && y\n")),
    ("route_suggested_ids", Nothing, || {
        let next = ["nowhere", "c", "b"].map(str::to_owned).to_vec();
        world().attempts("a", vec![ScriptedAttempt { next, ..Default::default() }])
    }),
    ("route_tool_output", Nothing, || world().output("a", "ready\n")),
    ("route_weight_among_conditions", Nothing, world),
    ("route_weight_then_id", Nothing, world),
    ("tool_auto_status_keeps_failure", Nothing, || world().step("a", "fail")),
    ("tool_background_child", Runner("the background process"), world),
    ("tool_command_not_found", Runner("the shell that does not find it"), || world().step("a", "exit:127")),
    ("tool_cwd_is_stable", Runner("the working directory"), world),
    ("tool_env_filtered", Runner("the environment"), world),
    ("tool_env_names", Runner("the environment"), || world().step("a", "fail,success")),
    ("tool_escaped_child", Runner("the process that left its group"), world),
    ("tool_expect_exit", Nothing, || world().step("a", "exit:3")),
    ("tool_killed_by_signal", Runner("the signal"), || world().step("a", "signal:9")),
    ("tool_large_output", Runner("the two streams and their shortening"), || {
        world().output("a", "row 1\nrow 2\nrow 60000")
    }),
    ("tool_masked_by_true", Runner("the shell"), world),
    ("tool_no_interpolation", Runner("the shell"), world),
    ("tool_pipe_without_pipefail", Runner("the shell"), world),
    ("tool_pipefail", Runner("the shell with `pipefail`"), || world().step("a", "fail")),
    ("tool_reads_context", Runner("the environment"), world),
    ("tool_skipped_is_not_success", Nothing, || world().step("a", "skipped")),
    ("tool_stale_status", Runner("the status file"), || world().step("a", "success@Again,success")),
    ("tool_status_file_cannot_rescue", Runner("the status file"), || world().step("a", "fail")),
    ("tool_stdin_closed", Runner("standard input"), world),
    ("tool_stray_status_json", Runner("the status file"), world),
    ("tool_timeout_routes", Runner("the clock"), || world().takes("a", 20_000)),
    ("tool_unknown_outcome_word", Runner("the status file"), || world().step("a", "fail:invalid_status")),
];

#[test]
fn every_probe_has_a_row() {
    let Some(folder) = shared("DOTWRIGHT_PROBES", "probes") else { return };
    let files =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found: BTreeSet<String> =
        files.filter_map(|name| Some(name.strip_suffix(".expect.json")?.to_owned())).collect();
    let known: BTreeSet<String> = CASES.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(known, found);
}

#[test]
fn the_engine_shows_what_the_probes_expect() {
    let Some(folder) = shared("DOTWRIGHT_PROBES", "probes") else { return };
    let mut wrong = Vec::new();
    for (name, needs, world) in CASES {
        let source = std::fs::read_to_string(folder.join(format!("{name}.dot"))).unwrap();
        let expected = expectation(&folder, name);
        let problems = match needs {
            Checker => refused(&source, &expected),
            Preflight(_) => left_to_the_runner(&source, &expected),
            Nothing | Runner(_) => driven(&source, &expected, world()),
        };
        wrong.extend(problems.into_iter().map(|problem| format!("{name}: {problem}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rows_say_what_only_the_runner_shows() {
    let left = CASES.iter().filter(|(_, needs, _)| matches!(needs, Runner(_) | Preflight(_)));
    for (name, needs, _) in left {
        let (Runner(what) | Preflight(what)) = needs else { continue };
        eprintln!("{name}: the runner shows {what}");
        assert!(!what.is_empty(), "{name}");
    }
}

fn expectation(folder: &Path, name: &str) -> Value {
    let text = std::fs::read_to_string(folder.join(format!("{name}.expect.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn pipeline(source: &str) -> Arc<Pipeline> {
    Arc::new(Pipeline::parse(source, Profile::default()))
}

/// The checker finds an error, so that nothing starts.
fn refused(source: &str, expected: &Value) -> Vec<String> {
    assert_eq!(expected["exit_code"], 3);
    let found = checked(pipeline(source), &Settings::default(), &External::default());
    if found.is_ok() { vec!["the checker lets it pass".to_owned()] } else { Vec::new() }
}

/// The checker lets it pass, and it has a node that only the runner knows to refuse.
fn left_to_the_runner(source: &str, expected: &Value) -> Vec<String> {
    assert_eq!(expected["exit_code"], 4);
    let Ok((proof, _)) = checked(pipeline(source), &Settings::default(), &External::default()) else {
        return vec!["the checker refuses it with exit code 3".to_owned()];
    };
    let mut handlers = proof.nodes().map(|node| proof.handler(node));
    let refusable = handlers.any(|handler| matches!(handler, Handler::Custom | Handler::Codergen));
    if refusable { Vec::new() } else { vec!["nothing in it can fail preflight".to_owned()] }
}

fn driven(source: &str, expected: &Value, mut world: World) -> Vec<String> {
    let (proof, _) = match checked(pipeline(source), &Settings::default(), &External::default()) {
        Ok(proof) => proof,
        Err(findings) => return vec![format!("refused: {}", findings.diagnostics[0].message)],
    };
    let plan = Plan::new(proof.share());
    for answer in expected["answers"].as_array().into_iter().flatten() {
        let gate = answer["gate"].as_str().unwrap().to_owned();
        world.scenario.answers.entry(gate).or_default().push(answer["choice"].as_str().unwrap().to_owned());
    }
    let mut simulation = Simulation::new(&plan, &world.scenario);
    simulation.feed(Event::Started(dotwright_engine::run::Start {
        limits: world.scenario.limits,
        ..Default::default()
    }));
    for then in &world.then {
        happen(&plan, &mut simulation, then);
    }
    simulation.go_on();
    compare(&plan, &simulation, expected)
}

fn happen(plan: &Plan, simulation: &mut Simulation<'_>, then: &Then) {
    match then {
        Then::Die(node, visit) => {
            run_until_attempt(plan, simulation, node, *visit);
            simulation.lose_driver();
            simulation.state = read_back(&simulation.state);
            for attempt in simulation.state.attempts_in_flight() {
                simulation.feed(Event::AttemptLost { attempt, policy: None });
            }
            simulation.feed(Event::Resumed { limits: None });
        }
        Then::During(node, event) => {
            run_until_attempt(plan, simulation, node, 1);
            simulation.feed(event.clone());
        }
        Then::AnswerAndResume(gate, choice) => {
            simulation.go_on();
            assert_eq!(simulation.status(), Some(RunStatus::Paused));
            simulation.state = read_back(&simulation.state);
            let gate = VisitId { node: plan.node_by_name(gate).unwrap(), visit: 1 };
            let answer = Answer { choice: (*choice).to_owned(), ..Answer::default() };
            simulation.feed(Event::GateAnswered { gate, answer });
            simulation.feed(Event::Resumed { limits: None });
        }
    }
}

fn run_until_attempt(plan: &Plan, simulation: &mut Simulation<'_>, node: &str, visit: u32) {
    let visit = VisitId { node: plan.node_by_name(node).unwrap(), visit };
    while simulation.state.attempts_in_flight().iter().all(|attempt| attempt.visit != visit) {
        assert!(simulation.advance(), "no attempt of {node}");
    }
}

/// The state from its serial form, as another process reads it.
fn read_back(state: &State) -> State {
    let text = serde_json::to_string(state).unwrap();
    let back: State = serde_json::from_str(&text).unwrap();
    assert_eq!(&back, state);
    back
}

fn compare(plan: &Plan, simulation: &Simulation<'_>, expected: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut differ = |what: &str, expected: &Value, found: Value| {
        if *expected != found {
            wrong.push(format!("{what} is {found} and not {expected}"));
        }
    };
    let status = simulation.status();
    differ("status", &expected["status"], json!(status.map(RunStatus::as_str)));
    differ("exit code", &expected["exit_code"], json!(status.map(RunStatus::exit_code)));
    let visits = serde_json::to_value(simulation.trace.report(plan)).unwrap();
    if let Some(problem) = visits_differ(&expected["visits"], &visits) {
        differ("visits", &Value::Null, json!(problem));
    }
    if expected["reason"].is_string() {
        differ("reason", &expected["reason"], json!(simulation.reason()));
    }
    if expected["reason_node"].is_string() {
        let node = simulation.end().and_then(|end| end.node);
        let node = node.or_else(|| simulation.pause().and_then(|pause| pause.node));
        differ("reason_node", &expected["reason_node"], json!(node.map(|node| plan.name(node))));
    }
    for (node, attempts) in expected["attempts"].as_object().into_iter().flatten() {
        let found = simulation.state.attempts(plan.node_by_name(node).unwrap());
        differ(&format!("attempts of {node}"), attempts, json!(found));
    }
    let context = simulation.context();
    let value = |key: &str| context.get(key).map_or("", String::as_str);
    for (key, wanted) in expected["context"].as_object().into_iter().flatten() {
        differ(key, wanted, json!(value(key)));
    }
    for key in expected["context_absent"].as_array().into_iter().flatten() {
        differ(key.as_str().unwrap(), &json!(""), json!(value(key.as_str().unwrap())));
    }
    wrong
}

/// What differs between two lists of visits. A branch that was cancelled is a beginning of its list.
fn visits_differ(expected: &Value, found: &Value) -> Option<String> {
    let differ = || Some(format!("{found} and not {expected}"));
    if let Some(whole) = expected.get("prefix_of").and_then(Value::as_array) {
        return if whole.starts_with(found.as_array().unwrap()) { None } else { differ() };
    }
    match (expected, found) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).find_map(|(a, b)| visits_differ(a, b))
        }
        (Value::Object(a), Value::Object(b)) if a["region"] == b["region"] => {
            visits_differ(&a["branches"], &b["branches"])
        }
        (a, b) if a == b => None,
        _ => differ(),
    }
}

#[test]
fn replaying_the_events_of_a_probe_gives_its_state() {
    let Some(folder) = shared("DOTWRIGHT_PROBES", "probes") else { return };
    for (name, _, world) in CASES.iter().filter(|(_, needs, _)| matches!(needs, Nothing | Runner(_))) {
        let source = std::fs::read_to_string(folder.join(format!("{name}.dot"))).unwrap();
        let plan = Plan::new(pipeline(&source));
        let world = world();
        let simulation = Simulation::run(&plan, &world.scenario);
        let mut state = State::new();
        let mut commands = Vec::new();
        for event in &simulation.events {
            let text = serde_json::to_string(event).unwrap();
            state.apply(&plan, serde_json::from_str(&text).unwrap(), &mut commands);
        }
        assert_eq!(state, simulation.state, "{name}");
        assert_eq!(commands, simulation.commands, "{name}");
    }
}
