//! Attributes of nodes that only the runner reads.

use std::time::Duration;

use dotwright_engine::run::NodeKey;
use dotwright_model::{AttributeKey, DurationLiteral, Pipeline, parse_boolean, parse_duration};

/// The value of an attribute of a node, if it is there and not blank.
pub(crate) fn text(pipeline: &Pipeline, node: NodeKey, key: AttributeKey) -> Option<String> {
    let attribute = pipeline.node_attribute(node.id(), key)?;
    (!attribute.is_blank()).then(|| attribute.text().into_owned())
}

/// The same, or else the value of an attribute of the graph.
pub(crate) fn text_or_graph(pipeline: &Pipeline, node: NodeKey, key: AttributeKey) -> Option<String> {
    text(pipeline, node, key).or_else(|| graph(pipeline, key))
}

/// The value of an attribute of the graph.
pub(crate) fn graph(pipeline: &Pipeline, key: AttributeKey) -> Option<String> {
    let attribute = pipeline.graph_attribute(key)?;
    (!attribute.is_blank()).then(|| attribute.text().into_owned())
}

pub(crate) fn flag(pipeline: &Pipeline, node: NodeKey, key: AttributeKey) -> bool {
    text(pipeline, node, key).and_then(|text| parse_boolean(text.trim())).unwrap_or(false)
}

/// A comma-separated list.
pub(crate) fn list(pipeline: &Pipeline, node: NodeKey, key: AttributeKey) -> Vec<String> {
    let text = text(pipeline, node, key).unwrap_or_default();
    text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

pub(crate) fn duration(pipeline: &Pipeline, node: NodeKey, key: AttributeKey) -> Option<Duration> {
    duration_of(&text_or_graph(pipeline, node, key)?)
}

/// A duration as section 1.3 writes it; a bare integer is seconds.
pub(crate) fn duration_of(text: &str) -> Option<Duration> {
    match parse_duration(text.trim())? {
        DurationLiteral::Span(span) => Some(Duration::from_millis(span.0)),
        DurationLiteral::BareInteger(seconds) => Some(Duration::from_secs(seconds)),
    }
}
