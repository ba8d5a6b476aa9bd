//! Whether a refactoring keeps what it claims to keep: the new text is read again and compared.

use std::collections::BTreeMap;

use dotwright_model::resolved::{edge_attributes, node_attributes, subgraph_attributes};
use dotwright_model::{Handler, NodeId, Pipeline, SubgraphId};

use super::after;
use crate::document::Document;
use crate::location::WorkspaceEdit;

/// What a change must not touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeps {
    /// Nodes, edges and all attributes in force.
    Model,
    /// The same, but the model properties may come from elsewhere.
    Resolved,
    /// It is meant to change the pipeline.
    Nothing,
}

/// True when the change keeps what it has to, and makes no syntax error.
pub(super) fn is_kept(document: &Document, edit: &WorkspaceEdit, keeps: Keeps) -> bool {
    let Some(after) = after(document, edit) else { return false };
    if after.syntax().errors.len() > document.syntax().errors.len() {
        return false;
    }
    let (before, after) = (document.pipeline(), after.pipeline());
    keeps == Keeps::Nothing || facts(before, keeps) == facts(after, keeps)
}

type Texts = BTreeMap<String, String>;

/// What the runner would see of a node: among others its model properties and its classes.
#[derive(PartialEq, Eq)]
struct NodeFacts {
    handler: Handler,
    attributes: Texts,
    properties: Vec<Option<String>>,
    classes: Vec<String>,
}

/// What the runner would see.
#[derive(PartialEq, Eq)]
struct Facts {
    graph: Texts,
    nodes: BTreeMap<String, NodeFacts>,
    edges: Vec<(String, String, Texts)>,
}

fn facts(pipeline: &Pipeline, keeps: Keeps) -> Facts {
    let properties = pipeline.profile().style_properties;
    let moved = |name: &String| {
        keeps == Keeps::Resolved && (properties.contains(&name.as_str()) || name == "model_stylesheet")
    };
    let texts = |attributes: dotwright_model::resolved::Attributes<'_>| -> Texts {
        let kept = attributes.into_iter().filter(|(name, _)| !moved(name));
        kept.map(|(name, attribute)| (name, attribute.text().into_owned())).collect()
    };
    let node = |node: NodeId| {
        let resolved = properties.iter().map(|&property| pipeline.resolve_property(node, property));
        let facts = NodeFacts {
            handler: pipeline.handler(node),
            attributes: texts(node_attributes(pipeline, node)),
            properties: resolved.map(|found| found.map(|found| found.text.into_owned())).collect(),
            classes: pipeline.classes(node),
        };
        (pipeline.id(node).to_owned(), facts)
    };
    Facts {
        graph: texts(subgraph_attributes(pipeline, SubgraphId::ROOT)),
        nodes: pipeline.nodes().map(node).collect(),
        edges: pipeline
            .edges()
            .map(|edge| {
                let id = |node| pipeline.id(node).to_owned();
                let attributes = texts(edge_attributes(pipeline, edge));
                (id(pipeline.source_of(edge)), id(pipeline.target_of(edge)), attributes)
            })
            .collect(),
    }
}
