//! The model as JSON, whose schema is published: fields are added, never changed.

use dotwright_model::resolved::{
    Attributes, edge_attributes, node_attributes, subgraph_attributes, subgraph_id,
};
use dotwright_model::{Attribute, EdgeId, HandlerSource, NodeId, Origin, Pipeline, SubgraphId};
use serde::Serialize;

use crate::position::{Lines, Position};

const SCHEMA: u32 = 1;

/// A pipeline as one runner reads it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(title = "dotwright graph --format json"))]
struct Document {
    /// The version of this format; it changes only when a field changes its meaning.
    schema: u32,
    /// The profile under which the file was read.
    profile: &'static str,
    /// The id of the graph.
    name: Option<String>,
    /// How many syntax errors the file has; with some, the graph may lack something.
    errors: usize,
    /// The attributes of the graph.
    attributes: Vec<AttributeEntry>,
    /// Nodes in the order of their first mention.
    nodes: Vec<NodeEntry>,
    /// Edges in file order.
    edges: Vec<EdgeEntry>,
    /// Subgraphs in file order.
    subgraphs: Vec<SubgraphEntry>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NodeEntry {
    id: String,
    /// The type name of what carries it out.
    handler: &'static str,
    /// Why that handler: `type`, `shape`, `id`, or `omitted` for a node that says nothing.
    handler_source: &'static str,
    /// Index of the innermost subgraph in `subgraphs`.
    subgraph: Option<u32>,
    /// The id where the node is declared, else where it is first named.
    range: Range,
    attributes: Vec<AttributeEntry>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct EdgeEntry {
    /// The id of the node it leaves.
    source: String,
    /// The id of the node it enters.
    target: String,
    condition: Option<String>,
    label: Option<String>,
    weight: i32,
    range: Range,
    attributes: Vec<AttributeEntry>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SubgraphEntry {
    id: Option<String>,
    /// Index of the subgraph around it.
    parent: Option<u32>,
    attributes: Vec<AttributeEntry>,
}

/// An attribute in force.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct AttributeEntry {
    name: String,
    /// The text without quotes and escapes.
    value: String,
    /// Where the value comes from: `explicit`, `default-block`, `subgraph-default`, `stylesheet`, `graph` or
    /// `built-in`.
    origin: &'static str,
    /// Name and value in the file.
    range: Range,
}

/// From the first character to the one behind the last.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Range {
    start: Position,
    end: Position,
}

pub(super) fn text(pipeline: &Pipeline) -> String {
    let writer = Writer { pipeline, lines: Lines::new(pipeline.source()) };
    let document = Document {
        schema: SCHEMA,
        profile: pipeline.profile().name,
        name: writer.subgraph_name(SubgraphId::ROOT),
        errors: pipeline.syntax().errors.len(),
        attributes: writer.attributes(&subgraph_attributes(pipeline, SubgraphId::ROOT)),
        nodes: pipeline.nodes().map(|node| writer.node(node)).collect(),
        edges: pipeline.edges().map(|edge| writer.edge(edge)).collect(),
        subgraphs: pipeline
            .subgraphs()
            .skip(1)
            .map(|(id, subgraph)| SubgraphEntry {
                id: writer.subgraph_name(id),
                parent: subgraph.parent.and_then(index),
                attributes: writer.attributes(&subgraph_attributes(pipeline, id)),
            })
            .collect(),
    };
    // Only maps with keys that are no text could not be written, and there are none.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

/// Position in `subgraphs`, which leaves the graph itself out.
fn index(subgraph: SubgraphId) -> Option<u32> {
    subgraph.0.checked_sub(1)
}

struct Writer<'p> {
    pipeline: &'p Pipeline,
    lines: Lines<'p>,
}

impl Writer<'_> {
    fn node(&self, id: NodeId) -> NodeEntry {
        let node = self.pipeline.node(id);
        NodeEntry {
            id: self.pipeline.id(id).to_owned(),
            handler: self.pipeline.handler(id).type_name(),
            handler_source: match node.handler_source {
                HandlerSource::Type => "type",
                HandlerSource::Shape => "shape",
                HandlerSource::Id => "id",
                HandlerSource::Omitted => "omitted",
            },
            subgraph: index(node.subgraph),
            range: self.range(self.pipeline.node_range(id)),
            attributes: self.attributes(&node_attributes(self.pipeline, id)),
        }
    }

    fn edge(&self, edge: EdgeId) -> EdgeEntry {
        let pipeline = self.pipeline;
        EdgeEntry {
            source: pipeline.id(pipeline.source_of(edge)).to_owned(),
            target: pipeline.id(pipeline.target_of(edge)).to_owned(),
            condition: pipeline.condition(edge).map(|condition| condition.text.to_owned()),
            label: pipeline.edge_label(edge).map(|label| label.text().into_owned()),
            weight: pipeline.edge(edge).weight,
            range: self.range(pipeline.edge_ends_range(edge)),
            attributes: self.attributes(&edge_attributes(pipeline, edge)),
        }
    }

    fn attributes(&self, attributes: &Attributes<'_>) -> Vec<AttributeEntry> {
        attributes.iter().map(|(name, attribute)| self.attribute(name, *attribute)).collect()
    }

    fn attribute(&self, name: &str, attribute: Attribute<'_>) -> AttributeEntry {
        AttributeEntry {
            name: name.to_owned(),
            value: attribute.text().into_owned(),
            origin: match attribute.origin {
                Origin::Explicit => "explicit",
                Origin::DefaultBlock(_) => "default-block",
                Origin::SubgraphDefault(_) => "subgraph-default",
                Origin::Stylesheet(_) => "stylesheet",
                Origin::GraphAttribute => "graph",
                Origin::BuiltIn => "built-in",
            },
            range: self.range(attribute.range()),
        }
    }

    fn range(&self, range: dotwright_diagnostics::TextRange) -> Range {
        Range { start: self.lines.position(range.start), end: self.lines.position(range.end) }
    }

    fn subgraph_name(&self, subgraph: SubgraphId) -> Option<String> {
        let id = subgraph_id(self.pipeline, subgraph)?;
        Some(dotwright_syntax::decode(self.pipeline.source(), id).into_owned())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_published_schema_describes_the_document() {
        let schema = schemars::schema_for!(super::Document);
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        expect_test::expect_file!["../../schema/graph.schema.json"].assert_eq(&text);
    }
}
