//! `dotwright answer`: the open gates of a run and its children, and what a person says to them.

use dotwright_engine::run::{Answer, Command, Event, GateSpec, NodeKey, Plan, State, VisitId};
use dotwright_runner::{Asked, Entry, History, Request};
use serde_json::{Value, json};

use crate::error::AppError;
use crate::run_args::AnswerArgs;
use crate::{Verdict, output, runs};

pub(crate) fn run(arguments: &AnswerArgs) -> Result<Verdict, AppError> {
    let (history, plan) = runs::open(&arguments.run)?;
    let children = history.open_children(&plan)?.into_iter().map(|child| {
        let plan = child.plan()?;
        Desk::of(child, plan)
    });
    let children = children.collect::<Result<Vec<Desk>, AppError>>()?;
    let own = Desk::of(history, plan)?;
    let desks = || std::iter::once(&own).chain(&children);
    let (Some(gate), Some(choice)) = (&arguments.gate, &arguments.choice) else {
        let open: Vec<OpenGate> = desks().flat_map(|desk| desk.questions(arguments)).collect();
        let text = if arguments.json {
            let gates: Vec<Value> = open.iter().map(OpenGate::json).collect();
            format!("{:#}\n", json!({"schema": 1, "run": own.history.folder.id, "gates": gates}))
        } else {
            open.iter().map(OpenGate::text).collect()
        };
        output::write_stdout(text.as_bytes())?;
        return Ok(Verdict::Clean);
    };
    let Some((desk, open)) = desks().find_map(|desk| Some((desk, desk.open_gate(gate, arguments)?))) else {
        let (desk, node) = match desks().find_map(|desk| Some((desk, desk.plan.node_by_name(gate)?))) {
            Some(named) => named,
            // An unknown name is a mistake, and no answer that comes too late.
            None => (&own, crate::prove::node(&own.plan, gate)?),
        };
        let winner = winner(&desk.history, node).map(|(choice, by)| format!(": {by} answered `{choice}`"));
        output::write_stderr(&format!("the gate `{gate}` is not open{}\n", winner.unwrap_or_default()));
        return Ok(Verdict::Findings);
    };
    if !desk.state.would_answer(&desk.plan, open, choice) {
        let help = format!("`dotwright answer {}` lists the choices", arguments.run);
        return Err(AppError::usage(format!("`{choice}` is none of the choices of `{gate}`"), help));
    }
    let by = arguments.by.clone().unwrap_or_else(|| "answer".to_owned());
    tell_or_ask(&desk.history, open, choice, arguments.text.clone(), by)?;
    output::write_stderr(&format!("`{gate}` is answered with `{choice}`\n"));
    Ok(Verdict::Clean)
}

/// A run with gates that a person can answer: the one that was named, or a child pipeline of it.
struct Desk {
    history: History,
    plan: Plan,
    state: State,
}

impl Desk {
    fn of(history: History, plan: Plan) -> Result<Desk, AppError> {
        let (state, _) = history.fold(&plan, None)?;
        Ok(Desk { history, plan, state })
    }

    /// The open gates that the arguments do not leave out.
    fn open_gates(&self, arguments: &AnswerArgs) -> impl Iterator<Item = &GateSpec> {
        let visit = |spec: &GateSpec| arguments.visit.is_none_or(|visit| visit == spec.gate.visit);
        let branch = |spec: &GateSpec| {
            let path = || self.state.branch_path(&self.plan, spec.walk);
            arguments.branch.as_ref().is_none_or(|branch| *branch == path())
        };
        self.state.open_gates().filter(move |spec| visit(spec) && branch(spec))
    }

    fn open_gate(&self, gate: &str, arguments: &AnswerArgs) -> Option<VisitId> {
        let node = self.plan.node_by_name(gate)?;
        self.open_gates(arguments).map(|spec| spec.gate).find(|open| open.node == node)
    }

    /// What those gates ask.
    fn questions(&self, arguments: &AnswerArgs) -> Vec<OpenGate> {
        self.open_gates(arguments).map(|spec| OpenGate::of(&self.history, &self.plan, spec)).collect()
    }
}

/// A gate that waits for a person.
pub(crate) struct OpenGate {
    run: String,
    asked: Asked,
    /// When nobody needs to answer any more.
    deadline: Option<String>,
}

impl OpenGate {
    /// The open gates of a run, those of its children behind its own; at an earlier record only its own.
    pub(crate) fn all(history: &History, plan: &Plan, until: Option<u64>) -> Result<Vec<OpenGate>, AppError> {
        let mut found = OpenGate::own(history, plan, until)?;
        if until.is_none() {
            for child in history.open_children(plan)? {
                found.extend(OpenGate::own(&child, &child.plan()?, None)?);
            }
        }
        Ok(found)
    }

    fn own(history: &History, plan: &Plan, until: Option<u64>) -> Result<Vec<OpenGate>, AppError> {
        let (state, _) = history.fold(plan, until)?;
        Ok(state.open_gates().map(|spec| OpenGate::of(history, plan, spec)).collect())
    }

    fn of(history: &History, plan: &Plan, spec: &GateSpec) -> OpenGate {
        let deadline = if spec.has_deadline { history.deadline(spec.gate) } else { None };
        let asked = dotwright_runner::question(plan, spec.clone());
        OpenGate { run: history.folder.id.clone(), asked, deadline }
    }

    pub(crate) fn text(&self) -> String {
        let Asked { node, visit, question, choices, .. } = &self.asked;
        let mut text = format!("{node}#{visit}  {question}\n");
        choices.iter().for_each(|(key, choice)| text.push_str(&format!("  [{key}] {choice}\n")));
        text.extend(self.deadline.iter().map(|deadline| format!("  until {deadline}\n")));
        text
    }

    pub(crate) fn json(&self) -> Value {
        let Asked { node, visit, question, choices, .. } = &self.asked;
        let choices: Vec<Value> =
            choices.iter().map(|(key, text)| json!({"key": key, "text": text})).collect();
        json!({
            "run": self.run,
            "gate": node,
            "visit": visit,
            "question": question,
            "choices": choices,
            "deadline": self.deadline,
        })
    }
}

/// The last answer to a gate that was taken, and who gave it.
fn winner(history: &History, node: NodeKey) -> Option<(&str, &str)> {
    let behind = history.records.iter().skip(1).map(Some).chain([None]);
    let answers = history.records.iter().zip(behind).filter_map(|(record, next)| match &record.entry {
        Entry::Fact(Event::GateAnswered { gate, answer }) if gate.node == node => Some((answer, next)),
        Entry::Fact(_) | Entry::Decision(_) | Entry::Note(_) => None,
    });
    let taken = answers.filter(|(_, next)| {
        let decision = next.map(|record| &record.entry);
        !matches!(decision, Some(Entry::Decision(Command::RejectAnswer { .. })))
    });
    taken.last().map(|(answer, _)| (answer.choice.as_str(), answer.by.as_str()))
}

/// A live runner is asked; in a run that rests the fact is appended here.
fn tell_or_ask(
    history: &History,
    gate: VisitId,
    choice: &str,
    text: Option<String>,
    by: String,
) -> Result<(), AppError> {
    let choice = choice.to_owned();
    if history.runner.is_some() {
        let name = history.plan()?.name(gate.node).to_owned();
        let request = Request::Answer { gate: name, visit: gate.visit, choice, text, by };
        return Ok(dotwright_runner::send(&history.folder, &request)?);
    }
    let answer = Answer { choice, text, by };
    runs::tell(history, Event::GateAnswered { gate, answer })
}
