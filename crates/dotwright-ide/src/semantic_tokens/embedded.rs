//! Pieces of attribute values: the languages inside strings, through their escapes.

use dotwright_diagnostics::TextRange;
use dotwright_engine::condition::Key;
use dotwright_engine::mask_templates;
use dotwright_model::ValueType;
use dotwright_syntax::ast::IdKind;
use dotwright_syntax::shell::ShellTokenKind;
use dotwright_syntax::stylesheet::SelectorKind;
use dotwright_syntax::template::{self, TemplateKind};
use dotwright_syntax::{condition, shell, stylesheet};

use super::{Pieces, SemanticModifier, SemanticModifiers, SemanticType, markdown};
use crate::cursor::{Inside, Pair};
use crate::document::Document;

const EMBEDDED: SemanticModifiers = SemanticModifiers(0).with(SemanticModifier::Embedded);

/// All pieces of a value.
pub(super) fn value(document: &Document, pair: &Pair, pieces: &mut Pieces) {
    let id = pair.written.value;
    let value_type = pair.value_type();
    pieces.push(id.range, base(id.kind, value_type));
    let inside = || Inside::new(document.source(), id);
    match value_type {
        ValueType::Condition => condition_pieces(document, &inside(), pieces),
        ValueType::Stylesheet => stylesheet_pieces(document, &inside(), pieces),
        ValueType::Command => command_pieces(&inside(), pieces),
        ValueType::Template => prompt_pieces(&inside(), pieces),
        ValueType::NodeId => pieces.push(id.range, SemanticType::Node),
        ValueType::CommaList if pair.key == Some(dotwright_model::AttributeKey::CLASS) => {
            pieces.push(id.range, SemanticType::Class);
        }
        ValueType::String
        | ValueType::CommaList
        | ValueType::Integer
        | ValueType::Float
        | ValueType::Boolean
        | ValueType::Duration
        | ValueType::Path
        | ValueType::Enum
        | ValueType::Shape
        | ValueType::HandlerType
        | ValueType::Fidelity
        | ValueType::Color
        | ValueType::Style
        | ValueType::Json => escapes(document, id.range, id.kind, pieces),
    }
}

/// What a whole value is.
fn base(kind: IdKind, value_type: ValueType) -> SemanticType {
    match value_type {
        ValueType::Integer | ValueType::Float | ValueType::Duration => SemanticType::Number,
        ValueType::Boolean
        | ValueType::Enum
        | ValueType::Shape
        | ValueType::HandlerType
        | ValueType::Fidelity
        | ValueType::Color
        | ValueType::Style => SemanticType::EnumMember,
        ValueType::Path => SemanticType::Path,
        ValueType::String | ValueType::CommaList if kind == IdKind::Number => SemanticType::Number,
        ValueType::String
        | ValueType::CommaList
        | ValueType::Template
        | ValueType::Command
        | ValueType::NodeId
        | ValueType::Condition
        | ValueType::Stylesheet
        | ValueType::Json => SemanticType::String,
    }
}

fn escapes(document: &Document, range: TextRange, kind: IdKind, pieces: &mut Pieces) {
    if !matches!(kind, IdKind::Quoted | IdKind::Concatenated) {
        return;
    }
    let mut characters = range.text(document.source()).char_indices();
    while let Some((at, character)) = characters.next() {
        if character != '\\' {
            continue;
        }
        if let Some((next, escaped)) = characters.next() {
            let start = range.start + at as u32;
            let end = range.start + (next + escaped.len_utf8()) as u32;
            if !matches!(escaped, '\n' | '\r') {
                pieces.push(TextRange::new(start, end), SemanticType::Escape);
            }
        }
    }
}

fn condition_pieces(document: &Document, inside: &Inside<'_>, pieces: &mut Pieces) {
    let text = &*inside.text;
    let parsed = condition::parse(text);
    let mut add = |range, kind| pieces.add(inside.map.range(range), kind, EMBEDDED);
    let mut done = 0;
    for clause in parsed.clauses() {
        connectives(text, done, clause.range.start, &mut add);
        done = clause.range.end;
        add(clause.key.range, SemanticType::Variable);
        if let Some(operator) = clause.operator {
            add(operator.range, SemanticType::Operator);
        }
        if let Some(literal) = clause.literal {
            let word = literal.decoded(text);
            let is_outcome = Key::new(clause.key.text(text)) == Key::Outcome
                && document.settings().profile.outcome(&word).is_some();
            let is_number = !word.is_empty() && word.parse::<f64>().is_ok();
            let kind = match (is_outcome, is_number) {
                (true, _) => SemanticType::EnumMember,
                (false, true) => SemanticType::Number,
                (false, false) => SemanticType::String,
            };
            add(literal.range, kind);
        }
    }
    connectives(text, done, text.len() as u32, &mut add);
}

/// Operators and words between clauses; parentheses are left as they are.
fn connectives(text: &str, from: u32, to: u32, add: &mut impl FnMut(TextRange, SemanticType)) {
    let gap = TextRange::new(from, to).text(text);
    let mut start = None;
    for (at, character) in gap.char_indices().chain([(gap.len(), ' ')]) {
        let ends = character.is_whitespace() || matches!(character, '(' | ')');
        match (ends, start) {
            (false, None) => start = Some(at),
            (true, Some(begin)) => {
                let range = TextRange::new(from + begin as u32, from + at as u32);
                let is_word = range.text(text).starts_with(|c: char| c.is_alphabetic());
                add(range, if is_word { SemanticType::Keyword } else { SemanticType::Operator });
                start = None;
            }
            (false, Some(_)) | (true, None) => {}
        }
    }
}

fn stylesheet_pieces(document: &Document, inside: &Inside<'_>, pieces: &mut Pieces) {
    let text = &*inside.text;
    let sheet = stylesheet::parse(text);
    let profile = document.settings().profile;
    let mut add = |range, kind, modifiers| pieces.add(inside.map.range(range), kind, modifiers);
    for rule in &sheet.rules {
        let kind = match rule.selector.kind {
            SelectorKind::Universal => SemanticType::Keyword,
            SelectorKind::Shape => SemanticType::EnumMember,
            SelectorKind::Class => SemanticType::Class,
            SelectorKind::Id => SemanticType::Node,
        };
        add(rule.selector.range, kind, EMBEDDED);
        for declaration in sheet.declarations(rule) {
            let is_known = profile.style_properties.contains(&declaration.property.text(text));
            let modifiers = if is_known { EMBEDDED } else { EMBEDDED.with(SemanticModifier::Unknown) };
            add(declaration.property, SemanticType::Property, modifiers);
            add(declaration.value.range, SemanticType::String, EMBEDDED);
        }
    }
}

fn command_pieces(inside: &Inside<'_>, pieces: &mut Pieces) {
    let shell = shell::parse_with_tokens(&mask_templates(&inside.text));
    for token in shell.tokens() {
        let kind = match token.kind {
            ShellTokenKind::Keyword => SemanticType::Keyword,
            ShellTokenKind::Command => SemanticType::Function,
            ShellTokenKind::String => SemanticType::String,
            ShellTokenKind::Variable => SemanticType::Parameter,
            ShellTokenKind::Operator => SemanticType::Operator,
            ShellTokenKind::Comment => SemanticType::Comment,
        };
        pieces.add(inside.map.range(token.range), kind, EMBEDDED);
    }
}

fn prompt_pieces(inside: &Inside<'_>, pieces: &mut Pieces) {
    let mut markdown_allowed = true;
    for found in template::references(&inside.text) {
        let kind = match found.kind {
            TemplateKind::Dollar
            | TemplateKind::DollarBraces
            | TemplateKind::Braces
            | TemplateKind::BracesField
            | TemplateKind::Statement => SemanticType::Parameter,
            TemplateKind::File => {
                markdown_allowed = false;
                SemanticType::Path
            }
        };
        pieces.add(inside.map.range(found.range), kind, EMBEDDED);
    }
    if markdown_allowed {
        markdown::pieces(&inside.text, |range, kind| pieces.add(inside.map.range(range), kind, EMBEDDED));
    }
}
