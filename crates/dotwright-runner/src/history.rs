//! A log folded into the state it stands for. Replay feeds the recorded facts to the engine and requires the recorded
//! decisions (section 20).

use std::collections::{BTreeMap, VecDeque};

use dotwright_engine::run::{AttemptId, Command, Plan, State, TimerId, Trace};

use crate::branches::Branches;
use crate::conversation::Conversations;
use crate::error::RunError;
use crate::folder::RunFolder;
use crate::lock;
use crate::log;
use crate::record::{AttemptStarted, Entry, Line, Note, Part, Record, RunCreated};
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
        let contents = log::read(folder)?;
        let created = created(folder, &contents.records)?;
        if crate::platform::sha256(plan.pipeline().source()) != created.graph_sha256 {
            let why = "the pipeline in its folder is not the one that it began with".to_owned();
            return Err(RunError::Damaged { path: folder.source(), seq: 1, why });
        }
        let mut fold = Fold::default();
        for record in &contents.records {
            fold.feed(plan, record).map_err(|why| RunError::Damaged {
                path: folder.log(),
                seq: record.seq,
                why,
            })?;
        }
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

fn created(folder: &RunFolder, records: &[Record]) -> Result<RunCreated, RunError> {
    match records.first().map(|record| &record.entry) {
        Some(Entry::Note(Note::RunCreated(created))) => Ok((**created).clone()),
        Some(_) | None => Err(RunError::Empty(folder.id.clone())),
    }
}

#[derive(Default)]
struct Fold {
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
    fn feed(&mut self, plan: &Plan, record: &Record) -> Result<(), String> {
        match &record.entry {
            Entry::Fact(event) => {
                if let Some(left) = self.expected.front() {
                    return Err(format!("a decision is missing before it: {left:?}"));
                }
                let mut commands = Vec::new();
                self.state.apply(plan, event.clone(), &mut commands);
                commands.iter().for_each(|command| self.trace.observe(command));
                self.expected = commands.into();
            }
            Entry::Decision(command) => match self.expected.pop_front() {
                Some(expected) if expected == *command => {
                    self.branches.of(plan, &Line::Decision(command));
                }
                Some(expected) => return Err(format!("replay decides {expected:?}")),
                None => return Err("replay decides nothing there".to_owned()),
            },
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
        let records = log::read(&folder)?.records;
        let created = created(&folder, &records)?;
        let runner = lock::holder(&folder).map(|process| process.pid);
        Ok(History { folder, created, records, runner })
    }

    /// How the run stood after the record with this number; at the end without one.
    ///
    /// # Errors
    /// When a record is not what the engine decides.
    pub fn fold(&self, plan: &Plan, until: Option<u64>) -> Result<(State, Trace), RunError> {
        let mut fold = Fold::default();
        let records = self.records.iter().take_while(|record| until.is_none_or(|until| record.seq <= until));
        for record in records {
            fold.feed(plan, record).map_err(|why| RunError::Damaged {
                path: self.folder.log(),
                seq: record.seq,
                why,
            })?;
        }
        Ok((fold.state, fold.trace))
    }

    /// The report of the run as it stands.
    ///
    /// # Errors
    /// As [`History::fold`].
    pub fn report(&self, plan: &Plan, until: Option<u64>) -> Result<Report, RunError> {
        let (state, trace) = self.fold(plan, until)?;
        let digest = self.records.last().map(|record| record.digest.as_str()).unwrap_or_default();
        Ok(Report::of(&self.folder.id, plan, &state, &trace, &self.created.graph_sha256, digest))
    }

    /// The text of a blob of the run.
    pub fn blob(&self, digest: &str) -> Option<Vec<u8>> {
        let plain = !digest.is_empty() && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain.then(|| std::fs::read(self.folder.blobs().join(digest)).ok())?
    }
}
