//! What a step of the engine costs: the gate is a million steps a second, and no growth with the visits behind it.

#![allow(clippy::unwrap_used, reason = "benches fail loudly")]

use std::fmt::Write;
use std::sync::Arc;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use dotwright_engine::run::{
    AttemptId, Command, Event, Evidence, Limits, Plan, ProcessEnd, Start, State, StepOutcome, ToolOutput,
    Verdict,
};
use dotwright_model::{Pipeline, Profile};

fn main() {
    divan::main();
}

fn plan(source: &str) -> Plan {
    Plan::new(Arc::new(Pipeline::parse(source, Profile::default())))
}

/// A chain of tools.
fn chain(nodes: usize) -> Plan {
    let mut source = String::from("digraph { start [shape=Mdiamond] exit [shape=Msquare]\n");
    let mut edges = String::from("start");
    for node in 0..nodes {
        writeln!(source, "n{node} [shape=parallelogram, tool_command=true]").unwrap();
        write!(edges, " -> n{node}").unwrap();
    }
    writeln!(source, "{edges} -> exit }}").unwrap();
    plan(&source)
}

/// Two tools in a loop without caps, with conditions on both.
fn endless() -> Plan {
    plan(
        r#"digraph { start [shape=Mdiamond] exit [shape=Msquare]
        t [shape=parallelogram, tool_command=true, max_visits=0]
        fix [shape=parallelogram, tool_command=true, max_visits=0]
        start -> t  t -> exit [condition="context.done=yes"]  t -> fix [condition="outcome=success"]  fix -> t }"#,
    )
}

fn begin(plan: &Plan, commands: &mut Vec<Command>) -> State {
    let mut state = State::new();
    let limits = Limits { max_attempts: u64::MAX, ..Limits::default() };
    state.apply(plan, Event::Started(Start { limits, ..Start::default() }), commands);
    state
}

fn attempt(commands: &mut Vec<Command>) -> Option<AttemptId> {
    let started = commands.iter().find_map(|command| match command {
        Command::StartAttempt(spec) => Some(spec.attempt),
        _ => None,
    });
    commands.clear();
    started
}

fn reported() -> Evidence {
    Evidence::Reported(Box::new(StepOutcome::success()))
}

fn tool() -> Evidence {
    let output = ToolOutput { output: "ok".to_owned(), last_line: "ok".to_owned(), ..ToolOutput::default() };
    Evidence::Tool { end: ProcessEnd::Exited(0), verdict: Verdict::Absent, output: Box::new(output) }
}

fn walk(plan: &Plan, steps: usize, evidence: fn() -> Evidence) -> State {
    let mut commands = Vec::with_capacity(64);
    let mut state = begin(plan, &mut commands);
    for _ in 0..steps {
        let Some(attempt) = attempt(&mut commands) else { break };
        state.apply(plan, Event::AttemptEnded { attempt, evidence: evidence() }, &mut commands);
    }
    state
}

#[divan::bench(args = [100, 5000])]
fn chain_of_tools(bencher: Bencher<'_, '_>, nodes: usize) {
    let plan = chain(nodes);
    bencher.counter(ItemsCount::new(nodes)).bench(|| black_box(walk(&plan, nodes, reported)));
}

#[divan::bench(args = [1_000, 100_000])]
fn loop_with_conditions(bencher: Bencher<'_, '_>, steps: usize) {
    let plan = endless();
    bencher.counter(ItemsCount::new(steps)).bench(|| black_box(walk(&plan, steps, reported)));
}

#[divan::bench(args = [100_000])]
fn loop_with_tool_output(bencher: Bencher<'_, '_>, steps: usize) {
    let plan = endless();
    bencher.counter(ItemsCount::new(steps)).bench(|| black_box(walk(&plan, steps, tool)));
}
