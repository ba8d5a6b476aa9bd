//! What the actions of the DOT grammar call: pushes the parts of the flat tree in source order.

use dotwright_diagnostics::TextRange;

use crate::ast::{
    Ast, Attribute, Endpoint, Graph, Id, NodeRef, Port, Span32, Stmt, StmtId, StmtKind, Subgraph, Target,
};
use crate::census::Census;
use crate::token::{Token, TokenKind};

/// The tree under construction.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    pub(crate) ast: Ast,
    /// Where the attributes of the statement being parsed begin.
    first_attribute: u32,
    /// Ends of the edges being parsed, innermost last.
    ends: Vec<Endpoint>,
    /// Ids of the comma-separated list being parsed.
    listed: Vec<NodeRef>,
    /// True when LALRPOP's own recovery dropped something.
    damaged: bool,
}

impl Builder {
    /// A builder with room for the statements of a file.
    pub(crate) fn with_room(census: &Census) -> Builder {
        let mut builder = Builder::default();
        builder.ast.stmts.reserve(census.statements());
        builder.ast.attributes.reserve(census.pairs);
        builder.ast.endpoints.reserve(census.edge_operators * 2);
        builder
    }

    pub(crate) fn open_graph(
        &mut self,
        strict: Option<TextRange>,
        keyword: TextRange,
        directed: bool,
        id: Option<Id>,
        open: TextRange,
    ) {
        let range = strict.unwrap_or(keyword).cover(open);
        let first = self.ast.stmts.len() as u32;
        let stmts = Span32 { start: first, end: first };
        self.ast.graphs.push(Graph { strict, keyword, directed, id, range, open, close: open, stmts });
    }

    pub(crate) fn close_graph(&mut self, close: TextRange) {
        let end = self.ast.stmts.len() as u32;
        if let Some(graph) = self.ast.graphs.last_mut() {
            graph.close = close;
            graph.range = graph.range.cover(close);
            graph.stmts.end = end;
        }
    }

    pub(crate) fn open_subgraph(&mut self, open: TextRange, id: Option<Id>) -> StmtId {
        let own = StmtId(self.ast.stmts.len() as u32);
        let subgraph = Subgraph { end: own, is_endpoint: false };
        self.ast.subgraph_ids.extend(id.map(|id| (own, id)));
        self.push(StmtKind::Subgraph(subgraph), open);
        own
    }

    pub(crate) fn close_subgraph(&mut self, own: StmtId, close: TextRange) -> StmtId {
        let end = StmtId(self.ast.stmts.len() as u32);
        self.change_subgraph(own, |stmt, subgraph| {
            subgraph.end = end;
            stmt.range = stmt.range.cover(close);
        });
        own
    }

    /// The attribute list directly behind a subgraph.
    pub(crate) fn attribute_subgraph(&mut self, own: StmtId, end: u32) {
        let attributes = self.take_attributes();
        self.change_subgraph(own, |stmt, _| {
            stmt.attributes = attributes;
            stmt.range.end = end;
        });
    }

    pub(crate) fn subgraph_end(&mut self, own: StmtId) -> Endpoint {
        self.change_subgraph(own, |_, subgraph| subgraph.is_endpoint = true);
        Endpoint::Subgraph(own)
    }

    fn change_subgraph(&mut self, own: StmtId, change: impl FnOnce(&mut Stmt, &mut Subgraph)) {
        if let Some(stmt) = self.ast.stmts.get_mut(own.0 as usize)
            && let StmtKind::Subgraph(mut subgraph) = stmt.kind
        {
            change(stmt, &mut subgraph);
            stmt.kind = StmtKind::Subgraph(subgraph);
        }
    }

    pub(crate) fn node(&mut self, node: NodeRef, start: u32, end: u32) {
        self.push(StmtKind::Node(node), TextRange::new(start, end));
    }

    /// `a, b [attributes]`: one statement per id, which share range and attributes.
    pub(crate) fn node_list(&mut self, count: u32, start: u32, end: u32) {
        let attributes = self.take_attributes();
        let range = TextRange::new(start, end);
        let first = self.listed.len().saturating_sub(count as usize);
        for node in self.listed.drain(first..) {
            let recovered = std::mem::take(&mut self.damaged);
            self.ast.stmts.push(Stmt { kind: StmtKind::Node(node), range, attributes, recovered });
        }
    }

    pub(crate) fn edge(&mut self, count: u32, start: u32, end: u32) {
        let first = self.ast.endpoints.len() as u32;
        let from = self.ends.len().saturating_sub(count as usize);
        self.ast.endpoints.extend(self.ends.drain(from..));
        let endpoints = Span32 { start: first, end: self.ast.endpoints.len() as u32 };
        self.push(StmtKind::Edge { endpoints }, TextRange::new(start, end));
    }

    pub(crate) fn ends(&mut self, first: Endpoint, second: Endpoint) -> u32 {
        self.ends.push(first);
        self.ends.push(second);
        2
    }

    pub(crate) fn end(&mut self, count: u32, next: Endpoint) -> u32 {
        self.ends.push(next);
        count + 1
    }

    pub(crate) fn listed(&mut self, first: NodeRef, second: NodeRef) -> u32 {
        self.listed.push(first);
        self.listed.push(second);
        2
    }

    pub(crate) fn list(&mut self, count: u32, next: NodeRef) -> u32 {
        self.listed.push(next);
        count + 1
    }

    pub(crate) fn list_end(&mut self, count: u32) -> Endpoint {
        let first = self.ast.listed.len() as u32;
        let from = self.listed.len().saturating_sub(count as usize);
        self.ast.listed.extend(self.listed.drain(from..));
        Endpoint::List(Span32 { start: first, end: self.ast.listed.len() as u32 })
    }

    pub(crate) fn node_ref(&mut self, id: Id) -> NodeRef {
        NodeRef { id }
    }

    pub(crate) fn port(&mut self, id: Id, name: Id, compass: Option<Id>) -> NodeRef {
        self.ast.ports.push((id, Port { name, compass }));
        NodeRef { id }
    }

    pub(crate) fn default_statement(&mut self, target: Target, start: u32, end: u32) {
        self.push(StmtKind::Default(target), TextRange::new(start, end));
    }

    pub(crate) fn assign(&mut self, key: Id, value: Id) {
        self.attribute(key, value);
        self.push(StmtKind::Assign, key.range.cover(value.range));
    }

    pub(crate) fn attribute(&mut self, key: Id, value: Id) {
        self.ast.attributes.push(Attribute { key, value });
    }

    /// An intact list: pairs, each with or without a separator behind it.
    pub(crate) fn attribute_list(&mut self, list: &[Token]) {
        let mut rest = list.get(1..).unwrap_or(&[]);
        while let [key, _, value, behind @ ..] = rest {
            if let (TokenKind::Id(key_kind), TokenKind::Id(value_kind)) = (key.kind, value.kind) {
                self.attribute(
                    Id { kind: key_kind, range: key.range },
                    Id { kind: value_kind, range: value.range },
                );
            }
            rest = match behind {
                [Token { kind: TokenKind::Comma | TokenKind::Semicolon, .. }, behind @ ..] => behind,
                behind => behind,
            };
        }
    }

    /// Closes what is open, after a parser gave up.
    pub(crate) fn finish(&mut self) {
        let end = self.ast.stmts.len() as u32;
        if let Some(graph) = self.ast.graphs.last_mut()
            && graph.stmts.end < end
        {
            graph.stmts.end = end;
        }
    }

    /// LALRPOP's own recovery dropped something in the statement being parsed.
    pub(crate) fn damage(&mut self) {
        self.damaged = true;
    }

    fn push(&mut self, kind: StmtKind, range: TextRange) {
        let attributes = self.take_attributes();
        let recovered = std::mem::take(&mut self.damaged);
        self.ast.stmts.push(Stmt { kind, range, attributes, recovered });
    }

    fn take_attributes(&mut self) -> Span32 {
        let start = self.first_attribute;
        self.first_attribute = self.ast.attributes.len() as u32;
        Span32 { start, end: self.first_attribute }
    }
}
