//! `dotwright export`: a run as the folder that the base specification describes, for tools that read that
//! (attractor specification, sections 5.2 to 5.6 and appendix C).
//!
//! Everything comes from the log and the blobs it names, so secrets are redacted there as they are here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dotwright_engine::run::{
    AttemptId, Command, Decision, Event, Evidence, NodeKey, Plan, Report, State, StepOutcome, Trace, Updates,
    Verdict, VisitId, WalkId,
};
use dotwright_model::{AttributeKey, Handler, Outcome};
use dotwright_runner::{AttemptStarted, Entry, History, Note, Part, in_words};
use serde::Serialize;
use serde_json::Value;

use crate::error::AppError;
use crate::run_args::ExportArgs;
use crate::{Verdict as Ending, output, runs};

/// What is longer than this is an artifact of its own (section 5.5).
const ARTIFACT: usize = 100 << 10;

pub(crate) fn run(arguments: &ExportArgs) -> Result<Ending, AppError> {
    let (history, plan) = runs::open(&arguments.run)?;
    let target = arguments.output.clone().unwrap_or_else(|| PathBuf::from(&history.folder.id));
    let replaces = replaces(&target, arguments.force)?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fail = |error| AppError::Write { path: target.clone(), error };
    let fresh = tempfile::Builder::new().prefix(".dotwright-export-").tempdir_in(folder).map_err(fail)?;
    // Beside the target, so that it can be renamed into place whole.
    let made = fresh.path().join("run");
    Export::of(&history, &plan)?.write(&made).map_err(fail)?;
    let old = fresh.path().join("old");
    if replaces {
        std::fs::rename(&target, &old).map_err(fail)?;
    }
    if let Err(error) = std::fs::rename(&made, &target) {
        if replaces {
            // The earlier export would go with the temporary folder.
            std::fs::rename(&old, &target).map_err(fail)?;
        }
        return Err(fail(error));
    }
    output::write_stdout(format!("{}\n", target.display()).as_bytes())?;
    Ok(Ending::Clean)
}

/// Whether there is an earlier export to replace. Anything else that is there is kept.
fn replaces(target: &Path, force: bool) -> Result<bool, AppError> {
    let shown = target.display();
    let Ok(found) = std::fs::symlink_metadata(target) else { return Ok(false) };
    let mut entries = match std::fs::read_dir(target) {
        Ok(entries) if found.is_dir() => entries,
        Ok(_) | Err(_) => {
            return Err(AppError::usage(format!("`{shown}` is no folder"), "name another one with `-o`"));
        }
    };
    if entries.next().is_none() {
        return Ok(false);
    }
    let is_export = ["manifest.json", "checkpoint.json"].iter().all(|name| target.join(name).is_file());
    match (force, is_export) {
        (true, true) => Ok(true),
        (false, true) => Err(AppError::usage(
            format!("there is an export in `{shown}`"),
            "`--force` replaces it, `-o` names another folder",
        )),
        (_, false) => Err(AppError::usage(
            format!("`{shown}` is not empty, and holds no export"),
            "name another folder with `-o`",
        )),
    }
}

/// `manifest.json`: what was run.
#[derive(Serialize)]
struct Manifest<'h> {
    name: String,
    goal: String,
    start_time: &'h str,
    run_id: &'h str,
    status: String,
    graph: &'h str,
    graph_sha256: &'h str,
    tool: String,
}

/// `checkpoint.json`: where it stands (section 5.3).
#[derive(Serialize)]
struct Checkpoint<'h> {
    timestamp: &'h str,
    current_node: String,
    completed_nodes: Vec<String>,
    node_retries: BTreeMap<String, u32>,
    context: BTreeMap<String, String>,
    logs: Vec<String>,
}

/// `NODE/status.json`: the last outcome of a node (section 5.2 and appendix C).
#[derive(Serialize)]
struct Status {
    outcome: &'static str,
    #[serde(flatten)]
    said: Said,
    failure_reason: String,
}

/// What an attempt says about itself, beside the outcome that came of it.
#[derive(Default, Serialize)]
struct Said {
    preferred_label: String,
    suggested_next_ids: Vec<String>,
    context_updates: serde_json::Map<String, Value>,
    notes: String,
}

/// What a folder of a node holds.
#[derive(Default)]
struct Stage {
    said: Said,
    status: Option<Status>,
    prompt: Option<Vec<u8>>,
    response: Option<Vec<u8>>,
}

struct Export<'h> {
    manifest: Manifest<'h>,
    checkpoint: Checkpoint<'h>,
    stages: BTreeMap<NodeKey, (String, Stage)>,
    /// Long outputs by their ids.
    artifacts: BTreeMap<String, String>,
}

impl<'h> Export<'h> {
    fn of(history: &'h History, plan: &Plan) -> Result<Export<'h>, AppError> {
        let (state, trace) = history.fold(plan, None)?;
        let status = history.report(plan, None)?.status;
        let mut export = Export {
            manifest: manifest(history, plan, status),
            checkpoint: checkpoint(history, plan, &state, &trace),
            stages: BTreeMap::new(),
            artifacts: BTreeMap::new(),
        };
        for record in &history.records {
            match &record.entry {
                Entry::Fact(Event::AttemptEnded { attempt, evidence }) => {
                    export.stage(plan, attempt.visit).said = said(evidence);
                    if let Evidence::Tool { output, .. } = evidence {
                        export.keep(history, plan, *attempt, "stdout", &output.output_blob);
                        export.keep(history, plan, *attempt, "stderr", &output.stderr_blob);
                    }
                }
                Entry::Decision(Command::Decide(Decision::OutcomeRecorded {
                    visit, status, reason, ..
                })) => {
                    let stage = export.stage(plan, *visit);
                    // Taken, so that a later visit that says nothing does not inherit it.
                    stage.status = Some(Status {
                        outcome: status.as_str(),
                        said: std::mem::take(&mut stage.said),
                        failure_reason: if *status == Outcome::Fail { reason.clone() } else { String::new() },
                    });
                }
                Entry::Note(Note::AttemptStarted(started)) => {
                    if is_model(plan, started.attempt.visit.node) && started.part == Part::Step {
                        export.stage(plan, started.attempt.visit).prompt = prompt(history, started);
                    }
                }
                Entry::Note(Note::Turn { attempt, turn, .. }) => {
                    let stage = export.stage(plan, attempt.visit);
                    stage.prompt = stage.prompt.take().or_else(|| history.blob(&turn.prompt));
                }
                Entry::Note(Note::Output { attempt, stdout, .. }) => {
                    if is_model(plan, attempt.visit.node) {
                        export.stage(plan, attempt.visit).response = history.blob(stdout);
                    }
                }
                Entry::Fact(_) | Entry::Decision(_) | Entry::Note(_) => {}
            }
        }
        Ok(export)
    }

    fn stage(&mut self, plan: &Plan, visit: VisitId) -> &mut Stage {
        let name = || dotwright_runner::file_name(plan.name(visit.node));
        &mut self.stages.entry(visit.node).or_insert_with(|| (name(), Stage::default())).1
    }

    /// Keeps an output that is too long for the context.
    fn keep(&mut self, history: &History, plan: &Plan, attempt: AttemptId, stream: &str, blob: &str) {
        let Some(bytes) = history.blob(blob).filter(|bytes| bytes.len() > ARTIFACT) else { return };
        let node = dotwright_runner::file_name(plan.name(attempt.visit.node));
        let id = format!("{node}.{}.{}.{stream}", attempt.visit.visit, attempt.attempt);
        self.artifacts.insert(id, String::from_utf8_lossy(&bytes).into_owned());
    }

    fn write(&self, folder: &Path) -> std::io::Result<()> {
        let artifacts = folder.join("artifacts");
        std::fs::create_dir_all(&artifacts)?;
        json(&folder.join("manifest.json"), &self.manifest)?;
        json(&folder.join("checkpoint.json"), &self.checkpoint)?;
        for (name, stage) in self.stages.values() {
            let folder = folder.join(name);
            std::fs::create_dir_all(&folder)?;
            if let Some(status) = &stage.status {
                json(&folder.join("status.json"), status)?;
            }
            for (name, text) in [("prompt.md", &stage.prompt), ("response.md", &stage.response)] {
                if let Some(text) = text {
                    std::fs::write(folder.join(name), text)?;
                }
            }
        }
        for (id, text) in &self.artifacts {
            json(&artifacts.join(format!("{id}.json")), text)?;
        }
        Ok(())
    }
}

fn json(path: &Path, value: &impl Serialize) -> std::io::Result<()> {
    std::fs::write(path, serde_json::to_string_pretty(value)? + "\n")
}

fn manifest<'h>(history: &'h History, plan: &Plan, status: String) -> Manifest<'h> {
    let pipeline = plan.pipeline();
    let goal = pipeline.graph_attribute(AttributeKey::GOAL).map(|goal| goal.text().into_owned());
    let file = Path::new(&history.created.graph_path).file_stem();
    Manifest {
        name: file.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        goal: goal.unwrap_or_default(),
        start_time: history.records.first().map_or("", |record| &record.ts),
        run_id: &history.folder.id,
        status,
        graph: &history.created.graph_path,
        graph_sha256: &history.created.graph_sha256,
        tool: format!("dotwright {}", history.created.tool_version),
    }
}

fn checkpoint<'h>(history: &'h History, plan: &Plan, state: &State, trace: &Trace) -> Checkpoint<'h> {
    let context = state.context(plan, WalkId::MAIN).all();
    let completed: Vec<String> =
        completed(history, trace).into_iter().map(|visit| plan.name(visit.node).to_owned()).collect();
    let retries = context.iter().filter_map(|(key, value)| {
        let node = key.strip_prefix("internal.retry_count.")?;
        Some((node.to_owned(), value.parse().ok()?))
    });
    let words = history.records.iter().filter_map(|record| match &record.entry {
        Entry::Decision(command) => Some(format!("{} {}", record.seq, in_words(plan, command))),
        Entry::Fact(_) => {
            let line = format!("{} {}  {}  {}", record.seq, record.kind, record.node, record.summary(plan));
            Some(line.trim_end().to_owned())
        }
        Entry::Note(_) => None,
    });
    Checkpoint {
        timestamp: history.records.last().map_or("", |record| &record.ts),
        current_node: completed.last().cloned().unwrap_or_default(),
        completed_nodes: completed,
        node_retries: retries.collect(),
        logs: words.collect(),
        context,
    }
}

/// Visits that are over, in the order of their ends: those with an outcome, and diamonds that were left.
fn completed(history: &History, trace: &Trace) -> Vec<VisitId> {
    let mut seen = BTreeSet::new();
    let visits = history.records.iter().filter_map(|record| match &record.entry {
        Entry::Decision(Command::Decide(Decision::OutcomeRecorded { visit, .. })) => Some(*visit),
        Entry::Decision(Command::Decide(Decision::EdgeSelected { from, .. })) => {
            Some(*from).filter(|from| !trace.outcomes.contains_key(from))
        }
        Entry::Fact(_) | Entry::Decision(_) | Entry::Note(_) => None,
    });
    visits.filter(|visit| seen.insert(*visit)).collect()
}

fn is_model(plan: &Plan, node: NodeKey) -> bool {
    matches!(plan.handler(node), Handler::Codergen | Handler::FanIn)
}

/// All that a model was asked in an attempt. A fork has no folders of the attempts that it took over.
fn prompt(history: &History, started: &AttemptStarted) -> Option<Vec<u8>> {
    std::fs::read(history.folder.path.join(&started.folder).join("prompt.md")).ok()
}

fn said(evidence: &Evidence) -> Said {
    let verdict = match evidence {
        Evidence::Tool { verdict, .. } | Evidence::Model { verdict, .. } => verdict,
        Evidence::Reported(outcome) => {
            let StepOutcome { preferred_label, suggested_next_ids, context_updates, notes, .. } =
                outcome.as_ref();
            return Said::of(preferred_label, suggested_next_ids, context_updates, notes);
        }
        Evidence::Crashed(_) | Evidence::Stopped => return Said::default(),
    };
    match verdict {
        Verdict::Given(Report { preferred_label, suggested_next_ids, context_updates, notes, .. }) => {
            Said::of(preferred_label, suggested_next_ids, context_updates, notes)
        }
        Verdict::Absent | Verdict::Invalid(_) => Said::default(),
    }
}

impl Said {
    fn of(label: &str, next: &[String], updates: &Updates, notes: &str) -> Said {
        let updates = updates.iter().map(|(key, value)| {
            let value = value.as_ref().map_or(Value::Null, |value| Value::String(value.clone()));
            (key.clone(), value)
        });
        Said {
            preferred_label: label.to_owned(),
            suggested_next_ids: next.to_vec(),
            context_updates: updates.collect(),
            notes: notes.to_owned(),
        }
    }
}
