//! Predecessors and successors of a node as incoming and outgoing calls, retry jumps included.

use std::collections::HashMap;

use dotwright_diagnostics::TextRange;
use dotwright_model::{AttributeKey, NodeId};

use crate::document::Document;
use crate::navigation::node_at;
use crate::symbols::{node_detail, route_detail};

/// A node as an item of the hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallItem {
    /// Its id.
    pub name: String,
    /// Its handler.
    pub detail: String,
    /// Its statement.
    pub range: TextRange,
    /// Its id where it is declared; asking about this offset leads back to the item.
    pub selection: TextRange,
}

/// A way between two nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The other node; its detail is the condition.
    pub item: CallItem,
    /// Where the way is written: edges, or the attribute that names a jump.
    pub ranges: Vec<TextRange>,
}

/// The node under the cursor.
pub fn call_item(document: &Document, offset: u32) -> Option<CallItem> {
    let (node, _) = node_at(document, document.clamp(offset))?;
    Some(item(document, node, node_detail(document, node)))
}

/// Ways into the node at an offset.
pub fn incoming_calls(document: &Document, offset: u32) -> Vec<Call> {
    let Some((node, _)) = node_at(document, document.clamp(offset)) else { return Vec::new() };
    let pipeline = document.pipeline();
    let mut calls = Calls::default();
    for &edge in pipeline.incoming(node) {
        let other = pipeline.source_of(edge);
        calls.add(document, other, route_detail(document, edge), pipeline.edge_ends_range(edge));
    }
    for other in pipeline.nodes() {
        for (title, target, range) in jumps(document, other) {
            if target == node {
                calls.add(document, other, title, range);
            }
        }
    }
    calls.list
}

/// Ways out of the node at an offset.
pub fn outgoing_calls(document: &Document, offset: u32) -> Vec<Call> {
    let Some((node, _)) = node_at(document, document.clamp(offset)) else { return Vec::new() };
    let pipeline = document.pipeline();
    let mut calls = Calls::default();
    for &edge in pipeline.outgoing(node) {
        let other = pipeline.target_of(edge);
        calls.add(document, other, route_detail(document, edge), pipeline.edge_ends_range(edge));
    }
    for (title, target, range) in jumps(document, node) {
        calls.add(document, target, title, range);
    }
    calls.list
}

/// The nodes that a node's own retry attributes name, with the attribute.
fn jumps(document: &Document, node: NodeId) -> impl Iterator<Item = (String, NodeId, TextRange)> + '_ {
    let pipeline = document.pipeline();
    let keys = [AttributeKey::RETRY_TARGET, AttributeKey::FALLBACK_RETRY_TARGET];
    keys.into_iter().filter_map(move |key| {
        let attribute = pipeline.own_attribute(node, key)?;
        let target = pipeline.node_by_id(attribute.text().trim())?;
        Some((key.name().to_owned(), target, attribute.range()))
    })
}

/// Calls in the making.
#[derive(Default)]
struct Calls {
    list: Vec<Call>,
    known: HashMap<(NodeId, String), usize>,
}

impl Calls {
    /// Adds a way; ways to one node with the same detail are one call.
    fn add(&mut self, document: &Document, other: NodeId, detail: String, range: TextRange) {
        let at = *self.known.entry((other, detail)).or_insert_with_key(|(_, detail)| {
            self.list.push(Call { item: item(document, other, detail.clone()), ranges: Vec::new() });
            self.list.len() - 1
        });
        if let Some(call) = self.list.get_mut(at) {
            call.ranges.push(range);
        }
    }
}

fn item(document: &Document, node: NodeId, detail: String) -> CallItem {
    let pipeline = document.pipeline();
    let selection = pipeline.node_range(node);
    let statement = pipeline.node(node).declaration.map(|stmt| document.ast()[stmt].range);
    let range = statement.filter(|range| range.contains(selection)).unwrap_or(selection);
    CallItem { name: pipeline.id(node).to_owned(), detail, range, selection }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::{cursor, place};

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        let (document, offset) = cursor(source);
        let mut text = String::new();
        if let Some(item) = call_item(&document, offset) {
            text.push_str(&format!("{}: {}\n", item.name, item.detail));
        }
        for (mark, calls) in
            [("<-", incoming_calls(&document, offset)), ("->", outgoing_calls(&document, offset))]
        {
            for call in calls {
                let places: Vec<String> = call.ranges.iter().map(|&range| place(&document, range)).collect();
                text.push_str(&format!(
                    "{mark} {} ({}) {}\n",
                    call.item.name,
                    call.item.detail,
                    places.join(", ")
                ));
            }
        }
        expect.assert_eq(&text);
    }

    #[test]
    fn edges_and_retry_jumps_are_calls() {
        check(
            "digraph { a -> b$0 -> c [condition=\"outcome=fail\"] c [retry_target=b] b -> c }",
            expect![[r#"
                b: LLM step
                <- a (outcome=fail) 1:11-1:17 `a -> b`
                <- c (retry_target) 1:53-1:67 `retry_target=b`
                -> c (outcome=fail) 1:16-1:22 `b -> c`
                -> c () 1:69-1:75 `b -> c`
            "#]],
        );
        check("digraph { $0 }", expect![[r#""#]]);
    }
}
