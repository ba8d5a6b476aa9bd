//! The typed graph of a pipeline, which linter, simulator, runner and editor share.
//!
//! Every value leads back to its bytes and to its [`Origin`], so that a person can ask where a model or a timeout
//! came from. Values stay in the syntax tree until somebody asks for them: a pipeline of 10k nodes is mostly prompts
//! that no rule reads.

mod attributes;

use std::borrow::Cow;
use std::sync::Arc;

use dotwright_diagnostics::TextRange;
use dotwright_syntax::ast::{self, Ast, Endpoint, Graph as GraphSyntax, Id, IdKind, StmtId, StmtKind};
use dotwright_syntax::condition::Condition;
use dotwright_syntax::stylesheet::Stylesheet;
use dotwright_syntax::{Parse, StringMap, decode};
use hashbrown::HashTable;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};

use crate::text::Text;
use crate::{AttributeKey, Handler, Profile, lower};

/// A node of a pipeline.
pub type NodeId = NodeIndex<u32>;
/// An edge of a pipeline: one hop of an edge statement.
pub type EdgeId = EdgeIndex<u32>;

/// A pipeline as one profile reads it: the first graph of a file.
#[derive(Debug, Clone)]
pub struct Pipeline {
    pub(crate) source: Arc<str>,
    pub(crate) parse: Arc<Parse>,
    pub(crate) profile: &'static Profile,
    pub(crate) graph: DiGraph<Node, Edge, u32>,
    pub(crate) names: HashTable<Name>,
    /// What every rule asks of every node stands in rows of its own: a pass over the nodes themselves takes ten times
    /// the memory. What carries each node out.
    pub(crate) handlers: Vec<Handler>,
    /// A bit for each key, modulo 128, that an attribute lookup of a node can find.
    pub(crate) masks: Vec<u128>,
    /// Known key of each attribute of the syntax tree.
    pub(crate) keys: Vec<Option<AttributeKey>>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) subgraphs: Vec<Subgraph>,
    pub(crate) conditions: Vec<EdgeCondition>,
    /// What they say, each text once: a file asks for the same few outcomes over and over.
    pub(crate) condition_texts: Vec<ConditionText>,
    pub(crate) stylesheet: Option<PipelineStylesheet>,
    pub(crate) redeclarations: Vec<Vec<StmtId>>,
    pub(crate) outgoing: Adjacency,
    pub(crate) incoming: Adjacency,
    pub(crate) unread_edges: Option<UnreadEdges>,
    /// The bits of the keys that the profile reads in place of others.
    pub(crate) node_aliases: u128,
}

/// Why a node has its handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandlerSource {
    /// The attribute `type`, or the profile's twin of it.
    Type,
    /// The attribute `shape`.
    Shape,
    /// The id, as for a node called `start` in a graph without a start shape.
    Id,
    /// Nothing: the profile's handler for a node without shape and type.
    Omitted,
}

/// A node: where it is written. [`Pipeline::handler`] says what carries it out.
#[derive(Debug, Clone)]
pub struct Node {
    pub(crate) name: Text,
    /// Where the id first occurs.
    pub first_mention: TextRange,
    /// The first node statement; `None` for a node that only edges name.
    pub declaration: Option<StmtId>,
    pub(crate) redeclared: Option<u32>,
    pub(crate) frame: u32,
    /// The innermost subgraph in which it first occurs.
    pub subgraph: SubgraphId,
    /// Why it has its handler.
    pub handler_source: HandlerSource,
    /// True when the profile knows neither the type nor the shape that is written, so that the handler is a guess.
    pub has_fallback_handler: bool,
    /// True when it is written or first named in a statement that token repair changed.
    pub recovered: bool,
}

/// An edge: one hop of an edge statement, whose hops share their attributes.
#[derive(Debug, Clone, Copy)]
pub struct Edge {
    /// The statement.
    pub stmt: StmtId,
    /// Which hop of the statement, from 0.
    pub hop: u32,
    pub(crate) frame: u32,
    pub(crate) condition: u32,
    /// The value of `weight`, 0 when absent or no integer.
    pub weight: i32,
}

/// A subgraph; the first one stands for the graph itself.
#[derive(Debug, Clone)]
pub struct Subgraph {
    /// Its statement; `None` for the graph itself.
    pub stmt: Option<StmtId>,
    /// The subgraph around it.
    pub parent: Option<SubgraphId>,
    /// Indices into the attributes of the syntax tree, in source order.
    pub(crate) attributes: Vec<u32>,
}

/// Index of a subgraph; 0 is the graph itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubgraphId(pub u32);

impl SubgraphId {
    /// The graph itself.
    pub const ROOT: SubgraphId = SubgraphId(0);
}

/// Defaults in force at one place: attributes of the syntax tree, each with the statement that sets it as its origin.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frame {
    pub(crate) attributes: Vec<(u32, Origin)>,
    pub(crate) mask: u128,
}

/// The condition of one edge statement.
#[derive(Debug, Clone)]
pub(crate) struct EdgeCondition {
    pub(crate) attribute: u32,
    pub(crate) origin: Origin,
    /// Index into the texts of conditions.
    pub(crate) text: u32,
}

/// The text of a condition and its tree.
#[derive(Debug, Clone)]
pub(crate) struct ConditionText {
    pub(crate) text: Text,
    pub(crate) condition: Condition,
}

#[derive(Debug, Clone)]
pub(crate) struct PipelineStylesheet {
    pub(crate) attribute: u32,
    pub(crate) text: Text,
    pub(crate) stylesheet: Stylesheet,
}

/// An edge statement that is not read in full, because a pipeline has no such statements and the file asks for more
/// memory than it has bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnreadEdges {
    /// The edge statement.
    pub range: TextRange,
    /// Why.
    pub limit: EdgeLimit,
}

/// What keeps edges from being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeLimit {
    /// Statements between groups stand for more than 10,000 edges; with the number that this one stands for.
    Groups(u64),
    /// The node has 10,000 edges out of it.
    OutOf(NodeId),
}

/// The name of a node in the table of names, with its hash, so that the table grows without reading the names again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name {
    pub(crate) hash: u32,
    pub(crate) node: NodeId,
}

/// Edges by node in file order: petgraph lists the newest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Adjacency {
    pub(crate) first: Vec<u32>,
    pub(crate) edges: Vec<EdgeId>,
}

impl Adjacency {
    pub(crate) fn of(&self, node: NodeId) -> &[EdgeId] {
        let bound = |index: usize| self.first.get(index).map_or(0, |&first| first as usize);
        self.edges.get(bound(node.index())..bound(node.index() + 1)).unwrap_or(&[])
    }
}

/// Where the value of an attribute comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Written on the node, edge or graph itself.
    Explicit,
    /// A `node [...]` or `edge [...]` statement of the graph.
    DefaultBlock(StmtId),
    /// Such a statement inside a subgraph.
    SubgraphDefault(StmtId),
    /// A rule of the model stylesheet, by its index.
    Stylesheet(u32),
    /// The graph attribute of the same name.
    GraphAttribute,
    /// The runner's own default.
    BuiltIn,
}

/// One `key=value` pair in force for an element, with its places in the source.
#[derive(Debug, Clone, Copy)]
pub struct Attribute<'p> {
    pub(crate) pipeline: &'p Pipeline,
    pub(crate) index: u32,
    /// Where it comes from.
    pub origin: Origin,
}

impl<'p> Attribute<'p> {
    /// The pipeline that has it.
    pub fn pipeline(self) -> &'p Pipeline {
        self.pipeline
    }

    fn syntax(self) -> ast::Attribute {
        let missing = Id { kind: IdKind::Missing, range: TextRange::default() };
        let attributes = self.pipeline.ast().all_attributes();
        attributes
            .get(self.index as usize)
            .copied()
            .unwrap_or(ast::Attribute { key: missing, value: missing })
    }

    /// The key, when the schema knows it.
    pub fn key(self) -> Option<AttributeKey> {
        self.pipeline.keys.get(self.index as usize).copied().flatten()
    }

    /// The name as its author means it, without quotes.
    pub fn name(self) -> Cow<'p, str> {
        decode(&self.pipeline.source, self.syntax().key)
    }

    /// The decoded text of the value.
    pub fn text(self) -> Cow<'p, str> {
        decode(&self.pipeline.source, self.syntax().value)
    }

    /// How and where the value is written.
    pub fn value(self) -> Id {
        self.syntax().value
    }

    /// The bytes of the name.
    pub fn key_range(self) -> TextRange {
        self.syntax().key.range
    }

    /// The bytes of the value, quotes included.
    pub fn value_range(self) -> TextRange {
        self.syntax().value.range
    }

    /// The bytes of the whole pair.
    pub fn range(self) -> TextRange {
        self.syntax().range()
    }

    /// The source range of a range in [`Attribute::text`].
    pub fn inner_range(self, decoded: TextRange) -> TextRange {
        StringMap::new(&self.pipeline.source, self.syntax().value).range(decoded)
    }

    /// The value as it is written, quotes included.
    pub fn written(self) -> &'p str {
        self.value_range().text(&self.pipeline.source)
    }

    /// True when the value is empty or blank.
    pub fn is_blank(self) -> bool {
        // Prompts are long and most begin with a letter: that much shows without decoding.
        let written = self.written().trim_start_matches('"').trim_start();
        let begins_with_text = written.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        !begins_with_text && self.text().trim().is_empty()
    }
}

/// The condition of an edge: its text, its tree and its attribute.
#[derive(Debug, Clone, Copy)]
pub struct ConditionRef<'p> {
    /// The decoded text.
    pub text: &'p str,
    /// The parsed condition; its ranges count bytes of `text`.
    pub condition: &'p Condition,
    /// The `condition` attribute.
    pub attribute: Attribute<'p>,
}

impl ConditionRef<'_> {
    /// The source range of a range in the condition's text.
    pub fn source_range(&self, inner: TextRange) -> TextRange {
        self.attribute.inner_range(inner)
    }
}

/// The model stylesheet: its text, its tree and its attribute.
#[derive(Debug, Clone, Copy)]
pub struct StylesheetRef<'p> {
    /// The decoded text.
    pub text: &'p str,
    /// The parsed sheet; its ranges count bytes of `text`.
    pub stylesheet: &'p Stylesheet,
    /// The `model_stylesheet` attribute.
    pub attribute: Attribute<'p>,
}

impl Pipeline {
    /// Reads the first graph of `parse` as `profile` does.
    ///
    /// `parse` must be the parse of `source`. A file without a graph gives a pipeline without nodes.
    pub fn new(source: Arc<str>, parse: Arc<Parse>, profile: &'static Profile) -> Pipeline {
        lower::lower(source, parse, profile)
    }

    /// Parses and reads a text at once.
    pub fn parse(source: &str, profile: &'static Profile) -> Pipeline {
        Pipeline::new(source.into(), Arc::new(dotwright_syntax::parse(source)), profile)
    }

    /// The text of the file.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The parse of the file.
    pub fn syntax(&self) -> &Parse {
        &self.parse
    }

    /// The syntax tree of the file.
    pub fn ast(&self) -> &Ast {
        &self.parse.ast
    }

    /// The profile that was asked.
    pub fn profile(&self) -> &'static Profile {
        self.profile
    }

    /// The syntax of the graph that was read.
    pub fn graph_syntax(&self) -> Option<&GraphSyntax> {
        self.ast().graphs().first()
    }

    /// The graph's header, or the start of a file without one.
    pub fn header_range(&self) -> TextRange {
        self.graph_syntax().map_or(TextRange::default(), GraphSyntax::header)
    }

    /// Nodes and edges as a petgraph graph.
    pub fn graph(&self) -> &DiGraph<Node, Edge, u32> {
        &self.graph
    }

    /// Nodes in the order of their first mention.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = NodeId> + use<> {
        self.graph.node_indices()
    }

    /// Edges in file order.
    pub fn edges(&self) -> impl ExactSizeIterator<Item = EdgeId> + use<> {
        self.graph.edge_indices()
    }

    /// The node.
    pub fn node(&self, node: NodeId) -> &Node {
        &self.graph[node]
    }

    /// The edge.
    pub fn edge(&self, edge: EdgeId) -> &Edge {
        &self.graph[edge]
    }

    /// The id of a node as text.
    pub fn id(&self, node: NodeId) -> &str {
        self.node(node).name.get(&self.source)
    }

    /// The node with this id.
    pub fn node_by_id(&self, id: &str) -> Option<NodeId> {
        let hash = lower::hash(id);
        let found =
            self.names.find(lower::spread(hash), |name| name.hash == hash && self.id(name.node) == id);
        found.map(|name| name.node)
    }

    /// The handler of a node.
    pub fn handler(&self, node: NodeId) -> Handler {
        self.handlers.get(node.index()).copied().unwrap_or(Handler::Codergen)
    }

    /// Out-edges of a node in file order.
    pub fn outgoing(&self, node: NodeId) -> &[EdgeId] {
        self.outgoing.of(node)
    }

    /// In-edges of a node in file order.
    pub fn incoming(&self, node: NodeId) -> &[EdgeId] {
        self.incoming.of(node)
    }

    /// The node an edge leaves.
    pub fn source_of(&self, edge: EdgeId) -> NodeId {
        self.graph.edge_endpoints(edge).map_or(NodeId::end(), |(source, _)| source)
    }

    /// The node an edge enters.
    pub fn target_of(&self, edge: EdgeId) -> NodeId {
        self.graph.edge_endpoints(edge).map_or(NodeId::end(), |(_, target)| target)
    }

    /// The node with the handler start; the first of several.
    pub fn start(&self) -> Option<NodeId> {
        self.nodes().find(|&node| self.handler(node) == Handler::Start)
    }

    /// The nodes with the handler exit.
    pub fn exits(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.nodes().filter(|&node| self.handler(node) == Handler::Exit)
    }

    /// The id of a node in its first statement, else where an edge first names it.
    pub fn node_range(&self, node: NodeId) -> TextRange {
        let node = self.node(node);
        match node.declaration.map(|stmt| self.ast()[stmt].kind) {
            Some(StmtKind::Node(written)) => written.id.range,
            _ => node.first_mention,
        }
    }

    /// The node statements of a node, in source order.
    pub fn declarations(&self, node: NodeId) -> impl DoubleEndedIterator<Item = StmtId> + '_ {
        let node = self.node(node);
        let more = node.redeclared.and_then(|index| self.redeclarations.get(index as usize));
        node.declaration.into_iter().chain(more.into_iter().flatten().copied())
    }

    /// The extent of an edge: both ends for a hop of a chain, else the whole statement with its attributes.
    pub fn edge_range(&self, edge: EdgeId) -> TextRange {
        let hop = self.edge(edge);
        let stmt = &self.ast()[hop.stmt];
        if self.ast().endpoints(stmt).len() == 2 {
            return stmt.range;
        }
        self.end_range(edge, 0).cover(self.end_range(edge, 1))
    }

    /// The two ends of an edge without its attributes: `a -> b`.
    pub fn edge_ends_range(&self, edge: EdgeId) -> TextRange {
        self.end_range(edge, 0).cover(self.end_range(edge, 1))
    }

    /// The source id as the edge writes it.
    pub fn source_range(&self, edge: EdgeId) -> TextRange {
        self.end_range(edge, 0)
    }

    /// The target id as the edge writes it.
    pub fn target_range(&self, edge: EdgeId) -> TextRange {
        self.end_range(edge, 1)
    }

    fn end_range(&self, edge: EdgeId, end: usize) -> TextRange {
        let hop = self.edge(edge);
        let stmt = &self.ast()[hop.stmt];
        match self.ast().endpoints(stmt).get(hop.hop as usize + end) {
            Some(Endpoint::Node(node)) => node.id.range,
            Some(Endpoint::List(list)) => {
                let ids = self.ast().listed(*list).iter().map(|node| node.id.range);
                ids.reduce(TextRange::cover).unwrap_or(stmt.range)
            }
            Some(Endpoint::Subgraph(group)) => self.ast()[*group].range,
            None => stmt.range,
        }
    }

    /// True when the node is written or first named in a statement that token repair changed.
    pub fn is_recovered(&self, node: NodeId) -> bool {
        !self.parse.errors.is_empty() && self.node(node).recovered
    }

    /// True when token repair changed the statement of the edge or of one of its ends.
    pub fn is_recovered_edge(&self, edge: EdgeId) -> bool {
        if self.parse.errors.is_empty() {
            return false;
        }
        self.ast()[self.edge(edge).stmt].recovered
            || self.node(self.source_of(edge)).recovered
            || self.node(self.target_of(edge)).recovered
    }

    /// All subgraphs with their indices, the graph itself first.
    pub fn subgraphs(&self) -> impl ExactSizeIterator<Item = (SubgraphId, &Subgraph)> {
        self.subgraphs.iter().enumerate().map(|(index, subgraph)| (SubgraphId(index as u32), subgraph))
    }

    /// The condition of an edge; `None` for an edge without one or with a blank one.
    pub fn condition(&self, edge: EdgeId) -> Option<ConditionRef<'_>> {
        let entry = self.conditions.get(self.edge(edge).condition as usize)?;
        let content = self.condition_texts.get(entry.text as usize)?;
        Some(ConditionRef {
            text: content.text.get(&self.source),
            condition: &content.condition,
            attribute: Attribute { pipeline: self, index: entry.attribute, origin: entry.origin },
        })
    }

    /// A number that edges with the same condition share, from 0; `None` for an edge without one.
    pub fn condition_index(&self, edge: EdgeId) -> Option<usize> {
        self.conditions.get(self.edge(edge).condition as usize).map(|entry| entry.text as usize)
    }

    /// True for an edge without condition.
    pub fn is_plain(&self, edge: EdgeId) -> bool {
        self.condition_index(edge).is_none()
    }

    /// The model stylesheet of the graph.
    pub fn stylesheet(&self) -> Option<StylesheetRef<'_>> {
        let sheet = self.stylesheet.as_ref()?;
        Some(StylesheetRef {
            text: sheet.text.get(&self.source),
            stylesheet: &sheet.stylesheet,
            attribute: Attribute { pipeline: self, index: sheet.attribute, origin: Origin::Explicit },
        })
    }

    /// The first edge statement that is not read in full.
    pub fn unread_edges(&self) -> Option<UnreadEdges> {
        self.unread_edges
    }
}

/// The bit of a key in the masks of nodes and frames; several keys share a bit, and unknown ones the last.
#[inline]
pub(crate) fn key_bit(key: Option<AttributeKey>) -> u128 {
    1 << key.map_or(127, |key| key.index() & 127)
}
