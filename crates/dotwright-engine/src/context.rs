//! Context keys and who sets them (runner reference, sections 12, 14, 15, 17 and 19).

use std::ops::Range;

use dotwright_model::{AttributeKey, Handler, NodeId, Pipeline};

/// Who sets the keys that no step may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Writer {
    /// The graph's attributes, when the run begins.
    Graph,
    /// Inputs and facts of the run.
    Run,
    /// The runner itself.
    Engine,
    /// Tool steps.
    Tool,
    /// Human gates.
    Human,
    /// Fan-outs and fan-ins.
    Parallel,
    /// Managers of child pipelines.
    Manager,
    /// Model steps.
    Model,
}

impl Writer {
    /// Who it is, in words.
    pub const fn noun(self) -> &'static str {
        match self {
            Writer::Graph => "the attributes of the graph",
            Writer::Run => "the inputs of the run",
            Writer::Engine => "the runner",
            Writer::Tool => "tool steps",
            Writer::Human => "human gates",
            Writer::Parallel => "fan-outs and fan-ins",
            Writer::Manager => "managers of child pipelines",
            Writer::Model => "LLM steps",
        }
    }
}

/// Reserved keys; a star at the end stands for any rest.
const RESERVED: [(&str, Writer); 16] = [
    ("graph.*", Writer::Graph),
    ("input.*", Writer::Run),
    ("run.*", Writer::Run),
    ("outcome", Writer::Engine),
    ("preferred_label", Writer::Engine),
    ("current_node", Writer::Engine),
    ("last_stage", Writer::Engine),
    ("failure_class", Writer::Engine),
    ("failure_reason", Writer::Engine),
    ("internal.*", Writer::Engine),
    ("tool.*", Writer::Tool),
    ("human.gate*", Writer::Human),
    ("parallel.*", Writer::Parallel),
    ("stack.*", Writer::Manager),
    ("last_response", Writer::Model),
    ("response.*", Writer::Model),
];

/// Who sets a reserved key, given without the prefix `context.`; `None` for keys that steps may write.
pub fn reserved_writer(key: &str) -> Option<Writer> {
    let found = RESERVED.iter().find(|(name, _)| match name.strip_suffix('*') {
        Some(prefix) => key.starts_with(prefix),
        None => key == *name,
    });
    found.map(|&(_, writer)| writer)
}

/// Where a key, given without the prefix `context.`, names a node: `response.NODE`, `human.gate.NODE.VISIT`,
/// `internal.visits.NODE` and `internal.retry_count.NODE` do.
pub fn node_in_key(key: &str) -> Option<Range<usize>> {
    let last = ["response.", "internal.visits.", "internal.retry_count."];
    let (start, end) = if let Some(prefix) = last.iter().find(|prefix| key.starts_with(**prefix)) {
        (prefix.len(), key.len())
    } else {
        let prefix = "human.gate.";
        let (node, visit) = key.strip_prefix(prefix)?.rsplit_once('.')?;
        visit.parse::<u32>().ok()?;
        (prefix.len(), prefix.len() + node.len())
    };
    (start < end).then_some(start..end)
}

/// Keys that the runner sets after every step.
pub const ENGINE_KEYS: [&str; 4] = ["failure_class", "failure_reason", "last_stage", "current_node"];

/// Keys that a step with this handler sets in every run.
pub const fn handler_keys(handler: Handler) -> &'static [&'static str] {
    match handler {
        Handler::Tool => &["tool.exit_code", "tool.last_line", "tool.output", "tool.stderr", "tool.signal"],
        Handler::Human => &["human.gate.selected", "human.gate.label", "human.gate.text"],
        Handler::Codergen => &["last_response"],
        Handler::Parallel => &["parallel.results"],
        Handler::FanIn => &["parallel.fan_in.best_id", "parallel.fan_in.best_outcome", "parallel.conflicts"],
        Handler::Manager => &[
            "stack.child.status",
            "stack.child.outcome",
            "stack.child.node",
            "stack.child.visits",
            "stack.child.cost",
        ],
        Handler::Start | Handler::Exit | Handler::Conditional | Handler::Custom => &[],
    }
}

/// Keys that a step can set: those of its handler, those that it declares to write, and its own answer.
pub fn keys_set_by(pipeline: &Pipeline, node: NodeId) -> Vec<String> {
    let mut keys: Vec<String> =
        handler_keys(pipeline.handler(node)).iter().map(|&key| key.to_owned()).collect();
    let mut declared = |key: AttributeKey, prefix: &str| {
        let Some(attribute) = pipeline.node_attribute(node, key) else { return };
        let text = attribute.text();
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        keys.extend(names.map(|name| format!("{prefix}{name}")));
    };
    declared(AttributeKey::WRITES, "");
    declared(AttributeKey::STACK_CHILD_OUTPUTS, "stack.child.");
    if pipeline.handler(node) == Handler::Codergen {
        keys.push(format!("response.{}", pipeline.id(node)));
    }
    keys
}

#[cfg(test)]
mod tests {
    use dotwright_model::Profile;

    use super::*;

    #[test]
    fn reserved_keys_have_a_writer() {
        assert_eq!(reserved_writer("tool.exit_code"), Some(Writer::Tool));
        assert_eq!(reserved_writer("human.gate"), Some(Writer::Human));
        assert_eq!(reserved_writer("last_response"), Some(Writer::Model));
        assert_eq!(reserved_writer("tools"), None);
        assert_eq!(reserved_writer("work.done"), None);
    }

    #[test]
    fn keys_of_a_node_tell_where_its_name_stands() {
        let name = |key| node_in_key(key).map(|range: Range<usize>| &key[range]);
        assert_eq!(name("response.plan"), Some("plan"));
        assert_eq!(name("internal.visits.plan"), Some("plan"));
        assert_eq!(name("human.gate.ship.now.2"), Some("ship.now"));
        assert_eq!(name("human.gate.selected"), None);
        assert_eq!(name("response."), None);
        assert_eq!(name("tool.output"), None);
    }

    #[test]
    fn what_a_handler_sets_is_reserved() {
        for key in Handler::ALL.into_iter().flat_map(handler_keys) {
            assert!(reserved_writer(key).is_some(), "{key}");
        }
    }

    #[test]
    fn declared_keys_come_after_those_of_the_handler() {
        let pipeline = Pipeline::parse("digraph { a [writes=\"score, work.x\"] }", Profile::default());
        let node = pipeline.node_by_id("a").unwrap();
        assert_eq!(keys_set_by(&pipeline, node), ["last_response", "score", "work.x", "response.a"]);
    }
}
