//! One thread owns the state and the log of a run. Facts come to it over a channel; it tells the engine, writes facts and
//! decisions in one batch, and only then lets anything happen (section 20.2).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use dotwright_engine::run::{
    AttemptId, AttemptSpec, CallId, Command, Cost, Event, Evidence, Limits, NodeKey, Phase, Plan, Start,
    State, TimerId, TimerSpec, Trace, VisitId, WalkId,
};
use sha2::{Digest, Sha256};

use crate::blobs::Blobs;
use crate::branches::Branches;
use crate::child::{self, Child, Progress};
use crate::error::RunError;
use crate::folder::{Root, RunFolder, write_atomically};
use crate::gates::Desk;
use crate::graph::Graph;
use crate::history::Folded;
use crate::lock::Lock;
use crate::log::Log;
use crate::moment::{Flow, Moment, Observer, Reply};
use crate::platform::{ProcessRef, hex, jitter_thousandths, nonce, now_millis};
use crate::preflight::{Refusal, preflight};
use crate::process::{Gated, Stopper};
use crate::record::{Line, Note, RunCreated, subject};
use crate::report::Report;
use crate::requests::{self, Request};
use crate::setup::Setup;
use crate::status_file::Usage;
use crate::step;
use crate::worktree::{Repository, Subject, Trees, WorktreeMode};

/// How often the inbox is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// How many steps are started with one write to disk.
const TOGETHER: usize = 8;

/// What comes to the driver.
pub(crate) enum Incoming {
    Ended { attempt: AttemptId, evidence: Evidence, usage: Option<Usage>, leftovers: bool },
    Replied { gate: VisitId, reply: Reply },
    Merged { visit: VisitId, conflicts: Vec<String> },
    ChildReturned { attempt: AttemptId, result: Box<Result<Report, RunError>> },
    Asked(Request),
    Kill,
}

/// The way to a run from other threads, for signals and parents.
#[derive(Debug, Clone)]
pub struct Control(Sender<Incoming>);

/// The other end of a [`Control`], for the run.
pub struct Mailbox {
    sender: Sender<Incoming>,
    receiver: Receiver<Incoming>,
}

impl Control {
    /// A way to a run that is about to begin.
    pub fn new() -> (Control, Mailbox) {
        let (sender, receiver) = channel();
        (Control(sender.clone()), Mailbox { sender, receiver })
    }

    /// Asks the run for something. Nothing happens when it is over.
    pub fn ask(&self, request: Request) {
        let _over = self.0.send(Incoming::Asked(request));
    }

    /// Ends running processes without any more grace.
    pub fn kill(&self) {
        let _over = self.0.send(Incoming::Kill);
    }
}

/// Runs a pipeline until it ends or rests.
///
/// # Errors
/// When preflight refuses it, or the runner itself fails.
pub fn run(
    graph: &Arc<Graph>,
    setup: &Setup,
    root: &Root,
    id: &str,
    mailbox: Mailbox,
    observer: &mut dyn Observer,
) -> Result<Report, RunError> {
    let mut refusals = preflight(graph, setup);
    if setup.worktree == WorktreeMode::Off && root.is_inside(&setup.workdir) {
        refusals.push(Refusal {
            node: String::new(),
            message: format!(
                "runs would lie in `{}`, where their steps work and could change their logs",
                setup.workdir.display()
            ),
            help: "set XDG_STATE_HOME to a folder outside, or run in another one with `--workdir`".to_owned(),
        });
    }
    if !refusals.is_empty() {
        return Err(RunError::Refused(refusals));
    }
    let created =
        Created { parent: None, context: BTreeMap::new(), limits: setup.limits.unwrap_or_default() };
    begin(graph, setup, root, id, mailbox, observer, created, None)
}

/// What a run begins with beside its setup.
pub(crate) struct Created {
    pub(crate) parent: Option<String>,
    pub(crate) context: BTreeMap<String, String>,
    pub(crate) limits: Limits,
}

#[expect(clippy::too_many_arguments, reason = "the two callers differ in each of them")]
pub(crate) fn begin(
    graph: &Arc<Graph>,
    setup: &Setup,
    root: &Root,
    id: &str,
    mailbox: Mailbox,
    observer: &mut dyn Observer,
    created: Created,
    progress: Option<Arc<Progress>>,
) -> Result<Report, RunError> {
    let folder = root.create(id)?;
    let lock = Lock::take(&folder)?;
    if folder.is_begun() {
        // Somebody else was faster.
        return Err(RunError::Exists(id.to_owned()));
    }
    let source = graph.pipeline.source();
    write_atomically(&folder.source(), source.as_bytes()).map_err(RunError::io("write", &folder.source()))?;
    let log = Log::create(&folder)?;
    let note = RunCreated {
        tool_version: setup.tool_version.clone(),
        graph_sha256: sha256(source),
        graph_path: graph.path.display().to_string(),
        profile: graph.pipeline.profile().name.to_owned(),
        workdir: setup.workdir.display().to_string(),
        created: now_millis(),
        max_wall: setup.max_wall.map(|wall| u64::try_from(wall.as_millis()).unwrap_or(u64::MAX)),
        backend: setup.backend.as_ref().map(|backend| backend.words.clone()),
        backend_variables: setup
            .backend
            .as_ref()
            .map(|backend| backend.variables.clone())
            .unwrap_or_default(),
        handlers: setup.handlers.clone().into_iter().collect(),
        repository: match setup.worktree {
            WorktreeMode::Off => None,
            WorktreeMode::Auto | WorktreeMode::Require => Repository::around(&setup.workdir),
        },
        parent: created.parent,
        forked: None,
    };
    let mut driver = Driver::new(graph, setup, root, folder, lock, log, mailbox, observer, note, progress);
    if let Some(trees) = &driver.trees {
        trees.forget().map_err(RunError::io("write", &driver.workdir))?;
    }
    driver.append_created()?;
    driver.begun()?;
    let inputs = setup.inputs.iter().map(|(key, value)| (format!("input.{key}"), value.clone()));
    let mut context = created.context;
    context.extend(inputs);
    context.insert("run.id".to_owned(), id.to_owned());
    let start = Start { context, limits: created.limits, worktrees: driver.trees.is_some() };
    driver.go(vec![Event::Started(start)])
}

/// Takes a run up again: after a pause, or after its runner died.
///
/// # Errors
/// When another runner has it, its log is damaged, or the runner itself fails.
pub fn resume(
    graph: &Arc<Graph>,
    setup: &Setup,
    root: &Root,
    id: &str,
    mailbox: Mailbox,
    observer: &mut dyn Observer,
) -> Result<Report, RunError> {
    take_up(graph, setup, root, id, mailbox, observer, None, Then::GoOn)
}

/// What to do with a run that was taken up.
pub(crate) enum Then {
    /// Go on.
    GoOn,
    /// Tell it this, and let it rest again.
    Tell(Event),
}

/// Tells a run that rests a fact, such as an answer or that it is cancelled.
///
/// # Errors
/// As [`resume`].
pub fn tell(
    graph: &Arc<Graph>,
    setup: &Setup,
    root: &Root,
    id: &str,
    event: Event,
) -> Result<Report, RunError> {
    let (_, mailbox) = Control::new();
    take_up(graph, setup, root, id, mailbox, &mut (), None, Then::Tell(event))
}

#[expect(clippy::too_many_arguments, reason = "the callers differ in each of them")]
pub(crate) fn take_up(
    graph: &Arc<Graph>,
    setup: &Setup,
    root: &Root,
    id: &str,
    mailbox: Mailbox,
    observer: &mut dyn Observer,
    progress: Option<Arc<Progress>>,
    then: Then,
) -> Result<Report, RunError> {
    let folder = root.open(id)?;
    let lock = Lock::take(&folder)?;
    let plan = Plan::new(graph.pipeline.share());
    let folded = Folded::read(&folder, &plan)?;
    let log = Log::open(&folder, folded.seq, folded.digest.clone(), folded.length)?;
    let mut note = folded.created.clone();
    if let Some(wall) = setup.max_wall {
        note.max_wall = Some(u64::try_from(wall.as_millis()).unwrap_or(u64::MAX));
    }
    let mut driver = Driver::new(graph, setup, root, folder, lock, log, mailbox, observer, note, progress);
    driver.state = folded.state;
    driver.trace = folded.trace;
    driver.deadlines = folded.deadlines;
    driver.branches = folded.branches;
    driver.begun()?;
    for command in folded.missing {
        driver.append(&Line::Decision(&command))?;
    }
    if folded.torn > 0 {
        driver.append(&Line::Note(&Note::TailCut { bytes: folded.torn }))?;
    }
    if matches!(driver.state.phase(), Phase::Ended(_)) {
        driver.commit()?;
        return driver.finish();
    }
    driver.append(&Line::Note(&Note::RunnerStarted { runner: ProcessRef::own() }))?;
    let lost = driver.state.attempts_in_flight();
    for attempt in &lost {
        let started = folded.started.get(attempt);
        let killed = started.map(crate::fence::fence).unwrap_or_default();
        if !killed.is_empty() {
            driver.append(&Line::Note(&Note::Fenced { attempt: *attempt, killed }))?;
        }
    }
    let lost = lost.into_iter().map(|attempt| Event::AttemptLost { attempt });
    if matches!(driver.state.phase(), Phase::New) {
        return Err(RunError::Empty(id.to_owned()));
    }
    match then {
        Then::GoOn => {
            let limits = setup.limits;
            driver.go(lost.chain([Event::Resumed { limits }]).collect())
        }
        Then::Tell(event @ Event::CancelRequested { .. }) => {
            // Cancelled first, so that no lost attempt is begun again.
            driver.go([event].into_iter().chain(lost).collect())
        }
        Then::Tell(event) => {
            driver.handle(vec![event])?;
            driver.finish()
        }
    }
}

pub(crate) fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

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
    pub(crate) sender: Sender<Incoming>,
    pub(crate) nonces: (String, u64),
    pub(crate) source: PathBuf,
    pub(crate) workdir: PathBuf,
    pub(crate) trees: Option<Trees>,
    _lock: Lock,
    log: Log,
    receiver: Receiver<Incoming>,
    observer: &'r mut dyn Observer,
    running: BTreeMap<AttemptId, Stopper>,
    children: BTreeMap<AttemptId, Child>,
    timers: BTreeSet<(Instant, TimerId)>,
    /// Wall-clock deadlines of gates by timer, in milliseconds since 1970.
    deadlines: BTreeMap<TimerId, u64>,
    /// Model attempts that wait for the budget.
    waiting: BTreeMap<CallId, AttemptSpec>,
    desk: Desk,
    /// Facts that came about here.
    soon: VecDeque<Event>,
    wall: Option<Instant>,
    looked: Instant,
    commands: Vec<Command>,
    branches: Branches,
    progress: Option<Arc<Progress>>,
}

impl<'r> Driver<'r> {
    #[expect(clippy::too_many_arguments, reason = "both ways to a driver have all of it at hand")]
    fn new(
        graph: &Arc<Graph>,
        setup: &'r Setup,
        root: &'r Root,
        folder: RunFolder,
        lock: Lock,
        log: Log,
        mailbox: Mailbox,
        observer: &'r mut dyn Observer,
        created: RunCreated,
        progress: Option<Arc<Progress>>,
    ) -> Driver<'r> {
        let age = now_millis().saturating_sub(created.created);
        let left = created.max_wall.map(|wall| Duration::from_millis(wall.saturating_sub(age)));
        Driver {
            plan: Arc::new(Plan::new(graph.pipeline.share())),
            graph: Arc::clone(graph),
            setup,
            root,
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
            soon: VecDeque::new(),
            wall: left.map(|left| Instant::now() + left),
            looked: Instant::now(),
            commands: Vec::new(),
            branches: Branches::default(),
            progress,
        }
    }

    fn append_created(&mut self) -> Result<(), RunError> {
        let note = Note::RunCreated(Box::new(self.created.clone()));
        self.append(&Line::Note(&note))
    }

    fn begun(&mut self) -> Result<(), RunError> {
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
    fn go(&mut self, first: Vec<Event>) -> Result<Report, RunError> {
        self.handle(first)?;
        while !self.is_at_rest() {
            let events = self.next_events()?;
            if !events.is_empty() || !self.log.pending().is_empty() {
                self.handle(events)?;
            }
        }
        self.finish()
    }

    fn is_at_rest(&self) -> bool {
        let over = matches!(self.state.phase(), Phase::Paused(_) | Phase::Ended(_));
        over && self.running.is_empty() && self.children.is_empty() && self.soon.is_empty()
    }

    /// Writes the report and gives it.
    fn finish(&mut self) -> Result<Report, RunError> {
        let report = self.report();
        let path = self.folder.report();
        write_atomically(&path, report.json().as_bytes()).map_err(RunError::io("write", &path))?;
        Ok(report)
    }

    fn report(&self) -> Report {
        let graph = &self.created.graph_sha256;
        Report::of(&self.folder.id, &self.plan, &self.state, &self.trace, graph, self.log.digest())
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
            Incoming::Ended { attempt, evidence, usage, leftovers } => {
                self.running.remove(&attempt);
                if leftovers {
                    self.append(&Line::Note(&Note::LeftoverProcesses { attempt }))?;
                }
                if let Some(usage) = usage {
                    let call = CallId { attempt, call: 1 };
                    let actual = Cost { tokens: usage.tokens, micro_usd: usage.micro_usd };
                    events.push(Event::CallSettled { call, actual });
                }
                events.push(Event::AttemptEnded { attempt, evidence });
            }
            Incoming::Replied { gate, reply } => {
                events.extend(self.desk.replied(&self.plan, &self.state, gate, reply));
            }
            Incoming::Merged { visit, conflicts } => events.push(Event::WorkMerged { visit, conflicts }),
            Incoming::ChildReturned { attempt, result } => {
                self.children.remove(&attempt);
                events.push(child::ended(&self.plan, attempt, *result));
            }
            Incoming::Asked(Request::Cancel { by, now }) => {
                events.push(Event::CancelRequested { by });
                if now {
                    self.kill();
                }
            }
            Incoming::Asked(Request::Pause { by }) => events.push(Event::PauseRequested { by }),
            Incoming::Asked(Request::Answer { gate, visit, choice, text, by }) => {
                if let Some(node) = self.plan.node_by_name(&gate) {
                    let gate = VisitId { node, visit };
                    let answer = dotwright_engine::run::Answer { choice, text, by };
                    events.push(Event::GateAnswered { gate, answer });
                }
            }
            Incoming::Kill => self.kill(),
        }
        Ok(())
    }

    fn kill(&self) {
        self.running.values().for_each(Stopper::kill);
        self.children.values().for_each(|child| child.control.kill());
    }

    /// Tells the engine facts, writes them with what follows from them, and does it.
    fn handle(&mut self, events: Vec<Event>) -> Result<(), RunError> {
        let mut queue = VecDeque::from(events);
        let mut to_do = Vec::new();
        let mut starts = Vec::new();
        let mut over = BTreeSet::new();
        while let Some(event) = queue.pop_front() {
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
                            self.waiting.insert(call, spec);
                            queue.push_back(Event::CallRequested { call, worst_case });
                        }
                        None => starts.push(spec),
                    },
                    Command::AllowCall(call) => starts.extend(self.waiting.remove(&call)),
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
        // Steps of one group run while the next group is started and recorded.
        let mut starts = starts.into_iter().peekable();
        loop {
            let mut gated = Vec::new();
            for spec in starts.by_ref().take(TOGETHER) {
                self.start(spec, &stopped, &mut gated)?;
            }
            self.commit()?;
            for (attempt, process, kind, walk) in gated {
                step::begin(self, attempt, process, kind, walk);
            }
            if starts.peek().is_none() {
                break;
            }
        }
        // One that ended by itself meanwhile has told its end already.
        to_do.retain(|command| stops(command).is_none_or(|attempt| !over.contains(&attempt)));
        for command in to_do {
            self.carry_out(command)?;
        }
        if let Some(progress) = &self.progress {
            progress.set(&self.plan, &self.state);
        }
        self.observe(Moment::Done)
    }

    /// Starts a process that waits for its gate, and records it.
    fn start(
        &mut self,
        spec: AttemptSpec,
        stopped: &BTreeSet<AttemptId>,
        gated: &mut Vec<(AttemptId, Gated, step::Kind, WalkId)>,
    ) -> Result<(), RunError> {
        let attempt = spec.attempt;
        if stopped.contains(&attempt) {
            return Ok(());
        }
        match step::prepare(self, &spec) {
            Ok(prepared) => {
                self.append(&Line::Note(&Note::AttemptStarted(prepared.note)))?;
                self.running.insert(attempt, prepared.stopper);
                gated.push((attempt, prepared.process, prepared.kind, prepared.walk));
            }
            Err(error) => {
                let evidence = crate::tool::not_started(&error);
                self.soon.push_back(Event::AttemptEnded { attempt, evidence });
            }
        }
        Ok(())
    }

    /// The budget to ask for before a model step: a command does not say what it will cost, so it gets an even share of
    /// what is left for all walks that could ask (sections 16 and 22). `None` where nothing is limited.
    fn asks_budget(&self, spec: &AttemptSpec) -> Option<(CallId, Cost)> {
        let node = spec.attempt.visit.node;
        let limits = self.state.limits();
        let asks = step::kind(&self.plan, node) == step::Kind::Agent;
        if !asks || (limits.tokens.is_none() && limits.micro_usd.is_none()) {
            return None;
        }
        let budget = self.state.budget();
        let (settled, reserved) = (budget.settled, budget.reserved());
        let sharers = u64::try_from(self.state.walks_under_way()).unwrap_or(u64::MAX).max(1);
        let left = |limit: Option<u64>, settled: u64, reserved: u64| {
            let left = limit?.saturating_sub(settled);
            Some((left / sharers).min(left.saturating_sub(reserved)).max(1))
        };
        let own =
            crate::attributes::text(self.plan.pipeline(), node, dotwright_model::AttributeKey::MAX_COST_USD)
                .and_then(|text| dotwright_engine::run::micro_usd(&text));
        let money = left(limits.micro_usd, settled.micro_usd, reserved.micro_usd);
        let tokens = left(limits.tokens, settled.tokens, reserved.tokens);
        let worst = Cost { tokens: tokens.unwrap_or(0), micro_usd: Some(own.or(money).unwrap_or(0)) };
        Some((CallId { attempt: spec.attempt, call: 1 }, worst))
    }

    fn start_timer(&mut self, timer: TimerId, spec: TimerSpec) -> Result<Option<Event>, RunError> {
        let (millis, fact) = match spec {
            TimerSpec::Retry { nominal, jitter: true, .. } => {
                let millis = nominal.saturating_mul(jitter_thousandths()) / 1000;
                (millis, Some(Event::DelayChosen { timer, millis }))
            }
            TimerSpec::Retry { nominal, jitter: false, .. } => {
                (nominal, Some(Event::DelayChosen { timer, millis: nominal }))
            }
            TimerSpec::Cycle { millis, .. } => (millis, None),
            TimerSpec::Gate { gate, millis } => {
                let now = now_millis();
                let deadline = match self.deadlines.get(&timer) {
                    Some(&deadline) => deadline,
                    None => {
                        let deadline = now.saturating_add(millis);
                        self.deadlines.insert(timer, deadline);
                        self.append(&Line::Note(&Note::GateDeadline { gate, timer, deadline }))?;
                        deadline
                    }
                };
                (deadline.saturating_sub(now), None)
            }
        };
        // Further away than any clock goes is never.
        if let Some(at) = Instant::now().checked_add(Duration::from_millis(millis)) {
            self.timers.insert((at, timer));
        }
        Ok(fact)
    }

    fn carry_out(&mut self, command: Command) -> Result<(), RunError> {
        match command {
            Command::StopAttempt { attempt, .. } => match self.running.get(&attempt) {
                Some(stopper) => stopper.stop(),
                None => {
                    self.soon.push_back(Event::AttemptEnded { attempt, evidence: Evidence::Stopped });
                }
            },
            Command::Ask(gate) => {
                let setup = self.setup;
                self.soon.extend(self.desk.open(setup, &self.plan, &self.state, gate));
            }
            Command::CloseGate { gate, .. } => self.desk.close(gate),
            Command::StartChild(spec) => {
                let attempt = spec.attempt;
                let child = child::start(self, &spec);
                self.children.insert(attempt, child);
            }
            Command::ObserveChild(attempt) => {
                let progress = self.children.get(&attempt).map(|child| child.progress.get());
                let progress = progress.unwrap_or_default();
                self.soon.push_back(Event::ChildObserved { attempt, progress });
            }
            Command::PauseChild(attempt) => match self.children.get(&attempt) {
                Some(child) => child.control.ask(Request::Pause { by: "parent".to_owned() }),
                None => self.soon.push_back(Event::ChildPaused { attempt }),
            },
            Command::StopChild { attempt, .. } => match self.children.get(&attempt) {
                Some(child) => {
                    child.control.ask(Request::Cancel { by: "parent".to_owned(), now: false });
                }
                None => self.soon.push_back(child::cancelled(attempt)),
            },
            Command::MergeWork { visit, walk, branches } => self.merge(visit, walk, branches),
            Command::RejectAnswer { .. } | Command::SteerChild(_) => {}
            Command::Decide(_)
            | Command::StartAttempt(_)
            | Command::AllowCall(_)
            | Command::RefuseCall { .. }
            | Command::StartTimer { .. }
            | Command::DropTimer(_)
            | Command::Pause(_)
            | Command::Finish(_) => {}
        }
        Ok(())
    }

    /// Merges in a thread of its own: a large repository takes its time.
    fn merge(&mut self, visit: VisitId, walk: WalkId, branches: Vec<WalkId>) {
        let Some(trees) = self.trees.clone() else {
            return self.soon.push_back(Event::WorkMerged { visit, conflicts: Vec::new() });
        };
        let sender = self.sender.clone();
        let subject = Subject { node: self.name(visit.node).to_owned(), visit: visit.visit, attempt: 0 };
        std::thread::spawn(move || {
            // A merge that cannot be made is not a merge: the person sees what git says in place of the paths.
            let conflicts =
                trees.merge(walk, &branches, &subject).unwrap_or_else(|error| vec![error.to_string()]);
            let _over = sender.send(Incoming::Merged { visit, conflicts });
        });
    }

    /// Where the steps of a walk work.
    pub(crate) fn workdir_of(&self, walk: WalkId) -> std::io::Result<PathBuf> {
        match &self.trees {
            Some(trees) => trees.workdir(&self.state, walk),
            None => Ok(self.workdir.clone()),
        }
    }

    fn append(&mut self, line: &Line<'_>) -> Result<(), RunError> {
        let (visit, _) = subject(line);
        let branch = self.branches.of(&self.plan, line);
        let node = visit.map_or("", |visit| self.plan.name(visit.node));
        let ts = jiff::Timestamp::now().to_string();
        self.log.append(line, self.state.generation(), branch, node, &ts)
    }

    fn commit(&mut self) -> Result<(), RunError> {
        let batch = self.log.pending().to_vec();
        self.observe(Moment::Appending(&batch))?;
        self.log.commit()?;
        self.observe(Moment::Durable(&batch))
    }

    /// The id of a node.
    pub(crate) fn name(&self, node: NodeKey) -> &str {
        self.plan.name(node)
    }
}

fn stops(command: &Command) -> Option<AttemptId> {
    match command {
        Command::StopAttempt { attempt, .. } => Some(*attempt),
        _ => None,
    }
}
