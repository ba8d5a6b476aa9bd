//! Selectors, properties and values of model stylesheets.

use std::collections::BTreeSet;

use dotwright_diagnostics::{TextEdit, TextRange};
use dotwright_model::{AttributeKey, Scope, attribute};

use super::values::{Place, classes, values_in_use};
use super::{CompletionKind, List, escaped, node_ids};
use crate::wording::allowed_values;

pub(super) fn complete(list: &mut List<'_>, place: &Place<'_>) {
    let before = place.before();
    let open = before.rfind('{');
    let is_inside = open.is_some_and(|open| before.rfind('}').is_none_or(|close| close < open));
    if !is_inside {
        let start = before.rfind(|c: char| c.is_whitespace() || c == '}').map_or(0, |at| at + 1);
        selectors(list, place, typed(place, start));
        return;
    }
    let declaration = before.rfind(['{', ';']).map_or(0, |at| at + 1);
    let text = before.get(declaration..).unwrap_or("");
    match text.split_once(':') {
        None => {
            let start = declaration + (text.len() - text.trim_start().len());
            let range = typed(place, start);
            let has_colon =
                place.text.get(place.at as usize..).is_some_and(|rest| rest.trim_start().starts_with(':'));
            for property in list.document.settings().profile.style_properties {
                let written = if has_colon { (*property).to_owned() } else { format!("{property}: ") };
                list.add(property, CompletionKind::Property, 0, TextEdit::replace(range, written));
            }
        }
        Some((property, value)) => {
            let start = before.len() - value.trim_start().len();
            values(list, property.trim(), typed(place, start));
        }
    }
}

/// From a decoded offset to the cursor.
fn typed(place: &Place<'_>, start: usize) -> TextRange {
    place.range(TextRange::new(start as u32, place.at))
}

fn selectors(list: &mut List<'_>, place: &Place<'_>, range: TextRange) {
    let document = list.document;
    let mut add = |label: String, kind, rank| {
        let edit = TextEdit::replace(range, escaped(&label));
        list.add(&label, kind, rank, edit);
    };
    add("*".to_owned(), CompletionKind::Keyword, 0);
    for class in classes(document) {
        add(format!(".{class}"), CompletionKind::Class, 1);
    }
    if document.settings().profile.shape_selectors {
        let pipeline = document.pipeline();
        let shapes: BTreeSet<String> =
            pipeline.nodes().map(|node| pipeline.shape(node).into_owned()).collect();
        shapes.into_iter().for_each(|shape| add(shape, CompletionKind::Value, 2));
    }
    for id in node_ids(document, place.whole.start) {
        add(format!("#{id}"), CompletionKind::Node, 3);
    }
}

fn values(list: &mut List<'_>, property: &str, range: TextRange) {
    let document = list.document;
    let Some(key) = AttributeKey::from_name(property) else { return };
    let allowed = attribute(key, Scope::Node)
        .map_or(Vec::new(), |schema| allowed_values(schema, document.settings().profile));
    for word in allowed {
        list.add(word, CompletionKind::Value, 0, TextEdit::replace(range, escaped(word)));
    }
    for word in values_in_use(document, key) {
        list.add(&word, CompletionKind::Value, 1, TextEdit::replace(range, escaped(&word)));
    }
}
