//! What is known about a value: shapes, colours, selectors, durations, words of conditions.

use dotwright_diagnostics::TextRange;
use dotwright_model::{
    AttributeKey, DurationLiteral, Handler, Milliseconds, Profile, ValueType, parse_duration,
};
use dotwright_syntax::stylesheet;

use super::{Hover, node_list};
use crate::color::Color;
use crate::cursor::{Inside, Pair, content_range};
use crate::document::Document;
use crate::wording::{self, code};

pub(super) fn at(document: &Document, pair: &Pair, offset: u32) -> Option<Hover> {
    let value = pair.written.value;
    let text = document.text(value);
    let range = content_range(document.source(), value);
    let markdown = match pair.value_type() {
        ValueType::Shape => handler_markdown("shape", &text, |profile| profile.shape_handler(&text)),
        ValueType::HandlerType => {
            handler_markdown("handler type", &text, |profile| profile.type_handler(&text))
        }
        ValueType::Color => {
            let found =
                crate::color::document_colors(document).into_iter().find(|c| c.range.touches(offset))?;
            return Some(Hover {
                range: found.range,
                markdown: color_markdown(found.range.text(document.source()), found.color),
            });
        }
        ValueType::Stylesheet => return in_stylesheet(document, pair, offset),
        ValueType::Duration => match parse_duration(text.trim())? {
            DurationLiteral::Span(span) => Some(format!("{} = {}", code(&text), spelled(span))),
            DurationLiteral::BareInteger(_) => None,
        },
        ValueType::Condition => {
            let inside = Inside::new(document.source(), value);
            let parsed = dotwright_syntax::condition::parse(&inside.text);
            let words = wording::condition(&parsed, &inside.text);
            (!words.is_empty()).then(|| format!("taken when {words}"))
        }
        ValueType::String
        | ValueType::Template
        | ValueType::Command
        | ValueType::Integer
        | ValueType::Float
        | ValueType::Boolean
        | ValueType::NodeId
        | ValueType::CommaList
        | ValueType::Path
        | ValueType::Enum
        | ValueType::Fidelity
        | ValueType::Style
        | ValueType::Json => None,
    };
    Some(Hover { range, markdown: markdown? })
}

fn handler_markdown(kind: &str, name: &str, handler: impl Fn(&Profile) -> Option<Handler>) -> Option<String> {
    let first = Profile::all().iter().find_map(&handler)?;
    let mut text =
        format!("**{}** · {kind} of {}\n\n{}\n", code(name), wording::handler(first), first.docs());
    let known: Vec<&str> = Profile::all()
        .iter()
        .filter(|profile| handler(profile).is_some())
        .map(|profile| profile.name)
        .collect();
    text.push_str(&format!("\n- known to {}", known.join(", ")));
    Some(text)
}

fn color_markdown(written: &str, color: Color) -> String {
    let percent = |part: f64| (part * 100.0).round();
    format!(
        "**{}** · colour {}\n\n- red {}%, green {}%, blue {}%",
        code(written),
        code(&color.hex()),
        percent(color.red),
        percent(color.green),
        percent(color.blue)
    )
}

fn in_stylesheet(document: &Document, pair: &Pair, offset: u32) -> Option<Hover> {
    let inside = Inside::new(document.source(), pair.written.value);
    let at = inside.offset(offset);
    let text = &*inside.text;
    let sheet = stylesheet::parse(text);
    let rule = sheet.rules.iter().find(|rule| rule.range.touches(at))?;
    if rule.selector.range.touches(at) {
        let pipeline = document.pipeline();
        let nodes = pipeline.nodes().filter(|&node| pipeline.rule_matches(rule, node));
        let selector = code(rule.selector.range.text(text));
        let markdown = format!("**{selector}** · selects {}", node_list(document, nodes));
        return Some(Hover { range: inside.map.range(rule.selector.range), markdown });
    }
    let declaration = sheet.declarations(rule).iter().find(|found| found.range().touches(at))?;
    let key = AttributeKey::from_name(declaration.property.text(text))?;
    let schema = dotwright_model::attribute(key, dotwright_model::Scope::Node)?;
    let range: TextRange = inside.map.range(declaration.property);
    Some(Hover { range, markdown: wording::attribute(schema, document.settings().profile) })
}

/// A span of time in words.
fn spelled(span: Milliseconds) -> String {
    let units =
        [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second"), (1, "millisecond")];
    let mut rest = span.0;
    let mut parts = Vec::new();
    for (length, noun) in units {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            parts.push(wording::counted(count as usize, noun));
        }
    }
    if parts.is_empty() { "no time".to_owned() } else { parts.join(" ") }
}
