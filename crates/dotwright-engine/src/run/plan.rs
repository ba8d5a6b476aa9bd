//! A pipeline made ready to run: every attribute that the walk asks for is read once.
//!
//! The plan is the unchanging half of a run. It is built from the same [`Analysis`] that the linter asks, so that both
//! see the same edges, targets, gates and regions.

use std::sync::Arc;

use dotwright_model::{
    AttributeKey, DeadEnd, DiamondOutcome, DurationLiteral, Handler, IntegerDuration, JumpTarget, NoRoute,
    NodeId, Pipeline, RegionFailure, RetryFailures, Scope, parse_boolean, parse_duration, parse_integer,
};
use dotwright_syntax::condition::Condition;

use super::budget::NodeLimit;
use super::command::JumpBy;
use super::event::OnLost;
use super::id::{EdgeKey, NodeKey};
use super::outcome::FailureClass;
use crate::analysis::Analysis;
use crate::gate::{self, Choice};
use crate::ledger::may_stay_unvisited;
use crate::region::Region;

/// A pipeline made ready to run.
#[derive(Debug)]
pub struct Plan {
    pipeline: Arc<Pipeline>,
    nodes: Vec<PlanNode>,
    edges: Vec<PlanEdge>,
    regions: Vec<PlanRegion>,
    gates: Vec<NodeKey>,
    graph_attributes: Vec<(String, String)>,
    pub(crate) start: Option<NodeKey>,
    pub(crate) persist_keys: Vec<String>,
    pub(crate) rules: Rules,
}

/// The semantic switches of the profile that the walk asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) diamond: DiamondOutcome,
    pub(crate) no_route: NoRoute,
    pub(crate) dead_end: DeadEnd,
    pub(crate) retry_failures: RetryFailures,
}

/// What the walk asks of a node.
#[derive(Debug)]
pub(crate) struct PlanNode {
    pub(crate) handler: Handler,
    /// Out-edges in file order.
    pub(crate) edges: Vec<EdgeKey>,
    /// Visits it may have; 0 is no cap.
    pub(crate) cap: u32,
    pub(crate) retry: RetryRule,
    pub(crate) failure_targets: Vec<(JumpBy, NodeKey)>,
    pub(crate) gate_targets: Vec<(JumpBy, NodeKey)>,
    /// For goal gates, whether it may stay unvisited.
    pub(crate) goal_gate: Option<bool>,
    pub(crate) limit: NodeLimit,
    pub(crate) timeout: Option<u64>,
    pub(crate) detail: Detail,
    /// What a lost attempt does.
    pub(crate) on_resume: OnLost,
}

/// What only one kind of handler asks for.
#[derive(Debug)]
pub(crate) enum Detail {
    None,
    Tool { expect_exit: Vec<i32> },
    Model { require_verdict: bool, auto_status: bool },
    Human(Box<HumanPlan>),
    Parallel(usize),
    FanIn { judged: bool, best_only: bool },
    Manager(Box<ManagerPlan>),
}

#[derive(Debug)]
pub(crate) struct HumanPlan {
    pub(crate) choices: Vec<Choice>,
    pub(crate) timeout: Option<u64>,
    pub(crate) default: Option<String>,
}

#[derive(Debug)]
pub(crate) struct ManagerPlan {
    pub(crate) poll: u64,
    pub(crate) max_cycles: u32,
    pub(crate) stop: Option<(String, Condition)>,
    /// Cycles between two steering texts; `None` without `steer`.
    pub(crate) steer_every: Option<u64>,
    pub(crate) observes: bool,
    pub(crate) outputs: Vec<String>,
}

/// Attempts and delays of a node (section 9).
#[derive(Debug, Clone)]
pub(crate) struct RetryRule {
    pub(crate) attempts: u32,
    initial: u64,
    factor: u64,
    on: Option<Vec<FailureClass>>,
    pub(crate) allow_partial: bool,
}

impl RetryRule {
    /// Whether a failure of the class is tried again.
    pub(crate) fn covers(&self, class: FailureClass) -> bool {
        match &self.on {
            None => class.is_retryable(),
            Some(named) => named.contains(&class),
        }
    }

    /// Milliseconds before retry number `retry`, from 1.
    pub(crate) fn delay(&self, retry: u32) -> u64 {
        let grown = self.factor.saturating_pow(retry.saturating_sub(1)).saturating_mul(self.initial);
        grown.min(MAX_DELAY)
    }
}

/// The longest delay before jitter, in milliseconds.
pub(crate) const MAX_DELAY: u64 = 60_000;

/// What the walk asks of an edge.
#[derive(Debug)]
pub(crate) struct PlanEdge {
    pub(crate) target: NodeKey,
    pub(crate) label: String,
    pub(crate) weight: i32,
    pub(crate) carries_failure: bool,
    pub(crate) restart: bool,
}

/// A fan-out with its join and policies (section 12).
#[derive(Debug)]
pub(crate) struct PlanRegion {
    pub(crate) region: Region,
    pub(crate) join: Option<NodeKey>,
    pub(crate) max_parallel: u32,
    pub(crate) policy: JoinPolicy,
    pub(crate) fail_fast: bool,
    pub(crate) failed_is_partial: bool,
    pub(crate) merge: Vec<String>,
    pub(crate) conflict: MergeConflict,
}

/// When a region ends well (section 12.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JoinPolicy {
    WaitAll,
    FirstSuccess,
    KOfN(u32),
    Quorum,
}

/// What branches that disagree about a merged key do (section 12.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MergeConflict {
    Error,
    First,
    Last,
}

impl Plan {
    /// Makes a pipeline ready. Total: where a value has the wrong type, its default counts; the checker refuses such
    /// a graph before it comes to a run.
    pub fn new(pipeline: Arc<Pipeline>) -> Plan {
        let analysis = Analysis::new(&pipeline);
        let profile = pipeline.profile();
        let builder = Builder { pipeline: &pipeline, analysis: &analysis };
        let nodes: Vec<PlanNode> = pipeline.nodes().map(|node| builder.node(node)).collect();
        let edges = pipeline
            .edges()
            .map(|edge| PlanEdge {
                target: pipeline.target_of(edge).into(),
                label: pipeline.edge_label(edge).map_or(String::new(), |label| label.text().into_owned()),
                weight: pipeline.edge(edge).weight,
                carries_failure: analysis.carries_failure(edge),
                restart: pipeline
                    .edge_attribute(edge, AttributeKey::LOOP_RESTART)
                    .is_some_and(|restart| restart.text() == "true"),
            })
            .collect();
        let regions = analysis.regions().iter().map(|region| builder.region(region)).collect();
        let gates = analysis.goal_gates().map(NodeKey::from).collect();
        let graph_attributes = pipeline
            .graph_attributes()
            .map(|attribute| (attribute.name().into_owned(), attribute.text().into_owned()))
            .collect();
        let persist_keys = builder.graph_list(AttributeKey::LOOP_RESTART_PERSIST_KEYS);
        let rules = Rules {
            diamond: profile.diamond_outcome,
            no_route: profile.no_route,
            dead_end: profile.dead_end,
            retry_failures: profile.retry_failures,
        };
        let start = pipeline.start().map(NodeKey::from);
        Plan { nodes, edges, regions, gates, graph_attributes, start, persist_keys, rules, pipeline }
    }

    /// The pipeline.
    pub fn pipeline(&self) -> &Arc<Pipeline> {
        &self.pipeline
    }

    /// The id of a node.
    pub fn name(&self, node: NodeKey) -> &str {
        if node.index() < self.nodes.len() { self.pipeline.id(node.id()) } else { "" }
    }

    /// What carries out a node.
    pub fn handler(&self, node: NodeKey) -> Handler {
        self.node(node).map_or(Handler::Custom, |node| node.handler)
    }

    /// The node with this id.
    pub fn node_by_name(&self, name: &str) -> Option<NodeKey> {
        self.pipeline.node_by_id(name).map(NodeKey::from)
    }

    /// The two ends of an edge.
    pub fn ends(&self, edge: EdgeKey) -> Option<(NodeKey, NodeKey)> {
        let ends = self.pipeline.graph().edge_endpoints(edge.id())?;
        Some((ends.0.into(), ends.1.into()))
    }

    /// Attempts that a visit of the node may have.
    pub fn attempts(&self, node: NodeKey) -> u32 {
        self.node(node).map_or(1, |node| node.retry.attempts)
    }

    /// Visits that the node may have; `None` without a cap, as for start and exit.
    pub fn visit_cap(&self, node: NodeKey) -> Option<u32> {
        let node = self.node(node)?;
        let capped = !matches!(node.handler, Handler::Start | Handler::Exit) && node.cap > 0;
        capped.then_some(node.cap)
    }

    /// For each node whether a run can come back to it, over edges or jumps.
    pub fn repeatable(&self) -> Vec<bool> {
        let mut graph: petgraph::graph::DiGraph<(), (), u32> = petgraph::graph::DiGraph::new();
        for _ in &self.nodes {
            graph.add_node(());
        }
        let mut own = vec![false; self.nodes.len()];
        let exits: Vec<NodeId> = self.pipeline.exits().collect();
        for (index, node) in self.nodes.iter().enumerate() {
            let from = NodeId::new(index);
            let edges = node.edges.iter().filter_map(|&edge| Some(self.edge(edge)?.target));
            let jumps = node.failure_targets.iter().map(|&(_, target)| target);
            for target in edges.chain(jumps) {
                graph.add_edge(from, target.id(), ());
                if let Some(own) = own.get_mut(index).filter(|_| target.id() == from) {
                    *own = true;
                }
            }
            for &(_, target) in node.gate_targets.iter().filter(|_| node.goal_gate.is_some()) {
                for &exit in &exits {
                    graph.add_edge(exit, target.id(), ());
                }
            }
        }
        for component in petgraph::algo::kosaraju_scc(&graph) {
            if component.len() > 1 {
                for node in component {
                    if let Some(own) = own.get_mut(node.index()) {
                        *own = true;
                    }
                }
            }
        }
        own
    }

    /// The time limit of a human gate, in milliseconds.
    pub fn gate_timeout(&self, node: NodeKey) -> Option<u64> {
        match &self.node(node)?.detail {
            Detail::Human(human) => human.timeout,
            Detail::None
            | Detail::Tool { .. }
            | Detail::Model { .. }
            | Detail::Parallel(_)
            | Detail::FanIn { .. }
            | Detail::Manager(_) => None,
        }
    }

    /// The time limit of one attempt of a step, in milliseconds.
    pub fn step_timeout(&self, node: NodeKey) -> Option<u64> {
        self.node(node)?.timeout
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn node(&self, node: NodeKey) -> Option<&PlanNode> {
        self.nodes.get(node.index())
    }

    pub(crate) fn edge(&self, edge: EdgeKey) -> Option<&PlanEdge> {
        self.edges.get(edge.index())
    }

    pub(crate) fn region(&self, index: usize) -> Option<&PlanRegion> {
        self.regions.get(index)
    }

    /// The goal gates in the order of the file, and whether they may stay unvisited (section 10).
    pub fn goal_gates(&self) -> impl Iterator<Item = (NodeKey, bool)> + '_ {
        self.gates.iter().map(|&gate| (gate, self.node(gate).and_then(|node| node.goal_gate) == Some(true)))
    }

    pub(crate) fn has_goal_gates(&self) -> bool {
        !self.gates.is_empty()
    }

    pub(crate) fn graph_attribute(&self, name: &str) -> Option<&str> {
        self.graph_attributes.iter().rfind(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn graph_attributes(&self) -> &[(String, String)] {
        &self.graph_attributes
    }
}

struct Builder<'p> {
    pipeline: &'p Pipeline,
    analysis: &'p Analysis<'p>,
}

impl Builder<'_> {
    fn node(&self, node: NodeId) -> PlanNode {
        let handler = self.pipeline.handler(node);
        let jumps = |targets: Vec<(JumpTarget, NodeId)>| {
            targets.into_iter().map(|(by, target)| (jump_by(by), target.into())).collect()
        };
        PlanNode {
            handler,
            edges: self.pipeline.outgoing(node).iter().copied().map(EdgeKey::from).collect(),
            cap: self.cap(node),
            retry: self.retry(node),
            failure_targets: jumps(self.analysis.failure_targets(node)),
            gate_targets: jumps(self.analysis.gate_targets(node)),
            goal_gate: self.analysis.is_goal_gate(node).then(|| may_stay_unvisited(self.pipeline, node)),
            limit: NodeLimit {
                tokens: self.number(node, AttributeKey::MAX_TOKENS_TOTAL),
                micro_usd: self.text(node, AttributeKey::MAX_COST_USD).and_then(|text| micro_usd(&text)),
            },
            timeout: self.duration(node, AttributeKey::TIMEOUT),
            detail: self.detail(node, handler),
            on_resume: match self.text(node, AttributeKey::ON_RESUME).as_deref() {
                Some("ask") => OnLost::Ask,
                Some("assume_failed") => OnLost::AssumeFailed,
                Some(_) | None => OnLost::Rerun,
            },
        }
    }

    fn detail(&self, node: NodeId, handler: Handler) -> Detail {
        match handler {
            Handler::Tool => {
                let listed = self.text(node, AttributeKey::EXPECT_EXIT);
                let codes = listed.as_deref().unwrap_or("0").split(',');
                Detail::Tool { expect_exit: codes.filter_map(|code| code.trim().parse().ok()).collect() }
            }
            Handler::Codergen => Detail::Model {
                require_verdict: self.flag(node, AttributeKey::REQUIRE_VERDICT),
                auto_status: self.flag(node, AttributeKey::AUTO_STATUS),
            },
            Handler::Human => Detail::Human(Box::new(HumanPlan {
                choices: gate::choices(self.pipeline, node),
                timeout: self.duration(node, AttributeKey::TIMEOUT),
                default: self.text(node, AttributeKey::HUMAN_DEFAULT_CHOICE),
            })),
            Handler::Parallel => {
                let regions = self.analysis.regions();
                let own = regions.binary_search_by_key(&node, |region| region.fan_out);
                own.map_or(Detail::None, Detail::Parallel)
            }
            Handler::FanIn => Detail::FanIn {
                judged: self.text(node, AttributeKey::PROMPT).is_some(),
                best_only: self.text(node, AttributeKey::MERGE_WORK).as_deref() == Some("best"),
            },
            Handler::Manager => Detail::Manager(Box::new(self.manager(node))),
            Handler::Start | Handler::Exit | Handler::Conditional | Handler::Custom => Detail::None,
        }
    }

    fn manager(&self, node: NodeId) -> ManagerPlan {
        let poll = self.duration(node, AttributeKey::MANAGER_POLL_INTERVAL).unwrap_or(45_000).max(1);
        let actions = self.text(node, AttributeKey::MANAGER_ACTIONS);
        let does = |action: &str| {
            actions.as_deref().unwrap_or("observe,wait").split(',').any(|known| known.trim() == action)
        };
        let cooldown = self.duration(node, AttributeKey::MANAGER_STEER_COOLDOWN).unwrap_or(300_000);
        let stop = self.text(node, AttributeKey::MANAGER_STOP_CONDITION);
        ManagerPlan {
            poll,
            max_cycles: self
                .number(node, AttributeKey::MANAGER_MAX_CYCLES)
                .map_or(1000, |cycles| cycles as u32),
            stop: stop.map(|text| {
                let condition = dotwright_syntax::condition::parse(&text);
                (text, condition)
            }),
            steer_every: does("steer").then(|| cooldown.div_ceil(poll).max(1)),
            observes: does("observe"),
            outputs: list(self.text(node, AttributeKey::STACK_CHILD_OUTPUTS)),
        }
    }

    fn region(&self, region: &Region) -> PlanRegion {
        let node = region.fan_out;
        let k = || self.number(node, AttributeKey::K).map_or(1, |k| k as u32);
        let rules = self.pipeline.profile().region_failure;
        PlanRegion {
            region: region.clone(),
            join: region.join.map(NodeKey::from),
            max_parallel: self.number(node, AttributeKey::MAX_PARALLEL).map_or(4, |max| max.max(1) as u32),
            policy: match self.text(node, AttributeKey::JOIN_POLICY).as_deref() {
                Some("first_success") => JoinPolicy::FirstSuccess,
                Some("k_of_n") => JoinPolicy::KOfN(k()),
                Some("quorum") => JoinPolicy::Quorum,
                Some(_) | None => JoinPolicy::WaitAll,
            },
            fail_fast: self.text(node, AttributeKey::ERROR_POLICY).as_deref() == Some("fail_fast"),
            failed_is_partial: self.text(node, AttributeKey::ON_BRANCH_FAIL).as_deref() == Some("partial")
                || rules == RegionFailure::Partial,
            merge: list(self.text(node, AttributeKey::MERGE)),
            conflict: match self.text(node, AttributeKey::MERGE_CONFLICT).as_deref() {
                Some("first") => MergeConflict::First,
                Some("last") => MergeConflict::Last,
                Some(_) | None => MergeConflict::Error,
            },
        }
    }

    fn cap(&self, node: NodeId) -> u32 {
        let own = self.number(node, AttributeKey::MAX_VISITS);
        let graph = || self.graph_number(AttributeKey::MAX_NODE_VISITS);
        let cap = own.or_else(graph).map(|cap| u32::try_from(cap).unwrap_or(u32::MAX));
        cap.unwrap_or_else(|| self.pipeline.profile().default_visit_cap.unwrap_or(0))
    }

    fn retry(&self, node: NodeId) -> RetryRule {
        let policy = self.text(node, AttributeKey::RETRY_POLICY);
        let (attempts, initial, factor) = match policy.as_deref() {
            Some("none") => (Some(1), 200, 2),
            Some("standard") => (Some(5), 200, 2),
            Some("aggressive") => (Some(5), 500, 2),
            Some("linear") => (Some(3), 500, 1),
            Some("patient") => (Some(3), 2_000, 3),
            Some(_) | None => (None, 200, 2),
        };
        let retries = self.number(node, AttributeKey::MAX_RETRIES);
        let inherited = || {
            self.graph_number(AttributeKey::DEFAULT_MAX_RETRIES)
                .or_else(|| self.graph_number(AttributeKey::DEFAULT_MAX_RETRY))
                .unwrap_or(0)
        };
        let from_retries = |retries: u64| u32::try_from(retries).unwrap_or(u32::MAX).saturating_add(1);
        let attempts = match (retries, attempts) {
            (Some(retries), _) => from_retries(retries),
            (None, Some(attempts)) => attempts,
            (None, None) => from_retries(inherited()),
        };
        let on = self.text(node, AttributeKey::RETRY_ON).map(|named| {
            let classes = named.split(',').filter_map(|word| FailureClass::from_word(word.trim()));
            classes.filter(|class| class.is_retryable() || class.may_be_added()).collect()
        });
        RetryRule {
            attempts,
            initial,
            factor,
            on,
            allow_partial: self.flag(node, AttributeKey::ALLOW_PARTIAL),
        }
    }

    /// The value of an attribute, if it is there and not blank.
    fn text(&self, node: NodeId, key: AttributeKey) -> Option<String> {
        let attribute = self.pipeline.node_attribute(node, key)?;
        (!attribute.is_blank()).then(|| attribute.text().trim().to_owned())
    }

    fn flag(&self, node: NodeId, key: AttributeKey) -> bool {
        self.text(node, key).and_then(|text| parse_boolean(&text)).unwrap_or(false)
    }

    fn number(&self, node: NodeId, key: AttributeKey) -> Option<u64> {
        natural(&self.text(node, key)?)
    }

    fn graph_number(&self, key: AttributeKey) -> Option<u64> {
        natural(self.pipeline.graph_attribute(key)?.text().trim())
    }

    fn graph_list(&self, key: AttributeKey) -> Vec<String> {
        list(self.pipeline.graph_attribute(key).map(|attribute| attribute.text().into_owned()))
    }

    fn duration(&self, node: NodeId, key: AttributeKey) -> Option<u64> {
        match parse_duration(&self.text(node, key)?)? {
            DurationLiteral::Span(span) => Some(span.0),
            DurationLiteral::BareInteger(number) => match self.pipeline.profile().integer_duration {
                IntegerDuration::Seconds | IntegerDuration::Undefined => number.checked_mul(1000),
                IntegerDuration::Zero => Some(0),
                IntegerDuration::Ignored | IntegerDuration::Error => None,
            },
        }
    }
}

fn jump_by(target: JumpTarget) -> JumpBy {
    let first = target.key == AttributeKey::RETRY_TARGET;
    match (target.scope, first) {
        (Scope::Node | Scope::Edge, true) => JumpBy::NodeTarget,
        (Scope::Node | Scope::Edge, false) => JumpBy::NodeFallback,
        (Scope::Graph | Scope::Subgraph, true) => JumpBy::GraphTarget,
        (Scope::Graph | Scope::Subgraph, false) => JumpBy::GraphFallback,
    }
}

fn natural(text: &str) -> Option<u64> {
    u64::try_from(parse_integer(text)?).ok()
}

fn list(text: Option<String>) -> Vec<String> {
    let text = text.unwrap_or_default();
    text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

/// Dollars with at most six decimal places as millionths. More places are cut: a limit never grows by reading it.
pub fn micro_usd(text: &str) -> Option<u64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction: String = fraction.chars().chain("000000".chars()).take(6).collect();
    whole.checked_mul(1_000_000)?.checked_add(fraction.parse().ok()?)
}
