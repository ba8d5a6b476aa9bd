//! What is known about a node.

use std::fmt::Write;

use dotwright_model::{AttributeKey, NodeId, Origin, Scope, attribute, parse_integer};

use crate::document::Document;
use crate::symbols::{route_detail, uses_model};
use crate::wording::{self, code};

/// Handler and why, model, limits, goal gate, retry targets and routes.
pub(crate) fn node_markdown(document: &Document, node: NodeId) -> String {
    let pipeline = document.pipeline();
    let handler = pipeline.handler(node);
    let mut text = format!("**{}** · {}", code(pipeline.id(node)), wording::handler(handler));
    if let Some(label) = wording::label(pipeline, node) {
        text.push_str(&format!(" · {label}"));
    }
    text.push_str(&format!("\n\n{}\n", handler.docs()));
    let mut facts = Facts { text: &mut text };
    facts.add("handler", wording::handler_reason(pipeline, node));
    if uses_model(document, node) {
        for &property in document.settings().profile.style_properties {
            if let Some(found) = pipeline.resolve_property(node, property) {
                let origin = wording::origin(document, found.origin);
                facts.add(property, format!("{} ({origin})", code(&found.text)));
            }
        }
    }
    if let Some((attempts, origin)) = attempts(document, node) {
        facts.add("attempts", format!("{attempts} ({origin})"));
    }
    if let Some((timeout, origin)) = timeout(document, node) {
        facts.add("timeout", format!("{} ({})", code(&timeout), wording::origin(document, origin)));
    }
    targets(document, node, &mut facts);
    let classes = pipeline.classes(node);
    if !classes.is_empty() {
        facts.add("classes", classes.iter().map(|class| code(class)).collect::<Vec<_>>().join(", "));
    }
    rules(document, node, &mut facts);
    routes(document, node, &mut text);
    text
}

struct Facts<'t> {
    text: &'t mut String,
}

impl Facts<'_> {
    fn add(&mut self, name: &str, value: impl std::fmt::Display) {
        // Writing to a string cannot fail.
        let _infallible = write!(self.text, "\n- {name}: {value}");
    }
}

/// How often a step is tried, and where the number comes from; `None` for steps that are not repeated.
pub(crate) fn attempts(document: &Document, node: NodeId) -> Option<(u64, String)> {
    let pipeline = document.pipeline();
    let schema = attribute(AttributeKey::MAX_RETRIES, Scope::Node)?;
    if !schema.is_used_by(pipeline.handler(node)) {
        return None;
    }
    let own = pipeline.node_attribute(node, AttributeKey::MAX_RETRIES);
    let graph = || pipeline.graph_attribute(AttributeKey::DEFAULT_MAX_RETRIES);
    let (text, origin) = match own {
        Some(own) => (own.text(), format!("`max_retries`, {}", wording::origin(document, own.origin))),
        None => (graph()?.text(), "`default_max_retries` of the graph".to_owned()),
    };
    let retries = parse_integer(text.trim()).and_then(|number| u64::try_from(number).ok())?;
    Some((retries.saturating_add(1), origin))
}

/// The time limit of a step as it is written, and where it comes from.
pub(crate) fn timeout(document: &Document, node: NodeId) -> Option<(String, Origin)> {
    let pipeline = document.pipeline();
    if let Some(own) = pipeline.node_attribute(node, AttributeKey::TIMEOUT) {
        return Some((own.text().into_owned(), own.origin));
    }
    let schema = attribute(AttributeKey::DEFAULT_NODE_TIMEOUT, Scope::Graph)?;
    let graph = pipeline.graph_attribute(AttributeKey::DEFAULT_NODE_TIMEOUT)?;
    let is_read = pipeline.profile().reads(schema);
    is_read.then(|| (graph.text().into_owned(), Origin::GraphAttribute))
}

/// Goal gate and retry targets, as the engine follows them.
fn targets(document: &Document, node: NodeId, facts: &mut Facts<'_>) {
    let analysis = document.analysis();
    let pipeline = document.pipeline();
    if analysis.is_goal_gate(node) {
        let chain: Vec<String> = analysis
            .gate_target_attributes(node)
            .map(|(attribute, target)| {
                let missing = if target.is_some() { "" } else { " (no such node)" };
                format!("{}{missing}", code(attribute.text().trim()))
            })
            .collect();
        let chain = if chain.is_empty() { "nothing".to_owned() } else { chain.join(", else ") };
        facts.add("goal gate", format!("an unsatisfied gate goes back to {chain}"));
    }
    if let Some(target) = analysis.failure_target(node) {
        facts.add("retry target", code(pipeline.id(target)));
    }
    let domain = analysis.domain(node);
    if !domain.is_empty() {
        facts.add("outcomes", domain.words(pipeline.profile()));
    }
}

/// Stylesheet rules that match.
fn rules(document: &Document, node: NodeId, facts: &mut Facts<'_>) {
    let pipeline = document.pipeline();
    let Some(sheet) = pipeline.stylesheet().filter(|_| uses_model(document, node)) else { return };
    let matching = sheet.stylesheet.rules.iter().filter(|rule| pipeline.rule_matches(rule, node));
    let selectors: Vec<String> = matching.map(|rule| code(rule.selector.range.text(sheet.text))).collect();
    if !selectors.is_empty() {
        facts.add("rules", selectors.join(", "));
    }
}

fn routes(document: &Document, node: NodeId, text: &mut String) {
    const SHOWN: usize = 8;
    let pipeline = document.pipeline();
    let mut list = |title: &str, lines: Vec<String>| {
        if lines.is_empty() {
            return;
        }
        text.push_str(&format!("\n\n{title}\n"));
        for line in lines.iter().take(SHOWN) {
            text.push_str(&format!("\n- {line}"));
        }
        if lines.len() > SHOWN {
            text.push_str(&format!("\n- and {} more", lines.len() - SHOWN));
        }
    };
    let with = |id: &str, detail: String| match detail.is_empty() {
        true => code(id),
        false => format!("{} when {}", code(id), code(&detail)),
    };
    let incoming = pipeline.incoming(node).iter();
    let outgoing = pipeline.outgoing(node).iter();
    let comes = |&edge| with(pipeline.id(pipeline.source_of(edge)), route_detail(document, edge));
    let goes = |&edge| with(pipeline.id(pipeline.target_of(edge)), route_detail(document, edge));
    list("Comes from", incoming.map(comes).collect());
    list("Goes to", outgoing.map(goes).collect());
}
