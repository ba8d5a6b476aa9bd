//! What is expected behind `key=`, in a condition and in a stylesheet.

use dotwright_diagnostics::TextRange;
use dotwright_model::{Operator, ValueType};

use crate::completion::condition::{Due, due};
use crate::completion::position::{self, Position};
use crate::document::Document;
use crate::wording::{self, allowed_values, code};

/// One part of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterHelp {
    /// Its bytes in [`SignatureHelp::label`].
    pub range: TextRange,
    /// What goes there, in Markdown.
    pub documentation: String,
}

/// A signature and the part that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureHelp {
    /// `key operator literal`.
    pub label: String,
    /// More about it, in Markdown.
    pub documentation: String,
    /// Its parts.
    pub parameters: Vec<ParameterHelp>,
    /// The part at the cursor.
    pub active: u32,
}

/// The signature of what is being written at the cursor.
pub fn signature_help(document: &Document, offset: u32) -> Option<SignatureHelp> {
    let Position::Value(place) = position::find(document, document.clamp(offset)) else { return None };
    let schema = place.schema;
    let profile = document.settings().profile;
    match schema.value_type {
        ValueType::Condition => {
            let operators: Vec<String> = profile
                .operators
                .iter()
                .filter(|operator| !matches!(operator, Operator::Parentheses | Operator::BareKey))
                .map(|operator| code(operator.as_str()))
                .collect();
            let keys: Vec<String> = profile.condition_keys.iter().map(|key| code(key)).collect();
            let prefixes: Vec<String> =
                profile.condition_prefixes.iter().map(|prefix| code(&format!("{prefix}KEY"))).collect();
            let active = match due(place.before()) {
                Due::Key { .. } => 0,
                Due::Operator { .. } | Due::Connective { .. } => 1,
                Due::Literal { .. } => 2,
            };
            Some(signature(
                "key operator literal",
                &[
                    ("key", [keys, prefixes].concat().join(", ")),
                    ("operator", operators.join(", ")),
                    ("literal", "a word, or text in quotes".to_owned()),
                ],
                schema.docs,
                active,
            ))
        }
        ValueType::Stylesheet => {
            let before = place.before();
            let inside = before.rfind('{') > before.rfind('}');
            let value = inside && before.rfind(':') > before.rfind(['{', ';']);
            let properties: Vec<String> = profile.style_properties.iter().map(|name| code(name)).collect();
            Some(signature(
                "selector { property: value; }",
                &[
                    ("selector", "`*`, a shape, `.class` or `#id`; the later kinds win".to_owned()),
                    ("property", properties.join(", ")),
                    ("value", "a word, or text in quotes".to_owned()),
                ],
                schema.docs,
                u32::from(inside) + u32::from(value),
            ))
        }
        ValueType::String
        | ValueType::Template
        | ValueType::Command
        | ValueType::Integer
        | ValueType::Float
        | ValueType::Boolean
        | ValueType::Duration
        | ValueType::NodeId
        | ValueType::CommaList
        | ValueType::Path
        | ValueType::Enum
        | ValueType::Shape
        | ValueType::HandlerType
        | ValueType::Fidelity
        | ValueType::Color
        | ValueType::Style
        | ValueType::Json => {
            let allowed = allowed_values(schema, profile);
            let noun = schema.value_type.noun().replace('`', "");
            let values = match allowed.is_empty() {
                true => noun,
                false => allowed.iter().take(10).copied().collect::<Vec<_>>().join(" | "),
            };
            let label = format!("{}={values}", schema.key.name());
            let start = schema.key.name().len() as u32 + 1;
            let default = schema.default.map(|default| format!("default: {}", code(default)));
            Some(SignatureHelp {
                parameters: vec![ParameterHelp {
                    range: TextRange::new(start, label.len() as u32),
                    documentation: default.unwrap_or_default(),
                }],
                label,
                documentation: wording::attribute(schema, profile),
                active: 0,
            })
        }
    }
}

/// A signature whose label names its parts.
fn signature(label: &str, parts: &[(&str, String)], documentation: &str, active: u32) -> SignatureHelp {
    let parameters = parts.iter().map(|(name, documentation)| {
        let start = label.find(name).unwrap_or(0) as u32;
        let range = TextRange::new(start, start + name.len() as u32);
        ParameterHelp { range, documentation: documentation.clone() }
    });
    SignatureHelp {
        label: label.to_owned(),
        documentation: documentation.to_owned(),
        parameters: parameters.collect(),
        active,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::cursor;

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        let (document, offset) = cursor(source);
        let text = signature_help(&document, offset).map_or("nothing".to_owned(), |help| {
            let active = &help.parameters[help.active as usize];
            format!("{}\n{}: {}", help.label, active.range.text(&help.label), active.documentation)
        });
        expect.assert_eq(&text);
    }

    #[test]
    fn values_show_what_is_allowed() {
        check(
            "digraph { a [fidelity=$0] }",
            expect![[r#"
            fidelity=full | truncate | compact | summary:low | summary:medium | summary:high
            full | truncate | compact | summary:low | summary:medium | summary:high: "#]],
        );
        check(
            "digraph { default_max_retries=$0 }",
            expect![[r#"
            default_max_retries=whole number
            whole number: default: `0`"#]],
        );
        check("digraph { a $0[x=1] }", expect!["nothing"]);
    }

    #[test]
    fn conditions_and_stylesheets_show_the_part_that_is_due() {
        check(
            "digraph { a -> b [condition=\"out$0\"] }",
            expect![[r#"
            key operator literal
            key: `outcome`, `preferred_label`, `context.KEY`"#]],
        );
        check(
            "digraph { a -> b [condition=\"outcome=$0\"] }",
            expect![[r#"
            key operator literal
            literal: a word, or text in quotes"#]],
        );
        check(
            "digraph { model_stylesheet=\"$0\" }",
            expect![[r#"
            selector { property: value; }
            selector: `*`, a shape, `.class` or `#id`; the later kinds win"#]],
        );
        check(
            "digraph { model_stylesheet=\"* { $0\" }",
            expect![[r#"
            selector { property: value; }
            property: `llm_model`, `llm_provider`, `reasoning_effort`"#]],
        );
        check(
            "digraph { model_stylesheet=\"* { llm_model: $0\" }",
            expect![[r#"
            selector { property: value; }
            value: a word, or text in quotes"#]],
        );
    }
}
