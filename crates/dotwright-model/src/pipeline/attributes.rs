//! Which attribute is in force where: an element's own, else that of a default block, under each of its names.

use dotwright_syntax::ast::StmtId;

use super::{Attribute, EdgeId, NodeId, Origin, Pipeline, SubgraphId, key_bit};
use crate::profile::Alias;
use crate::{AttributeKey, Handler, Scope};

impl Pipeline {
    /// The attributes written on a node itself, over all its statements, in source order.
    pub fn own_attributes(&self, node: NodeId) -> impl Iterator<Item = Attribute<'_>> {
        self.declarations(node).flat_map(|stmt| self.statement_attributes(stmt))
    }

    /// The attributes written in one statement.
    pub fn statement_attributes(&self, stmt: StmtId) -> impl DoubleEndedIterator<Item = Attribute<'_>> {
        let indices = self.ast().attribute_indices(&self.ast()[stmt]);
        indices.map(|index| Attribute { pipeline: self, index, origin: Origin::Explicit })
    }

    /// The attributes of default blocks that are in force for a node, whether or not it overrides them.
    pub fn default_attributes(&self, node: NodeId) -> impl Iterator<Item = Attribute<'_>> {
        self.frame_attributes(self.node(node).frame)
    }

    /// The attributes of `edge [...]` blocks that are in force for an edge, whether or not it overrides them.
    pub fn default_edge_attributes(&self, edge: EdgeId) -> impl Iterator<Item = Attribute<'_>> {
        self.frame_attributes(self.edge(edge).frame)
    }

    pub(super) fn frame_attributes(&self, frame: u32) -> impl Iterator<Item = Attribute<'_>> {
        let frame = self.frames.get(frame as usize);
        frame.into_iter().flat_map(|frame| &frame.attributes).map(|&(index, origin)| Attribute {
            pipeline: self,
            index,
            origin,
        })
    }

    /// The attribute in force for a node: its own, else that of a default block. Names that the profile reads in
    /// place of `key` count as `key`.
    #[inline]
    pub fn node_attribute(&self, node: NodeId, key: AttributeKey) -> Option<Attribute<'_>> {
        // Rules ask each node for what few nodes have.
        let may_have = self.mask(node) & (key_bit(Some(key)) | self.node_aliases) != 0;
        if may_have { self.find_node_attribute(node, key) } else { None }
    }

    #[inline(never)]
    pub(super) fn find_node_attribute(&self, node: NodeId, key: AttributeKey) -> Option<Attribute<'_>> {
        if self.node_aliases == 0 {
            return self.plain_node_attribute(node, key);
        }
        self.with_aliases(Scope::Node, key, |key| self.plain_node_attribute(node, key))
    }

    /// The shell command of a node, if its handler runs one: that of a tool, or what verifies the answer of a model.
    pub fn shell_command(&self, node: NodeId) -> Option<Attribute<'_>> {
        let key = match self.handler(node) {
            Handler::Tool => AttributeKey::TOOL_COMMAND,
            Handler::Codergen => AttributeKey::VERIFY_COMMAND,
            Handler::Start
            | Handler::Exit
            | Handler::Conditional
            | Handler::Human
            | Handler::Parallel
            | Handler::FanIn
            | Handler::Manager
            | Handler::Custom => return None,
        };
        self.node_attribute(node, key)
    }

    #[inline]
    pub(super) fn plain_node_attribute(&self, id: NodeId, key: AttributeKey) -> Option<Attribute<'_>> {
        if self.mask(id) & key_bit(Some(key)) == 0 {
            return None;
        }
        self.declarations(id)
            .rev()
            .find_map(|stmt| self.statement_attribute(stmt, key))
            .or_else(|| self.frame_attribute(self.node(id).frame, key))
    }

    #[inline]
    pub(super) fn mask(&self, node: NodeId) -> u128 {
        self.masks.get(node.index()).copied().unwrap_or_default()
    }

    /// The attribute that a node's own statements set.
    pub fn own_attribute(&self, node: NodeId, key: AttributeKey) -> Option<Attribute<'_>> {
        if self.mask(node) & key_bit(Some(key)) == 0 {
            return None;
        }
        self.declarations(node).rev().find_map(|stmt| self.statement_attribute(stmt, key))
    }

    pub(super) fn statement_attribute(&self, stmt: StmtId, key: AttributeKey) -> Option<Attribute<'_>> {
        let mut indices = self.ast().attribute_indices(&self.ast()[stmt]);
        indices.rfind(|&index| self.keys.get(index as usize) == Some(&Some(key))).map(|index| Attribute {
            pipeline: self,
            index,
            origin: Origin::Explicit,
        })
    }

    pub(super) fn frame_attribute(&self, frame: u32, key: AttributeKey) -> Option<Attribute<'_>> {
        let frame = self.frames.get(frame as usize)?;
        if frame.mask & key_bit(Some(key)) == 0 {
            return None;
        }
        let has_key = |index: u32| self.keys.get(index as usize) == Some(&Some(key));
        let &(index, origin) = frame.attributes.iter().rfind(|(index, _)| has_key(*index))?;
        Some(Attribute { pipeline: self, index, origin })
    }

    /// The attribute in force for an edge: its own, else that of an `edge [...]` block.
    pub fn edge_attribute(&self, edge: EdgeId, key: AttributeKey) -> Option<Attribute<'_>> {
        let edge = self.edge(edge);
        self.with_aliases(Scope::Edge, key, |key| {
            self.statement_attribute(edge.stmt, key).or_else(|| self.frame_attribute(edge.frame, key))
        })
    }

    /// The attributes of the graph itself, in source order.
    pub fn graph_attributes(&self) -> impl DoubleEndedIterator<Item = Attribute<'_>> {
        self.subgraph_attributes(SubgraphId::ROOT)
    }

    /// The graph attribute in force: the last one set.
    pub fn graph_attribute(&self, key: AttributeKey) -> Option<Attribute<'_>> {
        self.with_aliases(Scope::Graph, key, |key| self.graph_attributes().rfind(|a| a.key() == Some(key)))
    }

    /// The attributes of a subgraph, in source order.
    pub fn subgraph_attributes(
        &self,
        subgraph: SubgraphId,
    ) -> impl DoubleEndedIterator<Item = Attribute<'_>> {
        let subgraph = self.subgraphs.get(subgraph.0 as usize);
        subgraph.into_iter().flat_map(|subgraph| &subgraph.attributes).map(|&index| Attribute {
            pipeline: self,
            index,
            origin: Origin::Explicit,
        })
    }

    /// The attribute of a subgraph.
    pub fn subgraph_attribute(&self, subgraph: SubgraphId, key: AttributeKey) -> Option<Attribute<'_>> {
        self.subgraph_attributes(subgraph).rfind(|attribute| attribute.key() == Some(key))
    }

    /// Looks `key` up, and the names that the profile reads in its place.
    pub(super) fn with_aliases<'p>(
        &'p self,
        scope: Scope,
        key: AttributeKey,
        find: impl Fn(AttributeKey) -> Option<Attribute<'p>>,
    ) -> Option<Attribute<'p>> {
        let stands_for = |alias: &&Alias| alias.stands_for == key && alias.scope == scope;
        let aliases = || self.profile.aliases.iter().filter(stands_for);
        // Rules ask half a million times for what few profiles have.
        if aliases().next().is_none() {
            return find(key);
        }
        aliases()
            .filter(|alias| alias.wins)
            .find_map(|alias| find(alias.key))
            .or_else(|| find(key))
            .or_else(|| aliases().filter(|alias| !alias.wins).find_map(|alias| find(alias.key)))
    }

    /// The label of an edge; `None` when absent or blank.
    pub fn edge_label(&self, edge: EdgeId) -> Option<Attribute<'_>> {
        self.edge_attribute(edge, AttributeKey::LABEL).filter(|label| !label.is_blank())
    }
}
