//! What a dashboard shows, without a terminal.

use std::collections::VecDeque;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use dotwright_engine::run::{Command, Decision, NodeKey, Plan, RunStatus, State, VisitId};
use dotwright_model::Outcome;
use dotwright_runner::{Asked, Reply};

/// Lines that are kept; the log has all of them.
const LINES: usize = 500;

/// All of it.
pub(crate) struct View {
    pub(crate) file: String,
    pub(crate) run: String,
    pub(crate) begun: Instant,
    /// In file order.
    pub(crate) nodes: Vec<NodeView>,
    /// The first node that the list shows.
    pub(crate) first: usize,
    pub(crate) log: VecDeque<String>,
    /// The question that waits, and where its answer goes.
    pub(crate) gate: Option<(Asked, Sender<Reply>)>,
    /// What is typed as an answer.
    pub(crate) typed: String,
    pub(crate) attempts: u64,
    pub(crate) tokens: u64,
    pub(crate) micro_usd: u64,
    pub(crate) is_cancelled: bool,
}

/// A node in the list.
pub(crate) struct NodeView {
    pub(crate) id: String,
    pub(crate) handler: &'static str,
    pub(crate) visits: u32,
    pub(crate) status: Status,
}

/// What a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// It was not visited.
    Ahead,
    /// It works since then.
    Running(Instant),
    /// It waits for a person.
    Asking,
    /// Its last visit ended like this, after this time.
    Ended(Outcome, Duration),
}

impl View {
    pub(crate) fn new(file: &str) -> View {
        View {
            file: file.to_owned(),
            run: String::new(),
            begun: Instant::now(),
            nodes: Vec::new(),
            first: 0,
            log: VecDeque::new(),
            gate: None,
            typed: String::new(),
            attempts: 0,
            tokens: 0,
            micro_usd: 0,
            is_cancelled: false,
        }
    }

    pub(crate) fn begin(&mut self, run: &str, plan: &Plan) {
        run.clone_into(&mut self.run);
        let pipeline = plan.pipeline();
        let view = |node| NodeView {
            id: pipeline.id(node).to_owned(),
            handler: pipeline.handler(node).type_name(),
            visits: 0,
            status: Status::Ahead,
        };
        self.nodes = pipeline.nodes().map(view).collect();
        self.say(format!("run {run}"));
    }

    pub(crate) fn say(&mut self, line: String) {
        if self.log.len() == LINES {
            self.log.pop_front();
        }
        self.log.push_back(line);
    }

    /// Takes note of what the engine decided.
    pub(crate) fn take(&mut self, state: &State, command: &Command) {
        let spent = state.budget().settled;
        (self.tokens, self.micro_usd) = (spent.tokens, spent.micro_usd);
        match command {
            Command::Decide(Decision::NodeEntered { visit, .. }) => {
                self.set(visit.node, |node| {
                    node.visits = visit.visit;
                    node.status = Status::Running(Instant::now());
                });
                self.follow(visit.node);
            }
            Command::Decide(Decision::OutcomeRecorded { visit, status, .. }) => self.end(*visit, *status),
            // A diamond has no outcome of its own, and the exit is over when the run is.
            Command::Decide(Decision::EdgeSelected { from, .. }) => self.leave(*from),
            Command::StartAttempt(_) | Command::StartChild(_) => self.attempts += 1,
            Command::Ask(gate) => self.set(gate.gate.node, |node| node.status = Status::Asking),
            Command::CloseGate { gate, .. } => {
                let is_shown = |(asked, _): &(Asked, Sender<Reply>)| asked.spec.gate == *gate;
                if self.gate.as_ref().is_some_and(is_shown) {
                    self.gate = None;
                    self.typed.clear();
                }
            }
            Command::Finish(end) if end.status == RunStatus::Success => {
                let exits = self.nodes.iter_mut().filter(|node| matches!(node.status, Status::Running(_)));
                for node in exits {
                    node.status = Status::Ended(Outcome::Success, Duration::ZERO);
                }
            }
            Command::Decide(
                Decision::RetryScheduled { .. }
                | Decision::AttemptLost { .. }
                | Decision::BranchOpened { .. }
                | Decision::BranchEnded { .. }
                | Decision::RegionJoined { .. }
                | Decision::GoalChecked { .. }
                | Decision::GenerationStarted { .. }
                | Decision::BudgetExceeded { .. }
                | Decision::ReservationExceeded(_)
                | Decision::Warning(_),
            )
            | Command::StopAttempt { .. }
            | Command::AllowCall(_)
            | Command::RefuseCall { .. }
            | Command::StartTimer { .. }
            | Command::DropTimer(_)
            | Command::RejectAnswer { .. }
            | Command::ObserveChild(_)
            | Command::SteerChild(_)
            | Command::PauseChild(_)
            | Command::StopChild { .. }
            | Command::MergeWork { .. }
            | Command::Pause(_)
            | Command::Finish(_) => {}
        }
    }

    /// Sends what is typed; without a question nothing happens.
    pub(crate) fn answer(&mut self) {
        let text = std::mem::take(&mut self.typed);
        if let Some((_, answer)) = self.gate.take_if(|_| !text.trim().is_empty()) {
            // The run may have closed the gate meanwhile.
            let _closed = answer.send(Reply::Choice(text.trim().to_owned()));
        }
    }

    pub(crate) fn scroll(&mut self, by: isize) {
        let last = self.nodes.len().saturating_sub(1);
        self.first = self.first.saturating_add_signed(by).min(last);
    }

    fn set(&mut self, node: NodeKey, change: impl FnOnce(&mut NodeView)) {
        if let Some(node) = self.nodes.get_mut(node.id().index()) {
            change(node);
        }
    }

    fn end(&mut self, visit: VisitId, outcome: Outcome) {
        self.set(visit.node, |node| {
            let took = match node.status {
                Status::Running(since) => since.elapsed(),
                Status::Ahead | Status::Asking | Status::Ended(..) => Duration::ZERO,
            };
            node.status = Status::Ended(outcome, took);
        });
    }

    fn leave(&mut self, visit: VisitId) {
        self.set(visit.node, |node| {
            if let Status::Running(since) = node.status {
                node.status = Status::Ended(Outcome::Skipped, since.elapsed());
            }
        });
    }

    /// Keeps a node that begins in sight.
    fn follow(&mut self, node: NodeKey) {
        const IN_SIGHT: usize = 10;
        let index = node.id().index();
        if index < self.first || index >= self.first + IN_SIGHT {
            self.first = index.saturating_sub(IN_SIGHT / 2);
        }
    }
}
