//! Facts about one pipeline that several rules share, each computed once.
//!
//! The static half of the engine: which outcomes a step can have, which of them travel which edge, and what the walk
//! can reach. Where a walk depends on texts that only a run produces, these answers say what is possible.

mod commands;
mod outcomes;

use std::borrow::Cow;
use std::cell::OnceCell;

use dotwright_model::{
    Attribute, AttributeKey, EdgeId, FailedStep, Handler, JumpTarget, NodeId, Outcome, Pipeline, Scope,
};
use petgraph::algo::kosaraju_scc;

use crate::command::{ShellTraits, ToolCommand};
use crate::condition::mentions_outcome;
use crate::outcome_set::OutcomeSet;
use crate::region::{Dominators, Region};
use crate::verdict::{Verdict, Verdicts};

/// What a pipeline can do, as its profile reads it.
#[derive(Debug)]
pub struct Analysis<'p> {
    pipeline: &'p Pipeline,
    verdicts: Verdicts,
    /// The nodes that the graph's retry attributes name.
    graph_targets: [Option<NodeId>; 2],
    inspects: Vec<bool>,
    /// Nodes with a conditional out-edge.
    decides: Vec<bool>,
    domains: Vec<OutcomeSet>,
    travels: Vec<OutcomeSet>,
    reachable: OnceCell<Vec<bool>>,
    feasible: OnceCell<Vec<bool>>,
    successful: OnceCell<Vec<bool>>,
    looping: OnceCell<Vec<bool>>,
    dominators: OnceCell<Dominators<'p>>,
    regions: OnceCell<Vec<Region>>,
    commands: OnceCell<Vec<OnceCell<Box<ToolCommand<'p>>>>>,
    shell_texts: OnceCell<Vec<Option<Cow<'p, str>>>>,
    shell_traits: OnceCell<Vec<Option<ShellTraits>>>,
    outward: OnceCell<Vec<bool>>,
    loop_entries: OnceCell<Vec<Option<NodeId>>>,
}

/// What is there for the failure of a step; see [`Analysis::failure_use`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureUse {
    /// An edge, out of the step or out of a diamond behind it, that asks for the outcome.
    Edge(EdgeId),
    /// The step is a goal gate.
    GoalGate,
    /// The run goes on at this node.
    Target(NodeId),
}

/// What the conditions out of a step leave open; see [`Analysis::coverage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// True when some edge can always be taken.
    pub exhaustive: bool,
    /// Outcomes of the step for which no condition on the outcome alone holds.
    pub missing: OutcomeSet,
    /// True when conditions on other keys may cover the missing outcomes.
    pub by_context: bool,
}

const RETRY_TARGETS: [AttributeKey; 2] = [AttributeKey::RETRY_TARGET, AttributeKey::FALLBACK_RETRY_TARGET];

/// The node whose id is the value of an attribute.
fn named_node(pipeline: &Pipeline, attribute: Attribute<'_>) -> Option<NodeId> {
    pipeline.node_by_id(attribute.text().trim())
}

impl<'p> Analysis<'p> {
    /// Analyses a pipeline. Linear in its size, but for diamonds in loops, which settle after a few rounds.
    pub fn new(pipeline: &'p Pipeline) -> Analysis<'p> {
        let mut analysis = Analysis {
            pipeline,
            verdicts: Verdicts::new(pipeline),
            graph_targets: RETRY_TARGETS.map(|key| named_node(pipeline, pipeline.graph_attribute(key)?)),
            inspects: Vec::new(),
            decides: vec![false; pipeline.nodes().len()],
            domains: Vec::new(),
            travels: Vec::new(),
            reachable: OnceCell::new(),
            feasible: OnceCell::new(),
            successful: OnceCell::new(),
            looping: OnceCell::new(),
            dominators: OnceCell::new(),
            regions: OnceCell::new(),
            commands: OnceCell::new(),
            shell_texts: OnceCell::new(),
            shell_traits: OnceCell::new(),
            outward: OnceCell::new(),
            loop_entries: OnceCell::new(),
        };
        analysis.inspects = analysis.inspecting_diamonds();
        for edge in pipeline.edges().filter(|&edge| !pipeline.is_plain(edge)) {
            if let Some(decides) = analysis.decides.get_mut(pipeline.source_of(edge).index()) {
                *decides = true;
            }
        }
        let known = OutcomeSet::known_to(pipeline.profile());
        analysis.domains =
            pipeline.nodes().map(|node| analysis.own_domain(node).intersection(known)).collect();
        analysis.travels = vec![OutcomeSet::EMPTY; pipeline.edges().len()];
        analysis.settle();
        analysis
    }

    /// The pipeline.
    pub fn pipeline(&self) -> &'p Pipeline {
        self.pipeline
    }

    /// The outcomes that edge selection can see after a step.
    pub fn domain(&self, node: NodeId) -> OutcomeSet {
        self.domains.get(node.index()).copied().unwrap_or_default()
    }

    /// The outcomes with which an edge can be taken.
    pub fn travelling(&self, edge: EdgeId) -> OutcomeSet {
        self.travels.get(edge.index()).copied().unwrap_or_default()
    }

    /// True when a step that ends with `outcome` can take the edge.
    pub fn travels(&self, edge: EdgeId, outcome: Outcome) -> bool {
        self.travelling(edge).contains(outcome)
    }

    /// True when some run takes the edge.
    pub fn is_feasible(&self, edge: EdgeId) -> bool {
        !self.travelling(edge).is_empty()
    }

    /// True for an edge that its condition reserves for failures: it implies `fail` or excludes `success`.
    pub fn is_failure_edge(&self, edge: EdgeId) -> bool {
        self.verdict(edge).is_some_and(|verdict| {
            verdict.fails.contains(Outcome::Success) && !verdict.fails.contains(Outcome::Fail)
        })
    }

    /// True when a condition on the outcome alone gives the edge to failures for certain.
    pub fn takes_every_failure(&self, edge: EdgeId) -> bool {
        self.verdict(edge).is_some_and(|verdict| verdict.holds.contains(Outcome::Fail))
    }

    /// True when the condition of the edge looks at nothing but the outcome.
    pub fn tests_only_outcome(&self, edge: EdgeId) -> bool {
        self.verdict(edge).is_some_and(|verdict| verdict.only_outcome)
    }

    fn verdict(&self, edge: EdgeId) -> Option<Verdict> {
        self.verdicts.get(self.pipeline, edge)
    }

    /// True when the edge is plain and a failed step takes it without naming it: into a diamond that inspects the
    /// outcome, out of a diamond, or as the profile says.
    pub fn carries_failure(&self, edge: EdgeId) -> bool {
        let pipeline = self.pipeline;
        let source = pipeline.source_of(edge);
        if !pipeline.is_plain(edge) {
            return false;
        }
        let handler = pipeline.handler(source);
        if handler == Handler::Conditional {
            return true;
        }
        match pipeline.profile().failed_step {
            FailedStep::Strict => self.inspects_outcome(pipeline.target_of(edge)),
            FailedStep::Follow => !pipeline.profile().failed_step_stops.contains(&handler),
            FailedStep::FollowBesideConditional => self.decides.get(source.index()).copied().unwrap_or(false),
            FailedStep::IfTargetRunsOn => {
                let runs_on = pipeline.node_attribute(pipeline.target_of(edge), AttributeKey::RUNS_ON);
                runs_on.is_some_and(|value| matches!(value.text().as_ref(), "failure" | "always"))
            }
            FailedStep::Never => false,
        }
    }

    /// True for a diamond one of whose conditions looks at the outcome, or that hands on to such a diamond.
    pub fn inspects_outcome(&self, node: NodeId) -> bool {
        self.inspects.get(node.index()).copied().unwrap_or(false)
    }

    /// True when nodes are reached from the start over edges and jumps, whatever their conditions.
    pub fn is_reachable(&self, node: NodeId) -> bool {
        let reachable = self.reachable.get_or_init(|| self.reach_from(self.pipeline.start(), |_| true));
        reachable.get(node.index()).copied().unwrap_or(false)
    }

    /// True when a run can reach the node over edges that can be taken, and jumps.
    pub fn is_feasibly_reachable(&self, node: NodeId) -> bool {
        let feasible = self
            .feasible
            .get_or_init(|| self.reach_from(self.pipeline.start(), |edge| self.is_feasible(edge)));
        feasible.get(node.index()).copied().unwrap_or(false)
    }

    /// True when a run can reach the node without a failure on the way: over edges that another outcome than `fail`
    /// can take and that no condition reserves for failures, and without a jump.
    pub fn is_reachable_by_success(&self, node: NodeId) -> bool {
        let successful = self.successful.get_or_init(|| {
            let mut seen = vec![false; self.pipeline.nodes().len()];
            let mut queue: Vec<NodeId> = self.pipeline.start().into_iter().collect();
            while let Some(node) = queue.pop() {
                let Some(seen) = seen.get_mut(node.index()).filter(|seen| !**seen) else { continue };
                *seen = true;
                let edges = self.pipeline.outgoing(node).iter().filter(|&&edge| self.is_success_edge(edge));
                queue.extend(edges.map(|&edge| self.pipeline.target_of(edge)));
            }
            seen
        });
        successful.get(node.index()).copied().unwrap_or(false)
    }

    /// True when another outcome than `fail` can take the edge and its condition does not reserve it for failures.
    pub fn is_success_edge(&self, edge: EdgeId) -> bool {
        !self.travelling(edge).without(OutcomeSet::FAIL).is_empty() && !self.is_failure_edge(edge)
    }

    /// True when edges lead from the node back to it.
    pub fn is_in_loop(&self, node: NodeId) -> bool {
        let looping = self.looping.get_or_init(|| {
            let mut looping = vec![false; self.pipeline.nodes().len()];
            let graph = self.pipeline.graph();
            for component in petgraph::algo::kosaraju_scc(graph) {
                let is_loop =
                    component.len() > 1 || component.iter().any(|&node| graph.contains_edge(node, node));
                for node in component {
                    if let Some(looping) = looping.get_mut(node.index()) {
                        *looping = is_loop;
                    }
                }
            }
            looping
        });
        looping.get(node.index()).copied().unwrap_or(false)
    }

    /// For each node whether it is reached from `from` over edges and jumps, `from` itself included.
    pub fn reach(&self, from: NodeId) -> Vec<bool> {
        self.reach_from(Some(from), |_| true)
    }

    fn reach_from(&self, from: Option<NodeId>, follow: impl Fn(EdgeId) -> bool) -> Vec<bool> {
        let mut seen = vec![false; self.pipeline.nodes().len()];
        let mut queue: Vec<NodeId> = Vec::new();
        let mut visit = |node: NodeId, queue: &mut Vec<NodeId>| {
            if let Some(seen) = seen.get_mut(node.index())
                && !*seen
            {
                *seen = true;
                queue.push(node);
            }
        };
        if let Some(from) = from {
            visit(from, &mut queue);
            // The graph's own targets serve whatever is reached, so they belong to every walk.
            for target in self.graph_targets() {
                visit(target, &mut queue);
            }
        }
        while let Some(node) = queue.pop() {
            for &edge in self.pipeline.outgoing(node) {
                if follow(edge) {
                    visit(self.pipeline.target_of(edge), &mut queue);
                }
            }
            for target in self.node_targets(node) {
                visit(target, &mut queue);
            }
        }
        seen
    }

    /// The existing nodes that a node's own retry attributes name.
    pub fn node_targets(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let pipeline = self.pipeline;
        RETRY_TARGETS
            .into_iter()
            .filter_map(move |key| named_node(pipeline, pipeline.node_attribute(node, key)?))
    }

    /// The existing nodes that the graph's retry attributes name.
    pub fn graph_targets(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.graph_targets.into_iter().flatten()
    }

    fn jump(&self, target: JumpTarget, node: NodeId) -> Option<NodeId> {
        if matches!(target.scope, Scope::Graph | Scope::Subgraph)
            && let Some(known) = RETRY_TARGETS.iter().position(|key| *key == target.key)
        {
            return self.graph_targets.get(known).copied().flatten();
        }
        named_node(self.pipeline, self.jump_attribute(target, node)?)
    }

    fn jump_attribute(&self, target: JumpTarget, node: NodeId) -> Option<Attribute<'p>> {
        match target.scope {
            Scope::Graph | Scope::Subgraph => self.pipeline.graph_attribute(target.key),
            Scope::Node | Scope::Edge => self.pipeline.node_attribute(node, target.key),
        }
    }

    /// The attributes that say where the run goes when the gate is unsatisfied, in the order in which they are tried,
    /// each with the node that it names.
    pub fn gate_target_attributes(
        &self,
        gate: NodeId,
    ) -> impl Iterator<Item = (Attribute<'p>, Option<NodeId>)> + '_ {
        let attributes = self
            .pipeline
            .profile()
            .gate_targets
            .iter()
            .filter_map(move |&target| self.jump_attribute(target, gate));
        attributes
            .filter(|attribute| !attribute.is_blank())
            .map(|attribute| (attribute, self.pipeline.node_by_id(attribute.text().trim())))
    }

    /// Where a failure of the node jumps that no edge takes: the first target of the profile's order that names a
    /// node other than an exit.
    pub fn failure_target(&self, node: NodeId) -> Option<NodeId> {
        self.first_target(self.pipeline.profile().failure_targets, node)
    }

    /// Where the run goes when the gate is unsatisfied at the exit.
    pub fn gate_target(&self, gate: NodeId) -> Option<NodeId> {
        self.first_target(self.pipeline.profile().gate_targets, gate)
    }

    fn first_target(&self, order: &[JumpTarget], node: NodeId) -> Option<NodeId> {
        self.targets(order, node).next().map(|(_, target)| target)
    }

    /// Where a failure of the node can jump, in the order in which a run tries them.
    pub(crate) fn failure_targets(&self, node: NodeId) -> Vec<(JumpTarget, NodeId)> {
        self.targets(self.pipeline.profile().failure_targets, node).collect()
    }

    /// Where an unsatisfied gate can jump, in the order in which a run tries them.
    pub(crate) fn gate_targets(&self, gate: NodeId) -> Vec<(JumpTarget, NodeId)> {
        self.targets(self.pipeline.profile().gate_targets, gate).collect()
    }

    /// Existing targets other than an exit.
    fn targets(&self, order: &[JumpTarget], node: NodeId) -> impl Iterator<Item = (JumpTarget, NodeId)> {
        let targets = order.iter().filter_map(move |&by| Some((by, self.jump(by, node)?)));
        targets.filter(|&(_, target)| self.pipeline.handler(target) != Handler::Exit)
    }

    /// True when `goal_gate=true`. Diamonds have no place in the ledger, so they are no gates where outcomes are
    /// forwarded.
    pub fn is_goal_gate(&self, node: NodeId) -> bool {
        let gate = self.pipeline.node_attribute(node, AttributeKey::GOAL_GATE);
        gate.is_some_and(|gate| gate.text() == "true") && !self.forwards(node)
    }

    /// All goal gates in file order.
    pub fn goal_gates(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.pipeline.nodes().filter(|&node| self.is_goal_gate(node))
    }

    /// What the out-edges of a step leave open. A plain edge that every outcome but failure takes counts for those.
    pub fn coverage(&self, node: NodeId) -> Coverage {
        let pipeline = self.pipeline;
        let domain = self.domain(node);
        let edges = pipeline.outgoing(node);
        let mut covered = OutcomeSet::EMPTY;
        let mut by_context = false;
        for &edge in edges {
            let Some(verdict) = self.verdict(edge) else {
                let carried = if self.carries_failure(edge) { OutcomeSet::EMPTY } else { OutcomeSet::FAIL };
                covered = covered.union(domain.without(carried));
                continue;
            };
            covered = covered.union(domain.intersection(verdict.holds));
            let undecided = domain.without(verdict.holds).without(verdict.fails);
            by_context |= !undecided.without(OutcomeSet::CUSTOM).is_empty();
        }
        if by_context {
            let open = domain.without(covered).iter();
            let closed = open.filter(|&outcome| crate::exhaustive::leaves_nothing(pipeline, edges, outcome));
            covered = closed.fold(covered, |covered, outcome| covered.union(OutcomeSet::of(outcome)));
        }
        let missing = domain.without(covered);
        let exhaustive = missing.is_empty()
            || crate::exhaustive::complement_pair(pipeline, edges)
            || edges.iter().all(|&edge| pipeline.handler(pipeline.target_of(edge)) == Handler::Exit);
        Coverage { exhaustive, missing, by_context }
    }

    /// What in the pipeline depends on whether a step fails. `None` when a failure of it just ends the run.
    pub fn failure_use(&self, node: NodeId) -> Option<FailureUse> {
        let pipeline = self.pipeline;
        let edges = pipeline.outgoing(node);
        let on_failure = |edges: &[EdgeId]| edges.iter().copied().find(|&edge| self.is_failure_edge(edge));
        if let Some(edge) = on_failure(edges) {
            return Some(FailureUse::Edge(edge));
        }
        let asks = |&&edge: &&EdgeId| match pipeline.condition(edge) {
            Some(condition) => mentions_outcome(condition.condition, condition.text),
            None => self.inspects_outcome(pipeline.target_of(edge)),
        };
        if let Some(&edge) = edges.iter().find(asks) {
            let behind = on_failure(pipeline.outgoing(pipeline.target_of(edge)));
            return Some(FailureUse::Edge(behind.filter(|_| pipeline.is_plain(edge)).unwrap_or(edge)));
        }
        if self.is_goal_gate(node) {
            return Some(FailureUse::GoalGate);
        }
        self.failure_target(node).map(FailureUse::Target)
    }

    /// Dominators and post-dominators.
    pub fn dominators(&self) -> &Dominators<'p> {
        self.dominators.get_or_init(|| Dominators::new(self.pipeline))
    }

    /// The parallel regions, one for each fan-out in file order.
    pub fn regions(&self) -> &[Region] {
        self.regions.get_or_init(|| {
            let pipeline = self.pipeline;
            let fans_out = pipeline.nodes().any(|node| pipeline.handler(node) == Handler::Parallel);
            if fans_out { Region::all(pipeline, self.dominators()) } else { Vec::new() }
        })
    }

    /// The innermost region that holds a node.
    pub fn region_of(&self, node: NodeId) -> Option<&Region> {
        self.regions().iter().filter(|region| region.contains(node)).min_by_key(|region| region.len())
    }

    /// The one node by which walks enter the outermost loop around a node; `None` outside of loops and for a loop with
    /// several entries.
    pub fn loop_entry(&self, node: NodeId) -> Option<NodeId> {
        let entries = self.loop_entries.get_or_init(|| self.find_loop_entries());
        entries.get(node.index()).copied().flatten()
    }

    fn find_loop_entries(&self) -> Vec<Option<NodeId>> {
        let pipeline = self.pipeline;
        let mut component = vec![0; pipeline.nodes().len()];
        let loops = kosaraju_scc(pipeline.graph());
        for (number, members) in loops.iter().enumerate() {
            for member in members {
                if let Some(component) = component.get_mut(member.index()) {
                    *component = number;
                }
            }
        }
        let of = |node: NodeId| component.get(node.index()).copied();
        let is_entered = |node: NodeId| {
            pipeline.incoming(node).iter().any(|&edge| of(pipeline.source_of(edge)) != of(node))
        };
        let mut found = vec![None; pipeline.nodes().len()];
        for members in loops.iter().filter(|members| members.len() > 1) {
            let mut entries = members.iter().copied().filter(|&node| is_entered(node));
            let (entry, None) = (entries.next(), entries.next()) else { continue };
            for member in members {
                if let Some(found) = found.get_mut(member.index()) {
                    *found = entry;
                }
            }
        }
        found
    }

    fn inspecting_diamonds(&self) -> Vec<bool> {
        let pipeline = self.pipeline;
        let mut inspects = vec![false; pipeline.nodes().len()];
        let mut queue = Vec::new();
        for node in pipeline.nodes().filter(|&node| pipeline.handler(node) == Handler::Conditional) {
            let mut conditions = pipeline.outgoing(node).iter().filter_map(|&edge| pipeline.condition(edge));
            if conditions.any(|condition| mentions_outcome(condition.condition, condition.text)) {
                queue.push(node);
            }
        }
        while let Some(node) = queue.pop() {
            if let Some(seen) = inspects.get_mut(node.index()) {
                if *seen {
                    continue;
                }
                *seen = true;
            }
            for &edge in pipeline.incoming(node) {
                let source = pipeline.source_of(edge);
                if pipeline.is_plain(edge) && pipeline.handler(source) == Handler::Conditional {
                    queue.push(source);
                }
            }
        }
        inspects
    }
}

#[cfg(test)]
mod tests;
