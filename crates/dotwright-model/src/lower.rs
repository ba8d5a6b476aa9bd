//! From syntax tree to [`Pipeline`]: one linear walk over the statements in pre-order.
//!
//! DOT's scoping rules live here and nowhere else: defaults hold for nodes and edges created after them in the same
//! or an inner block, a block inherits the defaults around it, and a node keeps those in force at its first mention.

use std::hash::Hasher;
use std::ops::Range;
use std::sync::Arc;

use dotwright_diagnostics::TextRange;
use dotwright_syntax::ast::{Ast, Endpoint, NodeRef, Stmt, StmtId, StmtKind, Target};
use dotwright_syntax::{Parse, condition, decode, stylesheet};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use petgraph::graph::DiGraph;

use crate::pipeline::{
    Adjacency, ConditionText, Edge, EdgeCondition, EdgeId, EdgeLimit, Frame, HandlerSource, Name, Node,
    NodeId, Origin, Pipeline, PipelineStylesheet, Subgraph, SubgraphId, UnreadEdges, key_bit,
};
use crate::text::Text;
use crate::{AttributeKey, Handler, Profile, UnknownType, parse_integer};

/// How many edges all edge statements between groups may stand for. Pipelines have no such statements, and ten
/// kilobytes of DOT can ask for a million edges with one.
const MAX_GROUP_EDGES: u64 = 10_000;

/// How many edges out of one node are read. The widest fan-out of a pipeline has a few dozen.
const MAX_OUT_EDGES: u32 = 10_000;

const NO_CONDITION: u32 = u32::MAX;

pub(crate) fn hash(id: &str) -> u32 {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(id.as_bytes());
    let hash = hasher.finish();
    (hash ^ hash >> 32) as u32
}

/// The hash as a table takes it, which looks at both ends of it.
pub(crate) fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

pub(crate) fn lower(source: Arc<str>, parse: Arc<Parse>, profile: &'static Profile) -> Pipeline {
    // A chain names a node with each hop for the first time; an edge between two nodes rarely names a new one.
    let (statements, ends) = (parse.ast.all_statements().len(), parse.ast.endpoint_count());
    let edges = (ends / 2).max(ends.saturating_sub(statements));
    let nodes = statements.saturating_sub(ends / 2).max(ends.saturating_sub(2 * statements)) + 8;
    let mut lowering = Lowering {
        source: &source,
        ast: &parse.ast,
        keys: parse.ast.all_attributes().iter().map(|a| known_key(&source, a.key)).collect(),
        graph: DiGraph::with_capacity(nodes, edges),
        names: HashTable::with_capacity(nodes),
        masks: Vec::with_capacity(nodes),
        frames: Vec::with_capacity(8),
        subgraphs: Vec::with_capacity(8),
        conditions: Vec::with_capacity(edges / 2),
        condition_texts: Vec::with_capacity(8),
        known_conditions: HashTable::new(),
        redeclarations: Vec::new(),
        scopes: Vec::with_capacity(8),
        mentioned: Vec::new(),
        groups: Vec::new(),
        group_edges: 0,
        out_edges: Vec::with_capacity(nodes),
        unread_edges: None,
    };
    lowering.frames.push(Frame::default());
    lowering.subgraphs.push(Subgraph { stmt: None, parent: None, attributes: Vec::new() });
    lowering.scopes.push(Scope { end: StmtId(u32::MAX), subgraph: SubgraphId::ROOT, nodes: 0, edges: 0 });
    if let Some(graph) = parse.ast.graphs().first() {
        for (id, stmt) in parse.ast.statements(graph) {
            lowering.statement(id, stmt);
        }
    }
    let Lowering {
        keys,
        graph,
        names,
        masks,
        frames,
        subgraphs,
        conditions,
        condition_texts,
        redeclarations,
        unread_edges,
        ..
    } = lowering;
    let outgoing = adjacency(&graph, |(source, _)| source);
    let incoming = adjacency(&graph, |(_, target)| target);
    let mut pipeline = Pipeline {
        source,
        parse,
        profile,
        handlers: vec![Handler::Codergen; graph.node_count()],
        graph,
        names,
        masks,
        keys,
        frames,
        subgraphs,
        conditions,
        condition_texts,
        stylesheet: None,
        redeclarations,
        outgoing,
        incoming,
        unread_edges,
        node_aliases: node_aliases(profile),
    };
    assign_handlers(&mut pipeline);
    pipeline.stylesheet = read_stylesheet(&pipeline);
    pipeline
}

fn node_aliases(profile: &Profile) -> u128 {
    let aliases = profile.aliases.iter().filter(|alias| alias.scope == crate::Scope::Node);
    aliases.fold(0, |bits, alias| bits | key_bit(Some(alias.key)))
}

fn known_key(source: &str, key: dotwright_syntax::ast::Id) -> Option<AttributeKey> {
    AttributeKey::from_name(&decode(source, key))
}

/// A block being read and the defaults in force in it.
#[derive(Debug, Clone, Copy)]
struct Scope {
    end: StmtId,
    subgraph: SubgraphId,
    nodes: u32,
    edges: u32,
}

struct Lowering<'a> {
    source: &'a str,
    ast: &'a Ast,
    keys: Vec<Option<AttributeKey>>,
    graph: DiGraph<Node, Edge, u32>,
    names: HashTable<Name>,
    masks: Vec<u128>,
    frames: Vec<Frame>,
    subgraphs: Vec<Subgraph>,
    conditions: Vec<EdgeCondition>,
    condition_texts: Vec<ConditionText>,
    /// Indices of `condition_texts` by text.
    known_conditions: HashTable<u32>,
    redeclarations: Vec<Vec<StmtId>>,
    scopes: Vec<Scope>,
    /// Nodes in the order in which blocks that are ends of edges mention them.
    mentioned: Vec<NodeId>,
    /// Such blocks with their part of `mentioned`.
    groups: Vec<(StmtId, Range<usize>)>,
    group_edges: u64,
    /// By node.
    out_edges: Vec<u32>,
    unread_edges: Option<UnreadEdges>,
}

impl Lowering<'_> {
    fn statement(&mut self, id: StmtId, stmt: &Stmt) {
        while self.scopes.len() > 1 && self.scopes.last().is_some_and(|scope| scope.end <= id) {
            self.close_scope();
        }
        match stmt.kind {
            StmtKind::Node(node) => {
                let node = self.intern(node, stmt.recovered);
                self.declare(node, id, stmt);
            }
            StmtKind::Edge { .. } => self.edges(id, stmt),
            StmtKind::Default(target) => self.defaults(target, id, stmt),
            StmtKind::Assign => self.graph_attributes(stmt),
            StmtKind::Subgraph(subgraph) => {
                let own = SubgraphId(self.subgraphs.len() as u32);
                let outer = self.scope();
                self.subgraphs.push(Subgraph {
                    stmt: Some(id),
                    parent: Some(outer.subgraph),
                    attributes: self.ast.attribute_indices(stmt).collect(),
                });
                if subgraph.is_endpoint {
                    self.groups.push((id, self.mentioned.len()..self.mentioned.len()));
                }
                self.scopes.push(Scope { end: subgraph.end, subgraph: own, ..outer });
            }
        }
    }

    fn scope(&self) -> Scope {
        self.scopes.last().copied().unwrap_or(Scope {
            end: StmtId(0),
            subgraph: SubgraphId::ROOT,
            nodes: 0,
            edges: 0,
        })
    }

    fn close_scope(&mut self) {
        let Some(scope) = self.scopes.pop() else { return };
        let closed = self.subgraphs.get(scope.subgraph.0 as usize).and_then(|subgraph| subgraph.stmt);
        let end = self.mentioned.len();
        if let Some((_, range)) = self.groups.iter_mut().rev().find(|(stmt, _)| Some(*stmt) == closed) {
            range.end = end;
        }
    }

    /// The node of a mention, made with the defaults in force when it is the first.
    fn intern(&mut self, node: NodeRef, recovered: bool) -> NodeId {
        let name = Text::new(self.source, node.id);
        let text = name.get(self.source);
        let hash = hash(text);
        let scope = self.scope();
        let is_named = |node: NodeId| {
            self.graph.node_weight(node).is_some_and(|known| known.name.get(self.source) == text)
        };
        let found = self.names.find(spread(hash), |known| known.hash == hash && is_named(known.node));
        let id = match found {
            Some(known) => known.node,
            None => {
                let id = self.graph.add_node(Node {
                    name,
                    first_mention: node.id.range,
                    declaration: None,
                    redeclared: None,
                    frame: scope.nodes,
                    subgraph: scope.subgraph,
                    handler_source: HandlerSource::Omitted,
                    has_fallback_handler: false,
                    recovered,
                });
                self.masks.push(self.frames.get(scope.nodes as usize).map_or(0, |frame| frame.mask));
                self.names.insert_unique(spread(hash), Name { hash, node: id }, |name| spread(name.hash));
                id
            }
        };
        if !self.groups.is_empty() && self.scopes.len() > 1 {
            self.mentioned.push(id);
        }
        id
    }

    fn declare(&mut self, node: NodeId, id: StmtId, stmt: &Stmt) {
        let mut mask = 0;
        for index in self.ast.attribute_indices(stmt) {
            mask |= key_bit(self.keys.get(index as usize).copied().flatten());
        }
        if let Some(known) = self.masks.get_mut(node.index()) {
            *known |= mask;
        }
        let Some(node) = self.graph.node_weight_mut(node) else { return };
        node.recovered |= stmt.recovered;
        if node.declaration.is_none() {
            node.declaration = Some(id);
            return;
        }
        let more = *node.redeclared.get_or_insert_with(|| {
            self.redeclarations.push(Vec::new());
            self.redeclarations.len() as u32 - 1
        });
        if let Some(more) = self.redeclarations.get_mut(more as usize) {
            more.push(id);
        }
    }

    fn edges(&mut self, id: StmtId, stmt: &Stmt) {
        let frame = self.scope().edges;
        let condition = self.condition(stmt, frame);
        let weight = self.weight(stmt, frame);
        let mut before: Option<Ends> = None;
        for (position, end) in self.ast.endpoints(stmt).iter().enumerate() {
            let edge = Edge { stmt: id, hop: (position as u32).saturating_sub(1), frame, condition, weight };
            let end = match (end, &mut before) {
                (Endpoint::Node(node), Some(Ends::One(before))) => {
                    let node = self.intern(*node, stmt.recovered);
                    let from = std::mem::replace(before, node);
                    self.add_edge(from, node, edge, stmt.range);
                    continue;
                }
                (Endpoint::Node(node), Some(Ends::Many(_)) | None) => {
                    Ends::One(self.intern(*node, stmt.recovered))
                }
                (Endpoint::List(list), _) => {
                    let nodes = self.ast.listed(*list).iter().map(|node| self.intern(*node, stmt.recovered));
                    Ends::Many(nodes.collect())
                }
                (Endpoint::Subgraph(group), _) => Ends::Many(self.group(*group)),
            };
            if let Some(before) = &before {
                self.connect(before, &end, edge, stmt.range);
            }
            before = Some(end);
        }
    }

    fn connect(&mut self, from: &Ends, to: &Ends, edge: Edge, range: TextRange) {
        let count = from.nodes().len() as u64 * to.nodes().len() as u64;
        for &from in from.nodes() {
            for &to in to.nodes() {
                if self.group_edges >= MAX_GROUP_EDGES {
                    self.unread_edges.get_or_insert(UnreadEdges { range, limit: EdgeLimit::Groups(count) });
                    return;
                }
                self.group_edges += 1;
                self.add_edge(from, to, edge, range);
            }
        }
    }

    fn add_edge(&mut self, from: NodeId, to: NodeId, edge: Edge, range: TextRange) {
        let index = from.index();
        if self.out_edges.len() <= index {
            self.out_edges.resize(index + 1, 0);
        }
        let Some(out_edges) = self.out_edges.get_mut(index) else { return };
        if *out_edges == MAX_OUT_EDGES {
            self.unread_edges.get_or_insert(UnreadEdges { range, limit: EdgeLimit::OutOf(from) });
            return;
        }
        *out_edges += 1;
        self.graph.add_edge(from, to, edge);
    }

    /// The nodes of a block, each once, in the order of their mention.
    fn group(&self, stmt: StmtId) -> Vec<NodeId> {
        let range =
            self.groups.iter().rev().find(|(group, _)| *group == stmt).map(|(_, range)| range.clone());
        let mentioned = range.and_then(|range| self.mentioned.get(range)).unwrap_or(&[]);
        let mut nodes = mentioned.to_vec();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    fn defaults(&mut self, target: Target, id: StmtId, stmt: &Stmt) {
        let scope = self.scope();
        let frame = match target {
            Target::Graph => {
                self.graph_attributes(stmt);
                return;
            }
            Target::Node => scope.nodes,
            Target::Edge => scope.edges,
        };
        let in_subgraph = scope.subgraph != SubgraphId::ROOT;
        let origin = if in_subgraph { Origin::SubgraphDefault(id) } else { Origin::DefaultBlock(id) };
        let mut extended = self.frames.get(frame as usize).cloned().unwrap_or_default();
        for index in self.ast.attribute_indices(stmt) {
            let key = self.keys.get(index as usize).copied().flatten();
            if key.is_some() {
                extended
                    .attributes
                    .retain(|(known, _)| self.keys.get(*known as usize).copied().flatten() != key);
            }
            extended.attributes.push((index, origin));
            extended.mask |= key_bit(key);
        }
        self.frames.push(extended);
        let frame = self.frames.len() as u32 - 1;
        if let Some(scope) = self.scopes.last_mut() {
            match target {
                Target::Graph => {}
                Target::Node => scope.nodes = frame,
                Target::Edge => scope.edges = frame,
            }
        }
    }

    fn graph_attributes(&mut self, stmt: &Stmt) {
        let subgraph = self.scope().subgraph;
        let indices = self.ast.attribute_indices(stmt);
        if let Some(subgraph) = self.subgraphs.get_mut(subgraph.0 as usize) {
            subgraph.attributes.extend(indices);
        }
    }

    /// The attribute of an edge statement or of the `edge [...]` blocks in force.
    fn edge_attribute(&self, stmt: &Stmt, frame: u32, key: AttributeKey) -> Option<(u32, Origin)> {
        let has_key = |index: u32| self.keys.get(index as usize) == Some(&Some(key));
        let own = self.ast.attribute_indices(stmt).rfind(|&index| has_key(index));
        own.map(|index| (index, Origin::Explicit)).or_else(|| {
            let frame = self.frames.get(frame as usize)?;
            frame.attributes.iter().rfind(|(index, _)| has_key(*index)).copied()
        })
    }

    fn condition(&mut self, stmt: &Stmt, frame: u32) -> u32 {
        let Some((attribute, origin)) = self.edge_attribute(stmt, frame, AttributeKey::CONDITION) else {
            return NO_CONDITION;
        };
        let Some(written) = self.ast.all_attributes().get(attribute as usize) else { return NO_CONDITION };
        let text = Text::new(self.source, written.value);
        if text.get(self.source).trim().is_empty() {
            return NO_CONDITION;
        }
        let text = self.condition_text(text);
        self.conditions.push(EdgeCondition { attribute, origin, text });
        self.conditions.len() as u32 - 1
    }

    /// The index of a condition's text, parsed when it is a new one.
    fn condition_text(&mut self, text: Text) -> u32 {
        let (source, texts) = (self.source, &self.condition_texts);
        let content = text.get(source);
        let known_text = |index: u32| texts.get(index as usize).map_or("", |known| known.text.get(source));
        let hash_of_known = |&index: &u32| spread(hash(known_text(index)));
        let is_known = |&index: &u32| known_text(index) == content;
        let entry = self.known_conditions.entry(spread(hash(content)), is_known, hash_of_known);
        match entry {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(vacant) => {
                let index = texts.len() as u32;
                vacant.insert(index);
                let condition = condition::parse(content);
                self.condition_texts.push(ConditionText { text, condition });
                index
            }
        }
    }

    fn weight(&self, stmt: &Stmt, frame: u32) -> i32 {
        let attribute = self.edge_attribute(stmt, frame, AttributeKey::WEIGHT);
        let written = attribute.and_then(|(index, _)| self.ast.all_attributes().get(index as usize));
        let weight = written.and_then(|written| parse_integer(decode(self.source, written.value).trim()));
        weight.map_or(0, |weight| weight.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32)
    }
}

/// One end of an edge: a node, or the nodes of a list or block.
enum Ends {
    One(NodeId),
    Many(Vec<NodeId>),
}

impl Ends {
    fn nodes(&self) -> &[NodeId] {
        match self {
            Ends::One(node) => std::slice::from_ref(node),
            Ends::Many(nodes) => nodes,
        }
    }
}

/// Edges grouped by one of their ends, in file order.
fn adjacency(graph: &DiGraph<Node, Edge, u32>, end: impl Fn((NodeId, NodeId)) -> NodeId) -> Adjacency {
    let ends =
        || graph.edge_indices().filter_map(|edge| Some((edge, end(graph.edge_endpoints(edge)?).index())));
    let mut first = vec![0u32; graph.node_count() + 1];
    for (_, node) in ends() {
        if let Some(count) = first.get_mut(node) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for count in &mut first {
        sum += *count;
        *count = sum;
    }
    // Filling from the back leaves each entry of `first` at the first edge of its node.
    let mut edges = vec![EdgeId::end(); graph.edge_count()];
    for (edge, node) in
        graph.edge_indices().rev().filter_map(|e| Some((e, end(graph.edge_endpoints(e)?).index())))
    {
        if let Some(next) = first.get_mut(node) {
            *next -= 1;
            if let Some(slot) = edges.get_mut(*next as usize) {
                *slot = edge;
            }
        }
    }
    Adjacency { first, edges }
}

/// Handlers by type and shape; start and exit by id only where no type or shape gives one (runner reference 1.2).
fn assign_handlers(pipeline: &mut Pipeline) {
    let mut has = (false, false);
    for id in pipeline.nodes() {
        let (handler, source, is_fallback) = handler(pipeline, id);
        has.0 |= handler == Handler::Start;
        has.1 |= handler == Handler::Exit;
        set_handler(pipeline, id, handler, source);
        if let Some(node) = pipeline.graph.node_weight_mut(id) {
            node.has_fallback_handler = is_fallback;
        }
    }
    if has == (true, true) {
        return;
    }
    for id in pipeline.nodes() {
        let name = pipeline.id(id);
        let by_id = if !has.0 && pipeline.profile.is_start_id(name) {
            Handler::Start
        } else if !has.1 && pipeline.profile.is_exit_id(name) {
            Handler::Exit
        } else {
            continue;
        };
        let unshaped = match pipeline.node(id).handler_source {
            HandlerSource::Omitted => true,
            HandlerSource::Shape => {
                let shape = pipeline.node_attribute(id, AttributeKey::SHAPE);
                shape.is_some_and(|shape| shape.text() == "box")
            }
            HandlerSource::Type | HandlerSource::Id => false,
        };
        if unshaped {
            set_handler(pipeline, id, by_id, HandlerSource::Id);
        }
    }
}

fn set_handler(pipeline: &mut Pipeline, id: NodeId, handler: Handler, source: HandlerSource) {
    if let Some(slot) = pipeline.handlers.get_mut(id.index()) {
        *slot = handler;
    }
    if let Some(node) = pipeline.graph.node_weight_mut(id) {
        node.handler_source = source;
    }
}

/// The handler, why, and whether it is a guess.
fn handler(pipeline: &Pipeline, id: NodeId) -> (Handler, HandlerSource, bool) {
    let profile = pipeline.profile;
    let mut unknown_type = false;
    if let Some(written) = pipeline.node_attribute(id, AttributeKey::TYPE).filter(|a| !a.is_blank()) {
        match (profile.type_handler(&written.text()), profile.unknown_type) {
            (Some(handler), _) => return (handler, HandlerSource::Type, false),
            (None, UnknownType::Refused) => return (Handler::Custom, HandlerSource::Type, true),
            (None, UnknownType::ByShape) => unknown_type = true,
        }
    }
    match pipeline.node_attribute(id, AttributeKey::SHAPE) {
        Some(shape) => {
            let known = profile.shape_handler(&shape.text());
            let handler = runs_as(pipeline, id, known.unwrap_or(Handler::Codergen));
            (handler, HandlerSource::Shape, unknown_type || known.is_none())
        }
        None => (profile.omitted_shape.unwrap_or(Handler::Codergen), HandlerSource::Omitted, unknown_type),
    }
}

/// A diamond does work of its own in profiles where an attribute says so.
fn runs_as(pipeline: &Pipeline, id: NodeId, handler: Handler) -> Handler {
    if handler != Handler::Conditional {
        return handler;
    }
    let runs = pipeline.profile.diamond_runs.iter().copied();
    let work = runs.filter_map(|key| pipeline.node_attribute(id, key)).find(|work| !work.is_blank());
    match work.and_then(|work| work.key()) {
        None => handler,
        Some(AttributeKey::TOOL_COMMAND) => Handler::Tool,
        Some(_) => Handler::Codergen,
    }
}

fn read_stylesheet(pipeline: &Pipeline) -> Option<PipelineStylesheet> {
    let attribute = pipeline.graph_attribute(AttributeKey::MODEL_STYLESHEET).filter(|a| !a.is_blank())?;
    let text = Text::new(&pipeline.source, attribute.value());
    let stylesheet = stylesheet::parse(text.get(&pipeline.source));
    Some(PipelineStylesheet { attribute: attribute.index, text, stylesheet })
}
