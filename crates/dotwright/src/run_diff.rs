//! `dotwright diff`: how two runs differ, or one run at two moments.

use std::collections::BTreeMap;

use dotwright_engine::run::{Command, Decision, Phase, Plan, State, WalkId};
use dotwright_runner::{Entry, History};

use crate::error::AppError;
use crate::run_args::DiffArgs;
use crate::{Verdict, output, runs};

pub(crate) fn run(arguments: &DiffArgs) -> Result<Verdict, AppError> {
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
        let mut all = point.state.context(&point.plan, WalkId::MAIN).all();
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
    let steps = kept.filter_map(|record| {
        let Entry::Decision(Command::Decide(Decision::EdgeSelected { from, to, .. })) = &record.entry else {
            return None;
        };
        let (plan, visit) = (&point.plan, from.visit);
        Some(format!("{} (visit {visit}) -> {}", plan.name(from.node), plan.name(*to)))
    });
    steps.collect()
}
