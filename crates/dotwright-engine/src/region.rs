//! Dominators, and the regions of fan-outs with their joins (runner reference, section 12.1).

use dotwright_model::{Handler, NodeId, Pipeline};
use petgraph::algo::dominators::simple_fast;
use petgraph::visit::Reversed;

/// Which nodes every way to a node passes, and which every way from it.
#[derive(Debug)]
pub struct Dominators {
    immediate: Vec<Option<NodeId>>,
    post: Vec<Option<NodeId>>,
    /// First and last number of each node's subtree in the dominator tree.
    spans: Vec<Option<(u32, u32)>>,
}

impl Dominators {
    pub(crate) fn new(pipeline: &Pipeline) -> Dominators {
        let graph = pipeline.graph();
        let count = pipeline.nodes().len();
        let immediate: Vec<Option<NodeId>> = match pipeline.start() {
            Some(start) => {
                let tree = simple_fast(graph, start);
                pipeline.nodes().map(|node| tree.immediate_dominator(node)).collect()
            }
            None => vec![None; count],
        };
        let post = match pipeline.exits().next() {
            Some(exit) => {
                let tree = simple_fast(Reversed(graph), exit);
                pipeline.nodes().map(|node| tree.immediate_dominator(node)).collect()
            }
            None => vec![None; count],
        };
        let spans = spans(pipeline, &immediate);
        Dominators { immediate, post, spans }
    }

    /// The last node that every way from the start to `node` passes before it; `None` for the start and for nodes that
    /// no edge reaches.
    pub fn immediate(&self, node: NodeId) -> Option<NodeId> {
        self.immediate.get(node.index()).copied().flatten()
    }

    /// The first node that every way from `node` to the exit passes behind it.
    pub fn immediate_post(&self, node: NodeId) -> Option<NodeId> {
        self.post.get(node.index()).copied().flatten()
    }

    /// The strict dominators of a node, the nearest first.
    pub fn of(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.immediate(node), |&above| self.immediate(above))
    }

    /// True when every way from the start to `node` passes `above`; a node dominates itself.
    pub fn dominates(&self, above: NodeId, node: NodeId) -> bool {
        let span = |node: NodeId| self.spans.get(node.index()).copied().flatten();
        matches!((span(above), span(node)), (Some(a), Some(n)) if a.0 <= n.0 && n.1 <= a.1)
    }
}

/// Numbers the dominator tree in pre-order, so that dominance is containment of ranges.
fn spans(pipeline: &Pipeline, immediate: &[Option<NodeId>]) -> Vec<Option<(u32, u32)>> {
    let mut children: Vec<Vec<NodeId>> = vec![Vec::new(); immediate.len()];
    for node in pipeline.nodes() {
        let above = immediate.get(node.index()).copied().flatten();
        if let Some(children) = above.and_then(|above| children.get_mut(above.index())) {
            children.push(node);
        }
    }
    let mut spans = vec![None; immediate.len()];
    let mut next = 0;
    let mut stack: Vec<(NodeId, bool)> = pipeline.start().map(|start| (start, false)).into_iter().collect();
    while let Some((node, left)) = stack.pop() {
        let Some(span) = spans.get_mut(node.index()) else { continue };
        if left {
            *span = span.map(|(first, _)| (first, next));
            continue;
        }
        *span = Some((next, next));
        next += 1;
        stack.push((node, true));
        let below = children.get(node.index()).into_iter().flatten();
        stack.extend(below.map(|&child| (child, false)));
    }
    spans
}

/// What a fan-out starts: its branches, the node where they meet, and the nodes between.
#[derive(Debug, Clone)]
pub struct Region {
    /// The fan-out.
    pub fan_out: NodeId,
    /// The first node of each branch, in file order.
    pub heads: Vec<NodeId>,
    /// Where the walk goes on; `None` when the branches never meet.
    pub join: Option<NodeId>,
    /// Sorted.
    nodes: Vec<NodeId>,
}

impl Region {
    pub(crate) fn all(pipeline: &Pipeline, dominators: &Dominators) -> Vec<Region> {
        let fan_outs = pipeline.nodes().filter(|&node| pipeline.handler(node) == Handler::Parallel);
        fan_outs.map(|fan_out| Region::new(pipeline, dominators, fan_out)).collect()
    }

    fn new(pipeline: &Pipeline, dominators: &Dominators, fan_out: NodeId) -> Region {
        let mut heads: Vec<NodeId> = Vec::new();
        for &edge in pipeline.outgoing(fan_out) {
            let head = pipeline.target_of(edge);
            if !heads.contains(&head) {
                heads.push(head);
            }
        }
        let join = common_fan_in(pipeline, dominators, fan_out, &heads)
            .or_else(|| dominators.immediate_post(fan_out));
        let mut nodes = Vec::new();
        let mut queue = heads.clone();
        let inside = |node: NodeId| {
            node != fan_out
                && Some(node) != join
                && pipeline.handler(node) != Handler::Exit
                && dominators.dominates(fan_out, node)
        };
        let mut seen = std::collections::HashSet::new();
        while let Some(node) = queue.pop() {
            if inside(node) && seen.insert(node) {
                nodes.push(node);
                queue.extend(pipeline.outgoing(node).iter().map(|&edge| pipeline.target_of(edge)));
            }
        }
        nodes.sort_unstable();
        Region { fan_out, heads, join, nodes }
    }

    /// The nodes of the branches, without fan-out and join.
    pub fn nodes(&self) -> &[NodeId] {
        &self.nodes
    }

    /// True when the node belongs to a branch.
    pub fn contains(&self, node: NodeId) -> bool {
        self.nodes.binary_search(&node).is_ok()
    }

    /// How many nodes the branches have together.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True when the branches have no nodes of their own.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

/// The nearest fan-in that the fan-out dominates and that every head reaches: the smallest largest distance from the
/// heads, then the smallest id. All heads are walked in step, so the search ends where the branches meet.
fn common_fan_in(
    pipeline: &Pipeline,
    dominators: &Dominators,
    fan_out: NodeId,
    heads: &[NodeId],
) -> Option<NodeId> {
    let mut reached: std::collections::HashMap<NodeId, usize> = std::collections::HashMap::new();
    let mut seen: Vec<std::collections::HashSet<NodeId>> =
        vec![std::collections::HashSet::new(); heads.len()];
    let mut fronts: Vec<Vec<NodeId>> = heads.iter().map(|&head| vec![head]).collect();
    while fronts.iter().any(|front| !front.is_empty()) {
        let mut common: Vec<NodeId> = Vec::new();
        for (front, seen) in fronts.iter_mut().zip(&mut seen) {
            let mut next = Vec::new();
            for node in front.drain(..) {
                if node == fan_out || !seen.insert(node) {
                    continue;
                }
                if pipeline.handler(node) == Handler::FanIn && dominators.dominates(fan_out, node) {
                    let count = reached.entry(node).or_default();
                    *count += 1;
                    if *count == heads.len() {
                        common.push(node);
                    }
                }
                next.extend(pipeline.outgoing(node).iter().map(|&edge| pipeline.target_of(edge)));
            }
            *front = next;
        }
        if let Some(&join) = common.iter().min_by_key(|&&node| pipeline.id(node)) {
            return Some(join);
        }
    }
    None
}
