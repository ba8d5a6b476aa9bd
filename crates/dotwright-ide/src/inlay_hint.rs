//! What the text leaves out, shown in its place.

use dotwright_diagnostics::TextRange;
use dotwright_engine::{Candidate, Ended, select_edge};
use dotwright_model::{AttributeKey, EdgeId, HandlerSource, NodeId, Origin, Outcome};
use dotwright_syntax::ast::StmtKind;

use crate::document::Document;
use crate::hover::{attempts, timeout};
use crate::location::Location;
use crate::symbols::uses_model;
use crate::wording;

/// Of more rivals nobody wants to know the order.
const MAX_RIVALS: usize = 16;

/// What a hint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HintKind {
    /// The handler of a node that says neither shape nor type.
    Handler,
    /// The model that the stylesheet, a default or the graph gives.
    Model,
    /// A timeout from a default.
    Timeout,
    /// How often a step is tried.
    Attempts,
    /// The place of an edge among its rivals.
    Order,
    /// The label of the node that an edge enters.
    TargetLabel,
}

/// Which hints are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HintKinds {
    /// [`HintKind::Handler`].
    pub handler: bool,
    /// [`HintKind::Model`].
    pub model: bool,
    /// [`HintKind::Timeout`].
    pub timeout: bool,
    /// [`HintKind::Attempts`].
    pub attempts: bool,
    /// [`HintKind::Order`].
    pub order: bool,
    /// [`HintKind::TargetLabel`].
    pub target_label: bool,
}

impl Default for HintKinds {
    fn default() -> Self {
        HintKinds {
            handler: true,
            model: true,
            timeout: true,
            attempts: true,
            order: true,
            target_label: false,
        }
    }
}

/// A hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlayHint {
    /// Where it stands.
    pub offset: u32,
    /// What it says.
    pub text: String,
    /// Of which kind it is.
    pub kind: HintKind,
    /// More about it, in Markdown.
    pub tooltip: String,
    /// What a click leads to.
    pub target: Option<Location>,
}

/// The hints in a range, by offset.
pub fn inlay_hints(document: &Document, range: TextRange, kinds: HintKinds) -> Vec<InlayHint> {
    let pipeline = document.pipeline();
    let mut hints = Vec::new();
    for node in pipeline.nodes() {
        let Some(id) = declared_id(document, node) else { continue };
        if range.touches(id.end) {
            node_hints(document, node, id.end, kinds, &mut hints);
        }
    }
    if kinds.order || kinds.target_label {
        for node in pipeline.nodes() {
            let touches = |&edge: &EdgeId| range.touches(pipeline.target_range(edge).end);
            if pipeline.outgoing(node).iter().any(touches) {
                edge_hints(document, node, kinds, &mut hints);
            }
        }
    }
    hints.retain(|hint| range.touches(hint.offset));
    hints.sort_by_key(|hint| hint.offset);
    hints
}

/// The id in the first statement of a node.
fn declared_id(document: &Document, node: NodeId) -> Option<TextRange> {
    match document.ast()[document.pipeline().node(node).declaration?].kind {
        StmtKind::Node(found) => Some(found.id.range),
        StmtKind::Edge { .. } | StmtKind::Default(_) | StmtKind::Assign | StmtKind::Subgraph(_) => None,
    }
}

fn node_hints(document: &Document, node: NodeId, offset: u32, kinds: HintKinds, hints: &mut Vec<InlayHint>) {
    let pipeline = document.pipeline();
    let mut add = |kind, text: String, tooltip: String, target: Option<TextRange>| {
        let target = target.map(Location::here);
        hints.push(InlayHint { offset, text, kind, tooltip, target });
    };
    if kinds.handler {
        let source = pipeline.node(node).handler_source;
        let shape = pipeline.node_attribute(node, AttributeKey::SHAPE);
        let inherited =
            shape.filter(|shape| shape.origin != Origin::Explicit && source == HandlerSource::Shape);
        if inherited.is_some() || matches!(source, HandlerSource::Omitted | HandlerSource::Id) {
            let reason = wording::handler_reason(pipeline, node);
            let tooltip = format!("{}\n\n{reason}", pipeline.handler(node).docs());
            add(
                HintKind::Handler,
                pipeline.handler(node).noun().to_owned(),
                tooltip,
                inherited.map(|s| s.range()),
            );
        }
    }
    if kinds.model && uses_model(document, node) {
        let model =
            pipeline.resolve_property(node, "llm_model").filter(|model| model.origin != Origin::Explicit);
        if let Some(model) = model {
            let tooltip = wording::origin(document, model.origin);
            add(HintKind::Model, model.text.into_owned(), tooltip, Some(model.range));
        }
    }
    if kinds.timeout
        && let Some((timeout, origin)) =
            timeout(document, node).filter(|(_, origin)| *origin != Origin::Explicit)
    {
        let written = pipeline.node_attribute(node, AttributeKey::TIMEOUT).map(|found| found.range());
        add(HintKind::Timeout, timeout, wording::origin(document, origin), written);
    }
    if kinds.attempts
        && let Some((attempts, origin)) = attempts(document, node).filter(|(attempts, _)| *attempts > 1)
    {
        add(HintKind::Attempts, format!("×{attempts}"), format!("attempts, from {origin}"), None);
    }
}

/// The order in which plain rivals are taken, and labels of targets.
fn edge_hints(document: &Document, node: NodeId, kinds: HintKinds, hints: &mut Vec<InlayHint>) {
    let pipeline = document.pipeline();
    let edges = pipeline.outgoing(node);
    if kinds.target_label {
        for &edge in edges {
            if let Some(label) = wording::label(pipeline, pipeline.target_of(edge)) {
                hints.push(InlayHint {
                    offset: pipeline.target_range(edge).end,
                    text: label,
                    kind: HintKind::TargetLabel,
                    tooltip: "label of the target".to_owned(),
                    target: None,
                });
            }
        }
    }
    let plain = |edge: &&EdgeId| pipeline.is_plain(**edge) && pipeline.edge_label(**edge).is_none();
    let mut rivals: Vec<EdgeId> = edges.iter().filter(plain).copied().collect();
    let weighted = rivals.iter().any(|&edge| pipeline.edge(edge).weight != 0);
    if !kinds.order || !weighted || !(2..=MAX_RIVALS).contains(&rivals.len()) {
        return;
    }
    let ended = Ended { outcome: Outcome::Success, preferred_label: "", suggested: &[] };
    for place in 1..=rivals.len() {
        let candidates: Vec<Candidate<'_>> = rivals
            .iter()
            .map(|&edge| Candidate {
                target: pipeline.id(pipeline.target_of(edge)),
                condition: None,
                label: "",
                weight: pipeline.edge(edge).weight,
                carries_failure: false,
            })
            .collect();
        let Some((index, _)) = select_edge(&candidates, &ended) else { return };
        let edge = rivals.remove(index);
        hints.push(InlayHint {
            offset: pipeline.target_range(edge).end,
            text: format!("#{place}"),
            kind: HintKind::Order,
            tooltip: format!(
                "place among the edges without condition, by weight {}",
                pipeline.edge(edge).weight
            ),
            target: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::document;

    #[track_caller]
    fn check(source: &str, kinds: HintKinds, expect: Expect) {
        let document = document(source);
        let hints = inlay_hints(&document, document.range(), kinds);
        let lines = hints.iter().map(|hint| {
            let before = source[..hint.offset as usize].rsplit([' ', '\n']).next().unwrap();
            let target = hint.target.as_ref().map_or("", |target| target.range.text(source));
            format!("{before} {:?} {} ({}) {target}\n", hint.kind, hint.text, hint.tooltip)
        });
        expect.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn what_is_inherited_is_shown() {
        check(
            "digraph { model_stylesheet=\"* { llm_model: big }\" node [timeout=9s] a [max_retries=3] b [shape=diamond] a -> b [weight=1] a -> c }",
            HintKinds::default(),
            expect![[r#"
                a Handler LLM step (Hands a prompt to a model and takes its verdict as the outcome.

                neither `shape` nor `type` is written) 
                a Model big (stylesheet rule `*`) big
                a Timeout 9s (default block, line 1) timeout=9s
                a Attempts ×4 (attempts, from `max_retries`, written here) 
                b Timeout 9s (default block, line 1) timeout=9s
                b Order #1 (place among the edges without condition, by weight 1) 
                c Order #2 (place among the edges without condition, by weight 0) 
            "#]],
        );
    }

    #[test]
    fn kinds_are_switched_one_by_one() {
        let kinds = HintKinds {
            handler: false,
            model: false,
            timeout: false,
            attempts: false,
            order: false,
            target_label: true,
        };
        check(
            "digraph { a b [label=\"Next\\none\"] a -> b }",
            kinds,
            expect![[r#"
            b TargetLabel Next (label of the target) 
        "#]],
        );
    }
}
