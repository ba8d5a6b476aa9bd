//! What stands at an offset, and all attribute pairs with what they are written on: the syntax that features share.

use std::borrow::Cow;

use dotwright_diagnostics::TextRange;
use dotwright_model::{AttributeKey, AttributeSchema, Scope, ValueType, attribute};
use dotwright_syntax::ast::{Attribute, Endpoint, Id, IdKind, NodeRef, StmtId, StmtKind, Target};
use dotwright_syntax::{Comment, StringMap, Token, TokenKind, decode};

use crate::document::Document;

/// A pair of an attribute list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    /// Key and value.
    pub(crate) written: Attribute,
    /// The statement it belongs to.
    pub(crate) stmt: StmtId,
    /// What it is written on.
    pub(crate) scope: Scope,
    /// The known key.
    pub(crate) key: Option<AttributeKey>,
    /// Index of the graph.
    pub(crate) graph: u32,
}

impl Pair {
    pub(crate) fn schema(&self) -> Option<&'static AttributeSchema> {
        attribute(self.key?, self.scope)
    }

    /// What its value has to be; plain text for unknown names.
    pub(crate) fn value_type(&self) -> ValueType {
        self.schema().map_or(ValueType::String, |schema| schema.value_type)
    }
}

/// A decoded value and the way back to its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Inside<'d> {
    pub(crate) text: Cow<'d, str>,
    pub(crate) map: StringMap,
}

impl<'d> Inside<'d> {
    pub(crate) fn new(source: &'d str, id: Id) -> Inside<'d> {
        Inside { text: decode(source, id), map: StringMap::new(source, id) }
    }

    /// The decoded offset of a source offset, on a character boundary.
    pub(crate) fn offset(&self, source: u32) -> u32 {
        let offset = self.map.decoded_offset(source).min(self.text.len() as u32);
        self.text.floor_char_boundary(offset as usize) as u32
    }
}

/// The bytes of an id without its quotes.
pub(crate) fn content_range(source: &str, id: Id) -> TextRange {
    let raw = id.range.text(source);
    match id.kind {
        IdKind::Quoted if raw.len() >= 2 && raw.ends_with('"') => {
            TextRange::new(id.range.start + 1, id.range.end - 1)
        }
        IdKind::Quoted if raw.starts_with('"') => TextRange::new(id.range.start + 1, id.range.end),
        IdKind::Html if raw.len() >= 2 => TextRange::new(id.range.start + 1, id.range.end - 1),
        IdKind::Quoted
        | IdKind::Html
        | IdKind::Concatenated
        | IdKind::Name
        | IdKind::Number
        | IdKind::Dialect
        | IdKind::Missing => id.range,
    }
}

/// The parts of a comma-separated text without the blanks around them, with their ranges in it.
pub(crate) fn list_parts(text: &str, blanks_separate: bool) -> impl Iterator<Item = (&str, TextRange)> {
    let mut at = 0;
    text.split(move |c: char| c == ',' || (blanks_separate && c.is_whitespace())).filter_map(move |part| {
        let separator = text.get(at + part.len()..).and_then(|rest| rest.chars().next());
        let start = at + part.len() - part.trim_start().len();
        at += part.len() + separator.map_or(0, char::len_utf8);
        let name = part.trim();
        (!name.is_empty()).then(|| (name, TextRange::new(start as u32, (start + name.len()) as u32)))
    })
}

impl Document {
    /// All pairs of all graphs, in the order of their statements.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = Pair> + '_ {
        let ast = self.ast();
        ast.graphs().iter().zip(0u32..).flat_map(move |(graph, graph_index)| {
            let mut inside_until = StmtId(0);
            ast.statements(graph).flat_map(move |(id, stmt)| {
                let around = if id < inside_until { Scope::Subgraph } else { Scope::Graph };
                let scope = match stmt.kind {
                    StmtKind::Node(_) | StmtKind::Default(Target::Node) => Scope::Node,
                    StmtKind::Edge { .. } | StmtKind::Default(Target::Edge) => Scope::Edge,
                    StmtKind::Assign | StmtKind::Default(Target::Graph) => around,
                    StmtKind::Subgraph(group) => {
                        inside_until = inside_until.max(group.end);
                        Scope::Subgraph
                    }
                };
                ast.attributes(stmt).iter().map(move |&written| {
                    let key = AttributeKey::from_name(&decode(self.source(), written.key));
                    Pair { written, stmt: id, scope, key, graph: graph_index }
                })
            })
        })
    }

    /// Name and value at an offset, without what they are written on: that takes a walk over the statements.
    pub(crate) fn attribute_at(&self, offset: u32) -> Option<Attribute> {
        self.ast().all_attributes().get(self.attribute_index(offset)?).copied()
    }

    fn attribute_index(&self, offset: u32) -> Option<usize> {
        let attributes = self.ast().all_attributes();
        let index = attributes.partition_point(|pair| pair.range().start <= offset).checked_sub(1)?;
        attributes.get(index).filter(|pair| pair.range().touches(offset)).map(|_| index)
    }

    /// The pair whose name or value touches an offset.
    pub(crate) fn pair_at(&self, offset: u32) -> Option<Pair> {
        let index = self.attribute_index(offset)?;
        let written = *self.ast().all_attributes().get(index)?;
        let index = index as u32;
        let ast = self.ast();
        let statements = ast.all_statements().iter().zip(0u32..);
        let (stmt, id) = statements
            .map(|(s, id)| (s, StmtId(id)))
            .find(|(s, _)| ast.attribute_indices(s).contains(&index))?;
        let scope = match stmt.kind {
            StmtKind::Node(_) | StmtKind::Default(Target::Node) => Scope::Node,
            StmtKind::Edge { .. } | StmtKind::Default(Target::Edge) => Scope::Edge,
            StmtKind::Subgraph(_) => Scope::Subgraph,
            StmtKind::Assign | StmtKind::Default(Target::Graph) => self.body_scope(stmt.range.start),
        };
        let key = AttributeKey::from_name(&decode(self.source(), written.key));
        Some(Pair { written, stmt: id, scope, key, graph: self.graph_at(offset).unwrap_or(0) })
    }

    /// Whether statements at an offset belong to a subgraph or to the graph itself.
    pub(crate) fn body_scope(&self, offset: u32) -> Scope {
        let inside = |id: &StmtId| matches!(self.ast()[*id].kind, StmtKind::Subgraph(_));
        if self.enclosing(offset).iter().any(inside) { Scope::Subgraph } else { Scope::Graph }
    }

    /// The statements that hold an offset, the outermost first.
    pub(crate) fn enclosing(&self, offset: u32) -> Vec<StmtId> {
        let statements = self.ast().all_statements().iter().zip(0u32..);
        let around = statements.filter(|(stmt, _)| stmt.range.touches(offset)).map(|(_, id)| StmtId(id));
        let mut around: Vec<StmtId> = around.collect();
        around.sort_by_key(|&id| std::cmp::Reverse(self.ast()[id].range.len()));
        // Neighbours that both touch the offset: the one that holds the byte behind it wins.
        let holds = |id: &StmtId| self.ast()[*id].range.start <= offset && offset < self.ast()[*id].range.end;
        if around.last().is_some_and(|last| !holds(last)) && around.iter().any(holds) {
            let kept = around.last().copied();
            let contains =
                |id: &StmtId| kept.is_some_and(|k| self.ast()[*id].range.contains(self.ast()[k].range));
            let leaf = around.iter().rfind(|id| holds(id)).copied();
            if leaf.is_some_and(|leaf| !contains(&leaf)) {
                around.retain(|id| holds(id));
            }
        }
        around
    }

    /// Index of the graph that an offset lies in.
    pub(crate) fn graph_at(&self, offset: u32) -> Option<u32> {
        let graphs = self.ast().graphs();
        let behind = graphs.partition_point(|graph| graph.range.start <= offset);
        let index = behind.checked_sub(1)?;
        graphs.get(index).filter(|graph| graph.range.touches(offset)).map(|_| index as u32)
    }

    /// Index of the token that touches an offset; of two, the one that is a word, else the one behind it.
    pub(crate) fn token_index(&self, offset: u32) -> Option<usize> {
        let tokens = &self.syntax().tokens;
        let behind = tokens.partition_point(|token| token.range.start <= offset);
        let at = |index: usize| tokens.get(index).filter(|token| token.range.touches(offset));
        let second = behind.checked_sub(1)?;
        let word = |token: &Token| token.kind.is_id() || token.kind.is_keyword();
        if let Some(first) = second.checked_sub(1)
            && at(first).is_some_and(word)
            && !at(second).is_some_and(word)
        {
            return Some(first);
        }
        at(second).map(|_| second)
    }

    pub(crate) fn token_at(&self, offset: u32) -> Option<&Token> {
        self.syntax().tokens.get(self.token_index(offset)?)
    }

    /// Index of the first token that starts at or behind an offset.
    pub(crate) fn token_from(&self, offset: u32) -> usize {
        self.syntax().tokens.partition_point(|token| token.range.start < offset)
    }

    pub(crate) fn comment_at(&self, offset: u32) -> Option<&Comment> {
        let comments = &self.syntax().comments;
        let behind = comments.partition_point(|comment| comment.range.start <= offset);
        comments.get(behind.checked_sub(1)?).filter(|comment| comment.range.touches(offset))
    }

    /// The decoded text of an id.
    pub(crate) fn text(&self, id: Id) -> Cow<'_, str> {
        decode(self.source(), id)
    }

    /// The node references of a statement, ports left out; those of blocks belong to the statements in them.
    pub(crate) fn node_refs(&self, stmt: StmtId) -> Vec<NodeRef> {
        let stmt = &self.ast()[stmt];
        if let StmtKind::Node(node) = stmt.kind {
            return vec![node];
        }
        let ends = self.ast().endpoints(stmt).iter();
        ends.flat_map(|end| match end {
            Endpoint::Node(node) => std::slice::from_ref(node),
            Endpoint::List(list) => self.ast().listed(*list),
            Endpoint::Subgraph(_) => &[],
        })
        .copied()
        .collect()
    }

    /// The innermost `[` that is open at an offset, by its token index.
    pub(crate) fn open_list(&self, offset: u32) -> Option<usize> {
        let tokens = &self.syntax().tokens;
        let before = tokens.partition_point(|token| token.range.start < offset);
        for index in (0..before).rev() {
            match tokens.get(index)?.kind {
                TokenKind::LBracket => return Some(index),
                TokenKind::RBracket
                | TokenKind::LBrace
                | TokenKind::RBrace
                | TokenKind::Arrow
                | TokenKind::Line => {
                    return None;
                }
                TokenKind::Strict
                | TokenKind::Graph
                | TokenKind::Digraph
                | TokenKind::Node
                | TokenKind::Edge
                | TokenKind::Subgraph
                | TokenKind::Equals
                | TokenKind::Semicolon
                | TokenKind::Comma
                | TokenKind::Colon
                | TokenKind::Plus
                | TokenKind::Id(_)
                | TokenKind::Unknown => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::cursor;

    #[test]
    fn parts_of_a_list_have_ranges() {
        let parts: Vec<_> =
            list_parts(" a, b c ,,d", true).map(|(text, range)| (text, range.start)).collect();
        assert_eq!(parts, [("a", 1), ("b", 4), ("c", 6), ("d", 10)]);
    }

    #[track_caller]
    fn pair(source: &str, expected: Option<(&str, Scope)>) {
        let (document, offset) = cursor(source);
        let found =
            document.pair_at(offset).map(|pair| (document.text(pair.written.key).into_owned(), pair.scope));
        assert_eq!(found.as_ref().map(|(name, scope)| (name.as_str(), *scope)), expected);
    }

    #[test]
    fn a_pair_knows_what_it_is_written_on() {
        pair("digraph { a [x=1, la$0bel=b] }", Some(("label", Scope::Node)));
        pair("digraph { a -> b [label=\"b$0\"] }", Some(("label", Scope::Edge)));
        pair("digraph { goal=$0x }", Some(("goal", Scope::Graph)));
        pair("digraph { subgraph s { label=$0x } }", Some(("label", Scope::Subgraph)));
        pair("digraph { a $0[x=1] }", None);
    }
}
