//! `dotwright why`, `dotwright diff` and `dotwright cost`: what the logs of runs explain.

use std::collections::BTreeMap;

use dotwright_engine::run::{
    Command, Considered, Decision, Event, NodeKey, Phase, Plan, RunStatus, State, Via, VisitId,
};
use dotwright_model::Handler;
use dotwright_runner::{Entry, History, Record, Report};
use serde_json::json;

use crate::error::AppError;
use crate::run_args::{CostArgs, DiffArgs, WhyArgs};
use crate::{Verdict, execute, output, prove, runs, story};

pub(crate) fn why(arguments: &WhyArgs) -> Result<Verdict, AppError> {
    let (history, plan) = runs::open(&arguments.run)?;
    let Some(node) = &arguments.node else {
        let text = end(&history, &plan)?;
        output::write_stdout(text.as_bytes())?;
        return Ok(Verdict::Clean);
    };
    let (name, wanted) = match node.rsplit_once('#') {
        Some((name, visit)) => {
            let number = visit.parse().map_err(|_| {
                AppError::usage(format!("`{visit}` is no number of a visit"), "write NODE or NODE#2")
            })?;
            (name, Some(number))
        }
        None => (node.as_str(), None),
    };
    let key = prove::node(&plan, name)?;
    let visits = visits(&history, key);
    let Some(&last) = visits.last() else {
        output::write_stderr(&format!("`{name}` was not visited\n"));
        return Ok(Verdict::Findings);
    };
    let chosen = wanted.map_or(last, |visit| VisitId { node: key, visit });
    if !visits.contains(&chosen) {
        output::write_stderr(&format!("`{name}` has {} visits\n", visits.len()));
        return Ok(Verdict::Findings);
    }
    let shown = if arguments.all { visits } else { vec![chosen] };
    for visit in shown {
        let found = Visit::of(&history, visit);
        let text = if arguments.json { found.json(&plan, &history) } else { found.text(&plan) };
        output::write_stdout(text.as_bytes())?;
    }
    Ok(Verdict::Clean)
}

fn visits(history: &History, node: NodeKey) -> Vec<VisitId> {
    let entered = history.records.iter().filter_map(|record| match &record.entry {
        Entry::Decision(Command::Decide(Decision::NodeEntered { visit, .. })) if visit.node == node => {
            Some(*visit)
        }
        _ => None,
    });
    entered.collect()
}

/// The records about one visit.
struct Visit<'h> {
    visit: VisitId,
    records: Vec<&'h Record>,
}

impl<'h> Visit<'h> {
    fn of(history: &'h History, visit: VisitId) -> Visit<'h> {
        let about = |record: &&Record| record.visit() == Some(visit) || is_goal_check(record, visit.node);
        Visit { visit, records: history.records.iter().filter(about).collect() }
    }

    fn text(&self, plan: &Plan) -> String {
        let mut lines = Vec::new();
        let name = plan.name(self.visit.node);
        for record in &self.records {
            let said = match &record.entry {
                Entry::Decision(Command::Decide(decision)) => self.decision(plan, decision),
                Entry::Decision(Command::CloseGate { why, .. }) => vec![format!("  gate closed: {why:?}")],
                Entry::Decision(Command::StopAttempt { why, .. }) => vec![format!("  stopped: {why:?}")],
                Entry::Decision(Command::RejectAnswer { why, .. }) => {
                    vec![format!("  answer not taken: {why:?}")]
                }
                Entry::Decision(Command::RefuseCall { budget, .. }) => {
                    vec![format!("  model call refused: {} is used up", budget.as_str())]
                }
                Entry::Decision(Command::Ask(_)) => vec!["  waits for an answer".to_owned()],
                Entry::Fact(
                    Event::AttemptEnded { .. }
                    | Event::AttemptLost { .. }
                    | Event::GateAnswered { .. }
                    | Event::ChildEnded { .. }
                    | Event::WorkMerged { .. }
                    | Event::ProviderBlocked { .. },
                ) => vec![format!("  {}: {}", record.kind, record.summary(plan))],
                Entry::Fact(_) | Entry::Decision(_) | Entry::Note(_) => Vec::new(),
            };
            let event = format!("event {}", record.seq);
            for (index, line) in said.into_iter().enumerate() {
                lines.push(if index == 0 { format!("{line:70}  {event}") } else { line });
            }
        }
        format!("{name}, visit {}\n{}\n", self.visit.visit, lines.join("\n"))
    }

    fn decision(&self, plan: &Plan, decision: &Decision) -> Vec<String> {
        match decision {
            Decision::NodeEntered { via, from, .. } => {
                let from = from.map(|from| format!(" from {}", plan.name(from))).unwrap_or_default();
                let cap = plan.visit_cap(self.visit.node).map(|cap| format!(" of {cap}")).unwrap_or_default();
                vec![format!("  arrives{from} {}, visit {}{cap}", arrival(plan, *via), self.visit.visit)]
            }
            Decision::OutcomeRecorded { status, class, reason, .. } => {
                let class = class.map(|class| format!(", {}", class.as_str())).unwrap_or_default();
                let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
                vec![format!("  outcome {}{class}{reason}", status.as_str())]
            }
            Decision::RetryScheduled { class, nominal, left, .. } => {
                let class = class.map_or("it asks for that", |class| class.as_str());
                vec![format!("  tried again: {class}; {nominal} ms before jitter, {left} attempts after it")]
            }
            Decision::AttemptLost { attempt } => {
                vec![format!("  attempt {} was lost with its runner", attempt.attempt)]
            }
            Decision::EdgeSelected { edge, to, by, candidates, restart, .. } => {
                let restart = if *restart { ", a new generation begins" } else { "" };
                let because = story::because(plan, *edge, *by);
                let mut lines = vec![format!("  -> {}  [{because}]{restart}", plan.name(*to))];
                if plan.handler(self.visit.node) == Handler::Conditional {
                    lines.push("     a diamond hands on the outcome of the step before it".to_owned());
                }
                lines.extend(
                    candidates.iter().map(|found| candidate(plan, *found, *edge == Some(found.edge))),
                );
                lines
            }
            Decision::GoalChecked { gates, target, .. } => {
                let mut lines = vec!["  goal check at the exit".to_owned()];
                lines.extend(gates.iter().map(|gate| {
                    let word = if gate.satisfied { "yes" } else { "no " };
                    let outcome = gate.outcome.map_or("unvisited", |outcome| outcome.as_str());
                    format!("     {word} {}  {outcome}", plan.name(gate.node))
                }));
                lines.extend(target.map(|target| format!("     -> {}", plan.name(target))));
                lines
            }
            Decision::RegionJoined { status, branches, conflicts, .. } => {
                let ended: Vec<&str> = branches.iter().map(|branch| branch.outcome.as_str()).collect();
                let conflicts = match conflicts.as_slice() {
                    [] => String::new(),
                    keys => format!(", the branches disagree about {}", keys.join(", ")),
                };
                vec![format!("  region {}: {}{conflicts}", status.as_str(), ended.join(", "))]
            }
            Decision::BranchOpened { entry, .. } => vec![format!("  opens the branch {}", plan.name(*entry))],
            Decision::BudgetExceeded { budget, .. } => vec![format!("  {} is used up", budget.as_str())],
            Decision::Warning(text) => vec![format!("  warning: {text}")],
            Decision::BranchEnded { .. }
            | Decision::GenerationStarted { .. }
            | Decision::ReservationExceeded(_) => Vec::new(),
        }
    }

    fn json(&self, plan: &Plan, history: &History) -> String {
        let parsed = |record: &&Record| serde_json::from_str::<serde_json::Value>(&record.data()).ok();
        let source = plan.pipeline().source();
        let range = plan.pipeline().node_range(self.visit.node.id());
        let line = source.get(..range.start as usize).map_or(0, |before| before.matches('\n').count()) + 1;
        let value = json!({
            "schema": 1,
            "run": history.folder.id,
            "node": plan.name(self.visit.node),
            "visit": self.visit.visit,
            "file": history.created.graph_path,
            "line": line,
            "records": self.records.iter().filter_map(parsed).collect::<Vec<_>>(),
        });
        format!("{value:#}\n")
    }
}

fn is_goal_check(record: &Record, node: NodeKey) -> bool {
    match &record.entry {
        Entry::Decision(Command::Decide(Decision::GoalChecked { gates, .. })) => {
            gates.iter().any(|gate| gate.node == node)
        }
        _ => false,
    }
}

fn arrival(plan: &Plan, via: Via) -> String {
    match via {
        Via::Start => "at the beginning".to_owned(),
        Via::Edge(_) => "over its edge".to_owned(),
        Via::Branch(edge) => {
            let ends = plan.ends(edge).map(|(from, _)| plan.name(from).to_owned());
            format!("as a branch of {}", ends.unwrap_or_default())
        }
        Via::Jump(by) => format!("by a jump, {}", by.as_str()),
        Via::Goal(by) => format!("by a jump for a goal gate, {}", by.as_str()),
        Via::Join => "at the end of its region".to_owned(),
    }
}

fn candidate(plan: &Plan, found: Considered, chosen: bool) -> String {
    let pipeline = plan.pipeline();
    let ends = plan.ends(found.edge).map(|(from, to)| format!("{} -> {}", plan.name(from), plan.name(to)));
    let condition = pipeline.condition(found.edge.id()).map(|condition| condition.text.to_owned());
    let value = match (condition, found.condition) {
        (Some(condition), Some(true)) => format!("{condition}  true"),
        (Some(condition), Some(false)) => format!("{condition}  false"),
        (_, None) | (None, _) => "no condition".to_owned(),
    };
    let word = if chosen { "yes" } else { "no " };
    format!("     {word} {}  {value}", ends.unwrap_or_default())
}

/// Why the run ended, or rests.
fn end(history: &History, plan: &Plan) -> Result<String, AppError> {
    let report = history.report(plan, None)?;
    let mut text = if report.status == "running" {
        match history.runner {
            Some(pid) => format!("process {pid} runs it\n"),
            None => format!("its runner died; `dotwright resume {}` goes on\n", report.run_id),
        }
    } else {
        execute::ending(&report)
    };
    text.push_str(&asked(history, &report));
    if let Some(node) = plan.node_by_name(&report.reason_node)
        && let Some(&last) = visits(history, node).last()
    {
        text.push('\n');
        text.push_str(&Visit::of(history, last).text(plan));
    }
    Ok(text)
}

/// Who asked for the end or the pause, and with which record.
fn asked(history: &History, report: &Report) -> String {
    let last = history.records.iter().rev().find_map(|record| match &record.entry {
        Entry::Fact(Event::CancelRequested { by }) if report.status == "cancelled" => {
            Some(format!("cancelled by {by}, event {}\n", record.seq))
        }
        Entry::Fact(Event::PauseRequested { by }) if report.status == "paused" => {
            Some(format!("paused by {by}, event {}\n", record.seq))
        }
        // Whatever was asked for before that is over.
        Entry::Fact(Event::Resumed { .. }) => Some(String::new()),
        Entry::Fact(_) | Entry::Decision(_) | Entry::Note(_) => None,
    });
    last.unwrap_or_default()
}

pub(crate) fn diff(arguments: &DiffArgs) -> Result<Verdict, AppError> {
    let (left, right) = (point(&arguments.left)?, point(&arguments.right)?);
    let mut lines = Vec::new();
    let routes = (route(&left), route(&right));
    let same = routes.0.iter().zip(&routes.1).take_while(|(a, b)| a == b).count();
    if routes.0 != routes.1 {
        lines.push(format!("the route is the same for {same} steps, then"));
        lines.push(format!("- {}", routes.0.get(same).map_or("it ends", String::as_str)));
        lines.push(format!("+ {}", routes.1.get(same).map_or("it ends", String::as_str)));
    }
    let status = |point: &Point| match point.state.phase() {
        Phase::Ended(end) => end.status.as_str(),
        Phase::Paused(pause) => pause.reason.status().as_str(),
        Phase::New | Phase::Running | Phase::Draining(_) | Phase::Cancelling => "running",
    };
    let mut differ = |what: &str, a: &str, b: &str| {
        if a != b {
            lines.push(format!("{what}\n- {a}\n+ {b}"));
        }
    };
    differ("status", status(&left), status(&right));
    let context = |point: &Point| {
        let mut all = point.state.context(&point.plan, dotwright_engine::run::WalkId::MAIN).all();
        all.remove("run.id");
        all
    };
    let (a, b): (BTreeMap<String, String>, BTreeMap<String, String>) = (context(&left), context(&right));
    for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
        let value = |map: &BTreeMap<String, String>| map.get(key).cloned().unwrap_or_default();
        differ(key, &value(&a), &value(&b));
    }
    if lines.is_empty() {
        return Ok(Verdict::Clean);
    }
    output::write_stdout((lines.join("\n") + "\n").as_bytes())?;
    Ok(Verdict::Findings)
}

/// A run at its end or after a record.
struct Point {
    history: History,
    plan: Plan,
    state: State,
    until: Option<u64>,
}

/// `RUN` or `RUN@SEQ`.
fn point(text: &str) -> Result<Point, AppError> {
    let split = text.rsplit_once('@').filter(|(run, _)| !run.is_empty());
    let (run, until) = match split.and_then(|(run, seq)| Some((run, seq.parse().ok()?))) {
        Some((run, seq)) => (run, Some(seq)),
        None => (text, None),
    };
    let (history, plan) = runs::open(run)?;
    let (state, _) = history.fold(&plan, until)?;
    Ok(Point { history, plan, state, until })
}

fn route(point: &Point) -> Vec<String> {
    let records = point.history.records.iter();
    let kept = records.take_while(|record| point.until.is_none_or(|until| record.seq <= until));
    let steps = kept.filter_map(|record| match &record.entry {
        Entry::Decision(Command::Decide(Decision::EdgeSelected { from, to, .. })) => {
            let (plan, visit) = (&point.plan, from.visit);
            Some(format!("{} (visit {visit}) -> {}", plan.name(from.node), plan.name(*to)))
        }
        _ => None,
    });
    steps.collect()
}

pub(crate) fn cost(arguments: &CostArgs) -> Result<Verdict, AppError> {
    let runs = match arguments.runs.as_slice() {
        [] => vec!["@last".to_owned()],
        named => named.to_vec(),
    };
    let mut rows: BTreeMap<String, (u64, u64, u64)> = BTreeMap::new();
    for run in runs {
        let (history, plan) = runs::open(&run)?;
        let (state, _) = history.fold(&plan, None)?;
        for node in plan.pipeline().nodes() {
            let attempts = u64::from(state.attempts(node.into()));
            let spent = state.budget().by_node.get(&node.into()).copied().unwrap_or_default();
            if attempts > 0 || spent.tokens > 0 {
                let row = rows.entry(plan.pipeline().id(node).to_owned()).or_default();
                *row = (row.0 + attempts, row.1 + spent.tokens, row.2 + spent.micro_usd);
            }
        }
    }
    let all = rows.values().fold((0, 0, 0), |all, row| (all.0 + row.0, all.1 + row.1, all.2 + row.2));
    let usd = |micro: u64| format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
    let text = if arguments.json {
        let entry = |(attempts, tokens, micro): (u64, u64, u64)| json!({"attempts": attempts, "tokens": tokens, "usd": usd(micro)});
        let nodes: BTreeMap<&String, _> = rows.iter().map(|(node, row)| (node, entry(*row))).collect();
        format!("{:#}\n", json!({"schema": 1, "nodes": nodes, "total": entry(all)}))
    } else {
        let width = rows.keys().map(|node| node.chars().count()).max().unwrap_or(0).max(5);
        let line = |name: &str, row: (u64, u64, u64)| {
            format!("{name:width$}  {:8}  {:10}  {:>12}\n", row.0, row.1, usd(row.2))
        };
        let mut text = format!("{:width$}  {:>8}  {:>10}  {:>12}\n", "node", "attempts", "tokens", "USD");
        rows.iter().for_each(|(node, row)| text.push_str(&line(node, *row)));
        text.push_str(&line("total", all));
        text
    };
    output::write_stdout(text.as_bytes())?;
    Ok(Verdict::Clean)
}

/// The exit code of a run that is over or rests.
pub(crate) fn code(history: &History, plan: &Plan) -> Result<Option<u8>, AppError> {
    let (state, _) = history.fold(plan, None)?;
    Ok(match state.phase() {
        Phase::Ended(end) => Some(end.status.exit_code()),
        Phase::Paused(pause) => Some(RunStatus::exit_code(pause.reason.status())),
        Phase::New | Phase::Running | Phase::Draining(_) | Phase::Cancelling => None,
    })
}
