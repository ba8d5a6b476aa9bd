//! `dotwright show`: how a run stands, or one thing about it: a node, its open gates, its pipeline.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dotwright_engine::run::{AttemptId, Command, Decision, Event, NodeKey, Plan, VisitId};
use dotwright_runner::{Entry, History, Note, Part, Record};
use serde_json::{Value, json};

use crate::answer::OpenGate;
use crate::error::AppError;
use crate::run_args::ShowArgs;
use crate::{Verdict, output, prove, runs, why};

pub(crate) fn run(arguments: &ShowArgs) -> Result<Verdict, AppError> {
    let (history, plan) = runs::open(&arguments.run)?;
    if let Some(named) = &arguments.node {
        return node(arguments, &history, &plan, named);
    }
    let text = if arguments.gates {
        gates(arguments, &history, &plan)?
    } else if arguments.graph {
        graph(arguments, &history, &plan)
    } else {
        whole(arguments, &history, &plan)?
    };
    output::write_stdout(text.as_bytes())?;
    Ok(Verdict::Clean)
}

fn whole(arguments: &ShowArgs, history: &History, plan: &Plan) -> Result<String, AppError> {
    let report = history.report(plan, arguments.at)?;
    if arguments.json {
        return Ok(report.json());
    }
    let mut text = format!("run      {}\nfile     {}\n", report.run_id, history.created.graph_path);
    let shown = match arguments.at {
        Some(_) => report.status.clone(),
        None => runs::standing(history, &report).0,
    };
    text.push_str(&format!("status   {shown}\n"));
    if !report.reason.is_empty() {
        text.push_str(&format!("reason   {} {}\n", report.reason, report.reason_node));
    }
    text.push_str(&format!("visits   {}\n", runs::route(&report.visits)));
    text.push_str(&format!("attempts {}\n", report.cost.attempts));
    for (gate, outcome) in &report.gates {
        text.push_str(&format!("goal     {gate} {outcome}\n"));
    }
    for gate in &report.open_gates {
        text.push_str(&format!("open     {gate}\n"));
    }
    if arguments.context {
        for (key, value) in &report.context {
            text.push_str(&format!("{key} = {value}\n"));
        }
    }
    Ok(text)
}

fn graph(arguments: &ShowArgs, history: &History, plan: &Plan) -> String {
    let source = plan.pipeline().source();
    if arguments.json {
        let (run, file) = (&history.folder.id, &history.created.graph_path);
        return format!("{:#}\n", json!({"schema": 1, "run": run, "file": file, "graph": source}));
    }
    source.to_owned()
}

fn gates(arguments: &ShowArgs, history: &History, plan: &Plan) -> Result<String, AppError> {
    let open = OpenGate::all(history, plan, arguments.at)?;
    if arguments.json {
        let gates: Vec<Value> = open.iter().map(OpenGate::json).collect();
        return Ok(format!("{:#}\n", json!({"schema": 1, "run": history.folder.id, "gates": gates})));
    }
    Ok(open.iter().map(OpenGate::text).collect())
}

fn node(arguments: &ShowArgs, history: &History, plan: &Plan, named: &str) -> Result<Verdict, AppError> {
    let (node, wanted) = prove::visit(plan, named)?;
    let mut visits = visits(history, plan, node, arguments.at);
    let count = visits.len();
    visits.retain(|visit| wanted.is_none_or(|wanted| wanted == visit.number));
    if visits.is_empty() {
        output::write_stderr(&why::visited(plan.name(node), count));
        return Ok(Verdict::Findings);
    }
    let name = plan.name(node);
    let text = if arguments.json {
        let visits: Vec<Value> = visits.iter().map(Visit::json).collect();
        let run = &history.folder.id;
        format!("{:#}\n", json!({"schema": 1, "run": run, "node": name, "visits": visits}))
    } else {
        visits.iter().map(|visit| visit.text(name)).collect()
    };
    output::write_stdout(text.as_bytes())?;
    Ok(Verdict::Clean)
}

/// One visit of a node.
#[derive(Default)]
struct Visit {
    number: u32,
    branch: String,
    /// `None` while it goes on.
    outcome: Option<String>,
    next: Option<String>,
    attempts: BTreeMap<u32, Attempt>,
}

/// One attempt of a visit.
#[derive(Default)]
struct Attempt {
    /// `None` while it goes on.
    end: Option<String>,
    /// Where its files lie, if it left some.
    folder: Option<PathBuf>,
}

/// What the records up to `until` say about the visits of a node.
fn visits(history: &History, plan: &Plan, node: NodeKey, until: Option<u64>) -> Vec<Visit> {
    let mut visits: BTreeMap<u32, Visit> = BTreeMap::new();
    let is_kept = |record: &&Record| until.is_none_or(|until| record.seq <= until);
    let subject = |record: &Record| record.visit().filter(|visit| visit.node == node);
    for record in history.records.iter().take_while(is_kept) {
        let Some(VisitId { visit: number, .. }) = subject(record) else { continue };
        let visit = visits.entry(number).or_insert_with(|| Visit { number, ..Visit::default() });
        match &record.entry {
            Entry::Decision(Command::Decide(Decision::NodeEntered { .. })) => {
                visit.branch.clone_from(&record.branch);
            }
            Entry::Decision(Command::Decide(Decision::OutcomeRecorded { .. })) => {
                visit.outcome = Some(record.summary(plan));
            }
            Entry::Decision(Command::Decide(Decision::EdgeSelected { to, .. })) => {
                visit.next = Some(plan.name(*to).to_owned());
            }
            Entry::Decision(Command::StartAttempt(spec) | Command::StartChild(spec)) => {
                visit.attempt(spec.attempt);
            }
            Entry::Decision(Command::Ask(gate)) => {
                visit.attempts.entry(gate.attempt).or_default();
            }
            Entry::Fact(Event::AttemptEnded { attempt, evidence }) => {
                visit.attempt(*attempt).end = Some(evidence.to_string());
            }
            Entry::Fact(Event::AttemptLost { attempt, .. }) => {
                visit.attempt(*attempt).end = Some("lost with its runner".to_owned());
            }
            Entry::Fact(Event::ChildEnded { attempt, .. }) => {
                visit.attempt(*attempt).end = Some(format!("child {}", record.summary(plan)));
            }
            Entry::Fact(Event::GateAnswered { answer, .. }) => {
                let said = format!("`{}` by {}", answer.choice, answer.by);
                visit.attempts.values_mut().next_back().into_iter().for_each(|attempt| {
                    attempt.end = Some(said.clone());
                });
            }
            Entry::Note(Note::AttemptStarted(started)) if started.part == Part::Step => {
                let folder = history.folder.path.join(&started.folder);
                // A folder that was left empty is gone, and one that was not is a link to what is seen below `nodes`.
                visit.attempt(started.attempt).folder = folder.canonicalize().ok();
            }
            Entry::Fact(_) | Entry::Decision(_) | Entry::Note(_) => {}
        }
    }
    visits.into_values().collect()
}

impl Visit {
    fn attempt(&mut self, attempt: AttemptId) -> &mut Attempt {
        self.attempts.entry(attempt.attempt).or_default()
    }

    fn text(&self, name: &str) -> String {
        let mut text = format!("{name}, visit {}", self.number);
        if !self.branch.is_empty() {
            text.push_str(&format!(" in {}", self.branch));
        }
        let outcome = self.outcome.iter().map(|outcome| format!(": {outcome}"));
        text.extend(outcome.chain(self.next.iter().map(|next| format!(" -> {next}"))));
        text.push('\n');
        for (number, Attempt { end, folder }) in &self.attempts {
            let end = end.as_deref().unwrap_or("not over");
            text.push_str(&format!("  attempt {number}: {end}\n"));
            text.extend(folder.iter().map(|folder| format!("    {}\n", folder.display())));
        }
        text
    }

    fn json(&self) -> Value {
        let attempt = |(number, Attempt { end, folder }): (&u32, &Attempt)| {
            let folder = folder.as_ref().map(|folder| folder.display().to_string());
            json!({"attempt": number, "end": end, "folder": folder})
        };
        json!({
            "visit": self.number,
            "branch": self.branch,
            "outcome": self.outcome,
            "next": self.next,
            "attempts": self.attempts.iter().map(attempt).collect::<Vec<_>>(),
        })
    }
}
