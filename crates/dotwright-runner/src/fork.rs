//! A new run that shares its past with an old one.

use std::collections::BTreeSet;

use dotwright_engine::run::{Event, Plan, VisitId};

use crate::blobs::Blobs;
use crate::error::RunError;
use crate::folder::{Root, RunFolder, write_atomically};
use crate::history::History;
use crate::lock::Lock;
use crate::log::Log;
use crate::pins::Pins;
use crate::platform::now_millis;
use crate::record::{Entry, Line, Note, RunCreated};
use crate::worktree::{Subject, Trees};

/// Copies facts and decisions up to a record into a run of its own. Resuming it goes on from there; a step that was
/// under way at that point is run again.
///
/// # Errors
/// When there is a run of that id, or the disk says no.
pub fn fork(
    history: &History,
    plan: &Plan,
    root: &Root,
    id: &str,
    until: u64,
) -> Result<RunFolder, RunError> {
    let folder = root.create(id)?;
    let _lock = Lock::take(&folder)?;
    let source = history.folder.source();
    let text = std::fs::read(&source).map_err(RunError::io("read", &source))?;
    write_atomically(&folder.source(), &text).map_err(RunError::io("write", &folder.source()))?;
    if let Some(pins) = Pins::read(&history.folder)? {
        pins.write(&folder)?;
    }
    copy_blobs(history, &folder)?;
    copy_work(history, plan, id, until)?;
    let created = RunCreated {
        created: now_millis(),
        forked: Some((history.folder.id.clone(), until)),
        ..history.created.clone()
    };
    let mut log = Log::create(&folder)?;
    let ts = jiff::Timestamp::now().to_string();
    log.append(&Line::Note(&Note::RunCreated(Box::new(created))), 0, "", "", &ts)?;
    for record in history.records.iter().take_while(|record| record.seq <= until) {
        let line = match &record.entry {
            Entry::Fact(event) => Line::Fact(event),
            Entry::Decision(command) => Line::Decision(command),
            Entry::Note(
                note @ (Note::GateDeadline { .. }
                | Note::Turn { .. }
                | Note::Output { .. }
                | Note::Steered { attempt: None, .. }),
            ) => Line::Note(note),
            Entry::Note(_) => continue,
        };
        log.append(&line, record.generation, &record.branch, &record.node, &record.ts)?;
    }
    log.commit()?;
    Ok(folder)
}

/// Where the old run had worktrees, the new one begins with the commits of that point.
fn copy_work(history: &History, plan: &Plan, id: &str, until: u64) -> Result<(), RunError> {
    let Some(repository) = history.created.repository.clone() else { return Ok(()) };
    let kept = history.records.iter().take_while(|record| record.seq <= until);
    let subject = |visit: VisitId, attempt| {
        let node = plan.name(visit.node).to_owned();
        Subject { node, visit: visit.visit, attempt }
    };
    let made = kept.filter_map(|record| match &record.entry {
        Entry::Fact(Event::AttemptEnded { attempt, .. }) => Some(subject(attempt.visit, attempt.attempt)),
        Entry::Fact(Event::WorkMerged { visit, .. }) => Some(subject(*visit, 0)),
        Entry::Fact(_) | Entry::Decision(_) | Entry::Note(_) => None,
    });
    let made: BTreeSet<Subject> = made.collect();
    let (state, _) = history.fold(plan, Some(until))?;
    let top = repository.top.clone();
    let trees = Trees::new(repository, &history.folder.path, &history.folder.id);
    let copied = trees.fork(id, state.walks(), |subject| made.contains(subject));
    copied.map_err(RunError::io("fork the work in", &top))
}

fn copy_blobs(history: &History, folder: &RunFolder) -> Result<(), RunError> {
    let from = history.folder.blobs();
    let blobs = Blobs::new(folder.blobs());
    let entries = std::fs::read_dir(&from).map_err(RunError::io("read", &from))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let linked = std::fs::hard_link(&path, folder.blobs().join(entry.file_name()));
        if linked.is_err() {
            let bytes = std::fs::read(&path).map_err(RunError::io("read", &path))?;
            blobs.put(&bytes).map_err(RunError::io("write", &path))?;
        }
    }
    Ok(())
}
