//! Turns of phrase that several features share, in Markdown.

use std::fmt::Write;

use dotwright_engine::condition::Key;
use dotwright_model::{
    AttributeSchema, EdgeId, Handler, HandlerSource, NodeId, Origin, Pipeline, Profile, ValueType,
};
use dotwright_syntax::ast::StmtId;
use dotwright_syntax::condition::{Clause, Condition, ExprId, ExprKind, OperatorKind};
use dotwright_syntax::decode;

use crate::document::Document;

/// Text in back-ticks, on one line and of bearable length.
pub(crate) fn code(text: &str) -> String {
    const LONGEST: usize = 120;
    let line = text.trim().lines().next().unwrap_or("");
    let shown: String = line.chars().take(LONGEST).collect();
    let more = if shown.len() < text.trim().len() { "…" } else { "" };
    let fence = if shown.contains('`') { "``" } else { "`" };
    let pad = if shown.starts_with('`') || shown.ends_with('`') || shown.is_empty() { " " } else { "" };
    format!("{fence}{pad}{shown}{more}{pad}{fence}")
}

/// A number with its noun.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Where a statement begins: `line 3`.
pub(crate) fn line_of(document: &Document, stmt: StmtId) -> String {
    format!("line {}", document.lines().line(document.ast()[stmt].range.start) + 1)
}

/// Where a value comes from.
pub(crate) fn origin(document: &Document, origin: Origin) -> String {
    match origin {
        Origin::Explicit => "written here".to_owned(),
        Origin::DefaultBlock(stmt) => format!("default block, {}", line_of(document, stmt)),
        Origin::SubgraphDefault(stmt) => {
            format!("default block of the subgraph, {}", line_of(document, stmt))
        }
        Origin::Stylesheet(rule) => match document.pipeline().stylesheet() {
            Some(sheet) => {
                let rule = sheet.stylesheet.rules.get(rule as usize);
                let selector = rule.map_or("", |rule| rule.selector.range.text(sheet.text));
                format!("stylesheet rule {}", code(selector))
            }
            None => "stylesheet".to_owned(),
        },
        Origin::GraphAttribute => "graph attribute".to_owned(),
        Origin::BuiltIn => "built in".to_owned(),
    }
}

/// Why a node has its handler.
pub(crate) fn handler_reason(pipeline: &Pipeline, node: NodeId) -> String {
    let found = pipeline.node(node);
    let guess = if found.has_fallback_handler { ", which the profile does not know" } else { "" };
    match found.handler_source {
        HandlerSource::Type => format!("by `type`{guess}"),
        HandlerSource::Shape => format!("by {}{guess}", code(&format!("shape={}", pipeline.shape(node)))),
        HandlerSource::Id => "by its id".to_owned(),
        HandlerSource::Omitted => "neither `shape` nor `type` is written".to_owned(),
    }
}

/// A handler with its type name.
pub(crate) fn handler(handler: Handler) -> String {
    format!("{} ({})", handler.noun(), code(handler.type_name()))
}

/// `a -> b`
pub(crate) fn edge(pipeline: &Pipeline, edge: EdgeId) -> String {
    format!("{} -> {}", pipeline.id(pipeline.source_of(edge)), pipeline.id(pipeline.target_of(edge)))
}

/// A condition in words; empty for a blank one. The parser bounds its nesting.
pub(crate) fn condition(condition: &Condition, text: &str) -> String {
    let mut words = String::new();
    if let Some(root) = condition.root() {
        expression(condition, text, root, false, &mut words);
    }
    words
}

fn expression(condition: &Condition, text: &str, id: ExprId, is_inner: bool, words: &mut String) {
    let joined = |word: &str, words: &mut String| {
        if is_inner {
            words.push('(');
        }
        for (index, child) in condition.children(id).enumerate() {
            if index > 0 {
                words.push_str(word);
            }
            expression(condition, text, child, true, words);
        }
        if is_inner {
            words.push(')');
        }
    };
    match condition[id].kind {
        ExprKind::And(_) => joined(" and ", words),
        ExprKind::Or(_) => joined(" or ", words),
        ExprKind::Not(_) => {
            words.push_str("not ");
            joined("", words);
        }
        ExprKind::Clause(_) => {
            if let Some(clause) = condition.clause(id) {
                words.push_str(&clause_words(clause, text));
            }
        }
        ExprKind::Missing => words.push('…'),
    }
}

fn clause_words(clause: &Clause, text: &str) -> String {
    let key = match Key::new(clause.key.text(text)) {
        Key::Outcome => "the outcome".to_owned(),
        Key::PreferredLabel => "the preferred label".to_owned(),
        Key::Context(key) => code(key),
    };
    let (Some(operator), Some(literal)) = (clause.operator, clause.literal) else {
        return format!("{key} is set");
    };
    let literal = literal.decoded(text);
    let not = if operator.negated { "not " } else { "" };
    let verb = match operator.kind {
        OperatorKind::Equal | OperatorKind::DoubleEqual if literal.is_empty() => {
            return format!("{key} is empty");
        }
        OperatorKind::NotEqual if literal.is_empty() => return format!("{key} is not empty"),
        OperatorKind::Equal | OperatorKind::DoubleEqual => "is",
        OperatorKind::NotEqual => "is not",
        OperatorKind::Less => "is less than",
        OperatorKind::LessEqual => "is at most",
        OperatorKind::Greater => "is greater than",
        OperatorKind::GreaterEqual => "is at least",
        OperatorKind::Contains => "contains",
        OperatorKind::StartsWith => "starts with",
        OperatorKind::EndsWith => "ends with",
        OperatorKind::Matches => "matches",
        OperatorKind::In => "is one of",
    };
    format!("{not}{key} {verb} {}", code(&literal))
}

/// What is known about an attribute, in Markdown.
pub(crate) fn attribute(schema: &AttributeSchema, profile: &Profile) -> String {
    let mut text =
        format!("**`{}`** · {} attribute\n\n{}\n", schema.key.name(), schema.scope.as_str(), schema.docs);
    let mut fact = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _infallible = write!(text, "\n- {name}: {value}");
    };
    fact("type", schema.value_type.noun().to_owned());
    if let Some(default) = schema.default {
        fact("default", code(default));
    }
    let allowed = allowed_values(schema, profile);
    if !allowed.is_empty() && allowed.len() <= 12 {
        fact("values", allowed.iter().map(|value| code(value)).collect::<Vec<_>>().join(", "));
    }
    if let Some(range) = schema.range {
        let unit = if schema.value_type == ValueType::Duration { " ms" } else { "" };
        match range.maximum {
            Some(maximum) => fact("range", format!("{} to {maximum}{unit}", range.minimum)),
            None => fact("range", format!("at least {}{unit}", range.minimum)),
        }
    }
    if let Some(key) = schema.alias_of {
        fact("stands for", code(key.name()));
    }
    if !schema.handlers.is_empty() {
        fact("used by", schema.handlers.iter().map(|handler| handler.noun()).collect::<Vec<_>>().join(", "));
    }
    let readers: Vec<&str> =
        Profile::all().iter().filter(|profile| profile.reads(schema)).map(|profile| profile.name).collect();
    match (readers.is_empty(), schema.layout_only) {
        (true, true) => fact("read by", "Graphviz only".to_owned()),
        (true, false) => fact("read by", "none of the profiles".to_owned()),
        (false, _) => fact("read by", readers.join(", ")),
    }
    text
}

/// The words that a value may be; empty where any text goes.
pub(crate) fn allowed_values(schema: &AttributeSchema, profile: &Profile) -> Vec<&'static str> {
    use dotwright_model::AttributeKey;
    match schema.value_type {
        ValueType::Boolean => vec!["true", "false"],
        ValueType::Shape => known_shapes(profile),
        ValueType::HandlerType => profile.types.iter().map(|(name, _)| *name).collect(),
        ValueType::Fidelity => profile_list(profile.fidelity_modes),
        ValueType::Enum | ValueType::String if schema.key == AttributeKey::REASONING_EFFORT => {
            profile_list(profile.reasoning_efforts)
        }
        ValueType::Enum if schema.key == AttributeKey::JOIN_POLICY => profile_list(profile.join_policies),
        ValueType::Enum if schema.key == AttributeKey::ERROR_POLICY => profile_list(profile.error_policies),
        ValueType::String
        | ValueType::Template
        | ValueType::Command
        | ValueType::Integer
        | ValueType::Float
        | ValueType::Duration
        | ValueType::NodeId
        | ValueType::Condition
        | ValueType::Stylesheet
        | ValueType::CommaList
        | ValueType::Path
        | ValueType::Enum
        | ValueType::Color
        | ValueType::Style
        | ValueType::Json => schema.allowed.to_vec(),
    }
}

fn known_shapes(profile: &Profile) -> Vec<&'static str> {
    profile.shapes.iter().map(|(shape, _)| *shape).collect()
}

fn profile_list(list: &'static [&'static str]) -> Vec<&'static str> {
    list.to_vec()
}

/// The label of a node, where it is not the id.
pub(crate) fn label(pipeline: &Pipeline, node: NodeId) -> Option<String> {
    let label = pipeline.node_attribute(node, dotwright_model::AttributeKey::LABEL)?;
    let text = decode(pipeline.source(), label.value());
    let line = text.split(['\n', '\r']).next().unwrap_or("").trim().replace("\\n", " ");
    (!line.is_empty() && line != pipeline.id(node)).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn words(text: &str, expected: &str) {
        assert_eq!(condition(&dotwright_syntax::condition::parse(text), text), expected);
    }

    #[test]
    fn conditions_are_read_aloud() {
        words("outcome=fail", "the outcome is `fail`");
        words("outcome!=success && context.flag", "the outcome is not `success` and `flag` is set");
        words("(a=1 || b>2) && !c=\"\"", "(`a` is `1` or `b` is greater than `2`) and not (`c` is empty)");
        words("", "");
    }

    #[test]
    fn code_is_one_line() {
        assert_eq!(code("a\nb"), "`a…`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code(""), "`  `");
    }
}
