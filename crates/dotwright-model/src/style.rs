//! Which model a node gets, and where from: own attribute, stylesheet rule, default block, graph (runner reference,
//! section 18).

use std::borrow::Cow;

use dotwright_diagnostics::TextRange;
use dotwright_syntax::stylesheet::{Rule, SelectorKind};

use crate::pipeline::{Attribute, NodeId, Origin, Pipeline, StylesheetRef, SubgraphId};
use crate::{AttributeKey, Handler};

/// The value of a property with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved<'p> {
    /// The text.
    pub text: Cow<'p, str>,
    /// Where it comes from.
    pub origin: Origin,
    /// Where it is written.
    pub range: TextRange,
}

impl Pipeline {
    /// The classes of a node: those of its `class` attribute, then one for each labelled subgraph around it, the
    /// innermost first.
    pub fn classes(&self, node: NodeId) -> Vec<String> {
        let mut classes: Vec<String> = Vec::new();
        if let Some(own) = self.node_attribute(node, AttributeKey::CLASS) {
            let text = own.text();
            let blanks = self.profile.blanks_separate_classes;
            let parts = text.split(|c: char| c == ',' || (blanks && c.is_whitespace()));
            classes.extend(parts.map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()));
        }
        let labels =
            self.subgraphs_around(node).filter_map(|id| self.subgraph_attribute(id, AttributeKey::LABEL));
        classes.extend(labels.map(|label| class_of_label(&label.text())));
        classes.retain(|class| !class.is_empty());
        classes
    }

    /// The subgraphs around a node, the innermost first and without the graph itself.
    pub fn subgraphs_around(&self, node: NodeId) -> impl Iterator<Item = SubgraphId> {
        let parent = |id: &SubgraphId| self.subgraphs.get(id.0 as usize)?.parent;
        std::iter::successors(Some(self.node(node).subgraph), parent).take_while(|&id| id != SubgraphId::ROOT)
    }

    /// The value of `llm_model`, `llm_provider`, `reasoning_effort` or another stylesheet property for a node.
    ///
    /// The node's own attribute wins, then the matching rule of highest rank, of equals the later one, then a default
    /// block, then the graph attribute of the same name.
    pub fn resolve_property<'p>(&'p self, node: NodeId, property: &str) -> Option<Resolved<'p>> {
        let key = AttributeKey::from_name(property);
        let own = key.and_then(|key| self.node_attribute(node, key));
        if let Some(own) = own.filter(|own| own.origin == Origin::Explicit) {
            return Some(resolved(own));
        }
        self.styled(node, property).or_else(|| own.map(resolved)).or_else(|| {
            let graph = self.graph_attribute(key?)?;
            Some(Resolved { origin: Origin::GraphAttribute, ..resolved(graph) })
        })
    }

    fn styled<'p>(&'p self, node: NodeId, property: &str) -> Option<Resolved<'p>> {
        let sheet = self.stylesheet()?;
        let classes = self.classes(node);
        let mut best: Option<(SelectorKind, Resolved<'p>)> = None;
        for (index, rule) in sheet.stylesheet.rules.iter().enumerate() {
            let kind = rule.selector.kind;
            if best.as_ref().is_some_and(|(known, _)| kind < *known)
                || !self.matches(sheet, rule, node, &classes)
            {
                continue;
            }
            let declarations = sheet.stylesheet.declarations(rule).iter();
            let declaration = declarations.rev().find(|found| found.property.text(sheet.text) == property);
            if let Some(declaration) = declaration {
                let origin = Origin::Stylesheet(index as u32);
                let range = sheet.attribute.inner_range(declaration.value.range);
                best = Some((kind, Resolved { text: declaration.value.decoded(sheet.text), origin, range }));
            }
        }
        best.map(|(_, resolved)| resolved)
    }

    /// True when a stylesheet rule applies to a node.
    pub fn rule_matches(&self, rule: &Rule, node: NodeId) -> bool {
        self.stylesheet().is_some_and(|sheet| self.matches(sheet, rule, node, &self.classes(node)))
    }

    fn matches(&self, sheet: StylesheetRef<'_>, rule: &Rule, node: NodeId, classes: &[String]) -> bool {
        let name = rule.selector.name.text(sheet.text);
        match rule.selector.kind {
            SelectorKind::Universal => true,
            SelectorKind::Shape => self.profile.shape_selectors && self.shape(node) == name,
            SelectorKind::Class => classes.iter().any(|class| class == name),
            SelectorKind::Id => self.id(node) == name,
        }
    }

    /// The shape of a node, `box` without one.
    pub fn shape(&self, node: NodeId) -> Cow<'_, str> {
        match self.node_attribute(node, AttributeKey::SHAPE) {
            Some(shape) => shape.text(),
            None => Cow::Borrowed(Handler::Codergen.shape().unwrap_or("box")),
        }
    }
}

fn resolved(attribute: Attribute<'_>) -> Resolved<'_> {
    Resolved { text: attribute.text(), origin: attribute.origin, range: attribute.value_range() }
}

/// The class that the label of a subgraph gives its nodes: lower case, blanks to hyphens, other characters than letters, digits and hyphens dropped.
pub fn class_of_label(label: &str) -> String {
    let lower = label.trim().to_lowercase();
    let hyphened = lower.chars().map(|c| if c.is_whitespace() { '-' } else { c });
    hyphened.filter(|c| c.is_alphanumeric() || *c == '-').collect()
}
