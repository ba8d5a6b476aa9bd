//! `dotwright explain`: all that is known about one name.

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use dotwright_diagnostics::did_you_mean;
use dotwright_lint::page;
use dotwright_lint::{Resolved, Rule, Selector, all_rules, resolve_name, rule};
use dotwright_model::{
    AttributeKey, AttributeSchema, Handler, Level, Profile, Scope, ValueType, attribute, attribute_family,
};

use crate::args::ExplainArgs;
use crate::error::AppError;
use crate::rules::level_name;
use crate::{Verdict, output};

pub(crate) fn run(arguments: &ExplainArgs) -> Result<Verdict, AppError> {
    let text = explain(&arguments.name).ok_or_else(|| unknown(&arguments.name))?;
    output::write_stdout(text.as_bytes())?;
    Ok(Verdict::Clean)
}

/// A word can be several of these: `shape` is an attribute, `tool` a handler type.
fn explain(name: &str) -> Option<String> {
    let parts = [rules_text(name), attribute_text(name), shape_text(name), handler_text(name)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

fn unknown(name: &str) -> AppError {
    let mut known: BTreeSet<&str> = all_rules().iter().map(|rule| rule.name).collect();
    known.extend(AttributeKey::all().map(AttributeKey::name));
    known.extend(Profile::all().iter().flat_map(|profile| profile.shapes).map(|(shape, _)| *shape));
    known.extend(Profile::all().iter().flat_map(|profile| profile.types).map(|(name, _)| *name));
    known.extend(Handler::ALL.map(Handler::type_name));
    let help = match did_you_mean(name, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "see `dotwright rules` for the rules".to_owned(),
    };
    AppError::usage(format!("`{name}` is no rule, attribute, shape or handler type"), help)
}

fn rules_text(name: &str) -> Option<String> {
    let Resolved::Selectors(selectors) = resolve_name(name) else { return None };
    let texts = selectors.into_iter().map(|selector| match selector {
        Selector::Rule(name) => rule(name).map(rule_text).unwrap_or_default(),
        Selector::Category(category) => {
            let rules = all_rules().iter().filter(|rule| rule.category == category);
            let rules: String =
                rules.map(|rule| format!("  {}  {}\n", rule.name, page::summary(rule.page))).collect();
            format!("Rules of the category `{}`:\n{rules}", category.as_str())
        }
    });
    Some(texts.collect::<Vec<_>>().join("\n"))
}

fn rule_text(rule: &'static Rule) -> String {
    let mut text = page::text(rule.page);
    let level = match rule.level {
        Level::Off => format!("off; {} when selected", level_name(rule.selected_level)),
        Level::Hint | Level::Info | Level::Warning | Level::Error => level_name(rule.level).to_owned(),
    };
    let mut facts = Facts::new(&mut text);
    facts.gap();
    facts.add("category", rule.category.as_str());
    facts.add("level", level);
    for profile in Profile::all() {
        if let Some(level) = profile.severity(rule.name) {
            facts.add("", format_args!("{} under `{}`", level_name(level), profile.name));
        }
    }
    facts.add("fix", rule.fixability.as_str());
    if let Some(spec) = rule.spec_id {
        facts.add("specification", spec);
    }
    text
}

fn attribute_text(name: &str) -> Option<String> {
    let schemas = AttributeKey::from_name(name)
        .into_iter()
        .flat_map(|key| Scope::ALL.into_iter().filter_map(move |scope| attribute(key, scope)));
    let mut texts: Vec<String> = schemas.map(schema_text).collect();
    if texts.is_empty() {
        let families = Scope::ALL.into_iter().filter_map(|scope| attribute_family(name, scope));
        texts.extend(families.map(|family| {
            let mut text =
                format!("{} attributes `{}...`\n{}\n\n", family.scope.as_str(), family.prefix, family.docs);
            Facts::new(&mut text).add("read by", family.readers.join(", "));
            text
        }));
    }
    (!texts.is_empty()).then(|| texts.join("\n"))
}

fn schema_text(schema: &AttributeSchema) -> String {
    let mut text =
        format!("{} attribute `{}`\n{}\n\n", schema.scope.as_str(), schema.key.name(), schema.docs);
    let mut facts = Facts::new(&mut text);
    facts.add("type", schema.value_type.noun());
    if let Some(default) = schema.default {
        facts.add("default", default);
    }
    if !schema.allowed.is_empty() {
        facts.add("values", schema.allowed.join(", "));
    }
    if let Some(range) = schema.range {
        let unit = if schema.value_type == ValueType::Duration { " ms" } else { "" };
        match range.maximum {
            Some(maximum) => facts.add("range", format_args!("{} to {maximum}{unit}", range.minimum)),
            None => facts.add("range", format_args!("at least {}{unit}", range.minimum)),
        }
    }
    if let Some(key) = schema.alias_of {
        facts.add("stands for", key.name());
    }
    if !schema.handlers.is_empty() {
        let handlers: Vec<&str> = schema.handlers.iter().map(|handler| handler.type_name()).collect();
        facts.add("used by", handlers.join(", "));
    }
    let readers = match (schema.readers, schema.more_readers) {
        ([], 0) if schema.layout_only => "Graphviz only".to_owned(),
        ([], 0) => "nobody".to_owned(),
        (readers, 0) => readers.join(", "),
        ([], more) => format!("{more} programs"),
        (readers, more) => format!("{} and {more} more", readers.join(", ")),
    };
    facts.add("read by", readers);
    facts.add("specified", if schema.in_spec { "yes" } else { "no" });
    text
}

fn shape_text(name: &str) -> Option<String> {
    per_profile("shape", name, |profile| profile.shape_handler(name))
}

fn handler_text(name: &str) -> Option<String> {
    let types = per_profile("handler type", name, |profile| profile.type_handler(name));
    match (types, Handler::from_type_name(name)) {
        (Some(text), _) => Some(text),
        (None, Some(handler)) => {
            Some(format!("handler type `{name}`: {}\n{}\n", handler.noun(), handler.docs()))
        }
        (None, None) => None,
    }
}

fn per_profile(
    kind: &str,
    name: &str,
    handler: impl Fn(&'static Profile) -> Option<Handler>,
) -> Option<String> {
    let first = Profile::all().iter().find_map(&handler)?;
    let mut text = format!("{kind} `{name}`\n{}\n\n", first.docs());
    let mut facts = Facts::new(&mut text);
    for profile in Profile::all() {
        match handler(profile) {
            Some(handler) => {
                facts.add(profile.name, format_args!("{} ({})", handler.noun(), handler.type_name()))
            }
            None => facts.add(profile.name, "not known"),
        }
    }
    Some(text)
}

/// Lines of names and values.
struct Facts<'t> {
    text: &'t mut String,
}

impl<'t> Facts<'t> {
    fn new(text: &'t mut String) -> Facts<'t> {
        Facts { text }
    }

    fn gap(&mut self) {
        self.text.push('\n');
    }

    fn add(&mut self, name: &str, value: impl fmt::Display) {
        // Writing to a string cannot fail.
        let _infallible = writeln!(self.text, "{name:17}  {value}");
    }
}
