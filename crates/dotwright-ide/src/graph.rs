//! The resolved graph for previews, as data and as DOT that Graphviz accepts.

use dotwright_diagnostics::{Severity, TextRange};

use crate::document::Document;

/// The graph as the profile reads it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PipelineGraph {
    /// The id of the graph.
    pub name: Option<String>,
    /// The name of the profile.
    pub profile: &'static str,
    /// Nodes in the order of their first mention.
    pub nodes: Vec<GraphNode>,
    /// Edges in file order.
    pub edges: Vec<GraphEdge>,
    /// Subgraphs in file order, without the graph itself.
    pub subgraphs: Vec<GraphSubgraph>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphNode {
    /// Its id in the text.
    pub id: String,
    /// Its id in the picture, `n0`, `n1`, ...: the same for [`render_dot`].
    pub key: String,
    /// The text in its box.
    pub label: String,
    /// The type name of its handler.
    pub handler: &'static str,
    /// Why that handler: `type`, `shape`, `id` or `omitted`.
    pub handler_source: &'static str,
    /// Its id where it is declared, else where it is first named.
    pub range: TextRange,
    /// Its first statement, when it has one.
    pub statement: Option<TextRange>,
    /// Index of the innermost subgraph in [`PipelineGraph::subgraphs`].
    pub subgraph: Option<u32>,
    /// Model, provider and effort, where they are known.
    pub properties: Vec<GraphProperty>,
    /// Findings that lie in its statements.
    pub findings: Vec<GraphFinding>,
}

/// A resolved property of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphProperty {
    /// `llm_model`, `llm_provider`, `reasoning_effort`.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// Where it comes from, in words.
    pub origin: String,
    /// Where it is written.
    pub range: TextRange,
}

/// An edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphEdge {
    /// Its id in the picture, `e0`, `e1`, ...
    pub key: String,
    /// Index of the node it leaves.
    pub source: u32,
    /// Index of the node it enters.
    pub target: u32,
    /// Both ends in the text.
    pub range: TextRange,
    /// Its condition.
    pub condition: Option<String>,
    /// Its label.
    pub label: Option<String>,
    /// Its weight.
    pub weight: i32,
    /// Whether some run takes it.
    pub is_feasible: bool,
    /// Findings that lie in it.
    pub findings: Vec<GraphFinding>,
}

/// A subgraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphSubgraph {
    /// Its id.
    pub id: Option<String>,
    /// Its label.
    pub label: Option<String>,
    /// Index of the subgraph around it.
    pub parent: Option<u32>,
    /// Its statement.
    pub range: TextRange,
}

/// A finding in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphFinding {
    /// The rule.
    pub rule: &'static str,
    /// Its level.
    pub severity: Severity,
    /// The fact.
    pub message: String,
}

/// The resolved graph.
pub fn graph(_document: &Document) -> PipelineGraph {
    PipelineGraph::default()
}

/// DOT for a preview.
pub fn render_dot(_document: &Document) -> String {
    String::new()
}
