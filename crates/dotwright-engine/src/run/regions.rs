//! Parallel regions: branches as walks, their turns, join policies and losers (runner reference, section 12).

use dotwright_model::Outcome;

use super::command::{BranchEnd, Command, Decision, GateClosed, StopReason, Via};
use super::id::{AttemptId, WalkId};
use super::machine::{Machine, Work};
use super::outcome::{FailureClass, StepOutcome};
use super::plan::{Detail, JoinPolicy};
use super::state::{Branch, Next, OpenVisit, RegionRun, Stopping, Waiting, Walk};

/// How a cancelled branch ends.
const CANCELLED: BranchEnd = BranchEnd { outcome: Outcome::Skipped, class: Some(FailureClass::Cancelled) };

impl Machine<'_> {
    pub(crate) fn open_region(&mut self, id: WalkId) -> Option<Next> {
        let plan = self.plan;
        let parent = self.state.walk(id)?;
        let visit = parent.visit?.id;
        let recorded = parent.recorded.clone();
        let planned = plan.node(visit.node)?;
        let Detail::Parallel(region) = planned.detail else {
            return self.finish(id, StepOutcome::fail(FailureClass::NoBranches, "the fan-out has no region"));
        };
        let starts: Vec<_> = planned
            .edges
            .iter()
            .filter(|&&edge| self.condition_holds(id, edge, Outcome::Success, "") != Some(false))
            .filter_map(|&edge| Some((edge, plan.edge(edge)?.target)))
            .collect();
        if starts.is_empty() {
            let reason = format!("no edge out of `{}` can start a branch", plan.name(visit.node));
            let outcome = StepOutcome::fail(FailureClass::NoBranches, reason);
            let outcome = self.record(id, visit, outcome);
            return self.fail_region(id, visit, FailureClass::NoBranches, outcome.reason);
        }
        let mut branches = Vec::with_capacity(starts.len());
        for (index, (edge, entry)) in starts.into_iter().enumerate() {
            let walk = WalkId(self.state.next_walk);
            self.state.next_walk += 1;
            let next = Next::Enter { node: entry, via: Via::Branch(edge) };
            let opened = Walk {
                branch: Some(Branch { parent: id, fan_out: visit, region, entry, index }),
                recorded: recorded.clone(),
                at: Some(visit.node),
                waiting: Waiting::Held { next, for_turn: true },
                ..Walk::default()
            };
            self.state.walks.insert(walk, opened);
            branches.push(walk);
            self.decide(Decision::BranchOpened { region: visit, walk, entry });
        }
        let queue = branches.iter().copied().collect();
        let run = RegionRun {
            visit,
            region,
            branches,
            queue,
            running: 0,
            over: 0,
            succeeded: 0,
            failed: 0,
            decided: false,
        };
        self.set(id, Waiting::Region(Box::new(run)));
        self.start_turns(id);
        None
    }

    pub(super) fn region_run(&mut self, parent: WalkId) -> Option<&mut RegionRun> {
        let Waiting::Region(run) = &mut self.state.walks.get_mut(&parent)?.waiting else { return None };
        Some(run)
    }

    /// Starts waiting branches as long as there is room.
    fn start_turns(&mut self, parent: WalkId) {
        loop {
            let plan = self.plan;
            let Some(run) = self.region_run(parent) else { return };
            let room = plan.region(run.region).map_or(1, |region| region.max_parallel);
            if run.decided || run.running >= room {
                return;
            }
            let Some(walk) = run.queue.pop_front() else { return };
            run.running += 1;
            let Some(found) = self.state.walks.get_mut(&walk) else { continue };
            found.has_turn = true;
            if let Waiting::Held { next, .. } = found.waiting {
                self.set(walk, Waiting::Moving);
                self.work.push_back(Work::Go(walk, next));
            }
        }
    }

    /// A branch that waits for a person does not hold the others.
    pub(crate) fn leave_turn(&mut self, id: WalkId) {
        let Some(walk) = self.state.walks.get_mut(&id) else { return };
        let Some(parent) = walk.branch.as_ref().map(|branch| branch.parent) else { return };
        if std::mem::take(&mut walk.has_turn)
            && let Some(run) = self.region_run(parent)
        {
            run.running = run.running.saturating_sub(1);
            self.start_turns(parent);
        }
    }

    /// A branch that goes on after a person answered waits for room again, unless it kept its turn.
    pub(crate) fn queue_turn(&mut self, parent: WalkId, id: WalkId, next: Next) {
        if self.state.walk(id).is_some_and(|walk| walk.has_turn) {
            self.set(id, Waiting::Moving);
            return self.work.push_back(Work::Go(id, next));
        }
        self.set(id, Waiting::Held { next, for_turn: true });
        if let Some(run) = self.region_run(parent) {
            run.queue.push_back(id);
        }
        self.start_turns(parent);
    }

    /// A branch is over; its region looks at it next.
    pub(crate) fn end_branch(&mut self, id: WalkId, end: BranchEnd) {
        self.take_visit(id);
        let Some(walk) = self.state.walk(id) else { return };
        let (last, parent) = (walk.at, walk.branch.as_ref().map(|branch| branch.parent));
        self.set(id, Waiting::Over(end));
        self.decide(Decision::BranchEnded { walk: id, end, last });
        if let Some(parent) = parent {
            self.work.push_back(Work::Settle(parent, id));
        }
    }

    /// A branch that lost has nothing running any more.
    pub(crate) fn drop_branch(&mut self, id: WalkId) {
        self.drop_visit(id);
        self.end_branch(id, CANCELLED);
    }

    /// Looks at a region after one of its branches ended: the policy, the losers, the next turn, the end.
    pub(crate) fn settle(&mut self, parent: WalkId, branch: WalkId) {
        let plan = self.plan;
        let Some(walk) = self.state.walks.get_mut(&branch) else { return };
        let Waiting::Over(end) = walk.waiting else { return };
        let had_turn = std::mem::take(&mut walk.has_turn);
        let Some(run) = self.region_run(parent) else { return };
        run.running = run.running.saturating_sub(u32::from(had_turn));
        run.over += 1;
        match end.outcome {
            Outcome::Success => run.succeeded += 1,
            Outcome::Fail => run.failed += 1,
            Outcome::PartialSuccess | Outcome::Skipped | Outcome::Retry => {}
        }
        let Some(region) = plan.region(run.region) else { return };
        let started = run.branches.len() as u32;
        let met = match region.policy {
            JoinPolicy::WaitAll => region.fail_fast && run.failed > 0,
            JoinPolicy::FirstSuccess => run.succeeded > 0,
            JoinPolicy::KOfN(k) => run.succeeded >= k,
            JoinPolicy::Quorum => run.succeeded * 2 > started,
        };
        if met && !run.decided {
            run.decided = true;
            run.queue.clear();
            if run.over < started {
                let losers = run.branches.clone();
                return self.lose(losers, branch);
            }
        }
        if run.over == started {
            self.close_region(parent, region);
        } else {
            self.start_turns(parent);
        }
    }

    /// Stops the branches of a region that are not over, with the regions inside them.
    fn lose(&mut self, branches: Vec<WalkId>, but: WalkId) {
        let mut stack: Vec<WalkId> = branches.into_iter().rev().filter(|&walk| walk != but).collect();
        while let Some(id) = stack.pop() {
            let Some(walk) = self.state.walks.get_mut(&id) else { continue };
            if matches!(walk.waiting, Waiting::Over(_)) {
                continue;
            }
            walk.lost = true;
            if let Waiting::Region(run) = &mut walk.waiting {
                run.decided = true;
                run.queue.clear();
                stack.extend(run.branches.iter().rev());
                continue;
            }
            if self.stop_waiting(id, StopReason::LostRace) {
                self.drop_branch(id);
            }
        }
    }

    /// Ends what a walk waits for. True when nothing of it runs any more.
    pub(crate) fn stop_waiting(&mut self, id: WalkId, why: StopReason) -> bool {
        let Some(walk) = self.state.walks.get_mut(&id) else { return false };
        let attempt = walk.visit.map(|OpenVisit { id, attempt, .. }| AttemptId { visit: id, attempt });
        match &mut walk.waiting {
            // Its turn comes within this event, and then it sees that it lost.
            Waiting::Moving | Waiting::Merge { .. } | Waiting::Over(_) | Waiting::Region(_) => false,
            Waiting::Attempt { stopping } => {
                let told = stopping.replace(Stopping::Dropped).is_some();
                if let (false, Some(attempt)) = (told, attempt) {
                    self.commands.push(Command::StopAttempt { attempt, why });
                }
                false
            }
            Waiting::Child(child) => {
                let timer = child.timer.take();
                let was_paused = std::mem::take(&mut child.paused);
                if was_paused {
                    self.state.busy += 1;
                }
                if let Some(timer) = timer {
                    self.drop_timer(timer);
                }
                if let Some(attempt) = attempt {
                    self.commands.push(Command::StopChild { attempt, why });
                }
                false
            }
            Waiting::Retry { timer, .. } => {
                let timer = *timer;
                self.drop_timer(timer);
                self.set(id, Waiting::Held { next: Next::Attempt { counts: true }, for_turn: false });
                true
            }
            Waiting::Gate(open) => {
                let open = open.clone();
                self.close_gate(id, &open, GateClosed::Cancelled);
                self.set(id, Waiting::Held { next: Next::Attempt { counts: true }, for_turn: false });
                true
            }
            Waiting::Held { .. } => true,
        }
    }
}
