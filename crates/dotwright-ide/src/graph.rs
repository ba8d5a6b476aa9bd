//! The resolved graph for previews, as data and as DOT that Graphviz accepts.

use std::collections::HashMap;

use dotwright_diagnostics::{Diagnostic, Severity, TextRange};
use dotwright_model::resolved::subgraph_id;
use dotwright_model::{
    AttributeKey, Decoration, EdgeId, Handler, HandlerSource, NodeId, Pipeline, SubgraphId, plain_dot,
};
use dotwright_syntax::ast::{StmtId, StmtKind};

use crate::document::Document;
use crate::symbols::uses_model;
use crate::wording;

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
pub fn graph(document: &Document) -> PipelineGraph {
    let pipeline = document.pipeline();
    let analysis = document.analysis();
    let findings = Findings::new(document);
    let short = |list: Option<&Vec<&Diagnostic>>| -> Vec<GraphFinding> {
        let list = list.into_iter().flatten();
        list.map(|found| GraphFinding {
            rule: found.rule,
            severity: found.severity,
            message: found.message.clone(),
        })
        .collect()
    };
    let name = |id: SubgraphId| subgraph_id(pipeline, id).map(|id| document.text(id).into_owned());
    let nodes = pipeline.nodes().map(|id| {
        let node = pipeline.node(id);
        GraphNode {
            id: pipeline.id(id).to_owned(),
            key: node_key(id),
            label: label(pipeline, id),
            handler: pipeline.handler(id).type_name(),
            handler_source: match node.handler_source {
                HandlerSource::Type => "type",
                HandlerSource::Shape => "shape",
                HandlerSource::Id => "id",
                HandlerSource::Omitted => "omitted",
            },
            range: pipeline.node_range(id),
            statement: node.declaration.map(|stmt| document.ast()[stmt].range),
            subgraph: node.subgraph.0.checked_sub(1),
            properties: properties(document, id),
            findings: short(findings.nodes.get(&id)),
        }
    });
    let edges = pipeline.edges().map(|edge| GraphEdge {
        key: edge_key(edge),
        source: pipeline.source_of(edge).index() as u32,
        target: pipeline.target_of(edge).index() as u32,
        range: pipeline.edge_ends_range(edge),
        condition: pipeline.condition(edge).map(|condition| condition.text.to_owned()),
        label: pipeline.edge_label(edge).map(|label| label.text().into_owned()),
        weight: pipeline.edge(edge).weight,
        is_feasible: analysis.is_feasible(edge),
        findings: short(findings.edges.get(&edge)),
    });
    let subgraphs = pipeline.subgraphs().skip(1).map(|(id, subgraph)| GraphSubgraph {
        id: name(id),
        label: pipeline.subgraph_attribute(id, AttributeKey::LABEL).map(|label| label.text().into_owned()),
        parent: subgraph.parent.and_then(|parent| parent.0.checked_sub(1)),
        range: subgraph.stmt.map_or(TextRange::default(), |stmt| document.ast()[stmt].range),
    });
    PipelineGraph {
        name: name(SubgraphId::ROOT),
        profile: pipeline.profile().name,
        nodes: nodes.collect(),
        edges: edges.collect(),
        subgraphs: subgraphs.collect(),
    }
}

/// DOT for a preview: what dialects write bare is quoted, every node and edge has the `id` of its key, and handlers and
/// findings show as shapes, classes and colours. The first graph only.
pub fn render_dot(document: &Document) -> String {
    let pipeline = document.pipeline();
    let findings = Findings::new(document);
    plain_dot(pipeline, &mut Picture { pipeline, findings })
}

fn node_key(node: NodeId) -> String {
    format!("n{}", node.index())
}

fn edge_key(edge: EdgeId) -> String {
    format!("e{}", edge.index())
}

fn label(pipeline: &Pipeline, node: NodeId) -> String {
    let label = pipeline.node_attribute(node, AttributeKey::LABEL).map(|label| label.text().into_owned());
    label.filter(|label| !label.trim().is_empty()).unwrap_or_else(|| pipeline.id(node).to_owned())
}

fn properties(document: &Document, node: NodeId) -> Vec<GraphProperty> {
    if !uses_model(document, node) {
        return Vec::new();
    }
    let pipeline = document.pipeline();
    let names = pipeline.profile().style_properties.iter();
    names
        .filter_map(|&name| {
            let found = pipeline.resolve_property(node, name)?;
            Some(GraphProperty {
                name,
                value: found.text.into_owned(),
                origin: wording::origin(document, found.origin),
                range: found.range,
            })
        })
        .collect()
}

/// Findings by the node or edge that they are about.
struct Findings<'d> {
    nodes: HashMap<NodeId, Vec<&'d Diagnostic>>,
    edges: HashMap<EdgeId, Vec<&'d Diagnostic>>,
}

impl<'d> Findings<'d> {
    fn new(document: &'d Document) -> Findings<'d> {
        let pipeline = document.pipeline();
        let mut found = Findings { nodes: HashMap::new(), edges: HashMap::new() };
        let mut edges_of: HashMap<StmtId, Vec<EdgeId>> = HashMap::new();
        for edge in pipeline.edges() {
            edges_of.entry(pipeline.edge(edge).stmt).or_default().push(edge);
        }
        let statements =
            pipeline.graph_syntax().into_iter().flat_map(|graph| document.ast().statements(graph));
        let leaf =
            statements.filter(|(_, stmt)| matches!(stmt.kind, StmtKind::Node(_) | StmtKind::Edge { .. }));
        let mut leaf: Vec<_> = leaf.map(|(id, stmt)| (stmt.range, id, stmt.kind)).collect();
        leaf.sort_by_key(|(range, id, _)| (range.start, *id));
        for finding in &document.findings().diagnostics {
            let at = leaf.partition_point(|(range, _, _)| range.start <= finding.range.start);
            let around = at.checked_sub(1).and_then(|at| leaf.get(at));
            let Some((_, id, kind)) = around.filter(|(range, _, _)| range.contains(finding.range)) else {
                continue;
            };
            match kind {
                StmtKind::Node(node) => {
                    if let Some(node) = pipeline.node_by_id(&document.text(node.id)) {
                        found.nodes.entry(node).or_default().push(finding);
                    }
                }
                StmtKind::Edge { .. } => {
                    let edges = edges_of.get(id).map_or(&[][..], Vec::as_slice);
                    let hop =
                        edges.iter().find(|&&edge| pipeline.edge_ends_range(edge).contains(finding.range));
                    if let Some(edge) = hop.or(edges.first()) {
                        found.edges.entry(*edge).or_default().push(finding);
                    }
                }
                StmtKind::Default(_) | StmtKind::Assign | StmtKind::Subgraph(_) => {}
            }
        }
        found
    }
}

struct Picture<'d> {
    pipeline: &'d Pipeline,
    findings: Findings<'d>,
}

impl Decoration for Picture<'_> {
    fn node(&mut self, node: NodeId) -> Vec<(&'static str, String)> {
        let handler = self.pipeline.handler(node);
        let mut list = vec![("id", node_key(node)), ("class", handler_class(handler))];
        let has_shape = self.pipeline.node_attribute(node, AttributeKey::SHAPE).is_some();
        if let Some(shape) = handler.shape().filter(|_| !has_shape) {
            list.push(("shape", shape.to_owned()));
        }
        let is_set = |key| self.pipeline.node_attribute(node, key).is_some();
        if !is_set(AttributeKey::STYLE) && !is_set(AttributeKey::FILLCOLOR) {
            list.push(("style", "filled".to_owned()));
            list.push(("fillcolor", handler_color(handler).to_owned()));
        }
        if !is_set(AttributeKey::FONTNAME) {
            list.push(("fontname", FONT.to_owned()));
        }
        mark(self.findings.nodes.get(&node), &mut list);
        list
    }

    fn edge(&mut self, edge: EdgeId) -> Vec<(&'static str, String)> {
        let mut list = vec![("id", edge_key(edge))];
        let condition = self.pipeline.condition(edge);
        if let Some(condition) = condition.filter(|_| self.pipeline.edge_label(edge).is_none()) {
            list.push(("label", condition.text.trim().to_owned()));
        }
        if self.pipeline.edge_attribute(edge, AttributeKey::FONTNAME).is_none() {
            list.push(("fontname", FONT.to_owned()));
        }
        mark(self.findings.edges.get(&edge), &mut list);
        list
    }
}

/// A font that every browser has with the widths that Graphviz reckons with.
const FONT: &str = "Helvetica";

/// The colour of a box, pale enough for text: who works there shows at a glance.
fn handler_color(handler: Handler) -> &'static str {
    match handler {
        Handler::Start | Handler::Exit => "#eceff1",
        Handler::Codergen => "#e3f2fd",
        Handler::Tool => "#e8f5e9",
        Handler::Conditional => "#fffde7",
        Handler::Human => "#fce4ec",
        Handler::Parallel | Handler::FanIn => "#f3e5f5",
        Handler::Manager => "#fff3e0",
        Handler::Custom => "#f5f5f5",
    }
}

/// The class that style sheets of a preview select: `handler-tool`.
fn handler_class(handler: Handler) -> String {
    format!("handler-{}", handler.type_name().replace(['.', '_'], "-"))
}

/// The worst finding as a colour, all of them as a tooltip.
fn mark(findings: Option<&Vec<&Diagnostic>>, list: &mut Vec<(&'static str, String)>) {
    let Some(findings) = findings else { return };
    let Some(worst) = findings.iter().map(|finding| finding.severity).max() else { return };
    let color = match worst {
        Severity::Error => "#c62828",
        Severity::Warning => "#b26a00",
        Severity::Info | Severity::Hint => "#1565c0",
    };
    list.push(("color", color.to_owned()));
    list.push(("penwidth", "2".to_owned()));
    let messages: Vec<String> =
        findings.iter().map(|finding| format!("{}: {}", finding.rule, finding.message)).collect();
    list.push(("tooltip", messages.join("\n")));
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::test_support::document;

    const SOURCE: &str = "digraph P { model_stylesheet=\"* { llm_model: big }\" start [shape=Mdiamond] subgraph cluster_x { label=X a [prompt=p] } exit [shape=Msquare] start -> a -> exit [condition=\"outcome=success\", weight=2] lost [human.default_choice=x, timeout=9s] lost -> exit }";

    #[test]
    fn the_graph_has_handlers_models_and_findings() {
        let graph = graph(&document(SOURCE));
        let mut text = String::new();
        for node in &graph.nodes {
            let properties: Vec<_> =
                node.properties.iter().map(|p| format!("{}={} ({})", p.name, p.value, p.origin)).collect();
            let findings: Vec<_> = node.findings.iter().map(|finding| finding.rule).collect();
            text.push_str(&format!(
                "{} {} {} {:?} {properties:?} {findings:?}\n",
                node.key, node.id, node.handler, node.subgraph
            ));
        }
        for edge in &graph.edges {
            text.push_str(&format!(
                "{} {}->{} {:?} {}\n",
                edge.key, edge.source, edge.target, edge.condition, edge.weight
            ));
        }
        for subgraph in &graph.subgraphs {
            text.push_str(&format!("{:?} {:?}\n", subgraph.id, subgraph.label));
        }
        expect![[r#"
            n0 start start None [] []
            n1 a codergen Some(0) ["llm_model=big (stylesheet rule `*`)"] ["unrouted-failure"]
            n2 exit exit None [] []
            n3 lost codergen None ["llm_model=big (stylesheet rule `*`)"] ["missing-prompt", "unreachable-node", "inert-attribute"]
            e0 0->1 Some("outcome=success") 2
            e1 1->2 Some("outcome=success") 2
            e2 3->2 None 0
            Some("cluster_x") Some("X")
        "#]].assert_eq(&text);
    }

    #[test]
    fn the_picture_has_ids_classes_and_marks() {
        expect![[r##"
            digraph "P" {
                "model_stylesheet"="* { llm_model: big }"
                "start" ["class"="handler-start", "fillcolor"="#eceff1", "fontname"="Helvetica", "id"="n0", "shape"="Mdiamond", "style"="filled"]
                "exit" ["class"="handler-exit", "fillcolor"="#eceff1", "fontname"="Helvetica", "id"="n2", "shape"="Msquare", "style"="filled"]
                "lost" ["class"="handler-codergen", "color"="#b26a00", "fillcolor"="#e3f2fd", "fontname"="Helvetica", "human.default_choice"="x", "id"="n3", "penwidth"="2", "shape"="box", "style"="filled", "timeout"="9s", "tooltip"="missing-prompt: `lost` has nothing to ask the model\nunreachable-node: nothing leads to `lost`\ninert-attribute: `lost` is an LLM step and ignores `human.default_choice`"]
                subgraph "cluster_x" {
                    "label"="X"
                    "a" ["class"="handler-codergen", "color"="#1565c0", "fillcolor"="#e3f2fd", "fontname"="Helvetica", "id"="n1", "penwidth"="2", "prompt"="p", "shape"="box", "style"="filled", "tooltip"="unrouted-failure: nothing takes a failure of `a`, the run stops there"]
                }
                "start" -> "a" ["color"="#1565c0", "condition"="outcome=success", "fontname"="Helvetica", "id"="e0", "label"="outcome=success", "penwidth"="2", "tooltip"="unused-weight: `weight` on `start -> a` is compared with nothing", "weight"="2"]
                "a" -> "exit" ["condition"="outcome=success", "fontname"="Helvetica", "id"="e1", "label"="outcome=success", "weight"="2"]
                "lost" -> "exit" ["fontname"="Helvetica", "id"="e2"]
            }
        "##]].assert_eq(&render_dot(&document(SOURCE)));
    }
}
