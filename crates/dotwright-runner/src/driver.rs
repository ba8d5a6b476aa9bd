//! One thread owns the state and the log of a run. Facts come to it over a channel; it tells the engine, writes facts and
//! decisions in one batch, and only then lets anything happen (section 20.2).
//!
//! Steps are the exception that keeps that fast. Their processes are started at once, in threads of their own and behind
//! gates; a batch waits for them, so that what was decided and what was started go to disk together.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use dotwright_engine::run::{
    AttemptId, AttemptSpec, CallId, Command, Event, NodeKey, Phase, Plan, State, TimerId, Trace, VisitId,
};
use dotwright_model::AttributeKey;

use crate::attributes::list;
use crate::blobs::Blobs;
use crate::branches::Branches;
use crate::child::{self, Child, Progress};
use crate::conversation::Conversations;
use crate::crew::Crew;
use crate::error::RunError;
use crate::folder::{Root, RunFolder, write_atomically};
use crate::gates::Desk;
use crate::graph::Graph;
use crate::history::open_gates_of_children;
use crate::lock::Lock;
use crate::log::Log;
use crate::mailbox::{Ended, Incoming, Mailbox};
use crate::moment::{Flow, Moment, Observer};
use crate::platform::{nonce, now_millis};
use crate::process::{Gate, Stopper};
use crate::record::{Line, Note, RunCreated, subject};
use crate::redaction::Secrets;
use crate::report::Report;
use crate::requests::{self, Request};
use crate::scratch::Spares;
use crate::setup::Setup;
use crate::step::{self, Begun, NotBegun};
use crate::worktree::Trees;

/// How often the inbox is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// The driver of a run.
pub(crate) struct Driver<'r> {
    pub(crate) graph: Arc<Graph>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) setup: &'r Setup,
    pub(crate) root: &'r Root,
    pub(crate) folder: RunFolder,
    pub(crate) state: State,
    pub(crate) trace: Trace,
    pub(crate) created: RunCreated,
    pub(crate) blobs: Arc<Blobs>,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) sender: Sender<Incoming>,
    pub(crate) nonces: (String, u64),
    pub(crate) spares: Arc<Spares>,
    pub(crate) source: PathBuf,
    pub(crate) workdir: PathBuf,
    pub(crate) trees: Option<Trees>,
    _lock: Lock,
    log: Log,
    receiver: Receiver<Incoming>,
    observer: &'r mut dyn Observer,
    pub(crate) running: BTreeMap<AttemptId, Stopper>,
    pub(crate) children: BTreeMap<AttemptId, Child>,
    pub(crate) timers: BTreeSet<(Instant, TimerId)>,
    /// Wall-clock deadlines of gates by timer, in milliseconds since 1970.
    pub(crate) deadlines: BTreeMap<TimerId, u64>,
    /// Model attempts that wait for the budget.
    pub(crate) waiting: BTreeMap<CallId, Waiting>,
    /// What the manager of this run says, for the next model step.
    pub(crate) steering: Vec<String>,
    pub(crate) conversations: Conversations,
    pub(crate) desk: Desk,
    /// Facts that came about here.
    pub(crate) soon: VecDeque<Event>,
    /// When the wall time of the run, or of the run around it, is used up.
    pub(crate) wall: Option<Instant>,
    looked: Instant,
    commands: Vec<Command>,
    pub(crate) branches: Branches,
    progress: Option<Arc<Progress>>,
    /// The threads that start steps and watch them.
    pub(crate) crew: Crew,
    /// Attempts whose processes wait for their records to be on disk.
    behind_gates: Vec<(AttemptId, Gate)>,
}

/// What waits for the budget.
pub(crate) enum Waiting {
    Step(AttemptSpec),
    /// The text of this manager for its child.
    Steer(AttemptId),
}

/// What a driver works with, whether its run is new or taken up.
pub(crate) struct Parts<'r> {
    pub(crate) graph: &'r Arc<Graph>,
    pub(crate) setup: &'r Setup,
    pub(crate) root: &'r Root,
    pub(crate) mailbox: Mailbox,
    pub(crate) observer: &'r mut dyn Observer,
    pub(crate) progress: Option<Arc<Progress>>,
    /// When the wall time of the run around this one is used up.
    pub(crate) until: Option<Instant>,
}

impl<'r> Driver<'r> {
    pub(crate) fn new(
        parts: Parts<'r>,
        folder: RunFolder,
        lock: Lock,
        log: Log,
        created: RunCreated,
    ) -> Driver<'r> {
        let Parts { graph, setup, root, mailbox, observer, progress, until } = parts;
        let age = now_millis().saturating_sub(created.created);
        let left = created.max_wall.map(|wall| Duration::from_millis(wall.saturating_sub(age)));
        Driver {
            plan: Arc::clone(graph.plan()),
            graph: Arc::clone(graph),
            setup,
            root,
            secrets: Arc::new(secrets(setup, graph)),
            blobs: Arc::new(Blobs::new(folder.blobs())),
            source: folder.source(),
            workdir: PathBuf::from(&created.workdir),
            trees: created
                .repository
                .clone()
                .map(|repository| Trees::new(repository, &folder.path, &folder.id)),
            folder,
            state: State::new(),
            trace: Trace::default(),
            created,
            sender: mailbox.sender.clone(),
            nonces: (nonce(), 0),
            spares: Arc::default(),
            _lock: lock,
            log,
            desk: Desk::new(mailbox.sender),
            receiver: mailbox.receiver,
            observer,
            running: BTreeMap::new(),
            children: BTreeMap::new(),
            timers: BTreeSet::new(),
            deadlines: BTreeMap::new(),
            waiting: BTreeMap::new(),
            steering: Vec::new(),
            conversations: Conversations::new(),
            soon: VecDeque::new(),
            wall: left.map(|left| Instant::now() + left).into_iter().chain(until).min(),
            looked: Instant::now(),
            commands: Vec::new(),
            branches: Branches::default(),
            progress,
            crew: Crew::default(),
            behind_gates: Vec::new(),
        }
    }

    pub(crate) fn append_created(&mut self) -> Result<(), RunError> {
        let note = Note::RunCreated(Box::new(self.created.clone()));
        self.append(&Line::Note(&note))
    }

    pub(crate) fn begun(&mut self) -> Result<(), RunError> {
        let run = self.folder.id.clone();
        self.observe(Moment::Begun { run: &run })
    }

    fn observe(&mut self, moment: Moment<'_>) -> Result<(), RunError> {
        match self.observer.observe(&self.plan, &self.state, moment) {
            Flow::Continue(()) => Ok(()),
            Flow::Break(()) => Err(RunError::StoppedDead),
        }
    }

    /// From the first facts to the end, or until the run rests.
    pub(crate) fn go(&mut self, first: Vec<Event>) -> Result<Report, RunError> {
        let result = self.go_on(first);
        match &result {
            // As a crash would.
            Ok(_) | Err(RunError::StoppedDead) => {}
            Err(_) => self.abandon(),
        }
        result
    }

    fn go_on(&mut self, first: Vec<Event>) -> Result<Report, RunError> {
        self.handle(first)?;
        while !self.is_at_rest() {
            let events = self.next_events()?;
            if !events.is_empty() || !self.log.pending().is_empty() {
                self.handle(events)?;
            }
        }
        self.finish()
    }

    /// Ends all that runs, and waits for that. Nothing of it is written: the runner has failed.
    fn abandon(&mut self) {
        self.behind_gates.clear();
        self.running.values().for_each(Stopper::stop);
        self.children.values().for_each(|child| child.control.abandon());
        while !self.running.is_empty() || !self.children.is_empty() {
            match self.receiver.recv() {
                Ok(Incoming::Ended(ended)) => {
                    self.running.remove(&ended.attempt);
                }
                Ok(Incoming::Failed { attempt, .. } | Incoming::Steered { attempt, .. }) => {
                    self.running.remove(&attempt);
                }
                Ok(Incoming::ChildReturned { attempt, .. }) => {
                    self.children.remove(&attempt);
                }
                Ok(Incoming::Kill) => self.kill(),
                // A process whose gate goes with the message leaves by itself.
                Ok(
                    Incoming::Begun(_)
                    | Incoming::Replied { .. }
                    | Incoming::Merged { .. }
                    | Incoming::Asked(_)
                    | Incoming::Abandoned,
                ) => {}
                Err(_) => return,
            }
        }
    }

    fn is_at_rest(&self) -> bool {
        let over = matches!(self.state.phase(), Phase::Paused(_) | Phase::Ended(_));
        over && self.running.is_empty() && self.children.is_empty() && self.soon.is_empty()
    }

    /// Writes the report and gives it.
    pub(crate) fn finish(&mut self) -> Result<Report, RunError> {
        self.spares.remove();
        let report = self.report()?;
        let path = self.folder.report();
        write_atomically(&path, report.json().as_bytes()).map_err(RunError::io("write", &path))?;
        Ok(report)
    }

    fn report(&self) -> Result<Report, RunError> {
        let graph = &self.created.graph_sha256;
        let mut report =
            Report::of(&self.folder.id, &self.plan, &self.state, &self.trace, graph, self.log.digest());
        report.open_gates.extend(open_gates_of_children(&self.folder, &self.plan, &self.state)?);
        Ok(report)
    }

    /// Waits until there is something to tell the engine.
    fn next_events(&mut self) -> Result<Vec<Event>, RunError> {
        let mut events: Vec<Event> = self.soon.drain(..).collect();
        let patience = if events.is_empty() { self.patience() } else { Duration::ZERO };
        match self.receiver.recv_timeout(patience) {
            Ok(incoming) => self.take(incoming, &mut events)?,
            // This driver holds a sender itself.
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        while let Ok(incoming) = self.receiver.try_recv() {
            self.take(incoming, &mut events)?;
        }
        let now = Instant::now();
        while let Some(&(at, timer)) = self.timers.first().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, timer));
            events.push(Event::TimerFired { timer });
        }
        if self.wall.is_some_and(|at| at <= now) {
            self.wall = None;
            events.push(Event::WallTimeUsedUp);
        }
        if now.duration_since(self.looked) >= LOOK {
            self.looked = now;
            for request in requests::take(&self.folder.inbox()) {
                self.take(Incoming::Asked(request), &mut events)?;
            }
        }
        Ok(events)
    }

    fn patience(&self) -> Duration {
        let now = Instant::now();
        let look = self.looked + LOOK;
        let next =
            self.timers.first().map(|(at, _)| *at).into_iter().chain(self.wall).fold(look, Instant::min);
        next.saturating_duration_since(now)
    }

    fn take(&mut self, incoming: Incoming, events: &mut Vec<Event>) -> Result<(), RunError> {
        match incoming {
            Incoming::Begun(begun) => self.record(*begun)?,
            Incoming::Ended(ended) => {
                let Ended { attempt, evidence, usage, leftovers, output, turn } = *ended;
                if let Some((stdout, stderr)) = output {
                    self.append(&Line::Note(&Note::Output { attempt, stdout, stderr }))?;
                }
                if let Some((thread, turn)) = turn {
                    let note = Note::Turn { attempt, thread: thread.clone(), turn: turn.clone() };
                    self.append(&Line::Note(&note))?;
                    self.conversations.entry(thread).or_default().push(turn);
                }
                self.running.remove(&attempt);
                if leftovers {
                    self.append(&Line::Note(&Note::LeftoverProcesses { attempt }))?;
                }
                if let Some(usage) = usage {
                    let call = CallId { attempt, call: 1 };
                    events.extend(self.settled(call, usage));
                }
                events.push(Event::AttemptEnded { attempt, evidence });
            }
            Incoming::Steered { attempt, text, usage, leftovers } => {
                if leftovers {
                    self.append(&Line::Note(&Note::LeftoverProcesses { attempt }))?;
                }
                events.extend(self.steered(attempt, text, usage)?);
            }
            Incoming::Replied { gate, reply } => {
                events.extend(self.desk.replied(&self.plan, &self.state, gate, reply));
            }
            Incoming::Merged { visit, conflicts } => events.push(Event::WorkMerged { visit, conflicts }),
            Incoming::ChildReturned { attempt, result } => {
                self.children.remove(&attempt);
                if let Err(error @ (RunError::Io { .. } | RunError::Removed(_))) = *result {
                    return Err(error);
                }
                if let Some(steering) = self.running.get(&attempt) {
                    steering.stop();
                }
                events.push(child::ended(&self.plan, attempt, *result));
            }
            Incoming::Asked(Request::Cancel { by, now }) => {
                events.push(Event::CancelRequested { by });
                if now {
                    self.kill();
                }
            }
            Incoming::Asked(Request::Pause { by }) => events.push(Event::PauseRequested { by }),
            Incoming::Asked(Request::Steer { text, by }) => self.take_steering(&text, by)?,
            Incoming::Asked(Request::Answer { gate, visit, choice, text, by }) => {
                if let Some(node) = self.plan.node_by_name(&gate) {
                    let gate = VisitId { node, visit };
                    let answer = dotwright_engine::run::Answer { choice, text, by };
                    events.push(Event::GateAnswered { gate, answer });
                }
            }
            Incoming::Kill => self.kill(),
            Incoming::Failed { attempt, error } => {
                self.running.remove(&attempt);
                return Err(*error);
            }
            Incoming::Abandoned => return Err(RunError::Abandoned),
        }
        Ok(())
    }

    fn kill(&self) {
        self.running.values().for_each(Stopper::kill);
        self.children.values().for_each(|child| child.control.kill());
    }

    /// Takes secrets out of a fact before the engine, the log or anybody else sees it.
    fn redact(&self, event: &mut Event) {
        for text in event.texts_mut() {
            if let Cow::Owned(clean) = self.secrets.redact(text) {
                *text = clean;
            }
        }
    }

    /// Tells the engine facts, writes them with what follows from them, and does it.
    pub(crate) fn handle(&mut self, events: Vec<Event>) -> Result<(), RunError> {
        let mut queue = VecDeque::from(events);
        let mut to_do = Vec::new();
        let mut starts = Vec::new();
        let mut steers = Vec::new();
        let mut over = BTreeSet::new();
        while let Some(mut event) = queue.pop_front() {
            self.redact(&mut event);
            self.observe(Moment::Fact(&event))?;
            if let Event::AttemptEnded { attempt, .. } = &event {
                over.insert(*attempt);
            }
            self.append(&Line::Fact(&event))?;
            let mut commands = std::mem::take(&mut self.commands);
            self.state.apply(&self.plan, event, &mut commands);
            for command in commands.drain(..) {
                self.trace.observe(&command);
                self.append(&Line::Decision(&command))?;
                self.observe(Moment::Command(&command))?;
                match command {
                    Command::StartAttempt(spec) => match self.asks_budget(&spec) {
                        Some((call, worst_case)) => {
                            self.waiting.insert(call, Waiting::Step(spec));
                            queue.push_back(Event::CallRequested { call, worst_case });
                        }
                        None => starts.push(spec),
                    },
                    Command::AllowCall(call) => match self.waiting.remove(&call) {
                        Some(Waiting::Step(spec)) => starts.push(spec),
                        Some(Waiting::Steer(attempt)) => steers.push((attempt, call)),
                        None => {}
                    },
                    Command::RefuseCall { call, .. } => {
                        self.waiting.remove(&call);
                    }
                    Command::StartTimer { timer, spec } => queue.extend(self.start_timer(timer, spec)?),
                    Command::DropTimer(timer) => self.timers.retain(|(_, known)| *known != timer),
                    other @ (Command::StopAttempt { .. }
                    | Command::Ask(_)
                    | Command::RejectAnswer { .. }
                    | Command::CloseGate { .. }
                    | Command::StartChild(_)
                    | Command::ObserveChild(_)
                    | Command::SteerChild(_)
                    | Command::PauseChild(_)
                    | Command::StopChild { .. }
                    | Command::MergeWork { .. }) => to_do.push(other),
                    Command::Decide(_) | Command::Pause(_) | Command::Finish(_) => {}
                }
            }
            self.commands = commands;
        }
        let stopped: BTreeSet<AttemptId> = to_do.iter().filter_map(stops).collect();
        starts.retain(|spec: &AttemptSpec| !stopped.contains(&spec.attempt));
        let alone = starts.len() == 1 && self.running.is_empty();
        for spec in starts {
            self.start(&spec, alone)?;
        }
        if self.is_due(&to_do) || !steers.is_empty() {
            self.commit()?;
        }
        for (attempt, gate) in std::mem::take(&mut self.behind_gates) {
            if let Some(running) = self.running.get_mut(&attempt) {
                running.open(gate);
            }
        }
        // One that ended by itself meanwhile has told its end already.
        to_do.retain(|command| stops(command).is_none_or(|attempt| !over.contains(&attempt)));
        for command in to_do {
            self.carry_out(command)?;
        }
        for (attempt, call) in steers {
            if let Some(child) = self.children.get_mut(&attempt) {
                child.call = Some(call);
                let spec = child.spec.clone();
                self.begin_steering(&spec)?;
            }
        }
        if let Some(progress) = &self.progress {
            progress.set(&self.plan, &self.state);
        }
        self.observe(Moment::Done)
    }

    /// Starts a process that waits for its gate.
    fn start(&mut self, spec: &AttemptSpec, alone: bool) -> Result<(), RunError> {
        let kind = step::kind(&self.plan, spec.attempt.visit.node);
        match step::start(self, spec, kind, alone) {
            Ok((stopper, begun)) => {
                self.running.insert(spec.attempt, stopper);
                begun.map_or(Ok(()), |begun| self.record(begun))
            }
            Err(NotBegun::Runner(error)) => Err(error),
            Err(NotBegun::Program(error)) => {
                self.soon.push_back(step::not_started(spec.attempt, &error));
                Ok(())
            }
        }
    }

    /// Records a process that waits for its gate, which the next batch on disk opens.
    fn record(&mut self, begun: Begun) -> Result<(), RunError> {
        let Begun { started, gate } = begun;
        self.behind_gates.push((started.attempt, gate));
        self.append(&Line::Note(&Note::AttemptStarted(started)))
    }

    /// True when the batch cannot wait for steps that are being started. Their records will follow in a moment, and
    /// nobody has seen anything of it before.
    fn is_due(&self, to_do: &[Command]) -> bool {
        let is_starting = self.running.values().any(Stopper::is_closed);
        !is_starting || !to_do.is_empty() || !self.behind_gates.is_empty() || !self.soon.is_empty()
    }

    /// A number for a paid call of a manager that none before it had, also after a resume.
    pub(crate) fn steering_call(&self) -> u32 {
        u32::try_from(self.log.seq()).unwrap_or(u32::MAX)
    }

    pub(crate) fn append(&mut self, line: &Line<'_>) -> Result<(), RunError> {
        let (visit, _) = subject(line);
        let branch = self.branches.of(&self.plan, line);
        let node = visit.map_or("", |visit| self.plan.name(visit.node));
        let ts = jiff::Timestamp::now().to_string();
        self.log.append(line, self.state.generation(), branch, node, &ts)
    }

    pub(crate) fn commit(&mut self) -> Result<(), RunError> {
        let batch = self.log.take_batch();
        self.observe(Moment::Appending(&batch))?;
        self.log.write(&batch)?;
        self.observe(Moment::Durable(&batch))?;
        self.log.give_back(batch);
        Ok(())
    }

    /// The id of a node.
    pub(crate) fn name(&self, node: NodeKey) -> &str {
        self.plan.name(node)
    }
}

/// What a run of this pipeline must not write.
pub(crate) fn secrets(setup: &Setup, graph: &Graph) -> Secrets {
    let pipeline = graph.pipeline.share();
    let mut passed: BTreeSet<String> =
        pipeline.nodes().flat_map(|node| list(&pipeline, node.into(), AttributeKey::ENV)).collect();
    passed.extend(setup.backend.iter().flat_map(|backend| backend.variables.iter().cloned()));
    Secrets::new(setup.variables.secrets(|name| passed.contains(name)))
}

fn stops(command: &Command) -> Option<AttemptId> {
    if let Command::StopAttempt { attempt, .. } = command { Some(*attempt) } else { None }
}
