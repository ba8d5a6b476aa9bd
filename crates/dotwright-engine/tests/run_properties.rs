//! Properties of runs: replay, resume after a crash, budgets, visits that end once, order of branches.

#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use std::collections::BTreeMap;
use std::sync::Arc;

use dotwright_engine::run::{
    Command, Cost, Decision, Event, Limits, Plan, RunStatus, Scenario, ScriptedAttempt, ScriptedEnd,
    ScriptedVisit, Simulation, State, TimerId, VisitId,
};
use dotwright_model::{Handler, Pipeline, Profile};
use proptest::prelude::*;

/// Steps are called a to f, gates g; other names are structure.
const PIPELINES: &[&str] = &[
    r#"digraph { start [shape=Mdiamond] exit [shape=Msquare] node [shape=parallelogram, tool_command=true]
    a b [max_retries=2] c d [shape=diamond]
    start -> a -> b -> d  d -> exit [condition="outcome=success"]  d -> c  c -> a [loop_restart=true] }"#,
    r#"digraph { graph [retry_target=a] start [shape=Mdiamond] exit [shape=Msquare]
    node [shape=parallelogram, tool_command=true]
    a b [goal_gate=true] c [max_visits=3]
    start -> a -> b  b -> exit [condition="outcome=success"]  b -> exit [condition="outcome=fail"]  a -> c [weight=-1]  c -> exit }"#,
    r#"digraph { start [shape=Mdiamond] exit [shape=Msquare] node [shape=parallelogram, tool_command=true]
    fan [shape=component, max_parallel=2] join [shape=tripleoctagon] inner [shape=component] meet [shape=tripleoctagon]
    a b [max_retries=1] c d e f
    start -> fan  fan -> a -> b -> join  fan -> inner  inner -> c -> meet  inner -> d -> meet  meet -> join
    fan -> e -> join  join -> f [condition="outcome=fail"]  join -> exit  f -> exit }"#,
    r#"digraph { start [shape=Mdiamond] exit [shape=Msquare] node [shape=parallelogram, tool_command=true]
    fan [shape=component, on_branch_fail=partial] g [shape=hexagon, timeout="1s"] a b c
    start -> fan  fan -> a -> c  fan -> g  g -> b [label="[B] Go"]  g -> c [label="[C] Skip"]  b -> c  c -> exit }"#,
];

/// Regions that end early, where the order of branches does matter.
const RACES: &str = r#"digraph { start [shape=Mdiamond] exit [shape=Msquare]
    node [shape=parallelogram, tool_command=true]
    fan [shape=component, join_policy=first_success] join [shape=tripleoctagon] inner [shape=component]
    a b [max_retries=2] c d e
    start -> fan  fan -> a -> join  fan -> b -> join  fan -> inner  inner -> c -> meet  inner -> d -> meet
    meet [shape=tripleoctagon]  meet -> e -> join  join -> exit }"#;

fn plan(source: &str) -> Plan {
    Plan::new(Arc::new(Pipeline::parse(source, Profile::default())))
}

fn attempt() -> impl Strategy<Value = ScriptedAttempt> {
    let end = prop_oneof![
        4 => Just("success"), 2 => Just("fail"), 1 => Just("fail:timeout"), 1 => Just("partial_success"),
        1 => Just("retry"), 1 => Just("skipped"), 1 => Just("fail:reported"), 1 => Just("signal:9"),
    ];
    (end, 0u64..4, 0u64..50).prop_map(|(end, takes, tokens)| ScriptedAttempt {
        end: ScriptedEnd::parse(end).unwrap(),
        takes,
        cost: Some(Cost { tokens, micro_usd: Some(tokens) }),
        ..ScriptedAttempt::default()
    })
}

fn visits() -> impl Strategy<Value = Vec<ScriptedVisit>> {
    proptest::collection::vec(attempt().prop_map(|attempt| ScriptedVisit::of(vec![attempt])), 1..4)
}

fn scenario() -> impl Strategy<Value = Scenario> {
    let steps = proptest::collection::vec(visits(), 6);
    let answers = proptest::collection::vec(prop_oneof![Just("B"), Just("C"), Just("-"), Just("?")], 0..4);
    (steps, answers).prop_map(|(steps, answers)| Scenario {
        steps: ["a", "b", "c", "d", "e", "f"].map(str::to_owned).into_iter().zip(steps).collect(),
        answers: BTreeMap::from([("g".to_owned(), answers.into_iter().map(str::to_owned).collect())]),
        ..Scenario::default()
    })
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let sources: Vec<&str> = PIPELINES.iter().copied().chain([RACES]).collect();
    proptest::sample::select(sources).prop_map(plan)
}

fn replay<'e>(plan: &Plan, events: impl IntoIterator<Item = &'e Event>) -> (State, Vec<Command>) {
    let (mut state, mut commands) = (State::new(), Vec::new());
    for event in events {
        state.apply(plan, event.clone(), &mut commands);
    }
    (state, commands)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn replaying_a_log_gives_its_state_and_decisions(plan in any_plan(), scenario in scenario()) {
        let run = Simulation::run(&plan, &scenario);
        let (state, commands) = replay(&plan, &run.events);
        prop_assert_eq!(&state, &run.state);
        prop_assert_eq!(&commands, &run.commands);
        let text = serde_json::to_string(&state).unwrap();
        prop_assert_eq!(serde_json::from_str::<State>(&text).unwrap(), state);
    }

    #[test]
    fn a_run_that_is_resumed_after_a_crash_ends_as_if_nothing_had_happened(
        index in 0..PIPELINES.len(), scenario in scenario(), cut in 1usize..60,
    ) {
        let plan = plan(PIPELINES.get(index).unwrap());
        let whole = Simulation::run(&plan, &scenario);
        let cut = cut.min(whole.events.len());
        let mut second = Simulation::new(&plan, &scenario);
        for event in whole.events.iter().take(cut) {
            second.feed(event.clone());
        }
        second.lose_driver();
        for attempt in second.state.attempts_in_flight() {
            second.feed(Event::AttemptLost { attempt, policy: None });
        }
        second.feed(Event::Resumed { limits: None });
        second.go_on();
        prop_assert_eq!(second.status(), whole.status());
        prop_assert_eq!(second.reason(), whole.reason());
        prop_assert_eq!(second.trace.report(&plan), whole.trace.report(&plan));
    }

    #[test]
    fn what_is_settled_never_exceeds_the_budget(
        plan in any_plan(), scenario in scenario(), tokens in 0u64..200, micro_usd in 0u64..200,
    ) {
        let limits = Limits { tokens: Some(tokens), micro_usd: Some(micro_usd), ..Limits::default() };
        let scenario = Scenario { limits, ..scenario };
        let run = Simulation::run(&plan, &scenario);
        let budget = run.state.budget();
        prop_assert!(budget.settled.tokens <= tokens && budget.settled.micro_usd <= micro_usd);
        prop_assert_eq!(budget.reserved().tokens, 0);
    }

    #[test]
    fn every_visit_of_an_ended_run_ends_once(plan in any_plan(), scenario in scenario()) {
        let run = Simulation::run(&plan, &scenario);
        prop_assume!(run.end().is_some());
        let mut open: BTreeMap<VisitId, i32> = BTreeMap::new();
        for command in &run.commands {
            match command {
                Command::Decide(Decision::NodeEntered { visit, .. })
                    if !matches!(plan.handler(visit.node), Handler::Exit | Handler::Conditional) =>
                {
                    *open.entry(*visit).or_default() += 1;
                }
                Command::Decide(Decision::OutcomeRecorded { visit, .. }) => *open.entry(*visit).or_default() -= 1,
                _ => {}
            }
        }
        prop_assert!(open.values().all(|&balance| balance == 0), "{:?}", open);
        let ends = run.commands.iter().filter(|command| matches!(command, Command::Finish(_))).count();
        prop_assert_eq!(ends, 1);
    }

    #[test]
    fn the_order_in_which_branches_finish_does_not_show(
        index in 0..PIPELINES.len(), scenario in scenario(), takes in proptest::collection::vec(0u64..9, 6),
    ) {
        let plan = plan(PIPELINES.get(index).unwrap());
        let mut other = scenario.clone();
        for (visits, takes) in other.steps.values_mut().zip(takes) {
            for visit in visits.iter_mut() {
                *visit = visit.clone().taking(takes);
            }
        }
        let (one, two) = (Simulation::run(&plan, &scenario), Simulation::run(&plan, &other));
        prop_assert_eq!(one.status(), two.status());
        prop_assert_eq!(one.trace.report(&plan), two.trace.report(&plan));
        prop_assert_eq!(one.context(), two.context());
    }

    #[test]
    fn no_order_of_events_makes_a_step_panic(
        plan in any_plan(), scenario in scenario(),
        order in proptest::collection::vec((any::<prop::sample::Index>(), 0u8..8), 1..80),
    ) {
        let run = Simulation::run(&plan, &scenario);
        let (mut state, mut commands) = (State::new(), Vec::new());
        state.apply(&plan, run.events.first().unwrap().clone(), &mut commands);
        for (index, kind) in order {
            let event = match kind {
                0 => Event::CancelRequested { by: String::new() },
                1 => Event::PauseRequested { by: String::new() },
                2 => Event::Resumed { limits: None },
                3 => Event::WallTimeUsedUp,
                4 => Event::TimerFired { timer: TimerId(index.index(5) as u64) },
                _ => index.get(&run.events).clone(),
            };
            state.apply(&plan, event, &mut commands);
        }
        // Whatever happened, a cancel brings it to its end once everything that runs is reported.
        state.apply(&plan, Event::CancelRequested { by: String::new() }, &mut commands);
        for attempt in state.attempts_in_flight() {
            state.apply(&plan, Event::AttemptLost { attempt, policy: None }, &mut commands);
        }
        let ends = commands.iter().filter(|command| matches!(command, Command::Finish(_))).count();
        prop_assert_eq!(ends, 1);
    }
}

#[test]
fn a_budget_that_is_used_up_can_be_raised() {
    let plan = plan(PIPELINES[0]);
    let cost = Some(Cost { tokens: 10, micro_usd: Some(0) });
    let visit = ScriptedVisit::of(vec![ScriptedAttempt { cost, ..ScriptedAttempt::default() }]);
    let scenario = Scenario {
        steps: BTreeMap::from([("b".to_owned(), vec![visit])]),
        limits: Limits { tokens: Some(5), ..Limits::default() },
        ..Scenario::default()
    };
    let mut run = Simulation::run(&plan, &scenario);
    assert_eq!(run.status(), Some(RunStatus::BudgetExceeded));
    run.feed(Event::Resumed { limits: Some(Limits { tokens: Some(10), ..Limits::default() }) });
    run.go_on();
    assert_eq!(run.status(), Some(RunStatus::Success));
    assert_eq!(run.state.budget().settled.tokens, 10);
}
