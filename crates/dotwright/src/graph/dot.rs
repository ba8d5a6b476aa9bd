//! Plain DOT: what pipeline dialects write bare is quoted, defaults stand at each node and edge, chains are single
//! edges. Graphviz reads it, and so does every runner.

use dotwright_model::{Attribute, Pipeline, SubgraphId};
use dotwright_syntax::ast::IdKind;
use dotwright_syntax::decode;

use super::{Attributes, Step, edge_attributes, node_attributes, subgraph_attributes, subgraph_id, walk};

pub(super) fn text(pipeline: &Pipeline) -> String {
    let mut writer = Writer { pipeline, text: String::from("digraph "), depth: 1 };
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
        let list = list(&edge_attributes(pipeline, edge));
        writer.line(&format!("{source} -> {target}{list}"));
    }
    writer.text.push_str("}\n");
    writer.text
}

struct Writer<'p> {
    pipeline: &'p Pipeline,
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
                let list = list(&node_attributes(self.pipeline, node));
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

fn list(attributes: &Attributes<'_>) -> String {
    if attributes.is_empty() {
        return String::new();
    }
    let pairs: Vec<String> = attributes
        .iter()
        .map(|(name, attribute)| format!("{}={}", quoted(name), value(*attribute)))
        .collect();
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
