//! The attribute schema: which names exist, where, with which values, and what a runner does with them.

use crate::{Handler, name_hash};

/// The name of a known attribute.
///
/// Keys are numbered in the byte order of their names, so sorting keys sorts names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttributeKey(u16);

impl AttributeKey {
    /// The key of a name, if it is known in any scope. Names are case-sensitive.
    pub fn from_name(name: &str) -> Option<AttributeKey> {
        let mut slot = name_hash::slot(name);
        // An empty slot ends the probe; the build script leaves most of them empty.
        loop {
            let entry = *SLOTS.get(slot)?;
            let key = AttributeKey(entry.checked_sub(1)?);
            if key.name() == name {
                return Some(key);
            }
            slot = (slot + 1) % name_hash::SLOTS;
        }
    }

    /// The name, as it is written in a file.
    pub fn name(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or_default()
    }

    /// Position among all keys, for tables that have one entry per key.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// All keys, in the order of their names.
    pub fn all() -> impl ExactSizeIterator<Item = AttributeKey> {
        (0..Self::COUNT as u16).map(AttributeKey)
    }
}

/// What an attribute is written on. Default blocks belong to what they are defaults of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// The whole graph.
    Graph,
    /// A subgraph or cluster.
    Subgraph,
    /// A node, or `node [...]`.
    Node,
    /// An edge, or `edge [...]`.
    Edge,
}

impl Scope {
    /// All four, in the order of the declaration.
    pub const ALL: [Scope; 4] = [Scope::Graph, Scope::Subgraph, Scope::Node, Scope::Edge];

    /// The word used in messages: `graph`, `subgraph`, `node`, `edge`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Scope::Graph => "graph",
            Scope::Subgraph => "subgraph",
            Scope::Node => "node",
            Scope::Edge => "edge",
        }
    }
}

/// What the text of a value has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// Any text.
    String,
    /// Text in which variables are replaced.
    Template,
    /// A shell command.
    Command,
    /// A whole number.
    Integer,
    /// A decimal number.
    Float,
    /// `true` or `false`.
    Boolean,
    /// A number with a unit of time.
    Duration,
    /// The id of a node of this graph.
    NodeId,
    /// A condition over outcome and context.
    Condition,
    /// A model stylesheet.
    Stylesheet,
    /// Words separated by commas; [`AttributeSchema::allowed`] may list them.
    CommaList,
    /// A file or folder.
    Path,
    /// One of [`AttributeSchema::allowed`].
    Enum,
    /// The name of a Graphviz shape.
    Shape,
    /// A handler's type name.
    HandlerType,
    /// A fidelity mode.
    Fidelity,
    /// A Graphviz colour.
    Color,
    /// A Graphviz style.
    Style,
    /// A JSON text.
    Json,
}

impl ValueType {
    /// What it is, in a few words.
    pub const fn noun(self) -> &'static str {
        match self {
            ValueType::String => "text",
            ValueType::Template => "text with variables",
            ValueType::Command => "shell command",
            ValueType::Integer => "whole number",
            ValueType::Float => "number",
            ValueType::Boolean => "`true` or `false`",
            ValueType::Duration => "duration, such as `600s`",
            ValueType::NodeId => "id of a node",
            ValueType::Condition => "condition, such as `outcome=fail`",
            ValueType::Stylesheet => "model stylesheet",
            ValueType::CommaList => "words separated by commas",
            ValueType::Path => "path",
            ValueType::Enum => "one of its values",
            ValueType::Shape => "name of a shape",
            ValueType::HandlerType => "name of a handler type",
            ValueType::Fidelity => "fidelity mode",
            ValueType::Color => "colour",
            ValueType::Style => "Graphviz style",
            ValueType::Json => "JSON text",
        }
    }
}

/// Inclusive bounds of a number; milliseconds for a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueRange {
    /// Smallest value.
    pub minimum: i64,
    /// Greatest value, if there is one.
    pub maximum: Option<i64>,
}

/// One attribute in one scope.
#[derive(Debug, PartialEq, Eq)]
pub struct AttributeSchema {
    /// Its name.
    pub key: AttributeKey,
    /// Where it stands.
    pub scope: Scope,
    /// What its value has to be.
    pub value_type: ValueType,
    /// What the runner takes when it is absent, as one would write it.
    pub default: Option<&'static str>,
    /// The words of an enum, or of the items of a list; empty where any text goes. Where the profile has a list of
    /// its own, as for `join_policy`, that one decides and this is the union.
    pub allowed: &'static [&'static str],
    /// Bounds of a number or duration.
    pub range: Option<ValueRange>,
    /// What the runner does with it, in one or two sentences.
    pub docs: &'static str,
    /// Whether the base spec names it in this scope.
    pub in_spec: bool,
    /// Surveyed programs that read it in this scope; `attractor` is the bundled runner.
    pub readers: &'static [&'static str],
    /// Further programs that the survey counted without naming them.
    pub more_readers: u8,
    /// Handlers that use it, for a node attribute; empty means all. [`Handler::Custom`] may use any.
    pub handlers: &'static [Handler],
    /// Whether it only matters for drawing.
    pub layout_only: bool,
    /// The key of the same scope that this is an old or foreign spelling of.
    pub alias_of: Option<AttributeKey>,
}

impl AttributeSchema {
    /// Whether a node with this handler uses the attribute.
    pub fn is_used_by(&self, handler: Handler) -> bool {
        handler == Handler::Custom || self.handlers.is_empty() || self.handlers.contains(&handler)
    }
}

/// Names that share a prefix and go on with a name of the author's choice.
#[derive(Debug, PartialEq, Eq)]
pub struct AttributeFamily {
    /// What the names begin with, up to and with the dot.
    pub prefix: &'static str,
    /// Where they stand.
    pub scope: Scope,
    /// What the program does with them.
    pub docs: &'static str,
    /// Surveyed programs that read them.
    pub readers: &'static [&'static str],
}

/// The schema of a key in a scope, if it means anything there.
pub fn attribute(key: AttributeKey, scope: Scope) -> Option<&'static AttributeSchema> {
    let rows = ROWS.get(key.index())?;
    let row = rows.get(scope as usize)?;
    ATTRIBUTES.get(usize::from(row.checked_sub(1)?))
}

/// Every schema, by name and then by scope.
pub fn attributes() -> &'static [AttributeSchema] {
    &ATTRIBUTES
}

/// The family that a name belongs to; the longest prefix wins.
pub fn attribute_family(name: &str, scope: Scope) -> Option<&'static AttributeFamily> {
    FAMILIES
        .iter()
        .filter(|family| family.scope == scope && name.starts_with(family.prefix) && name != family.prefix)
        .max_by_key(|family| family.prefix.len())
}

/// Every family.
pub fn attribute_families() -> &'static [AttributeFamily] {
    &FAMILIES
}

include!(concat!(env!("OUT_DIR"), "/attributes.rs"));
