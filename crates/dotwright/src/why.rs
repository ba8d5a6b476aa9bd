//! `dotwright why`: what the log of a run explains about one of its visits, or about its end.
//!
//! Every decision in the log holds what it was made from, so nothing is worked out again here: the lines below are the
//! records of a visit in words, each with the number of its record.

use std::path::Path;

use dotwright_engine::run::{
    Command, Considered, DecidedBy, Decision, EdgeKey, Event, NodeKey, Phase, Plan, RunStatus, Via, VisitId,
};
use dotwright_model::{Handler, Outcome};
use dotwright_runner::{Entry, History, Record, Report};
use serde_json::json;

use crate::error::AppError;
use crate::position::Lines;
use crate::run_args::WhyArgs;
use crate::{Verdict, execute, input, output, prove, runs, story};

/// Where the numbers of records stand.
const COLUMN: usize = 64;

pub(crate) fn run(arguments: &WhyArgs) -> Result<Verdict, AppError> {
    let (history, plan) = runs::open(&arguments.run)?;
    let Some(node) = &arguments.node else {
        output::write_stdout(end(&history, &plan, arguments.json)?.as_bytes())?;
        return Ok(Verdict::Clean);
    };
    let (key, wanted) = prove::visit(&plan, node)?;
    let visits = visits(&history, key);
    let chosen = wanted.map(|visit| VisitId { node: key, visit }).or(visits.last().copied());
    let Some(chosen) = chosen.filter(|chosen| visits.contains(chosen)) else {
        output::write_stderr(&visited(plan.name(key), visits.len()));
        return Ok(Verdict::Findings);
    };
    let shown = if arguments.all { visits } else { vec![chosen] };
    for visit in shown {
        let found = Visit::of(&history, &plan, visit);
        let text = if arguments.json { format!("{:#}\n", found.json()?) } else { found.text()? };
        output::write_stdout(text.as_bytes())?;
    }
    Ok(Verdict::Clean)
}

/// How often a node was visited, for whoever asks for another visit.
pub(crate) fn visited(name: &str, count: usize) -> String {
    match count {
        0 => format!("`{name}` was not visited\n"),
        1 => format!("`{name}` was visited once\n"),
        count => format!("`{name}` was visited {count} times\n"),
    }
}

fn visits(history: &History, node: NodeKey) -> Vec<VisitId> {
    let entered = history.records.iter().filter_map(entered);
    entered.filter(|visit| visit.node == node).collect()
}

fn decision(record: &Record) -> Option<&Decision> {
    if let Entry::Decision(Command::Decide(decision)) = &record.entry { Some(decision) } else { None }
}

fn entered(record: &Record) -> Option<VisitId> {
    if let Some(Decision::NodeEntered { visit, .. }) = decision(record) { Some(*visit) } else { None }
}

/// One visit and the records about it.
struct Visit<'h> {
    visit: VisitId,
    plan: &'h Plan,
    history: &'h History,
    records: Vec<&'h Record>,
}

/// Something that is known about a visit, with the numbers of the records that say it.
struct Said {
    events: Vec<u64>,
    text: String,
    /// What it was decided from.
    more: Vec<String>,
}

impl<'h> Visit<'h> {
    fn of(history: &'h History, plan: &'h Plan, visit: VisitId) -> Visit<'h> {
        let mut records = Vec::new();
        let (mut last_here, mut last_anywhere) = (None, None);
        for record in &history.records {
            if let Some(entered) = entered(record) {
                last_anywhere = Some(entered);
                last_here = Some(entered).filter(|entered| entered.node == visit.node).or(last_here);
            }
            // A goal check is about the exit that was reached, and about the last visit of each gate.
            let is_checked = last_here == Some(visit) && checks_goal(record, visit.node);
            let checks = last_anywhere == Some(visit) && is_goal_check(record);
            if record.visit() == Some(visit) || is_checked || checks {
                records.push(record);
            }
        }
        Visit { visit, plan, history, records }
    }

    /// The edge or jump by which the walk went on.
    fn way_on(&self) -> Option<(NodeKey, Option<EdgeKey>, DecidedBy, &[Considered])> {
        self.records.iter().rev().find_map(|record| match decision(record)? {
            Decision::EdgeSelected { to, edge, by, candidates, .. } => {
                Some((*to, *edge, *by, candidates.as_slice()))
            }
            Decision::NodeEntered { .. }
            | Decision::OutcomeRecorded { .. }
            | Decision::RetryScheduled { .. }
            | Decision::AttemptLost { .. }
            | Decision::BranchOpened { .. }
            | Decision::BranchEnded { .. }
            | Decision::RegionJoined { .. }
            | Decision::GoalChecked { .. }
            | Decision::GenerationStarted { .. }
            | Decision::BudgetExceeded { .. }
            | Decision::ReservationExceeded(_)
            | Decision::Warning(_) => None,
        })
    }

    fn text(&self) -> Result<String, AppError> {
        let mut title = format!("{}, visit {}", self.plan.name(self.visit.node), self.visit.visit);
        let mut rule = String::new();
        if let Some((to, edge, by, candidates)) = self.way_on() {
            title.push_str(&format!(" -> {}", self.plan.name(to)));
            rule = deciding_rule(self.plan, edge, by, candidates);
        }
        let mut text = aligned(&title, &rule);
        for said in self.said() {
            let numbers: Vec<String> = said.events.iter().map(u64::to_string).collect();
            let word = if numbers.len() == 1 { "event" } else { "events" };
            text.push_str(&aligned(&format!("  {}", said.text), &format!("{word} {}", numbers.join(", "))));
            said.more.iter().for_each(|line| text.push_str(&format!("     {line}\n")));
        }
        text.push_str(&format!("  {}\n", self.place_and_totals()?));
        Ok(text)
    }

    fn json(&self) -> Result<serde_json::Value, AppError> {
        let parsed = |record: &&Record| serde_json::from_str::<serde_json::Value>(&record.data()).ok();
        let place = Lines::new(self.plan.pipeline().source())
            .position(self.plan.pipeline().node_range(self.visit.node.id()).start);
        let said: Vec<_> = self
            .said()
            .iter()
            .map(|said| json!({"events": said.events, "text": said.text, "details": said.more}))
            .collect();
        let way_on = self.way_on().map(|(to, edge, by, candidates)| {
            json!({"to": self.plan.name(to), "rule": deciding_rule(self.plan, edge, by, candidates)})
        });
        Ok(json!({
            "schema": 1,
            "run": self.history.folder.id,
            "node": self.plan.name(self.visit.node),
            "visit": self.visit.visit,
            "file": self.history.created.graph_path,
            "line": place.line,
            "column": place.column,
            "next": way_on,
            "explanation": said,
            "totals": self.place_and_totals()?,
            "records": self.records.iter().filter_map(parsed).collect::<Vec<_>>(),
        }))
    }

    /// What the records say, in their order.
    fn said(&self) -> Vec<Said> {
        self.records.iter().filter_map(|record| self.record(record)).collect()
    }

    fn record(&self, record: &Record) -> Option<Said> {
        let text = match &record.entry {
            Entry::Decision(Command::Decide(decision)) => return self.decided(record.seq, decision),
            Entry::Decision(Command::CloseGate { why, .. }) => format!("gate closed: {}", why.noun()),
            Entry::Decision(Command::StopAttempt { why, .. } | Command::StopChild { why, .. }) => {
                format!("stopped: {}", why.noun())
            }
            Entry::Decision(Command::RejectAnswer { why, .. }) => format!("answer not taken: {}", why.noun()),
            Entry::Decision(Command::RefuseCall { budget, .. }) => {
                format!("model call refused: {}", budget.refusal())
            }
            Entry::Decision(Command::Ask(_)) => "waits for an answer".to_owned(),
            Entry::Fact(Event::GateAnswered { answer, .. }) => {
                format!("answered with `{}` by {}", answer.choice, answer.by)
            }
            Entry::Fact(Event::ChildEnded { .. }) => format!("child ended: {}", record.summary(self.plan)),
            Entry::Fact(Event::ProviderBlocked { reason, .. }) => format!("the provider refuses: {reason}"),
            Entry::Fact(Event::WorkMerged { conflicts, .. }) => match conflicts.as_slice() {
                [] => "the work of the branches is merged".to_owned(),
                paths => format!("the work of the branches conflicts: {}", paths.join(", ")),
            },
            Entry::Fact(Event::AttemptEnded { .. }) => record.summary(self.plan),
            Entry::Fact(Event::AttemptLost { .. }) => {
                format!("{} was lost with its runner", record.summary(self.plan))
            }
            Entry::Fact(_) | Entry::Decision(_) | Entry::Note(_) => return None,
        };
        Some(Said { events: vec![record.seq], text, more: Vec::new() })
    }

    fn decided(&self, seq: u64, decision: &Decision) -> Option<Said> {
        let plan = self.plan;
        let mut events = vec![seq];
        let mut more = Vec::new();
        let text = match decision {
            Decision::NodeEntered { via, from, .. } => {
                let from = from.map(|from| format!(" from {}", plan.name(from))).unwrap_or_default();
                format!("arrives{from} {}", arrival(plan, *via))
            }
            Decision::OutcomeRecorded { status, class, reason, .. } => {
                if *status == Outcome::Fail && self.is_the_end() {
                    more.extend(not_taken(plan, self.visit.node));
                }
                let class = class.map(|class| format!(", {}", class.as_str())).unwrap_or_default();
                let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
                format!("outcome {}{class}{reason}", status.as_str())
            }
            Decision::RetryScheduled { class, nominal, left, .. } => {
                let class = class.map_or("it asks for that", |class| class.as_str());
                format!("tried again: {class}; {nominal} ms before jitter, {left} attempts after it")
            }
            Decision::EdgeSelected { to, edge, by, candidates, restart, .. } => {
                let restart = if *restart { ", a new generation begins" } else { "" };
                if plan.handler(self.visit.node) == Handler::Conditional
                    && let Some((seen, forwarded)) = self.forwarded()
                {
                    more.push(forwarded);
                    events.splice(0..0, seen);
                }
                more.extend(considered(plan, candidates, *edge));
                format!("-> {}  [{}]{restart}", plan.name(*to), story::because(plan, *edge, *by))
            }
            Decision::GoalChecked { gates, target, .. } => {
                more.extend(gates.iter().map(|gate| {
                    let word = if gate.satisfied { "yes" } else { "no " };
                    let outcome = gate.outcome.map_or("unvisited", |outcome| outcome.as_str());
                    format!("{word} {}  {outcome}", plan.name(gate.node))
                }));
                more.extend(target.map(|target| format!("-> {}", plan.name(target))));
                "goal check at the exit".to_owned()
            }
            Decision::RegionJoined { status, branches, conflicts, .. } => {
                let ended: Vec<&str> = branches.iter().map(|branch| branch.outcome.as_str()).collect();
                let conflicts = match conflicts.as_slice() {
                    [] => String::new(),
                    keys => format!(", the branches disagree about {}", keys.join(", ")),
                };
                format!("region {}: {}{conflicts}", status.as_str(), ended.join(", "))
            }
            Decision::BranchOpened { entry, .. } => format!("opens the branch {}", plan.name(*entry)),
            Decision::BudgetExceeded { budget, .. } => budget.refusal().to_owned(),
            Decision::Warning(text) => format!("warning: {text}"),
            Decision::AttemptLost { .. }
            | Decision::BranchEnded { .. }
            | Decision::GenerationStarted { .. }
            | Decision::ReservationExceeded(_) => return None,
        };
        Some(Said { events, text, more })
    }

    /// Whether the run ended because of this visit.
    fn is_the_end(&self) -> bool {
        let end = self.history.records.iter().rev().find_map(|record| match &record.entry {
            Entry::Decision(Command::Finish(end)) => Some(end),
            Entry::Fact(_) | Entry::Decision(_) | Entry::Note(_) => None,
        });
        let is_last = visits(self.history, self.visit.node).last() == Some(&self.visit);
        is_last && self.way_on().is_none() && end.is_some_and(|end| end.node == Some(self.visit.node))
    }

    /// The outcome that a diamond hands on, with where it came about.
    fn forwarded(&self) -> Option<(Vec<u64>, String)> {
        let arrival = self.records.iter().find(|record| entered(record) == Some(self.visit))?;
        let before = self.history.records.iter().take_while(|record| record.seq < arrival.seq);
        let same_walk = before.filter(|record| record.branch == arrival.branch);
        let mut recorded = None;
        let mut attempt = None;
        for record in same_walk {
            match &record.entry {
                Entry::Decision(Command::Decide(Decision::OutcomeRecorded { visit, status, .. })) => {
                    recorded = Some((record.seq, *visit, *status));
                }
                Entry::Fact(Event::AttemptEnded { attempt: ended, .. }) => {
                    attempt = Some((record.seq, ended.visit, record.summary(self.plan)));
                }
                Entry::Fact(_) | Entry::Decision(_) | Entry::Note(_) => {}
            }
        }
        let (seq, from, status) = recorded?;
        let mut events = vec![seq];
        let mut how = self.plan.handler(from.node).noun().to_owned();
        if let Some((ended, _, summary)) = attempt.filter(|(_, visit, _)| *visit == from) {
            events.insert(0, ended);
            how.push_str(&format!(", {summary}"));
        }
        Some((
            events,
            format!("outcome {} forwarded from {} ({how})", status.as_str(), self.plan.name(from.node)),
        ))
    }

    /// Where the node is written, how often it and its successor were visited by then, and what was spent.
    fn place_and_totals(&self) -> Result<String, AppError> {
        let until = self.records.last().map(|record| record.seq);
        let (state, _) = self.history.fold(self.plan, until)?;
        let pipeline = self.plan.pipeline();
        let place = Lines::new(pipeline.source()).position(pipeline.node_range(self.visit.node.id()).start);
        let count = |node: NodeKey| {
            let cap = self.plan.visit_cap(node).map(|cap| format!(" of {cap}")).unwrap_or_default();
            format!("{} {}{cap}", self.plan.name(node), state.visits(node))
        };
        let mut counts = vec![count(self.visit.node)];
        counts.extend(self.way_on().filter(|(to, ..)| *to != self.visit.node).map(|(to, ..)| count(to)));
        let file = input::shown(&input::from_here(Path::new(&self.history.created.graph_path)));
        let mut text = format!("{file}:{}:{}   visits: {}", place.line, place.column, counts.join(", "));
        let (spent, limits) = (state.budget().settled, state.limits());
        if spent.micro_usd > 0 || limits.micro_usd.is_some() {
            let usd = |micro: u64| format!("{:.2}", micro as f64 / 1e6);
            let limit = limits.micro_usd.map(|limit| format!(" of {}", usd(limit))).unwrap_or_default();
            text.push_str(&format!("   spent {}{limit} USD", usd(spent.micro_usd)));
        }
        if spent.tokens > 0 || limits.tokens.is_some() {
            let limit = limits.tokens.map(|limit| format!(" of {limit}")).unwrap_or_default();
            text.push_str(&format!("   {}{limit} tokens", spent.tokens));
        }
        Ok(text)
    }
}

/// Two texts in two columns.
fn aligned(left: &str, right: &str) -> String {
    if right.is_empty() { format!("{left}\n") } else { format!("{left:COLUMN$}  {right}\n") }
}

fn is_goal_check(record: &Record) -> bool {
    matches!(decision(record), Some(Decision::GoalChecked { .. }))
}

fn checks_goal(record: &Record, node: NodeKey) -> bool {
    let Some(Decision::GoalChecked { gates, .. }) = decision(record) else { return false };
    gates.iter().any(|gate| gate.node == node)
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

/// Which of the five steps of edge selection decided, or what else did (sections 5, 8, 12 and 14).
fn deciding_rule(plan: &Plan, edge: Option<EdgeKey>, by: DecidedBy, candidates: &[Considered]) -> String {
    let weight = |edge: EdgeKey| plan.pipeline().edge(edge.id()).weight;
    let text = match by {
        DecidedBy::Condition => "step 1 of 5: condition",
        DecidedBy::Label => "step 2 of 5: preferred label",
        DecidedBy::Suggestion => "step 3 of 5: suggested id",
        DecidedBy::Plain => {
            let plain = || candidates.iter().filter(|found| found.condition.is_none());
            let equal =
                |chosen: EdgeKey| plain().filter(|found| weight(found.edge) == weight(chosen)).count();
            match plain().count() {
                0 | 1 => "step 4 of 5: the one plain edge",
                _ if edge.is_some_and(|edge| equal(edge) > 1) => "step 5 of 5: first id of equal weights",
                _ => "step 4 of 5: highest weight",
            }
        }
        DecidedBy::Answer => "answer of a person",
        DecidedBy::Default => "default choice, nobody answered in time",
        DecidedBy::Jump(by) => return format!("jump: {}", by.as_str()),
        DecidedBy::Join => "end of the region",
    };
    text.to_owned()
}

/// The out-edges in columns, each with its condition and whether that holds.
fn considered(plan: &Plan, candidates: &[Considered], chosen: Option<EdgeKey>) -> Vec<String> {
    let ends = |found: &Considered| {
        let ends = plan.ends(found.edge);
        ends.map(|(from, to)| format!("{} -> {}", plan.name(from), plan.name(to))).unwrap_or_default()
    };
    let condition = |found: &Considered| {
        let written = plan.pipeline().condition(found.edge.id());
        written.map_or("no condition".to_owned(), |condition| condition.text.to_owned())
    };
    let width = |text: &dyn Fn(&Considered) -> String| {
        candidates.iter().map(|found| text(found).chars().count()).max().unwrap_or(0)
    };
    let (first, second) = (width(&ends), width(&condition));
    let line = |found: &Considered| {
        let word = if chosen == Some(found.edge) { "yes" } else { "no " };
        let value = found.condition.map_or("", |holds| if holds { "true" } else { "false" });
        let line = format!("{word} {:first$}  {:second$}  {value}", ends(found), condition(found));
        line.trim_end().to_owned()
    };
    candidates.iter().map(line).collect()
}

/// The out-edges of a step whose failure none of them took (section 8).
fn not_taken(plan: &Plan, node: NodeKey) -> Vec<String> {
    let pipeline = plan.pipeline();
    let edges = pipeline.outgoing(node.id()).iter().map(|&edge| {
        let why = match pipeline.condition(edge) {
            Some(condition) => format!("{}  false", condition.text),
            None => "a failure does not take an edge without a condition".to_owned(),
        };
        format!("no  {} -> {}  {why}", plan.name(node), pipeline.id(pipeline.target_of(edge)))
    });
    edges.collect()
}

/// Why the run ended, or rests.
fn end(history: &History, plan: &Plan, as_json: bool) -> Result<String, AppError> {
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
    let node = plan.node_by_name(&report.reason_node);
    let last = node.and_then(|node| visits(history, node).last().copied());
    let visit = last.map(|last| Visit::of(history, plan, last));
    if as_json {
        let visit = visit.map(|visit| visit.json()).transpose()?;
        let value = json!({
            "schema": 1,
            "run": report.run_id,
            "status": report.status,
            "exit_code": report.exit_code,
            "reason": report.reason,
            "explanation": text,
            "visit": visit,
        });
        return Ok(format!("{value:#}\n"));
    }
    let visit = visit.map(|visit| visit.text()).transpose()?;
    Ok(visit.map_or(text.clone(), |visit| format!("{text}\n{visit}")))
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

/// The exit code of a run that is over or rests.
pub(crate) fn code(history: &History, plan: &Plan) -> Result<Option<u8>, AppError> {
    let (state, _) = history.fold(plan, None)?;
    Ok(match state.phase() {
        Phase::Ended(end) => Some(end.status.exit_code()),
        Phase::Paused(pause) => Some(RunStatus::exit_code(pause.reason.status())),
        Phase::New | Phase::Running | Phase::Draining(_) | Phase::Cancelling => None,
    })
}
