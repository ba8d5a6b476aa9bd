//! The flat syntax tree of a DOT file: a few vectors of `Copy` entries that refer to each other by index.
//!
//! Nothing here owns text or boxes, so that a 100k-node file costs a handful of allocations, and neither walking
//! nor dropping a deeply nested file recurses. Statements stand in pre-order: the body of a subgraph is the run of
//! statements behind it, up to [`Subgraph::end`].

use std::ops::{Index, Range};

use dotwright_diagnostics::TextRange;

/// How an id or value is written. See "ID" in Graphviz's *DOT Language* page for the first five.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdKind {
    /// `name`, letters, digits, underscores and non-ASCII characters, no digit in front.
    Name,
    /// `-1.5`, `.5`, `42`.
    Number,
    /// `"text"`.
    Quoted,
    /// `"one " + "two"`; the range covers all parts.
    Concatenated,
    /// `<html>`.
    Html,
    /// Bare text that pipeline dialects write and Graphviz refuses: `900s`, `gpt-5.4`, `human.default_choice`.
    Dialect,
    /// Put in by token repair where an id or value is missing; the range is empty.
    Missing,
}

/// An id, an attribute name or an attribute value: how and where it is written. [`crate::decode`] gives its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id {
    /// How it is written.
    pub kind: IdKind,
    /// Where it is written, quotes included.
    pub range: TextRange,
}

/// Index of a statement in [`Ast`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StmtId(pub u32);

/// A run of entries in one of the vectors of [`Ast`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span32 {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span32 {
    /// Number of entries.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// True when there are no entries.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// One `key = value` pair of an attribute list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// The attribute name.
    pub key: Id,
    /// The value; [`IdKind::Missing`] when repair had to put it in.
    pub value: Id,
}

impl Attribute {
    /// From the first byte of the key to the last byte of the value.
    pub fn range(self) -> TextRange {
        self.key.range.cover(self.value.range)
    }
}

/// What a default statement applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// `graph [...]`
    Graph,
    /// `node [...]`
    Node,
    /// `edge [...]`
    Edge,
}

/// `:port` or `:port:compass` behind a node id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    /// First part, a port name or a compass point.
    pub name: Id,
    /// Second part.
    pub compass: Option<Id>,
}

/// A node id as it occurs in a node statement or an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeRef {
    /// The node's id.
    pub id: Id,
}

/// One end of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// A single node.
    Node(NodeRef),
    /// `a, b`: see [`Ast::listed`].
    List(Span32),
    /// All nodes of a subgraph or `{...}` group: the statement that holds it.
    Subgraph(StmtId),
}

/// What a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StmtKind {
    /// `id [attributes]`
    Node(NodeRef),
    /// `a -> b -> c [attributes]`: one hop fewer than endpoints.
    Edge {
        /// The ends in source order, at least two.
        endpoints: Span32,
    },
    /// `graph [..]`, `node [..]`, `edge [..]`
    Default(Target),
    /// `key = value` in a graph or subgraph body; the attribute list holds exactly that pair.
    Assign,
    /// `subgraph id { ... }` or `{ ... }`
    Subgraph(Subgraph),
}

/// A subgraph or group; its statements follow it, and [`Ast::subgraph_id`] tells its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subgraph {
    /// The statement behind the last one of the body.
    pub end: StmtId,
    /// True when this subgraph is an end of the edge statement that follows its body.
    pub is_endpoint: bool,
}

/// A statement: its kind, its extent and its attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// From the first token to the last, attribute lists included, `;` not.
    pub range: TextRange,
    pub(crate) attributes: Span32,
    /// True when token repair changed this statement: what it says may not be what its author meant.
    pub recovered: bool,
}

/// One graph of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Graph {
    /// The `strict` keyword.
    pub strict: Option<TextRange>,
    /// The keyword `graph` or `digraph`; empty when repair put it in.
    pub keyword: TextRange,
    /// True for `digraph`.
    pub directed: bool,
    /// The graph's id.
    pub id: Option<Id>,
    /// From the first header token to the closing brace.
    pub range: TextRange,
    /// The opening brace; empty when repair put it in.
    pub open: TextRange,
    /// The closing brace; empty when repair put it in.
    pub close: TextRange,
    pub(crate) stmts: Span32,
}

impl Graph {
    /// From the first header token to the last one before `{`.
    pub fn header(&self) -> TextRange {
        let end = self.id.map_or(self.keyword.end, |id| id.range.end);
        TextRange::new(self.range.start, end.max(self.keyword.end))
    }
}

/// The syntax tree of a file, which may hold several graphs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ast {
    pub(crate) graphs: Vec<Graph>,
    pub(crate) stmts: Vec<Stmt>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) listed: Vec<NodeRef>,
    /// Ports with the node ids in front of them, in source order: few nodes have one.
    pub(crate) ports: Vec<(Id, Port)>,
    /// Ids of subgraphs by their statements, in source order.
    pub(crate) subgraph_ids: Vec<(StmtId, Id)>,
}

impl Ast {
    /// The graphs in source order.
    pub fn graphs(&self) -> &[Graph] {
        &self.graphs
    }

    /// All statements of `graph` in pre-order, nested ones included.
    pub fn statements(&self, graph: &Graph) -> impl Iterator<Item = (StmtId, &Stmt)> {
        let range = graph.stmts.range();
        let first = graph.stmts.start;
        self.stmts.get(range).unwrap_or(&[]).iter().zip(first..).map(|(stmt, id)| (StmtId(id), stmt))
    }

    /// All statements of the file in pre-order, over all graphs.
    pub fn all_statements(&self) -> &[Stmt] {
        &self.stmts
    }

    /// The attributes of a statement, over all its `[...]` lists.
    pub fn attributes(&self, stmt: &Stmt) -> &[Attribute] {
        self.attributes.get(stmt.attributes.range()).unwrap_or(&[])
    }

    /// The attributes of the whole file, in source order.
    pub fn all_attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// How many ends the edges of the whole file have.
    pub fn endpoint_count(&self) -> usize {
        self.endpoints.len()
    }

    /// The indices of a statement's attributes in [`Ast::all_attributes`].
    pub fn attribute_indices(&self, stmt: &Stmt) -> Range<u32> {
        stmt.attributes.start..stmt.attributes.end
    }

    /// The ends of an edge statement; empty for every other kind.
    pub fn endpoints(&self, stmt: &Stmt) -> &[Endpoint] {
        match stmt.kind {
            StmtKind::Edge { endpoints } => self.endpoints.get(endpoints.range()).unwrap_or(&[]),
            StmtKind::Node(_) | StmtKind::Default(_) | StmtKind::Assign | StmtKind::Subgraph(_) => &[],
        }
    }

    /// The nodes of an [`Endpoint::List`].
    pub fn listed(&self, list: Span32) -> &[NodeRef] {
        self.listed.get(list.range()).unwrap_or(&[])
    }

    /// The port of a node reference.
    pub fn port(&self, node: NodeRef) -> Option<&Port> {
        let start = |(id, _): &(Id, Port)| id.range.start;
        let at = self.ports.binary_search_by_key(&node.id.range.start, start).ok()?;
        self.ports.get(at).map(|(_, port)| port)
    }

    /// The id of a subgraph, when it has one.
    pub fn subgraph_id(&self, subgraph: StmtId) -> Option<Id> {
        let at = self.subgraph_ids.binary_search_by_key(&subgraph, |(stmt, _)| *stmt).ok()?;
        self.subgraph_ids.get(at).map(|(_, id)| *id)
    }

    /// The ids of all subgraphs, in source order.
    pub fn subgraph_ids(&self) -> impl Iterator<Item = Id> {
        self.subgraph_ids.iter().map(|(_, id)| *id)
    }
}

// A file of a million edges has to fit into sixteen times its size.
const _: () = assert!(size_of::<Endpoint>() == 12 && size_of::<Stmt>() == 32);

impl Index<StmtId> for Ast {
    type Output = Stmt;

    #[expect(
        clippy::indexing_slicing,
        reason = "statement ids are only made for statements of the same tree"
    )]
    fn index(&self, id: StmtId) -> &Stmt {
        &self.stmts[id.0 as usize]
    }
}
