//! A Mermaid flowchart, which Markdown viewers draw.

use dotwright_model::resolved::{Step, subgraph_id, walk};
use dotwright_model::{AttributeKey, EdgeId, Handler, NodeId, Pipeline, SubgraphId};
use dotwright_syntax::decode;

pub(super) fn text(pipeline: &Pipeline) -> String {
    let direction = pipeline.graph_attribute(AttributeKey::RANKDIR).map(|rankdir| rankdir.text());
    let direction = match direction.as_deref() {
        Some("LR") => "LR",
        Some("RL") => "RL",
        Some("BT") => "BT",
        Some(_) | None => "TD",
    };
    let mut text = format!("flowchart {direction}\n");
    let mut depth = 1usize;
    for step in walk(pipeline) {
        let line = match step {
            Step::Open(subgraph) => format!("subgraph s{}[\"{}\"]", subgraph.0, title(pipeline, subgraph)),
            Step::Node(node) => drawn_node(pipeline, node),
            Step::Close => {
                depth -= 1;
                "end".to_owned()
            }
        };
        push_line(&mut text, depth, &line);
        depth += usize::from(matches!(step, Step::Open(_)));
    }
    for edge in pipeline.edges() {
        push_line(&mut text, 1, &drawn_edge(pipeline, edge));
    }
    text
}

fn push_line(text: &mut String, depth: usize, line: &str) {
    text.extend(std::iter::repeat_n("    ", depth.min(16)));
    text.push_str(line);
    text.push('\n');
}

fn title(pipeline: &Pipeline, subgraph: SubgraphId) -> String {
    let label = pipeline.subgraph_attribute(subgraph, AttributeKey::LABEL).filter(|label| !label.is_blank());
    match (label, subgraph_id(pipeline, subgraph)) {
        (Some(label), _) => escaped(&label.text()),
        (None, Some(id)) => escaped(&decode(pipeline.source(), id)),
        (None, None) => " ".to_owned(),
    }
}

fn drawn_node(pipeline: &Pipeline, node: NodeId) -> String {
    let label = pipeline.node_attribute(node, AttributeKey::LABEL).filter(|label| !label.is_blank());
    let label = match label {
        Some(label) => escaped(&label.text()),
        None => escaped(pipeline.id(node)),
    };
    let (open, close) = match pipeline.handler(node) {
        Handler::Start | Handler::Exit => ("([", "])"),
        Handler::Codergen | Handler::Custom => ("[", "]"),
        Handler::Tool => ("[/", "/]"),
        Handler::Conditional => ("{", "}"),
        Handler::Human => ("{{", "}}"),
        Handler::Parallel => ("[\\", "/]"),
        Handler::FanIn => ("[/", "\\]"),
        Handler::Manager => ("[[", "]]"),
    };
    format!("n{}{open}\"{label}\"{close}", node.index())
}

fn drawn_edge(pipeline: &Pipeline, edge: EdgeId) -> String {
    let (source, target) = (pipeline.source_of(edge).index(), pipeline.target_of(edge).index());
    let text = match (pipeline.edge_label(edge), pipeline.condition(edge)) {
        (Some(label), _) => escaped(&label.text()),
        (None, Some(condition)) => escaped(condition.text),
        (None, None) => return format!("n{source} --> n{target}"),
    };
    format!("n{source} -->|\"{text}\"| n{target}")
}

/// Text inside quotes. Mermaid knows entities instead of escapes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("#quot;"),
            '#' => escaped.push_str("#35;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            '&' => escaped.push_str("#amp;"),
            '`' => escaped.push_str("#96;"),
            '\n' => escaped.push_str("<br/>"),
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    // A label without anything to see is a syntax error.
    if escaped.trim().is_empty() { " ".to_owned() } else { escaped }
}
