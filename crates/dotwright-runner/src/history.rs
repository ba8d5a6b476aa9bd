//! A log folded into the state it stands for. Replay feeds the recorded facts to the engine and requires the recorded
//! decisions (section 20).

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;

use dotwright_engine::run::{
    AttemptId, Command, Decision, Event, Plan, Renumbering, State, TimerId, Trace, VisitId,
};
use dotwright_model::{Pipeline, Profile};

use crate::branches::Branches;
use crate::child;
use crate::conversation::Conversations;
use crate::error::RunError;
use crate::folder::{Root, RunFolder};
use crate::lock;
use crate::log;
use crate::record::{AttemptStarted, Entry, Line, Note, Part, Record, RunCreated};
use crate::replay::{Difference, Replayed};
use crate::report::Report;

/// What a log stands for.
#[derive(Debug)]
pub(crate) struct Folded {
    pub(crate) created: RunCreated,
    pub(crate) state: State,
    pub(crate) trace: Trace,
    /// The last record of each attempt that was begun.
    pub(crate) started: BTreeMap<AttemptId, AttemptStarted>,
    pub(crate) deadlines: BTreeMap<TimerId, u64>,
    pub(crate) branches: Branches,
    /// Blobs of what the manager said and no model step was told.
    pub(crate) steering: Vec<String>,
    pub(crate) conversations: Conversations,
    /// Processes that made a text for a child and may still be there.
    pub(crate) steerers: Vec<AttemptStarted>,
    /// Decisions that follow from the last fact and were cut off.
    pub(crate) missing: Vec<Command>,
    pub(crate) seq: u64,
    pub(crate) digest: String,
    pub(crate) length: u64,
    pub(crate) torn: u64,
}

impl Folded {
    pub(crate) fn read(folder: &RunFolder, plan: &Plan) -> Result<Folded, RunError> {
        let contents = log::read_whole(&folder.log())?;
        let created = created(folder, &contents.records)?;
        check_graph(folder, plan, &created)?;
        let fold = fold(folder, plan, &contents.records)?;
        let last = contents.records.last();
        Ok(Folded {
            created,
            seq: last.map_or(0, |record| record.seq),
            digest: last.map(|record| record.digest.clone()).unwrap_or_default(),
            length: contents.length,
            torn: contents.torn,
            missing: fold.expected.into(),
            state: fold.state,
            trace: fold.trace,
            started: fold.started,
            deadlines: fold.deadlines,
            branches: fold.branches,
            steering: fold.steering,
            conversations: fold.conversations,
            steerers: fold.steerers.into_values().collect(),
        })
    }
}

fn check_graph(folder: &RunFolder, plan: &Plan, created: &RunCreated) -> Result<(), RunError> {
    if crate::platform::sha256(plan.pipeline().source()) == created.graph_sha256 {
        return Ok(());
    }
    Err(RunError::OtherGraph { path: folder.source() })
}

/// Folds records, and requires the recorded decisions.
pub(crate) fn fold<'r>(
    folder: &RunFolder,
    plan: &Plan,
    records: impl IntoIterator<Item = &'r Record>,
) -> Result<Fold, RunError> {
    let mut fold = Fold::default();
    let mut offset = 0;
    for record in records {
        fold.feed(plan, record).map_err(|difference| RunError::Damaged {
            path: folder.log(),
            seq: difference.seq,
            offset,
            why: difference.to_string(),
        })?;
        offset += record.length();
    }
    Ok(fold)
}

fn created(folder: &RunFolder, records: &[Record]) -> Result<RunCreated, RunError> {
    match records.first().map(|record| &record.entry) {
        Some(Entry::Note(Note::RunCreated(created))) => Ok((**created).clone()),
        Some(_) | None => Err(RunError::Empty(folder.id.clone())),
    }
}

/// Records folded so far.
#[derive(Default)]
pub(crate) struct Fold {
    state: State,
    trace: Trace,
    expected: VecDeque<Command>,
    started: BTreeMap<AttemptId, AttemptStarted>,
    deadlines: BTreeMap<TimerId, u64>,
    branches: Branches,
    /// Blobs of what the manager said and no model step was told.
    steering: Vec<String>,
    conversations: Conversations,
    /// Processes that made a text for a child.
    steerers: BTreeMap<AttemptId, AttemptStarted>,
}

impl Fold {
    fn feed(&mut self, plan: &Plan, record: &Record) -> Result<(), Difference> {
        match &record.entry {
            Entry::Fact(event) => self.fact(plan, record.seq, event.clone())?,
            Entry::Decision(command) => {
                let expected = self.expected.pop_front();
                if expected.as_ref() != Some(command) {
                    return Err(Difference { seq: record.seq, replayed: expected });
                }
                self.branches.of(plan, &Line::Decision(command));
            }
            Entry::Note(Note::AttemptStarted(started)) => {
                self.started.insert(started.attempt, started.clone());
                let node = started.attempt.visit.node;
                match started.part {
                    Part::Step if crate::step::kind(plan, node) == crate::step::Kind::Agent => {
                        self.steering.clear();
                    }
                    Part::Steer => {
                        self.steerers.insert(started.attempt, started.clone());
                    }
                    Part::Step | Part::Verify => {}
                }
            }
            Entry::Note(Note::GateDeadline { timer, deadline, .. }) => {
                self.deadlines.insert(*timer, *deadline);
            }
            Entry::Note(Note::Turn { thread, turn, .. }) => {
                self.conversations.entry(thread.clone()).or_default().push(turn.clone());
            }
            Entry::Note(Note::Steered { attempt: None, text, .. }) => self.steering.push(text.clone()),
            Entry::Note(Note::Steered { attempt: Some(attempt), .. }) => {
                self.steerers.remove(attempt);
            }
            Entry::Note(
                Note::RunCreated(_)
                | Note::LeftoverProcesses { .. }
                | Note::Fenced { .. }
                | Note::TailCut { .. }
                | Note::RunnerStarted { .. }
                | Note::Output { .. }
                | Note::Warning { .. },
            ) => {}
        }
        Ok(())
    }

    /// The same with the decisions of another version of the graph. Which other edges a step had is no part of what was
    /// decided there.
    fn feed_renumbered(
        &mut self,
        plan: &Plan,
        record: &Record,
        renumbering: &Renumbering,
    ) -> Result<(), Difference> {
        match &record.entry {
            Entry::Fact(event) => self.fact(plan, record.seq, renumbering.event(event.clone())),
            Entry::Decision(command) => {
                let recorded = without_candidates(renumbering.command(command.clone()));
                let replayed = self.expected.pop_front();
                if replayed.clone().map(without_candidates).as_ref() == Some(&recorded) {
                    return Ok(());
                }
                Err(Difference { seq: record.seq, replayed })
            }
            Entry::Note(_) => Ok(()),
        }
    }

    fn fact(&mut self, plan: &Plan, seq: u64, event: Event) -> Result<(), Difference> {
        if let Some(left) = self.expected.pop_front() {
            return Err(Difference { seq, replayed: Some(left) });
        }
        let mut commands = Vec::new();
        self.state.apply(plan, event, &mut commands);
        commands.iter().for_each(|command| self.trace.observe(command));
        self.expected = commands.into();
        Ok(())
    }
}

fn without_candidates(mut command: Command) -> Command {
    if let Command::Decide(Decision::EdgeSelected { candidates, .. }) = &mut command {
        candidates.clear();
    }
    command
}

/// The children that managers of a run watch. One that has not begun yet is not among them.
fn children(folder: &RunFolder, plan: &Plan, state: &State) -> Result<Vec<History>, RunError> {
    let root = Root::around(folder);
    let mut found = Vec::new();
    for visit in state.open_children() {
        match root.open(&child::run_id(&folder.id, plan.name(visit.node), visit.visit)) {
            Ok(folder) if folder.is_begun() => found.push(History::read(folder)?),
            Ok(_) | Err(RunError::Unknown(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Gates of children that wait for a person, as reports name them.
pub(crate) fn open_gates_of_children(
    folder: &RunFolder,
    plan: &Plan,
    state: &State,
) -> Result<Vec<String>, RunError> {
    let mut found = Vec::new();
    for child in children(folder, plan, state)? {
        found.extend(child.report(&child.plan()?, None)?.open_gates);
    }
    Ok(found)
}

/// A run to look at. Reading it changes nothing and needs no lock.
#[derive(Debug)]
pub struct History {
    /// The folder of the run.
    pub folder: RunFolder,
    /// How it began.
    pub created: RunCreated,
    /// All good records.
    pub records: Vec<Record>,
    /// The runner that has it now.
    pub runner: Option<i32>,
}

impl History {
    /// Reads a run.
    ///
    /// # Errors
    /// When its log is damaged or empty.
    pub fn read(folder: RunFolder) -> Result<History, RunError> {
        let records = log::read_whole(&folder.log())?.records;
        History::of(folder, records)
    }

    /// Reads a log that somebody names, with the pipeline beside it.
    ///
    /// # Errors
    /// As [`History::read`], and when there is no such file.
    pub fn read_file(log: &Path) -> Result<History, RunError> {
        std::fs::metadata(log).map_err(RunError::io("read", log))?;
        let path = log.parent().unwrap_or(Path::new("")).to_owned();
        let id = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        History::of(RunFolder { id, path }, log::read_whole(log)?.records)
    }

    pub(crate) fn of(folder: RunFolder, records: Vec<Record>) -> Result<History, RunError> {
        let created = created(&folder, &records)?;
        let runner = lock::holder(&folder).map(|process| process.pid);
        Ok(History { folder, created, records, runner })
    }

    /// The plan of the run's own pipeline, which is not checked here: the run could not have begun otherwise.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn plan(&self) -> Result<Plan, RunError> {
        let path = self.folder.source();
        let source = std::fs::read_to_string(&path).map_err(RunError::io("read", &path))?;
        Ok(Plan::new(Arc::new(Pipeline::parse(&source, self.profile()))))
    }

    /// The profile that the run began with.
    pub fn profile(&self) -> &'static Profile {
        Profile::by_name(&self.created.profile).unwrap_or_else(Profile::default)
    }

    /// How the run stood after the record with this number; at the end without one.
    ///
    /// # Errors
    /// When a record is not what the engine decides.
    pub fn fold(&self, plan: &Plan, until: Option<u64>) -> Result<(State, Trace), RunError> {
        let records = self.records.iter().take_while(|record| until.is_none_or(|until| record.seq <= until));
        let fold = fold(&self.folder, plan, records)?;
        Ok((fold.state, fold.trace))
    }

    /// Feeds the recorded facts to the engine and compares what it decides with what is recorded, up to the record with
    /// this number. With another version of the graph, `plan` is that of the run.
    ///
    /// # Errors
    /// When `plan` is not that of the run, or a node that the run visited is gone from the other version.
    pub fn replay(
        &self,
        plan: &Plan,
        against: Option<&Plan>,
        until: Option<u64>,
    ) -> Result<Replayed, RunError> {
        check_graph(&self.folder, plan, &self.created)?;
        let kept = || self.records.iter().take_while(|record| until.is_none_or(|until| record.seq <= until));
        let renumbering = against.map(|against| (against, Renumbering::between(plan, against)));
        if let Some((_, renumbering)) = &renumbering {
            for record in kept() {
                if let Entry::Decision(Command::Decide(Decision::NodeEntered { visit, .. })) = &record.entry
                    && renumbering.node(visit.node).is_none()
                {
                    let node = plan.name(visit.node).to_owned();
                    return Err(RunError::Gone { node, seq: record.seq });
                }
            }
        }
        let mut fold = Fold::default();
        let mut replayed = Replayed::default();
        for record in kept() {
            let fed = match &renumbering {
                Some((against, renumbering)) => fold.feed_renumbered(against, record, renumbering),
                None => fold.feed(plan, record),
            };
            if let Err(difference) = fed {
                replayed.difference = Some(difference);
                break;
            }
            match &record.entry {
                Entry::Fact(_) => replayed.facts += 1,
                Entry::Decision(_) => replayed.decisions += 1,
                Entry::Note(_) => {}
            }
        }
        Ok(replayed)
    }

    /// The report of the run as it stands, with the open gates of its children behind its own. At an earlier record it
    /// is about the run alone.
    ///
    /// # Errors
    /// As [`History::fold`].
    pub fn report(&self, plan: &Plan, until: Option<u64>) -> Result<Report, RunError> {
        let (state, trace) = self.fold(plan, until)?;
        let digest = self.records.last().map(|record| record.digest.as_str()).unwrap_or_default();
        let mut report =
            Report::of(&self.folder.id, plan, &state, &trace, &self.created.graph_sha256, digest);
        if until.is_none() {
            report.open_gates.extend(open_gates_of_children(&self.folder, plan, &state)?);
        }
        Ok(report)
    }

    /// The child pipelines of the run that are not over, each before its own children.
    ///
    /// # Errors
    /// As [`History::read`] and [`History::fold`].
    pub fn open_children(&self, plan: &Plan) -> Result<Vec<History>, RunError> {
        let (state, _) = self.fold(plan, None)?;
        let mut found = Vec::new();
        for child in children(&self.folder, plan, &state)? {
            let below = child.open_children(&child.plan()?)?;
            found.push(child);
            found.extend(below);
        }
        Ok(found)
    }

    /// Until when a gate waits for an answer, in UTC.
    pub fn deadline(&self, gate: VisitId) -> Option<String> {
        let deadline = self.records.iter().rev().find_map(|record| match &record.entry {
            Entry::Note(Note::GateDeadline { gate: known, deadline, .. }) if *known == gate => {
                Some(*deadline)
            }
            Entry::Fact(_) | Entry::Decision(_) | Entry::Note(_) => None,
        })?;
        let deadline = jiff::Timestamp::from_millisecond(i64::try_from(deadline).ok()?).ok()?;
        Some(deadline.to_string())
    }

    /// The text of a blob of the run.
    pub fn blob(&self, digest: &str) -> Option<Vec<u8>> {
        let plain = !digest.is_empty() && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain.then(|| std::fs::read(self.folder.blobs().join(digest)).ok())?
    }
}
