//! `data/attributes.toml` and `data/graphviz.toml`: the attribute schema.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    emit,
    handlers::Handlers,
    name_hash,
    source::{self, Place},
    value,
};

const FILE: &str = "data/attributes.toml";
const GRAPHVIZ: &str = "data/graphviz.toml";

/// The bundled runner among the readers.
const OURS: &str = "attractor";

const SCOPES: [&str; 4] = ["graph", "subgraph", "node", "edge"];

const TYPES: [&str; 19] = [
    "string",
    "template",
    "command",
    "integer",
    "float",
    "boolean",
    "duration",
    "node-id",
    "condition",
    "stylesheet",
    "comma-list",
    "path",
    "enum",
    "shape",
    "handler-type",
    "fidelity",
    "color",
    "style",
    "json",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    r#type: String,
    #[serde(default)]
    allowed: Vec<String>,
    default: Option<String>,
    minimum: Option<i64>,
    maximum: Option<i64>,
    #[serde(default)]
    spec: bool,
    #[serde(default)]
    readers: String,
    #[serde(default)]
    handlers: Vec<String>,
    #[serde(default)]
    layout: bool,
    alias_of: Option<String>,
    docs: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GraphvizRow {
    scopes: Vec<String>,
    r#type: String,
    docs: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FamilyRow {
    scope: String,
    readers: String,
    docs: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReaderRow {
    all_7: Vec<String>,
    others: Vec<String>,
}

/// One `AttributeSchema`: source text of the fields that need no other row, and what other rows ask about it.
struct Entry {
    source: String,
    alias_of: Option<String>,
    readers: Vec<String>,
}

pub(crate) struct Schema {
    /// By name, then by position in `SCOPES`.
    entries: BTreeMap<String, BTreeMap<usize, Entry>>,
    /// Associated constant of each name.
    constants: BTreeMap<String, String>,
    families: Vec<String>,
}

impl Schema {
    pub(crate) fn read(handlers: &Handlers) -> Result<Self, String> {
        let mut tables = source::read(FILE)?;
        let mut take =
            |name: &str| tables.remove(name).ok_or_else(|| format!("{FILE}: table [{name}] is missing"));
        let programs: ReaderRow = Place::new(FILE, "readers").row(take("readers")?)?;
        let overrides: BTreeMap<String, String> = Place::new(FILE, "constants").row(take("constants")?)?;
        let families = families(take("families")?, &programs)?;

        let mut entries: BTreeMap<String, BTreeMap<usize, Entry>> = BTreeMap::new();
        for (index, scope) in SCOPES.into_iter().enumerate() {
            for (name, table) in Place::new(FILE, scope).row::<toml::Table>(take(scope)?)? {
                let place = Place::new(FILE, format!("{scope}.{name}"));
                let row = place.row(table)?;
                let entry = entry(&place, row, scope, handlers, &programs)?;
                entries.entry(name).or_default().insert(index, entry);
            }
        }
        if let Some(table) = tables.keys().next() {
            return Err(format!("{FILE}: [{table}] is no scope"));
        }
        graphviz(&mut entries)?;
        let constants = constants(&entries, &overrides)?;
        let schema = Schema { entries, constants, families };
        schema.check_aliases()?;
        Ok(schema)
    }

    fn check_aliases(&self) -> Result<(), String> {
        for (name, scopes) in &self.entries {
            for (index, entry) in scopes {
                let Some(target) = &entry.alias_of else { continue };
                let target = self.entries.get(target).and_then(|scopes| scopes.get(index));
                let scope = SCOPES.get(*index).copied().unwrap_or_default();
                let place = Place::new(FILE, format!("{scope}.{name}"));
                match target {
                    None => {
                        return Err(place.problem("alias_of", format!("names no attribute of the {scope}")));
                    }
                    Some(target) if target.alias_of.is_some() => {
                        return Err(place.problem("alias_of", "names an attribute that is an alias itself"));
                    }
                    Some(_) => {}
                }
            }
        }
        Ok(())
    }

    /// The path expression of a key.
    pub(crate) fn key(&self, name: &str) -> Result<String, String> {
        let constant = self.constants.get(name).ok_or_else(|| format!("`{name}` is no attribute"))?;
        Ok(format!("AttributeKey::{constant}"))
    }

    /// The path expressions of scope and key for `scope.key`.
    pub(crate) fn scoped_key(&self, text: &str) -> Result<(String, String), String> {
        let (scope, name) = text.split_once('.').ok_or_else(|| format!("`{text}` is not `scope.key`"))?;
        self.entry(name, scope)?;
        Ok((format!("Scope::{}", emit::camel(scope)), self.key(name)?))
    }

    /// What the attribute stands for, checked to be read by `reader`.
    pub(crate) fn alias(&self, name: &str, scope: &str, reader: &str) -> Result<String, String> {
        let entry = self.entry(name, scope)?;
        if !entry.readers.iter().any(|known| known == reader) {
            return Err(format!("{FILE} does not list `{reader}` among the readers of `{scope}.{name}`"));
        }
        let target =
            entry.alias_of.as_ref().ok_or_else(|| format!("`{scope}.{name}` has no `alias_of` in {FILE}"))?;
        self.key(target)
    }

    fn entry(&self, name: &str, scope: &str) -> Result<&Entry, String> {
        let index = SCOPES.iter().position(|known| *known == scope);
        let entry = index.and_then(|index| self.entries.get(name)?.get(&index));
        entry.ok_or_else(|| format!("`{name}` is no attribute of the {scope}"))
    }

    pub(crate) fn emit(&self) -> String {
        let mut constants = String::new();
        let mut rows = String::new();
        let mut schemas = String::new();
        let mut row_number = 0;
        for (number, (name, scopes)) in self.entries.iter().enumerate() {
            let constant = self.constants.get(name).map(String::as_str).unwrap_or_default();
            constants +=
                &format!("/// `{name}`\npub const {constant}: AttributeKey = AttributeKey({number});\n");
            let mut row = [0; SCOPES.len()];
            for (slot, index) in row.iter_mut().zip(0..) {
                let Some(entry) = scopes.get(&index) else { continue };
                row_number += 1;
                *slot = row_number;
                let alias = entry.alias_of.as_ref().and_then(|target| self.constants.get(target));
                let alias = emit::option(alias.map(|target| format!("AttributeKey::{target}")));
                let source = &entry.source;
                schemas += &format!(
                    "AttributeSchema {{ key: AttributeKey::{constant}, alias_of: {alias}, {source} }},\n"
                );
            }
            rows += &format!("{row:?},\n");
        }
        let names: Vec<&String> = self.entries.keys().collect();
        let count = names.len();
        format!(
            "impl AttributeKey {{\n/// Number of known names.\npub const COUNT: usize = {count};\n{constants}}}
static NAMES: [&str; {count}] = {names:?};
static SLOTS: [u16; name_hash::SLOTS] = {:?};
static ROWS: [[u16; {}]; {count}] = [\n{rows}];
static ATTRIBUTES: [AttributeSchema; {row_number}] = [\n{schemas}];
static FAMILIES: [AttributeFamily; {}] = [\n{}];\n",
            hash_slots(&names),
            SCOPES.len(),
            self.families.len(),
            self.families.concat(),
        )
    }
}

/// Open addressing: each name sits at its slot or the next free one; 0 is empty, else the number of the name plus one.
fn hash_slots(names: &[&String]) -> Vec<u16> {
    let mut slots = vec![0; name_hash::SLOTS];
    for (name, number) in names.iter().zip(1..) {
        let first = name_hash::slot(name);
        let probes = (first..name_hash::SLOTS).chain(0..first);
        let free = probes.into_iter().find(|&slot| slots.get(slot) == Some(&0));
        if let Some(slot) = free.and_then(|slot| slots.get_mut(slot)) {
            *slot = number;
        }
    }
    slots
}

fn entry(
    place: &Place,
    row: Row,
    scope: &str,
    handlers: &Handlers,
    programs: &ReaderRow,
) -> Result<Entry, String> {
    check_value(place, &row)?;
    check_docs(place, &row.docs)?;
    let (mut readers, more) = readers(place, &row.readers, programs)?;
    if row.spec && !readers.iter().any(|reader| reader == OURS) {
        return Err(place.problem("readers", format!("a key of the base spec is read by `{OURS}`")));
    }
    readers.dedup();
    if scope != "node" && !row.handlers.is_empty() {
        return Err(place.problem("handlers", "only node attributes have handlers"));
    }
    let users: Result<Vec<String>, String> = row.handlers.iter().map(|name| handlers.path(name)).collect();
    let users = users.map_err(|what| place.problem("handlers", what))?;
    let range = row.minimum.map(|minimum| {
        let maximum = emit::option(row.maximum.map(|maximum| maximum.to_string()));
        format!("ValueRange {{ minimum: {minimum}, maximum: {maximum} }}")
    });
    let source = format!(
        "scope: Scope::{}, value_type: ValueType::{}, default: {}, allowed: {}, range: {}, docs: {:?}, in_spec: {}, \
         readers: {}, more_readers: {more}, handlers: {}, layout_only: {}",
        emit::camel(scope),
        emit::camel(&row.r#type),
        emit::option(row.default.map(|default| format!("{default:?}"))),
        emit::strings(&row.allowed),
        emit::option(range),
        row.docs,
        row.spec,
        emit::strings(&readers),
        emit::slice(users),
        row.layout,
    );
    Ok(Entry { source, alias_of: row.alias_of, readers })
}

fn check_value(place: &Place, row: &Row) -> Result<(), String> {
    let kind = row.r#type.as_str();
    if !TYPES.contains(&kind) {
        return Err(place.problem("type", format!("`{kind}` is none of {}", TYPES.join(" "))));
    }
    if !row.allowed.is_empty() && !matches!(kind, "enum" | "comma-list")
        || kind == "enum" && row.allowed.is_empty()
    {
        return Err(place.problem("allowed", "belongs to `enum`, which needs it, and to `comma-list`"));
    }
    let numeric = matches!(kind, "integer" | "float" | "duration");
    if (row.minimum.is_some() || row.maximum.is_some()) && !numeric
        || row.minimum.is_none() && row.maximum.is_some()
    {
        return Err(place.problem("minimum", "belongs to numbers and durations, and to every `maximum`"));
    }
    let Some(default) = row.default.as_deref() else { return Ok(()) };
    let fits = match kind {
        "integer" => value::parse_integer(default).is_some(),
        "float" => default.parse::<f64>().is_ok(),
        "boolean" => value::parse_boolean(default).is_some(),
        "duration" => matches!(value::parse_duration(default), Some(value::DurationLiteral::Span(_))),
        "enum" => row.allowed.iter().any(|word| word == default),
        "comma-list" => {
            row.allowed.is_empty()
                || default.split(',').all(|item| row.allowed.iter().any(|word| word == item))
        }
        _ => true,
    };
    if fits { Ok(()) } else { Err(place.problem("default", format!("`{default}` is no {kind}"))) }
}

fn check_docs(place: &Place, docs: &str) -> Result<(), String> {
    if docs.ends_with('.') { Ok(()) } else { Err(place.problem("docs", "is no sentence with a full stop")) }
}

/// Names of the readers, and how many more there are.
fn readers(place: &Place, text: &str, programs: &ReaderRow) -> Result<(Vec<String>, u8), String> {
    let mut names = Vec::new();
    let mut more = 0;
    for word in text.split_whitespace() {
        if word == "all-7" {
            names.extend(programs.all_7.iter().cloned());
        } else if let Some(count) = word.strip_prefix('+') {
            more = count.parse().map_err(|_| place.problem("readers", format!("`{word}` is no number")))?;
        } else if word == OURS || programs.all_7.iter().chain(&programs.others).any(|program| program == word)
        {
            names.push(word.to_owned());
        } else {
            return Err(place.problem("readers", format!("`{word}` is no program of [readers]")));
        }
    }
    Ok((names, more))
}

fn families(table: toml::Value, programs: &ReaderRow) -> Result<Vec<String>, String> {
    let mut families = Vec::new();
    for (prefix, table) in Place::new(FILE, "families").row::<toml::Table>(table)? {
        let place = Place::new(FILE, format!("families.{prefix}"));
        let row: FamilyRow = place.row(table)?;
        if !SCOPES.contains(&row.scope.as_str()) {
            return Err(place.problem("scope", format!("`{}` is no scope", row.scope)));
        }
        check_docs(&place, &row.docs)?;
        let (names, _) = readers(&place, &row.readers, programs)?;
        families.push(format!(
            "AttributeFamily {{ prefix: {prefix:?}, scope: Scope::{}, docs: {:?}, readers: {} }},\n",
            emit::camel(&row.scope),
            row.docs,
            emit::strings(&names),
        ));
    }
    Ok(families)
}

fn graphviz(entries: &mut BTreeMap<String, BTreeMap<usize, Entry>>) -> Result<(), String> {
    for (name, table) in source::read(GRAPHVIZ)? {
        let place = Place::new(GRAPHVIZ, name.as_str());
        let row: GraphvizRow = place.row(table)?;
        check_docs(&place, &row.docs)?;
        if !TYPES.contains(&row.r#type.as_str()) {
            return Err(place.problem("type", format!("`{}` is none of {}", row.r#type, TYPES.join(" "))));
        }
        for scope in &row.scopes {
            let index = SCOPES.iter().position(|known| known == scope);
            let index = index.ok_or_else(|| place.problem("scopes", format!("`{scope}` is no scope")))?;
            let source = format!(
                "scope: Scope::{}, value_type: ValueType::{}, default: None, allowed: &[], range: None, docs: {:?}, \
                 in_spec: false, readers: &[], more_readers: 0, handlers: &[], layout_only: true",
                emit::camel(scope),
                emit::camel(&row.r#type),
                row.docs,
            );
            let entry = Entry { source, alias_of: None, readers: Vec::new() };
            if entries.entry(name.clone()).or_default().insert(index, entry).is_some() {
                return Err(place.problem("scopes", format!("{FILE} has [{scope}.{name}] too")));
            }
        }
    }
    Ok(())
}

fn constants(
    entries: &BTreeMap<String, BTreeMap<usize, Entry>>,
    overrides: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, String> {
    let place = Place::new(FILE, "constants");
    if let Some(name) = overrides.keys().find(|name| !entries.contains_key(*name)) {
        return Err(place.problem(name, "is no attribute"));
    }
    let mut owners = BTreeMap::new();
    for name in entries.keys() {
        let constant = overrides.get(name).cloned().unwrap_or_else(|| screaming(name));
        if let Some(other) = owners.insert(constant.clone(), name.clone()) {
            return Err(place.problem(name, format!("`{constant}` is the constant of `{other}` already")));
        }
    }
    Ok(owners.into_iter().map(|(constant, name)| (name, constant)).collect())
}

fn screaming(name: &str) -> String {
    name.replace('.', "_").to_ascii_uppercase()
}
