//! Plain DOT: what pipeline dialects write bare is quoted, defaults stand at each node and edge, chains are single
//! edges. Graphviz reads it, and so does every runner.

use std::collections::BTreeMap;

use dotwright_syntax::ast::IdKind;
use dotwright_syntax::decode;

use crate::pipeline::{Attribute, EdgeId, NodeId, Pipeline, SubgraphId};
use crate::resolved::{
    Attributes, Step, edge_attributes, node_attributes, subgraph_attributes, subgraph_id, walk,
};

/// Adds or replaces attributes of the DOT that [`plain_dot`] writes; values are text without quotes.
pub trait Decoration {
    /// Attributes of a node beside its own.
    fn node(&mut self, node: NodeId) -> Vec<(&'static str, String)>;

    /// Attributes of an edge beside its own.
    fn edge(&mut self, edge: EdgeId) -> Vec<(&'static str, String)>;
}

impl Decoration for () {
    fn node(&mut self, _: NodeId) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    fn edge(&mut self, _: EdgeId) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// The pipeline as plain DOT.
pub fn plain_dot(pipeline: &Pipeline, decoration: &mut dyn Decoration) -> String {
    let mut writer = Writer { pipeline, decoration, text: String::from("digraph "), depth: 1 };
    if let Some(name) = writer.subgraph_name(SubgraphId::ROOT) {
        writer.text.push_str(&name);
        writer.text.push(' ');
    }
    writer.text.push_str("{\n");
    writer.assignments(&subgraph_attributes(pipeline, SubgraphId::ROOT));
    for step in walk(pipeline) {
        writer.step(step);
    }
    for edge in pipeline.edges() {
        let source = quoted(pipeline.id(pipeline.source_of(edge)));
        let target = quoted(pipeline.id(pipeline.target_of(edge)));
        let list = list(&edge_attributes(pipeline, edge), writer.decoration.edge(edge));
        writer.line(&format!("{source} -> {target}{list}"));
    }
    writer.text.push_str("}\n");
    writer.text
}

struct Writer<'p> {
    pipeline: &'p Pipeline,
    decoration: &'p mut dyn Decoration,
    text: String,
    depth: usize,
}

impl Writer<'_> {
    fn step(&mut self, step: Step) {
        match step {
            Step::Open(subgraph) => {
                let name = self.subgraph_name(subgraph).map_or(String::new(), |name| name + " ");
                self.line(&format!("subgraph {name}{{"));
                self.depth += 1;
                self.assignments(&subgraph_attributes(self.pipeline, subgraph));
            }
            Step::Node(node) => {
                let list = list(&node_attributes(self.pipeline, node), self.decoration.node(node));
                self.line(&(quoted(self.pipeline.id(node)) + &list));
            }
            Step::Close => {
                self.depth -= 1;
                self.line("}");
            }
        }
    }

    fn assignments(&mut self, attributes: &Attributes<'_>) {
        for (name, attribute) in attributes {
            self.line(&format!("{}={}", quoted(name), value(*attribute)));
        }
    }

    fn line(&mut self, text: &str) {
        // Deep nesting would make the indentation longer than the text.
        self.text.extend(std::iter::repeat_n("    ", self.depth.min(16)));
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn subgraph_name(&self, subgraph: SubgraphId) -> Option<String> {
        subgraph_id(self.pipeline, subgraph).map(|id| quoted(&decode(self.pipeline.source(), id)))
    }
}

fn list(attributes: &Attributes<'_>, decoration: Vec<(&'static str, String)>) -> String {
    let mut pairs: BTreeMap<&str, String> =
        attributes.iter().map(|(name, attribute)| (name.as_str(), value(*attribute))).collect();
    pairs.extend(decoration.into_iter().map(|(name, text)| (name, quoted(&text))));
    if pairs.is_empty() {
        return String::new();
    }
    let pairs: Vec<String> =
        pairs.into_iter().map(|(name, value)| format!("{}={value}", quoted(name))).collect();
    format!(" [{}]", pairs.join(", "))
}

fn value(attribute: Attribute<'_>) -> String {
    if attribute.value().kind == IdKind::Html && is_balanced(attribute.written()) {
        return attribute.written().replace('\0', "?");
    }
    quoted(&attribute.text())
}

/// Whether Graphviz finds the end of an HTML value where we do.
fn is_balanced(written: &str) -> bool {
    let mut depth = 0usize;
    for (at, byte) in written.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1 == written.len() && at > 0;
        }
    }
    false
}

/// Text as a quoted id. A backslash that no escape needs stays as it is, so that `\l` keeps its meaning in labels.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\n' => quoted.push_str("\\n"),
            '\0' => quoted.push('?'),
            '\\' => {
                let ambiguous =
                    matches!(characters.peek(), None | Some('"' | '\\' | '\n' | '\r' | 'n' | 't'));
                quoted.push_str(if ambiguous { "\\\\" } else { "\\" });
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
