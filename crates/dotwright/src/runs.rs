//! Commands that look at runs, or ask their runners for something.

use std::io::Write;

use dotwright_engine::run::{Command, Event, Evidence, Phase, Plan, ReportedVisit, VisitId};
use dotwright_runner::{Entry, History, Note, Record, Report, Request, Root, RunError};
use serde_json::json;

use crate::args::Pair;
use crate::error::AppError;
use crate::load::Refused;
use crate::run_args::{CancelArgs, CleanArgs, ForkArgs, LogsArgs, PauseArgs, PsArgs, WaitArgs};
use crate::{Verdict, execute, output, why};

/// A run that a person names, with its plan.
pub(crate) fn open(run: &str) -> Result<(History, Plan), AppError> {
    let history = History::read(Root::from_environment().find(run)?)?;
    let plan = history.plan()?;
    Ok((history, plan))
}

pub(crate) fn list(arguments: &PsArgs) -> Result<Verdict, AppError> {
    let mut rows = Vec::new();
    let limit = if arguments.all { usize::MAX } else { arguments.limit.unwrap_or(20) };
    for folder in Root::from_environment().list()? {
        if rows.len() >= limit {
            break;
        }
        let id = folder.id.clone();
        // A damaged run does not hide the others.
        let (status, file, node) = match History::read(folder) {
            Ok(history) => {
                let is_wanted = |label: &Pair| history.created.labels.get(&label.key) == Some(&label.value);
                if !arguments.label.iter().all(is_wanted) {
                    continue;
                }
                let status = status(&history)?;
                (status.0, history.created.graph_path, status.1)
            }
            Err(RunError::Empty(_)) => continue,
            Err(_) if !arguments.label.is_empty() => continue,
            Err(error) => (format!("damaged: {error}"), String::new(), String::new()),
        };
        if arguments.status.as_ref().is_none_or(|wanted| *wanted == status) {
            rows.push((id, status, node, file));
        }
    }
    let text = if arguments.json {
        let runs = rows
            .iter()
            .map(|(id, status, node, file)| json!({"run": id, "status": status, "node": node, "file": file}));
        format!("{:#}\n", json!({"schema": 1, "runs": runs.collect::<Vec<_>>()}))
    } else {
        let width = rows.iter().map(|row| row.0.len()).max().unwrap_or(0);
        rows.iter()
            .map(|(id, status, node, file)| format!("{id:width$}  {status:16}  {node:16}  {file}\n"))
            .collect()
    };
    output::write_stdout(text.as_bytes())?;
    Ok(Verdict::Clean)
}

/// The status of a run, and where it is or why it ended there.
fn status(history: &History) -> Result<(String, String), AppError> {
    Ok(match history.report(&history.plan()?, None) {
        Ok(report) => standing(history, &report),
        Err(error) => (format!("damaged: {error}"), String::new()),
    })
}

/// The same for a run whose report is made.
pub(crate) fn standing(history: &History, report: &Report) -> (String, String) {
    let at = || report.context.get("current_node").cloned().unwrap_or_default();
    let node = if report.reason_node.is_empty() { at() } else { report.reason_node.clone() };
    let is_untouched_fork = history.created.forked.is_some()
        && !history
            .records
            .iter()
            .any(|record| matches!(record.entry, Entry::Note(Note::RunnerStarted { .. })));
    let status = match (report.status.as_str(), history.runner) {
        ("running", None) if is_untouched_fork => "forked".to_owned(),
        ("running", None) => "crashed".to_owned(),
        (_, Some(_)) if report.partial => "running".to_owned(),
        (status, _) => status.to_owned(),
    };
    (status, node)
}

/// Visits as a path, the branches of a region between braces: `start -> fan {a -> b | c} -> join`.
pub(crate) fn route(visits: &[ReportedVisit]) -> String {
    let mut text = String::new();
    for visit in visits {
        match visit {
            ReportedVisit::Node(node) => {
                let arrow = if text.is_empty() { "" } else { " -> " };
                text.push_str(&format!("{arrow}{node}"));
            }
            ReportedVisit::Region { branches, .. } => {
                let branches: Vec<String> = branches.iter().map(|branch| route(branch)).collect();
                text.push_str(&format!(" {{{}}}", branches.join(" | ")));
            }
        }
    }
    text
}

pub(crate) fn logs(arguments: &LogsArgs) -> Result<Verdict, AppError> {
    let root = Root::from_environment();
    let folder = root.find(&arguments.run)?;
    let mut next = arguments.since.unwrap_or(0);
    loop {
        let history = History::read(folder.clone())?;
        let plan = history.plan()?;
        if let Some(node) = &arguments.node {
            crate::prove::node(&plan, node)?;
        }
        let mut text = Vec::new();
        for record in history.records.iter().filter(|record| record.seq >= next && wanted(arguments, record))
        {
            shown(arguments, &history, &plan, record, &mut text);
        }
        output::write_stdout(&text)?;
        next = history.records.last().map_or(next, |record| record.seq + 1);
        if !arguments.follow || history.runner.is_none() {
            return Ok(Verdict::Clean);
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

fn wanted(arguments: &LogsArgs, record: &Record) -> bool {
    arguments.node.as_ref().is_none_or(|node| *node == record.node)
        && arguments.kind.as_ref().is_none_or(|kind| *kind == record.kind)
}

fn shown(arguments: &LogsArgs, history: &History, plan: &Plan, record: &Record, into: &mut Vec<u8>) {
    let wants = [arguments.stdout, arguments.stderr, arguments.prompt, arguments.response];
    if wants.contains(&true) {
        let blobs = match &record.entry {
            Entry::Fact(Event::AttemptEnded { evidence: Evidence::Tool { output, .. }, .. }) => {
                [Some(&output.output_blob), Some(&output.stderr_blob), None, None]
            }
            Entry::Note(Note::Output { stdout, stderr, .. }) => [Some(stdout), Some(stderr), None, None],
            Entry::Note(Note::Turn { turn, .. }) => [None, None, Some(&turn.prompt), Some(&turn.answer)],
            Entry::Fact(_) | Entry::Decision(_) | Entry::Note(_) => [None; 4],
        };
        let wanted = blobs.into_iter().zip(wants).filter(|(_, is_wanted)| *is_wanted);
        into.extend(wanted.filter_map(|(blob, _)| history.blob(blob?)).flatten());
        return;
    }
    let line = if arguments.json {
        record.data()
    } else {
        let node = if record.node.is_empty() { String::new() } else { format!("{}  ", record.node) };
        // To the millisecond.
        let ts = record.ts.get(..23).map_or(record.ts.clone(), |ts| format!("{ts}Z"));
        format!("{:5}  {ts}  {:18}  {node}{}", record.seq, record.kind, record.summary(plan))
    };
    // Writing to memory cannot fail.
    let _written = writeln!(into, "{}", line.trim_end());
}

pub(crate) fn tell(history: &History, event: Event) -> Result<(), AppError> {
    match execute::taken_up(history)? {
        Ok((graph, setup)) => {
            let root = Root::from_environment();
            dotwright_runner::tell(&graph, &setup, &root, &history.folder.id, event)?;
            Ok(())
        }
        Err(Refused::Checker(message) | Refused::Child { message, .. }) => Err(AppError::usage(
            message.trim().to_owned(),
            "the pipeline of the run does not pass the checker any more",
        )),
    }
}

pub(crate) fn cancel(arguments: &CancelArgs) -> Result<Verdict, AppError> {
    let (history, plan) = open(&arguments.run)?;
    let by = "dotwright cancel".to_owned();
    if history.runner.is_some() {
        dotwright_runner::send(&history.folder, &Request::Cancel { by, now: arguments.now })?;
        return Ok(Verdict::Clean);
    }
    let (state, _) = history.fold(&plan, None)?;
    if matches!(state.phase(), Phase::Ended(_)) {
        output::write_stderr(&format!("the run `{}` is over\n", history.folder.id));
        return Ok(Verdict::Findings);
    }
    tell(&history, Event::CancelRequested { by })?;
    Ok(Verdict::Clean)
}

pub(crate) fn pause(arguments: &PauseArgs) -> Result<Verdict, AppError> {
    let (history, _) = open(&arguments.run)?;
    if history.runner.is_none() {
        output::write_stderr(&format!("the run `{}` does not run\n", history.folder.id));
        return Ok(Verdict::Findings);
    }
    dotwright_runner::send(&history.folder, &Request::Pause { by: "dotwright pause".to_owned() })?;
    Ok(Verdict::Clean)
}

pub(crate) fn clean(arguments: &CleanArgs) -> Result<Verdict, AppError> {
    let root = Root::from_environment();
    let folders = match &arguments.run {
        Some(run) => vec![root.find(run)?],
        None => root.list()?,
    };
    for folder in folders {
        let history = History::read(folder.clone());
        let repository = history.as_ref().ok().and_then(|history| history.created.repository.clone());
        let over = match history {
            Ok(history) if history.runner.is_some() => false,
            Ok(history) => {
                let over = ["success", "fail", "cancelled"].contains(&status(&history)?.0.as_str());
                over || arguments.run.is_some()
            }
            Err(_) => arguments.run.is_some(),
        };
        if !over {
            continue;
        }
        output::write_stdout(format!("{}\n", folder.path.display()).as_bytes())?;
        if arguments.yes {
            // It does not follow links.
            std::fs::remove_dir_all(&folder.path)
                .map_err(|error| AppError::Write { path: folder.path.clone(), error })?;
            if let Some(repository) = repository {
                // Commits stay below refs/dotwright; only the list of worktrees is mended.
                let _later = std::process::Command::new("git")
                    .args(["worktree", "prune"])
                    .current_dir(&repository.top)
                    .status();
            }
        }
    }
    Ok(Verdict::Clean)
}

pub(crate) fn wait(arguments: &WaitArgs) -> Result<Verdict, AppError> {
    let begun = std::time::Instant::now();
    loop {
        let (history, plan) = open(&arguments.run)?;
        if history.runner.is_none() {
            // Neither ended nor resting without a runner: it died.
            return Ok(Verdict::Run(why::code(&history, &plan)?.unwrap_or(9)));
        }
        if arguments.timeout.is_some_and(|timeout| begun.elapsed() > timeout) {
            output::write_stderr(&format!("the run `{}` goes on\n", history.folder.id));
            return Ok(Verdict::Findings);
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

pub(crate) fn fork(arguments: &ForkArgs) -> Result<Verdict, AppError> {
    let (history, plan) = open(&arguments.run)?;
    let until = match &arguments.at {
        None => before_the_end(&history),
        Some(at) => match at.parse() {
            Ok(seq) => Some(seq),
            Err(_) => arrival(&history, &plan, at)?,
        },
    };
    let last = history.records.last().map_or(0, |record| record.seq);
    let Some(until) = until.filter(|&until| until > 1 && until <= last) else {
        let help = format!("`dotwright logs {}` numbers the records", arguments.run);
        return Err(AppError::usage("the run has no such point", help));
    };
    let id = arguments.run_id.clone().unwrap_or_else(dotwright_runner::new_run_id);
    dotwright_runner::fork(&history, &plan, &Root::from_environment(), &id, until)?;
    output::write_stdout(format!("{id}\n").as_bytes())?;
    Ok(Verdict::Clean)
}

/// The record before the fact that ended the run, or its last one.
fn before_the_end(history: &History) -> Option<u64> {
    let over = matches!(
        history.records.last().map(|record| &record.entry),
        Some(Entry::Decision(Command::Finish(_)))
    );
    let last_fact = history.records.iter().rfind(|record| matches!(record.entry, Entry::Fact(_)));
    match last_fact.filter(|_| over) {
        Some(fact) => fact.seq.checked_sub(1),
        None => history.records.last().map(|record| record.seq),
    }
}

/// The record of an arrival.
fn arrival(history: &History, plan: &Plan, at: &str) -> Result<Option<u64>, AppError> {
    let (name, visit) = match at.rsplit_once('#') {
        Some((name, visit)) => (name, visit.parse().ok()),
        None => (at, Some(1)),
    };
    let node = crate::prove::node(plan, name)?;
    let wanted = visit.map(|visit| VisitId { node, visit });
    let found = history.records.iter().find(|record| {
        matches!(&record.entry,
            Entry::Decision(Command::Decide(dotwright_engine::run::Decision::NodeEntered { visit, .. }))
                if Some(*visit) == wanted)
    });
    Ok(found.map(|record| record.seq))
}
