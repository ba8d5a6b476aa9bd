//! What a value can be, by the type of its attribute.

use std::borrow::Cow;
use std::collections::BTreeSet;

use dotwright_diagnostics::{TextEdit, TextRange};
use dotwright_engine::context::{ENGINE_KEYS, keys_set_by};
use dotwright_engine::gate;
use dotwright_model::{AttributeKey, AttributeSchema, ChoiceMatch, NodeId, Scope, ValueType};

use super::position::Owner;
use super::{CompletionKind, List, condition, escaped, node_ids, paths, stylesheet};
use crate::color;
use crate::cursor::{Inside, list_parts};
use crate::document::Document;
use crate::files::Files;
use crate::names::NameKind;
use crate::wording::allowed_values;

/// A value that is being written.
pub(crate) struct Place<'d> {
    pub(crate) schema: &'static AttributeSchema,
    pub(crate) owner: Owner,
    /// The decoded value.
    pub(crate) text: Cow<'d, str>,
    /// The cursor in it.
    pub(crate) at: u32,
    /// The bytes of the whole value, without quotes.
    pub(crate) whole: TextRange,
    /// The way back, in a string.
    pub(crate) inside: Option<Inside<'d>>,
    pub(crate) in_string: bool,
}

impl Place<'_> {
    /// The bytes of a range of the decoded value.
    pub(crate) fn range(&self, decoded: TextRange) -> TextRange {
        match &self.inside {
            Some(inside) => inside.map.range(decoded),
            None => TextRange::new(self.whole.start + decoded.start, self.whole.start + decoded.end),
        }
    }

    /// The decoded text before the cursor.
    pub(crate) fn before(&self) -> &str {
        self.text.get(..self.at as usize).unwrap_or("")
    }

    /// The node that the attribute belongs to, or the source of the edge.
    pub(crate) fn node(&self, document: &Document) -> Option<NodeId> {
        document.pipeline().node_by_id(self.owner.node.as_deref()?)
    }
}

pub(super) fn complete(list: &mut List<'_>, place: &Place<'_>, files: &dyn Files) {
    let document = list.document;
    match place.schema.value_type {
        ValueType::Condition => condition::complete(list, place),
        ValueType::Stylesheet => stylesheet::complete(list, place),
        ValueType::Template if place.before().starts_with('@') => paths::complete(list, place, 1, files),
        ValueType::Template => variables(list, place),
        ValueType::Path => paths::complete(list, place, 0, files),
        ValueType::NodeId => {
            for id in node_ids(document, place.whole.start) {
                let documentation = document.pipeline().node_by_id(&id).map(|_| format!("node:{id}"));
                list.value(place, &id, CompletionKind::Node, 0).documentation = documentation;
            }
        }
        ValueType::CommaList => parts(list, place),
        ValueType::Color => {
            for (name, hex) in color::named_colors() {
                list.value(place, name, CompletionKind::Color, 0).detail = Some(format!("#{hex}"));
            }
        }
        ValueType::Duration => {
            let units = document.settings().profile.duration_units;
            for word in ["30s", "60s", "300s", "600s", "5m", "15m", "1h"] {
                if units.iter().any(|unit| word.trim_start_matches(|c: char| c.is_ascii_digit()) == *unit) {
                    list.value(place, word, CompletionKind::Value, 0);
                }
            }
        }
        ValueType::String if place.schema.key == AttributeKey::HUMAN_DEFAULT_CHOICE => choices(list, place),
        ValueType::Shape | ValueType::HandlerType => {
            let kind = if place.schema.value_type == ValueType::Shape { "shape" } else { "type" };
            for word in allowed_values(place.schema, document.settings().profile) {
                let handler = match place.schema.value_type == ValueType::Shape {
                    true => document.settings().profile.shape_handler(word),
                    false => document.settings().profile.type_handler(word),
                };
                let item = list.value(place, word, CompletionKind::Value, 0);
                item.detail = handler.map(|handler| handler.noun().to_owned());
                item.documentation = Some(format!("{kind}:{word}"));
            }
            for extra in document.settings().handlers.iter().filter(|_| kind == "type") {
                list.value(place, &extra.name, CompletionKind::Value, 0);
            }
        }
        ValueType::String
        | ValueType::Command
        | ValueType::Integer
        | ValueType::Float
        | ValueType::Boolean
        | ValueType::Enum
        | ValueType::Fidelity
        | ValueType::Style
        | ValueType::Json => {
            for word in allowed_values(place.schema, document.settings().profile) {
                list.value(place, word, CompletionKind::Value, 0);
            }
            for word in values_in_use(document, place.schema.key) {
                list.value(place, &word, CompletionKind::Value, 1);
            }
        }
    }
}

/// Values of a model property that the file uses elsewhere.
pub(crate) fn values_in_use(document: &Document, key: AttributeKey) -> BTreeSet<String> {
    const PROPERTIES: [AttributeKey; 5] = [
        AttributeKey::LLM_MODEL,
        AttributeKey::LLM_PROVIDER,
        AttributeKey::THREAD_ID,
        AttributeKey::MODEL,
        AttributeKey::PROVIDER,
    ];
    if !PROPERTIES.contains(&key) {
        return BTreeSet::new();
    }
    let pairs = document.pairs().filter(|pair| pair.key == Some(key));
    let mut values: BTreeSet<String> =
        pairs.map(|pair| document.text(pair.written.value).into_owned()).collect();
    if let Some(sheet) = document.pipeline().stylesheet() {
        let declarations = sheet.stylesheet.rules.iter().flat_map(|rule| sheet.stylesheet.declarations(rule));
        let same = declarations.filter(|found| found.property.text(sheet.text) == key.name());
        values.extend(same.map(|found| found.value.decoded(sheet.text).into_owned()));
    }
    values.retain(|value| !value.trim().is_empty());
    values
}

fn variables(list: &mut List<'_>, place: &Place<'_>) {
    let before = place.before();
    let Some(dollar) = before.rfind('$') else { return };
    let typed = before.get(dollar + 1..).unwrap_or("");
    if !typed.chars().all(|c| c.is_alphanumeric() || "_.".contains(c)) {
        return;
    }
    let range = place.range(TextRange::new(dollar as u32, place.at));
    let document = list.document;
    let names = document.names().names().iter().filter(|name| name.kind == NameKind::Variable);
    let declared = names.filter(|name| !document.names().declarations(name).is_empty());
    let mut variables: BTreeSet<&str> = declared.map(|name| name.text.as_str()).collect();
    variables.insert("goal");
    for name in variables {
        let label = format!("${name}");
        let item = list.add(&label, CompletionKind::Variable, 0, TextEdit::replace(range, label.clone()));
        item.filter = Some(label.clone());
    }
}

/// One part of a comma-separated value.
fn parts(list: &mut List<'_>, place: &Place<'_>) {
    let document = list.document;
    let key = place.schema.key;
    let blanks = key == AttributeKey::CLASS && document.settings().profile.blanks_separate_classes;
    let part = list_parts(&place.text, blanks).find(|(_, range)| range.touches(place.at));
    let decoded = part.map_or(TextRange::empty(place.at), |(_, range)| range);
    let own = part.map(|(text, _)| text);
    let range = if place.in_string { place.range(decoded) } else { place.whole };
    let (kind, words): (CompletionKind, BTreeSet<String>) = if key == AttributeKey::CLASS {
        (CompletionKind::Class, classes(document))
    } else if [AttributeKey::READS, AttributeKey::CONTEXT_KEYS, AttributeKey::MERGE].contains(&key) {
        (CompletionKind::ConditionKey, context_keys(document, place.node(document)))
    } else {
        let words = allowed_values(place.schema, document.settings().profile);
        (CompletionKind::Value, words.into_iter().map(str::to_owned).collect())
    };
    let present: Vec<&str> = list_parts(&place.text, blanks).map(|(text, _)| text).collect();
    for word in words {
        if Some(word.as_str()) != own && !present.contains(&word.as_str()) {
            let text = if place.in_string { escaped(&word) } else { super::written_id(&word) };
            list.add(&word, kind, 0, TextEdit::replace(range, text));
        }
    }
}

/// Classes that nodes have or rules select.
pub(crate) fn classes(document: &Document) -> BTreeSet<String> {
    let names = document.names().names().iter().filter(|name| name.kind == NameKind::Class);
    let mut classes: BTreeSet<String> = names.map(|name| name.text.clone()).collect();
    let pipeline = document.pipeline();
    for (id, _) in pipeline.subgraphs().skip(1) {
        if let Some(label) = pipeline.subgraph_attribute(id, AttributeKey::LABEL) {
            classes.insert(dotwright_model::class_of_label(&label.text()));
        }
    }
    classes.retain(|class| !class.is_empty());
    classes
}

/// Context keys that steps before a node can set, and those that the file names.
pub(crate) fn context_keys(document: &Document, node: Option<NodeId>) -> BTreeSet<String> {
    let pipeline = document.pipeline();
    let mut keys: BTreeSet<String> = ENGINE_KEYS.iter().map(|&key| key.to_owned()).collect();
    let mut seen = vec![false; pipeline.nodes().len()];
    let mut waiting: Vec<NodeId> = node.into_iter().collect();
    while let Some(node) = waiting.pop() {
        let Some(seen) = seen.get_mut(node.index()).filter(|seen| !**seen) else { continue };
        *seen = true;
        keys.extend(keys_set_by(pipeline, node));
        waiting.extend(pipeline.incoming(node).iter().map(|&edge| pipeline.source_of(edge)));
    }
    let named = document.names().names().iter().filter(|name| name.kind == NameKind::ContextKey);
    keys.extend(named.map(|name| name.text.clone()));
    keys.retain(|key| key != "outcome" && key != "preferred_label");
    keys
}

fn choices(list: &mut List<'_>, place: &Place<'_>) {
    let document = list.document;
    let Some(gate) = place.node(document).filter(|_| place.schema.scope == Scope::Node) else { return };
    let ways = document.settings().profile.default_choice;
    for choice in gate::choices(document.pipeline(), gate) {
        for way in ways {
            let (word, rank) = match way {
                ChoiceMatch::Label => (&choice.text, 0),
                ChoiceMatch::Target => (&choice.target, 1),
                ChoiceMatch::Key => (&choice.key, 2),
            };
            let detail = format!("-> {}", choice.target);
            list.value(place, word, CompletionKind::Value, rank).detail = Some(detail);
        }
    }
}
