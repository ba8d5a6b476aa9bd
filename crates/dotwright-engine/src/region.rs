//! Dominators, and the regions of fan-outs with their joins (runner reference, section 12.1).

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use dotwright_model::{Handler, NodeId, Pipeline};

/// Which nodes every way to a node passes, and which every way from it.
#[derive(Debug)]
pub struct Dominators<'p> {
    pipeline: &'p Pipeline,
    immediate: Vec<Option<NodeId>>,
    /// Few regions ask for them.
    post: OnceCell<Vec<Option<NodeId>>>,
    /// First and last number of each node's subtree in the dominator tree.
    spans: Vec<Option<(u32, u32)>>,
}

impl<'p> Dominators<'p> {
    pub(crate) fn new(pipeline: &'p Pipeline) -> Dominators<'p> {
        let count = pipeline.nodes().len();
        let immediate = immediate_dominators(
            count,
            pipeline.start(),
            |node| successors(pipeline, node),
            |node| predecessors(pipeline, node),
        );
        let spans = spans(pipeline, &immediate);
        Dominators { pipeline, immediate, post: OnceCell::new(), spans }
    }

    /// The last node that every way from the start to `node` passes before it; `None` for the start and for nodes that
    /// no edge reaches.
    pub fn immediate(&self, node: NodeId) -> Option<NodeId> {
        self.immediate.get(node.index()).copied().flatten()
    }

    /// The first node that every way from `node` to the exit passes behind it.
    pub fn immediate_post(&self, node: NodeId) -> Option<NodeId> {
        let pipeline = self.pipeline;
        let post = self.post.get_or_init(|| {
            immediate_dominators(
                pipeline.nodes().len(),
                pipeline.exits().next(),
                |node| predecessors(pipeline, node),
                |node| successors(pipeline, node),
            )
        });
        post.get(node.index()).copied().flatten()
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

fn successors(pipeline: &Pipeline, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
    pipeline.outgoing(node).iter().map(|&edge| pipeline.target_of(edge))
}

fn predecessors(pipeline: &Pipeline, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
    pipeline.incoming(node).iter().map(|&edge| pipeline.source_of(edge))
}

/// Room for the walks through most pipelines.
const USUAL_DEPTH: usize = 64;

/// The iterative algorithm of Cooper, Harvey and Kennedy over numbers in post-order. petgraph has it too, over hash
/// maps, which would cost as much as all rules about routing.
fn immediate_dominators<S: Iterator<Item = NodeId>, P: Iterator<Item = NodeId>>(
    count: usize,
    root: Option<NodeId>,
    successors: impl Fn(NodeId) -> S,
    predecessors: impl Fn(NodeId) -> P,
) -> Vec<Option<NodeId>> {
    let mut result = vec![None; count];
    let Some(root) = root else { return result };
    let order = post_order(count, root, successors);
    let mut number = vec![usize::MAX; count];
    for (position, node) in order.iter().enumerate() {
        if let Some(number) = number.get_mut(node.index()) {
            *number = position;
        }
    }
    let number = |node: NodeId| number.get(node.index()).copied().unwrap_or(usize::MAX);
    // The dominator of each node by post-order number; numbers grow towards the root.
    let mut above = vec![usize::MAX; order.len()];
    let root_number = order.len() - 1;
    if let Some(above) = above.last_mut() {
        *above = root_number;
    }
    let mut changed = true;
    while changed {
        changed = false;
        for (position, &node) in order.iter().enumerate().rev().skip(1) {
            let mut found = usize::MAX;
            for before in predecessors(node).map(&number) {
                if above.get(before).is_some_and(|&above| above != usize::MAX) {
                    found = if found == usize::MAX { before } else { meet(&above, found, before) };
                }
            }
            if let Some(above) = above.get_mut(position)
                && *above != found
            {
                *above = found;
                changed = true;
            }
        }
    }
    for (position, node) in order.iter().enumerate().take(root_number) {
        let dominator = above.get(position).and_then(|&above| order.get(above));
        if let Some(slot) = result.get_mut(node.index()) {
            *slot = dominator.copied();
        }
    }
    result
}

/// The nearest common dominator of two nodes, by post-order number.
fn meet(above: &[usize], mut a: usize, mut b: usize) -> usize {
    while a != b {
        if a < b {
            a = above.get(a).copied().unwrap_or(b);
        } else {
            b = above.get(b).copied().unwrap_or(a);
        }
    }
    a
}

/// The nodes reached from `root`, each behind those that it leads to first.
fn post_order<S: Iterator<Item = NodeId>>(
    count: usize,
    root: NodeId,
    successors: impl Fn(NodeId) -> S,
) -> Vec<NodeId> {
    let mut order = Vec::with_capacity(count);
    let mut seen = vec![false; count];
    let mut stack = Vec::with_capacity(count.min(USUAL_DEPTH));
    stack.push((root, successors(root)));
    if let Some(seen) = seen.get_mut(root.index()) {
        *seen = true;
    }
    while let Some((node, next)) = stack.last_mut() {
        match next.next() {
            None => {
                order.push(*node);
                stack.pop();
            }
            Some(next) => {
                if let Some(seen) = seen.get_mut(next.index())
                    && !*seen
                {
                    *seen = true;
                    stack.push((next, successors(next)));
                }
            }
        }
    }
    order
}

/// Numbers the dominator tree in pre-order, so that dominance is containment of ranges.
fn spans(pipeline: &Pipeline, immediate: &[Option<NodeId>]) -> Vec<Option<(u32, u32)>> {
    // Children as linked lists: their order does not matter, and a vector for each node costs more than all the rest.
    let mut first_child: Vec<Option<NodeId>> = vec![None; immediate.len()];
    let mut sibling: Vec<Option<NodeId>> = vec![None; immediate.len()];
    for node in pipeline.nodes() {
        let above = immediate.get(node.index()).copied().flatten();
        let first = above.and_then(|above| first_child.get_mut(above.index()));
        if let (Some(first), Some(sibling)) = (first, sibling.get_mut(node.index())) {
            *sibling = first.replace(node);
        }
    }
    let linked = |links: &[Option<NodeId>], node: NodeId| links.get(node.index()).copied().flatten();
    let mut spans = vec![None; immediate.len()];
    let mut next = 0;
    let mut stack: Vec<(NodeId, bool)> = Vec::with_capacity(immediate.len().min(USUAL_DEPTH));
    stack.extend(pipeline.start().map(|start| (start, false)));
    while let Some((node, left)) = stack.pop() {
        let Some(span) = spans.get_mut(node.index()) else { continue };
        if left {
            *span = span.map(|(first, _)| (first, next));
            continue;
        }
        *span = Some((next, next));
        next += 1;
        stack.push((node, true));
        let children = std::iter::successors(linked(&first_child, node), |&child| linked(&sibling, child));
        stack.extend(children.map(|child| (child, false)));
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
    pub(crate) fn all(pipeline: &Pipeline, dominators: &Dominators<'_>) -> Vec<Region> {
        let fan_outs = pipeline.nodes().filter(|&node| pipeline.handler(node) == Handler::Parallel);
        fan_outs.map(|fan_out| Region::new(pipeline, dominators, fan_out)).collect()
    }

    fn new(pipeline: &Pipeline, dominators: &Dominators<'_>, fan_out: NodeId) -> Region {
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
        let mut seen = BTreeSet::new();
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
    dominators: &Dominators<'_>,
    fan_out: NodeId,
    heads: &[NodeId],
) -> Option<NodeId> {
    let mut reached: BTreeMap<NodeId, usize> = BTreeMap::new();
    let mut seen: BTreeSet<(NodeId, usize)> = BTreeSet::new();
    let mut front: Vec<(NodeId, usize)> =
        heads.iter().enumerate().map(|(branch, &head)| (head, branch)).collect();
    let mut next = Vec::new();
    let mut common: Vec<NodeId> = Vec::new();
    while !front.is_empty() {
        for (node, branch) in front.drain(..) {
            if node == fan_out || !seen.insert((node, branch)) {
                continue;
            }
            if pipeline.handler(node) == Handler::FanIn && dominators.dominates(fan_out, node) {
                let count = reached.entry(node).or_default();
                *count += 1;
                if *count == heads.len() {
                    common.push(node);
                }
            }
            next.extend(pipeline.outgoing(node).iter().map(|&edge| (pipeline.target_of(edge), branch)));
        }
        std::mem::swap(&mut front, &mut next);
        if let Some(&join) = common.iter().min_by_key(|&&node| pipeline.id(node)) {
            return Some(join);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use dotwright_model::Profile;
    use petgraph::algo::dominators::simple_fast;
    use petgraph::visit::Reversed;

    use super::*;

    /// A graph of `count` nodes with pseudo-random edges, the first node the start and the last one the exit.
    fn random_pipeline(count: u64, seed: u64) -> Pipeline {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = |bound: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % bound
        };
        let mut source = String::from("digraph { n0 [shape=Mdiamond] ");
        for _ in 0..count * 2 {
            write!(source, "n{} -> n{} ", next(count), next(count)).unwrap();
        }
        write!(source, "n{} [shape=Msquare] }}", count - 1).unwrap();
        Pipeline::parse(&source, Profile::default())
    }

    #[test]
    fn dominators_are_those_of_petgraph() {
        for seed in 1..200 {
            let pipeline = random_pipeline(3 + seed % 15, seed);
            let found = Dominators::new(&pipeline);
            let forwards = simple_fast(pipeline.graph(), pipeline.start().unwrap());
            let backwards = simple_fast(Reversed(pipeline.graph()), pipeline.exits().next().unwrap());
            for node in pipeline.nodes() {
                assert_eq!(
                    found.immediate(node),
                    forwards.immediate_dominator(node),
                    "{}",
                    pipeline.source()
                );
                assert_eq!(
                    found.immediate_post(node),
                    backwards.immediate_dominator(node),
                    "{}",
                    pipeline.source()
                );
            }
        }
    }

    #[test]
    fn branches_meet_at_the_nearest_common_fan_in() {
        let source = "digraph { start [shape=Mdiamond] exit [shape=Msquare] fan [shape=component] \
            start -> fan -> a -> join -> exit fan -> b -> c -> join join [shape=tripleoctagon] }";
        let pipeline = Pipeline::parse(source, Profile::default());
        let region = &Region::all(&pipeline, &Dominators::new(&pipeline))[0];
        assert_eq!(region.join.map(|join| pipeline.id(join)), Some("join"));
        let nodes: Vec<&str> = region.nodes().iter().map(|&node| pipeline.id(node)).collect();
        assert_eq!(nodes, ["a", "b", "c"]);
    }
}
