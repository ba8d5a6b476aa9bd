//! What the engine asks for, done: timers, people, children, merges, and the stop of a step.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use dotwright_engine::run::{
    AttemptSpec, CallId, Command, Cost, Event, Evidence, NodeKey, PauseReason, TimerId, TimerSpec, VisitId,
    WalkId,
};
use dotwright_model::AttributeKey;

use crate::agent;
use crate::attributes::text;
use crate::child;
use crate::driver::Driver;
use crate::error::RunError;
use crate::mailbox::Incoming;
use crate::platform::{jitter_thousandths, now_millis};
use crate::prices::Price;
use crate::record::{Line, Note};
use crate::requests::Request;
use crate::status_file::Usage;
use crate::step;
use crate::worktree::Subject;

impl Driver<'_> {
    /// The budget to ask for before a model step: a command does not say what it will cost, so it gets an even share of
    /// what is left for all walks that could ask (sections 16 and 22). `None` where nothing is limited.
    pub(crate) fn asks_budget(&self, spec: &AttemptSpec) -> Option<(CallId, Cost)> {
        let node = spec.attempt.visit.node;
        if step::kind(&self.plan, node) != step::Kind::Agent {
            return None;
        }
        let worst_case = self.worst_case(node)?;
        Some((CallId { attempt: spec.attempt, call: 1 }, worst_case))
    }

    /// All that is left for a model call of a node; `None` where nothing is limited.
    pub(crate) fn worst_case(&self, node: NodeKey) -> Option<Cost> {
        let limits = self.state.limits();
        let budget = self.state.budget();
        let (settled, reserved) = (budget.settled, budget.reserved());
        let sharers = || u64::try_from(self.state.walks_under_way()).unwrap_or(u64::MAX).max(1);
        let left = |limit: Option<u64>, settled: u64, reserved: u64| {
            let left = limit?.saturating_sub(settled);
            Some((left / sharers()).min(left.saturating_sub(reserved)).max(1))
        };
        let money = left(limits.micro_usd, settled.micro_usd, reserved.micro_usd);
        let tokens = left(limits.tokens, settled.tokens, reserved.tokens);
        // What the node may spend over all its visits.
        let own = |key| text(self.plan.pipeline(), node, key);
        let spent = budget.by_node.get(&node).copied().unwrap_or_default();
        let own_money = own(AttributeKey::MAX_COST_USD)
            .and_then(|text| dotwright_engine::run::micro_usd(&text))
            .map(|limit| limit.saturating_sub(spent.micro_usd).max(1));
        let own_tokens = own(AttributeKey::MAX_TOKENS_TOTAL)
            .and_then(|text| text.trim().parse::<u64>().ok())
            .map(|limit| limit.saturating_sub(spent.tokens).max(1));
        let money = money.into_iter().chain(own_money).min();
        let tokens = tokens.into_iter().chain(own_tokens).min();
        if money.is_none() && tokens.is_none() {
            return None;
        }
        let micro_usd = match money {
            Some(share) => self.price(node).map(|_| share),
            None => Some(0),
        };
        Some(Cost { tokens: tokens.unwrap_or(0), micro_usd })
    }

    /// The facts that a call is over. Where nothing is limited nobody asked before it; it counts all the same.
    pub(crate) fn settled(&self, call: CallId, usage: Usage) -> Vec<Event> {
        let node = call.attempt.visit.node;
        let actual = self.bill(node, usage);
        let settled = Event::CallSettled { call, actual };
        if self.worst_case(node).is_some() {
            return vec![settled];
        }
        let worst_case = Cost { micro_usd: Some(actual.micro_usd.unwrap_or(0)), ..actual };
        vec![Event::CallRequested { call, worst_case }, settled]
    }

    /// What a call has cost. Where only its tokens are known, they count at the higher price of its model.
    fn bill(&self, node: NodeKey, usage: Usage) -> Cost {
        let most = || self.price(node).map(|price| price.most(usage.tokens));
        Cost { tokens: usage.tokens, micro_usd: usage.micro_usd.or_else(most) }
    }

    fn price(&self, node: NodeKey) -> Option<Price> {
        self.setup.catalogue.of(&agent::model(&self.plan, node)?)
    }

    pub(crate) fn start_timer(&mut self, timer: TimerId, spec: TimerSpec) -> Result<Option<Event>, RunError> {
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

    pub(crate) fn carry_out(&mut self, command: Command) -> Result<(), RunError> {
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
                None => self.soon.push_back(Event::ChildPaused { attempt, why: PauseReason::Requested }),
            },
            Command::StopChild { attempt, .. } => match self.children.get(&attempt) {
                Some(child) => {
                    child.control.ask(Request::Cancel { by: "parent".to_owned(), now: false });
                }
                None => self.soon.push_back(child::cancelled(attempt)),
            },
            Command::MergeWork { visit, walk, branches } => self.merge(visit, walk, branches),
            Command::SteerChild(attempt) => self.steer(attempt)?,
            Command::RejectAnswer { .. } => {}
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
    pub(crate) fn merge(&mut self, visit: VisitId, walk: WalkId, branches: Vec<WalkId>) {
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
}
