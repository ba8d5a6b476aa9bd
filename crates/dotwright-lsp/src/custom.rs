//! Requests beside the protocol. `editors/PROTOCOL.md` is their description.

use std::time::{Duration, Instant};

use dotwright_ide::{GraphEdge, GraphFinding, GraphNode, GraphProperty, GraphSubgraph};
use serde::{Deserialize, Serialize};
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{Range, TextDocumentIdentifier};

use crate::cancel::Cancel;
use crate::snapshot::{Buffer, Snapshot};
use crate::to_proto;

/// The document that a request is about.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Params {
    pub(crate) text_document: TextDocumentIdentifier,
}

/// The answer of `dotwright/renderDot` and `dotwright/expand`.
#[derive(Debug, Serialize)]
pub(crate) struct Text {
    /// The version of the document; `null` when it is not open.
    version: Option<i32>,
    text: String,
}

/// The answer of `dotwright/graph`.
#[derive(Debug, Serialize)]
pub(crate) struct Graph {
    version: Option<i32>,
    name: Option<String>,
    profile: &'static str,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    subgraphs: Vec<Subgraph>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: String,
    key: String,
    label: String,
    handler: &'static str,
    handler_source: &'static str,
    range: Range,
    statement: Option<Range>,
    subgraph: Option<u32>,
    properties: Vec<Property>,
    findings: Vec<Finding>,
}

#[derive(Debug, Serialize)]
struct Property {
    name: &'static str,
    value: String,
    origin: String,
    range: Range,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Edge {
    key: String,
    source: u32,
    target: u32,
    range: Range,
    condition: Option<String>,
    label: Option<String>,
    weight: i32,
    is_feasible: bool,
    findings: Vec<Finding>,
}

#[derive(Debug, Serialize)]
struct Subgraph {
    id: Option<String>,
    label: Option<String>,
    parent: Option<u32>,
    range: Range,
}

#[derive(Debug, Serialize)]
struct Finding {
    rule: &'static str,
    severity: &'static str,
    message: String,
}

pub(crate) fn graph(snapshot: &Snapshot, params: &Params) -> Result<Graph> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    let graph = dotwright_ide::graph(buffer.document());
    let ranges = Ranges { snapshot, buffer: &buffer };
    Ok(Graph {
        version: buffer.version,
        name: graph.name,
        profile: graph.profile,
        nodes: graph.nodes.into_iter().map(|node| ranges.node(node)).collect(),
        edges: graph.edges.into_iter().map(|edge| ranges.edge(edge)).collect(),
        subgraphs: graph.subgraphs.into_iter().map(|subgraph| ranges.subgraph(subgraph)).collect(),
    })
}

/// Translates the parts of a graph.
struct Ranges<'s> {
    snapshot: &'s Snapshot,
    buffer: &'s Buffer,
}

impl Ranges<'_> {
    fn range(&self, range: dotwright_diagnostics::TextRange) -> Range {
        to_proto::range(&self.snapshot.session, self.buffer.document(), range)
    }

    fn node(&self, node: GraphNode) -> Node {
        Node {
            id: node.id,
            key: node.key,
            label: node.label,
            handler: node.handler,
            handler_source: node.handler_source,
            range: self.range(node.range),
            statement: node.statement.map(|range| self.range(range)),
            subgraph: node.subgraph,
            properties: node.properties.into_iter().map(|property| self.property(property)).collect(),
            findings: findings(node.findings),
        }
    }

    fn property(&self, property: GraphProperty) -> Property {
        let GraphProperty { name, value, origin, range } = property;
        Property { name, value, origin, range: self.range(range) }
    }

    fn edge(&self, edge: GraphEdge) -> Edge {
        Edge {
            key: edge.key,
            source: edge.source,
            target: edge.target,
            range: self.range(edge.range),
            condition: edge.condition,
            label: edge.label,
            weight: edge.weight,
            is_feasible: edge.is_feasible,
            findings: findings(edge.findings),
        }
    }

    fn subgraph(&self, subgraph: GraphSubgraph) -> Subgraph {
        let GraphSubgraph { id, label, parent, range } = subgraph;
        Subgraph { id, label, parent, range: self.range(range) }
    }
}

fn findings(findings: Vec<GraphFinding>) -> Vec<Finding> {
    let found = findings.into_iter().map(|finding| Finding {
        rule: finding.rule,
        severity: finding.severity.as_str(),
        message: finding.message,
    });
    found.collect()
}

pub(crate) fn render_dot(snapshot: &Snapshot, params: &Params) -> Result<Text> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    Ok(Text { version: buffer.version, text: dotwright_ide::render_dot(buffer.document()) })
}

pub(crate) fn expand(snapshot: &Snapshot, params: &Params) -> Result<Text> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    Ok(Text { version: buffer.version, text: dotwright_ide::expand(buffer.document()) })
}

/// The text of a document as the server has it, for tests.
pub(crate) fn text(snapshot: &Snapshot, params: &Params) -> Result<Text> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    Ok(Text { version: buffer.version, text: buffer.document().source().to_owned() })
}

/// How slow a request of a test wants to be.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Sleep {
    milliseconds: u64,
}

/// Works for nothing until the time is over or nobody waits any more. Answers how long that took.
pub(crate) fn sleep(sleep: Sleep, cancel: &Cancel) -> u64 {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(sleep.milliseconds) && !cancel.is_cancelled() {
        std::thread::sleep(Duration::from_millis(1));
    }
    begin.elapsed().as_millis() as u64
}
