//! One line of the event log (section 20.1): an envelope, what happened, and what makes a damaged line visible.

use std::collections::BTreeMap;

use dotwright_engine::run::{
    AttemptId, Command, Decision, Event, GateSpec, Plan, Question, RunStatus, TimerId, VisitId, WalkId,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::conversation::Turn;
use crate::platform::{ProcessRef, hex};
use crate::worktree::Repository;

/// Version of the schema.
const VERSION: u32 = 1;

/// What a record says.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A fact that the engine was told.
    Fact(Event),
    /// What the engine made of the fact before it.
    Decision(Command),
    /// What only the runner needs to know.
    Note(Note),
}

/// What only the runner needs to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The first record.
    RunCreated(Box<RunCreated>),
    /// A process waits for its gate to open, or a child run is about to begin.
    AttemptStarted(AttemptStarted),
    /// The deadline of a gate, in milliseconds since 1970.
    GateDeadline {
        /// The gate.
        gate: VisitId,
        /// The timer that stands for it.
        timer: TimerId,
        /// When.
        deadline: u64,
    },
    /// A process of the step left its group and held on to the pipe.
    LeftoverProcesses {
        /// Whose.
        attempt: AttemptId,
    },
    /// A resumed run ended what its predecessor left running.
    Fenced {
        /// Whose.
        attempt: AttemptId,
        /// The processes that were killed.
        killed: Vec<i32>,
    },
    /// A resumed run cut a torn end of the log.
    TailCut {
        /// How much.
        bytes: u64,
    },
    /// A runner took the run up.
    RunnerStarted {
        /// Which.
        runner: ProcessRef,
    },
    /// A manager told its child something: in the log of both (section 17).
    Steered {
        /// The attempt of the manager; `None` in the log of the child.
        attempt: Option<AttemptId>,
        /// SHA-256 of the text, which is a blob.
        text: String,
        /// Who says it.
        by: String,
    },
    /// A model was asked and answered (section 18).
    Turn {
        /// By which attempt.
        attempt: AttemptId,
        /// The conversation that it is part of.
        thread: String,
        /// What was said.
        turn: Turn,
    },
    /// What a model step or a registered handler wrote. Of tool steps the fact of their end says it.
    Output {
        /// By which attempt.
        attempt: AttemptId,
        /// SHA-256 of its standard output, which is a blob.
        stdout: String,
        /// The same for standard error.
        stderr: String,
    },
    /// Something that a person should know.
    Warning {
        /// What.
        text: String,
    },
}

/// How a run began, so that another runner can take it up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct RunCreated {
    /// Version of the program.
    pub tool_version: String,
    /// SHA-256 of the pipeline's source.
    pub graph_sha256: String,
    /// The file it came from.
    pub graph_path: String,
    /// The profile by name.
    pub profile: String,
    /// The working directory of the steps.
    pub workdir: String,
    /// When, in milliseconds since 1970.
    pub created: u64,
    /// `--max-wall` in milliseconds.
    pub max_wall: Option<u64>,
    /// The command of the model backend.
    pub backend: Option<Vec<String>>,
    /// Filtered variables that the backend gets by name.
    pub backend_variables: Vec<String>,
    /// Commands of registered handlers by type.
    pub handlers: Vec<(String, Vec<String>)>,
    /// The repository, if the run has worktrees.
    pub repository: Option<Repository>,
    /// Labels by key, for those who look for runs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The run that this one is a child of.
    pub parent: Option<String>,
    /// The run that this one was forked from, with the last record that was kept.
    pub forked: Option<(String, u64)>,
}

/// A step that was about to begin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptStarted {
    /// Which.
    pub attempt: AttemptId,
    /// Part of the name of its folder, and of its status path.
    pub nonce: String,
    /// Its folder below the folder of the run.
    pub folder: String,
    /// The leader of its process group; `None` where it could not be started.
    pub process: Option<ProcessRef>,
    /// What the process is for.
    #[serde(default, skip_serializing_if = "Part::is_step")]
    pub part: Part,
}

/// What a process of an attempt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The step itself.
    #[default]
    Step,
    /// The command that verifies the answer of a model.
    Verify,
    /// The model that steers the child of a manager.
    Steer,
}

impl Part {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks like that")]
    fn is_step(&self) -> bool {
        *self == Part::Step
    }
}

/// A record as it was read.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its number, from 1.
    pub seq: u64,
    /// When, for people.
    pub ts: String,
    /// The node it is about, or the empty text.
    pub node: String,
    /// The branch it is about, or the empty text.
    pub branch: String,
    /// The generation of the run.
    pub generation: u32,
    /// Its kind, a word of section 20.1 where that has one.
    pub kind: String,
    /// What it says.
    pub entry: Entry,
    /// SHA-256 of its line.
    pub(crate) digest: String,
    /// The line itself.
    line: String,
}

#[derive(Serialize)]
struct Written<'r, T> {
    v: u32,
    seq: u64,
    ts: &'r str,
    run: &'r str,
    r#gen: u32,
    branch: &'r str,
    node: &'r str,
    kind: &'r str,
    sort: Sort,
    data: &'r T,
    prev: &'r str,
}

#[derive(Deserialize)]
struct Read<'r> {
    v: u32,
    seq: u64,
    ts: String,
    r#gen: u32,
    branch: String,
    node: String,
    kind: String,
    sort: Sort,
    #[serde(borrow)]
    data: &'r RawValue,
    prev: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sort {
    Fact,
    Decision,
    Note,
}

/// Where a record stands and what it is about.
pub(crate) struct Place<'r> {
    pub(crate) seq: u64,
    pub(crate) ts: &'r str,
    pub(crate) run: &'r str,
    pub(crate) generation: u32,
    pub(crate) branch: &'r str,
    pub(crate) node: &'r str,
    pub(crate) prev: &'r str,
}

/// Something that can be written as a record.
pub(crate) enum Line<'r> {
    Fact(&'r Event),
    Decision(&'r Command),
    Note(&'r Note),
}

impl Line<'_> {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Line::Fact(event) => event_kind(event),
            Line::Decision(command) => command_kind(command),
            Line::Note(note) => note.kind(),
        }
    }

    /// Appends the line with its line break, and gives its digest.
    pub(crate) fn write(&self, place: &Place<'_>, into: &mut Vec<u8>) -> serde_json::Result<String> {
        let from = into.len();
        match self {
            Line::Fact(event) => self.text(place, Sort::Fact, event, into),
            Line::Decision(command) => self.text(place, Sort::Decision, command, into),
            Line::Note(note) => self.text(place, Sort::Note, note, into),
        }?;
        // The text of the record ends before its closing brace; length and checksum cover exactly that.
        into.pop();
        let text = into.get(from..).unwrap_or_default();
        let end = format!(",\"len\":{},\"crc\":\"{:08x}\"}}", text.len(), crc32fast::hash(text));
        into.extend_from_slice(end.as_bytes());
        let digest = hex(&Sha256::digest(into.get(from..).unwrap_or_default()));
        into.push(b'\n');
        Ok(digest)
    }

    fn text<T: Serialize>(
        &self,
        place: &Place<'_>,
        sort: Sort,
        data: &T,
        into: &mut Vec<u8>,
    ) -> serde_json::Result<()> {
        let &Place { seq, ts, run, generation, branch, node, prev } = place;
        let kind = self.kind();
        let written =
            Written { v: VERSION, seq, ts, run, r#gen: generation, branch, node, kind, sort, data, prev };
        serde_json::to_writer(into, &written)
    }
}

impl Record {
    /// Reads a line without its line break. `prev` is the digest of the line before.
    pub(crate) fn read(line: &[u8], seq: u64, prev: &str) -> Result<Record, String> {
        let text = std::str::from_utf8(line).map_err(|_| "it is no text".to_owned())?;
        let (body, end) = text.rsplit_once(",\"len\":").ok_or("it has no length")?;
        let end: (usize, &str) = end
            .split_once(",\"crc\":\"")
            .and_then(|(length, crc)| Some((length.parse().ok()?, crc.strip_suffix("\"}")?)))
            .ok_or("it has no checksum")?;
        if end.0 != body.len() {
            return Err("its length differs".to_owned());
        }
        if end.1 != format!("{:08x}", crc32fast::hash(body.as_bytes())) {
            return Err("its checksum differs".to_owned());
        }
        let read: Read<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if read.v != VERSION {
            return Err(format!("it has version {} of the schema, and this program reads {VERSION}", read.v));
        }
        if read.seq != seq {
            return Err(format!("it is record {}", read.seq));
        }
        if read.prev != prev {
            return Err("it does not follow the record before it".to_owned());
        }
        let data = read.data.get();
        let entry = match read.sort {
            Sort::Fact => serde_json::from_str(data).map(Entry::Fact),
            Sort::Decision => serde_json::from_str(data).map(Entry::Decision),
            Sort::Note => serde_json::from_str(data).map(Entry::Note),
        };
        let entry = entry.map_err(|error| error.to_string())?;
        let digest = hex(&Sha256::digest(line));
        let Read { seq, ts, r#gen: generation, node, branch, kind, .. } = read;
        Ok(Record { seq, ts, node, branch, generation, kind, entry, digest, line: text.to_owned() })
    }

    /// The line as it is in the log.
    pub fn data(&self) -> String {
        self.line.clone()
    }

    /// Bytes that it takes in the log, with its line break.
    pub(crate) fn length(&self) -> u64 {
        self.line.len() as u64 + 1
    }

    /// The visit it is about.
    pub fn visit(&self) -> Option<VisitId> {
        match &self.entry {
            Entry::Fact(event) => event_visit(event),
            Entry::Decision(command) => command_subject(command).0,
            Entry::Note(note) => note.visit(),
        }
    }

    /// What it says beside its kind and node, in a few words.
    pub fn summary(&self, plan: &Plan) -> String {
        match &self.entry {
            Entry::Fact(event) => event_summary(event),
            Entry::Decision(command) => command_summary(plan, command),
            Entry::Note(note) => note_summary(note),
        }
    }
}

impl Note {
    fn kind(&self) -> &'static str {
        match self {
            Note::RunCreated(_) => "run_created",
            Note::AttemptStarted(_) => "attempt_started",
            Note::GateDeadline { .. } => "gate_deadline",
            Note::LeftoverProcesses { .. } => "leftover_processes",
            Note::Fenced { .. } => "fenced",
            Note::TailCut { .. } => "tail_cut",
            Note::RunnerStarted { .. } => "runner_started",
            Note::Steered { .. } => "steered",
            Note::Turn { .. } => "turn",
            Note::Output { .. } => "step_output",
            Note::Warning { .. } => "warning",
        }
    }

    pub(crate) fn visit(&self) -> Option<VisitId> {
        match self {
            Note::AttemptStarted(started) => Some(started.attempt.visit),
            Note::LeftoverProcesses { attempt }
            | Note::Fenced { attempt, .. }
            | Note::Turn { attempt, .. }
            | Note::Output { attempt, .. } => Some(attempt.visit),
            Note::GateDeadline { gate, .. } => Some(*gate),
            Note::Steered { attempt, .. } => attempt.map(|attempt| attempt.visit),
            Note::RunCreated(_)
            | Note::TailCut { .. }
            | Note::RunnerStarted { .. }
            | Note::Warning { .. } => None,
        }
    }
}

/// A command as `dotwright logs` shows one: its kind, its node, and what it says.
pub fn in_words(plan: &Plan, command: &Command) -> String {
    let node = command_subject(command).0.map_or("", |visit| plan.name(visit.node));
    let words = [command_kind(command), node, &command_summary(plan, command)];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("  ")
}

fn event_kind(event: &Event) -> &'static str {
    match event {
        Event::Started(_) => "started",
        Event::AttemptEnded { .. } => "attempt_ended",
        Event::AttemptLost { .. } => "attempt_lost",
        Event::CallRequested { .. } => "llm_requested",
        Event::CallSettled { .. } => "llm_settled",
        Event::DelayChosen { .. } => "retry_delay",
        Event::TimerFired { .. } => "timer_fired",
        Event::GateAnswered { .. } => "gate_answered",
        Event::GateUnattended { .. } => "gate_unattended",
        Event::ChildObserved { .. } => "child_observed",
        Event::ChildEnded { .. } => "child_ended",
        Event::ChildPaused { .. } => "child_paused",
        Event::WorkMerged { .. } => "work_merged",
        Event::ProviderBlocked { .. } => "provider_blocked",
        Event::WallTimeUsedUp => "wall_time_used_up",
        Event::CancelRequested { .. } => "cancel_requested",
        Event::PauseRequested { .. } => "pause_requested",
        Event::Resumed { .. } => "resumed",
    }
}

fn command_kind(command: &Command) -> &'static str {
    match command {
        Command::Decide(decision) => decision_kind(decision),
        Command::StartAttempt(_) => "attempt_decided",
        Command::StopAttempt { .. } => "attempt_stopped",
        Command::AllowCall(_) => "llm_reserved",
        Command::RefuseCall { .. } => "llm_refused",
        Command::StartTimer { .. } => "timer_started",
        Command::DropTimer(_) => "timer_dropped",
        Command::Ask(_) => "gate_opened",
        Command::RejectAnswer { .. } => "answer_rejected",
        Command::CloseGate { .. } => "gate_closed",
        Command::StartChild(_) => "child_started",
        Command::ObserveChild(_) => "child_observe",
        Command::SteerChild(_) => "child_steer",
        Command::PauseChild(_) => "child_pause",
        Command::StopChild { .. } => "child_stop",
        Command::MergeWork { .. } => "merge_work",
        Command::Pause(_) => "paused",
        Command::Finish(_) => "run_ended",
    }
}

fn decision_kind(decision: &Decision) -> &'static str {
    match decision {
        Decision::NodeEntered { .. } => "node_entered",
        Decision::OutcomeRecorded { .. } => "outcome_recorded",
        Decision::EdgeSelected { .. } => "edge_selected",
        Decision::RetryScheduled { .. } => "retry_scheduled",
        Decision::AttemptLost { .. } => "attempt_lost_decided",
        Decision::BranchOpened { .. } => "branch_opened",
        Decision::BranchEnded { .. } => "branch_ended",
        Decision::RegionJoined { .. } => "region_joined",
        Decision::GoalChecked { .. } => "goal_checked",
        Decision::GenerationStarted { .. } => "generation_started",
        Decision::BudgetExceeded { .. } => "budget_exceeded",
        Decision::ReservationExceeded(_) => "reservation_exceeded",
        Decision::Warning(_) => "warning",
    }
}

/// The node and the walk that an entry is about.
pub(crate) fn subject(line: &Line<'_>) -> (Option<VisitId>, Option<WalkId>) {
    match line {
        Line::Fact(event) => (event_visit(event), None),
        Line::Decision(command) => command_subject(command),
        Line::Note(note) => (note.visit(), None),
    }
}

fn event_visit(event: &Event) -> Option<VisitId> {
    match event {
        Event::AttemptEnded { attempt, .. }
        | Event::AttemptLost { attempt, .. }
        | Event::ChildObserved { attempt, .. }
        | Event::ChildEnded { attempt, .. }
        | Event::ChildPaused { attempt, .. }
        | Event::ProviderBlocked { attempt, .. } => Some(attempt.visit),
        Event::CallRequested { call, .. } | Event::CallSettled { call, .. } => Some(call.attempt.visit),
        Event::GateAnswered { gate, .. } | Event::GateUnattended { gate, .. } => Some(*gate),
        Event::WorkMerged { visit, .. } => Some(*visit),
        Event::Started(_)
        | Event::DelayChosen { .. }
        | Event::TimerFired { .. }
        | Event::WallTimeUsedUp
        | Event::CancelRequested { .. }
        | Event::PauseRequested { .. }
        | Event::Resumed { .. } => None,
    }
}

fn command_subject(command: &Command) -> (Option<VisitId>, Option<WalkId>) {
    match command {
        Command::Decide(decision) => decision_subject(decision),
        Command::StartAttempt(spec) | Command::StartChild(spec) => {
            (Some(spec.attempt.visit), Some(spec.walk))
        }
        Command::StopAttempt { attempt, .. }
        | Command::ObserveChild(attempt)
        | Command::SteerChild(attempt)
        | Command::PauseChild(attempt)
        | Command::StopChild { attempt, .. } => (Some(attempt.visit), None),
        Command::AllowCall(call) | Command::RefuseCall { call, .. } => (Some(call.attempt.visit), None),
        Command::Ask(gate) => (Some(gate.gate), Some(gate.walk)),
        Command::RejectAnswer { gate, .. } | Command::CloseGate { gate, .. } => (Some(*gate), None),
        Command::MergeWork { visit, walk, .. } => (Some(*visit), Some(*walk)),
        Command::StartTimer { .. } | Command::DropTimer(_) | Command::Pause(_) | Command::Finish(_) => {
            (None, None)
        }
    }
}

fn decision_subject(decision: &Decision) -> (Option<VisitId>, Option<WalkId>) {
    match decision {
        Decision::NodeEntered { walk, visit, .. } => (Some(*visit), Some(*walk)),
        Decision::OutcomeRecorded { visit, .. } => (Some(*visit), None),
        Decision::EdgeSelected { walk, from, .. } => (Some(*from), Some(*walk)),
        Decision::RetryScheduled { attempt, .. } | Decision::AttemptLost { attempt } => {
            (Some(attempt.visit), None)
        }
        Decision::BranchOpened { region, walk, .. } => (Some(*region), Some(*walk)),
        Decision::BranchEnded { walk, .. } => (None, Some(*walk)),
        Decision::RegionJoined { region, .. } => (Some(*region), None),
        Decision::ReservationExceeded(call) => (Some(call.attempt.visit), None),
        Decision::GoalChecked { .. }
        | Decision::GenerationStarted { .. }
        | Decision::BudgetExceeded { .. }
        | Decision::Warning(_) => (None, None),
    }
}

fn event_summary(event: &Event) -> String {
    match event {
        Event::AttemptEnded { attempt, evidence } => {
            format!("attempt {}: {evidence}", attempt.attempt)
        }
        Event::AttemptLost { attempt, .. } => format!("attempt {}", attempt.attempt),
        Event::DelayChosen { millis, .. } => format!("{millis} ms"),
        Event::GateAnswered { answer, .. } => format!("{} by {}", answer.choice, answer.by),
        Event::CancelRequested { by } | Event::PauseRequested { by } => format!("by {by}"),
        Event::ChildEnded { status: RunStatus::Success, .. } => RunStatus::Success.as_str().to_owned(),
        Event::ChildEnded { status, reason, .. } => format!("{}: {reason}", status.as_str()),
        Event::ChildPaused { why, .. } => why.as_str().to_owned(),
        Event::WorkMerged { conflicts, .. } => conflicts.join(", "),
        Event::ProviderBlocked { reason, .. } => reason.clone(),
        Event::Started(_)
        | Event::CallRequested { .. }
        | Event::CallSettled { .. }
        | Event::TimerFired { .. }
        | Event::GateUnattended { .. }
        | Event::ChildObserved { .. }
        | Event::WallTimeUsedUp
        | Event::Resumed { .. } => String::new(),
    }
}

fn command_summary(plan: &Plan, command: &Command) -> String {
    match command {
        Command::Decide(Decision::OutcomeRecorded { status, class, reason, .. }) => {
            let class = class.map(|class| format!(", {}", class.as_str())).unwrap_or_default();
            let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            format!("{}{class}{reason}", status.as_str())
        }
        Command::Decide(Decision::EdgeSelected { to, .. }) => format!("-> {}", plan.name(*to)),
        Command::Decide(Decision::NodeEntered { visit, .. }) => format!("visit {}", visit.visit),
        Command::Decide(Decision::RetryScheduled { attempt, nominal, .. }) => {
            format!("attempt {} after {nominal} ms", attempt.attempt)
        }
        Command::Decide(Decision::BudgetExceeded { budget, .. }) => budget.as_str().to_owned(),
        Command::Decide(Decision::Warning(text)) => text.clone(),
        Command::Ask(GateSpec { question: Question::Choices(choices), .. }) => {
            let choices = choices.iter().map(|choice| format!("[{}] {}", choice.key, choice.text));
            choices.collect::<Vec<_>>().join(", ")
        }
        Command::Pause(pause) => pause.reason.as_str().to_owned(),
        Command::Finish(end) => end.status.as_str().to_owned(),
        Command::Decide(_)
        | Command::StartAttempt(_)
        | Command::StopAttempt { .. }
        | Command::AllowCall(_)
        | Command::RefuseCall { .. }
        | Command::StartTimer { .. }
        | Command::DropTimer(_)
        | Command::Ask(_)
        | Command::RejectAnswer { .. }
        | Command::CloseGate { .. }
        | Command::StartChild(_)
        | Command::ObserveChild(_)
        | Command::SteerChild(_)
        | Command::PauseChild(_)
        | Command::StopChild { .. }
        | Command::MergeWork { .. } => String::new(),
    }
}

fn note_summary(note: &Note) -> String {
    match note {
        Note::RunCreated(created) => created.graph_path.clone(),
        Note::AttemptStarted(started) => {
            let process = started.process.as_ref().map_or(0, |process| process.pid);
            let part = match started.part {
                Part::Step => "",
                Part::Verify => ", verify command",
                Part::Steer => ", steering",
            };
            format!("attempt {}, process {process}{part}", started.attempt.attempt)
        }
        Note::Fenced { killed, .. } => format!("killed {killed:?}"),
        Note::TailCut { bytes } => format!("{bytes} bytes"),
        Note::RunnerStarted { runner } => format!("process {}", runner.pid),
        Note::Warning { text } => text.clone(),
        Note::Steered { by, .. } => format!("by {by}"),
        Note::Turn { thread, .. } => thread.clone(),
        Note::Output { attempt, .. } => format!("attempt {}", attempt.attempt),
        Note::GateDeadline { deadline, .. } => deadline.to_string(),
        Note::LeftoverProcesses { .. } => String::new(),
    }
}
