//! The end of a parallel region: what its branches wrote, its status, and the fan-in (runner reference, sections 12.3,
//! 12.4 and 13).

use std::cmp::Ordering;
use std::fmt::Write;

use dotwright_model::{Handler, Outcome};

use super::command::{BranchEnd, Command, DecidedBy, Decision, Via};
use super::context::{Origin, Value};
use super::id::{NodeKey, VisitId, WalkId};
use super::machine::{Machine, Work};
use super::outcome::{FailureClass, StepOutcome};
use super::plan::{Detail, JoinPolicy, MergeConflict, PlanRegion};
use super::state::{Next, Phase, Ranked, RegionResult, Waiting, Walk};
use super::walk::Failure;
use crate::ledger::Ledger;

impl Machine<'_> {
    pub(super) fn close_region(&mut self, parent: WalkId, region: &PlanRegion) {
        let Some(run) = self.region_run(parent) else { return };
        let visit = run.visit;
        let ids = std::mem::take(&mut run.branches);
        let branches: Vec<Ended> = ids
            .into_iter()
            .filter_map(|id| {
                let walk = self.state.walks.remove(&id)?;
                let Waiting::Over(end) = walk.waiting else { return None };
                Some(Ended { id, end, walk })
            })
            .collect();
        if self.state.walk(parent).is_some_and(|walk| walk.lost) {
            return self.drop_branch(parent);
        }
        self.set(parent, Waiting::Moving);
        let (merged, conflicts) = self.merge(parent, region, &branches);
        let status = self.region_status(region, &branches, &conflicts);
        let result = self.collect(parent, branches, &status, visit, merged, conflicts);
        let outcome = StepOutcome {
            status: status.outcome,
            class: status.class,
            reason: status.reason.clone(),
            ..StepOutcome::default()
        };
        self.record(parent, visit, outcome);
        if let Some(next) = self.leave_region(parent, visit, region, status, result) {
            self.work.push_back(Work::Go(parent, next));
        }
    }

    /// Keys of `merge`, in branch order (section 12.3).
    fn merge(
        &mut self,
        parent: WalkId,
        region: &PlanRegion,
        branches: &[Ended],
    ) -> (Vec<String>, Vec<String>) {
        let (mut merged, mut conflicts) = (Vec::new(), Vec::new());
        for key in &region.merge {
            let written: Vec<&Option<Value>> = branches
                .iter()
                .filter(|b| !b.is_cancelled())
                .filter_map(|b| b.walk.changes.get(key))
                .collect();
            let text = |value: &Option<Value>| value.as_ref().map(|value| value.text.clone());
            let agreed = written.windows(2).all(|two| match two {
                [a, b] => text(a) == text(b),
                _ => true,
            });
            let chosen = match region.conflict {
                MergeConflict::Error if !agreed => {
                    conflicts.push(key.clone());
                    continue;
                }
                MergeConflict::Error | MergeConflict::First => written.first(),
                MergeConflict::Last => written.last(),
            };
            if let Some(&value) = chosen {
                let value = value.clone();
                merged.push(key.clone());
                if let Some(walk) = self.state.walks.get_mut(&parent) {
                    walk.changes.insert(key.clone(), value);
                }
            }
        }
        (merged, conflicts)
    }

    fn region_status(&self, region: &PlanRegion, branches: &[Ended], conflicts: &[String]) -> Status {
        if !conflicts.is_empty() {
            let reason = format!("branches disagree about {}", conflicts.join(", "));
            return Status { outcome: Outcome::Fail, class: Some(FailureClass::MergeConflict), reason };
        }
        let count = |outcome| branches.iter().filter(|branch| branch.end.outcome == outcome).count();
        let (good, partial, failed) =
            (count(Outcome::Success), count(Outcome::PartialSuccess), count(Outcome::Fail));
        let partly = if partial > 0 { Outcome::PartialSuccess } else { Outcome::Success };
        let outcome = match region.policy {
            JoinPolicy::WaitAll if failed == 0 => partly,
            JoinPolicy::WaitAll if region.failed_is_partial && good + partial > 0 => Outcome::PartialSuccess,
            JoinPolicy::WaitAll => Outcome::Fail,
            JoinPolicy::FirstSuccess if good > 0 => Outcome::Success,
            JoinPolicy::FirstSuccess if partial > 0 => Outcome::PartialSuccess,
            JoinPolicy::FirstSuccess => Outcome::Fail,
            JoinPolicy::KOfN(k) if good >= k as usize => Outcome::Success,
            JoinPolicy::Quorum if good * 2 > branches.len() => Outcome::Success,
            JoinPolicy::KOfN(_) | JoinPolicy::Quorum => Outcome::Fail,
        };
        if outcome != Outcome::Fail {
            return Status { outcome, class: None, reason: String::new() };
        }
        let failed = branches.iter().filter(|branch| branch.end.outcome == Outcome::Fail);
        let named = failed.map(|branch| {
            let class = branch.end.class.map_or("failed", FailureClass::as_str);
            format!("{} ({class})", self.plan.name(branch.entry()))
        });
        let reason = format!("failed branches: {}", named.collect::<Vec<_>>().join(", "));
        Status { outcome, class: Some(FailureClass::BranchFailed), reason }
    }

    /// What the walk around a region gets of it: results, branch-qualified keys, ledger entries.
    fn collect(
        &mut self,
        parent: WalkId,
        branches: Vec<Ended>,
        status: &Status,
        visit: VisitId,
        merged: Vec<String>,
        conflicts: Vec<String>,
    ) -> RegionResult {
        let plan = self.plan;
        let ends = branches.iter().map(|branch| branch.end).collect();
        self.decide(Decision::RegionJoined {
            region: visit,
            status: status.outcome,
            branches: ends,
            merged,
            conflicts,
        });
        let results: Vec<String> =
            branches.iter().map(|branch| branch.json(|node| plan.name(node))).collect();
        let results = format!("[{}]", results.join(","));
        self.write(parent, "parallel.results".to_owned(), Some(results), Origin::Engine);
        let mut ranked: Vec<(f64, Ranked)> = Vec::new();
        for (index, branch) in branches.into_iter().enumerate() {
            let entry = plan.name(branch.entry()).to_owned();
            let word = branch.word().to_owned();
            if !branch.is_cancelled() {
                let (end, id, node) = (branch.end, branch.id, branch.entry());
                let candidate = Ranked { entry: node, outcome: end.outcome, walk: id, index };
                ranked.push((branch.score(), candidate));
                self.take_over(parent, &entry, branch.walk);
            }
            self.write(parent, format!("parallel.branch.{entry}.outcome"), Some(word), Origin::Engine);
        }
        ranked.sort_by(|(score, a), (other, b)| {
            let names = || plan.name(a.entry).cmp(plan.name(b.entry));
            rank(a.outcome)
                .cmp(&rank(b.outcome))
                .then_with(|| other.partial_cmp(score).unwrap_or(Ordering::Equal))
                .then_with(names)
        });
        RegionResult {
            status: status.outcome,
            class: status.class,
            reason: status.reason.clone(),
            ranked: ranked.into_iter().map(|(_, ranked)| ranked).collect(),
        }
    }

    fn take_over(&mut self, parent: WalkId, entry: &str, mut branch: Walk) {
        let ledger: Ledger = std::mem::take(&mut branch.ledger);
        if let Some(walk) = self.state.walks.get_mut(&parent) {
            walk.ledger.absorb(ledger);
        }
        for (key, value) in std::mem::take(&mut branch.changes) {
            if let Some(value) = value {
                self.write(parent, format!("parallel.branch.{entry}.{key}"), Some(value.text), value.origin);
            }
        }
        if branch.forwards {
            let recorded = branch.recorded;
            let keys = [
                ("last_stage", recorded.node.map(|node| self.plan.name(node).to_owned())),
                ("failure_class", recorded.class.map(|class| class.as_str().to_owned())),
                ("failure_reason", Some(recorded.reason).filter(|reason| !reason.is_empty())),
                ("preferred_label", Some(recorded.label).filter(|label| !label.is_empty())),
            ];
            for (key, value) in keys {
                if value.is_some() {
                    self.write(parent, format!("parallel.branch.{entry}.{key}"), value, Origin::Engine);
                }
            }
        }
    }

    /// From a region to its join (section 12.4).
    fn leave_region(
        &mut self,
        id: WalkId,
        visit: VisitId,
        region: &PlanRegion,
        status: Status,
        result: RegionResult,
    ) -> Option<Next> {
        let failed = status.outcome == Outcome::Fail;
        let Some(join) = region.join else {
            if failed {
                return self.fail_region(id, visit, status.class?, status.reason);
            }
            return self.no_route(id, visit, self.plan.node(visit.node)?);
        };
        let is_fan_in = self.plan.handler(join) == Handler::FanIn;
        if failed && !is_fan_in {
            return self.fail_region(id, visit, status.class?, status.reason);
        }
        if is_fan_in {
            self.state.walks.get_mut(&id)?.result = Some(Box::new(result));
        }
        self.take_visit(id);
        self.decide(Decision::EdgeSelected {
            walk: id,
            from: visit,
            edge: None,
            to: join,
            by: DecidedBy::Join,
            candidates: Vec::new(),
            restart: false,
        });
        Some(Next::Enter { node: join, via: Via::Join })
    }

    pub(super) fn fail_region(
        &mut self,
        id: WalkId,
        visit: VisitId,
        class: FailureClass,
        reason: String,
    ) -> Option<Next> {
        self.fail_over(id, visit, Failure { class, reason, node: Some(visit.node) })
    }

    pub(crate) fn enter_fan_in(&mut self, id: WalkId) -> Option<Next> {
        let walk = self.state.walk(id)?;
        let visit = walk.visit?.id;
        let Some(result) = &walk.result else {
            let reason = format!("no region ended at `{}`", self.plan.name(visit.node));
            return self.finish(id, StepOutcome::fail(FailureClass::NoResults, reason));
        };
        let Detail::FanIn { judged, best_only } = self.plan.node(visit.node)?.detail else { return None };
        if self.state.start.worktrees {
            let good = result.ranked.iter().filter(|branch| branch.outcome != Outcome::Fail);
            let mut branches: Vec<&Ranked> = good.take(if best_only { 1 } else { usize::MAX }).collect();
            branches.sort_by_key(|branch| branch.index);
            let branches: Vec<WalkId> = branches.into_iter().map(|branch| branch.walk).collect();
            if !branches.is_empty() {
                self.state.open.insert(visit, id);
                self.commands.push(Command::MergeWork { visit, walk: id, branches: branches.clone() });
                self.set(id, Waiting::Merge { branches });
                return None;
            }
        }
        if judged { self.start_attempt(id, true) } else { self.finish_fan_in(id, None) }
    }

    pub(crate) fn work_merged(&mut self, visit: VisitId, conflicts: &[String]) {
        let merging = |machine: &Machine<'_>| {
            let id = *machine.state.open.get(&visit)?;
            matches!(machine.state.walk(id)?.waiting, Waiting::Merge { .. }).then_some(id)
        };
        let Some(id) = merging(self) else { return self.warn("work was merged that nothing waits for") };
        self.set(id, Waiting::Moving);
        if self.state.phase == Phase::Cancelling {
            self.drop_visit(id);
            return self.set(id, Waiting::Held { next: Next::Attempt { counts: false }, for_turn: false });
        }
        if self.state.walk(id).is_some_and(|walk| walk.lost) {
            return self.drop_branch(id);
        }
        let next = if conflicts.is_empty() {
            let judged = self.plan.node(visit.node).map(|node| &node.detail);
            match judged {
                Some(Detail::FanIn { judged: true, .. }) => Some(Next::Attempt { counts: true }),
                Some(_) | None => self.finish_fan_in(id, None),
            }
        } else {
            let paths = conflicts.join("\n");
            self.write(id, "parallel.conflicts".to_owned(), Some(paths), Origin::Engine);
            let reason = format!("the work of the branches conflicts in {} files", conflicts.len());
            self.finish(id, StepOutcome::fail(FailureClass::MergeConflict, reason))
        };
        if let Some(next) = next {
            self.work.push_back(Work::Go(id, next));
        }
    }

    /// The judge of a fan-in has spoken: a failure of it is a failure of the node.
    pub(crate) fn fan_in_judged(&mut self, id: WalkId, outcome: StepOutcome) -> Option<Next> {
        match outcome.status {
            Outcome::Success | Outcome::PartialSuccess => {
                let label = outcome.preferred_label;
                if label.is_empty() || self.is_ranked(id, &label) {
                    return self.finish_fan_in(id, Some(label));
                }
                let reason = format!("`{label}` is none of the branches to choose from");
                self.finish(id, StepOutcome::fail(FailureClass::InvalidStatus, reason))
            }
            Outcome::Fail | Outcome::Retry | Outcome::Skipped => self.finish(id, outcome),
        }
    }

    fn is_ranked(&self, id: WalkId, name: &str) -> bool {
        let ranked = self.state.walk(id).and_then(|walk| walk.result.as_ref());
        ranked.is_some_and(|result| result.ranked.iter().any(|branch| self.plan.name(branch.entry) == name))
    }

    /// The outcome of a fan-in is that of its region (section 13).
    fn finish_fan_in(&mut self, id: WalkId, chosen: Option<String>) -> Option<Next> {
        let result = self.state.walks.get_mut(&id)?.result.take()?;
        let named = |branch: &&Ranked| chosen.as_deref() == Some(self.plan.name(branch.entry));
        if let Some(best) = result.ranked.iter().find(named).or_else(|| result.ranked.first()) {
            let name = self.plan.name(best.entry).to_owned();
            let outcome = best.outcome.as_str().to_owned();
            self.write(id, "parallel.fan_in.best_id".to_owned(), Some(name), Origin::Engine);
            self.write(id, "parallel.fan_in.best_outcome".to_owned(), Some(outcome), Origin::Engine);
        }
        let result = *result;
        let (status, class, reason) = (result.status, result.class, result.reason);
        self.finish(id, StepOutcome { status, class, reason, ..StepOutcome::default() })
    }
}

/// Status of a region with its class and reason.
struct Status {
    outcome: Outcome,
    class: Option<FailureClass>,
    reason: String,
}

/// A branch that is over, taken out of the state.
struct Ended {
    id: WalkId,
    end: BranchEnd,
    walk: Walk,
}

impl Ended {
    fn is_cancelled(&self) -> bool {
        self.end.outcome == Outcome::Skipped
    }

    fn word(&self) -> &'static str {
        if self.is_cancelled() { "cancelled" } else { self.end.outcome.as_str() }
    }

    fn entry(&self) -> NodeKey {
        self.walk.branch.as_ref().map_or(NodeKey(u32::MAX), |branch| branch.entry)
    }

    /// The number in the key `score` that the branch wrote; without one it ranks last.
    fn score(&self) -> f64 {
        let written = self.walk.changes.get("score").and_then(Option::as_ref);
        let score = written.and_then(|value| value.text.trim().parse().ok());
        score.filter(|score: &f64| score.is_finite()).unwrap_or(f64::NEG_INFINITY)
    }

    fn json<'n>(&self, name: impl Fn(NodeKey) -> &'n str) -> String {
        let last = self.walk.at.map(&name).unwrap_or_default();
        format!(
            "{{\"id\":{},\"outcome\":\"{}\",\"class\":\"{}\",\"last_node\":{}}}",
            quoted(name(self.entry())),
            self.word(),
            self.end.class.map_or("", FailureClass::as_str),
            quoted(last),
        )
    }
}

/// The better outcome first.
fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Success => 0,
        Outcome::PartialSuccess => 1,
        Outcome::Fail | Outcome::Retry | Outcome::Skipped => 2,
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(character);
            }
            control if u32::from(control) < 0x20 => {
                // Writing to a text cannot fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
