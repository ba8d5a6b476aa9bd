//! A log names nodes and edges by the numbers that they have in its graph. To replay it on another version of the graph
//! they are renumbered by what does not change: the ids of nodes, and the ends of edges (runner reference, section 27).

use std::collections::{BTreeMap, VecDeque};

use dotwright_model::{EdgeId, Pipeline};

use super::command::{Command, Decision, GateSpec, Question, TimerSpec, Via};
use super::event::Event;
use super::id::{AttemptId, CallId, EdgeKey, NodeKey, VisitId};
use super::plan::Plan;

/// What the nodes and edges of one version of a graph are in another one.
#[derive(Debug)]
pub struct Renumbering {
    nodes: Vec<Option<NodeKey>>,
    edges: Vec<Option<EdgeKey>>,
}

/// The number of what is gone: nothing has it, so a decision that names it equals no other.
const GONE: u32 = u32::MAX;

impl Renumbering {
    /// From the numbers of one version to those of the other.
    ///
    /// Edges between the same two nodes are told apart by label and condition, and where these changed by their order.
    pub fn between(from: &Plan, to: &Plan) -> Renumbering {
        let (old, new) = (from.pipeline(), to.pipeline());
        let nodes = old.nodes().map(|node| to.node_by_name(old.id(node))).collect();
        let mut edges = vec![None; old.edges().len()];
        let mut left: Vec<EdgeId> = old.edges().collect();
        let mut free: Vec<EdgeId> = new.edges().collect();
        for key in [exact as fn(&Pipeline, EdgeId) -> Ends<'_>, ends] {
            let mut candidates: BTreeMap<Ends<'_>, VecDeque<EdgeId>> = BTreeMap::new();
            for &edge in &free {
                candidates.entry(key(new, edge)).or_default().push_back(edge);
            }
            left.retain(|&edge| {
                let found = candidates.get_mut(&key(old, edge)).and_then(VecDeque::pop_front);
                if let (Some(place), Some(found)) = (edges.get_mut(edge.index()), found) {
                    *place = Some(EdgeKey::from(found));
                }
                found.is_none()
            });
            free = candidates.into_values().flatten().collect();
            free.sort_unstable();
        }
        Renumbering { nodes, edges }
    }

    /// The same node, unless it is gone.
    pub fn node(&self, node: NodeKey) -> Option<NodeKey> {
        self.nodes.get(node.index()).copied().flatten()
    }

    fn in_place(&self, node: &mut NodeKey) {
        *node = self.node(*node).unwrap_or(NodeKey(GONE));
    }

    fn edge(&self, edge: &mut EdgeKey) {
        *edge = self.edges.get(edge.index()).copied().flatten().unwrap_or(EdgeKey(GONE));
    }

    fn visit(&self, visit: &mut VisitId) {
        self.in_place(&mut visit.node);
    }

    fn attempt(&self, attempt: &mut AttemptId) {
        self.visit(&mut attempt.visit);
    }

    fn call(&self, call: &mut CallId) {
        self.attempt(&mut call.attempt);
    }

    /// A fact in the numbers of the other version.
    #[must_use]
    pub fn event(&self, mut event: Event) -> Event {
        match &mut event {
            Event::AttemptEnded { attempt, .. }
            | Event::AttemptLost { attempt, .. }
            | Event::ChildObserved { attempt, .. }
            | Event::ChildEnded { attempt, .. }
            | Event::ChildPaused { attempt, .. }
            | Event::ProviderBlocked { attempt, .. } => self.attempt(attempt),
            Event::CallRequested { call, .. } | Event::CallSettled { call, .. } => self.call(call),
            Event::GateAnswered { gate: visit, .. }
            | Event::GateUnattended { gate: visit, .. }
            | Event::WorkMerged { visit, .. } => self.visit(visit),
            Event::Started(_)
            | Event::DelayChosen { .. }
            | Event::TimerFired { .. }
            | Event::WallTimeUsedUp
            | Event::CancelRequested { .. }
            | Event::PauseRequested { .. }
            | Event::Resumed { .. } => {}
        }
        event
    }

    /// A command in the numbers of the other version.
    #[must_use]
    pub fn command(&self, mut command: Command) -> Command {
        match &mut command {
            Command::Decide(decision) => self.decision(decision),
            Command::StartAttempt(spec) | Command::StartChild(spec) => {
                self.attempt(&mut spec.attempt);
                spec.previous.iter_mut().for_each(|node| self.in_place(node));
                spec.edge.iter_mut().for_each(|edge| self.edge(edge));
            }
            Command::StopAttempt { attempt, .. }
            | Command::ObserveChild(attempt)
            | Command::SteerChild(attempt)
            | Command::PauseChild(attempt)
            | Command::StopChild { attempt, .. } => self.attempt(attempt),
            Command::AllowCall(call) | Command::RefuseCall { call, .. } => self.call(call),
            Command::StartTimer { spec, .. } => match spec {
                TimerSpec::Retry { attempt, .. } | TimerSpec::Cycle { attempt, .. } => self.attempt(attempt),
                TimerSpec::Gate { gate, .. } => self.visit(gate),
            },
            Command::Ask(GateSpec { gate, question, .. }) => {
                self.visit(gate);
                match question {
                    Question::Choices(choices) => choices.iter_mut().for_each(|choice| {
                        self.edge(&mut choice.edge);
                        self.in_place(&mut choice.target);
                    }),
                    Question::LostAttempt => {}
                }
            }
            Command::RejectAnswer { gate: visit, .. }
            | Command::CloseGate { gate: visit, .. }
            | Command::MergeWork { visit, .. } => self.visit(visit),
            Command::Pause(pause) => pause.node.iter_mut().for_each(|node| self.in_place(node)),
            Command::Finish(end) => end.node.iter_mut().for_each(|node| self.in_place(node)),
            Command::DropTimer(_) => {}
        }
        command
    }

    fn decision(&self, decision: &mut Decision) {
        match decision {
            Decision::NodeEntered { visit, via, from, .. } => {
                self.visit(visit);
                from.iter_mut().for_each(|node| self.in_place(node));
                match via {
                    Via::Edge(edge) | Via::Branch(edge) => self.edge(edge),
                    Via::Start | Via::Jump(_) | Via::Goal(_) | Via::Join => {}
                }
            }
            Decision::EdgeSelected { from, edge, to, candidates, .. } => {
                self.visit(from);
                self.in_place(to);
                let considered = candidates.iter_mut().map(|candidate| &mut candidate.edge);
                edge.iter_mut().chain(considered).for_each(|edge| self.edge(edge));
            }
            Decision::RetryScheduled { attempt, .. } | Decision::AttemptLost { attempt } => {
                self.attempt(attempt);
            }
            Decision::BranchOpened { region, entry, .. } => {
                self.visit(region);
                self.in_place(entry);
            }
            Decision::BranchEnded { last: node, .. } | Decision::BudgetExceeded { node, .. } => {
                node.iter_mut().for_each(|node| self.in_place(node));
            }
            Decision::OutcomeRecorded { visit, .. } | Decision::RegionJoined { region: visit, .. } => {
                self.visit(visit);
            }
            Decision::GoalChecked { gates, unsatisfied, target } => {
                let gates = gates.iter_mut().map(|gate| &mut gate.node);
                gates.chain(unsatisfied).chain(target).for_each(|node| self.in_place(node));
            }
            Decision::ReservationExceeded(call) => self.call(call),
            Decision::GenerationStarted { .. } | Decision::Warning(_) => {}
        }
    }
}

/// The ends of an edge, and what tells it from others between them.
type Ends<'p> = (&'p str, &'p str, String, &'p str);

fn exact(pipeline: &Pipeline, edge: EdgeId) -> Ends<'_> {
    let (from, to, ..) = ends(pipeline, edge);
    let label = pipeline.edge_label(edge).map(|label| label.text().into_owned());
    let condition = pipeline.condition(edge).map_or("", |condition| condition.text);
    (from, to, label.unwrap_or_default(), condition)
}

fn ends(pipeline: &Pipeline, edge: EdgeId) -> Ends<'_> {
    let (from, to) = (pipeline.source_of(edge), pipeline.target_of(edge));
    (pipeline.id(from), pipeline.id(to), String::new(), "")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dotwright_model::Profile;

    use super::*;

    fn plan(body: &str) -> Plan {
        let source = format!("digraph {{ s [shape=Mdiamond] x [shape=Msquare] {body} }}");
        Plan::new(Arc::new(Pipeline::parse(&source, Profile::default())))
    }

    fn edges(plan: &Plan) -> impl Iterator<Item = (EdgeKey, String)> {
        plan.pipeline().edges().map(|edge| {
            let (from, to, label, condition) = exact(plan.pipeline(), edge);
            (EdgeKey::from(edge), format!("{from}>{to} {label}{condition}").trim_end().to_owned())
        })
    }

    /// The edges of one version with what each is in the other.
    #[track_caller]
    fn check(from: &str, to: &str, expected: &[&str]) {
        let (from, to) = (plan(from), plan(to));
        let renumbering = Renumbering::between(&from, &to);
        let found = edges(&from).map(|(key, old)| {
            let mut new = key;
            renumbering.edge(&mut new);
            let new = edges(&to).find(|(key, _)| *key == new).map(|(_, new)| new);
            format!("{old} = {}", new.unwrap_or("gone".to_owned()))
        });
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn edges_are_known_by_their_ends_whatever_stands_before_them() {
        check("s -> a -> x", "s -> b -> x s -> a -> x", &["s>a = s>a", "a>x = a>x"]);
        check("s -> a -> x", "s -> x", &["s>a = gone", "a>x = gone"]);
    }

    #[test]
    fn parallel_edges_are_known_by_label_then_by_order() {
        let two = "s -> a -> x a -> s [label=L] a -> s [label=M]";
        let turned = "s -> a -> x a -> s [label=M] a -> s [label=L]";
        check(two, turned, &["s>a = s>a", "a>x = a>x", "a>s L = a>s L", "a>s M = a>s M"]);
        let changed = "s -> a -> x a -> s [label=M] a -> s [label=N]";
        check(two, changed, &["s>a = s>a", "a>x = a>x", "a>s L = a>s N", "a>s M = a>s M"]);
    }

    #[test]
    fn a_changed_condition_is_the_same_edge() {
        let (old, new) =
            ("s -> a a -> x [condition=\"outcome=success\"]", "s -> a a -> x [condition=\"outcome!=fail\"]");
        check(old, new, &["s>a = s>a", "a>x outcome=success = a>x outcome!=fail"]);
    }

    #[test]
    fn nodes_are_known_by_their_ids() {
        let (old, new) = (plan("a b s -> a -> x"), plan("c b s -> b -> x"));
        let renumbering = Renumbering::between(&old, &new);
        let moved = |name: &str| {
            let node = renumbering.node(old.node_by_name(name).unwrap());
            node.map(|node| new.name(node).to_owned())
        };
        assert_eq!((moved("a"), moved("b")), (None, Some("b".to_owned())));
    }
}
