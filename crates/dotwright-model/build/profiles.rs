//! `data/profiles.toml` and `data/shapes.toml`: how each runner reads a pipeline.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    attributes::Schema,
    emit,
    handlers::Handlers,
    source::{self, Place},
};

const FILE: &str = "data/profiles.toml";
const SHAPES: &str = "data/shapes.toml";

const OUTCOMES: [&str; 5] = ["success", "partial_success", "retry", "fail", "skipped"];

const LEVELS: [&str; 5] = ["off", "hint", "info", "warning", "error"];

/// How the data file writes the variants of `Operator`.
const OPERATORS: [(&str, &str); 20] = [
    ("=", "Equal"),
    ("==", "DoubleEqual"),
    ("!=", "NotEqual"),
    ("<", "Less"),
    ("<=", "LessEqual"),
    (">", "Greater"),
    (">=", "GreaterEqual"),
    ("contains", "Contains"),
    ("startswith", "StartsWith"),
    ("endswith", "EndsWith"),
    ("matches", "Matches"),
    ("in", "In"),
    ("&&", "And"),
    ("and", "AndWord"),
    ("||", "Or"),
    ("or", "OrWord"),
    ("!", "Not"),
    ("not", "NotWord"),
    ("()", "Parentheses"),
    ("bare-key", "BareKey"),
];

/// One question with a closed set of answers: key in the file, enum, and its variants in kebab case.
struct Switch {
    key: &'static str,
    name: &'static str,
    answers: &'static [&'static str],
}

const fn switch(key: &'static str, name: &'static str, answers: &'static [&'static str]) -> Switch {
    Switch { key, name, answers }
}

const SWITCHES: [Switch; 18] = [
    switch("bare_keys", "BareKeys", &["listed", "any"]),
    switch(
        "branch_scope",
        "BranchScope",
        &["sub-walk", "sub-walk-in-worktree", "sub-walk-to-fan-in", "single-node"],
    ),
    switch("dead_end", "DeadEnd", &["fail", "success"]),
    switch("diamond_outcome", "DiamondOutcome", &["forward", "success"]),
    switch(
        "failed_step",
        "FailedStep",
        &["strict", "follow", "follow-beside-conditional", "if-target-runs-on", "never"],
    ),
    switch("integer_duration", "IntegerDuration", &["seconds", "undefined", "zero", "ignored", "error"]),
    switch("label_routing", "LabelRouting", &["plain-edges", "all-edges"]),
    switch("no_route", "NoRoute", &["fail", "success", "take-false-edge", "node-targets"]),
    switch("quoted_literals", "QuotedLiterals", &["typed", "text"]),
    switch("region_failure", "RegionFailure", &["fail", "partial", "success-if-any"]),
    switch("retry_failures", "RetryFailures", &["by-class", "never"]),
    switch("several_conditions", "SeveralConditions", &["weight-then-id", "file-order", "all-if-they-meet"]),
    switch("shell", "Shell", &["sh", "bash"]),
    switch("unknown_shape", "UnknownShape", &["llm-step", "refused"]),
    switch("unknown_style_property", "UnknownStyleProperty", &["reported", "ignored", "read", "refused"]),
    switch("unknown_type", "UnknownType", &["refused", "by-shape"]),
    switch("unmatched_answer", "UnmatchedAnswer", &["pause", "first-choice"]),
    switch("unvisited_gate", "UnvisitedGate", &["unsatisfied", "ignored"]),
];

const CHOICE_MATCHES: [&str; 3] = ["key", "label", "target"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    profile: Vec<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    reader: String,
    docs: String,
    types: BTreeMap<String, String>,
    omitted_shape: String,
    start_ids: Vec<String>,
    exit_ids: Vec<String>,
    ids_ignore_case: bool,
    outcomes: BTreeMap<String, Vec<String>>,
    routable: Vec<String>,
    outcomes_ignore_case: bool,
    custom_outcomes: bool,
    outcome_reads_label: bool,
    operators: Vec<String>,
    condition_keys: Vec<String>,
    condition_prefixes: Vec<String>,
    style_properties: Vec<String>,
    shape_selectors: bool,
    underscore_in_classes: bool,
    blanks_separate_classes: bool,
    join_policies: Vec<String>,
    error_policies: Vec<String>,
    fidelity_modes: Vec<String>,
    reasoning_efforts: Vec<String>,
    aliases: Vec<AliasRow>,
    pipefail: bool,
    multiple_exits: bool,
    duration_units: Vec<String>,
    diamond_runs: Vec<String>,
    failed_step_stops: Vec<String>,
    failure_targets: Vec<String>,
    gate_targets: Vec<String>,
    default_choice: Vec<String>,
    loop_bounds: Vec<String>,
    default_visit_cap: u32,
    severities: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AliasRow {
    key: String,
    scope: String,
    wins: bool,
}

/// Shape, then type name by profile.
type ShapeTable = BTreeMap<String, BTreeMap<String, String>>;

/// Source text of `PROFILES`.
pub(crate) fn read(handlers: &Handlers, schema: &Schema) -> Result<String, String> {
    let file: File = Place::new(FILE, "profile").row(source::read(FILE)?.into())?;
    let shapes: ShapeTable = Place::new(SHAPES, "shape").row(source::read(SHAPES)?.into())?;
    let mut names = Vec::new();
    let mut profiles = String::new();
    for mut table in file.profile {
        let name = table.get("name").and_then(toml::Value::as_str).unwrap_or("without name").to_owned();
        let place = Place::new(FILE, format!("profile {name}"));
        let switches = switches(&place, &mut table)?;
        let row = place.row(table.into())?;
        profiles += &profile(&Context { place, handlers, schema, shapes: &shapes }, row, &switches)?;
        names.push(name);
    }
    for (shape, cells) in &shapes {
        if let Some(name) = cells.keys().find(|name| !names.contains(name)) {
            return Err(Place::new(SHAPES, shape.as_str()).problem(name, format!("is no profile of {FILE}")));
        }
    }
    Ok(format!("static PROFILES: [Profile; {}] = [\n{profiles}];\n", names.len()))
}

fn switches(place: &Place, table: &mut toml::Table) -> Result<String, String> {
    let mut fields = String::new();
    for Switch { key, name, answers } in &SWITCHES {
        let value = table.remove(*key).ok_or_else(|| place.problem(key, "is missing"))?;
        let answer = one_of(place, key, value.as_str().unwrap_or_default(), answers)?;
        fields += &format!("{key}: {name}::{answer}, ");
    }
    Ok(fields)
}

/// What every part of a profile is checked against.
struct Context<'a> {
    place: Place,
    handlers: &'a Handlers,
    schema: &'a Schema,
    shapes: &'a ShapeTable,
}

fn profile(context: &Context<'_>, row: Row, switches: &str) -> Result<String, String> {
    let omitted =
        (!row.omitted_shape.is_empty()).then(|| context.handler("omitted_shape", &row.omitted_shape));
    let cap = (row.default_visit_cap > 0).then(|| row.default_visit_cap.to_string());
    let choices = row.default_choice.iter().map(|word| {
        let choice = one_of(&context.place, "default_choice", word, &CHOICE_MATCHES)?;
        Ok(format!("ChoiceMatch::{choice}"))
    });
    Ok(format!(
        "Profile {{ name: {:?}, docs: {:?}, reader: {:?}, {switches}\nshapes: {}, types: {}, omitted_shape: {}, \
         start_ids: {}, exit_ids: {}, ids_ignore_case: {}, multiple_exits: {}, aliases: {},\n\
         outcome_words: {}, outcomes_ignore_case: {}, custom_outcomes: {}, outcome_reads_label: {}, \
         operators: OperatorSet::of({}), condition_keys: {}, condition_prefixes: {},\n\
         style_properties: {}, shape_selectors: {}, underscore_in_classes: {}, blanks_separate_classes: {}, \
         join_policies: {}, error_policies: {}, fidelity_modes: {}, reasoning_efforts: {}, pipefail: {}, \
         duration_units: {},\ndiamond_runs: {}, failed_step_stops: {}, failure_targets: {}, gate_targets: {}, \
         default_choice: {}, loop_bounds: {}, default_visit_cap: {}, severities: {} }},\n",
        row.name,
        row.docs,
        row.reader,
        context.shapes(&row.name)?,
        context.types(&row.types)?,
        emit::option(omitted.transpose()?),
        emit::strings(&row.start_ids),
        emit::strings(&row.exit_ids),
        row.ids_ignore_case,
        row.multiple_exits,
        context.aliases(&row.aliases, &row.reader)?,
        context.outcomes(&row.outcomes, &row.routable)?,
        row.outcomes_ignore_case,
        row.custom_outcomes,
        row.outcome_reads_label,
        context.operators(&row.operators)?,
        emit::strings(&row.condition_keys),
        emit::strings(&row.condition_prefixes),
        emit::strings(&row.style_properties),
        row.shape_selectors,
        row.underscore_in_classes,
        row.blanks_separate_classes,
        emit::strings(&row.join_policies),
        emit::strings(&row.error_policies),
        emit::strings(&row.fidelity_modes),
        emit::strings(&row.reasoning_efforts),
        row.pipefail,
        emit::strings(&row.duration_units),
        context.keys("diamond_runs", &row.diamond_runs)?,
        context.stops(&row.failed_step_stops)?,
        context.targets("failure_targets", &row.failure_targets)?,
        context.targets("gate_targets", &row.gate_targets)?,
        emit::slice(choices.collect::<Result<Vec<_>, String>>()?),
        context.keys("loop_bounds", &row.loop_bounds)?,
        emit::option(cap),
        context.severities(&row.severities)?,
    ))
}

impl Context<'_> {
    fn handler(&self, key: &str, type_name: &str) -> Result<String, String> {
        self.handlers.path(type_name).map_err(|what| self.place.problem(key, what))
    }

    fn shapes(&self, profile: &str) -> Result<String, String> {
        let mut shapes: BTreeMap<&str, &str> = self.handlers.base_shapes().collect();
        for (shape, cells) in self.shapes {
            let Some(type_name) = cells.get(profile) else { continue };
            if shapes.insert(shape, type_name).is_some() {
                return Err(
                    Place::new(SHAPES, shape.as_str()).problem(profile, "the base table has this shape")
                );
            }
        }
        let pairs = shapes.into_iter().map(|(shape, type_name)| {
            let handler = self.handlers.path(type_name);
            let handler = handler.map_err(|what| Place::new(SHAPES, shape).problem(profile, what))?;
            Ok(format!("({shape:?}, {handler})"))
        });
        Ok(emit::slice(pairs.collect::<Result<Vec<_>, String>>()?))
    }

    /// The base types, with what the profile adds; an empty handler takes a base type away.
    fn types(&self, own: &BTreeMap<String, String>) -> Result<String, String> {
        let mut types: BTreeMap<&str, &str> = self.handlers.base_types().map(|name| (name, name)).collect();
        for (name, handler) in own {
            if handler.is_empty() {
                types
                    .remove(name.as_str())
                    .ok_or_else(|| self.place.problem("types", format!("`{name}` is no base type")))?;
            } else {
                types.insert(name, handler);
            }
        }
        let pairs = types
            .into_iter()
            .map(|(name, handler)| Ok(format!("({name:?}, {})", self.handler("types", handler)?)));
        Ok(emit::slice(pairs.collect::<Result<Vec<_>, String>>()?))
    }

    fn aliases(&self, rows: &[AliasRow], reader: &str) -> Result<String, String> {
        let aliases = rows.iter().map(|AliasRow { key, scope, wins }| {
            let stands_for = self.schema.alias(key, scope, reader)?;
            let key = self.schema.key(key)?;
            let scope = emit::camel(scope);
            Ok(format!(
                "Alias {{ key: {key}, stands_for: {stands_for}, scope: Scope::{scope}, wins: {wins} }}"
            ))
        });
        let aliases: Result<Vec<String>, String> = aliases.collect();
        aliases.map(emit::slice).map_err(|what| self.place.problem("aliases", what))
    }

    fn outcomes(&self, words: &BTreeMap<String, Vec<String>>, routable: &[String]) -> Result<String, String> {
        let unknown = words.keys().chain(routable).find(|word| !OUTCOMES.contains(&word.as_str()));
        if let Some(word) = unknown {
            return Err(self
                .place
                .problem("outcomes", format!("`{word}` is none of {}", OUTCOMES.join(" "))));
        }
        let mut entries = Vec::new();
        for outcome in OUTCOMES {
            let Some(words) = words.get(outcome) else { continue };
            let [word, synonyms @ ..] = words.as_slice() else {
                return Err(self.place.problem("outcomes", format!("`{outcome}` has no word")));
            };
            entries.push(format!(
                "OutcomeWord {{ outcome: Outcome::{}, word: {word:?}, synonyms: {}, routable: {} }}",
                emit::camel(outcome),
                emit::strings(synonyms),
                routable.iter().any(|name| name == outcome),
            ));
        }
        Ok(emit::slice(entries))
    }

    fn operators(&self, operators: &[String]) -> Result<String, String> {
        let operators = operators.iter().map(|operator| {
            let variant = OPERATORS.iter().find(|(text, _)| text == operator).map(|(_, variant)| variant);
            let variant = variant
                .ok_or_else(|| self.place.problem("operators", format!("`{operator}` is no operator")))?;
            Ok(format!("Operator::{variant}"))
        });
        Ok(emit::slice(operators.collect::<Result<Vec<_>, String>>()?))
    }

    fn keys(&self, key: &str, names: &[String]) -> Result<String, String> {
        let keys: Result<Vec<String>, String> = names.iter().map(|name| self.schema.key(name)).collect();
        keys.map(emit::slice).map_err(|what| self.place.problem(key, what))
    }

    fn stops(&self, type_names: &[String]) -> Result<String, String> {
        let handlers = type_names.iter().map(|name| self.handler("failed_step_stops", name));
        Ok(emit::slice(handlers.collect::<Result<Vec<_>, String>>()?))
    }

    fn targets(&self, key: &str, names: &[String]) -> Result<String, String> {
        let targets = names.iter().map(|name| {
            let (scope, key) = self.schema.scoped_key(name)?;
            Ok(format!("JumpTarget {{ scope: {scope}, key: {key} }}"))
        });
        let targets: Result<Vec<String>, String> = targets.collect();
        targets.map(emit::slice).map_err(|what| self.place.problem(key, what))
    }

    fn severities(&self, severities: &BTreeMap<String, String>) -> Result<String, String> {
        let pairs = severities.iter().map(|(rule, level)| {
            Ok(format!("({rule:?}, Level::{})", one_of(&self.place, "severities", level, &LEVELS)?))
        });
        Ok(emit::slice(pairs.collect::<Result<Vec<_>, String>>()?))
    }
}

/// The variant name of a word out of a closed set.
fn one_of(place: &Place, key: &str, word: &str, known: &[&str]) -> Result<String, String> {
    if known.contains(&word) {
        Ok(emit::camel(word))
    } else {
        Err(place.problem(key, format!("`{word}` is none of {}", known.join(" "))))
    }
}
