//! What can be written at the cursor.

pub(crate) mod condition;
mod paths;
pub(crate) mod position;
mod snippets;
mod stylesheet;
#[cfg(test)]
mod tests;
pub(crate) mod values;

use std::collections::HashSet;

use dotwright_diagnostics::{TextEdit, TextRange};
use dotwright_lint::edits::{quoted, written_id};
use dotwright_lint::{all_rules, page, rule};
use dotwright_model::{AttributeKey, AttributeSchema, Handler, Scope, ValueType, attribute, attributes};

use crate::completion::position::{Owner, Position};
use crate::document::Document;
use crate::files::Files;
use crate::hover::node_markdown;
use crate::names::NameKind;
use crate::wording;

/// What an item stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CompletionKind {
    /// A node id.
    Node,
    /// An attribute name.
    Attribute,
    /// A value of an enum.
    Value,
    /// A keyword.
    Keyword,
    /// An operator of a condition.
    Operator,
    /// A key of a condition.
    ConditionKey,
    /// A class.
    Class,
    /// A property of a stylesheet.
    Property,
    /// A variable of a prompt.
    Variable,
    /// A colour.
    Color,
    /// A file.
    File,
    /// A folder.
    Folder,
    /// Several lines with places to fill in.
    Snippet,
}

/// Something to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionItem {
    /// What the list shows.
    pub label: String,
    /// What it stands for.
    pub kind: CompletionKind,
    /// A few words beside the label.
    pub detail: Option<String>,
    /// The change; a snippet in the syntax of LSP when `is_snippet`.
    pub edit: TextEdit,
    /// What the typed text is compared with, where that is not the label.
    pub filter: Option<String>,
    /// Order in the list; equal ones by label.
    pub rank: u8,
    /// Whether `edit` holds places to fill in.
    pub is_snippet: bool,
    /// Whether it is an old spelling.
    pub is_deprecated: bool,
    /// What [`resolve_completion`] takes; none where there is nothing to add.
    pub documentation: Option<String>,
}

/// The answer of [`completion()`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completion {
    /// What can be written.
    pub items: Vec<CompletionItem>,
    /// True when more typing can bring other items.
    pub is_incomplete: bool,
}

/// What can be written at the cursor.
pub fn completion(document: &Document, offset: u32, files: &dyn Files) -> Completion {
    let offset = document.clamp(offset);
    let mut list = List { document, items: Vec::new() };
    match position::find(document, offset) {
        Position::Nothing => {}
        Position::Comment(range) => list.suppressions(range),
        Position::OutsideGraph(range) => {
            list.keywords(range, &["digraph"]);
            snippets::pipeline(&mut list, range);
        }
        Position::Statement(range) => {
            list.nodes(range, None);
            list.keywords(range, &["node", "edge", "graph", "subgraph"]);
            list.graph_attributes(range, offset);
            snippets::statements(&mut list, range);
        }
        Position::EdgeTarget { range, source } => list.nodes(range, source),
        Position::AttributeName { range, owner, present, has_equals } => {
            list.attribute_names(range, &owner, &present, has_equals);
            list.configured_names(range, &owner, has_equals);
        }
        Position::Value(place) => values::complete(&mut list, &place, files),
    }
    let mut items = list.items;
    items.sort_by(|a, b| (a.rank, &a.label).cmp(&(b.rank, &b.label)));
    let mut seen = HashSet::new();
    items.retain(|item| seen.insert((item.label.clone(), item.kind)));
    Completion { items, is_incomplete: false }
}

/// The documentation of an item, in Markdown.
pub fn resolve_completion(document: &Document, documentation: &str) -> Option<String> {
    let (kind, name) = documentation.split_once(':')?;
    let profile = document.settings().profile;
    match kind {
        "attribute" => {
            let (scope, name) = name.split_once(':')?;
            let scope = Scope::ALL.into_iter().find(|known| known.as_str() == scope)?;
            let schema = attribute(AttributeKey::from_name(name)?, scope)?;
            Some(wording::attribute(schema, profile))
        }
        "shape" => {
            let handler = profile.shape_handler(name)?;
            Some(format!("**`{name}`** · {}\n\n{}", handler.noun(), handler.docs()))
        }
        "type" => {
            let handler = profile.type_handler(name).or_else(|| Handler::from_type_name(name))?;
            Some(format!("**`{name}`** · {}\n\n{}", handler.noun(), handler.docs()))
        }
        "node" => Some(node_markdown(document, document.pipeline().node_by_id(name)?)),
        "rule" => {
            let rule = rule(name)?;
            Some(format!("{}\n\n{}", page::summary(rule.page), page::reason(rule.page)))
        }
        _ => None,
    }
}

/// Items in the making.
struct List<'d> {
    document: &'d Document,
    items: Vec<CompletionItem>,
}

impl<'d> List<'d> {
    fn add(&mut self, label: &str, kind: CompletionKind, rank: u8, edit: TextEdit) -> &mut CompletionItem {
        self.items.push(CompletionItem {
            label: label.to_owned(),
            kind,
            detail: None,
            edit,
            filter: None,
            rank,
            is_snippet: false,
            is_deprecated: false,
            documentation: None,
        });
        let last = self.items.len() - 1;
        // The item was pushed a line above.
        #[expect(clippy::indexing_slicing, reason = "the index of the item that was just pushed")]
        &mut self.items[last]
    }

    fn keywords(&mut self, range: TextRange, words: &[&str]) {
        for word in words {
            self.add(word, CompletionKind::Keyword, 2, TextEdit::replace(range, *word));
        }
    }

    /// Ids of the graph at the cursor; those that `source` has no edge to come first.
    fn nodes(&mut self, range: TextRange, source: Option<&str>) {
        let document = self.document;
        for id in node_ids(document, range.start) {
            let written = written_id(&id);
            let is_source = source == Some(id.as_str());
            let detail = document.pipeline().node_by_id(&id).map(|node| {
                let handler = document.pipeline().handler(node).noun();
                match wording::label(document.pipeline(), node) {
                    Some(label) => format!("{handler}: {label}"),
                    None => handler.to_owned(),
                }
            });
            let item =
                self.add(&id, CompletionKind::Node, u8::from(is_source), TextEdit::replace(range, written));
            item.detail = detail;
            item.documentation = Some(format!("node:{id}"));
        }
    }

    fn graph_attributes(&mut self, range: TextRange, offset: u32) {
        let scope = self.document.body_scope(offset);
        let owner = Owner { scope, node: None };
        self.attribute_names(range, &owner, &[], false);
        for item in self.items.iter_mut().filter(|item| item.kind == CompletionKind::Attribute) {
            item.rank += 3;
        }
    }

    fn attribute_names(&mut self, range: TextRange, owner: &Owner, present: &[String], has_equals: bool) {
        let profile = self.document.settings().profile;
        let handler = owner.node.as_deref().and_then(|id| {
            let pipeline = self.document.pipeline();
            pipeline.node_by_id(id).map(|node| pipeline.handler(node))
        });
        for schema in attributes().iter().filter(|schema| schema.scope == owner.scope) {
            let name = schema.key.name();
            let is_read =
                profile.reads(schema) || profile.aliases.iter().any(|alias| alias.key == schema.key);
            let is_used = handler.is_none_or(|handler| schema.is_used_by(handler));
            let is_old = schema.alias_of.is_some();
            let is_offered = is_read || (!is_old && (schema.in_spec || schema.layout_only));
            if !is_offered || !is_used || present.iter().any(|known| known == name) {
                continue;
            }
            let rank = match (schema.layout_only, is_old, schema.in_spec) {
                (true, _, _) => 2,
                (false, true, _) => 2,
                (false, false, true) => 0,
                (false, false, false) => 1,
            };
            let key = written_id(name);
            let text = if has_equals { key } else { format!("{key}={}", placeholder(schema)) };
            let item = self.add(name, CompletionKind::Attribute, rank, TextEdit::replace(range, text));
            item.is_snippet = !has_equals;
            item.is_deprecated = is_old;
            item.detail = Some(schema.value_type.noun().replace('`', ""));
            item.documentation = Some(format!("attribute:{}:{name}", schema.scope.as_str()));
        }
    }

    /// Names that the configuration knows beside those of the schema.
    fn configured_names(&mut self, range: TextRange, owner: &Owner, has_equals: bool) {
        let settings = self.document.settings();
        let of_handlers = settings.handlers.iter().flat_map(|handler| &handler.attributes);
        let of_handlers = of_handlers.filter(|_| owner.scope == Scope::Node);
        for name in settings.attributes.iter().chain(of_handlers) {
            let text = if has_equals { written_id(name) } else { format!("{}=", written_id(name)) };
            self.add(name, CompletionKind::Attribute, 1, TextEdit::replace(range, text));
        }
    }

    /// A word as a whole value.
    fn value(
        &mut self,
        place: &values::Place<'_>,
        word: &str,
        kind: CompletionKind,
        rank: u8,
    ) -> &mut CompletionItem {
        let text = if place.in_string { escaped(word) } else { written_id(word) };
        self.add(word, kind, rank, TextEdit::replace(place.whole, text))
    }

    fn suppressions(&mut self, range: TextRange) {
        for rule in all_rules() {
            let item = self.add(rule.name, CompletionKind::Value, 0, TextEdit::replace(range, rule.name));
            item.detail = Some(page::summary(rule.page));
            item.documentation = Some(format!("rule:{}", rule.name));
        }
    }
}

/// Text as it is written between quotes.
fn escaped(text: &str) -> String {
    let quoted = quoted(text);
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or(text).to_owned()
}

/// What stands behind `key=` in the snippet of an attribute.
fn placeholder(schema: &AttributeSchema) -> &'static str {
    match schema.value_type {
        ValueType::String
        | ValueType::Template
        | ValueType::Command
        | ValueType::Condition
        | ValueType::Stylesheet
        | ValueType::CommaList
        | ValueType::Path
        | ValueType::Style
        | ValueType::Json => "\"$0\"",
        ValueType::Integer
        | ValueType::Float
        | ValueType::Boolean
        | ValueType::Duration
        | ValueType::NodeId
        | ValueType::Enum
        | ValueType::Shape
        | ValueType::HandlerType
        | ValueType::Fidelity
        | ValueType::Color => "$0",
    }
}

/// The ids of the nodes of the graph around an offset, in the order of their mention. The id that is being typed and
/// stands nowhere else is left out.
fn node_ids(document: &Document, offset: u32) -> Vec<String> {
    let graph = document.graph_at(offset).unwrap_or(0);
    let names = document.names();
    let nodes = names.names().iter().filter(|name| name.kind == NameKind::Node && name.graph == graph);
    let elsewhere = nodes.filter(|name| {
        names.occurrences(name).any(|found| !found.token.touches(offset) || found.token.start > offset)
    });
    elsewhere.map(|name| name.text.clone()).collect()
}
