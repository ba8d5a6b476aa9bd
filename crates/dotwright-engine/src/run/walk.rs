//! A walk: arrival, outcome and the way on (runner reference, sections 4 to 11). The same code for the main walk and for
//! branches.

use dotwright_model::{DeadEnd, DiamondOutcome, Handler, NoRoute, Outcome, RetryFailures};

use super::command::{
    AttemptSpec, BranchEnd, Command, Considered, DecidedBy, Decision, End, GateCheck, JumpBy, RunStatus,
    TimerSpec, Via,
};
use super::context::{ContextView, Origin, Recorded, Value, condition_key};
use super::id::{AttemptId, EdgeKey, NodeKey, VisitId, WalkId};
use super::machine::Machine;
use super::outcome::{FailureClass, StepOutcome};
use super::plan::{MAX_DELAY, PlanNode};
use super::state::{ChildRun, Next, OpenVisit, Phase, Waiting, Walk};
use crate::condition::holds;
use crate::select::{Candidate, Ended, select_edge};

/// Nodes that one event may enter. Only loops without any attempt in them come near, and such a loop never ends: the
/// walk fails with `visit_cap` although its nodes have lifted their caps.
const MAX_ENTERED: u32 = 100_000;

/// A failure with the step that made it.
pub(crate) struct Failure {
    pub(crate) class: FailureClass,
    pub(crate) reason: String,
    pub(crate) node: Option<NodeKey>,
}

impl Machine<'_> {
    pub(crate) fn enter(&mut self, id: WalkId, node: NodeKey, via: Via) -> Option<Next> {
        let plan = self.plan;
        let walk = self.state.walk(id)?;
        if let Some(branch) = &walk.branch {
            let region = plan.region(branch.region)?;
            if region.join == Some(node) {
                let forwarded = walk.forwarded();
                self.end_branch(id, BranchEnd { outcome: forwarded.status, class: forwarded.class });
                return None;
            }
            if !region.region.contains(node.id()) {
                self.end_walk(
                    id,
                    &Failure {
                        class: FailureClass::RegionEscape,
                        reason: format!("the branch left its region for `{}`", plan.name(node)),
                        node: walk.at,
                    },
                );
                return None;
            }
        }
        let planned = plan.node(node)?;
        let capped = !matches!(planned.handler, Handler::Start | Handler::Exit);
        self.entered += 1;
        let visits = self.state.counts(node).visits;
        if (capped && planned.cap > 0 && visits >= planned.cap) || self.entered > MAX_ENTERED {
            self.end_walk(
                id,
                &Failure {
                    class: FailureClass::VisitCap,
                    reason: format!("`{}` may be visited {visits} times and no more", plan.name(node)),
                    node: Some(node),
                },
            );
            return None;
        }
        let visit = VisitId { node, visit: visits.saturating_add(1) };
        if let Some(counts) = self.state.counts.get_mut(node.index()) {
            counts.visits = visit.visit;
            counts.retries = 0;
        }
        let edge = match via {
            Via::Edge(edge) | Via::Branch(edge) => Some(edge),
            Via::Start | Via::Jump(_) | Via::Goal(_) | Via::Join => None,
        };
        let walk = self.state.walks.get_mut(&id)?;
        let from = walk.at.replace(node);
        self.decide(Decision::NodeEntered { walk: id, visit, via, from });
        if planned.handler == Handler::Exit {
            return self.at_exit(id);
        }
        let walk = self.state.walks.get_mut(&id)?;
        walk.visit = Some(OpenVisit { id: visit, attempt: 0, counted: 0, edge, previous: from });
        match planned.handler {
            Handler::Start => self.finish(id, StepOutcome::success()),
            Handler::Conditional => match plan.rules.diamond {
                DiamondOutcome::Forward => self.forward(id, planned),
                DiamondOutcome::Success => self.finish(id, StepOutcome::success()),
            },
            Handler::Tool | Handler::Codergen | Handler::Custom | Handler::Manager => {
                self.start_attempt(id, true)
            }
            Handler::Human => self.open_gate(id),
            Handler::Parallel => self.open_region(id),
            Handler::FanIn => self.enter_fan_in(id),
            Handler::Exit => None,
        }
    }

    /// The goal check (section 10).
    fn at_exit(&mut self, id: WalkId) -> Option<Next> {
        let plan = self.plan;
        let ledger = &self.state.walk(id)?.ledger;
        let gates: Vec<GateCheck> = plan
            .goal_gates()
            .map(|(node, may_stay_unvisited)| GateCheck {
                node,
                outcome: ledger.outcome(node.id()),
                satisfied: ledger.satisfies(node.id(), || may_stay_unvisited),
            })
            .collect();
        let unsatisfied = gates.iter().find(|gate| !gate.satisfied).map(|gate| gate.node);
        let target = unsatisfied.and_then(|gate| plan.node(gate)?.gate_targets.first().copied());
        if plan.has_goal_gates() {
            let target = target.map(|(_, target)| target);
            self.decide(Decision::GoalChecked { gates, unsatisfied, target });
        }
        match (unsatisfied, target) {
            (None, _) => self.succeed_run(),
            (Some(_), Some((by, node))) => return Some(Next::Enter { node, via: Via::Goal(by) }),
            (Some(gate), None) => {
                let reason = format!("the goal gate `{}` is not satisfied", plan.name(gate));
                self.fail_run(FailureClass::GoalGateUnsatisfied, reason, Some(gate));
            }
        }
        None
    }

    fn succeed_run(&mut self) {
        self.finish_run(End { status: RunStatus::Success, class: None, reason: String::new(), node: None });
    }

    /// Starts the next attempt of the open visit, if the budget allows it.
    pub(crate) fn start_attempt(&mut self, id: WalkId, counts: bool) -> Option<Next> {
        let plan = self.plan;
        let visit = self.state.walk(id)?.visit?;
        let node = visit.id.node;
        if plan.handler(node) == Handler::Human {
            return self.open_gate(id);
        }
        if self.state.budget.attempts >= self.state.start.limits.max_attempts {
            self.set(id, Waiting::Held { next: Next::Attempt { counts }, for_turn: false });
            self.exceed(super::budget::Budget::MaxNodes, Some(node));
            return None;
        }
        self.state.budget.attempts += 1;
        let walk = self.state.walks.get_mut(&id)?;
        let open = walk.visit.as_mut()?;
        open.attempt += 1;
        open.counted += u32::from(counts);
        let retries = open.counted.saturating_sub(1);
        if let Some(counts) = self.state.counts.get_mut(node.index()) {
            counts.attempts += 1;
            counts.retries = retries;
        }
        self.state.open.insert(visit.id, id);
        let spec = self.spec(id)?;
        if plan.handler(node) == Handler::Manager {
            self.start_child(id, spec);
        } else {
            self.commands.push(Command::StartAttempt(spec));
            self.set(id, Waiting::Attempt { stopping: None });
        }
        None
    }

    /// What the driver has to know about the last attempt of a walk's visit.
    pub(crate) fn spec(&self, id: WalkId) -> Option<AttemptSpec> {
        let walk = self.state.walk(id)?;
        let visit = walk.visit?;
        let attempts = self.plan.node(visit.id.node)?.retry.attempts;
        Some(AttemptSpec {
            attempt: AttemptId { visit: visit.id, attempt: visit.attempt },
            walk: id,
            generation: self.state.generation,
            previous: visit.previous,
            previous_outcome: walk.forwarded().status,
            edge: visit.edge,
            repeats_left: attempts.saturating_sub(visit.counted),
        })
    }

    /// An attempt has an outcome: another attempt, or the end of the visit (section 9).
    pub(crate) fn decide_attempt(
        &mut self,
        id: WalkId,
        outcome: StepOutcome,
        retry_after: Option<u64>,
    ) -> Option<Next> {
        let visit = self.state.walk(id)?.visit?;
        let planned = self.plan.node(visit.id.node)?;
        let wanted = match (outcome.status, outcome.class) {
            (Outcome::Retry, _) => true,
            (Outcome::Fail, Some(class)) => {
                self.plan.rules.retry_failures == RetryFailures::ByClass && planned.retry.covers(class)
            }
            (Outcome::Fail, None) | (Outcome::Success | Outcome::PartialSuccess | Outcome::Skipped, _) => {
                false
            }
        };
        let left = planned.retry.attempts.saturating_sub(visit.counted);
        if wanted && left > 0 && retry_after.is_none_or(|millis| millis <= MAX_DELAY) {
            let nominal = retry_after.unwrap_or_else(|| planned.retry.delay(visit.counted));
            let attempt = AttemptId { visit: visit.id, attempt: visit.attempt + 1 };
            self.decide(Decision::RetryScheduled { attempt, class: outcome.class, nominal, left: left - 1 });
            if self.state.phase == Phase::Running {
                let timer = self.new_timer(id);
                let jitter = retry_after.is_none();
                let spec = TimerSpec::Retry { attempt, nominal, jitter };
                self.commands.push(Command::StartTimer { timer, spec });
                self.set(id, Waiting::Retry { timer, nominal, jitter });
            } else {
                self.set(id, Waiting::Held { next: Next::Attempt { counts: true }, for_turn: false });
            }
            return None;
        }
        let outcome = if outcome.status == Outcome::Retry { spent(outcome, planned) } else { outcome };
        self.set(id, Waiting::Moving);
        if planned.handler == Handler::FanIn {
            return self.fan_in_judged(id, outcome);
        }
        self.finish(id, outcome)
    }

    /// The visit has its final outcome: record it, then find the way on.
    pub(crate) fn finish(&mut self, id: WalkId, outcome: StepOutcome) -> Option<Next> {
        let visit = self.state.walk(id)?.visit?.id;
        let outcome = self.record(id, visit, outcome);
        self.route(id, visit, &outcome)
    }

    /// Section 4, `record`. Gives the outcome back without what was applied.
    pub(crate) fn record(&mut self, id: WalkId, visit: VisitId, mut outcome: StepOutcome) -> StepOutcome {
        let plan = self.plan;
        let origin = Origin::of(plan.handler(visit.node));
        for (key, value) in std::mem::take(&mut outcome.context_updates) {
            self.write(id, key, value, origin);
        }
        self.decide(Decision::OutcomeRecorded {
            visit,
            status: outcome.status,
            class: outcome.class,
            reason: outcome.reason.clone(),
        });
        if outcome.status != Outcome::Skipped
            && let Some(walk) = self.state.walks.get_mut(&id)
        {
            let failed = outcome.status == Outcome::Fail;
            walk.recorded = Recorded {
                node: Some(visit.node),
                status: Some(outcome.status),
                class: outcome.class.filter(|_| failed),
                reason: if failed { outcome.reason.clone() } else { String::new() },
                label: outcome.preferred_label.clone(),
            };
            walk.forwards = true;
            if plan.node(visit.node).is_some_and(|node| node.goal_gate.is_some()) {
                walk.ledger.record(visit.node.id(), outcome.status);
            }
        }
        outcome
    }

    /// Sections 5 and 8.
    pub(crate) fn route(&mut self, id: WalkId, visit: VisitId, outcome: &StepOutcome) -> Option<Next> {
        let planned = self.plan.node(visit.node)?;
        let (considered, selected) = self.select(id, planned, outcome);
        if let Some((edge, by)) = selected {
            return self.follow(id, visit, edge, by, considered);
        }
        if outcome.status == Outcome::Fail {
            let class = outcome.class.unwrap_or(FailureClass::Reported);
            let failure = Failure { class, reason: outcome.reason.clone(), node: Some(visit.node) };
            return self.fail_over(id, visit, failure);
        }
        self.no_route(id, visit, planned)
    }

    /// A diamond hands on the outcome of the step before it (section 7).
    fn forward(&mut self, id: WalkId, planned: &PlanNode) -> Option<Next> {
        let walk = self.state.walk(id)?;
        let visit = walk.visit?.id;
        let forwarded = walk.forwarded();
        let (label, reason) = if walk.forwards {
            (walk.recorded.label.clone(), walk.recorded.reason.clone())
        } else {
            Default::default()
        };
        let outcome = StepOutcome {
            status: forwarded.status,
            class: forwarded.class,
            reason,
            preferred_label: label,
            ..StepOutcome::default()
        };
        let (considered, selected) = self.select(id, planned, &outcome);
        if let Some((edge, by)) = selected {
            return self.follow(id, visit, edge, by, considered);
        }
        if outcome.status == Outcome::Fail {
            let class = outcome.class.unwrap_or(FailureClass::Reported);
            let failure =
                Failure { class, reason: outcome.reason, node: forwarded.node.or(Some(visit.node)) };
            return self.fail_over(id, visit, failure);
        }
        self.no_route(id, visit, planned)
    }

    fn select(
        &self,
        id: WalkId,
        planned: &PlanNode,
        outcome: &StepOutcome,
    ) -> (Vec<Considered>, Option<(EdgeKey, DecidedBy)>) {
        let plan = self.plan;
        let mut considered = Vec::with_capacity(planned.edges.len());
        let mut candidates = Vec::with_capacity(planned.edges.len());
        for &edge in &planned.edges {
            let Some(found) = plan.edge(edge) else { continue };
            let condition = self.condition_holds(id, edge, outcome.status, &outcome.preferred_label);
            considered.push(Considered { edge, condition });
            candidates.push(Candidate {
                target: plan.name(found.target),
                condition,
                label: &found.label,
                weight: found.weight,
                carries_failure: found.carries_failure,
            });
        }
        let suggested: Vec<&str> = outcome.suggested_next_ids.iter().map(String::as_str).collect();
        let ended = Ended {
            outcome: outcome.status,
            preferred_label: &outcome.preferred_label,
            suggested: &suggested,
        };
        let selected = select_edge(&candidates, &ended)
            .and_then(|(index, step)| Some((considered.get(index)?.edge, DecidedBy::from(step))));
        (considered, selected)
    }

    /// Whether the condition of an edge holds after such an outcome; `None` without a condition.
    pub(crate) fn condition_holds(
        &self,
        id: WalkId,
        edge: EdgeKey,
        status: Outcome,
        label: &str,
    ) -> Option<bool> {
        let condition = self.plan.pipeline().condition(edge.id())?;
        let view = ContextView { plan: self.plan, state: self.state, walk: id };
        Some(holds(condition.condition, condition.text, |key| condition_key(&view, status, label, key)))
    }

    /// Takes an edge, with a new generation if it says so (section 11).
    pub(crate) fn follow(
        &mut self,
        id: WalkId,
        from: VisitId,
        edge: EdgeKey,
        by: DecidedBy,
        candidates: Vec<Considered>,
    ) -> Option<Next> {
        let found = self.plan.edge(edge)?;
        let restart = found.restart && id == WalkId::MAIN;
        let to = found.target;
        self.take_visit(id);
        self.decide(Decision::EdgeSelected { walk: id, from, edge: Some(edge), to, by, candidates, restart });
        if restart {
            self.restart(id);
        }
        Some(Next::Enter { node: to, via: Via::Edge(edge) })
    }

    fn restart(&mut self, id: WalkId) {
        let plan = self.plan;
        let Some(walk) = self.state.walks.get_mut(&id) else { return };
        walk.changes.retain(|key, value| value.is_some() && plan.persist_keys.contains(key));
        walk.recorded = Recorded::default();
        walk.forwards = false;
        walk.ledger.clear();
        walk.result = None;
        let kept = walk.changes.keys().cloned().collect();
        self.state.generation += 1;
        let generation = self.state.generation;
        self.decide(Decision::GenerationStarted { generation, kept });
    }

    /// Section 8, 4 to 8: the first target, else the end of the walk.
    pub(crate) fn fail_over(&mut self, id: WalkId, from: VisitId, failure: Failure) -> Option<Next> {
        let planned = self.plan.node(from.node)?;
        let region = self.state.walk(id)?.branch.as_ref().and_then(|branch| self.plan.region(branch.region));
        let stays = |target: &NodeKey| region.is_none_or(|region| region.region.contains(target.id()));
        let target = planned.failure_targets.iter().find(|(_, target)| stays(target)).copied();
        self.take_visit(id);
        match target {
            Some((by, to)) => Some(self.jump(id, from, by, to)),
            None => {
                self.end_walk(id, &failure);
                None
            }
        }
    }

    fn jump(&mut self, id: WalkId, from: VisitId, by: JumpBy, to: NodeKey) -> Next {
        self.decide(Decision::EdgeSelected {
            walk: id,
            from,
            edge: None,
            to,
            by: DecidedBy::Jump(by),
            candidates: Vec::new(),
            restart: false,
        });
        Next::Enter { node: to, via: Via::Jump(by) }
    }

    /// No edge after a step that did not fail (section 5).
    pub(crate) fn no_route(&mut self, id: WalkId, from: VisitId, planned: &PlanNode) -> Option<Next> {
        let rules = self.plan.rules;
        let ends_well = if planned.edges.is_empty() {
            rules.dead_end == DeadEnd::Success
        } else {
            rules.no_route == NoRoute::Success
        };
        let reason = format!("no edge out of `{}` can be taken", self.plan.name(from.node));
        let failure = Failure { class: FailureClass::NoRoute, reason, node: Some(from.node) };
        if rules.no_route == NoRoute::NodeTargets {
            return self.fail_over(id, from, failure);
        }
        self.take_visit(id);
        match (ends_well, id == WalkId::MAIN) {
            (true, true) => self.succeed_run(),
            (true, false) => self.end_branch(id, BranchEnd { outcome: Outcome::Success, class: None }),
            (false, _) => self.end_walk(id, &failure),
        }
        None
    }

    /// A walk ends with a failure: the run, or a branch.
    pub(crate) fn end_walk(&mut self, id: WalkId, failure: &Failure) {
        if id == WalkId::MAIN {
            self.fail_run(failure.class, failure.reason.clone(), failure.node);
        } else {
            self.end_branch(id, BranchEnd { outcome: Outcome::Fail, class: Some(failure.class) });
        }
    }

    /// Writes a context key of a walk.
    pub(crate) fn write(&mut self, id: WalkId, key: String, text: Option<String>, origin: Origin) {
        let Some(walk) = self.state.walks.get_mut(&id) else { return };
        let value = text.map(|text| Value { text, origin });
        match walk.changes.get_mut(&key) {
            Some(known) => *known = value,
            None => {
                walk.changes.insert(key, value);
            }
        }
    }

    fn start_child(&mut self, id: WalkId, spec: AttemptSpec) {
        let attempt = spec.attempt;
        self.commands.push(Command::StartChild(spec));
        let timer = self.start_cycle(id, attempt);
        self.set(id, Waiting::Child(ChildRun { timer, cycles: 0, attempts: 0, paused: false, ending: None }));
    }

    /// Whether a walk exists and is a branch.
    pub(crate) fn branch_of(&self, id: WalkId) -> Option<&super::state::Branch> {
        self.state.walk(id).and_then(|walk: &Walk| walk.branch.as_ref())
    }
}

/// What a request for another attempt becomes when none is left (section 9).
fn spent(outcome: StepOutcome, planned: &PlanNode) -> StepOutcome {
    if planned.retry.allow_partial {
        return StepOutcome { status: Outcome::PartialSuccess, class: None, ..outcome };
    }
    let class = outcome.class.unwrap_or(FailureClass::RetriesExhausted);
    StepOutcome { status: Outcome::Fail, class: Some(class), ..outcome }
}
