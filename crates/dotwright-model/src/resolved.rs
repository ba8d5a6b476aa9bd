//! The graph with everything resolved: attributes in force by name, and subgraphs in their nesting. Exports and previews
//! draw from it.

use std::collections::BTreeMap;

use dotwright_syntax::ast::Id;

use crate::pipeline::{Attribute, EdgeId, NodeId, Pipeline, SubgraphId};

/// Attributes in force by name: what stands later wins.
pub type Attributes<'p> = BTreeMap<String, Attribute<'p>>;

fn by_name<'p>(attributes: impl Iterator<Item = Attribute<'p>>) -> Attributes<'p> {
    attributes.map(|attribute| (attribute.name().into_owned(), attribute)).collect()
}

/// The attributes in force for a node: its own, else those of default blocks.
pub fn node_attributes(pipeline: &Pipeline, node: NodeId) -> Attributes<'_> {
    by_name(pipeline.default_attributes(node).chain(pipeline.own_attributes(node)))
}

/// The attributes in force for an edge.
pub fn edge_attributes(pipeline: &Pipeline, edge: EdgeId) -> Attributes<'_> {
    let own = pipeline.statement_attributes(pipeline.edge(edge).stmt);
    by_name(pipeline.default_edge_attributes(edge).chain(own))
}

/// The attributes of a subgraph, or of the graph itself.
pub fn subgraph_attributes(pipeline: &Pipeline, subgraph: SubgraphId) -> Attributes<'_> {
    by_name(pipeline.subgraph_attributes(subgraph))
}

/// The id of the graph itself, or of a subgraph, where it has one.
pub fn subgraph_id(pipeline: &Pipeline, subgraph: SubgraphId) -> Option<Id> {
    let (_, found) = pipeline.subgraphs().nth(subgraph.0 as usize)?;
    match found.stmt {
        None => pipeline.graph_syntax()?.id,
        Some(stmt) => pipeline.ast().subgraph_id(stmt),
    }
}

/// One step of a walk over subgraphs in their nesting.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// A subgraph begins.
    Open(SubgraphId),
    /// A node of the innermost open subgraph.
    Node(NodeId),
    /// The innermost open subgraph ends.
    Close,
}

/// The subgraphs below the graph itself with the nodes in each, and then the nodes outside of them.
pub fn walk(pipeline: &Pipeline) -> Vec<Step> {
    let count = pipeline.subgraphs().len();
    let mut inner: Vec<Vec<SubgraphId>> = vec![Vec::new(); count];
    for (id, subgraph) in pipeline.subgraphs() {
        if let Some(inner) = subgraph.parent.and_then(|parent| inner.get_mut(parent.0 as usize)) {
            inner.push(id);
        }
    }
    let mut nodes: Vec<Vec<NodeId>> = vec![Vec::new(); count];
    for node in pipeline.nodes() {
        if let Some(nodes) = nodes.get_mut(pipeline.node(node).subgraph.0 as usize) {
            nodes.push(node);
        }
    }
    let mut steps = Vec::new();
    // Subgraphs still to visit, the next one last; `None` closes the innermost open one.
    let mut waiting = vec![Some(SubgraphId::ROOT)];
    while let Some(next) = waiting.pop() {
        let Some(subgraph) = next else {
            steps.push(Step::Close);
            continue;
        };
        if subgraph != SubgraphId::ROOT {
            steps.push(Step::Open(subgraph));
            waiting.push(None);
        }
        steps.extend(nodes.get(subgraph.0 as usize).into_iter().flatten().copied().map(Step::Node));
        waiting.extend(inner.get(subgraph.0 as usize).into_iter().flatten().rev().copied().map(Some));
    }
    steps
}
